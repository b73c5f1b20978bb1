"""Judging: what a search has found out about each property, level by level.

An engine reports what each level brought (new fact sets, states, local steps); the judge asks the
properties and keeps, for each, the first level that decided it and what decided it there. Verdicts
do not depend on how an engine explores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import PropertyError
from .facts import FactSet
from .handlers import Outcome
from .properties import Property, Subject, judged
from .result import Verdict


@dataclass
class Finding:
    """Where a property was decided: at `depth`, in every state that has one of `fact_sets` or is
    one of `states` (by number), or, if there are `outcomes`, by the steps that these make from
    states of that depth. For an invariant these are violations, for a witness ways to satisfy it.
    """

    depth: int
    fact_sets: set[FactSet] = field(default_factory=set)
    states: list[int] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


class Judge:
    """Collects answers about `properties` while a search runs.

    `findings` says where each was decided, `nearest` how near the search came to a witness and
    where, `unknown` which were asked of something and not answered."""

    def __init__(self, properties: Sequence[Property]) -> None:
        self.properties = properties
        self.findings: dict[str, Finding] = {}
        self.unknown: set[str] = set()
        self.nearest: dict[str, tuple[tuple[int, ...], Finding]] = {}

    @property
    def violated(self) -> bool:
        """Whether some invariant was found violated."""
        return any(p.name in self.findings for p in self.properties if not p.somewhere)

    def wants(self, subject: Subject) -> bool:
        """Whether some property that looks at `subject` is still open."""
        return any(p.subject is subject and p.name not in self.findings for p in self.properties)

    def wants_more(self, subject: Subject, depth: int) -> bool:
        """The same, or decided at `depth`, of which further ways to decide it are to be known."""
        return any(
            p.subject is subject
            and (p.name not in self.findings or self.findings[p.name].depth == depth)
            for p in self.properties
        )

    def fact_sets(self, depth: int, found: Sequence[FactSet]) -> None:
        """Judge the fact sets that are new at `depth`."""
        where = [Finding(depth, fact_sets={facts}) for facts in found]
        self._judge(Subject.FACTS, depth, found, where)

    def states(self, depth: int, views: Sequence[Any], numbers: Sequence[int]) -> None:
        """Judge new states of `depth`, given as `StateView`s with their numbers: a whole level, or,
        in several calls, parts of it."""
        where = [Finding(depth, states=[number]) for number in numbers]
        self._judge(Subject.STATE, depth, views, where)

    def step(self, depth: int, outcome: Outcome) -> None:
        """Note the objections to a step that `outcome` makes from a state of this depth."""
        for name, answer in outcome.objections:
            if answer is None:
                self.unknown.add(name)
                continue
            finding = self.findings.setdefault(name, Finding(depth))
            if finding.depth == depth and outcome not in finding.outcomes:
                finding.outcomes.append(outcome)

    def verdict(self, item: Property, unfinished: str | None) -> tuple[Verdict, str]:
        """The verdict on `item` and, if it is incomplete, the reason; `unfinished` says why the
        search did not cover everything, None if it did."""
        if item.name in self.findings:
            return Verdict.HOLDS if item.somewhere else Verdict.VIOLATED, ""
        if item.name in self.unknown:
            return Verdict.INCOMPLETE, "undecided: the solver answered unknown"
        if unfinished:
            what = "not reached so far" if item.somewhere else "no violation found so far"
            return Verdict.INCOMPLETE, f"{what}: {unfinished}"
        return Verdict.VIOLATED if item.somewhere else Verdict.HOLDS, ""

    def whereabouts(self, item: Property) -> Finding | None:
        """Where `item` was decided; for a witness that nothing reached, where it came nearest."""
        if item.name in self.findings:
            return self.findings[item.name]
        return self.nearest[item.name][1] if item.name in self.nearest else None

    def _judge(
        self, subject: Subject, depth: int, subjects: Sequence[Any], where: Sequence[Finding]
    ) -> None:
        if not subjects:
            return
        for item in self.properties:
            known = self.findings.get(item.name)
            if item.subject is not subject or (known and known.depth < depth):
                continue
            answers = _answers(item, subjects, where)
            if None in answers:
                self.unknown.add(item.name)
            decided = [at for at, answer in enumerate(answers) if answer is item.somewhere]
            for at in decided:
                finding = self.findings.setdefault(item.name, Finding(depth))
                _add(finding, where[at])
            if item.somewhere and item.name not in self.findings:
                self._note_nearest(item, subjects, where)

    def _note_nearest(
        self, item: Property, subjects: Sequence[Any], where: Sequence[Finding]
    ) -> None:
        for one, place in zip(subjects, where, strict=True):
            try:
                nearness = item.nearness(one)
            except PropertyError as error:
                error.finding = place
                raise
            if not nearness:
                continue
            known = self.nearest.get(item.name)
            if known is None or nearness > known[0]:
                known = self.nearest[item.name] = nearness, Finding(place.depth)
            if nearness == known[0] and place.depth == known[1].depth:
                _add(known[1], place)


def _add(finding: Finding, place: Finding) -> None:
    finding.fact_sets |= place.fact_sets
    finding.states += place.states


def _answers(
    item: Property, subjects: Sequence[Any], where: Sequence[Finding]
) -> Sequence[bool | None]:
    """What `item` says of `subjects`; an error tells where it arose."""
    try:
        return judged(item, subjects)
    except PropertyError:
        for one, place in zip(subjects, where, strict=True):
            try:
                judged(item, [one])
            except PropertyError as error:
                error.finding = place
                raise
        raise
