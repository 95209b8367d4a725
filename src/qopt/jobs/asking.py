"""What the service adds to where a run stands: its job in flight and its open Session. That it can't be asked is said, not raised."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from qopt.errors import BackendError, InputError
from qopt.execution.ibm.inquiry import group_facts, job_facts, live_jobs

if TYPE_CHECKING:
    from qopt.execution.ibm.account import Account
    from qopt.execution.ibm.inquiry import GroupFacts, JobFacts
    from qopt.jobs.standing import Standing


@dataclass(frozen=True)
class Told:
    """What the service says of a run.

    Attributes:
        job: Its job in flight; None where there is none.
        session: Its open Session or Batch; None where there is none.
        trouble: Why the service could not be asked; empty where it could.
    """

    job: JobFacts | None = None
    session: GroupFacts | None = None
    trouble: str = ""

    def moving(self, standing: Standing) -> bool:
        """Whether something goes on by itself: somebody is at work, a job has not ended, or nobody knows."""
        return standing.host is not None or bool(self.trouble) or (self.job is not None and not self.job.state.final)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "job": None if self.job is None else self.job.to_json(),
            "session": None if self.session is None else asdict(self.session),
            "trouble": self.trouble or None,
        }


def ask(standing: Standing, account: Account) -> Told:
    """Ask for the run's job in flight and its open Session; nothing is asked where the run has neither."""
    try:
        asked, opened = standing.in_flight, standing.session
        job = session = None
        if standing.remote and asked is not None:
            name = asked.job or next(iter(live_jobs(account, asked.tag)), None)
            job = None if name is None else job_facts(account, name)
        if opened is not None:
            session = group_facts(account, opened.id)
    except (BackendError, InputError) as error:
        return Told(trouble=str(error))
    return Told(job, session)
