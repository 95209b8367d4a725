"""The emulator as a command."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from qopt.emulator import TESTED_WITH, Emulator, Settings
from qopt.emulator.handle import environment

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "qopt.emulator"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command, to its end."""
    wide = os.environ | {"COLUMNS": "200"}
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False, env=wide)


def test_help_says_what_it_was_tested_with() -> None:
    """The help names the versions of the client."""
    shown = run("--help")
    assert shown.returncode == 0
    assert f"Tested with qiskit-ibm-runtime {TESTED_WITH[0]}" in shown.stdout


def test_every_setting_is_an_option() -> None:
    """What `Settings` has can be chosen on the command line, except for the module that performs jobs."""
    shown = run("--help").stdout
    names = {field.name for field in fields(Settings)} - {"backends", "engine"}
    assert [name for name in sorted(names) if f"--{name.replace('_', '-')}" not in shown] == []


def test_the_environment_is_printed() -> None:
    """The lines of environment are those that the handle gives, for a shell to evaluate."""
    shown = run("--print-env", "--port", 8123)
    exported = dict(re.findall(r"^export (\w+)='?([^'\n]*)'?$", shown.stdout, re.MULTILINE))
    assert exported == environment(8123, Settings().token)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--plan", "free"], "plan is 'free', expected one of open"),
        (["--backend", "ibm_nowhere"], "there is no snapshot of a device 'ibm_nowhere'"),
        (["--faults", "nothing.yaml"], "nothing.yaml: can't be read"),
        (["--bias", "-1"], "bias is -1"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(arguments: list[str], words: str) -> None:
    """What can't be is one line and exit code 2."""
    refused = run("--port", 0, *arguments)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"error: {words}")
    assert "Traceback" not in refused.stderr


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """A port that something else has is refused with what to do."""
    with Emulator.start(tmp_path / "state") as other:
        refused = run("--port", other.port)
    assert refused.returncode == 2
    assert f"port {other.port} of 127.0.0.1" in refused.stderr
    assert "--port" in refused.stderr


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_interrupted(tmp_path: Path, signum: signal.Signals) -> None:
    """It prints where it is, answers there with the faults it was given, and ends quietly."""
    (tmp_path / "faults.yaml").write_text("- {do: status, code: 418, path: /nothing}\n")
    command = [*COMMAND, "--port", "0", "--state", str(tmp_path / "state"), "--faults", str(tmp_path / "faults.yaml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        exported = "".join(process.stdout.readline() for _ in range(8))
        found = re.search(r"IAM_URL=http://127\.0\.0\.1:(\d+)", exported)
        assert found is not None
        emulator = Emulator(tmp_path / "state", Settings(), int(found[1]))
        assert [item["rule"]["code"] for item in emulator.control.rules()] == [418]
        process.send_signal(signum)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.strip().endswith("Stopped.")
