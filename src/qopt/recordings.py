"""From a run folder to a recording, and from a recording to what its raw data says under another objective."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from qopt import runs
from qopt.diagonal import Diagonal
from qopt.errors import InputError
from qopt.execution.frozen import read_part
from qopt.execution.recording import REPLAYED, RecordedCall, Recording, from_content, to_content
from qopt.execution.recording import read_recording as load
from qopt.final import Twice
from qopt.journal import Finished, Header, raws, read
from qopt.ledger import FINAL, MAIN, Ledger
from qopt.objective import Exact, Expectation, Objective, Sampled
from qopt.readout import checked, corrected
from qopt.secrets import scrub
from qopt.types import Sense

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.journal import Contents
    from qopt.objective import Energies
    from qopt.types import Bits, Points, Values

_INSTEAD = "record a run with objective {type: sampled}, and give a cvar of 1 to correct its readout"


@dataclass(frozen=True)
class Decoded:
    """What a recorded call says under an objective.

    Attributes:
        stage: The part of the run that asked.
        call: The number of the call within its stage.
        points: `(k, n)`, radians.
        values: `(k,)` in the problem's own sense; `(2k,)` where every point was measured twice, all first measurements first.
        stderrs: Standard errors of `values`.
        shots: Of all values together; None where exact.
        job: The job's id, where one is known.
    """

    stage: str
    call: int
    points: Points
    values: Values
    stderrs: Values
    shots: int | None
    job: str | None


def record(folder: str | Path, file: str | Path | None = None) -> Recording:
    """Make a recording of a run: what it froze and every answer that it got.

    Nothing in it tells who ran it or where: no credentials, no account, no host, no paths.

    Args:
        folder: The run folder; it is only read, and may be in use.
        file: Where to write the recording; None keeps it in memory.

    Raises:
        StorageError: If the folder can't be read, or the file can't be written.
        DamagedError: If the folder does not hold what was written.
        InputError: If nothing was answered yet, or the run goes through several circuits.
    """
    folder = Path(folder)
    contents = read(folder)
    header = runs.header_of(contents.records)
    ledger = Ledger(contents.records)
    if header is None or not ledger.answered:
        message = f"the run in {folder} has no answers to record yet: run it first"
        raise InputError(message)
    several = [key for key in ("course", "sqd") if key in header.identity]
    if several:
        message = (
            f"the run in {folder} asks about several circuits ({', '.join(several)}), and a recording holds one: "
            "copy its folder, which is all there is to it, or export it as CSV"
        )
        raise InputError(message)
    content = to_content(
        header.run_id,
        identity=_portable(header.identity),
        environment=_portable(header.environment),
        engine=_engine(header, contents),
        frozen=_frozen(folder, header),
        calls=[(_call(ledger, key), raw) for key, raw in raws(folder, contents)],
        stops=ledger.budgets,
    )
    if file is not None:
        runs.write(Path(file), content)
    return from_content(content, str(folder if file is None else file))


def read_recording(file: str | Path) -> Recording:
    """Read a recording and verify all of it.

    Raises:
        InputError: If there is no such file.
        DamagedError: If it is no recording, or not what was written.
        StorageError: If it was made by a newer qopt.
    """
    return load(Path(file))


def decode(
    recording: Recording, *, cvar: float | None = None, readout: Sequence[Sequence[float]] | None = None, energies: Energies | None = None
) -> list[Decoded]:
    """Every measured point of a recording, decoded again from its raw data; no optimizer asks anything, so the points stay what they were.

    Args:
        recording: Of a run.
        cvar: The fraction of lowest energies that is averaged, where strings were sampled; None takes the run's own.
        readout: `(n, 2)` for each variable the probabilities of reading 1 where 0 was prepared and 0 where 1 was, by which means of strings
            are corrected; `recording.frozen.readout` is what the device reported. `readout.corrected` says what this can't correct.
        energies: Of strings; None computes them from the recorded Hamiltonian.

    Returns:
        One item a call, in the order of stages and numbers.

    Raises:
        InputError: If the recorded data can't be decoded like that: CVaR and readout correction need strings, and a mean for the latter.
    """
    objective = _objective(recording, cvar)
    cost = recording.frozen.cost
    diagonal = None if cost is None else Diagonal.from_operator(cost)
    if readout is not None:
        if not isinstance(objective, Sampled) or objective.cvar < 1.0 or diagonal is None:
            message = f"a readout correction is for the mean of sampled strings, this is {_told(objective)}: {_INSTEAD}"
            raise InputError(message, ("objective",))
        energies = partial(corrected, diagonal, checked(readout, diagonal.variables))
    if energies is None:
        energies = _no_energies if diagonal is None else diagonal.energies
    sign = Sense(recording.identity["sense"]).sign
    keys = sorted(recording.calls, key=lambda key: (key[0] != MAIN, key))
    return [_decoded(recording, key, objective, energies, sign) for key in keys]


def _decoded(recording: Recording, key: tuple[str, int], objective: Objective, energies: Energies, sign: int) -> Decoded:
    call = recording.calls[key]
    policy = Twice(objective, strings=False) if call.stage == FINAL else objective
    estimate = policy.decode(recording.frozen, recording.raw(*key), energies)
    values = sign * estimate.values + 0.0  # + 0.0, for minus nothing is nothing
    return Decoded(call.stage, call.call, call.array, values, estimate.stderrs, call.shots, call.job)


def _objective(recording: Recording, cvar: float | None) -> Objective:
    """The recorded objective, with another fraction where one is given."""
    known = recording.identity["objective"]
    if known["name"] == Sampled.name:
        return Sampled(known["shots"], known["cvar"] if cvar is None else cvar)
    objective = Exact() if known["name"] == Exact.name else Expectation(known["shots"])
    if cvar is not None:
        message = f"a CVaR is of sampled strings, this is {_told(objective)}: {_INSTEAD}"
        raise InputError(message, ("objective",))
    return objective


def _told(objective: Objective) -> str:
    fraction = f" with cvar {objective.cvar}" if isinstance(objective, Sampled) else ""
    return f"a recording of the objective {objective.name}{fraction}"


def _no_energies(bits: Bits) -> Values:
    """For expectations, which have no strings."""
    message = f"the recording has no energies for its {len(bits)} strings: give decode the problem's own, problem.energies"
    raise InputError(message)


def _call(ledger: Ledger, key: tuple[str, int]) -> RecordedCall:
    asked, answered = ledger.asked[key], ledger.answered[key]
    return RecordedCall(
        *key,
        asked.purpose,
        asked.points,
        answered.values,
        answered.stderrs,
        answered.shots,
        ledger.bills.of_calls.get(key),
        ledger.jobs.get(key),
        answered.calibration,
    )


def _frozen(folder: Path, header: Header) -> tuple[bytes, bytes]:
    """The bytes of the frozen files, which are named by their digests."""
    circuit, observables = header.frozen
    return read_part(folder / "frozen", circuit, "qpy"), read_part(folder / "frozen", observables, "json")


def _engine(header: Header, contents: Contents) -> str:
    """What answered, as the result tells it; where there is none yet, the backend."""
    told = [str(record.result["engine"]) for record in contents.records if isinstance(record, Finished)]
    return told[-1].removeprefix(REPLAYED) if told else str(header.identity["backend"])


def _portable(value: Any) -> Any:  # noqa: ANN401 - JSON-like
    """The value without credentials, and with every absolute path cut to its last part."""
    if isinstance(value, dict):
        return {key: _portable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_portable(item) for item in value]
    if isinstance(value, str) and (PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute()):
        return scrub(PureWindowsPath(value).name)
    return scrub(value) if isinstance(value, str) else value
