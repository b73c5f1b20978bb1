"""Findings: what a check comes to, one thing at a time, in the words that every CI format uses.

A finding is about one property, or about the check itself: that its coverage wants for nothing,
that it was completed, that it came to what was expected of it. That no report is greener than the
check it is of is settled here, once: a check that does not hold has a finding that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..explorer import Verdict
from .summary import PropertySummary, StepSummary, Summary
from .words import clean

WORST_FIRST = (Verdict.VIOLATED, Verdict.INCOMPLETE, Verdict.HOLDS)

_OF_THE_CHECK = {
    Verdict.INCOMPLETE: ("exploration", "not completed"),
    Verdict.VIOLATED: ("expectation", "not met"),
}

EXPECTATION = "Expectation"
"""The kind of what stands, in a summary, for a violation that was expected and came."""

COLUMNS = 40
"""Columns up to which the steps of a story are aligned."""


class Finding(NamedTuple):
    """Whether `name` was established, and in one line, `message`, what came of it ("" if there is
    no more to say than that it holds). `about` is the property; if it is about the check, None, and
    `details` are all there is to the message."""

    name: str
    verdict: Verdict
    message: str
    about: PropertySummary | None = None
    details: tuple[str, ...] = ()


def findings(summary: Summary) -> list[Finding]:
    """The properties of a check in the order of the model, then the coverage if it was asked for;
    then, if none of these say what the check came to, an exploration that was not completed, or an
    expectation that was not met."""
    found = [_of_property(one, summary) for one in summary.properties]
    if summary.gaps is not None:
        found.append(_of_coverage(_free("coverage", found), summary.gaps, summary.unread))
    told = {one.verdict for one in found}
    if summary.verdict is not Verdict.HOLDS and summary.verdict not in told:
        name, said = _OF_THE_CHECK[summary.verdict]
        because = clean(summary.conclusion or summary.because) or said
        found.append(Finding(_free(name, found), summary.verdict, because))
    return found


def foreseen(summary: Summary) -> bool:
    """Whether a check is as expected, and that is a violation."""
    expected = any(one.kind == EXPECTATION for one in summary.properties)
    return expected and verdict_of(findings(summary)) is Verdict.HOLDS


def verdict_of(found: list[Finding]) -> Verdict:
    """What findings come to together: one violation decides, then one thing left open."""
    verdicts = {one.verdict for one in found}
    return next((one for one in WORST_FIRST if one in verdicts), Verdict.HOLDS)


def told_lines(found: Finding, summary: Summary) -> list[str]:
    """A finding as plain text, as the terminal shows it: the steps, why, the facts that clash, and
    how to run the check again. The lines have no ends, and nothing in them that cannot be shown."""
    lines = [f"{clean(found.name)}: {found.message}" if found.message else clean(found.name)]
    if found.about is not None and found.verdict is Verdict.VIOLATED:
        lines += ["", *_trace_lines(found.about), *_why_lines(found.about)]
    lines += [f"  {clean(detail)}" for detail in found.details]
    if summary.command:
        lines += ["", "To check it again:", f"  {clean(summary.command)}"]
    return lines


def step_text(step: StepSummary) -> str:
    """A step in one line: "p1 → a1 Prepare(1): promised: 0 → 1"."""
    changes = "; ".join(step.changes)
    return clean(f"{step.who} {step.what}" + (f": {changes}" if changes else ""))


def when(step: int) -> str:
    """The step that made a fact true, in words."""
    return f"step {step}" if step else "at first"


def counted(number: int, noun: str) -> str:
    """A number of things: "1 step", "2 steps"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def count_texts(summary: Summary) -> list[str]:
    """The numbers of a check in words, as "9,968 states" and "depth 12"."""
    return [
        counted(number, clean(name).removesuffix("s").replace("_", " "))
        if name.endswith("s")
        else f"{clean(name)} {number:,}"
        for name, number in summary.counts.items()
    ]


def distinct(names: Sequence[str]) -> list[str]:
    """The names, each that came before with a number after it: readers of reports merge what is
    named the same, and one that passes would hide one that does not."""
    made: list[str] = []
    taken: set[str] = set()
    for name in names:
        free, number = name, 1
        while free in taken:
            number += 1
            free = f"{name} ({number})"
        taken.add(free)
        made.append(free)
    return made


def _free(name: str, found: list[Finding]) -> str:
    return distinct([*(one.name for one in found), name])[-1]


def _of_property(one: PropertySummary, summary: Summary) -> Finding:
    why = clean(one.explanation)
    steps = counted(one.steps or 0, "step")
    if one.verdict is Verdict.INCOMPLETE:
        message = why or clean(summary.because) or "nothing is established"
    elif one.verdict is Verdict.VIOLATED and one.witness:
        message = f"not reached: {why}" if why else "not reached"
    elif one.verdict is Verdict.VIOLATED:
        message = f"violated after {steps}" + (f": {why}" if why else "")
    else:
        message = f"reached in {steps}" if one.witness else ""
    return Finding(one.name, one.verdict, message, one)


def _of_coverage(name: str, gaps: tuple[str, ...], unread: tuple[str, ...]) -> Finding:
    if not gaps:
        return Finding(name, Verdict.HOLDS, "")
    # A class that cannot be read is one gap; with no other it is not known whether anything is
    # wanting.
    verdict = Verdict.INCOMPLETE if len(gaps) == len(unread) else Verdict.VIOLATED
    rest = f" (and {len(gaps) - 1:,} more)" if len(gaps) > 1 else ""
    return Finding(name, verdict, f"not covered: {clean(gaps[0])}{rest}", None, gaps)


def _trace_lines(one: PropertySummary) -> list[str]:
    if not one.story:
        return ["  (the initial state, before any step)"] if one.steps == 0 else []
    title = ["The nearest that was reached:"] if one.witness else []
    number = len(str(len(one.story)))
    flow, what = (
        min(COLUMNS, max(len(clean(text)) for text in texts))
        for texts in zip(*((step.who, step.what) for step in one.story), strict=True)
    )
    rows = (
        f"  {at:>{number}}  {clean(step.who):<{flow}}  {clean(step.what):<{what}}  "
        f"{clean('; '.join(step.changes))}"
        for at, step in enumerate(one.story, 1)
    )
    return [*title, *(row.rstrip() for row in rows)]


def _why_lines(one: PropertySummary) -> list[str]:
    lines = ["", f"Why: {clean(one.explanation)}"] if one.explanation else [""]
    lines += [f"  {when(fact.step):<9}{clean(fact.text)}" for fact in one.clash]
    return lines + [f"  {'':<9}not: {clean(fact)}" for fact in one.absent]
