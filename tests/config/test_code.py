"""Custom types lead to Python files below the working directory and nowhere else, and finding one runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qopt.config import resolve_code
from qopt.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    """A working directory with a config folder; every Python file in and around it leaves a mark when it is run."""
    work = tmp_path / "work"
    (work / "configs").mkdir(parents=True)
    (work / "problems").mkdir()
    for path in (work / "problems" / "mine.py", work / "configs" / "near.py", tmp_path / "outside.py"):
        path.write_text(f"open({str(tmp_path / 'marker')!r}, 'w')\n")
    (work / "problems" / "text.txt").write_text("no code")
    (work / "link_out.py").symlink_to(tmp_path / "outside.py")
    (work / "folder_out").symlink_to(tmp_path)
    (work / "link_to_text.py").symlink_to(work / "problems" / "text.txt")
    (work / "configs" / "link_in.py").symlink_to(work / "problems" / "mine.py")
    (work / "loop.py").symlink_to(work / "loop.py")
    return work


@pytest.mark.parametrize("text", ["../problems/mine.py:Mine", "near.py:f", "./near.py:_f", "link_in.py:Mine"])
def test_files_below_the_working_directory_are_found(cwd: Path, text: str) -> None:
    """Paths are relative to the config's folder and may leave it, but not the working directory; links inside are followed."""
    path, name = resolve_code(text, cwd / "configs", cwd)
    assert path.is_file()
    assert path.is_relative_to(cwd)
    assert name == text.rpartition(":")[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("../../outside.py:Mine", "expected a file below the working directory"),
        ("../link_out.py:Mine", "expected a file below the working directory"),
        ("../folder_out/outside.py:Mine", "expected a file below the working directory"),
        ("{cwd}/problems/mine.py:Mine", "expected a path relative to the config's folder"),
        ("/etc/x.py:Mine", "expected a path relative to the config's folder"),
        ("\\\\server\\x.py:Mine", "expected a path relative to the config's folder"),
        ("C:\\x.py:Mine", "expected path/to/file.py:Name"),
        ("os:system", "expected path/to/file.py:Name"),
        ("os.path:join", "expected path/to/file.py:Name"),
        ("near.py", "expected path/to/file.py:Name"),
        ("near.py:", "expected path/to/file.py:Name"),
        ("near.py:a.b", "expected path/to/file.py:Name"),
        ("near.py:__import__('os')", "expected path/to/file.py:Name"),
        ("../problems/text.txt:Mine", "expected path/to/file.py:Name"),
        ("../link_to_text.py:Mine", "expected a Python file"),
        ("../loop.py:Mine", "expected a Python file"),
        ("near\0.py:Mine", "expected a Python file"),
        ("x" * 300 + ".py:Mine", "expected a Python file"),
        ("naer.py:Mine", "did you mean 'near.py'?"),
        ("", "expected path/to/file.py:Name"),
    ],
)
def test_everything_else_is_refused_and_nothing_is_run(cwd: Path, text: str, message: str) -> None:
    """Whatever leads out of the working directory, or is no Python file, is refused at the key `type` before anything is imported."""
    with pytest.raises(InputError) as caught:
        resolve_code(text.format(cwd=cwd) if "{cwd}" in text else text, cwd / "configs", cwd)
    assert message in caught.value.message
    assert caught.value.where == ("type",)
    assert not (cwd.parent / "marker").exists()
