"""Which rules a request or a job sets off, counted so that a restarted server goes on counting."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from qopt.emulator.rules import JOBS, WIRE, Rule

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Counted:
    """A rule, and how many requests or jobs have matched it."""

    rule: Rule
    seen: int = 0

    @property
    def fired(self) -> int:
        """How often it happened."""
        last = self.seen if self.rule.count is None else min(self.seen, self.rule.nth + self.rule.count - 1)
        return max(0, last - self.rule.nth + 1)


class Faults:
    """All rules and their counts.

    Args:
        kept: What `documents` gave when the server last ran.
        keep: Called with what has to be kept, whenever a count changes.
    """

    def __init__(self, kept: list[dict[str, Any]], keep: Callable[[list[dict[str, Any]]], None]) -> None:
        self._counted = [Counted(Rule(**item["rule"]), item["seen"]) for item in kept]
        self._keep = keep

    def add(self, rules: list[Rule]) -> None:
        """More rules, after those that there are."""
        self._counted += [Counted(rule) for rule in rules]
        self._keep(self.documents())

    def set(self, rules: list[Rule]) -> None:
        """These rules and no others; where they are the ones that there are, their counts go on."""
        if rules != [item.rule for item in self._counted]:
            self._counted = []
            self.add(rules)

    def clear(self) -> None:
        """Forget all rules."""
        self._counted = []
        self._keep([])

    def documents(self) -> list[dict[str, Any]]:
        """All rules with their counts, as JSON takes them."""
        return [{"rule": asdict(item.rule), "seen": item.seen, "fired": item.fired} for item in self._counted]

    def of_request(self, method: str, path: str, jobs: int) -> list[Rule]:
        """The rules that a request sets off: events, and at most one fault of the wire; the next one waits for the next request.

        Args:
            method: Its method.
            path: Its path without `/api/v1`.
            jobs: How many jobs have been taken so far.
        """

        def matches(rule: Rule) -> bool:
            path_matches = rule.path is None or re.search(rule.path, path) is not None
            return rule.do not in JOBS and rule.after_jobs <= jobs and rule.method in (None, method) and path_matches

        return self._fired(matches, alone=WIRE)

    def of_job(self, program: str, tags: tuple[str, ...], mode: str, jobs: int) -> Rule | None:
        """What is going to happen to a job, None for nothing; one thing at most, the next one waits for the next job.

        Args:
            program: Its program.
            tags: Its tags.
            mode: `job`, or the mode of its Session.
            jobs: How many jobs were taken before it.
        """

        def matches(rule: Rule) -> bool:
            job_matches = rule.program in (None, program) and rule.mode in (None, mode)
            tag_matches = rule.tag is None or any(re.search(rule.tag, tag) for tag in tags)
            return rule.do in JOBS and rule.after_jobs <= jobs and job_matches and tag_matches

        fired = self._fired(matches, alone=JOBS)
        return fired[0] if fired else None

    def _fired(self, matches: Callable[[Rule], bool], *, alone: tuple[str, ...]) -> list[Rule]:
        """The matching rules whose turn it is, and of those that do one of `alone` only the first."""
        fired: list[Rule] = []
        before = self._counted
        self._counted = []
        for item in before:
            now = replace(item, seen=item.seen + 1) if matches(item.rule) else item
            turn = now.fired > item.fired
            beaten = turn and item.rule.do in alone and any(rule.do in alone for rule in fired)
            if turn and not beaten:
                fired.append(item.rule)
            self._counted.append(item if beaten else now)
        if self._counted != before:
            self._keep(self.documents())
        return fired
