"""What tests share of runs that go through several circuits: a small config of each course, and what such a run leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.runs import trajectory

from qopt.journal import Answered, Contents, Event, Finished, Header

if TYPE_CHECKING:
    from tests.faults.runs import Project

H2 = {"type": "molecule", "molecule": "h2", "mapper": "parity", "tapering": False}
SHOTS = {"type": "expectation", "shots": 100}
SPSA = {"type": "spsa", "iterations": 1}
AER = {"mode": "job", "backend": "aer"}
BASE: dict[str, Any] = {"name": "run", "seed": 7, "problem": H2}
EXACT: dict[str, Any] = {**BASE, "objective": {"type": "exact"}}
SAMPLED: dict[str, Any] = {**BASE, "objective": SHOTS, "optimizer": SPSA, "execution": AER}
GROWING = {"type": "hardware-efficient", "reps": 3, "growth": True}

COURSES: dict[str, dict[str, Any]] = {
    "adapt-exact": {**EXACT, "problem": {"type": "molecule", "molecule": "h4"}, "ansatz": {"type": "adapt", "operators": 3}},
    "adapt-tetris-exact": {
        **EXACT,
        "problem": {"type": "molecule", "molecule": "h4"},
        "ansatz": {"type": "adapt", "operators": 4, "tetris": True, "pool": "generalised"},
    },
    "adapt-sampled": {**SAMPLED, "ansatz": {"type": "adapt", "operators": 2, "pool": "qubit"}},
    "growth-exact": {**EXACT, "ansatz": GROWING, "optimizer": {"type": "scipy", "method": "L-BFGS-B", "options": {"maxiter": 4}}},
    "growth-sampled": {**SAMPLED, "ansatz": GROWING},
    "restarts-sampled": {**SAMPLED, "ansatz": {"type": "hardware-efficient", "reps": 1}, "start": {"type": "random", "tries": 3}},
    "vqd-exact": {**EXACT, "ansatz": {"type": "uccsd"}, "excited_states": {"levels": 2, "tries": 2}},
    "vqd-sampled": {**SAMPLED, "ansatz": {"type": "hardware-efficient", "reps": 1}, "excited_states": {"levels": 3, "tries": 1}},
}


def left(contents: Contents) -> dict[str, Any]:
    """All questions and answers of every stage to the last bit, and what may not depend on kills beside them.

    The digests of frozen files are left out: Qiskit gives the parameters in them random names.
    """
    stages = sorted({record.stage for record in contents.records if isinstance(record, Answered)})
    return {
        **{stage: trajectory(contents, stage) for stage in stages},
        "frozen": [record.detail["name"] for record in contents.records if isinstance(record, Event) and record.name == "stage"],
        "identity": [repr(record.identity) for record in contents.records if isinstance(record, Header)],
        "finished": [repr(record) for record in contents.records if isinstance(record, Finished)],
    }


def told(project: Project) -> dict[str, Any]:
    """What a finished run leaves."""
    return left(project.contents()) | {name: (project.home / name).read_bytes() for name in ("result.json", "config.yaml")}
