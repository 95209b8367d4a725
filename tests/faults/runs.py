"""What tests of whole runs share: small configs for every optimizer, processes to kill, and what makes two runs the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from qopt.journal import Answered, Asked, Contents, Finished, Header, Submitted, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

ROOT = Path(__file__).parents[2]
SCIPY = ("COBYLA", "COBYQA", "Nelder-Mead", "Powell", "L-BFGS-B", "SLSQP", "BFGS", "CG", "TNC", "trust-constr")
OPTIMIZERS: dict[str, dict[str, Any]] = {
    **{method: {"type": "scipy", "method": method} for method in SCIPY},
    "differential-evolution": {"type": "differential-evolution", "options": {"popsize": 2, "maxiter": 6, "radius": 1.0}},
    "spsa": {"type": "spsa", "iterations": 12},
    "none": {"type": "none"},
    "auto": {"type": "auto"},
    "response-surface": {"type": "response-surface", "iterations": 3},
    "custom": {"type": "mine.py:search", "step": 0.3},
}
SAMPLED = {
    "name": "run",
    "seed": 7,
    "problem": {"type": "maxcut", "graph": {"edges": [[0, 1, 1.0], [1, 2, 2.0], [2, 3, 1.0], [3, 4, 1.5], [4, 0, 1.0]]}},
    "ansatz": {"type": "qaoa", "layers": 2},
    "start": {"type": "values", "values": [0.2, 0.4, 0.5, 0.3]},
    "objective": {"type": "sampled", "shots": 256},
    "execution": {"mode": "session", "backend": "aer"},
    "budget": {"evaluations": 30},
}
EXACT = {
    "name": "run",
    "seed": 7,
    "problem": {"type": "operator", "file": "h2.json"},
    "ansatz": {"type": "hardware-efficient", "reps": 2},
    "start": {"type": "random"},
    "objective": {"type": "exact"},
    "budget": {"evaluations": 80},
}
MINE = '''"""An optimizer of the user's own: random steps that are kept when they help, several points a call, every value used."""

import numpy as np


def search(evaluate, start, rng, step=0.1):
    point = np.array(start)
    value = evaluate(point[None, :]).values[0]
    for _ in range(12):
        trials = point + step * rng.normal(size=(3, len(point)))
        values = evaluate(trials).values
        if values.min() < value:
            point, value = trials[values.argmin()], values.min()
        else:
            step *= 0.8
    return point
'''


def config(name: str, base: Mapping[str, Any] = SAMPLED, **changes: object) -> dict[str, Any]:
    """A config that runs in less than a second: an optimizer, and top-level keys that are replaced."""
    return {**base, "optimizer": OPTIMIZERS[name], **changes}


CASES: dict[str, dict[str, Any]] = {f"{name}-sampled": config(name) for name in OPTIMIZERS} | {
    f"{name}-exact": config(name, EXACT) for name in OPTIMIZERS
}


@dataclass(frozen=True)
class Process:
    """A command line of qopt at work."""

    server: Server
    pid: int
    output: Path

    def send(self, signum: int) -> None:
        """A signal; nothing happens where it has ended, since its pid is not given away before `wait`."""
        os.kill(self.pid, signum)

    def wait(self) -> int:
        """Its exit code, or minus the signal that ended it."""
        code: int = self.server.ask({"wait": self.pid})["code"]
        return code

    def said(self) -> str:
        """Standard output and standard error so far."""
        return self.output.read_text()


class Server:
    """A `fork_server.py`; one at a time may use it. `environment` is that of the server itself."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "tests.faults.fork_server"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | (environment or {})
        )

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and read its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def __enter__(self) -> Self:
        """The server itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Let it go."""
        self._process.communicate()


@dataclass
class Project:
    """A user's folder: config.yaml, the files that it names, and runs/.

    Attributes:
        server: Starts its processes.
        folder: Where it is; made with the config in it.
        config: What is in config.yaml.
    """

    server: Server
    folder: Path
    config: dict[str, Any]
    _outputs: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        """Write the files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "problems" / "molecules" / "h2_0.735_parity.json", self.folder / "h2.json")
        (self.folder / "mine.py").write_text(MINE)
        self.configure()

    def configure(self, **changes: object) -> None:
        """Write the config, with some top-level keys replaced from now on."""
        self.config = {**self.config, **changes}
        (self.folder / "config.yaml").write_text(json.dumps(self.config))

    @property
    def home(self) -> Path:
        """The run folder."""
        return self.folder / "runs" / str(self.config["name"])

    def start(self, *arguments: str, figure: bool = False, **environment: str) -> Process:
        """A command line; `qopt run config.yaml` without arguments."""
        self._outputs += 1
        output = self.folder / f"output-{self._outputs}.txt"
        request = {
            "arguments": arguments or ["run", "config.yaml", "--progress", "none"],
            "folder": str(self.folder),
            "environment": environment,
            "output": str(output),
            "figure": figure,
        }
        return Process(self.server, self.server.ask(request)["pid"], output)

    def run(self, *arguments: str, code: int = 0, figure: bool = False, **environment: str) -> str:
        """What a command line says that has to end with `code`."""
        process = self.start(*arguments, figure=figure, **environment)
        ended = process.wait()
        assert ended == code, (ended, process.said())
        return process.said()

    def copy(self, folder: Path) -> Project:
        """The same project in another folder."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder)

    def forget(self) -> None:
        """Remove the run."""
        shutil.rmtree(self.home.parent, ignore_errors=True)

    def contents(self) -> Contents:
        """The journal; an empty one where there is none."""
        return read(self.home) if (self.home / "run.sqlite").exists() else Contents()

    def finished(self) -> bool:
        """Whether the result was recorded."""
        return any(isinstance(record, Finished) for record in self.contents().records)


def trajectory(contents: Contents, stage: str = "main") -> list[str]:
    """Every question of a stage and its answer, to the last bit, in the order of the calls.

    The digests of the frozen files are left out: Qiskit gives the parameters in them random names, so a circuit frozen twice has two.
    """
    asked = {record.call: record for record in contents.records if isinstance(record, Asked) and record.stage == stage}
    answered = {record.call: record for record in contents.records if isinstance(record, Answered) and record.stage == stage}
    assert asked.keys() == answered.keys()
    return [
        repr((asked[call].purpose, asked[call].points, replace(answered[call], elapsed=0.0), contents.raws[stage, call][1]))
        for call in sorted(asked)
    ]


def told(project: Project) -> dict[str, Any]:
    """All that a run leaves and that may not depend on how often it was interrupted."""
    contents = project.contents()
    return {
        "main": trajectory(contents),
        "final": trajectory(contents, "final"),
        "identity": [repr(record.identity) for record in contents.records if isinstance(record, Header)],
        "finished": [repr(record) for record in contents.records if isinstance(record, Finished)],
        "result": (project.home / "result.json").read_bytes(),
        "config": (project.home / "config.yaml").read_bytes(),
    }


def submitted_again(contents: Contents) -> int:
    """How many jobs were submitted beyond one for each question; every question has to be asked and answered once."""
    jobs: Counter[type] = Counter()
    seen: set[tuple[type, str, int]] = set()
    for record in contents.records:
        if isinstance(record, Asked | Answered):
            key = (type(record), record.stage, record.call)
            assert key not in seen, key
            seen.add(key)
        jobs[type(record)] += 1
    assert jobs[Asked] == jobs[Answered]
    return jobs[Submitted] - jobs[Answered]
