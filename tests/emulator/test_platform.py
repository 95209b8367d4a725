"""Whatever users do in whatever order, the platform's books are right."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.emulator.dispatch import Dispatch
from qopt.emulator.jobs import Jobs
from qopt.emulator.platform import Platform
from qopt.emulator.refusals import Refused
from qopt.emulator.settings import Settings

DEVICES = ("ibm_fez", "fake_manila")
DEEDS = (
    *("submit", "join", "begin", "finish") * 3,
    *("open", "cancel", "stop", "close", "wait", "die"),
)
"""Often what leads to something."""

SECONDS = (0.0, 1.0, 7.0, 59.0, 60.0, 61.0, 500.0)


class Users:
    """Users who submit, cancel, wait and close, devices that run jobs, and a server that dies; numbers decide what about."""

    def __init__(self, folder: Path, queue_wait: float) -> None:
        self.folder = folder
        self.settings = Settings(queue_wait=queue_wait, clock_rate=0, backends=DEVICES)
        self.finished: dict[str, float] = {}
        self.load()
        # The same moment in every example, so that rounding is the same.
        self.platform.clock.virtual = 1e9
        self.platform.keep_clock()

    def load(self) -> None:
        """What a server does at its start."""
        self.platform = Platform(self.folder, self.settings)
        self.desk, self.dispatch = Jobs(self.platform), Dispatch(self.platform)

    def open(self, number: int) -> None:
        """Open a Session or a Batch."""
        self.platform.open_session(("dedicated", "batch")[number % 2], DEVICES[number % 3 % 2], "crn", (5, 100, 5000)[number % 3])

    def submit(self, number: int) -> None:
        """Submit a job to a device."""
        self.desk.submit({"program_id": "sampler", "backend": DEVICES[number % 2], "params": {}}, "crn")

    def join(self, number: int) -> None:
        """Submit a job to a Session, which one that is over refuses."""
        session = self.session(number)
        if session is None:
            return
        accepting = self.platform.session(session)[0].accepting
        asked = {"program_id": "sampler", "backend": self.platform.session(session)[0].backend, "params": {}, "session_id": session}
        if accepting:
            self.desk.submit(asked, "crn")
        else:
            with pytest.raises(Refused):
                self.desk.submit(asked, "crn")

    def begin(self, number: int) -> None:
        """A device begins its next job, if it is free."""
        device = DEVICES[number % 2]
        if not self.platform.store.count("backend = ? AND status = 'Running'", [device]):
            self.dispatch.begin(device)

    def finish(self, number: int) -> None:
        """A job that runs is done."""
        running = self.platform.store.jobs("status = 'Running'")
        if running:
            job = running[number % len(running)].id
            self.finished[job] = SECONDS[number % len(SECONDS)]
            self.dispatch.finish(job, "{}", self.finished[job])

    def cancel(self, number: int) -> None:
        """Cancel a job, which one that is over refuses; that it is then performed to its end changes nothing."""
        jobs = self.platform.store.jobs()
        if not jobs:
            return
        job = jobs[number % len(jobs)].id
        if self.desk.get(job).final:
            with pytest.raises(Refused):
                self.desk.cancel(job)
        else:
            self.desk.cancel(job)
            self.dispatch.finish(job, "{}", 1.0)

    def stop(self, number: int) -> None:
        """Let a Session take nothing more."""
        if (session := self.session(number)) is not None:
            self.platform.stop_accepting(session)

    def close(self, number: int) -> None:
        """Close a Session and drop what waits."""
        if (session := self.session(number)) is not None:
            self.platform.close_session(session)

    def wait(self, number: int) -> None:
        """Time passes."""
        self.platform.advance(SECONDS[number % len(SECONDS)])

    def die(self, _: int) -> None:
        """The server is killed and starts again."""
        self.platform.store.close()
        self.load()

    def session(self, number: int) -> str | None:
        """One of the Sessions."""
        every = self.platform.store.sessions()
        return every[number % len(every)].id if every else None

    def check(self) -> None:
        """The books are right."""
        self.platform.settle()
        store = self.platform.store
        jobs, sessions = store.jobs(), store.sessions()
        # Executed and billed once is what was performed to its end while it ran, and nothing else.
        assert {job.id for job in jobs if job.status == "Completed"} == self.finished.keys()
        assert [job.executions for job in jobs] == [int(job.id in self.finished) for job in jobs]
        assert all(job.billed == self.finished[job.id] for job in jobs if job.id in self.finished)
        for device in DEVICES:
            spans = sorted(
                (job.started, job.ended or 2e9) for job in jobs if job.backend == device and job.started and job.status != "Queued"
            )
            assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
        for session in sessions:
            load = store.load(session.id)
            assert session.state != "closed" or (load.queued, load.running, session.accepting) == (0, 0, False)
            assert session.expired is None or load.queued == 0
            assert [since for _, since in session.history] == sorted(since for _, since in session.history)
            assert session.closed is None or session.started is None or session.usage(2e9) <= session.closed - session.started
        used = sum(self.platform.session(session.id)[1] for session in sessions) + store.billed("session IS NULL")
        assert self.platform.usage()[0] == pytest.approx(used)


@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 41)), min_size=30, max_size=50), st.sampled_from(SECONDS))
def test_the_books_are_right(deeds: list[tuple[str, int]], queue_wait: float) -> None:
    """After every deed jobs were executed and billed once at most, devices ran one at a time, and usage is the sum of its parts."""
    with tempfile.TemporaryDirectory() as folder:
        users = Users(Path(folder), queue_wait)
        for deed, number in deeds:
            getattr(users, deed)(number)
            users.check()
        users.platform.store.close()
