"""Credentials in other people's text: what is known and what looks like one is taken out, and prose stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt import secrets
from qopt.errors import BackendError, InputError
from qopt.secrets import names_secret, scrub

if TYPE_CHECKING:
    from pathlib import Path

KEY = "aB3dEfGhIjKlMnOpQrStUvWxYz0123456789-_ABCDEF"
"""As long as an API key of IBM Cloud, and made like one."""
CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/0c0ffee0:5e5e-11:"


@pytest.fixture(autouse=True)
def no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the account of whoever runs the tests."""
    monkeypatch.setattr(secrets, "ACCOUNTS", tmp_path / "accounts.json")


PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)


@given(token=PRINTABLE, before=st.text(max_size=9), after=st.text(max_size=9))
def test_the_environment_s_token_is_taken_out_wherever_it_stands(token: str, before: str, after: str) -> None:
    """As it is, in a URL and in JSON, whatever it is made of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QISKIT_IBM_TOKEN", token)
        for form in (token, quote(token, safe=""), json.dumps(token)[1:-1]):
            assert form not in scrub(f"{before} {form} {after}")


@pytest.mark.parametrize("name", ["QISKIT_IBM_TOKEN", "IQP_API_KEY", "MY_PASSWORD", "CLIENT_SECRET"])
def test_every_variable_that_is_named_like_one_is_a_credential(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not IBM's alone."""
    monkeypatch.setenv(name, "canary-of-words-alone")
    assert scrub("a canary-of-words-alone b") == "a *** b"


def test_saved_accounts_are_known(tmp_path: Path) -> None:
    """Tokens and proxy passwords of all of them; what is no credential is not."""
    accounts = {
        "default": {"token": "saved-canary", "channel": "ibm_quantum_platform", "proxies": {"password_ntlm": "proxy-canary"}},
        "other": {"token": "other-canary"},
    }
    (tmp_path / "accounts.json").write_text(json.dumps(accounts), encoding="utf-8")
    text = "saved-canary other-canary proxy-canary ibm_quantum_platform"
    assert scrub(text) == "*** *** *** ibm_quantum_platform"


@pytest.mark.parametrize("content", [b"", b"[1, 2", b"[]", b'"text"', b"\xff", b'{"default": null}'])
def test_a_broken_file_of_accounts_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    """A message has to come out whatever the file holds."""
    (tmp_path / "accounts.json").write_bytes(content)
    assert scrub("as it was") == "as it was"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{'Authorization': 'Bearer abc.def'}", "{'Authorization': '***'}"),
        ("authorization: apikey short", "authorization: ***"),
        ("sent Bearer 9abc.def.ghi", "sent Bearer ***"),
        ('{"apikey": "words", "x": 1}', '{"apikey": "***", "x": 1}'),
        ("https://iam/token?grant=x&apikey=words&y=1", "https://iam/token?grant=x&apikey=***&y=1"),
        ("access_token='words'", "access_token='***'"),
        ("password: hunter2!", "password: ***"),
        ("http://bob:words@proxy:80/", "http://***@proxy:80/"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl.", "***."),
        (f"the key {KEY}.", "the key ***."),
        (f"instance '{CRN}:' is gone", "instance 'crn:***:5e5e-11::' is gone"),
        (f"{CRN[:-1]} is gone", "crn:***:5e5e-11 is gone"),
    ],
)
def test_what_looks_like_a_credential_is_taken_out(text: str, shown: str) -> None:
    """Headers, parameters, keys and names of instances, of whichever account."""
    assert scrub(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "unexpected token: expected a comma",
        "Bearer authentication failed",
        "execution.token: credentials are never read from a config",
        "set QISKIT_IBM_TOKEN in the environment",
        "2e413dc9a46f8879292fc77bff55c8ef7d2a8fc96435453d7157287e44cb4278",
        "a_long_name_of_a_parameter_that_has_44_chars",
        "https://docs.quantum.ibm.com/errors#1352",
        "runs/maxcut/frozen/8114a5a3344ee338738efbba.qpy",
    ],
)
def test_prose_and_digests_stay(text: str) -> None:
    """A message that nobody can read helps nobody."""
    assert scrub(text) == text


def test_a_token_too_short_to_be_one_is_left_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's token of three letters would be found everywhere."""
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "run")
    assert scrub("the runs of a runner") == "the runs of a runner"


@given(text=st.text(max_size=80))
def test_scrubbing_twice_is_scrubbing_once(text: str) -> None:
    """What was taken out is not looked at again."""
    assert scrub(scrub(text)) == scrub(text)


@pytest.mark.parametrize(
    "name", ["token", "api_key", "api-key", "apiKey", "APIKEY", "accessToken", "Password", "client_secret", "private key"]
)
def test_names_of_credentials(name: str) -> None:
    """In every way of writing."""
    assert names_secret(name)


@pytest.mark.parametrize("name", ["key", "keys", "tokens", "tokenizer", "secretary", "learning_rate", "apiary", "monkey", ""])
def test_other_names(name: str) -> None:
    """A part of a word is not the word."""
    assert not names_secret(name)


def test_no_refusal_carries_a_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever raises it, and however it is told: as text, by its message, or with a key put in front."""
    monkeypatch.setenv("QISKIT_IBM_TOKEN", KEY)
    error = InputError(f"got {KEY}", ("problem",))
    told = [str(error), error.message, repr(error), str(error.below("x")), str(BackendError(f"failed: {KEY}"))]
    assert not any(KEY in text for text in told)
