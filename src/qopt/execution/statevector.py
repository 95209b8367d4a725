"""The executor that computes: exact expectations, or samples of the exact state. No Session, no Qiskit primitive."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from qiskit.exceptions import QiskitError

from qopt import simulate
from qopt.errors import BackendError
from qopt.execution.executor import Circumstances, JobLost, JobState
from qopt.programs import pack

if TYPE_CHECKING:
    from qopt.execution.executor import Diary
    from qopt.programs import Program, Pub, PubData
    from qopt.types import OpenSession


class StatevectorExecutor:
    """Answers from the statevector; a job is computed when it is submitted."""

    volatile: ClassVar[bool] = True

    def __init__(self) -> None:
        """Begin with no jobs."""
        self._answers: dict[str, list[PubData]] = {}

    def attach(self, diary: Diary | None) -> None:
        """Nothing is worth noting."""

    def submit(self, program: Program, *, tag: str, seconds: int | None = None) -> str:  # noqa: ARG002 - the protocol's
        """Compute the answers; the tag is the job's id."""
        rng = np.random.default_rng(program.seed)
        try:
            self._answers[tag] = [_answer(pub, rng) for pub in program.pubs]
        except QiskitError as error:
            message = f"the statevector can't be computed: {error}"
            raise BackendError(message) from error
        return tag

    def status(self, job: str) -> JobState:
        """Done, if it is known."""
        if job not in self._answers:
            raise JobLost(job)
        return JobState.DONE

    def result(self, job: str, program: Program, *, tag: str) -> list[PubData]:  # noqa: ARG002 - the protocol's
        """Hand the answers over, once."""
        if job not in self._answers:
            raise JobLost(job)
        return self._answers.pop(job)

    def circumstances(self, job: str) -> Circumstances:  # noqa: ARG002 - the protocol's
        """There is neither a Session to rejoin nor a device that is calibrated."""
        return Circumstances()

    def bill(self, job: str) -> None:
        """Nothing is billed."""

    def calibration(self) -> None:
        """There is no device that is calibrated."""

    def session_seconds(self, session: OpenSession) -> None:
        """No Session is billed."""

    def usage(self) -> None:
        """No Session is billed."""

    def find(self, tag: str) -> str | None:
        """The tag, if it was submitted by this process."""
        return tag if tag in self._answers else None

    def cancel(self, job: str) -> None:
        """Forget the answers."""
        self._answers.pop(job, None)

    def close(self) -> None:
        """Nothing is held."""


def _answer(pub: Pub, rng: np.random.Generator) -> PubData:
    circuit = pub.frozen.circuit.remove_final_measurements(inplace=False)
    if pub.shots is None:
        return {"evs": simulate.expectations(circuit, pub.values, pub.observables)}
    states = simulate.samples(circuit, pub.values, pub.shots, rng)
    variables = np.array(pub.frozen.layout)
    return {"samples": pack((states[:, :, None] >> variables & 1).astype(np.uint8))}
