"""Molecules that make no sense, by the command line: exit code 2, one sentence with the place in the file, and never a traceback."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.runs import ROOT, Project, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATA = ROOT / "tests" / "data" / "fcidump"
CONFIG = """# A molecule.
name: run
problem:
  type: molecule
{problem}
{rest}
"""
EXACT = "objective: {type: exact}"
GEOMETRY = r"config.yaml:(3:3|4:3|5:\d+): problem(\.geometry)?: "

BAD: dict[str, tuple[str, str]] = {
    "an active space larger than the molecule": (
        "molecule: lih\nactive_space: {electrons: 2, orbitals: 50}",
        r"config.yaml:4:3: problem: the active space has 50 orbitals above 1 doubly occupied ones, expected 1 to 5: the molecule has 6",
    ),
    "more active electrons than there are": (
        "molecule: lih\nactive_space: {electrons: 20, orbitals: 5}",
        r"config.yaml:4:3: problem: the active space has 20 electrons, expected 1 to 4",
    ),
    "an orbital that is not there": (
        "molecule: lih\nactive_space: {electrons: 2, orbitals: [1, 2, 77]}",
        r"config.yaml:4:3: problem: the active orbitals are \[1, 2, 77\], expected each once, from 0 to 5",
    ),
    "odd electrons with a singlet": (
        "molecule: lih\nactive_space: {electrons: 3, orbitals: 5}",
        r"config.yaml:4:3: problem: the active space has 3 of 4 electrons, expected 4 less two for",
    ),
    "another multiplicity than that of the integrals": (
        "molecule: lih\nmultiplicity: 2",
        r"config.yaml:4:3: problem: multiplicity is 2, expected 1",
    ),
    "another charge than that of the integrals": ("molecule: lih\ncharge: 1", r"config.yaml:4:3: problem: charge is 1, expected 0"),
    "a molecule that is not shipped": ("molecule: benzene", r"config.yaml:5:13: problem.molecule: no molecule 'benzene' comes with qopt"),
    "another basis of a shipped one": ("molecule: lih\nbasis: cc-pvdz", r"config.yaml:6:10: problem.basis: basis is cc-pvdz, expected"),
    "two molecules": ("molecule: lih\nintegrals: cut.fcidump", r"config.yaml:\d:\d+: problem.*: .*exactly one of the keys molecule"),
    "no molecule": ("mapper: parity", r"config.yaml:\d:\d+: problem.*: .*exactly one of the keys molecule"),
    "another mapper": ("molecule: lih\nmapper: jw", r"config.yaml:6:11: problem.mapper: got text 'jw', expected"),
    "integrals that were cut off in a line": ("integrals: cut.fcidump", r"config.yaml:5:14: problem.integrals: .*cut.fcidump:10:1: got 3"),
    "integrals that were cut off between lines": (
        "integrals: short.fcidump",
        r"config.yaml:5:14: problem.integrals: .*short.fcidump:\d+:1: .*cut off",
    ),
    "integrals that are none": ("integrals: config.yaml", r"config.yaml:5:14: problem.integrals: .*config.yaml:\d+:\d+: "),
    "a charge of integrals": (
        "integrals: cut.fcidump\ncharge: 1",
        r"config.yaml:\d:\d+: problem: .*neither basis nor charge with integrals",
    ),
    "integrals that are not there": ("integrals: gone.fcidump", r"config.yaml:5:14: problem.integrals: there is no file .*gone.fcidump"),
    "a core larger than the molecule": ("molecule: h2\nfrozen_core: 5", r"config.yaml:4:3: problem: "),
    "a placeholder without a sweep": ("geometry: 'H 0 0 0; H 0 0 {r}'", r"config.yaml:5:13: problem.geometry: .* has no number for \{r\}"),
    "a negative multiplicity": ("molecule: lih\nmultiplicity: -1", r"config.yaml:6:17: problem.multiplicity: "),
}
WITH_PYSCF: dict[str, tuple[str, str]] = {
    "odd electrons of a geometry": ("geometry: 'Li 0 0 0'", rf"{GEOMETRY}multiplicity is 1, expected 2, 4, ..: Li .*, 3"),
    "atoms on top of each other": ("geometry: 'H 0 0 0; H 0 0 0'", rf"{GEOMETRY}the atoms H and H .* are on top of each other"),
    "an unknown basis": ("geometry: 'H 0 0 0; H 0 0 0.8'\nbasis: sto-9zz", r"config.yaml:\d:\d+: problem.*: .*no basis 'sto-9zz' for H"),
    "an unknown atom": ("geometry: 'Qq 0 0 0; H 0 0 1'", rf"{GEOMETRY}the geometry .* can't be read"),
    "a coordinate missing": ("geometry: 'H 0 0; H 0 0 1'", rf"{GEOMETRY}the geometry .* can't be read"),
}
ANSATZES: dict[str, str] = {
    "ansatz: {type: uccsd}\nproblem: {type: tfim, lattice: {ring: 4}}": "ansatz uccsd is made of a molecule's orbitals",
    "ansatz: {type: adapt}\nproblem: {type: tfim, lattice: {ring: 4}}": "ansatz adapt is made of a molecule's orbitals",
    "ansatz: {type: hva}\nproblem: {type: molecule, molecule: h2}": "ansatz hva is made of the bonds and fields of a spin model",
    "ansatz: {type: lucj}\nproblem: {type: molecule, molecule: lih}": "set problem.mapper to jordan-wigner and problem.tapering to",
    "ansatz: {type: adapt}\nproblem: {type: molecule, molecule: h2}\nexcited_states: {levels: 2}": "grows for the ground state alone",
    "start: {type: mp2}\nproblem: {type: tfim, lattice: {ring: 4}}": "start mp2 is of a molecule's excitations",
    "problem: {type: tfim, lattice: {ring: 4, chain: 3}}": "exactly one of the keys chain, ring, square and torus",
    "problem: {type: molecule, molecule: h2}\nexcited_states: {levels: 1}": "excited_states.levels",
    "problem: {type: molecule, molecule: h2, tapering: false}\nexcited_states: {levels: 9}": (
        "excited_states.levels: levels is 9, expected at most 4: so many states there are"
    ),
    "ansatz: {type: hva, layers: 1}\nproblem: {type: tfim, lattice: {ring: 15}}\nexcited_states: {levels: 2}": (
        "excited_states: exact overlaps are computed on at most 14 qubits, the problem has 15"
    ),
    "ansatz: {type: adapt}\nproblem: {type: molecule, molecule: h2}\noptimizer: {type: none}": (
        "optimizer.type: optimizer is none, but what grows or is excited has to be optimized"
    ),
    "ansatz: {type: uccsd}\nproblem: {type: molecule, molecule: h2}\nexcited_states: {levels: 2}\noptimizer: {type: none}": (
        "optimizer.type: optimizer is none, but what grows or is excited has to be optimized"
    ),
    "ansatz: {type: adapt}\nproblem: {type: molecule, molecule: h2}\nstart: {type: random, tries: 3}": (
        "the circuit grows from one start: leave start.tries out"
    ),
    "problem: {type: tfim, lattice: {ring: 4}}\nsqd: {shots: 100}": "sqd diagonalises a molecule's Hamiltonian",
}


@pytest.fixture
def project(server: Server, tmp_path: Path) -> Iterator[Project]:
    """A folder with integrals that were cut off."""
    made = Project(server, tmp_path, {"name": "run"})
    text = (DATA / "lih.fcidump").read_text()
    (tmp_path / "cut.fcidump").write_text(text[:300])
    (tmp_path / "short.fcidump").write_text("".join(text.splitlines(keepends=True)[:40]))
    yield made
    assert not made.home.exists()
    shutil.rmtree(tmp_path / "runs", ignore_errors=True)


def assert_refused(project: Project, config: str, message: str) -> None:
    """By `run` in one line, and by `check` with the same sentence."""
    (project.folder / "config.yaml").write_text(config)
    said = project.run(code=2)
    assert re.match(message, said), said
    assert said.count("\n") == 1, said
    checked = " ".join(project.run("check", "config.yaml", code=2).split())
    assert "Traceback" not in checked
    assert re.search(r"wrong|config.yaml:", checked)


@pytest.mark.parametrize("case", BAD)
def test_a_bad_molecule_is_refused_in_a_sentence(project: Project, case: str) -> None:
    """No chemistry package is needed to say so."""
    problem, message = BAD[case]
    indented = "\n".join(f"  {line}" for line in problem.splitlines())
    assert_refused(project, CONFIG.format(problem=indented, rest=EXACT), message)


@pytest.mark.extra
@pytest.mark.parametrize("case", WITH_PYSCF)
def test_a_bad_geometry_is_refused_in_a_sentence(project: Project, case: str) -> None:
    """Before Hartree-Fock begins."""
    problem, message = WITH_PYSCF[case]
    indented = "\n".join(f"  {line}" for line in problem.splitlines())
    assert_refused(project, CONFIG.format(problem=indented, rest=EXACT), message)


@pytest.mark.parametrize("config", ANSATZES)
def test_what_does_not_go_together_is_refused_in_a_sentence(project: Project, config: str) -> None:
    """Ansatzes of molecules with spin models, and the other way round."""
    assert_refused(project, f"name: run\n{EXACT}\n{config}\n", rf"config.yaml:\d+:\d+: [^\n]*{re.escape(ANSATZES[config])}")


CURVE = {"type": "molecule", "geometry": "H 0 0 0; H 0 0 {r}"}
BOHR = [
    {"problem": {"type": "molecule", "geometry": "H 0 0 0; H 0 0 1.4"}},
    {"problem": CURVE, "sweep": {"axes": {"r": [1.4, 2.5]}}},
]


@pytest.mark.parametrize("config", BOHR, ids=["run", "curve"])
def test_bohr_taken_for_angstrom_is_warned_of(server: Server, tmp_path: Path, config: dict[str, Any]) -> None:
    """1.4 is the bond of H2 in Bohr: a sentence without a line of qopt's source, and the run goes on."""
    project = Project(server, tmp_path, {"name": "run", "objective": {"type": "exact"}, **config})
    for said in (project.run("run", "config.yaml", "--progress", "plain"), project.run("check", "config.yaml")):
        told = " ".join(said.split())
        assert told.count("if the coordinates are in Bohr, say units: bohr") == 1
        assert "the shortest bond, H-H, is 1.400 Angstrom long, about 0.74 are usual" in told
        assert ".py" not in told
