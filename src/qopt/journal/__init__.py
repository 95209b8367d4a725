"""The crash-safe store of a run: append, replay, repair. Nothing here knows of quantum computers or of optimizers."""

from __future__ import annotations

from qopt.journal.reading import Contents, raws, read
from qopt.journal.records import Answered, Asked, Event, Failed, Finished, Header, Record, Submitted
from qopt.journal.store import Journal

__all__ = ["Answered", "Asked", "Contents", "Event", "Failed", "Finished", "Header", "Journal", "Record", "Submitted", "raws", "read"]
