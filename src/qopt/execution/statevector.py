"""The executor that computes: exact expectations, or samples of the exact state. No Session, no Qiskit primitive."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from qiskit.exceptions import QiskitError

from qopt import simulate
from qopt.environment import cores
from qopt.errors import BackendError
from qopt.execution.executor import Circumstances, JobLost, JobState
from qopt.programs import pack

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit.quantum_info import SparsePauliOp

    from qopt.execution.executor import Diary
    from qopt.programs import Frozen, Program, Pub, PubData
    from qopt.simulate.engine import Engine
    from qopt.types import OpenSession


class StatevectorExecutor:
    """Answers from the statevector; a job is computed when it is submitted."""

    volatile: ClassVar[bool] = True

    def __init__(self, threads: int | None = None) -> None:
        """Begin with no jobs.

        Args:
            threads: Of the engines; None is one for each core that this process may use. They don't change a bit of any answer.
        """
        self._threads = threads or cores()
        self._answers: dict[str, list[PubData]] = {}
        self._engines: dict[tuple[int, bool], tuple[Frozen, Engine]] = {}

    def attach(self, diary: Diary | None) -> None:
        """Nothing is worth noting."""

    def submit(self, program: Program, *, tag: str, seconds: int | None = None) -> str:  # noqa: ARG002 - the protocol's
        """Compute the answers; the tag is the job's id."""
        rng = np.random.default_rng(program.seed)
        try:
            self._answers[tag] = [self._answer(pub, rng) for pub in program.pubs]
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
        """Let go of the engines and the memory that they keep."""
        self._engines.clear()

    def _answer(self, pub: Pub, rng: np.random.Generator) -> PubData:
        hamiltonian = _hamiltonian(pub)
        if hamiltonian is None:
            circuit = pub.frozen.circuit.remove_final_measurements(inplace=False)
            if pub.shots is None:
                return {"evs": simulate.expectations(circuit, pub.values, pub.observables)}
            return _packed(simulate.samples(circuit, pub.values, pub.shots, rng), pub)
        # A frozen circuit has at most two Hamiltonians: that of an expectation, and that of strings.
        engine = self._engine((id(pub.frozen), bool(pub.observables)), pub.frozen, hamiltonian)
        if pub.gradient:
            energies, gradients = engine.gradients(pub.points)
            return {"evs": energies[:, None], "gradients": gradients}
        if pub.shots is None:
            return {"evs": engine.energies(pub.points)[:, None]}
        return _packed(engine.samples(pub.points, pub.shots, rng), pub)

    def _engine(self, key: tuple[int, bool], frozen: Frozen, hamiltonian: SparsePauliOp) -> Engine:
        """The engine of a frozen circuit, made once; the circuit is kept with it, so that its id is nobody else's."""
        known = self._engines.get(key)
        if known is None:
            choice = simulate.choose(frozen.circuit, frozen.parameters, hamiltonian, frozen.product)
            known = frozen, choice.engine(threads=self._threads)
            self._engines[key] = known
        return known[1]


def _hamiltonian(pub: Pub) -> SparsePauliOp | None:
    """What an engine is made for: the one observable of an exact objective, or what gives strings their energies; None for others."""
    if pub.frozen.cost is not None and not pub.observables:
        return pub.frozen.cost
    match pub.frozen.groups:
        case ((only,),) if pub.observables in ((), (only,)):
            return only
        case _:
            return None


def _packed(states: NDArray[np.int64], pub: Pub) -> PubData:
    """Drawn basis states as packed samples."""
    variables = np.array(pub.frozen.layout)
    return {"samples": pack((states[:, :, None] >> variables & 1).astype(np.uint8))}
