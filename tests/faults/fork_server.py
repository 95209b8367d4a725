"""Starts command lines of qopt in milliseconds: imports everything once, then forks a child for each line on stdin.

A child is a process of its own, to be killed and signalled like any other. It leaves without taking its interpreter apart, which takes
longer than a run, and draws no figure unless asked to, for the same reason. Nothing is run in the server itself, so no thread is lost in a
fork. One JSON object a line, in both directions:

    {"arguments": [...], "folder": ..., "environment": {...}, "output": ..., "figure": false}  ->  {"pid": ...}
    {"wait": pid}  ->  {"code": ...}, minus the signal that ended it

With QOPT_REACHED in its environment, the name of a file, a child leaves there how often it reached each failpoint.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.emulator.clients import teach

from qopt import cli, failpoints
from qopt.execution import primitives
from qopt.report import figure

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
HEAVY = ("qopt.assemble", "qopt.config", "qopt.report.export", "qopt.report.listing", "qopt.report.result")


def serve() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        if "wait" in request:
            answer = {"code": os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])}
        else:
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until the child is ready for them
            pid = os.fork()
            if pid == 0:
                os._exit(run(request))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            answer = {"pid": pid}
        print(json.dumps(answer), flush=True)  # noqa: T201


def run(request: dict[str, Any]) -> int:
    """Be what a shell would have started; the exit code."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(request["folder"])
    os.environ |= request["environment"]
    failpoints._armed = os.environ.get("QOPT_FAILPOINT", "")
    sys.argv = ["qopt", *request["arguments"]]
    if not request["figure"]:
        figure.convergence = lambda _: None
    code: object = 1
    try:
        # A shell starts what runs in the background with interrupts ignored, and children inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        cli.main()
    except SystemExit as end:
        code = end.code or 0
    except KeyboardInterrupt:  # one that came before qopt had a chance: the interpreter lets the signal end it
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001 - what the interpreter would do
        traceback.print_exc()
    if "QOPT_REACHED" in os.environ:
        Path(os.environ["QOPT_REACHED"]).write_text(json.dumps(failpoints._reached))
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 1


if __name__ == "__main__":
    for module in HEAVY:
        import_module(module)
    for kind in ("legacy", "client", "aer"):
        primitives.installed(kind)
    teach()
    serve()
