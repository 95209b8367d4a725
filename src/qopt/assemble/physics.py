"""Molecules and spin models from their configs, and the ansatzes that are made for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from qopt.ansatze.excitations import gate_fabric, generalised, kupccgsd, puccd, uccsd
from qopt.ansatze.lucj import lucj
from qopt.ansatze.qubit_pool import qubit_pool
from qopt.config import molecules as models
from qopt.courses import Adapt, ExcitationPool, PauliPool
from qopt.errors import InputError, below
from qopt.problems.active_space import Space
from qopt.problems.coordinates import filled, is_file
from qopt.problems.excitation_product import ExcitationProduct
from qopt.problems.geometry import Geometry, from_geometry
from qopt.problems.mapping import conserving
from qopt.problems.molecular_data import MolecularData, from_fcidump, shipped
from qopt.problems.molecule import Molecule
from qopt.problems.natural_orbitals import natural
from qopt.problems.spins import Heisenberg, TransverseFieldIsing, chain, lattice, ring
from qopt.starts import ccsd, mp2

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from qopt.ansatze import Ansatz
    from qopt.ansatze.excitations import Excitation
    from qopt.courses import Pool
    from qopt.problems import Graph, Problem
    from qopt.types import Point

Excited: TypeAlias = models.UccsdAnsatz | models.KUpccgsdAnsatz | models.PairAnsatz | models.GivensAnsatz
"""Ansatzes of excitations on a determinant."""


def molecule_of(config: models.Molecule, base: Path, data: MolecularData | None = None) -> Molecule:
    """The molecule of a config; paths are relative to `base`. Data that is known already is taken as it is.

    Raises:
        InputError: With the key that is wrong.
    """
    data = (data or _data(config, base)).checked(config.charge, config.multiplicity)
    wanted = config.active_space or models.ActiveSpace()
    space = Space(config.frozen_core, wanted.electrons, wanted.orbitals)
    if wanted.natural:
        core, _ = Space(config.frozen_core).split(data.integrals, data.nuclei)
        # What is known of the canonical orbitals is not known of these.
        data = replace(data, integrals=natural(data.integrals, core=len(core))[0], orbitals=None, dipole=None)
    return Molecule(data, space=space, mapper=config.mapper, tapering=config.tapering)


def geometry_of(config: models.Molecule, base: Path) -> Geometry:
    """The geometry of a config that has one; a file's path is relative to `base`.

    Raises:
        InputError: If it has placeholders, which only a sweep fills.
    """
    atoms = (config.geometry or "").strip()
    if is_file(atoms):
        atoms = str(base / atoms)
    with below("geometry"):
        atoms = filled(atoms, {})
    return Geometry(atoms, config.basis or "sto-3g", config.charge or 0, config.multiplicity or 1, config.units)


def spins_of(config: models.TransverseFieldIsing | models.Heisenberg) -> Problem:
    """The spin model of a config."""
    with below("lattice"):
        graph = _sites(config.lattice)
    if isinstance(config, models.TransverseFieldIsing):
        return TransverseFieldIsing(graph, coupling=config.coupling, field=config.field)
    return Heisenberg(graph, couplings=config.couplings, field=config.field)


def ansatz_of(config: Excited | models.LucjAnsatz | models.AdaptAnsatz | models.HvaAnsatz, problem: Problem) -> Ansatz:
    """An ansatz that is made for molecules or spin models.

    Raises:
        InputError: If the problem is of another kind.
    """
    match config:
        case models.LucjAnsatz():
            return lucj_of(config, problem)
        case models.AdaptAnsatz():
            return determinant_of(config, problem)
        case models.HvaAnsatz():
            return variational_of(config, problem)
        case _:
            return excitations_of(config, problem)


def excitations_of(config: Excited, problem: Problem) -> Ansatz:
    """An ansatz of excitations on a molecule's lowest determinant.

    Raises:
        InputError: If the problem is no molecule.
    """
    molecule = molecule_for(config.type, problem)
    return molecule.excited(_excitations(config, molecule), config.type)


def _excitations(config: Excited, molecule: Molecule) -> Sequence[Excitation]:
    norb, electrons = molecule.integrals.norb, molecule.integrals.electrons
    match config:
        case models.KUpccgsdAnsatz():
            return kupccgsd(norb, config.k)
        case models.GivensAnsatz():
            return gate_fabric(norb, config.layers or norb)
        case models.PairAnsatz():
            return puccd(norb, electrons)
        case models.UccsdAnsatz():
            steps = config.trotter_steps
            return [replace(excitation, coefficient=excitation.coefficient / steps) for excitation in uccsd(norb, electrons)] * steps


def dropped(config: object, problem: Problem) -> list[str]:
    """How much of an ansatz symmetries leave out, in a sentence; nothing where that is wanted, as for UCCSD."""
    if not isinstance(config, models.KUpccgsdAnsatz | models.PairAnsatz | models.GivensAnsatz) or not isinstance(problem, Molecule):
        return []
    lost = len(conserving(_excitations(config, problem), problem.mapping).dropped)
    if not lost:
        return []
    return [
        f"ansatz: {lost} excitations of {config.type} break a symmetry of the tapered qubits and are left out; tapering: false keeps them"
    ]


def lucj_of(config: models.LucjAnsatz, problem: Problem) -> Ansatz:
    """The local unitary cluster Jastrow circuit of a molecule.

    Raises:
        InputError: If the problem is no molecule, or its qubits don't each hold an occupation.
    """
    molecule = molecule_for(config.type, problem)
    if molecule.mapping.name != "jordan-wigner" or molecule.mapping.fixed:
        message = "ansatz lucj acts on occupations, one for each qubit: set problem.mapper to jordan-wigner and problem.tapering to false"
        raise InputError(message, ("type",))
    return lucj(molecule.integrals, layers=config.layers, interactions=config.interactions)


def determinant_of(config: models.AdaptAnsatz, problem: Problem) -> Ansatz:
    """The lowest determinant, from which a circuit grows."""
    return molecule_for(config.type, problem).product(()).ansatz(config.type)


def adapt_of(config: models.AdaptAnsatz, problem: Problem) -> Adapt:
    """The growth of a molecule's circuit."""
    molecule = molecule_for(config.type, problem)
    norb, electrons = molecule.integrals.norb, molecule.integrals.electrons
    excitations = conserving(uccsd(norb, electrons) if config.pool == "uccsd" else generalised(norb), molecule.mapping).excitations
    pool: Pool = ExcitationPool(molecule.product(()), excitations)
    if config.pool == "qubit":
        labels = tuple(pauli.to_label() for pauli in qubit_pool(excitations, molecule.mapping))
        pool = PauliPool(molecule.product(()).ansatz(config.type).circuit, labels)
    return Adapt.of(pool, operators=config.operators, gradient=config.gradient, tetris=config.tetris, lookahead=config.lookahead)


