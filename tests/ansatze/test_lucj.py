"""LUCJ: the states are ffsim's own, the known energies, plain gates, and what is refused."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qiskit import qpy
from qiskit.quantum_info import Statevector

from qopt.ansatze.lucj import lucj
from qopt.coupled_cluster import coupled_cluster
from qopt.errors import InputError
from qopt.problems.active_space import Space, restrict
from qopt.problems.determinants import determinants
from qopt.problems.mapping import electronic_hamiltonian, jordan_wigner
from qopt.problems.molecular_data import shipped

if TYPE_CHECKING:
    from qopt.ansatze import Ansatz
    from qopt.ansatze.lucj import Interactions
    from qopt.problems.integrals import Integrals


def nitrogen() -> Integrals:
    """Six electrons in six orbitals."""
    data = shipped("n2")
    return restrict(data.integrals, *Space(electrons=6, orbitals=6).split(data.integrals, data.nuclei))


def energy(integrals: Integrals, ansatz: Ansatz) -> float:
    """Of the circuit's state."""
    hamiltonian = electronic_hamiltonian(integrals, jordan_wigner(integrals.norb))
    return float(Statevector(ansatz.circuit).expectation_value(hamiltonian).real)


@pytest.mark.extra
@pytest.mark.parametrize("name", ["lih", "n2"])
@pytest.mark.parametrize(("layers", "interactions"), [(1, "all"), (2, "all"), (1, "square"), (3, "heavy-hex")])
def test_states_are_those_of_ffsim(name: str, layers: int, interactions: Interactions) -> None:
    """Up to a global phase, from the same amplitudes; so electrons of either spin are conserved too."""
    import ffsim  # noqa: PLC0415 - an extra

    integrals = nitrogen() if name == "n2" else shipped(name).integrals
    norb, electrons = integrals.norb, integrals.electrons
    solution = coupled_cluster(integrals)
    neighbours, step = [(p, p + 1) for p in range(norb - 1)], 4 if interactions == "heavy-hex" else 1
    pairs = None if interactions == "all" else (neighbours, [(p, p) for p in range(0, norb, step)])
    operator = ffsim.UCJOpSpinBalanced.from_t_amplitudes(
        solution.doubles[1], t1=solution.singles[0], n_reps=layers, interaction_pairs=pairs
    )
    start = ffsim.hartree_fock_state(norb, electrons)
    expected = ffsim.apply_unitary(start, operator, norb=norb, nelec=electrons)
    ansatz = lucj(integrals, layers=layers, interactions=interactions)
    inside = determinants(norb, electrons)
    order = np.lexsort((inside >> norb, inside & (1 << norb) - 1))
    got = Statevector(ansatz.circuit).data[inside[order]]
    assert abs(np.vdot(expected, got)) == pytest.approx(1.0, abs=1e-9)
    assert (ansatz.name, ansatz.layers, ansatz.parameters) == ("lucj", layers, ())


# Energies of nitrogen by ffsim and PySCF, as they were found when this was planned: Hartree-Fock -107.4959, exact -107.6218.
KNOWN = {(2, "all"): -107.6035, (1, "heavy-hex"): -107.5214}


@pytest.mark.extra
@pytest.mark.parametrize(("layers", "interactions"), KNOWN)
def test_energies_of_nitrogen_are_the_known_ones(layers: int, interactions: Interactions) -> None:
    """To the digits that are known; with all terms there is more than half of what correlation brings."""
    integrals = nitrogen()
    assert energy(integrals, lucj(integrals, layers=layers, interactions=interactions)) == pytest.approx(
        KNOWN[layers, interactions], abs=1e-4
    )


@pytest.mark.extra
def test_circuits_are_written_in_plain_gates() -> None:
    """What a file holds needs no ffsim to be read; gates between distant qubits only where all interact, and few for the determinant."""
    integrals = nitrogen()
    circuit = lucj(integrals, interactions="heavy-hex").circuit
    assert set(circuit.count_ops()) <= {"x", "p", "cp", "xx_plus_yy"}
    pairs = {tuple(sorted(circuit.find_bit(qubit).index for qubit in item.qubits)) for item in circuit if len(item.qubits) == 2}
    assert pairs <= {(p, p + 1) for p in range(11)} - {(5, 6)} | {(0, 6), (4, 10)}
    # 3 * 3 for each determinant, and 15 for each of the last rotations.
    assert circuit.count_ops()["xx_plus_yy"] <= 2 * (9 + 15)
    file = io.BytesIO()
    qpy.dump(circuit, file)
    file.seek(0)
    assert qpy.load(file)[0] == circuit


@pytest.mark.parametrize("missing", ["ffsim", pytest.param("pyscf", marks=pytest.mark.extra)])
def test_without_a_package_both_extras_are_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that can be copied into a shell."""
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(InputError, match=r"is not installed: pip install 'qopt-vqa\[chem,lucj\]'"):
        lucj(shipped("h2").integrals)


REFUSALS = {
    "layers is 0, expected 1 or more": lambda: lucj(shipped("h2").integrals, layers=0),
    "interactions is 'line', expected all or square or heavy-hex": lambda: lucj(shipped("h2").integrals, interactions="line"),
    "LUCJ is for closed shells with something to excite, got 2 alpha and 1 beta": lambda: lucj(open_shell()),
}


def open_shell() -> Integrals:
    """Three electrons."""
    integrals = shipped("h4").integrals
    return type(integrals)(integrals.constant, integrals.one_body, integrals.two_body, (2, 1))


@pytest.mark.extra
@pytest.mark.parametrize("message", REFUSALS)
def test_what_makes_no_circuit_is_refused(message: str) -> None:
    """In one sentence."""
    with pytest.raises(InputError, match=message):
        REFUSALS[message]()
