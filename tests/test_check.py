"""What a check finds before anything is sent, and what it asks the service itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.emulator.clients import teach
from tests.faults.runs import SAMPLED

from qopt.check import Finding, Verdict, check, check_live
from qopt.config import parse_config
from qopt.emulator.handle import Emulator
from qopt.emulator.settings import Settings
from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

RESTLESS = '''"""An optimizer that keeps something between two calls."""

seen = []


def search(evaluate, start, rng):
    seen.append(start)
    for _ in range(3):
        evaluate(start[None, :] + 0.1 * len(seen))
    return start
'''
BASE = SAMPLED | {
    "optimizer": {"type": "spsa", "iterations": 3},
    "execution": {"backend": "ibm_fez", "waiting": {"call": 20, "service": 2, "listing": 10, "submissions": 0}},
}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One platform for all checks."""
    with Emulator.start(tmp_path_factory.mktemp("platform"), Settings(noise=False)) as started:
        yield started


@pytest.fixture
def account(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Emulator:
    """The platform, as set up anew, with its account in the environment."""
    teach()
    emulator.control.reset()
    emulator.control.configure(plan="premium", rate_limit=None, usage_consumed=0.0)
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return emulator


def found(changes: dict[str, Any] | None = None) -> list[Finding]:
    """The findings for the base config with some top-level keys replaced."""
    return check(parse_config(json.dumps(BASE | (changes or {})), Path("config.yaml")), Path.cwd())


def wrong(findings: list[Finding]) -> list[tuple[str, int]]:
    """Subjects and exit codes of what is wrong."""
    return [(item.subject, item.exit_code) for item in findings if item.verdict is Verdict.WRONG]


def test_where_all_is_right_nothing_is_sent(account: Emulator) -> None:
    """Credentials, plan, device, layout, sizes and optimizer are looked at, and no job and no Session comes of it."""
    findings = found()
    assert wrong(findings) == []
    assert {"config", "optimizer", "account", "circuit", "device", "size"} <= {item.subject for item in findings}
    assert not {"POST /jobs", "POST /sessions"} & account.control.requests().keys()


@pytest.mark.parametrize(
    ("changes", "subject", "code", "says"),
    [
        ({"execution": BASE["execution"] | {"backend": "ibm_fex"}}, "circuit", 2, "did you mean 'ibm_fez'"),
        ({"execution": {"backend": "least_busy", "min_qubits": 1000}}, "circuit", 2, "use a smaller problem"),
        ({"budget": {"qpu": 5}}, "budget", 2, "may take"),
        ({"objective": {"type": "sampled", "shots": 10**7}}, "size", 2, "fewer points or shots"),
        ({"transpile": {"initial_layout": [0, 1, 2, 3]}}, "circuit", 2, "5 different qubits"),
        ({"mitigation": {"zne": {"enable": True}, "pec": {"enable": True}}}, "config", 2, "pec"),
        ({"optimizer": {"type": "restless.py:search"}}, "optimizer", 2, "other points when it was run a second time"),
    ],
)
def test_what_would_fail_later_is_found_now(account: Emulator, changes: dict[str, Any], subject: str, code: int, says: str) -> None:
    """Each with what to do about it, and with the exit code that the run would have had."""
    Path("restless.py").write_text(RESTLESS)
    objective = {"objective": {"type": "expectation", "shots": 100}} if "mitigation" in changes else {}
    findings = found(changes | objective)
    assert (subject, code) in wrong(findings)
    assert says in " ".join(item.text for item in findings if item.verdict is Verdict.WRONG)
    assert "POST /jobs" not in account.control.requests()


def test_a_key_that_is_not_accepted_is_told(account: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do, and without the key."""
    assert account.control.jobs() == []
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "a-key-that-nobody-has")
    (finding,) = [item for item in found() if item.verdict is Verdict.WRONG]
    assert (finding.subject, finding.exit_code) == ("account", 3)
    assert "QISKIT_IBM_TOKEN" in finding.text
    assert "nobody-has" not in finding.text


def test_what_the_plan_does_not_have_is_told(account: Emulator) -> None:
    """The open plan has no Sessions, and a plan that is used up has no time."""
    account.control.configure(plan="open", usage_consumed=595.0)
    assert wrong(found({"execution": BASE["execution"] | {"mode": "session"}})) == [("mode", 2), ("plan", 3)]
    account.control.configure(plan="open", usage_consumed=0.0)
    assert wrong(found()) == []


def test_a_saved_account_that_others_can_read_is_told(account: Emulator) -> None:
    """The client makes the file so."""
    assert account.control.jobs() == []
    saved = Path("~/.qiskit/qiskit-ibm.json").expanduser()
    saved.parent.mkdir()
    saved.write_text('{"default": {"token": "x", "channel": "ibm_quantum_platform"}}')
    saved.chmod(0o644)
    assert any("chmod 600" in item.text for item in found())
    saved.chmod(0o600)
    assert not any("chmod 600" in item.text for item in found())


def test_a_local_config_is_checked_without_an_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing about the service is looked at."""
    monkeypatch.chdir(tmp_path)
    findings = found({"execution": {"backend": "fake_manila"}})
    assert wrong(findings) == []
    assert "account" not in {item.subject for item in findings}


def test_the_service_itself_is_asked_what_is_not_documented(account: Emulator) -> None:
    """For at most 30 s of QPU time; what it answers is recorded without the key and without the account's number."""
    recording = Path("answers.json")
    findings = check_live(parse_config(json.dumps(BASE), Path("config.yaml")), Path.cwd(), recording)
    assert wrong(findings) == []
    text = " ".join(f"{item.subject}: {item.text}" for item in findings)
    for answer in (
        "8 or more, 12 are refused",
        "86 or more, 87 are refused",
        "60.0 s (",
        "28800.0 s (",
        "Code 1217",
        "6 submissions within",
    ):
        assert answer in text
    assert sum(job["billed"] or 0.0 for job in account.control.jobs() if job["executions"]) <= 30.0
    assert {session["state"] for session in account.control.sessions()} == {"closed"}
    recorded = recording.read_text()
    assert account.settings.token not in recorded
    assert account.environment["QISKIT_IBM_INSTANCE"].split(":")[6] not in recorded
    kinds = {(item["method"], item["path"], item["status"] // 100) for item in json.loads(recorded)["exchanges"]}
    assert {("POST", "/jobs", 2), ("POST", "/sessions", 2), ("POST", "/jobs", 4), ("GET", "/jobs/ID", 2)} <= kinds


def test_a_rate_limit_inside_sessions_and_a_plan_without_them_are_answers_too(account: Emulator) -> None:
    """Neither is wrong: qopt does not rest on either."""
    account.control.configure(plan="open")
    findings = check_live(parse_config(json.dumps(BASE), Path("config.yaml")), Path.cwd(), Path("answers.json"))
    assert wrong(findings) == []
    assert any("Code 1352" in item.text for item in findings)


def test_there_is_nothing_to_ask_of_a_simulator(tmp_path: Path) -> None:
    """Refused, with the key."""
    local = parse_config(json.dumps(SAMPLED), Path("config.yaml"))
    with pytest.raises(InputError, match="expected a device of IBM Quantum"):
        check_live(local, tmp_path, tmp_path / "answers.json")
