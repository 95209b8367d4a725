"""How long the qubit Hamiltonian of a molecule takes, beside qiskit-nature's: `python benchmarks/mapper.py [REPEATS]`, with that installed.

Timed is from integrals to a SparsePauliOp, Jordan-Wigner, both from the same arrays and in turn; medians, and the least ratio of a pair.
"""

from __future__ import annotations

import sys
import warnings
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from qopt.problems.mapping import electronic_hamiltonian, jordan_wigner
from qopt.problems.molecular_data import shipped, shipped_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from qiskit.quantum_info import SparsePauliOp

    from qopt.problems.integrals import Integrals


def nature(integrals: Integrals) -> SparsePauliOp:
    """By qiskit-nature."""
    from qiskit_nature.second_q.hamiltonians import ElectronicEnergy  # noqa: PLC0415 - told in words where it is missing
    from qiskit_nature.second_q.mappers import JordanWignerMapper  # noqa: PLC0415

    energy = ElectronicEnergy.from_raw_integrals(integrals.one_body.copy(), integrals.two_body.copy())
    return JordanWignerMapper().map(energy.second_q_op())


def qopt(integrals: Integrals) -> SparsePauliOp:
    """By qopt, the mapping included."""
    return electronic_hamiltonian(integrals, jordan_wigner(integrals.norb))


def seconds(function: Callable[[Integrals], SparsePauliOp], integrals: Integrals) -> float:
    """Of one call."""
    began = perf_counter()
    function(integrals)
    return perf_counter() - began


def main(repeats: int) -> None:
    """Measure all shipped molecules, and print a table."""
    warnings.simplefilter("ignore")
    print(f"{'molecule':10} {'qubits':>6} {'terms':>6} {'qopt ms':>9} {'nature ms':>10} {'ratio':>7} {'least':>7}")
    for name in shipped_names():
        integrals = shipped(name).integrals
        terms = len(qopt(integrals))
        pairs = [(seconds(qopt, integrals), seconds(nature, integrals)) for _ in range(repeats if integrals.norb < 8 else 1)]  # noqa: PLR2004
        ours, theirs = (median(column) for column in zip(*pairs, strict=True))
        least = min(other / own for own, other in pairs)
        print(f"{name:10} {2 * integrals.norb:6} {terms:6} {1e3 * ours:9.3f} {1e3 * theirs:10.1f} {theirs / ours:7.0f} {least:7.0f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
