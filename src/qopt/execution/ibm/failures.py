"""What goes wrong between here and IBM Quantum, in one table: how it is told apart, what is said and what is done about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qopt.secrets import scrub

if TYPE_CHECKING:
    from collections.abc import Iterator


class Reaction(Enum):
    """What is done about a failure."""

    RETRY = "ask again, later and later"
    RECONNECT = "log in anew, then ask again"
    FALL_BACK = "go on without a Session"
    LOST = "there is no such thing at the service"
    REFUSED = "the service won't, however often it is asked: say so and stop, resumably"


@dataclass(frozen=True)
class Rule:
    """One row of the table; the first that fits is taken, and a row fits where one of its columns does.

    Attributes:
        reaction: What is done.
        meaning: What the user is told.
        codes: Error codes of the service, in the body of its answer.
        statuses: HTTP status codes.
        exceptions: Names of exception classes, of the client or of Python.
        attempts: How often it is tried in all, where a mistake in a program looks the same and does not pass; None is no limit but time.
    """

    reaction: Reaction
    meaning: str
    codes: frozenset[int] = frozenset()
    statuses: frozenset[int] = frozenset()
    exceptions: frozenset[str] = frozenset()
    attempts: int | None = None


RULES = (
    Rule(Reaction.FALL_BACK, "the account's plan has no Sessions", codes=frozenset({1352})),
    Rule(
        Reaction.RETRY, "the service takes no more jobs for the moment (its rate limit)", codes=frozenset({1202}), statuses=frozenset({429})
    ),
    Rule(
        Reaction.RECONNECT,
        "the service does not accept the login any more",
        statuses=frozenset({401}),
        exceptions=frozenset({"IBMNotAuthorizedError"}),
    ),
    Rule(
        Reaction.RECONNECT,
        "the client does not know a device that the service lists: it logged in while the service had trouble",
        exceptions=frozenset({"QiskitBackendNotFoundError"}),
    ),
    Rule(Reaction.REFUSED, "the account may not do this: look at its instance and plan", statuses=frozenset({403})),
    Rule(Reaction.LOST, "the service does not know it", statuses=frozenset({404}), exceptions=frozenset({"RuntimeJobNotFound"})),
    Rule(Reaction.REFUSED, "the job is larger than the service takes: measure fewer points or shots at a time", statuses=frozenset({413})),
    Rule(Reaction.RETRY, "the service has trouble", statuses=frozenset({408, 500, 502, 503, 504, 520, 521, 522, 524})),
    Rule(
        Reaction.RETRY,
        "the service can't be reached",
        exceptions=frozenset(
            {
                "ChunkedEncodingError",
                "ConnectionError",
                "ConnectTimeout",
                "NewConnectionError",
                "ProtocolError",
                "ProxyError",
                "ReadTimeout",
                "SSLError",
                "Timeout",
                "TimeoutError",
            }
        ),
    ),
    Rule(
        Reaction.RETRY,
        "the service's answer can't be read",
        exceptions=frozenset({"JSONDecodeError", "DecodeError", "UnicodeDecodeError", "binascii.Error"}),
    ),
    Rule(
        Reaction.RETRY,
        "the service's answer is not what the client expects",
        exceptions=frozenset({"KeyError", "TypeError", "AttributeError", "IndexError"}),
        attempts=5,
    ),
    # Below the troubles, for the client says the same of every failure to get at the account.
    Rule(
        Reaction.REFUSED,
        "there are no credentials: set QISKIT_IBM_TOKEN, or save an account with QiskitRuntimeService.save_account",
        exceptions=frozenset({"AccountNotFoundError"}),
    ),
    Rule(
        Reaction.REFUSED,
        "the credentials are not accepted: look at QISKIT_IBM_TOKEN, or save the account again with QiskitRuntimeService.save_account",
        exceptions=frozenset({"InvalidAccountError"}),
    ),
    Rule(
        Reaction.REFUSED,
        "the account has nothing of that name: look at execution.instance, QISKIT_IBM_INSTANCE and the saved account",
        exceptions=frozenset({"IBMInputValueError"}),
    ),
    Rule(Reaction.REFUSED, "the service refuses the request", statuses=frozenset({400, 405, 409, 410, 422})),
    # The client's own word for all failures of a request, also for those that have a row above.
    Rule(Reaction.RETRY, "the service can't be reached", exceptions=frozenset({"RequestsApiError", "RuntimeJobTimeoutError"})),
)
OTHER = Rule(Reaction.REFUSED, "the client failed")
_CODE = re.compile(r'"code"\s*:\s*"?(\d{3,5})|Error code:? (\d{3,5})')
_SAID = re.compile(r'"code"\s*:\s*"?(\d{3,5})"?\s*,\s*"message"\s*:\s*"([^"]+)"')
_LONGEST = 400


@dataclass(frozen=True)
class Failure:
    """A failure that was looked up.

    Attributes:
        rule: The row that it fits.
        detail: The client's own words, shortened and without secrets.
        status: The HTTP status, where there was one.
        wait: Seconds that the service asked to be left alone for, where it did.
    """

    rule: Rule
    detail: str
    status: int | None = None
    wait: float | None = None

    @property
    def reaction(self) -> Reaction:
        """What is done."""
        return self.rule.reaction

    def __str__(self) -> str:
        """For the user."""
        return f"{self.rule.meaning} ({self.detail})"


def look_up(error: BaseException) -> Failure:
    """The row of the table that an exception fits; the client hides the cause of some, so all that led to it are looked at."""
    chain = list(_chain(error))
    statuses = {status for item in chain if (status := _status(item)) is not None}
    codes = {int(first or second) for item in chain for first, second in _CODE.findall(str(item))}
    names = {base.__name__ for item in chain for base in type(item).__mro__}
    said = next((found for item in chain if (found := _SAID.search(str(item).replace("\\", "")))), None)
    words = f"{said[2]} Code {said[1]}" if said is not None else _unreached(chain) or str(error) or type(error).__name__
    detail = " ".join(scrub(words).split())
    if len(detail) > _LONGEST:
        detail = f"{detail[:_LONGEST]} ..."
    for rule in RULES:
        if rule.codes & codes or rule.statuses & statuses or rule.exceptions & names:
            return Failure(rule, detail, next(iter(statuses), None), _wait(chain))
    return Failure(OTHER, f"{type(error).__name__}: {detail}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _unreached(chain: list[BaseException]) -> str | None:
    """Where no connection came about, and the system's reason, which the client wraps several times."""
    addresses = (getattr(getattr(error, "request", None), "url", None) for error in chain)
    host = next((urlsplit(str(address)).hostname for address in addresses if address), None)
    reason = next((error.strerror for error in reversed(chain) if isinstance(error, OSError) and error.strerror), None)
    return f"{host}: {reason}" if host and reason else None


def _status(error: BaseException) -> int | None:
    status = getattr(error, "status_code", None)
    if status is None:
        status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) and status > 0 else None


def _wait(chain: list[BaseException]) -> float | None:
    for error in chain:
        headers = getattr(getattr(error, "response", None), "headers", None) or {}
        try:
            return max(0.0, float(headers["Retry-After"]))
        except (KeyError, TypeError, ValueError):
            continue
    return None
