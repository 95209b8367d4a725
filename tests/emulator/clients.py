"""What the installed client has, by its version: what it must have is never left out. And how an old client is connected."""

from __future__ import annotations

import functools
import os
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from qopt.emulator import OLDEST_CLIENT

if TYPE_CHECKING:
    from collections.abc import Callable

INSTALLED = tuple(int(part) for part in version("qiskit-ibm-runtime").split(".")[:2])
CLIENT_SIDE = INSTALLED >= (0, 50)
"""Whether it has primitives that write programs for the executor."""
SAYS_PRICING = INSTALLED >= (0, 42)
"""Whether its list of instances says how they are paid for."""
CHECKS_KEY = INSTALLED >= (0, 42)
"""Whether it looks at the key and the instance when the service is made; before, the first request does."""
READS_ADDRESSES = INSTALLED >= OLDEST_CLIENT
"""Whether the environment tells it where the platform is."""

SAYS_TIMES = INSTALLED >= (0, 51)
"""Whether the details of a Session have the times of its states."""

needs_client_side = pytest.mark.skipif(
    not CLIENT_SIDE, reason="qiskit-ibm-runtime before 0.50 has no primitives that write programs for the executor"
)
needs_addresses = pytest.mark.skipif(
    not READS_ADDRESSES, reason="the environment tells qiskit-ibm-runtime no address before 0.49: there is no such behaviour to test"
)


@functools.cache
def teach() -> None:
    """Have a client that is too old for it read from the environment where IAM, Global Search and Global Catalog are.

    Nothing else in it is changed, so that what is executed with it shows how qopt gets on with that client. It holds in this process only.
    """
    if READS_ADDRESSES:
        return
    from qiskit_ibm_runtime.accounts import account  # noqa: PLC0415 - takes seconds, and only old clients need it
    from qiskit_ibm_runtime.api import auth  # noqa: PLC0415

    def told(name: str, derived: Callable[[str], str]) -> Callable[[str], str]:
        return lambda url: os.environ.get(name) or derived(url)

    account.get_iam_api_url = told("IAM_URL", account.get_iam_api_url)
    account.get_global_search_api_url = told("GLOBAL_SEARCH_URL", account.get_global_search_api_url)
    account.get_global_catalog_api_url = told("GLOBAL_CATALOG_URL", account.get_global_catalog_api_url)
    manager = auth.IAMTokenManager
    auth.IAMTokenManager = lambda key, url: manager(key, url=os.environ.get("IAM_URL", url))
