"""What a journal holds: plain frozen records that turn into JSON and back without loss (a float's `repr` is exact)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, TypeAlias

JsonObject: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Header:
    """What the run is; the first record.

    Attributes:
        run_id: Random, unique; job tags are made of it.
        identity: The parts that make it this run and no other, by name (circuit, observables, objective, optimizer, start, seed ...).
        recipe: Digest of what the identity was made from, where that is known without building it; equal recipes mean equal identities.
        environment: Versions and settings on which bit-identity depends.
        frozen: Digests of the frozen circuit and of the frozen observables.
        parent: The run that this one was forked from.
    """

    kind: ClassVar[str] = "header"
    run_id: str
    identity: JsonObject
    recipe: str | None
    environment: JsonObject
    frozen: list[str]
    parent: str | None = None


@dataclass(frozen=True)
class Asked:
    """A question, durable before it is sent anywhere.

    Attributes:
        stage: The part of the run that asks.
        call: The number of the call within its stage.
        purpose: `evaluate`, `gradient` or `final`.
        points: k lists of n floats, radians.
        circuit: Digest of the frozen ISA circuit.
        observables: Digest of the frozen observables.
    """

    kind: ClassVar[str] = "asked"
    stage: str
    call: int
    purpose: str
    points: list[list[float]]
    circuit: str
    observables: str


@dataclass(frozen=True)
class Submitted:
    """The job that a question became."""

    kind: ClassVar[str] = "submitted"
    stage: str
    call: int
    job: str
    tag: str


@dataclass(frozen=True)
class Answered:
    """An answer that was checked and decoded.

    Attributes:
        stage: As in the question.
        call: As in the question.
        values: k objective values, minimised.
        stderrs: Their standard errors.
        shots: Shots spent; None where exact.
        qpu_seconds: QPU time billed; None where unknown or none.
        elapsed: Seconds of work on the run so far, over all its parts.
        session: The id of the Session or Batch that it was measured in, if any.
        calibration: Of the device at that time, where known.
        raw: The raw answer as bytes, kept beside the JSON and compressed by the journal; None when read back.
    """

    kind: ClassVar[str] = "answered"
    stage: str
    call: int
    values: list[float]
    stderrs: list[float]
    shots: int | None
    qpu_seconds: float | None
    elapsed: float
    raw: bytes | None = field(default=None, repr=False)
    session: str | None = None
    calibration: str | None = None


@dataclass(frozen=True)
class Failed:
    """A job that gave no answer.

    Attributes:
        stage: As in the question.
        call: As in the question.
        job: Its id.
        error: Why.
        session: The id of the Session or Batch that it was sent to, if any.
        remote: Whether it was a job of a service, which may charge it all the same.
    """

    kind: ClassVar[str] = "failed"
    stage: str
    call: int
    job: str
    error: str
    session: str | None = None
    remote: bool = False


@dataclass(frozen=True)
class Event:
    """Something worth knowing that is not an answer: a stop with its reason, a session opened, a job adopted."""

    kind: ClassVar[str] = "event"
    name: str
    detail: JsonObject


@dataclass(frozen=True)
class Finished:
    """The run was folded into a result.

    Attributes:
        calls: How many calls of the main stage the result rests on; a later, longer run supersedes it.
        final: Whether the optimizer itself has nothing left to ask, whatever the budget.
        budget: The budget under which it stopped.
        result: `Result.to_json()`.
    """

    kind: ClassVar[str] = "finished"
    calls: int
    final: bool
    budget: JsonObject
    result: JsonObject


Record: TypeAlias = Header | Asked | Submitted | Answered | Failed | Event | Finished

_KINDS: dict[str, type[Any]] = {cls.kind: cls for cls in (Header, Asked, Submitted, Answered, Failed, Event, Finished)}


def to_json(record: Record) -> JsonObject:
    """The record's fields as plain JSON types, without `raw` (and without its kind, which is stored beside)."""
    return {item.name: getattr(record, item.name) for item in fields(record) if item.name != "raw"}


def from_json(kind: str, body: JsonObject, raw: bytes | None = None) -> Record:
    """The record that `to_json` was made from.

    Raises:
        KeyError: If the kind is unknown.
        TypeError: If a field is missing or unknown.
    """
    record: Record = _KINDS[kind](**body, **({"raw": raw} if raw is not None else {}))
    return record
