"""What `qopt list` and `qopt show` print: the runs of a folder, and one run from its journal. Neither qiskit nor NumPy is needed for it."""

from __future__ import annotations

import json as json_format
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

from qopt import runs
from qopt.errors import InputError, QoptError
from qopt.journal import Failed
from qopt.report.events import silent, told
from qopt.report.history import History, history
from qopt.report.layout import Fact, Line, Span, clipped, columns, facts, plain, rendered, width_of, wrap
from qopt.report.result import reference_text, result_lines
from qopt.report.text import age, ago, count, duration, measured, number, printable, question

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HEADS = ("run", "state", "evaluations", "value", "reference", "ratio", "age")
_RIGHT = frozenset({2, 6})
_DROPPED = (4, 6, 2, 5)
"""The columns that narrow terminals do without, the first one first."""
_SHORT = {"stopped at budget": "at budget", "finished on request": "on request"}
_NAME = 32
_STYLES = {"running": "cyan", "finished": "green", "interrupted": "yellow", "damaged": "red"}


def listing(folder: Path, *, stream: TextIO | None = None) -> str:
    """A table of the runs below a folder; one that can't be read is a row that says why.

    Args:
        folder: Where run folders are.
        stream: Where it will be written; by default standard output.

    Raises:
        InputError: If the folder does not exist.
    """
    stream = stream or sys.stdout
    return rendered(listing_lines(folder, time.time(), width_of(stream)), stream)


def show(folder: Path, *, json: bool = False, stream: TextIO | None = None) -> str:
    """One run: its result, what it is, and what happened to it; or the stored result alone, as JSON.

    Raises:
        InputError: If JSON is asked for and there is no result yet.
        StorageError: If the journal can't be read.
    """
    run = history(folder)
    if json:
        if run.finished is None:
            message = f"{folder} has no result yet: go on with the run, or end it with `qopt finish {folder}`"
            raise InputError(message)
        return json_format.dumps(run.finished.result, indent=2) + "\n"
    stream = stream or sys.stdout
    return rendered(show_lines(run, time.time(), width_of(stream)), stream)


def listing_lines(folder: Path, now: float, width: int) -> list[Line]:
    """The table as lines, at a moment in seconds since the epoch."""
    try:
        homes = sorted(
            path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".") and path.name != runs.REHEARSALS
        )
    except (FileNotFoundError, NotADirectoryError):
        message = f"there is no folder {folder}: give the one that run folders are in with --runs"
        raise InputError(message) from None
    except OSError as error:
        message = f"{folder} can't be read ({error.strerror}): change its permissions, or give another folder with --runs"
        raise InputError(message) from error
    if not homes:
        return wrap([(f"There are no runs in {folder}.", "")], width)
    rows: list[list[Span]] = [[(head, "dim") for head in _HEADS]]
    troubles: list[Line] = []
    for home in homes:
        try:
            parts = 0 if runs.exists(home) else sum(map(runs.exists, home.iterdir()))
            rows.append(_sweep(home, parts) if parts else _row(home, history(home), now))
        except (QoptError, OSError) as error:
            rows.append(_broken(home))
            troubles += [[], *wrap([(f"{home.name}:", "red"), (str(error), "")], width)]
    return [*_fitted(rows, width), *troubles]


def show_lines(run: History, now: float, width: int) -> list[Line]:
    """A run as lines, at a moment in seconds since the epoch."""
    since = f"{count(run.evaluations, 'evaluation')}, {duration(run.elapsed)} of work, changed {ago(now - run.changed)}"
    lines = wrap([(run.folder.name, "bold"), (run.state, _style(run.state)), (f"({since})", "dim")], width)
    if run.result is not None:
        lines += [[], *result_lines(run.result, run.folder, width)[2:]]
    else:
        lines += [[], *facts([_so_far(run)], width)]
    lines += [[], *facts([_identity(run), _environment(run), _events(run)], width)]
    return lines


