"""Named places where a test can kill the process: `QOPT_FAILPOINT=asked:3` kills it (SIGKILL) the third time it gets to `asked`."""

from __future__ import annotations

import os
import signal
from collections import Counter

_reached: Counter[str] = Counter()
_armed = os.environ.get("QOPT_FAILPOINT", "")


def reach(name: str) -> None:
    """Die here if the environment says so; otherwise nothing."""
    if _armed:
        _reached[name] += 1
        if _armed == f"{name}:{_reached[name]}":
            os.kill(os.getpid(), signal.SIGKILL)
