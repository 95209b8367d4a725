"""The account at IBM Quantum: credentials, backends, jobs. Every request goes through a `Caller`, which knows deadlines and failures."""

from __future__ import annotations

import difflib
import inspect
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from qopt.errors import BackendError, InputError
from qopt.execution.executor import Waiting
from qopt.execution.ibm.patience import Caller

if TYPE_CHECKING:
    from collections.abc import Callable

LISTED_JOBS = 200
"""How many of the latest jobs are looked through where all of an account's are asked for."""


@dataclass(frozen=True)
class Allowance:
    """What the account's plan still allows.

    Attributes:
        plan: Its name, such as `open` or `premium`; empty where the service does not say.
        remaining: QPU seconds that are left; None where there is no limit.
        limit: QPU seconds in all; None where there is no limit.
    """

    plan: str
    remaining: float | None
    limit: float | None

    @property
    def sessions(self) -> bool:
        """Whether the plan has Sessions: all but the open one do."""
        return self.plan != "open"


class Account:
    """An account, logged in when it is first needed.

    Credentials come from the environment (QISKIT_IBM_TOKEN and others) or from the client's saved account, never from a config.

    Args:
        instance: The name or CRN of an instance; None is the account's own.
        region: Only instances there.
        waiting: Deadlines.
    """

    def __init__(self, *, instance: str | None = None, region: str | None = None, waiting: Waiting | None = None) -> None:
        """Ask nothing yet."""
        self.terms = (instance, region, waiting)
        """What it was made with: accounts of equal terms may stand in for each other."""
        self._instance = instance
        self._region = region
        self._service: Any = None
        self._backends: dict[tuple[str, bool], Any] = {}
        self.logins = 0
        """How often this account logged in: what the client made before the last time is of no use any more."""
        self.caller = Caller(waiting or Waiting(), self._reconnect)
        self.recorder: Callable[..., None] | None = None
        """Is called with every answer of the service, as a hook of `requests`."""
        self.repeats_posts = True
        """Whether the client may send a submission twice by itself, so that twins have to be looked for."""

    @property
    def service(self) -> Any:  # noqa: ANN401 - the client's, untyped
        """The client's service.

        Raises:
            BackendError: If the account is not accepted or the service can't be reached.
        """
        if self._service is None:
            self._service = self.caller.read("logging in to IBM Quantum", self._log_in)
            self._take_over_retries()
        return self._service

    def backend(self, name: str, *, fractional: bool = False) -> Any:  # noqa: ANN401 - the client's
        """A device by name.

        Raises:
            InputError: If the account has no such device.
            BackendError: If the service can't be asked.
        """
        key = (name, fractional)
        if key not in self._backends:
            rows = self._rows()
            names = sorted({str(row["name"]) for row in rows})
            if name not in names:
                close = difflib.get_close_matches(name, names, 1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                message = f"the account has no backend {name!r}, expected one of {', '.join(names) or '(it has none)'}{hint}"
                raise InputError(message, ("execution", "backend"))
            self._settle_on(next(row["instance"] for row in rows if row["name"] == name), {row["instance"] for row in rows})
            self._backends[key] = self._call(f"the description of {name}", lambda: self._described(name, fractional=fractional))
        return self._backends[key]

    def least_busy(self, min_qubits: int, *, fractional: bool = False) -> Any:  # noqa: ANN401 - the client's
        """The device with the fewest jobs waiting, among those that are online and wide enough.

        Raises:
            InputError: If there is none.
            BackendError: If the service can't be asked.
        """
        rows = [row for row in self._rows() if row.get("status", {}).get("name") == "online" and row.get("class") != "mock"]
        fitting = [row for row in rows if int(row.get("qubits") or 0) >= min_qubits]
        if not fitting:
            widest = max((int(row.get("qubits") or 0) for row in rows), default=0)
            message = f"no device that is online has {min_qubits} qubits or more (the widest has {widest}): use a smaller problem, or wait"
            raise InputError(message, ("execution", "backend"))
        least = min(fitting, key=lambda row: (int(row.get("queue_length") or 0), str(row["name"])))
        return self.backend(str(least["name"]), fractional=fractional)

    def names(self) -> list[str]:
        """The names of the account's devices, sorted."""
        return sorted({str(row["name"]) for row in self._rows()})

    def allowance(self) -> Allowance:
        """What the plan still allows."""
        usage, plan = self._call("the account's plan", self._plan)
        limit = usage.get("usage_limit_seconds") or usage.get("usage_allocation_seconds")
        remaining = usage.get("usage_remaining_seconds")
        return Allowance(plan.lower(), None if remaining is None else float(remaining), None if limit is None else float(limit))

    def pending(self, name: str) -> tuple[int, bool, str]:
        """Of a device: jobs waiting, whether it is operational, and what it says of itself."""
        status = self._call(f"the status of {name}", lambda: self.backend(name).status())
        return int(status.pending_jobs), bool(status.operational), str(status.status_msg)

    def job(self, job: str) -> Any:  # noqa: ANN401 - the client's
        """A job by its id.

        Raises:
            JobLost: If the account has no such job.
            BackendError: If the service can't be asked.
        """
        return self._call(f"job {job}", lambda: self.service.job(job))

    def jobs(self, tag: str) -> list[Any]:
        """All jobs with a tag, oldest first."""
        return list(self._call(f"the jobs with tag {tag}", lambda: self.service.jobs(limit=None, job_tags=[tag], descending=False)))

    def latest_jobs(self, limit: int = LISTED_JOBS) -> list[Any]:
        """The account's latest jobs, newest first."""
        return list(self._call("the account's jobs", lambda: self.service.jobs(limit=limit)))

    def latest_groups(self) -> list[str]:
        """The ids of the Sessions and Batches that the account's latest jobs were sent to, newest first."""
        # Where a job belongs to none, the public property asks the service again, for every one of them.
        found = (getattr(job, "_session_id", None) for job in self.latest_jobs())
        return list(dict.fromkeys(str(group) for group in found if group))

    def group(self, group: str) -> Any:  # noqa: ANN401 - the client's
        """A Session or a Batch by its id, whichever it is and whether or not it is still open.

        Raises:
            JobLost: If the account has none of that id.
            BackendError: If the service can't be asked.
        """
        from qiskit_ibm_runtime import Batch, Session  # noqa: PLC0415 - takes seconds, and only devices need it
        from qiskit_ibm_runtime.exceptions import IBMInputValueError  # noqa: PLC0415 - as above

        def found() -> Any:  # noqa: ANN401 - the client's
            try:
                return Session.from_id(group, service=self.service)
            except IBMInputValueError:
                return Batch.from_id(group, service=self.service)

        return self._call(f"the Session {group}", found)

    def waiting_in(self, group: str) -> bool:
        """Whether a job of a Session or Batch is queued or running."""
        return bool(self._call(f"the jobs of {group}", lambda: self.service.jobs(limit=1, session_id=group, pending=True)))

    def session(self, session: str, *, batch: bool, limit: float | None = None) -> Any:  # noqa: ANN401 - the client's
        """A Session or a Batch by its id, whether or not it is still open.

        Args:
            session: The id.
            batch: Whether it is a Batch.
            limit: Seconds after which to give up; None is as long as the service may take.

        Raises:
            JobLost: If the account has none of that id.
            BackendError: If the service can't be asked.
        """
        from qiskit_ibm_runtime import Batch, Session  # noqa: PLC0415 - takes seconds, and only devices need it

        kind = Batch if batch else Session
        return self.caller.read(f"session {session}", lambda: kind.from_id(session, service=self.service), limit=limit)

    def _call(self, what: str, function: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the client returns
        return self.caller.read(what, function)

    def _rows(self) -> list[dict[str, Any]]:
        """The devices of all the account's instances as the service lists them, each with the CRN of its instance."""

        def listed() -> list[dict[str, Any]]:
            # The public `backends()` fetches every device's whole description, which takes seconds each; this is its first step.
            service = self.service
            clients = dict(service._api_clients) or {None: service._active_api_client}  # noqa: SLF001 - the client's only light way
            rows = [dict(row) | {"instance": crn} for crn, client in clients.items() for row in client.list_backends()]
            return sorted(rows, key=lambda row: str(row["name"]))

        return cast("list[dict[str, Any]]", self._call("the account's devices", listed))

    def _settle_on(self, instance: str | None, instances: set[str | None]) -> None:
        """Of several instances use the one that has the device, for everything: usage, plan and jobs are those of an instance."""
        if self._instance is None and instance is not None and len(instances) > 1:
            self._instance = instance
            self._reconnect()

    def _described(self, name: str, *, fractional: bool) -> Any:  # noqa: ANN401 - the client's
        # None is every gate that the device has; True would be refused where there are no fractional ones.
        backend = self.service.backend(name, use_fractional_gates=None if fractional else False)
        # It asks for its properties when its target is first looked at, and the transpiler is not to meet a service in trouble.
        _ = backend.target
        return backend

    def _plan(self) -> tuple[dict[str, Any], str]:
        plans = {item["crn"]: str(item.get("plan") or "") for item in self.service.instances()}
        return dict(self.service.usage()), plans.get(self.service.active_instance(), "")

    def _log_in(self) -> Any:  # noqa: ANN401 - the client's
        from qiskit_ibm_runtime import QiskitRuntimeService  # noqa: PLC0415 - takes seconds, and only devices need it

        wanted = {"instance": self._instance, "region": self._region}
        given = {key: value for key, value in wanted.items() if value is not None}
        unknown = set(given) - set(inspect.signature(QiskitRuntimeService.__init__).parameters)
        if unknown:
            message = f"the installed qiskit-ibm-runtime knows no {', '.join(sorted(unknown))}: leave it out, or upgrade the client"
            raise BackendError(message)
        # The client's note that no instance was chosen is for those who call it themselves.
        logger = logging.getLogger("qiskit_ibm_runtime.qiskit_runtime_service")
        level = logger.level
        logger.setLevel(logging.ERROR)
        try:
            service = QiskitRuntimeService(**given)
            service.instances()  # 0.41 has not looked at the key yet; newer ones have, and know the answer
        finally:
            logger.setLevel(level)
        if (instance := service.active_instance()) is not None:
            # For the instance that the environment or the saved account names, 0.41 forgets this, and can then open no Session.
            service._api_clients.setdefault(instance, service._active_api_client)  # noqa: SLF001 - there is no other way
        return service

    def _reconnect(self) -> None:
        self._service = None
        self._backends.clear()
        self.logins += 1

    def _take_over_retries(self) -> None:
        """Have the client ask once and give up in time: how often is the `Caller`'s business.

        By itself the client sends a POST again after a 5xx, and a job that was accepted before the 502 is then there twice. There is no
        public switch; where the inside of the client looks different, twins are looked for after every submission.
        """
        from requests.adapters import HTTPAdapter  # noqa: PLC0415 - as the client
        from urllib3.util.retry import Retry  # noqa: PLC0415

        clients = [*getattr(self._service, "_api_clients", {}).values(), getattr(self._service, "_active_api_client", None)]
        sessions = list(dict.fromkeys(getattr(client, "_session", None) for client in clients))
        self.repeats_posts = not all(callable(getattr(session, "mount", None)) for session in sessions)
        for session in sessions:
            if session is None or not callable(getattr(session, "mount", None)):
                continue
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=Retry(total=0, redirect=3, raise_on_status=False)))
            if self.recorder is not None:
                session.hooks["response"].append(self.recorder)
            session._timeout = (min(10.0, self.caller.waiting.call), self.caller.waiting.call)  # noqa: SLF001 - as above
