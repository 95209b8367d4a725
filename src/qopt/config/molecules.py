"""The config of molecules and spin models, and of the ansatzes that are made for them."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, Tag, model_validator

from qopt.config.fields import WHOLE, Count, File, Positive, Shots, by_form, expected
from qopt.config.model import Model

Orbital: TypeAlias = Annotated[int, Field(ge=0, le=10**4), WHOLE]


class ActiveSpace(Model):
    """Which electrons and orbitals take part."""

    electrons: Count | None = None
    """How many electrons; default: all that are not in the core."""
    orbitals: (
        Annotated[
            Annotated[Count, Tag("<number>")] | Annotated[tuple[Orbital, ...], Field(strict=False, min_length=1), Tag("<list>")],
            by_form({"<number>": (int, float), "<list>": (list, tuple)}, "a number of orbitals, or a list of them, counted from 0"),
        ]
        | None
    ) = None
    """How many orbitals above the core, or which ones, counted from 0; default: all that are not in the core."""
    natural: bool = False
    """Whether they are the natural orbitals of second-order perturbation theory, those of the largest occupations first."""


class Molecule(Model):
    """The ground state energy of a molecule: exactly one of the keys molecule, geometry and integrals says which."""

    type: Literal["molecule"]
    molecule: str | None = None
    """One that comes with qopt: h2, heh+, h3+, lih, beh2, h2o, n2, h4 or h6, in the basis STO-3G."""
    geometry: str | None = None
    """Atoms and coordinates such as 'Li 0 0 0; H 0 0 1.595', a z-matrix, or the path of a file .xyz; {r} in it is a sweep's axis."""
    integrals: File | None = None
    """A file FCIDUMP of any program, relative to the config's folder."""
    basis: str | None = None
    """The basis set of the geometry; default: sto-3g."""
    charge: Annotated[int, Field(ge=-100, le=100), WHOLE] | None = None
    """Of the molecule, in elementary charges; default: 0, or that of the integrals."""
    multiplicity: Count | None = None
    """One more than there are unpaired electrons; default: 1, or that of the integrals."""
    units: Literal["angstrom", "bohr"] = "angstrom"
    """Of the coordinates."""
    frozen_core: Annotated[
        Annotated[bool, Tag("<switch>")] | Annotated[int, Field(ge=0, le=1000), WHOLE, Tag("<number>")],
        by_form({"<switch>": bool, "<number>": (int, float)}, "true, false, or how many of the lowest orbitals are frozen"),
    ] = False
    """Whether the electrons of each atom's noble gas core stay where they are; or how many of the lowest orbitals are frozen."""
    active_space: ActiveSpace | None = None
    """Which electrons and orbitals take part; default: all that are not in the core."""
    mapper: Literal["jordan-wigner", "parity", "bravyi-kitaev"] = "jordan-wigner"
    """How occupations are written into qubits."""
    tapering: bool = True
    """Whether a qubit is left out for each symmetry."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.molecule, self.geometry, self.integrals)) != 1:
            expected("exactly one of the keys molecule, geometry and integrals")
        if self.geometry is None and self.units != "angstrom":
            expected("units only with a geometry, whose coordinates they are of")
        if self.integrals is not None and (self.basis is not None or self.charge is not None):
            expected("neither basis nor charge with integrals: the file's were made in a basis, with so many electrons")
        return self


class Lattice(Model):
    """The sites of a spin model and their bonds: exactly one of the keys."""

    chain: Annotated[int, Field(ge=2, le=10**4), WHOLE] | None = None
    """How many sites a chain has."""
    ring: Annotated[int, Field(ge=3, le=10**4), WHOLE] | None = None
    """How many sites a ring has."""
    square: Annotated[tuple[Count, Count], Field(strict=False)] | None = None
    """[rows, columns] of a square lattice."""
    torus: Annotated[tuple[Count, Count], Field(strict=False)] | None = None
    """[rows, columns] of a square lattice with periodic boundaries, three or more each."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.chain, self.ring, self.square, self.torus)) != 1:
            expected("exactly one of the keys chain, ring, square and torus")
        return self


