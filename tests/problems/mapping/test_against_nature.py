"""The Hamiltonians of all mappings are qiskit-nature's, term by term: that package is an oracle of this file and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qopt.problems.active_space import Space
from qopt.problems.mapping import bravyi_kitaev, electronic_hamiltonian, jordan_wigner, parity_mapping
from qopt.problems.molecular_data import shipped, shipped_names
from qopt.problems.molecule import Molecule

if TYPE_CHECKING:
    from collections.abc import Callable

    from qiskit.quantum_info import SparsePauliOp

    from qopt.problems.integrals import Integrals

_LARGE = ("n2", "h6")
"""Whose active spaces do: all of their orbitals take qiskit-nature minutes."""


def cases() -> list[str]:
    """All shipped molecules, and LiH with a frozen core."""
    return [*shipped_names(), "lih, frozen core"]


def integrals_of(case: str) -> Integrals:
    """Of a case, over at most seven orbitals."""
    name, _, frozen = case.partition(", ")
    space = Space(electrons=6, orbitals=6) if name in _LARGE else Space(frozen_core=bool(frozen))
    return Molecule(shipped(name), space=space).integrals


@pytest.mark.extra
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("mapper", ["jordan-wigner", "parity", "bravyi-kitaev"])
@pytest.mark.parametrize("case", cases())
def test_terms_are_those_of_qiskit_nature(case: str, mapper: str) -> None:
    """Each string once, and coefficients to 1e-10."""
    from qiskit_nature.second_q import hamiltonians, mappers  # noqa: PLC0415 - installed where extras are tested

    integrals = integrals_of(case)
    ours: dict[str, Callable[[], SparsePauliOp]] = {
        "jordan-wigner": lambda: electronic_hamiltonian(integrals, jordan_wigner(integrals.norb)),
        "parity": lambda: electronic_hamiltonian(integrals, parity_mapping(integrals.norb, integrals.electrons)),
        "bravyi-kitaev": lambda: electronic_hamiltonian(integrals, bravyi_kitaev(integrals.norb)),
    }
    theirs = {
        "jordan-wigner": mappers.JordanWignerMapper(),
        "parity": mappers.ParityMapper(num_particles=integrals.electrons),
        "bravyi-kitaev": mappers.BravyiKitaevMapper(),
    }
    energy = hamiltonians.ElectronicEnergy.from_raw_integrals(integrals.one_body.copy(), integrals.two_body.copy())
    expected = dict(theirs[mapper].map(energy.second_q_op()).simplify(atol=1e-13).to_list())
    identity = "I" * len(next(iter(expected)))
    expected[identity] = expected.get(identity, 0.0) + integrals.constant
    found = dict(ours[mapper]().to_list())
    for label in found.keys() | expected.keys():
        assert abs(found.get(label, 0.0) - expected.get(label, 0.0)) < 1e-10, label
