"""The controls and the account: who may do what."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from qopt.emulator import Emulator, Settings
from qopt.emulator.control import ControlError
from qopt.emulator.handle import KEY_FILE, StartError
from qopt.emulator.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.emulator.raw import Raw


def test_controls_have_a_key(raw: Raw) -> None:
    """Without the key of the folder there is nothing below /control; the key is its owner's."""
    for headers in ({}, {"X-Emulator-Key": "guess"}, {"Authorization": f"Bearer {raw.token}"}):
        assert raw.send("GET", "/control/jobs", headers=headers).status == 404
    folder = raw.emulator.folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600


def test_controls_refuse_nonsense(raw: Raw) -> None:
    """What can't be is refused with its reason."""
    control = raw.control
    with pytest.raises(ControlError, match="there is no setting quue_length"):
        control.configure(quue_length=3)
    with pytest.raises(ControlError, match="backends can't be changed"):
        control.configure(backends=["fake_lima"])
    with pytest.raises(ControlError, match="control: rule 1: do is 'explode'"):
        control.faults([{"do": "explode"}])
    with pytest.raises(ControlError, match="time does not go back"):
        control.advance(-1)


def test_requests_are_counted(raw: Raw) -> None:
    """Requests are counted by what they do, not by what they are about."""
    raw.done()
    counts = raw.control.requests()
    assert (counts["POST /identity/token"], counts["POST /jobs"]) == (1, 1)
    assert counts["GET /jobs/ID"] >= 1


def test_a_reset_forgets(raw: Raw) -> None:
    """After a reset there are no jobs, Sessions, faults or counts, and everything works."""
    raw.done(session_id=raw.open())
    raw.control.faults([{"do": "fail"}])
    raw.control.reset()
    assert raw.control.jobs() == raw.control.sessions() == raw.control.rules() == []
    raw.done()
    assert raw.control.requests()["POST /jobs"] == 1


def test_a_wrong_key_gets_no_token(raw: Raw) -> None:
    """IAM refuses a key that it does not know as the real one does: 400."""
    answer = raw.send("POST", "/identity/token", b"grant_type=x&apikey=stolen")
    assert answer.status == 400
    assert answer.json["errorCode"] == "BXNIM0415E"


@pytest.mark.parametrize("credentials", ["", "Bearer", "Bearer a.b.c", "Bearer x", "apikey stolen", "Basic eDp4"])
def test_without_a_token_nothing_is_told(raw: Raw, credentials: str) -> None:
    """The REST interface wants a token that was issued here, or the key itself."""
    assert raw.send("GET", "/api/v1/backends", headers={"Authorization": credentials}).status == 401
    key = raw.emulator.settings.token
    assert raw.send("GET", "/api/v1/backends", headers={"Authorization": f"apikey {key}"}).status == 200


def test_a_token_can_not_be_made_up(raw: Raw) -> None:
    """A token whose claims were changed is void."""
    head, claims, signature = raw.token.split(".")
    assert raw.send("GET", "/api/v1/backends", headers={"Authorization": f"Bearer {head}.{claims[:-2]}.{signature}"}).status == 401


@pytest.mark.parametrize("path", ["/", "/api/v1/nothing", "/api/v1", "/api/v1/jobs/a/b/c", "/jobs"])
def test_unknown_paths_are_not_found(raw: Raw, path: str) -> None:
    """What does not exist is 404 with an error in JSON."""
    answer = raw.send("GET", path, headers={"Authorization": f"Bearer {raw.token}"})
    assert answer.status == 404
    assert answer.json["errors"][0]["message"]


def test_a_taken_port_is_told(start: Callable[..., Raw], tmp_path: Path) -> None:
    """A server that can't have its port says so, and leaves the one that has it alone."""
    raw = start()
    with pytest.raises(StartError, match=f"did not start on port {raw.emulator.port}"):
        Emulator.start(tmp_path / "second", port=raw.emulator.port)
    assert raw.api("GET", "/backends").status == 200


def test_an_unknown_device_is_told(tmp_path: Path) -> None:
    """A device without a snapshot is refused with those that there are."""
    with pytest.raises(StartError, match="no snapshot of a device 'ibm_nowhere'"):
        Emulator.start(tmp_path / "state", Settings(backends=("ibm_nowhere",)))


@pytest.mark.parametrize("settings", [{"plan": "free"}, {"backends": ()}, {"bias": -1}, {"max_ttl": float("inf")}, {"rate_limit": -5}])
def test_impossible_settings_are_refused(settings: dict[str, object]) -> None:
    """A setting that makes no sense is named with its value."""
    name = next(iter(settings))
    with pytest.raises(SettingsError, match=f"^{name} is "):
        Settings().changed(settings)
