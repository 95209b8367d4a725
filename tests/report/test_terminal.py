"""Progress, as lines, as JSON, as a panel, and as nothing."""

from __future__ import annotations

import io
import itertools
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console

from qopt.durable import Progress
from qopt.errors import InputError
from qopt.report import live, terminal
from qopt.report.tally import Heading
from qopt.report.terminal import Plain, progress
from qopt.types import Estimate, Question, Sense

if TYPE_CHECKING:
    from collections.abc import Callable

HEADING = Heading("maxcut", Sense.MAXIMISE)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Yes."""
        return True


def answer(
    number: int, values: tuple[float, ...] = (-4.0,), *, replayed: bool = False, stage: str = "main", kind: str = "evaluate"
) -> Progress:
    """An answer as the durable call tells it."""
    question = Question(stage, number, kind, np.zeros((len(values), 2)))
    estimate = Estimate(np.array(values), np.full(len(values), 0.05), 1024 * len(values))
    return Progress(question, estimate, replayed, None if replayed else f"job-{number}", number + 1)


def lines_of(answers: list[Progress], seconds: float = 1.0, heading: Heading = HEADING) -> list[str]:
    """What plain progress writes, with so many seconds between answers."""
    stream, ticks = io.StringIO(), itertools.count()
    display = Plain(heading, stream, clock=lambda: seconds * next(ticks))
    display.open()
    for item in answers:
        display.tell(item)
    display.close()
    return stream.getvalue().splitlines()


def test_a_plain_line_tells_value_and_best_in_the_problems_sense() -> None:
    """A maximised value is positive, with its error, and the best is the highest."""
    assert lines_of([answer(0, (-4.1,)), answer(1, (-4.0,))])[1:] == [
        "     1  4.100 ± 0.050  best seen 4.100 ± 0.050  job job-0",
        "     2  4.000 ± 0.050  best seen 4.100 ± 0.050  job job-1",
    ]


def test_plain_lines_come_at_most_each_half_second_but_the_first_and_the_last_always() -> None:
    """Ten quick answers are two lines and those in between that are due."""
    numbers = [line.split()[0] for line in lines_of([answer(number) for number in range(10)], seconds=0.2)[1:]]
    assert numbers == ["1", "4", "7", "10"]


def test_replayed_answers_are_told_once() -> None:
    """How many there were, not each of them."""
    told = lines_of([answer(0, replayed=True), answer(1, replayed=True), answer(2)])
    assert told[1] == "replayed 2 evaluations from the journal"
    assert len(told) == 3


def test_the_final_measurement_is_told_without_a_value() -> None:
    """The best of several candidates would be biased."""
    told = lines_of([answer(3, (-4.0, -4.5), stage="final", kind="final")])[-1]
    assert told == " final  2 points measured afresh  job job-3"


def test_a_gradient_shows_its_centre() -> None:
    """Not the lowest of the shifted points."""
    assert "4.000 ± 0.050" in lines_of([answer(0, (-4.0, -4.6, -3.0), kind="gradient")])[1].split("  best")[0]


def test_plain_lines_keep_to_the_width_and_have_no_escape_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever names and notes hold."""
    monkeypatch.setenv("COLUMNS", "40")
    text = lines_of([answer(0)], heading=Heading("a" * 60, Sense.MINIMISE, engine="\x1b[31mred", notes=("start: \x1b[2J" + "b" * 60,)))
    assert max(map(len, text)) <= 40
    assert not any("\x1b" in line for line in text)


def test_json_lines_tell_everything_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, in the problem's own sense, replayed answers too."""
    with progress("json", name="maxcut", sense=Sense.MAXIMISE) as listener:
        listener(answer(0, replayed=True))
        listener(answer(1, (-4.0, -4.5)))
    out, err = capsys.readouterr()
    begin, first, second = map(json.loads, err.splitlines())
    assert out == ""
    assert (begin["event"], begin["name"], first["replayed"], first["job"]) == ("begin", "maxcut", True, None)
    assert (second["event"], second["stage"], second["call"], second["evaluations"]) == ("answer", "main", 1, 2)
    assert (second["values"], second["stderrs"], second["job"], second["replayed"]) == ([4.0, 4.5], [0.05, 0.05], "job-1", False)


def test_none_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """On neither stream."""
    with progress("none", name="maxcut", sense=Sense.MAXIMISE) as listener:
        listener(answer(0))
    assert capsys.readouterr() == ("", "")


def test_a_closed_pipe_does_not_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The display falls silent, the run goes on."""

    class Broken(io.StringIO):
        def write(self, text: str) -> int:  # noqa: ARG002 - a stream's signature
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Broken())
    with progress("plain", name="maxcut", sense=Sense.MAXIMISE) as listener:
        listener(answer(0))


def test_an_unknown_kind_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(InputError, match="rich, plain, json"), progress("fancy", name="maxcut", sense=Sense.MAXIMISE):
        pass


@pytest.mark.parametrize(
    ("environment", "stream", "kind"),
    [
        ({}, Terminal(), "rich"),
        ({"TERM": "dumb"}, Terminal(), "plain"),
        ({"CI": "true"}, Terminal(), "plain"),
        ({}, io.StringIO(), "plain"),
    ],
)
def test_auto_is_rich_only_where_that_can_be_seen(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], stream: io.StringIO, kind: str
) -> None:
    """On a terminal that is not dumb, outside CI."""
    for name, value in {"TERM": "xterm", "CI": "", **environment}.items():
        monkeypatch.setenv(name, value)
    assert terminal.chosen(stream) == kind


@pytest.mark.parametrize("width", [80, 40])
def test_the_panel_reads_as_reviewed(snapshot: Callable[[str, str], None], width: int) -> None:
    """Name, sense, values, sparkline, effort and what was replayed."""
    heading = Heading("maxcut", Sense.MAXIMISE, engine="SamplerV2 on aer in a Session", notes=("start: fixed angles",))
    panel = live.Dashboard(heading, lambda: 1.0)
    for number in range(12):
        panel.add(answer(number, (-4.8 + 2.0 / (number + 1),), replayed=number < 5))
    stream = io.StringIO()
    Console(file=stream, width=width).print(panel)
    snapshot(f"panel_{width}", stream.getvalue())


def test_the_live_panel_leaves_its_last_state_on_the_screen() -> None:
    """Also when the run ends at once."""
    stream = Terminal()
    display = live.Live(HEADING, stream)
    display.open()
    display.tell(answer(0, (-4.25,)))
    display.close()
    assert "4.250 ± 0.050" in stream.getvalue()


@pytest.mark.parametrize(
    ("values", "width", "blocks"), [([1.0, 2.0, 3.0], 10, "▁▅█"), ([2.0, 2.0], 10, "▁▁"), ([0.0, 0.0, 7.0, 7.0], 2, "▁█")]
)
def test_a_sparkline_spans_its_values(values: list[float], width: int, blocks: str) -> None:
    """From the lowest block to the full one; more values than blocks are averaged."""
    assert live.sparkline(values, width) == blocks
