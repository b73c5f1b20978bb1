"""A summary for GitHub Actions: Markdown that a job appends to the file $GITHUB_STEP_SUMMARY.

First a table of all checks, and notes on them; then a section for each that does not hold: how to
run it again; what is violated and why, the facts that clash, the steps, and a diagram of them; what
was not covered; what is undecided.

Whatever a model says stands in code, with every character escaped that Markdown could read: there
GitHub looks for no markup, link, mention, reference, emoji or formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..explorer import Verdict
from .findings import (
    WORST_FIRST,
    Finding,
    count_texts,
    counted,
    findings,
    foreseen,
    verdict_of,
    when,
)
from .summary import PropertySummary, StepSummary, Summary
from .words import clean

LIMIT = 1024 * 1024
"""Bytes of a step's summary; GitHub shows nothing at all of one that is longer."""

DIAGRAM_LIMIT = 50_000
"""Characters of a Mermaid diagram; GitHub draws none that is longer."""

LONG_STEPS, LONG_DIAGRAM = 15, 80
"""Lines from which a table of steps, and a diagram, is folded away."""

NAMED = 3
"""Properties that the table names for one check."""

MARKS = {Verdict.HOLDS: "✅", Verdict.VIOLATED: "❌", Verdict.INCOMPLETE: "⚠️"}

_NOTE = 1_000
"""Bytes kept free for the note that says what was left out."""

_PLAIN = frozenset(" ()',-=+/;?%!")
"""The punctuation that means nothing within a line of Markdown."""


class _Part(NamedTuple):
    """A part of the page, which is there whole or not at all. Those of a lower `rank` have the
    first claim to the room there is; `kind` names it among what was left out."""

    rank: int
    kind: str
    text: str


def github_markdown(
    summaries: Sequence[Summary],
    diagrams: Mapping[tuple[str, str], str] | None = None,
    limit: int = LIMIT,
) -> str:
    """The summaries as Markdown of at most `limit` bytes.

    `diagrams` are Mermaid sources, by the name of a check and of a property of it; those of
    properties that are violated are shown. What does not fit is left out, a whole part at a time:
    diagrams first, then tables of steps, sections, and rows of the table. A note says what.
    """
    parts = [_Part(0, "", _headline(summaries))]
    if summaries:
        parts.append(_Part(0, "", "\n| Check | Verdict | Counts | Time |\n| - | - | - | -: |\n"))
        parts += [_Part(1, "rows of the table", _row(summary)) for summary in summaries]
    parts += [_Part(1, "notes", _note(one, note)) for one in summaries for note in one.notes]
    for summary in summaries:
        parts += _sections(summary, diagrams or {})
    return _fitted(parts, limit)


def _headline(summaries: Sequence[Summary]) -> str:
    if not summaries:
        return "## ⚠️ Islander: nothing was checked\n"
    verdicts = [verdict_of(findings(summary)) for summary in summaries]
    worst = next(verdict for verdict in WORST_FIRST if verdict in verdicts)
    counts = ((verdict, verdicts.count(verdict)) for verdict in WORST_FIRST)
    as_expected = any(map(foreseen, summaries))
    told = ", ".join(
        f"{count:,} {_verb(verdict, count, as_expected)}" for verdict, count in counts if count
    )
    return f"## {MARKS[worst]} Islander: {counted(len(summaries), 'check')}: {told}\n"


def _verb(verdict: Verdict, count: int, as_expected: bool) -> str:
    if as_expected and verdict is Verdict.HOLDS:
        return "as expected"
    return "hold" if verdict is Verdict.HOLDS and count > 1 else verdict.value


def _row(summary: Summary) -> str:
    found = findings(summary)
    verdict = verdict_of(found)
    which = "" if verdict is Verdict.HOLDS else f": {_named(found, verdict)}"
    which = f": {_code(summary.conclusion)}" if summary.is_cut else which
    said = "violated, as expected" if foreseen(summary) else verdict.value
    name = _code(summary.name)
    model = "" if summary.name == summary.model else f" ({_code(summary.model)})"
    counts = ", ".join(map(_words, count_texts(summary)))
    return (
        f"| {name}{model} | {MARKS[verdict]} {said}{which} "
        f"| {counts} | {summary.seconds:.2f}&nbsp;s |\n"
    )


def _note(summary: Summary, note: str) -> str:
    return f"\n> **Note** on {_code(summary.name)}: {_code(note)}\n"


def _named(found: Sequence[Finding], verdict: Verdict) -> str:
    names = [_code(one.name) for one in found if one.verdict is verdict]
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return ", ".join([*names[:NAMED], *more])


