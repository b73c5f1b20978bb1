"""Why a check is red, and why it is green: when each property held, how the witnesses were reached,
and what never ran."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ..explorer import Result, Trace, Verdict
from ..explorer.coverage import CaseRuns, Coverage
from .text import broken, trace_lines
from .truth import TruthRow, truth_table
from .words import clean

HELD, NOT, UNKNOWN, BEFORE = "✓", "✗", "?", "·"
"""Marks: true, an invariant that is not, the solver does not know, a witness that is not yet."""


def truth_lines(trace: Trace, width: int | None) -> list[Text]:
    """A line for each property, with a mark for the initial state and one for each step; where
    they are too many for the width the table goes on below."""
    rows = truth_table(trace)
    names = max(len(clean(row.name)) for row in rows)
    names = min(names, width // 2) if width else names
    steps = len(trace) + 1
    room = max((width or 10**6) - names - 4, 10)
    lines = broken(Text("What held at first, and after each step", style="bold"), width, 2)
    for begin in range(0, steps, room):
        end = min(begin + room, steps)
        lines += [Text(), _ruler(begin, end, names + 4)]
        lines += [_row(row, begin, end, names) for row in rows]
    return lines


def _ruler(begin: int, end: int, indent: int) -> Text:
    """The numbers of the steps, every fifth of them, where there is room."""
    text = ""
    for at in range(begin, end):
        if at % 5 == 0 and at - begin >= len(text) and at + len(str(at)) <= end:
            text = text.ljust(at - begin) + str(at)
    return Text(" " * indent + text, style="dim")


def _row(row: TruthRow, begin: int, end: int, names: int) -> Text:
    name = clean(row.name)
    name = name if len(name) <= names else name[: names - 1] + "…"
    line = Text(f"  {name:<{names}}  ")
    for value in row.values[begin:end]:
        if value is None:
            line.append(UNKNOWN, style="yellow")
        elif value:
            line.append(HELD, style="green")
        else:
            line.append(BEFORE if row.witness else NOT, style="dim" if row.witness else "red")
    return line


def witness_lines(result: Result, width: int | None) -> list[Text]:
    """A shortest way to each witness that was reached."""
    lines: list[Text] = []
    for found in result.properties.values():
        if not found.witness or found.verdict is not Verdict.HOLDS or found.trace is None:
            continue
        count = len(found.trace)
        title = f"{clean(found.name)}: reached in {count} step{'' if count == 1 else 's'}"
        lines += [*broken(Text(title, style="bold"), width, 2), Text()]
        lines += [*trace_lines(found.trace, width), Text()]
    return lines


def coverage_lines(result: Result, width: int | None) -> list[Text]:
    """What ran, how often, and what did not; what became of the messages; which facts were seen."""
    coverage = result.coverage
    lines = broken(Text("What ran, for how many local states and events", style="bold"), width, 2)
    lines += [part for line in _case_lines(coverage) for part in broken(line, width, 10)]
    for name in coverage.unread:
        lines += broken(
            Text(f"  ?  {clean(name)}: its source cannot be read", style="yellow"), width, 5
        )
    lines += [Text(), *broken(Text("What arrived, and was ignored", style="bold"), width, 2)]
    for one in coverage.messages:
        line = Text(f"  {one.delivered:>6}  {one.ignored:>6}  ")
        line.append(clean(f"{one.kind} to {one.receiver}"))
        if one.problem:
            line.append(f": {one.problem}", style="yellow")
        lines += broken(line, width, 18)
    facts = ", ".join(f"{count:,} {clean(name)}" for name, count in coverage.relations)
    told = f"{result.fact_sets:,} fact set{'' if result.fact_sets == 1 else 's'} judged"
    lines += [Text(), *broken(Text(f"{told}, of facts: {facts or 'none'}"), width, 2)]
    return lines


def _case_lines(coverage: Coverage) -> Iterator[Text]:
    told = ""
    for case, pairs in coverage.cases:
        if case.text and case.place.function != told:
            yield Text(f"          {clean(case.place.function)}")
        told = case.place.function
        text = f"  case {case.text}" if case.text else told
        yield _case_line(CaseRuns(case, pairs), text)


def _case_line(ran: CaseRuns, text: str) -> Text:
    if ran.pairs:
        return Text(f"  {ran.pairs:>6}  {clean(text)}")
    return Text(f"   never  {clean(text)}", style="yellow")
