"""The live panel of a run on a terminal, drawn by rich."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group
from rich.live import Live as RichLive
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from qopt.report.history import FINAL
from qopt.report.tally import Tally
from qopt.report.text import NBSP, count, duration, measured, printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import ConsoleOptions, RenderResult

    from qopt.durable import Progress
    from qopt.report.tally import Heading

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDEST = 88
_FRAMES = 8  # a second
_EDGES = 4  # characters of a line that the panel's frame takes


class Live:
    """A panel that stays in place and is redrawn as answers come; the last state stays on the screen."""

    def __init__(self, heading: Heading, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is drawn yet."""
        console = Console(file=stream, force_terminal=True, highlight=False)
        self._panel = Dashboard(heading, clock)
        self._live = RichLive(self._panel, console=console, refresh_per_second=_FRAMES, redirect_stdout=False, redirect_stderr=False)

    def open(self) -> None:
        """Draw the empty panel."""
        self._live.start(refresh=True)

    def tell(self, progress: Progress) -> None:
        """Take an answer in; the next frame shows it."""
        self._panel.add(progress)

    def note(self, sentence: str) -> None:
        """Take it in; the panel shows the last one."""
        self._panel.note(sentence)

    def close(self) -> None:
        """Draw the last state and leave it there."""
        self._panel.stop()
        self._live.stop()


class Dashboard:
    """What is on the panel."""

    def __init__(self, heading: Heading, clock: Callable[[], float]) -> None:
        """The time runs from here."""
        self._heading = heading
        self._clock = clock
        self._began = clock()
        self._ended: float | None = None
        self._final = False
        self._note = ""
        self._tally = Tally(heading.sense.sign)

    def add(self, progress: Progress) -> None:
        """Take an answer in."""
        self._tally.add(progress)
        if progress.question.stage == FINAL:
            self._final = True

    def note(self, sentence: str) -> None:
        """Take a sentence in."""
        self._note = sentence

    def stop(self) -> None:
        """The time stops here."""
        self._ended = self._clock()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """A panel as wide as the terminal, within reason."""
        width = min(options.max_width, _WIDEST)
        heading, tally = self._heading, self._tally
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        if heading.notes:
            grid.add_row("chosen", Text("\n".join(map(printable, heading.notes)), "dim"))
        if self._note:
            grid.add_row("service", Text(printable(self._note), "dim"))
        if tally.last is not None:
            grid.add_row("last", Text(_told(tally.last, heading.units), "bold cyan"))
        if tally.best is not None:
            grid.add_row("best seen", Text.assemble(_told(tally.best, heading.units), ("  biased by selection", "dim")))
        if self._final:
            grid.add_row("final", Text("the best points were measured afresh", "green"))
        grid.add_row("effort", self._effort())
        if tally.replayed:
            grid.add_row("replayed", f"{count(tally.replayed, 'evaluation')} from the journal".replace(NBSP, " "))
        parts: list[Text | Table] = [grid]
        if len(tally.series) > 1:
            parts.insert(0, Text(sparkline(tally.series, width - _EDGES), "cyan"))
        title = Text.assemble((printable(heading.name), "bold"), (f"  {heading.sense.value}", "dim"))
        panel = Panel(Group(*parts), title=title, title_align="left", border_style="dim", width=width)
        panel.subtitle, panel.subtitle_align = self._subtitle(), "left"
        yield panel

    def _effort(self) -> str:
        tally = self._tally
        parts = [count(tally.evaluations, "evaluation")]
        if tally.calls != tally.evaluations:
            parts.append(count(tally.calls, "call"))
        if tally.shots:
            parts.append(count(tally.shots, "shot"))
        return ", ".join([*parts, duration((self._ended or self._clock()) - self._began)]).replace(NBSP, " ")

    def _subtitle(self) -> Text | None:
        return Text(printable(self._heading.engine), "dim") if self._heading.engine else None


def sparkline(values: list[float], width: int) -> str:
    """Values as a row of at most `width` blocks, the highest one full; several values that share a block are averaged."""
    bins = min(len(values), max(width, 1))
    edges = [index * len(values) // bins for index in range(bins + 1)]
    means = [sum(values[first:last]) / (last - first) for first, last in pairwise(edges)]
    low, span = min(means), max(means) - min(means)
    return "".join(_BLOCKS[round((mean - low) / span * (len(_BLOCKS) - 1)) if span else 0] for mean in means)


def _told(pair: tuple[float, float], units: str) -> str:
    return measured(*pair, units).replace(NBSP, " ")
