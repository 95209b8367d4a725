"""Sessions and Batches that are still open: those that runs opened and did not end, and those of the account's latest jobs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from qopt import runs
from qopt.errors import InputError, StorageError
from qopt.execution.ibm.inquiry import close_group, group_facts
from qopt.journal import Event, read
from qopt.journal.lock import host_at_work
from qopt.types import SESSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from qopt.execution.ibm.account import Account
    from qopt.execution.ibm.inquiry import GroupFacts


@dataclass(frozen=True)
class Owner:
    """The run that opened a Session or Batch.

    Attributes:
        folder: The run folder.
        host: Of the process that is at work on the run; None where none is.
        ended: Whether the run says that it has ended.
    """

    folder: Path
    host: str | None
    ended: bool


@dataclass(frozen=True)
class OpenGroup:
    """A Session or Batch that is open at the service.

    Attributes:
        facts: What the service says of it.
        owner: The run that opened it, where one of the folder did.
        waiting: Whether a job of it is queued or running.
    """

    facts: GroupFacts
    owner: Owner | None
    waiting: bool

    @property
    def reason(self) -> str:
        """Why it is not to be closed without being asked to twice; empty where nothing is in the way."""
        if self.owner is not None and self.owner.host is not None:
            return f"{self.owner.folder.name} is at work in it, on {self.owner.host}"
        if self.owner is None and self.waiting:
            return "jobs that are of no run here wait or run in it"
        return ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        owner = None if self.owner is None else {"run": str(self.owner.folder), "host": self.owner.host}
        return {**asdict(self.facts), "owner": owner, "jobs_waiting": self.waiting, "in_use": self.reason or None}


@dataclass(frozen=True)
class Found:
    """All that was found.

    Attributes:
        groups: What is open, those of runs first.
        troubles: Run folders that could not be read, with the reason.
    """

    groups: tuple[OpenGroup, ...]
    troubles: tuple[str, ...]


def opened_by(folder: Path) -> dict[str, Owner]:
    """Every Session and Batch that runs of a folder opened, sweeps' points included, by id.

    Raises:
        StorageError: If a run can't be read.
    """
    found: dict[str, Owner] = {}
    for home in _homes(folder):
        _add(found, _opened_in(home))
    return found


def find(account: Account, folder: Path) -> Found:
    """What is open at the service.

    Args:
        account: Whose.
        folder: Where run folders are.

    Raises:
        BackendError: If the service can't be asked.
    """
    owners: dict[str, Owner] = {}
    troubles = []
    for home in _homes(folder):
        try:
            _add(owners, _opened_in(home))
        except StorageError as error:
            troubles.append(str(error))
    names = [name for name, owner in owners.items() if not owner.ended]
    names += [name for name in account.latest_groups() if name not in names]
    groups = []
    for name in names:
        try:
            facts = group_facts(account, name)
        except InputError as error:
            # Of an instance that the account has no more, or that was not named.
            troubles.append(str(error))
            continue
        if facts.open:
            groups.append(OpenGroup(facts, owners.get(name), account.waiting_in(name)))
    return Found(tuple(groups), tuple(troubles))


def close(account: Account, groups: Sequence[OpenGroup]) -> tuple[OpenGroup, ...]:
    """Close Sessions and Batches, and return what they are then: what waits or runs in them is still done.

    Raises:
        BackendError: If the service can't be asked.
    """
    return tuple(replace(group, facts=close_group(account, group.facts.id)) for group in groups)


def named(account: Account, name: str, owners: Mapping[str, Owner]) -> OpenGroup:
    """The Session or Batch of that id, open or not.

    Args:
        account: Whose.
        name: The id.
        owners: Of all that runs opened.

    Raises:
        InputError: If the account has none.
        BackendError: If the service can't be asked.
    """
    return OpenGroup(group_facts(account, name), owners.get(name), account.waiting_in(name))


def _homes(folder: Path) -> Iterator[Path]:
    """The run folders in a folder, those of the points of sweeps included; none where there is no such folder."""
    if not folder.is_dir():
        return
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        if runs.exists(path):
            yield path
        else:
            yield from sorted(part for part in path.iterdir() if runs.exists(part))


def _add(found: dict[str, Owner], more: dict[str, Owner]) -> None:
    """Runs of a sweep share a Session: it belongs to the one that is at work."""
    found |= {name: owner for name, owner in more.items() if name not in found or found[name].host is None}


def _opened_in(home: Path) -> dict[str, Owner]:
    host = host_at_work(home)
    found: dict[str, Owner] = {}
    for record in read(home).records:
        if isinstance(record, Event) and record.name == SESSION:
            found[str(record.detail["id"])] = Owner(home, host, record.detail["what"] == "ended")
    return found
