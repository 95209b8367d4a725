"""A run that is looked at while it goes on: a picture in place on a terminal, a line for every change anywhere else."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from qopt.report.layout import coloured, encodable, rendered, width_of
from qopt.report.standing import status_lines, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qopt.jobs.asking import Told
    from qopt.jobs.standing import Standing


@contextmanager
def watching(stream: TextIO) -> Iterator[Callable[[Standing, Told | None], None]]:
    """A function that shows where a run stands, for as long as the context is open; what was shown last stays."""
    if not coloured(stream):
        yield _Lines(stream).tell
        return
    # Only here: what is piped or redirected does without the import.
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    with Live(console=Console(file=stream, highlight=False), auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:

        def tell(standing: Standing, told: Told | None) -> None:
            live.update(Text.from_ansi(rendered(status_lines(standing, told, time.time(), width_of(stream)), stream)), refresh=True)

        yield tell


class _Lines:
    """A line for every change."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""

    def tell(self, standing: Standing, told: Told | None) -> None:
        line = summary(standing, told)
        if line != self._last:
            self._last = line
            self._stream.write(encodable(f"{time.strftime('%H:%M:%S')}  {line}\n", self._stream))
            self._stream.flush()