def variational_of(config: models.HvaAnsatz, problem: Problem) -> Ansatz:
    """The Hamiltonian variational ansatz of a spin model.

    Raises:
        InputError: If the problem is none.
    """
    if not isinstance(problem, TransverseFieldIsing | Heisenberg):
        message = "ansatz hva is made of the bonds and fields of a spin model: use it with problem {type: tfim} or {type: heisenberg}"
        raise InputError(message, ("type",))
    return problem.ansatz(config.layers)


def amplitudes(method: str, problem: Problem, ansatz: Ansatz) -> Point:
    """The amplitudes of a classical method as the start of an ansatz of excitations.

    Raises:
        InputError: If the ansatz is of another kind.
    """
    if not isinstance(problem, Molecule) or not isinstance(ansatz.product, ExcitationProduct):
        message = f"start {method} is of a molecule's excitations, the ansatz is {ansatz.name}: use random, zeros or values"
        raise InputError(message, ("type",))
    formula = mp2 if method == "mp2" else ccsd
    return formula(problem.integrals, ansatz.product.excitations, len(ansatz.parameters))


def molecule_for(ansatz: str, problem: Problem) -> Molecule:
    """The problem, if it is a molecule.

    Raises:
        InputError: If it isn't.
    """
    if not isinstance(problem, Molecule):
        message = f"ansatz {ansatz} is made of a molecule's orbitals: use it with problem {{type: molecule}}, or hardware-efficient here"
        raise InputError(message, ("type",))
    return problem


def _data(config: models.Molecule, base: Path) -> MolecularData:
    if config.molecule is not None:
        if config.basis is not None and config.basis.lower() != "sto-3g":
            message = f"basis is {config.basis}, expected sto-3g, in which molecules come with qopt: give their geometry for another one"
            raise InputError(message, ("basis",))
        with below("molecule"):
            return shipped(config.molecule)
    if config.integrals is not None:
        with below("integrals"):
            return from_fcidump(base / config.integrals)
    return from_geometry(geometry_of(config, base))


def _sites(config: models.Lattice) -> Graph:
    if config.chain is not None:
        return chain(config.chain)
    if config.ring is not None:
        return ring(config.ring)
    if config.square is not None:
        return lattice(*config.square)
    assert config.torus is not None  # noqa: S101 - as above
    return lattice(*config.torus, periodic=True)
