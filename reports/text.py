"""Results for a terminal, a log or a pipe: readable at 80 columns, with and without colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from rich.text import Text

from ..explorer import Fact, PropertyResult, Result, Simulation, Trace, Verdict
from .conclusion import conclusion
from .words import changes, clean, event_parts, fact_text

MARKS = {Verdict.HOLDS: "✓", Verdict.VIOLATED: "✗", Verdict.INCOMPLETE: "?"}
STYLES = {Verdict.HOLDS: "green", Verdict.VIOLATED: "red", Verdict.INCOMPLETE: "yellow"}


def result_lines(result: Result, width: int | None) -> list[Text]:
    """The verdicts, the counts and what they come to. `width` None: lines are not broken."""
    return _lines(result, _counts(result), width)


def simulation_lines(simulation: Simulation, width: int | None) -> list[Text]:
    """The same of random walks, with the seed that repeats them."""
    return _lines(simulation, _walk_counts(simulation), width)


def violation_lines(
    found: PropertyResult, width: int | None, shown: Sequence[PropertyResult] = ()
) -> list[Text]:
    """A violated property: the trace that leads there, and why it is violated. Steps that are those
    of a property `shown` before are not told again."""
    if found.trace is None:
        return []
    name = clean(found.name)
    if found.witness:
        title = f"{name}: the nearest that was reached, after {_count(len(found.trace), 'step')}"
    else:
        title = f"{name} is violated after {_count(len(found.trace), 'step')}"
    lines = broken(Text(title, style="bold"), width, indent=2)
    same = next((one for one in shown if _same_steps(one.trace, found.trace)), None)
    if same is not None:
        steps = broken(Text(f"  the same steps as above: {clean(same.name)}"), width, indent=4)
    else:
        steps = trace_lines(found.trace, width)
    lines += [Text(), *steps, Text()]
    listed = "; ".join([*map(str, found.facts), *(f"not: {fact}" for fact in found.absent)])
    why = "these facts clash" if found.explanation == listed else found.explanation
    lines += broken(Text(f"Why: {clean(why)}"), width, indent=5)
    made = {fact: since(found.trace, fact) for fact in found.facts}
    for fact, step in sorted(made.items(), key=lambda item: item[1]):
        place = f"step {step}" if step else "at first"
        lines += broken(Text(f"  {place:<9}{fact_text(fact)}"), width, indent=11)
    for fact in found.absent:
        lines += broken(Text(f"  {'':<9}not: {fact_text(fact)}"), width, indent=11)
    return lines


def _same_steps(one: Trace | None, other: Trace) -> bool:
    if one is None or one.labels != other.labels:
        return False
    begins, other_begins = (trace.semantics.view(trace.initial) for trace in (one, other))
    return repr(begins) == repr(other_begins)


def trace_lines(trace: Trace, width: int | None) -> list[Text]:
    """A trace, one step a line: number, who, what, and what changed by it.

    With a `width` what does not fit goes on in the last column, else every step is one line.
    """
    rows = [(*event_parts(step.event), "; ".join(changes(step))) for step in trace]
    if not rows:
        return [Text("   (the initial state, before any step)")]
    number = len(str(len(rows)))
    flow = max(len(who) for who, _, _ in rows)
    what = min(max(len(text) for _, text, _ in rows), max((width or 10**6) // 3, 12))
    lines = []
    for at, (who, text, change) in enumerate(rows, 1):
        head = Text(f"  {at:>{number}}  ", style="dim")
        head.append(f"{who:<{flow}}  ", style="cyan")
        head.append(f"{text:<{what}}  ", style="bold")
        head.append(change)
        head.rstrip()
        lines += broken(head, width, indent=number + flow + what + 8)
    return lines


def _lines(result: Result | Simulation, counts: Iterable[str], width: int | None) -> list[Text]:
    lines = [_verdict_line(found) for found in result.properties.values()]
    lines = [part for line in lines for part in broken(line, width, indent=13)]
    lines += [Text(), *(part for text in counts for part in broken(Text(text), width, indent=2))]
    lines += [Text()] if result.notes else []
    for note in result.notes:
        lines += broken(Text(f"Note: {clean(note)}", style="yellow"), width, indent=6)
    return [*lines, Text(), *broken(_conclusion(result), width, indent=2)]


def _verdict_line(found: PropertyResult) -> Text:
    style = STYLES[found.verdict]
    line = Text(f"{MARKS[found.verdict]} ", style=style)
    line.append(f"{found.verdict.value:<11}", style=style)
    line.append(clean(found.name))
    steps = "" if found.steps is None else _count(found.steps, "step")
    if found.witness and found.verdict is Verdict.HOLDS:
        line.append(f" (reached in {steps})", style="dim")
    elif found.witness and found.verdict is Verdict.VIOLATED:
        line.append(f": {clean(found.explanation)}")
    elif found.verdict is Verdict.VIOLATED:
        line.append(f" (in {steps})")
    return line


def _counts(result: Result) -> Iterable[str]:
    yield (
        f"{_count(result.states, 'state')}, {_count(result.transitions, 'transition')}, "
        f"depth {result.depth}, {result.terminal:,} terminal"
    )
    if result.interleavings is not None:
        noun = "interleaving" if result.interleavings == 1 else "interleavings"
        yield f"{_large(result.interleavings)} {noun}, all covered"
    elif result.cyclic:
        yield "endless interleavings (the state graph has a cycle), all covered"
    yield (
        f"{_count(result.handler_calls, 'handler call')}, "
        f"{_count(result.fact_sets, 'fact set')} judged, {result.seconds:.2f} s "
        f"({result.engine} engine)"
    )


def _walk_counts(simulation: Simulation) -> Iterable[str]:
    yield (
        f"seed {simulation.seed}: {_count(simulation.walks, 'walk')}, "
        f"{_count(simulation.steps, 'step')}, longest {simulation.longest:,}, "
        f"{simulation.ended:,} ended in a terminal state"
    )
    yield (
        f"{_count(simulation.handler_calls, 'handler call')}, "
        f"{_count(simulation.fact_sets, 'fact set')} judged, {simulation.seconds:.2f} s "
        f"(random walks)"
    )


def _conclusion(result: Result | Simulation) -> Text:
    verdict, said = result.verdict, f"{result.model.name}: {conclusion(result)}"
    return Text(f"{verdict.value.upper()}  {clean(said)}", style=f"bold {STYLES[verdict]}")


def since(trace: Trace, fact: Fact) -> int:
    """The step that last made `fact` true before the end; 0 if it was true from the start."""
    for number in range(len(trace), 0, -1):
        if fact in trace.steps[number - 1].facts:
            return number
    return 0


def broken(line: Text, width: int | None, indent: int) -> list[Text]:
    """`line`, broken into lines of at most `width` columns, all but the first indented."""
    if width is None or line.cell_len <= width:
        return [line]
    indent = min(indent, width // 2)
    pieces = wrap(
        line.plain,
        width,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    )
    first, rest = pieces[0], pieces[1:]
    head = line[: len(first)]
    return [head, *(Text(piece, style=line.style) for piece in rest)]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _large(number: int) -> str:
    """A number exactly, or, from a quintillion on, as a power of ten."""
    return (
        f"{number:,}"
        if number < 10**18
        else f"{number / 10 ** (len(str(number)) - 1):.3f}e{len(str(number)) - 1}"
    )
