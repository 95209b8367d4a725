"""An emulator in a child process: started, asked, killed and restarted by tests and rehearsals."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self

from qopt.emulator.control import Control
from qopt.emulator.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

INSTANCE = "crn:v1:bluemix:public:quantum-computing:us-east:a/0123456789abcdef0123456789abcdef:00000000-0000-4000-8000-000000000000::"
"""The one instance of the emulated account."""

START = 60.0
"""Seconds after which a server that does not come up is given up."""

KEY_FILE = "control.key"
SETTINGS_FILE = "settings.json"
STANDARD = Settings()


class StartError(RuntimeError):
    """The server did not come up, with what it said."""


def environment(port: int, token: str) -> dict[str, str]:
    """The variables that point any Qiskit program at an emulator: an unmodified `QiskitRuntimeService()` then talks to it."""
    url = f"http://127.0.0.1:{port}"
    return {
        "QISKIT_IBM_TOKEN": token,
        "QISKIT_IBM_INSTANCE": INSTANCE,
        "QISKIT_IBM_CHANNEL": "ibm_quantum_platform",
        # The client uses an address as it is where it contains this word, and derives another host from any other.
        "QISKIT_IBM_URL": f"{url}/experimental/api/v1",
        "IAM_URL": url,
        "GLOBAL_SEARCH_URL": url,
        "GLOBAL_CATALOG_URL": f"{url}/catalog",
        "NO_PROXY": "127.0.0.1",
    }


def prepare(folder: Path, settings: Settings) -> None:
    """Make a folder for the state of an emulator, readable by its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / SETTINGS_FILE).write_text(settings.to_json(), encoding="utf-8")


class Emulator:
    """A running emulator; a context manager that kills it at the end. Use `start`.

    Attributes:
        folder: Where its state is.
        settings: What it was started with.
        port: Of 127.0.0.1.
    """

    def __init__(self, folder: Path, settings: Settings, port: int) -> None:
        self.folder = folder
        self.settings = settings
        self.port = port
        self._process: subprocess.Popen[str] | None = None

    @classmethod
    def start(cls, folder: Path, settings: Settings = STANDARD, *, port: int = 0) -> Self:
        """Start a server, and wait until it takes connections.

        Args:
            folder: For its state; one that was used before is gone on with.
            settings: How it behaves.
            port: 0 for any that is free.

        Raises:
            StartError: If it does not come up.
        """
        prepare(folder, settings)
        emulator = cls(folder, settings, port)
        emulator.restart()
        return emulator

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point any Qiskit program at it."""
        return environment(self.port, self.settings.token)

    @property
    def control(self) -> Control:
        """What it is asked and told by."""
        return Control(self.port, (self.folder / KEY_FILE).read_text(encoding="utf-8"))

    def kill(self) -> None:
        """Kill it as a crash would, with SIGKILL; its folder and port stay for `restart`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None

    def restart(self) -> None:
        """Start it (again) on its folder and port.

        Raises:
            StartError: If it does not come up.
        """
        self.kill()
        command = [sys.executable, "-m", "qopt.emulator.server", str(self.folder), "--port", str(self.port), "--with-parent"]
        with (self.folder / "server.log").open("ab") as log:
            # The pipe to its standard input closes when this process ends, however it ends, and then it ends, too.
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: S603 - this Python
        line = _line(self._process, time.monotonic() + START)
        if not line:
            self.kill()
            said = (self.folder / "server.log").read_text(encoding="utf-8")
            raise StartError(f"the emulator did not start on port {self.port}:\n{said}")
        self.port = int(json.loads(line)["port"])

    def __enter__(self) -> Self:
        """The emulator itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Kill it."""
        self.kill()


def _line(process: subprocess.Popen[str], deadline: float) -> str:
    """The first line that a process prints, empty if it ends or the time is over before."""
    if process.stdout is None:
        return ""
    ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
    return process.stdout.readline() if ready else ""
