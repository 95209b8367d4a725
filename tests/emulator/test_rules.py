"""Rules of faults, and how mistakes in them are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from qopt.emulator import rules
from qopt.emulator.rules import FaultsError, Rule

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_of_rules_is_read(tmp_path: Path) -> None:
    """A list of rules may stand by itself or below the key faults, and says the same."""
    text = "- {do: status, code: 503, method: POST, path: /jobs$, when: after}\n- {do: stall, tag: it-3}\n"
    plain, keyed = tmp_path / "plain.yaml", tmp_path / "keyed.yaml"
    plain.write_text(text)
    keyed.write_text("faults:\n" + "".join(f"  {line}\n" for line in text.splitlines()))
    expected = [Rule(do="status", code=503, method="POST", path="/jobs$", when="after"), Rule(do="stall", tag="it-3")]
    assert rules.load(plain) == rules.load(keyed) == expected


def test_a_rule_survives_being_written() -> None:
    """What a rule says of itself is read back as the same rule."""
    rule = Rule(do="reset", sent="half", when="after", nth=2, count=None)
    assert rules.parse([rule.document()], "here") == [rule]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"do": "statu", "code": 503}, ["do is 'statu'", "did you mean status?"]),
        ({"code": 503}, ["the key do"]),
        ({"do": "hang", "second": 3}, ["no key second for hang", "did you mean seconds?"]),
        ({"do": "fail", "path": "/jobs"}, ["no key path for fail"]),
        ({"do": "hang", "tag": "x"}, ["no key tag for hang"]),
        ({"do": "status"}, ["code is None", "200 to 599"]),
        ({"do": "status", "code": 42}, ["code is 42", "200 to 599"]),
        ({"do": "status", "code": "503"}, ["code is '503'", "whole number"]),
        ({"do": "hang", "nth": 0}, ["nth is 0", "from 1 on"]),
        ({"do": "hang", "nth": True}, ["nth is True"]),
        ({"do": "hang", "seconds": -1}, ["seconds is -1", "not negative"]),
        ({"do": "hang", "path": "("}, ["path is '('", "no regular expression"]),
        ({"do": "hang", "path": 3}, ["path is 3", "expected a text"]),
        ({"do": "hang", "method": "post"}, ["method is 'post'", "POST"]),
        ({"do": "drip", "when": "before"}, ["when is before", "expected after"]),
        ({"do": "reset", "sent": "half"}, ["sent is half", "when: after"]),
        ({"do": "corrupt", "how": "badly"}, ["how is 'badly'", "missing_pub"]),
        ("hang", ["got 'hang'"]),
    ],
)
def test_a_mistake_is_named(rule: Any, words: list[str]) -> None:
    """A refusal says in which rule of which file what was got and what is expected."""
    with pytest.raises(FaultsError) as refused:
        rules.parse([{"do": "hang"}, rule], "faults.yaml")
    assert str(refused.value).startswith("faults.yaml: rule 2")
    for word in words:
        assert word in str(refused.value)


def test_broken_yaml_is_named(tmp_path: Path) -> None:
    """A file that is no YAML, or is not there, is refused with its name and the line."""
    path = tmp_path / "faults.yaml"
    path.write_text("- {do: hang\n- x")
    with pytest.raises(FaultsError, match=r"faults\.yaml: can't be read as YAML(.|\n)*line 2"):
        rules.load(path)
    with pytest.raises(FaultsError, match="No such file"):
        rules.load(tmp_path / "none.yaml")
