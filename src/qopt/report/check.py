"""The findings of a check as a table."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from qopt.report.layout import Fact, facts, rendered, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qopt.check import Finding

_STYLES = {"good": "green", "worth knowing": "yellow", "wrong": "bold red"}


def findings_table(findings: Sequence[Finding], *, stream: TextIO | None = None) -> str:
    """One row for each finding, in colour and as wide as the stream allows."""
    stream = stream or sys.stdout
    rows = [Fact(item.subject, item.verdict.value, item.text, _STYLES[item.verdict.value]) for item in findings]
    return rendered(facts([rows], width_of(stream)), stream)
