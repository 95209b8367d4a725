"""Where a config's run is executed, how circuits are brought there, and when it stops."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from qopt.config.fields import RECORDING, WHOLE, AutoSwitch, Backend, Count, Layout, Seconds, Seed, expected
from qopt.config.mitigation import PRIVATE
from qopt.config.model import Model


class Waiting(Model):
    """How long qopt waits for IBM Quantum before it stops, resumably."""

    call: Seconds = 60.0
    """For the reply to one request."""
    service: Seconds = 1800.0
    """For a service that can't be reached or answers with errors, all attempts together."""
    listing: Seconds = 10.0
    """Until a job that was accepted appears in the list of jobs."""
    job: Seconds = 604800.0
    """For one job, in the queue and at work."""
    submissions: Annotated[float, Field(ge=0, le=10**6)] = 5.0
    """Submissions a minute in job mode, and in every mode once the service has complained; 0 is no limit."""


class Simulator(Model):
    """How Aer simulates, on backend aer and on fake devices."""

    method: Literal["automatic", "statevector", "density_matrix", "matrix_product_state"] = "automatic"
    """Aer's method; automatic is the statevector without noise, and with a device's noise what Aer chooses."""
    device: Literal["CPU", "GPU"] = "CPU"
    """Where it computes; a GPU takes an Aer that was built for one."""
    precision: Literal["double", "single"] = "double"
    """Of the state's numbers."""
    threads: Count | None = None
    """Of one simulation; default: one below 20 qubits, all cores from there on, and for the exact engine all cores."""
    max_bond_dimension: Count | None = None
    """Of a matrix product state, beyond which it is truncated; default: no limit."""
    truncation: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Squared Schmidt coefficients that a matrix product state may drop at a bond; default: Aer's 1e-16."""

    @model_validator(mode="after")
    def _of_a_chain(self) -> Self:
        if self.method != "matrix_product_state" and (self.max_bond_dimension is not None or self.truncation is not None):
            expected("max_bond_dimension and truncation with matrix_product_state alone")
        return self


class Execution(Model):
    """Where jobs run and how."""

    refused: ClassVar[dict[str, str]] = {"private": PRIVATE}

    mode: Literal["session", "batch", "job", "auto"] = "auto"
    """How jobs are grouped at the backend; auto follows the work and says why."""
    backend: Backend | None = None
    """statevector, aer, a fake device such as fake_manila, one of IBM Quantum such as ibm_fez, least_busy, or recording:PATH."""
    primitives: Literal["auto", "legacy", "client", "aer"] = "auto"
    """Which implementation of Sampler and Estimator is used."""
    instance: Annotated[str, Field(min_length=1, max_length=400)] | None = None
    """The name or CRN of an instance of IBM Quantum; default: the account's."""
    region: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    """Only instances of IBM Quantum in this region, such as us-east or eu-de."""
    min_qubits: Count = 1
    """Of least_busy, beside what the problem needs."""
    on_session_end: Literal["renew", "batch", "stop"] = "renew"
    """What to do when the service ends a Session before the run is done."""
    waiting: Waiting = Field(default_factory=Waiting)
    """Deadlines for IBM Quantum."""
    simulator: Simulator = Field(default_factory=Simulator)
    """How Aer simulates, on backend aer and on fake devices."""

    @property
    def recording(self) -> str | None:
        """The path of the recording that answers, where one does."""
        backend = self.backend or ""
        return backend.removeprefix(RECORDING) if backend.startswith(RECORDING) else None


class Transpile(Model):
    """How circuits are brought to the backend."""

    level: Annotated[int, Field(ge=0, le=3), WHOLE] = 3
    """Qiskit's optimization level."""
    seed: Seed = 1
    """The first of the transpiler's seeds."""
    seeds: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = None
    """How many seeds are tried, of which the best circuit is kept; default: 20 where the backend reports errors, else 1."""
    initial_layout: Layout | None = None
    """The physical qubit of each variable; default: the transpiler's choice."""
    layout: Literal["auto", "reported-errors"] = "auto"
    """Who chooses the physical qubits: the transpiler, or the errors that the backend reports."""
    fractional_gates: AutoSwitch = "auto"
    """Whether the backend's RX and RZZ gates of any angle are used."""

    @model_validator(mode="after")
    def _one_who_chooses(self) -> Self:
        if self.initial_layout is not None and self.layout != "auto":
            expected("initial_layout or layout: reported-errors, not both")
        return self


class Budget(Model):
    """When to stop; what is left out has no limit. A larger budget later continues the run."""

    evaluations: Count | None = None
    """Points that the optimizer may ask for."""
    shots: Annotated[int, Field(ge=1, le=10**15), WHOLE] | None = None
    """Shots of the whole run."""
    wall: Seconds | None = None
    """Time of work: a number of seconds, or text such as 90s, 10m, 2h, 1h30m."""
    qpu: Seconds | None = None
    """QPU time of the whole run, as IBM bills it: a number of seconds, or text such as 5m."""
