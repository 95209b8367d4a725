"""A child process that performs jobs, one after another: requests come as lines of JSON, answers go back the same way."""

from __future__ import annotations

import importlib
import json
import os
import queue
import sys
import threading
import traceback
from typing import Any

INTERNAL = 9999
"""The code of a job that the emulator itself failed at."""


def main(engine: str) -> None:
    """Perform jobs with the module `engine` until there is nobody left who asks."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever a library prints must not be taken for an answer.
    os.dup2(2, 1)
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    module = importlib.import_module(engine)
    while True:
        answer = _perform(module, json.loads(requests.get()))
        replies.write(json.dumps(answer) + "\n")
        replies.flush()


def _read(requests: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        requests.put(line)
    # The server is gone, and nobody waits for what is being computed.
    os._exit(0)


def _perform(module: Any, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a module
    try:
        done = module.perform(module.Work(**request))
    except module.WorkFailed as failure:
        return {"code": failure.code, "message": failure.message}
    except Exception:  # noqa: BLE001 - a mistake of the emulator fails one job and says how, the next job goes on
        return {"code": INTERNAL, "message": traceback.format_exc()}
    return {"results": done.results, "quantum_seconds": done.quantum_seconds}


if __name__ == "__main__":
    main(sys.argv[1])
