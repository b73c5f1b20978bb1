"""What `islander ci` says: one table, then what is not as expected, and what changed.

Lines for a terminal are broken at its width; piped, a line is a line and a row is a row.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .ci_run import Progress
from .ci_verdict import Outcome, Standing
from .reports.baseline import Difference, brief_text, difference_lines
from .reports.fitting import elided
from .reports.summary import PropertySummary, check_command
from .reports.text import STYLES, broken
from .reports.words import clean

MARKS = {Standing.EXPECTED: "✓", Standing.UNEXPECTED: "✗", Standing.UNDECIDED: "?"}
COLOURS = {Standing.EXPECTED: "green", Standing.UNEXPECTED: "red", Standing.UNDECIDED: "yellow"}

LONGEST_NAME = 60
"""Columns that the name of a check takes at most in the table."""

ROOM = 10_000
"""Columns of a table that nobody's screen bounds."""


class Changes(NamedTuple):
    """What changed since a baseline: of each check, None of those that are new in it; and which
    checks are gone."""

    since: str
    found: Mapping[str, Sequence[Difference] | None]
    gone: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether anything did."""
        return bool(self.gone) or any(one is None or one for one in self.found.values())


def progress_text(progress: Progress, of: int) -> str:
    """How far the checks are, in one line."""
    running = ", ".join(f"{clean(name)} {seconds:.0f} s" for name, seconds in progress.running)
    return f"{progress.done} of {of} checks done  running: {running or 'none'}"


def table_lines(
    outcomes: Sequence[Outcome], changes: Changes | None, width: int | None
) -> list[Text]:
    """A row for each check."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    table.add_column("check", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("expected", no_wrap=True)
    for name in ("states", "depth", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    if changes:
        table.add_column("changed", overflow="fold")
    for one in outcomes:
        table.add_row(*_cells(one, changes))
    console = Console(file=StringIO(), width=width or ROOM, highlight=False, color_system=None)
    lines = console.render_lines(table, pad=False)
    made = [Text.assemble(*((part.text, part.style or "") for part in line)) for line in lines]
    for line in made:
        line.rstrip()
    return made


def _cells(one: Outcome, changes: Changes | None) -> Iterator[Text | str]:
    summary, colour = one.summary, COLOURS[one.standing]
    yield Text(MARKS[one.standing], style=colour)
    yield Text(elided(clean(summary.name), LONGEST_NAME))
    verdict = "error" if one.error else summary.verdict.value
    yield Text(verdict, style="red" if one.error else STYLES[summary.verdict])
    yield one.check.expected.verdict.value
    for count in ("states", "depth"):
        number = summary.counts.get(count)
        yield "" if number is None else f"{number:,}"
    yield f"{summary.seconds:.2f} s"
    if changes:
        found = changes.found.get(summary.name)
        yield Text("new" if found is None else brief_text(found))


def detail_lines(one: Outcome, width: int | None) -> list[Text]:
    """Why a check is not as expected, how the steps went, and how to repeat it."""
    said = "undecided" if one.standing is Standing.UNDECIDED else "not as expected"
    title = Text(f"{MARKS[one.standing]} {clean(one.summary.name)}: {said}")
    title.stylize(f"bold {COLOURS[one.standing]}")
    lines = broken(title, width, indent=4)
    for reason in one.reasons:
        for number, text in enumerate(reason.split("\n")):
            indent = 4 if number else 2
            lines += broken(Text(" " * indent + clean(text).strip()), width, indent=4)
    if one.steps:
        lines += [Text(), *_told("The steps that led there:", width)]
        lines += [line for text in one.steps for line in broken(Text(clean(text)), width, indent=8)]
    told: list[PropertySummary] = []
    for found in one.summary.violated:
        if not one.foresaw(found):
            lines += [Text(), *_violation_lines(found, told, width)]
            told.append(found)
    words = [*check_command(one.check.source), *one.check.options]
    return [*lines, Text(), *_told("To repeat it:", width), Text(f"    {clean(shlex.join(words))}")]


def cut_lines(outcomes: Sequence[Outcome], width: int | None) -> list[Text]:
    """Which checks are as expected though the search did not cover everything."""
    texts = [
        f"{one.summary.name}: {one.summary.conclusion}"
        for one in outcomes
        if one.standing is Standing.EXPECTED and one.summary.is_cut
    ]
    return [line for text in texts for line in broken(Text(clean(text)), width, 4)]


def note_lines(outcomes: Sequence[Outcome], width: int | None) -> list[Text]:
    """What is to be known of the checks beside what came of them."""
    return [
        line
        for one in outcomes
        for note in one.summary.notes
        for line in broken(
            Text(f"Note on {clean(one.summary.name)}: {clean(note)}", style="yellow"), width, 4
        )
    ]


def change_lines(changes: Changes, width: int | None) -> list[Text]:
    """What changed since the baseline, check by check."""
    lines: list[Text] = []
    since = clean(changes.since)
    for name, found in changes.found.items():
        if found is None:
            lines += broken(Text(f"{clean(name)} is new: it is not in {since}"), width, 4)
        elif found:
            title = Text(f"{clean(name)}, since {since}", style="bold")
            lines += [*broken(title, width, 4), *difference_lines(found, width), Text()]
    for name in changes.gone:
        lines += broken(Text(f"{clean(name)} is gone: it is in {since} only"), width, 4)
    return lines if lines[-1].plain else lines[:-1]


def conclusion_lines(
    outcomes: Sequence[Outcome], changes: Changes | None, width: int | None
) -> list[Text]:
    """What it all comes to."""
    count = f"{len(outcomes)} check{'' if len(outcomes) == 1 else 's'}"
    lines: list[Text] = []
    for standing, said in (
        (Standing.UNEXPECTED, "NOT AS EXPECTED"),
        (Standing.UNDECIDED, "INCOMPLETE"),
    ):
        names = [clean(one.summary.name) for one in outcomes if one.standing is standing]
        if names:
            text = Text(f"{said}  {len(names)} of {count}: {', '.join(names)}")
            text.stylize(f"bold {COLOURS[standing]}")
            lines += broken(text, width, 2)
    if not lines:
        each = "as expected" if len(outcomes) == 1 else "all as expected"
        lines += broken(Text(f"AS EXPECTED  {count}, {each}", style="bold green"), width, 2)
    if changes:
        differ = sum(1 for found in changes.found.values() if found is None or found)
        differ += len(changes.gone)
        told = (
            f"{differ} check{'' if differ == 1 else 's'} changed" if differ else "nothing changed"
        )
        lines += broken(Text(f"{told} since {clean(changes.since)}"), width, 2)
    return lines


def _violation_lines(
    found: PropertySummary, told: Sequence[PropertySummary], width: int | None
) -> list[Text]:
    name, steps = clean(found.name), f"{found.steps} step{'' if found.steps == 1 else 's'}"
    title = f"  {name} is violated after {steps}"
    if found.witness:
        title = f"  {name} is violated: it was never reached"
        title += "" if found.steps is None else f"; the nearest that was, after {steps}"
    lines = broken(Text(title, style="bold"), width, 4)
    same = next((one for one in told if found.story and one.story == found.story), None)
    if same:
        lines += broken(Text(f"    the same steps as above: {clean(same.name)}"), width, 6)
    else:
        lines += _story_lines(found, width)
    lines += _told(f"Why: {clean(found.explanation)}", width) if found.explanation else []
    for fact in found.clash:
        place = f"step {fact.step}" if fact.step else "at first"
        lines += broken(Text(f"    {place:<9}{clean(fact.text)}"), width, indent=13)
    for absent in found.absent:
        lines += broken(Text(f"    {'':<9}not: {clean(absent)}"), width, indent=13)
    return lines


def _story_lines(found: PropertySummary, width: int | None) -> list[Text]:
    """The steps: number, who, what, and what changed."""
    if not found.story:
        return [Text("    (the initial state, before any step)")] if found.steps == 0 else []
    number = len(str(len(found.story)))
    flow = min(max(len(clean(step.who)) for step in found.story), (width or ROOM) // 3)
    longest = max(len(clean(step.what)) for step in found.story)
    what = min(longest, max((width or ROOM) // 3, 12))
    lines = []
    for at, step in enumerate(found.story, 1):
        head = Text(f"    {at:>{number}}  ", style="dim")
        head.append(f"{clean(step.who):<{flow}}  ", style="cyan")
        head.append(f"{clean(step.what):<{what}}  ", style="bold")
        head.append(clean("; ".join(step.changes)))
        head.rstrip()
        lines += broken(head, width, indent=number + flow + what + 10)
    return lines


def _told(text: str, width: int | None) -> list[Text]:
    return broken(Text(f"  {text}"), width, indent=7)
