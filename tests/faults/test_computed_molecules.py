"""Runs of molecules that PySCF computes find their own integrals again: with other threads, without their file, or they say why not."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.runs import Project, Server, told

from qopt.problems import kept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.extra

CONFIG: dict[str, Any] = {
    "name": "run",
    "problem": {"type": "molecule", "geometry": "lih.xyz", "active_space": {"electrons": 2, "orbitals": 3}},
    "objective": {"type": "exact"},
    "optimizer": {"type": "scipy", "method": "L-BFGS-B"},
}
GEOMETRY = "2\nlithium hydride\nLi 0 0 0\nH 0 0 {length}\n"


@pytest.fixture(scope="module")
def other_threads() -> Iterator[Server]:
    """As `server`, whose libraries have two threads each."""
    with Server({"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}) as started:
        yield started


@pytest.fixture
def project(server: Server, tmp_path: Path) -> Project:
    """A molecule in a file of its own."""
    made = Project(server, tmp_path / "project", CONFIG)
    (made.folder / "lih.xyz").write_text(GEOMETRY.format(length=1.6123))
    return made


def assert_refused(project: Project, code: int, sentence: str) -> None:
    """One line, and nothing is measured."""
    before = project.contents().records
    said = project.run(code=code)
    assert sentence in said
    assert said.count("\n") == 1, said
    assert "Traceback" not in said
    assert project.contents().records == before


def test_a_computed_molecule_is_kept_and_resumed_with_other_threads(project: Project, other_threads: Server) -> None:
    """Killed with one thread, it goes on with two, bit for bit as if nothing had happened; the kept file stays as it is."""
    whole = project.copy(project.folder.with_name("whole"))
    whole.run()
    assert project.start(QOPT_FAILPOINT="answered:2").wait() == -signal.SIGKILL
    stored = (project.home / kept.FILE).read_bytes()
    project.server = other_threads
    project.run()
    assert (project.home / kept.FILE).read_bytes() == stored
    assert told(project) == told(whole)


def test_a_molecule_whose_copy_was_deleted_is_computed_anew(project: Project, other_threads: Server) -> None:
    """The same Hamiltonian comes of it, with any number of threads."""
    assert project.start(QOPT_FAILPOINT="answered:2").wait() == -signal.SIGKILL
    (project.home / kept.FILE).unlink()
    project.server = other_threads
    project.run()
    assert project.finished()


def test_a_changed_geometry_is_another_run(project: Project) -> None:
    """The kept molecule does not hide it."""
    assert project.start(QOPT_FAILPOINT="answered:2").wait() == -signal.SIGKILL
    (project.folder / "lih.xyz").write_text(GEOMETRY.format(length=1.6124))
    assert_refused(project, 2, "holds another run, which differs in")


def test_a_damaged_molecule_is_named(project: Project) -> None:
    """One sentence with the file; put back, the run goes on."""
    assert project.start(QOPT_FAILPOINT="answered:2").wait() == -signal.SIGKILL
    file = project.home / kept.FILE
    stored = file.read_bytes()
    file.write_bytes(stored[: len(stored) // 2])
    assert_refused(project, 4, f"{kept.FILE} does not read as it was written")
    file.write_bytes(stored)
    project.run()