def _row(home: Path, run: History, now: float) -> list[Span]:
    state, result = run.state, run.result
    value, reference, ratio = "", "", ""
    if result is not None:
        value = measured(result["value"], result["stderr"], result["units"])
        reference = number(result["reference"]["value"], 8) if result["reference"] is not None else ""
        if result["approximation_ratio"] is not None:
            ratio = measured(round(result["approximation_ratio"], 6), result["approximation_ratio_stderr"] or 0.0)
    elif run.best_seen is not None:
        value = f"{number(run.best_seen[0], 5)} seen"
    return [
        (clipped(printable(home.name), _NAME), "bold"),
        (_SHORT.get(state, state), _style(state)),
        (f"{run.evaluations:,}", ""),
        (value, "" if result is not None else "dim"),
        (reference, ""),
        (ratio, ""),
        (age(now - run.changed) if run.changed else "", "dim"),
    ]


def _sweep(home: Path, parts: int) -> list[Span]:
    """A folder of runs: `qopt list --runs` with it lists them."""
    return [(clipped(printable(home.name), _NAME), "bold"), (f"sweep of {parts}", ""), *[("", "")] * (len(_HEADS) - 2)]


def _broken(home: Path) -> list[Span]:
    state = "damaged" if runs.exists(home) else "not a run"
    return [(clipped(printable(home.name), _NAME), "bold"), (state, _style(state)), *[("", "")] * (len(_HEADS) - 2)]


def _fitted(rows: Sequence[Sequence[Span]], width: int) -> list[Line]:
    """The table with as many of its columns as fit; below that, each name above what is known of the run."""
    kept = list(range(len(_HEADS)))
    for dropped in (None, *_DROPPED):
        kept = [index for index in kept if index != dropped]
        right = frozenset(kept.index(index) for index in _RIGHT if index in kept)
        lines = columns([[row[index] for index in kept] for row in rows], right=right)
        if max(len(plain(line)) for line in lines) <= width:
            return lines
    stacked = [[wrap([row[0]], width), facts([[Fact(row[1][0], row[3][0])]], width)] for row in rows[1:]]
    return [line for pair in stacked for part in pair for line in part]


def _style(state: str) -> str:
    return _STYLES.get(state.partition(" ")[0], "")


def _so_far(run: History) -> list[Fact]:
    """What an unfinished run knows: values of its optimizer, which are no result."""
    rows = []
    if run.main:
        last = run.main[-1]
        rows.append(Fact("last value", measured(last.values[0], last.stderrs[0])))
    if run.best_seen is not None:
        rows.append(Fact("best seen", measured(*run.best_seen), "(biased by selection: a diagnostic, not a result)"))
    rows.append(Fact("effort", f"{count(len(run.calls), 'answer')}, {count(run.shots, 'shot')}"))
    if run.finished is not None:
        rows.append(Fact("stored result", f"of {count(run.finished.calls, 'call')}", "(the run went on since; show --json has it)"))
        if run.finished.result["reference"] is not None:
            rows.append(Fact("best possible", reference_text(run.finished.result["reference"], run.finished.result["units"])))
    return rows


def _identity(run: History) -> list[Fact]:
    if run.header is None:
        return [Fact("begun", "nothing was recorded yet")]
    rows = [Fact("run id", run.header.run_id), Fact("begun", _when(run.begun))]
    if run.header.parent is not None:
        rows.append(Fact("forked from", f"run id {run.header.parent}"))
    return [*rows, *(Fact(key, _words(value)) for key, value in run.header.identity.items())]


def _environment(run: History) -> list[Fact]:
    if run.header is None:
        return []
    return [Fact("environment", ", ".join(f"{name} {value}" for name, value in run.header.environment.items()))]


def _events(run: History) -> list[Fact]:
    rows = []
    for when, event in run.events:
        if isinstance(event, Failed):
            rows.append(Fact(_when(when), f"job {event.job} of {question(event.stage, event.call)} failed: {event.error}", style="red"))
        elif (sentence := told(event)) is not None:
            rows.append(Fact(_when(when), sentence))
        elif not silent(event):
            rows.append(Fact(_when(when), event.name, f"({_words(event.detail)})" if event.detail else ""))
    return rows


def _words(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Plain JSON as a person would write it: options as `name, key value`, floats short."""
    if isinstance(value, dict):
        named = [_words(value["name"])] if "name" in value else []
        rest = [f"{key} {_words(item)}" for key, item in value.items() if key != "name"]
        return ", ".join([*named, *rest])
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "none"
    if isinstance(value, float):
        return number(value, 6)
    return {None: "none", True: "yes", False: "no"}.get(value, str(value)) if value is None or isinstance(value, bool) else str(value)


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(sep=" ", timespec="seconds")[:19]