class TransverseFieldIsing(Model):
    """H = -J sum Z Z - h sum X over the bonds and sites of a lattice."""

    type: Literal["tfim"]
    lattice: Lattice
    """Such as {ring: 8} or {square: [3, 4]}."""
    coupling: float = 1.0
    """J; a ferromagnet where it is positive."""
    field: float = 1.0
    """h."""


class Heisenberg(Model):
    """H = sum (Jx X X + Jy Y Y + Jz Z Z) - h sum Z over the bonds and sites of a lattice."""

    type: Literal["heisenberg"]
    lattice: Lattice
    """Such as {chain: 6} or {torus: [3, 3]}."""
    couplings: Annotated[tuple[float, float, float], Field(strict=False)] = (1.0, 1.0, 1.0)
    """[Jx, Jy, Jz] in Pauli matrices; an antiferromagnet where they are positive."""
    field: float = 0.0
    """h."""


class UccsdAnsatz(Model):
    """Unitary coupled cluster with singles and doubles."""

    type: Literal["uccsd"]
    trotter_steps: Count = 1
    """How often all excitations act, each time by that part of their angles."""


class KUpccgsdAnsatz(Model):
    """Generalised singles and pair doubles, k times."""

    type: Literal["kupccgsd"]
    k: Count = 1
    """How many layers."""


class PairAnsatz(Model):
    """Pair coupled cluster doubles: electrons move in pairs."""

    type: Literal["puccd"]


class GivensAnsatz(Model):
    """A fabric of pair exchanges and Givens rotations between neighbouring orbitals: electrons and spin are preserved."""

    type: Literal["givens"]
    layers: Count | None = None
    """How many layers of bricks; default: one for each orbital."""


class HvaAnsatz(Model):
    """The Hamiltonian variational ansatz of spin models: layers of evolutions under parts of the Hamiltonian."""

    type: Literal["hva"]
    layers: Count | None = None
    """How many layers; default: half the number of sites."""


class LucjAnsatz(Model):
    """Local unitary cluster Jastrow, with the amplitudes of coupled cluster and no free parameters."""

    type: Literal["lucj"]
    layers: Count = 1
    """How many layers."""
    interactions: Literal["all", "heavy-hex", "square"] = "all"
    """Between which qubits: all, or neighbours on a device's lattice."""


class AdaptAnsatz(Model):
    """ADAPT-VQE: the circuit grows by the operator of the largest gradient, and is optimized anew each time."""

    type: Literal["adapt"]
    pool: Literal["uccsd", "generalised", "qubit"] = "uccsd"
    """What it grows by: excitations from the determinant, between all orbitals, or single Pauli strings of excitations."""
    operators: Count = 50
    """How many operators at most."""
    gradient: Positive = 1e-3
    """Hartree per radian: it stops where the largest gradient is smaller."""
    tetris: bool = False
    """Whether each step adds all operators on different qubits that it can."""
    lookahead: Annotated[int, Field(ge=0, le=1000), WHOLE] = 2
    """How many operators are added below that gradient, to see whether it rises again; exact energies only."""


class ExcitedStates(Model):
    """Levels above the ground state, by variational quantum deflation."""

    levels: Annotated[int, Field(ge=2, le=100), WHOLE]
    """How many, the ground state included."""
    weight: Positive | None = None
    """Of the penalty on overlaps, in the units of the energy; default: by bounds on the spectrum, one for each level."""
    tries: Count = 2
    """Random starts of each level above the first."""


class Sqd(Model):
    """Sample-based quantum diagonalization of the final circuit; what is left out gets its default there."""

    shots: Shots = 10_000
    """Samples of the final circuit."""
    iterations: Count | None = None
    """Of configuration recovery, at most."""
    batches: Count | None = None
    """Subspaces drawn in each iteration."""
    samples: Count | None = None
    """Distinct configurations in each batch."""
