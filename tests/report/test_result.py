"""The result table, word for word."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qopt.report.layout import plain
from qopt.report.result import reference_text, result_lines, result_table

Snapshot = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without runs: the table names the files that are there."""
    monkeypatch.chdir(tmp_path)


def text_of(result: dict[str, Any], width: int) -> str:
    """The table without styles."""
    return "".join(f"{plain(line)}\n" for line in result_lines(result, Path("runs/maxcut"), width))


@pytest.mark.parametrize("width", [80, 40])
def test_a_sampled_maxcut_reads_as_reviewed(result: dict[str, Any], snapshot: Snapshot, width: int) -> None:
    """The table as people approved it, wide and narrow."""
    snapshot(f"result_{width}", text_of(result, width))


@pytest.mark.parametrize("width", [80, 40])
def test_an_exact_energy_reads_as_reviewed(result: dict[str, Any], snapshot: Snapshot, width: int) -> None:
    """No errors, no strings, units everywhere, and a budget that ended it."""
    result.update(
        name="h2", value=-1.137306, stderr=0.0, mean=-1.137306, mean_stderr=0.0, best_seen=-1.137306, shots=0, sense="minimise", units="Ha"
    )
    result.update(best=None, baseline=None, converged=False, approximation_ratio=None, approximation_ratio_stderr=None)
    result.update(reference={"value": -1.1373060357534, "kind": "exact diagonalisation", "worst": 0.49, "bound": None})
    result.update(status="The budget was reached; a larger one goes on from here.", engine="statevector")
    snapshot(f"result_exact_{width}", text_of(result, width))


def test_a_cvar_stands_beside_its_expectation(result: dict[str, Any]) -> None:
    """Who reads a CVaR also reads the mean, and which of both the ratio is of."""
    text = text_of({**result, "value": 4.99}, 80)
    assert "expectation      4.7213 ± 0.0094 (of all shots; value is a CVaR)" in text
    assert "0.9443 ± 0.0019 (of the expectation)" in text


def test_the_best_seen_is_called_biased(result: dict[str, Any]) -> None:
    """It is a diagnostic, and says so."""
    assert "best seen        4.7831 (the optimizer's highest: biased, a diagnostic)" in text_of(result, 80)


def test_an_unproven_reference_tells_its_bound() -> None:
    """A best known value is not called the optimum."""
    reference = {"value": 23.0, "kind": "milp, best found", "worst": 0.0, "bound": 24.5}
    assert reference_text(reference).replace("\u00a0", " ") == "23 (milp, best found; proven bound 24.5)"


def test_a_string_below_the_optimum_is_not_called_the_optimum(result: dict[str, Any]) -> None:
    """Only an equal value is."""
    assert "(the optimum)" in text_of(result, 80)
    assert "(the optimum)" not in text_of({**result, "best": {"bits": "0", "value": 4.0, "text": ""}}, 80)


def test_text_of_a_problem_cannot_drive_the_terminal(result: dict[str, Any]) -> None:
    """A solution's own words are printed without control characters."""
    result["best"]["text"] = "\x1b[2J{0, 3}"
    assert "\x1b" not in result_table(result, stream=io.StringIO())


def test_files_that_are_there_are_named(result: dict[str, Any], tmp_path: Path) -> None:
    """And others are not."""
    (tmp_path / "result.json").touch()
    assert plain(result_lines(result, tmp_path, 400)[-1]).endswith("(result.json)")
