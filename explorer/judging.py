"""Judging: what a search has found out about each property, level by level.

An engine reports what each level brought (new fact sets, states, local steps) and where it was
found; the judge asks the properties and keeps, for each, the first level that decided it. Verdicts
do not depend on how an engine explores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import PropertyError
from .facts import FactSet
from .graph import Edge
from .properties import Property, Subject
from .result import Verdict


@dataclass
class Finding:
    """Where a property was decided: at `depth`, in the states or by the steps named.

    For an invariant these are violations, for a witness the ways to satisfy it. `edges` maps
    states of depth `depth` to the steps that decided a StepInvariant.
    """

    depth: int
    states: list[int] = field(default_factory=list)
    edges: dict[int, list[Edge]] = field(default_factory=dict)


@dataclass
class _Nearest:
    nearness: tuple[int, ...]
    depth: int
    state: int


class Judge:
    """Collects answers about `properties` while a search runs."""

    def __init__(self, properties: Sequence[Property]) -> None:
        self.properties = properties
        self.findings: dict[str, Finding] = {}
        self.unknown: set[str] = set()
        self._nearest: dict[str, _Nearest] = {}

    @property
    def violated(self) -> bool:
        """Whether some invariant was found violated."""
        return any(p.name in self.findings for p in self.properties if not p.somewhere)

    def wants(self, subject: Subject) -> bool:
        """Whether some property that looks at `subject` is still open."""
        return bool(self._open(subject))

    def fact_sets(self, depth: int, found: Mapping[FactSet, list[int]]) -> None:
        """Judge the fact sets that are new at `depth`; `found` maps each to the states of this
        depth that have it."""
        self._judge(Subject.FACTS, depth, list(found), list(found.values()))

    def states(self, depth: int, views: Sequence[Any], numbers: Sequence[int]) -> None:
        """Judge the new states of `depth`, given as `StateView`s with their numbers."""
        self._judge(Subject.STATE, depth, views, [[number] for number in numbers])

    def step(self, depth: int, name: str, answer: bool | None, state: int, edge: Edge) -> None:
        """Note the step `edge`, taken from `state`, of this depth, to which property `name`
        objects: it answered False, or None for unknown."""
        if answer is None:
            self.unknown.add(name)
            return
        finding = self.findings.setdefault(name, Finding(depth))
        if finding.depth == depth:
            finding.edges.setdefault(state, []).append(edge)

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
        nearest = self._nearest.get(item.name)
        if item.name in self.findings or nearest is None:
            return self.findings.get(item.name)
        return Finding(nearest.depth, [nearest.state])

    def _open(self, subject: Subject) -> list[Property]:
        return [p for p in self.properties if p.subject is subject and p.name not in self.findings]

    def _judge(
        self, subject: Subject, depth: int, subjects: Sequence[Any], states: Sequence[list[int]]
    ) -> None:
        if not subjects:
            return
        for item in self._open(subject):
            answers = _answers(item, subjects, states)
            if None in answers:
                self.unknown.add(item.name)
            decided = [at for at, answer in enumerate(answers) if answer is item.somewhere]
            if decided:
                where = sorted(number for at in decided for number in states[at])
                self.findings[item.name] = Finding(depth, where)
            elif item.somewhere:
                self._note_nearest(item, depth, subjects, states)

    def _note_nearest(
        self, item: Property, depth: int, subjects: Sequence[Any], states: Sequence[list[int]]
    ) -> None:
        for one, numbers in zip(subjects, states, strict=True):
            try:
                nearness = item.nearness(one)
            except PropertyError as error:
                error.state = numbers[0]
                raise
            known = self._nearest.get(item.name)
            if nearness and (known is None or nearness > known.nearness):
                self._nearest[item.name] = _Nearest(nearness, depth, numbers[0])


def _answers(
    item: Property, subjects: Sequence[Any], states: Sequence[list[int]]
) -> Sequence[bool | None]:
    """What `item` says of `subjects`; an error tells which state it arose in."""
    try:
        return item.judge(subjects)
    except PropertyError:
        for one, numbers in zip(subjects, states, strict=True):
            try:
                item.judge([one])
            except PropertyError as error:
                error.state = numbers[0]
                raise
        raise
