"""Whether a check came to what was expected of it.

There are three standings, as there are three verdicts. A check is *undecided* if its search was
ended early, whatever was expected: nothing can be expected of that. One that could not be run at
all is not as expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

from .ci_config import Check, Expectation
from .explorer import Verdict
from .reports.findings import EXPECTATION
from .reports.summary import PropertySummary, Summary


class Standing(IntEnum):
    """How a check compares with what was expected; the number is the exit code."""

    EXPECTED = 0
    UNEXPECTED = 1
    UNDECIDED = 3


_VERDICTS = {
    Standing.EXPECTED: Verdict.HOLDS,
    Standing.UNEXPECTED: Verdict.VIOLATED,
    Standing.UNDECIDED: Verdict.INCOMPLETE,
}


@dataclass(frozen=True)
class Outcome:
    """A check, done.

    `error` says why it could not be run; the summary is then incomplete and without counts, and
    `steps` are those that led to a mistake in the model. `diagrams` are the counterexamples as
    Mermaid, by property, if they were asked for. `unread` are the classes whose source could not be
    read, where coverage is required.
    """

    check: Check
    summary: Summary
    error: str = ""
    steps: tuple[str, ...] = ()
    diagrams: Mapping[str, str] | None = None
    unread: tuple[str, ...] = ()

    @cached_property
    def deviations(self) -> tuple[str, ...]:
        """What is not as expected, in words."""
        if self.error:
            return (self.error,)
        if self.summary.verdict is Verdict.INCOMPLETE:
            said = self.summary.conclusion or f"nothing is established; {self.summary.because}"
            return (f"incomplete: {said}",)
        return tuple(_deviations(self.summary, self.check.expected))

    @cached_property
    def standing(self) -> Standing:
        """Whether it is as expected."""
        if self.error:
            return Standing.UNEXPECTED
        if self.summary.verdict is Verdict.INCOMPLETE:
            return Standing.UNDECIDED
        if self.deviations:
            return Standing.UNEXPECTED
        return Standing.UNDECIDED if self.unfounded else Standing.EXPECTED

    @property
    def unfounded(self) -> str:
        """Why what was expected, and found, is not established: a bound ended the search, which
        might have found more, or cases are not known. "" if it is."""
        expected, because = self.check.expected, self.summary.because
        found = []
        if because and (expected.violates or expected.counts):
            found.append(
                f"a bound ended the search before all there is to find was found: {because}"
            )
        if self.unread:
            names = ", ".join(self.unread)
            found.append(f"coverage is not known: the source of {names} cannot be read")
        return "; ".join(found)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What keeps it from being as expected, in words."""
        return self.deviations or ((self.unfounded,) if self.unfounded else ())

    def foresaw(self, found: PropertySummary) -> bool:
        """Whether this violation is one that was expected."""
        expected = self.check.expected
        return (
            expected.verdict is Verdict.VIOLATED
            and found.verdict is Verdict.VIOLATED
            and found.name in (expected.violates or (found.name,))
            and (found.witness or expected.steps in (None, found.steps))
        )

    def judged(self) -> Summary:
        """The summary for tools that know nothing of expectations: a violation that was expected
        passes, and what differs from the expectation is a failure that says so."""
        properties = list(self._judged_properties())
        reasons = "; ".join(self.reasons)
        red = [one for one in properties if one.verdict is Verdict.VIOLATED]
        if self.check.expected != Expectation() and red:
            why = "; ".join(filter(None, (reasons, red[0].explanation)))
            properties[properties.index(red[0])] = replace(red[0], explanation=why)
        held = self.standing is Standing.EXPECTED and self.summary.verdict is Verdict.HOLDS
        return replace(
            self.summary,
            verdict=_VERDICTS[self.standing],
            properties=tuple(properties),
            because=self.summary.because if held else reasons,
            conclusion=self.summary.conclusion if held else "",
        )

    def _judged_properties(self) -> Iterator[PropertySummary]:
        ended = not self.error and self.check.expected.verdict is Verdict.VIOLATED
        for one in self.summary.properties:
            if self.foresaw(one):
                name = f"{one.name}: violated, as expected"
                yield PropertySummary(name, EXPECTATION, Verdict.HOLDS)
            elif one.verdict is not Verdict.INCOMPLETE or not ended or not self.summary.violated:
                yield one  # else the search ended with the violation, and nobody asked for more


def unrun(
    check: Check, model: str, because: str, seconds: float = 0.0, properties: tuple[str, ...] = ()
) -> Summary:
    """The summary of a check that came to nothing; `properties` are those of its model."""
    return Summary(
        name=check.name,
        model=model,
        verdict=Verdict.INCOMPLETE,
        properties=tuple(
            PropertySummary(name, "Property", Verdict.INCOMPLETE, because) for name in properties
        ),
        counts={},
        seconds=seconds,
        engine=check.bounds.get("engine", "tabulated"),
        because=because,
        source=check.source,
    )


def _deviations(summary: Summary, expected: Expectation) -> Iterator[str]:
    violated = [one.name for one in summary.violated]
    if expected.verdict is Verdict.HOLDS:
        for one in summary.violated:
            how = "is violated" + (": unreachable" if one.witness else f" in {_steps(one.steps)}")
            yield f"expected to hold, but {one.name!r} {how}"
    elif not violated:
        wanted = " and ".join(map(repr, expected.violates)) or "some property"
        yield f"expected {wanted} to be violated, but all properties hold"
    else:
        yield from _other_violations(violated, expected.violates)
        yield from _other_length(summary, expected.steps)
    for name, number in expected.counts.items():
        found = summary.counts.get(name)
        if found != number:
            yield f"expected {name} = {number:,}, found {found:,}"
    for gap in summary.gaps or ():
        yield f"coverage: {gap}"


def _other_violations(violated: list[str], wanted: tuple[str, ...]) -> Iterator[str]:
    if wanted:
        yield from (
            f"expected {name!r} to be violated, but it is not"
            for name in wanted
            if name not in violated
        )
        yield from (
            f"{name!r} is violated, which was not expected"
            for name in violated
            if name not in wanted
        )


def _other_length(summary: Summary, steps: int | None) -> Iterator[str]:
    lengths = [one.steps for one in summary.violated if not one.witness and one.steps is not None]
    if steps is None or (lengths and min(lengths) == steps):
        return
    found = f"it is {_steps(min(lengths))} long" if lengths else "there is none"
    yield f"expected a shortest counterexample of {_steps(steps)}, but {found}"


def _steps(number: int | None) -> str:
    return f"{number} step{'' if number == 1 else 's'}"
