"""Jobs, Sessions and devices in the words of the REST interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qopt.emulator.clock import stamp

if TYPE_CHECKING:
    from qopt.emulator.sessions import Session
    from qopt.emulator.store import Job
    from qopt.emulator.twins import Twin


def of_job(job: Job) -> dict[str, Any]:
    """What `GET /jobs/ID` says, without the parameters."""
    state: dict[str, Any] = {"status": job.status}
    if job.reason is not None:
        state |= {"reason": job.reason, "reason_code": job.reason_code}
    return {
        "id": job.id,
        "backend": job.backend,
        "program": {"id": job.program},
        "state": state,
        "status": job.status,
        "created": stamp(job.created),
        "ended": stamp(job.ended),
        "session_id": job.session,
        "tags": list(job.tags),
        "private": job.private,
        "cost": job.cost,
        "runtime": "",
        "usage": {"quantum_seconds": job.billed, "seconds": job.billed},
        "estimated_running_time_seconds": job.estimate,
    }


def of_metrics(job: Job, wait: float) -> dict[str, Any]:
    """What `GET /jobs/ID/metrics` says, where a job outside an active Session waits so many seconds in the queue."""
    estimated = {"estimated_start_time": stamp(job.created + wait)} if job.status == "Queued" and not job.stalled else {}
    return {
        **estimated,
        "timestamps": {"created": stamp(job.created), "running": stamp(job.started), "finished": stamp(job.ended)},
        "bss": {"seconds": job.billed},
        "usage": {
            "quantum_seconds": job.billed,
            "seconds": job.billed,
            "qpu_charge_time_seconds": job.billed,
            "status": "final" if job.final else "pending",
        },
    }


def of_session(session: Session, usage: float) -> dict[str, Any]:
    """What `GET /sessions/ID` says."""
    return {
        "id": session.id,
        "backend_name": session.backend,
        "mode": session.mode,
        "state": session.state,
        "accepting_jobs": session.accepting,
        "max_ttl": session.max_ttl,
        "active_ttl": session.max_ttl,
        "interactive_ttl": session.interactive_ttl,
        "elapsed_time": usage,
        "started_at": stamp(session.started),
        "activated_at": stamp(session.activated),
        "closed_at": stamp(session.closed),
        "last_job_started": stamp(session.last_started),
        "last_job_completed": stamp(session.last_completed),
        "timestamps": [{"status": state, "timestamp": stamp(since)} for state, since in session.history],
    }


def of_device(twin: Twin, queue: int) -> dict[str, Any]:
    """A device in the list of `GET /backends`."""
    configuration = twin.configuration()
    return {
        "name": twin.name,
        "status": {"name": "online", "reason": "available"},
        "is_simulator": False,
        "qubits": configuration["n_qubits"],
        "physical_qubits": configuration["n_qubits"],
        "processor_type": configuration.get("processor_type"),
        "queue_length": queue,
        "class": "qpu",
    }
