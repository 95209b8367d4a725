"""Whatever users do in whatever order, the platform's books are right."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from qopt.emulator.dispatch import Dispatch
from qopt.emulator.jobs import Jobs
from qopt.emulator.platform import Platform
from qopt.emulator.refusals import Refused
from qopt.emulator.settings import Settings

DEVICES = ("ibm_fez", "fake_manila")
SECONDS = st.floats(0, 500).map(lambda value: round(value, 3))


class Users(RuleBasedStateMachine):
    """Users who submit, cancel, wait and close, devices that run jobs, and a server that dies."""

    sessions = Bundle("sessions")
    jobs = Bundle("jobs")
    running = Bundle("running")

    @initialize(queue_wait=SECONDS)
    def begin(self, queue_wait: float) -> None:
        """A new platform, whose time passes by what happens alone."""
        self.files = contextlib.ExitStack()
        self.folder = Path(self.files.enter_context(tempfile.TemporaryDirectory()))
        self.settings = Settings(queue_wait=queue_wait, clock_rate=0, backends=DEVICES)
        self.load()
        self.finished: dict[str, float] = {}

    def load(self) -> None:
        """What a server does at its start."""
        self.platform = Platform(self.folder, self.settings)
        self.desk, self.dispatch = Jobs(self.platform), Dispatch(self.platform)

    @rule(target=sessions, mode=st.sampled_from(["dedicated", "batch"]), max_ttl=st.floats(1, 2000), device=st.sampled_from(DEVICES))
    def open(self, mode: str, max_ttl: float, device: str) -> str:
        """Open a Session or a Batch."""
        return self.platform.open_session(mode, device, "crn", max_ttl).id

    @rule(target=jobs, session=st.none() | sessions, device=st.sampled_from(DEVICES))
    def submit(self, session: str | None, device: str) -> Any:
        """Submit a job, which a Session that is over or belongs to another device refuses."""
        asked = {"program_id": "sampler", "backend": device, "params": {"numbers": [1]}, "session_id": session}
        if session is None:
            return self.desk.submit(asked, "crn").id
        before, _ = self.platform.session(session)
        if before.accepting and before.backend == device:
            return self.desk.submit(asked, "crn").id
        with pytest.raises(Refused):
            self.desk.submit(asked, "crn")
        return multiple()

    @rule(target=running, device=st.sampled_from(DEVICES))
    def start(self, device: str) -> Any:
        """A device begins its next job, if it is free."""
        if self.platform.store.count("backend = ? AND status = 'Running'", [device]):
            return multiple()
        begun = self.dispatch.begin(device)
        return multiple() if begun is None else begun[0].id

    @rule(job=consumes(running), seconds=SECONDS)
    def finish(self, job: str, seconds: float) -> None:
        """A job ends; one that was cancelled, or that a dead server had begun, does not."""
        if self.platform.store.job(job).status == "Running":  # type: ignore[union-attr]
            self.finished[job] = seconds
        self.dispatch.finish(job, "{}", seconds)

    @rule(job=jobs)
    def cancel(self, job: str) -> None:
        """Cancel a job, unless it is over."""
        if self.desk.get(job).final:
            with pytest.raises(Refused):
                self.desk.cancel(job)
        else:
            self.desk.cancel(job)

    @rule(session=sessions, drop=st.booleans())
    def close(self, session: str, *, drop: bool) -> None:
        """Close a Session, with or without what waits in it."""
        (self.platform.close_session if drop else self.platform.stop_accepting)(session)

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.platform.advance(seconds)

    @rule()
    def die(self) -> None:
        """The server is killed and starts again."""
        self.platform.store.close()
        self.load()

    @invariant()
    def what_is_finished_was_executed_once(self) -> None:
        """A job is executed and billed once, and exactly if it was performed to its end while it ran."""
        rows = {job.id: job for job in self.platform.store.jobs()}
        assert {name for name, job in rows.items() if job.status == "Completed"} == self.finished.keys()
        for name, job in rows.items():
            assert job.executions == (name in self.finished)
            if name in self.finished:
                assert job.billed == self.finished[name]

    @invariant()
    def one_job_at_a_time(self) -> None:
        """No device runs two jobs at once."""
        for device in DEVICES:
            jobs = [job for job in self.platform.store.jobs("backend = ?", [device]) if job.started is not None and job.status != "Queued"]
            assert sum(job.status == "Running" for job in jobs) <= 1
            spans = sorted((job.started or 0.0, job.ended or float("inf")) for job in jobs)
            for (_, end), (start, _) in itertools.pairwise(spans):
                assert end <= start

    @invariant()
    def usage_is_the_sum_of_its_parts(self) -> None:
        """What the instance has used is what its Sessions and Batches have, and jobs outside of them."""
        every = [self.platform.session(session.id)[1] for session in self.platform.store.sessions()]
        used, _ = self.platform.usage()
        assert used == pytest.approx(sum(every) + self.platform.store.billed("session IS NULL"))

    @invariant()
    def closed_means_closed(self) -> None:
        """A closed Session has nothing waiting or running, and takes nothing."""
        self.platform.settle()
        for session in self.platform.store.sessions():
            load = self.platform.store.load(session.id)
            if session.state == "closed":
                assert (load.queued, load.running, session.accepting) == (0, 0, False)
            moments = [since for _, since in session.history]
            assert moments == sorted(moments)

    def teardown(self) -> None:
        """Leave no file."""
        self.platform.store.close()
        self.files.close()


TestUsers = Users.TestCase
TestUsers.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
