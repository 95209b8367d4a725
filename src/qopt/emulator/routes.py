"""Which request does what: the paths of IAM, Global Search, Global Catalog and of the REST interface of IBM Quantum."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from qopt.emulator import controls, documents, listing, tokens
from qopt.emulator.handle import INSTANCE
from qopt.emulator.jobs import Jobs
from qopt.emulator.messages import NOTHING, Reply, Request, answer, text
from qopt.emulator.refusals import Refused
from qopt.emulator.settings import PLANS

if TYPE_CHECKING:
    from qopt.emulator.controls import Controls
    from qopt.emulator.platform import Platform
    from qopt.emulator.workers import Pool

API = re.compile(r"^(?:/experimental)?/api/v1(?=/)")
"""What comes before a path of the REST interface; the client uses an address as it is where it contains `experimental`."""

Handler = Callable[..., Reply]


class Routes:
    """Answers requests.

    Args:
        platform: Whose state they are about.
        pool: Whose workers perform its jobs.
        control: What answers below `/control/`.
    """

    def __init__(self, platform: Platform, pool: Pool, control: Controls) -> None:
        self._controls = control
        self._platform = platform
        self._jobs = Jobs(platform)
        self._pool = pool
        with platform.lock:
            self._secret = platform.store.fact("secret") or secrets.token_hex(16)
            platform.store.state("secret", self._secret)
        self._open: list[tuple[str, re.Pattern[str], Handler]] = [
            ("POST", re.compile(r"/identity/token"), self._token),
            ("POST", re.compile(r"/v3/resources/search"), self._search),
            ("GET", re.compile(r"/catalog/([^/]+)"), self._catalog),
        ]
        self._guarded: list[tuple[str, re.Pattern[str], Handler]] = [
            (method, re.compile(path), handler)
            for method, path, handler in (
                ("GET", r"/backends", self._backends),
                ("GET", r"/backends/([^/]+)/configuration", self._configuration),
                ("GET", r"/backends/([^/]+)/properties", self._properties),
                ("GET", r"/backends/([^/]+)/status", self._status),
                ("GET", r"/instances", self._instances),
                ("GET", r"/instances/usage", self._usage),
                ("POST", r"/sessions", self._open_session),
                ("GET", r"/sessions/([^/]+)", self._session),
                ("PATCH", r"/sessions/([^/]+)", self._stop_accepting),
                ("DELETE", r"/sessions/([^/]+)/close", self._close_session),
                ("POST", r"/jobs", self._submit),
                ("GET", r"/jobs", self._list),
                ("GET", r"/jobs/([^/]+)", self._job),
                ("DELETE", r"/jobs/([^/]+)", self._delete),
                ("GET", r"/jobs/([^/]+)/results", self._results),
                ("POST", r"/jobs/([^/]+)/cancel", self._cancel),
                ("GET", r"/jobs/([^/]+)/logs", self._logs),
                ("GET", r"/jobs/([^/]+)/metrics", self._metrics),
                ("PUT", r"/jobs/([^/]+)/tags", self._retag),
            )
        ]

    def __call__(self, request: Request) -> Reply:
        """Answer a request; a refusal is an answer, too."""
        try:
            return self._answered(request)
        except Refused as refusal:
            headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
            document = refusal.body(secrets.token_hex(10))
            return Reply(refusal.status, json.dumps(document).encode(), headers=headers)

    def expire_tokens(self) -> None:
        """All tokens given so far are void from now on."""
        with self._platform.lock:
            self._platform.store.state("token floor", self._platform.store.fact("token serial") or 0)

    def _answered(self, request: Request) -> Reply:
        if request.path.startswith(controls.PREFIX):
            return self._controls(request)
        for method, pattern, handler in self._open:
            if method == request.method and (found := pattern.fullmatch(request.path)):
                return handler(request, *found.groups())
        path = API.sub("", request.path)
        if path == request.path:
            raise Refused(404, 1404, f"There is nothing at {request.path}")
        self._authorize(request)
        for method, pattern, handler in self._guarded:
            if method == request.method and (found := pattern.fullmatch(path)):
                return handler(request, *found.groups())
        raise Refused(404, 1404, f"There is no {request.method} {path}")

    def _authorize(self, request: Request) -> None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        with self._platform.lock:
            floor = self._platform.store.fact("token floor") or 0
        if kind.lower() == "apikey" and token == self._platform.settings.token:
            return
        serial = tokens.serial_of(self._secret, token) if kind.lower() == "bearer" and token.count(".") == 2 else None  # noqa: PLR2004 - parts of a token
        if serial is None or serial <= floor:
            raise Refused(401, 1201, "Invalid credentials.", solution="Review your credentials and try again.")

    # The account

    def _token(self, request: Request) -> Reply:
        form = parse_qs(request.body.decode())
        if form.get("apikey", [""])[-1] != self._platform.settings.token:
            return answer({"errorCode": "BXNIM0415E", "errorMessage": "Provided API key could not be found.", "context": {}}, 400)
        with self._platform.lock:
            serial = (self._platform.store.fact("token serial") or 0) + 1
            self._platform.store.state("token serial", serial)
        return answer(
            {
                "access_token": tokens.issued(self._secret, serial),
                "refresh_token": "not_supported",
                "token_type": "Bearer",
                "expires_in": tokens.LIFETIME,
                "expiration": int(time.time()) + tokens.LIFETIME,
                "scope": "ibm openid",
            }
        )

    def _search(self, _: Request) -> Reply:
        item = {
            "crn": INSTANCE,
            "name": "emulated",
            "service_plan_unique_id": self._platform.settings.plan,
            "doc": {"extensions": [{"backends": list(self._platform.twins)}]},
            "tags": [],
        }
        return answer({"items": [item], "limit": 100})

    def _catalog(self, _: Request, plan: str) -> Reply:
        if plan not in PLANS:
            raise Refused(404, 1404, f"There is no plan {plan}")
        name, pricing = PLANS[plan]
        return answer({"id": plan, "overview_ui": {"en": {"display_name": name}}, "metadata": {"pricing": {"type": pricing}}})

    def _instances(self, _: Request) -> Reply:
        return answer({"instances": [{"crn": INSTANCE, "name": "emulated", "plan": self._platform.settings.plan}]})

    def _usage(self, _: Request) -> Reply:
        used, reached = self._platform.usage()
        document: dict[str, Any] = {
            "instance_id": INSTANCE,
            "plan_id": self._platform.settings.plan,
            "usage_consumed_seconds": used,
            "usage_limit_reached": reached,
        }
        if self._platform.settings.limit is not None:
            document |= {
                "usage_limit_seconds": self._platform.settings.limit,
                "usage_remaining_seconds": max(0, self._platform.settings.limit - used),
            }
        return answer(document)

    # Devices

    def _backends(self, _: Request) -> Reply:
        twins = self._platform.twins.values()
        return answer({"devices": [documents.of_device(twin, self._platform.queue_length(twin.name)) for twin in twins]})

    def _configuration(self, _: Request, name: str) -> Reply:
        return answer(self._platform.twin(name).configuration())

    def _properties(self, _: Request, name: str) -> Reply:
        return answer(self._platform.properties(name))

    def _status(self, _: Request, name: str) -> Reply:
        configuration = self._platform.twin(name).configuration()
        queue = self._platform.queue_length(name)
        return answer({"state": True, "status": "active", "backend_version": configuration["backend_version"], "length_queue": queue})

    # Sessions

    def _open_session(self, request: Request) -> Reply:
        asked = _document(request)
        max_ttl = asked.get("max_ttl")
        if max_ttl is not None and not isinstance(max_ttl, int | float):
            raise Refused(400, 1002, f"max_ttl is {max_ttl!r}, expected seconds")
        instance = request.headers.get("service-crn", INSTANCE)
        session = self._platform.open_session(str(asked.get("mode", "dedicated")), asked.get("backend"), instance, max_ttl)
        # Whoever opens a Session will soon submit to it.
        self._pool.warm()
        return answer(documents.of_session(session, 0.0), 201)

    def _session(self, _: Request, session_id: str) -> Reply:
        return answer(documents.of_session(*self._platform.session(session_id)))

    def _stop_accepting(self, request: Request, session_id: str) -> Reply:
        if _document(request).get("accepting_jobs") is not False:
            raise Refused(400, 1002, "only accepting_jobs can be changed, to false")
        self._platform.stop_accepting(session_id)
        return NOTHING

    def _close_session(self, _: Request, session_id: str) -> Reply:
        self._platform.close_session(session_id)
        return NOTHING

    # Jobs

    def _submit(self, request: Request) -> Reply:
        job = self._jobs.submit(_document(request), request.headers.get("service-crn", INSTANCE))
        return answer({"id": job.id, "backend": job.backend, "session_id": job.session, "private": job.private})

    def _list(self, request: Request) -> Reply:
        found, count, limit, offset = listing.jobs(self._platform, request)
        return answer({"jobs": [documents.of_job(job) for job in found], "count": count, "limit": limit, "offset": offset})

    def _job(self, request: Request, job_id: str) -> Reply:
        document = documents.of_job(self._jobs.get(job_id))
        if request.value("exclude_params") != "true" and (params := self._jobs.params(job_id)) is not None:
            document["params"] = params
        return answer(document)

    def _delete(self, _: Request, job_id: str) -> Reply:
        self._jobs.delete(job_id)
        self._pool.kill(job_id)
        return NOTHING

    def _results(self, _: Request, job_id: str) -> Reply:
        return text(self._jobs.results(job_id))

    def _cancel(self, _: Request, job_id: str) -> Reply:
        self._jobs.cancel(job_id)
        self._pool.kill(job_id)
        return NOTHING

    def _logs(self, _: Request, job_id: str) -> Reply:
        return text(self._jobs.logs(job_id))

    def _metrics(self, _: Request, job_id: str) -> Reply:
        return answer(documents.of_metrics(self._jobs.get(job_id), self._platform.settings.queue_wait))

    def _retag(self, request: Request, job_id: str) -> Reply:
        self._jobs.retag(job_id, _document(request).get("tags"))
        return NOTHING


def _document(request: Request) -> dict[str, Any]:
    try:
        document = json.loads(request.body)
    except ValueError as error:
        raise Refused(400, 1002, f"the body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise Refused(400, 1002, "the body is not an object")
    return document
