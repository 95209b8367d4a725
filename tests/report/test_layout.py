"""Wrapping, aligning, and text for streams of all kinds."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.report.layout import Fact, encodable, facts, plain, rendered, width_of, wrap

WORDS = st.lists(st.text("abc±|,", min_size=1, max_size=30), max_size=20).map(" ".join)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@given(WORDS, st.integers(1, 40))
def test_wrapping_keeps_all_characters_and_the_width(text: str, width: int) -> None:
    """Nothing is lost but blanks, and no line is too long."""
    lines = [plain(line) for line in wrap([(text, "")], width)]
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(map(len, lines)) <= width


@given(st.lists(st.tuples(st.text("ab", min_size=1, max_size=15), WORDS, WORDS), min_size=1, max_size=5), st.integers(24, 80))
def test_a_table_of_facts_fits_its_width(rows: list[tuple[str, str, str]], width: int) -> None:
    """Labels up to 15 characters leave room for words at any width."""
    assert all(len(plain(line)) <= width for line in facts([[Fact(*row) for row in rows]], width))


def test_pipes_get_no_escape_codes() -> None:
    """What is not a terminal gets plain text."""
    assert rendered([[("bold", "bold"), (" move", "red")]], io.StringIO()) == "bold move\n"


def test_terminals_get_the_same_text_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Styles add escape codes and nothing else."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = rendered([[("bold", "bold")]], Terminal())
    assert "\x1b[1m" in text
    assert "bold" in text


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_color_and_dumb_terminals_are_honoured(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Each of them alone keeps escape codes away."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(name, value)
    assert rendered([[("bold", "bold")]], Terminal()) == "bold\n"


def test_streams_that_know_ascii_alone_get_ascii() -> None:
    """The sign of the error is spelled out, not lost and not an exception."""
    assert encodable("1 ± 2", io.TextIOWrapper(io.BytesIO(), encoding="ascii")) == "1 +- 2"


def test_the_width_of_a_pipe_is_that_of_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS says it, else it is 80, whatever terminal is elsewhere."""
    monkeypatch.setenv("COLUMNS", "40")
    assert width_of(io.StringIO()) == 40
    monkeypatch.delenv("COLUMNS")
    assert width_of(io.StringIO()) == 80