def _sections(summary: Summary, diagrams: Mapping[tuple[str, str], str]) -> Iterator[_Part]:
    """What there is to say about a check that does not hold."""
    found = findings(summary)
    verdict = verdict_of(found)
    if verdict is Verdict.HOLDS:
        return
    yield _Part(2, "sections", _check(summary, verdict))
    for one in found:
        if one.verdict is Verdict.VIOLATED and one.about:
            yield _Part(2, "sections", _violation(one, one.about))
            if one.about.story:
                yield _Part(3, "tables of steps", _steps(one.about.story))
            diagram = diagrams.get((summary.name, one.name))
            if diagram:
                yield _Part(4, "diagrams", _diagram(diagram))
        elif one.verdict is Verdict.VIOLATED:
            yield _Part(2, "sections", _of_the_check(one))
    undecided = [one for one in found if one.verdict is Verdict.INCOMPLETE]
    if undecided:
        yield _Part(2, "sections", _undecided(undecided))


def _check(summary: Summary, verdict: Verdict) -> str:
    title = f"\n### {MARKS[verdict]} {_code(summary.name)} {verdict.value}\n"
    if not summary.command:
        return title
    return f"{title}\nTo check it again:\n\n{_fence('sh', [clean(summary.command)])}"


def _title(verdict: Verdict, said: str) -> str:
    return f"\n#### {MARKS[verdict]} {said}\n"


def _violation(found: Finding, about: PropertySummary) -> str:
    steps = counted(about.steps or 0, "step")
    said = "is not reached" if about.witness else f"is violated after {steps}"
    lines = [_title(found.verdict, f"{_code(found.name)} {said}")]
    if about.explanation:
        lines.append(f"\n{_code(about.explanation)}\n")
    if about.clash or about.absent:
        lines.append("\nFacts of the nearest that was reached:\n\n" if about.witness else "\n")
    lines += [f"- {when(fact.step)}: {_code(fact.text)}\n" for fact in about.clash]
    lines += [f"- not: {_code(fact)}\n" for fact in about.absent]
    return "".join(lines)


def _of_the_check(found: Finding) -> str:
    lines = found.details or (found.message,)
    title = _title(found.verdict, _code(found.name))
    return "".join([title, "\n", *(f"- {_code(line)}\n" for line in lines)])


def _undecided(found: Sequence[Finding]) -> str:
    names: dict[str, list[str]] = {}
    for one in found:
        names.setdefault(one.message, []).append(_code(one.name))
    said = ": nothing is established" if any(one.about for one in found) else ""
    title = _title(Verdict.INCOMPLETE, f"Incomplete{said}")
    lines = (f"- {', '.join(of)}: {_code(message)}\n" for message, of in names.items())
    return "".join([title, "\n", *lines])


def _steps(story: Sequence[StepSummary]) -> str:
    rows = [
        f"| {at} | {_code(step.who)} | {_code(step.what)} "
        f"| {'<br>'.join(map(_code, step.changes))} |\n"
        for at, step in enumerate(story, 1)
    ]
    table = "".join(["| Step | Who | What | Changes |\n| -: | - | - | - |\n", *rows])
    return _block(table, counted(len(story), "step"), len(rows) >= LONG_STEPS)


def _diagram(source: str) -> str:
    if len(source) > DIAGRAM_LIMIT:
        return (
            f"\nThe diagram is left out: it has {len(source):,} characters, "
            f"and GitHub draws at most {DIAGRAM_LIMIT:,}.\n"
        )
    # Mermaid's own source, in which what a model says is escaped already.
    lines = source.encode("utf-8", "backslashreplace").decode().rstrip("\n").split("\n")
    return _block(_fence("mermaid", lines), "Diagram", len(lines) > LONG_DIAGRAM)


def _block(text: str, title: str, folded: bool) -> str:
    if not folded:
        return f"\n{text}"
    return f"\n<details><summary>{title}</summary>\n\n{text}\n</details>\n"


def _fence(language: str, lines: Sequence[str]) -> str:
    """These lines in a fence that nothing in them closes."""
    text = "\n".join(lines)
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


def _code(text: str) -> str:
    """What a model says, as code; "" as it is, since empty code shows as nothing."""
    return f"<code>{_text(text)}</code>" if text else ""


def _words(text: str) -> str:
    """Plain words and numbers as they are, all else as code."""
    return text if re.fullmatch("[a-z0-9, ]+", text) else _code(text)


def _text(text: str) -> str:
    return "".join(
        c if c.isalnum() or c in _PLAIN or ord(c) > 127 else f"&#{ord(c)};" for c in clean(text)
    )


def _fitted(parts: Sequence[_Part], limit: int) -> str:
    """The parts in their order, as many as there is room for."""
    sizes = [len(part.text.encode()) for part in parts]
    if sum(sizes) <= limit:
        return "".join(part.text for part in parts)
    room, kept, left_out = limit - _NOTE, set(), dict[str, int]()
    for at in sorted(range(len(parts)), key=lambda at: (parts[at].rank, at)):
        if sizes[at] <= room:
            room -= sizes[at]
            kept.add(at)
        else:
            kind = parts[at].kind
            left_out[kind] = left_out.get(kind, 0) + 1
    told = ", ".join(f"{kind} ({number:,})" for kind, number in left_out.items())
    note = (
        f"\n> [!WARNING]\n> Left out, as GitHub shows at most {limit:,} bytes: {told}. "
        f"The files that tools read have everything.\n"
    )
    return "".join(part.text for at, part in enumerate(parts) if at in kept) + note
