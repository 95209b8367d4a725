"""Where a run stands, in words. Neither qiskit nor the service is needed for it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from qopt.report.layout import Fact, Line, Span, facts, plain, wrap
from qopt.report.text import ago, count, duration, measured, printable, question

if TYPE_CHECKING:
    from qopt.execution.ibm.inquiry import GroupFacts, JobFacts
    from qopt.jobs.asking import Told
    from qopt.jobs.standing import Standing

_STYLES = {
    "running": "cyan",
    "waiting": "cyan",
    "done": "green",
    "finished": "green",
    "queued": "yellow",
    "error": "red",
    "cancelled": "red",
}


def status_lines(standing: Standing, told: Told | None, now: float, width: int) -> list[Line]:
    """Where a run stands, as lines.

    Args:
        standing: What its journal says.
        told: What the service says; None where it was not asked.
        now: Seconds since the epoch.
        width: Of a line.
    """
    since = f"({count(standing.evaluations, 'evaluation')}, {duration(standing.elapsed)} of work, changed {ago(now - standing.changed)})"
    title: list[Span] = [(standing.name, "bold"), (standing.state, style_of(standing.state)), (since, "dim")]
    return [*wrap(title, width), [], *facts([_known(standing), _grouping(standing, told, now), _flight(standing, told, now)], width)]


def summary(standing: Standing, told: Told | None) -> str:
    """Where a run stands in a line that changes when it does, and not with time alone."""
    parts = [standing.state, count(standing.evaluations, "evaluation"), f"{standing.billed:.1f} s billed"]
    if standing.best_seen is not None:
        parts.insert(2, f"best seen {measured(*standing.best_seen)}")
    if standing.in_flight is not None and not standing.result:
        state = told.job.state.value if told is not None and told.job is not None else "in flight"
        parts.append(f"job {standing.in_flight.job or '(id unknown)'} {state}")
    if told is not None and told.trouble:
        parts.append("the service can't be asked")
    return plain([(", ".join(parts), "")])


def queue_facts(job: JobFacts) -> list[Fact]:
    """What is known of a job's wait: how many jobs are pending, and when the service expects it to start."""
    rows = []
    if job.pending is not None:
        rows.append(
            Fact("pending", f"{count(job.pending, 'job')} on {printable(job.backend)}", "(of everybody, this one included; no position)")
        )
    if job.starts is not None:
        rows.append(Fact("may start", _moment(job.starts), "(an estimate of the service)"))
    return rows


def billed_of(group: GroupFacts) -> str:
    """What a Session or Batch was billed so far."""
    return "not known" if group.seconds is None else f"{group.seconds:.1f} s"


def style_of(state: str) -> str:
    """The style of a state, by its first word."""
    return _STYLES.get(state.partition(" ")[0], "")


def _known(standing: Standing) -> list[Fact]:
    rows = [Fact("answered", f"{count(standing.answers, 'question')}, {count(standing.shots, 'shot')}")]
    if standing.best_seen is not None:
        rows.append(Fact("best seen", measured(*standing.best_seen), "(biased by selection: a diagnostic, not a result)"))
    if standing.result:
        rows.append(Fact("result", "there is one", f"(`qopt show {standing.name}` has it)"))
    if standing.remote:
        rest = f"({count(standing.unbilled, 'bill')} not settled yet)" if standing.unbilled else ""
        rows.append(Fact("billed", f"{standing.billed:.2f} s of QPU time for {count(standing.bills, 'job')}", rest))
    return rows


def _grouping(standing: Standing, told: Told | None, now: float) -> list[Fact]:
    rows = []
    if standing.mode is not None and standing.remote:
        rows.append(Fact("mode", standing.mode, f"({printable(standing.mode_reason)})" if standing.mode_reason else ""))
    opened = standing.session
    if opened is None:
        return rows
    label = "Batch" if opened.mode == "batch" else "Session"
    facts = None if told is None else told.session
    if facts is None:
        return [*rows, Fact(label, f"{opened.id} was left open or is in use", f"(last heard of {ago(now - opened.since)})")]
    if not facts.open:
        return [*rows, Fact(label, f"{opened.id} is closed", f"(billed {billed_of(facts)}; the next part of the run notes it)")]
    return [*rows, Fact(label, f"{opened.id} is {facts.state}", f"(billed {billed_of(facts)} so far)", style="cyan")]


def _flight(standing: Standing, told: Told | None, now: float) -> list[Fact]:
    asked = standing.in_flight
    if asked is None:
        rows = (
            [] if standing.result or standing.host is not None else [Fact("in flight", "nothing", "(the same `qopt run` command goes on)")]
        )
        return rows + _trouble(told)
    since = ago(now - asked.since)
    if not standing.remote:
        text = f"a local job of {question(asked.stage, asked.call)}, since {since}"
        return [Fact("in flight", text, "" if standing.host else "(it ended with its process and is measured again)")]
    if asked.job is None:
        rows = [Fact("in flight", f"{question(asked.stage, asked.call)}, asked {since}", "(no job of it is recorded)")]
    else:
        rows = [Fact("in flight", f"job {asked.job} of {question(asked.stage, asked.call)}, submitted {since}")]
    if told is None:
        return rows
    if told.job is None:
        return rows + (_trouble(told) or [Fact("service", "knows no live job of it", "(the same `qopt run` command submits it)")])
    job = told.job
    going = {"done": "(the same `qopt run` command collects it)", "cancelled": "(the same `qopt run` command submits it again)"}
    note = going.get(job.state.value, "") if standing.host is None else ""
    where = f" on {printable(job.backend)}" if job.backend else ""
    rows.append(Fact("service", f"{job.state.value}{where}", note, style=style_of(job.state.value)))
    rows += [Fact("error", printable(job.error), style="red")] if job.error else []
    return rows + queue_facts(job)


def _trouble(told: Told | None) -> list[Fact]:
    return [Fact("service", "can't be asked", f"({printable(told.trouble)})", style="yellow")] if told is not None and told.trouble else []


def _moment(text: str) -> str:
    """A moment of the service in local time; its own words where they can't be read."""
    try:
        return datetime.fromisoformat(text).astimezone().isoformat(sep=" ", timespec="seconds")[:19]
    except ValueError:
        return printable(text)
