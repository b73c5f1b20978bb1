"""How a trace differs from the one it is compared with, told from the saved JSON alone.

Steps are aligned in two passes: first those that are the same throughout, action and outcome;
then, in the gaps between them, those of which only the action is the same. What is left was
removed or added. Two traces that part in nothing but the order of their steps are recognised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from rich.text import Text

from .encoding import Json, exactly
from .json_words import choices, differences, step_parts, value_text
from .text import broken
from .words import clean

WAS, NOW = "was", "now"
"""What stands above the numbers of the steps in the old trace and in the new one."""

CONTEXT = 2
"""How many steps that are as before are shown around one that is not."""

WIDEST = 24
"""Columns that those who take part in a step are given at most, to stand in line."""

SAME, CHANGED, REMOVED, ADDED = " ", "~", "-", "+"
STYLES = {SAME: "", CHANGED: "yellow", REMOVED: "red", ADDED: "green"}

UNTOLD = "what differs is told in the same words"


class Row(NamedTuple):
    """One step of either trace, or of both: its numbers in the old and in the new one, counted
    from 1, and None where it is not there."""

    mark: str
    old: int | None
    new: int | None


def same_trace(old: Json, new: Json) -> bool:
    """Whether two saved traces, or lists of saved steps, begin in the same state and take the same
    steps with the same outcomes. What they are traces of is not compared."""
    begins_alike = not _begin_differences(_initial(old), _initial(new))
    return begins_alike and list(map(_whole, _steps(old))) == list(map(_whole, _steps(new)))


def diff_lines(old: Json, new: Json, width: int | None) -> list[Text]:
    """What became of a saved trace, or list of saved steps: a line that sums it up, and the steps,
    with those that are as before folded. `width` None: lines are not broken.

    "-" marks steps that were removed, "+" those that were added, and "~" the same action with
    another outcome, followed by what differs. The two numbers are the steps' in the old trace and
    in the new one; a line above says so.
    """
    before, after = _steps(old), _steps(new)
    begun = _begin_differences(_initial(old), _initial(new))
    rows = align(before, after)
    summary = Text(_summary(before, after, rows, bool(begun)), style="bold")
    lines = broken(summary, width, indent=2)
    for text in begun:
        told = Text(f"{CHANGED} at first  {text}", style=STYLES[CHANGED])
        lines += broken(told, width, indent=12)
    if any(row.mark != SAME for row in rows):
        lines += _row_lines(before, after, rows, width)
    return lines


def _row_lines(
    before: list[Json], after: list[Json], rows: list[Row], width: int | None
) -> Iterator[Text]:
    digits = max(len(str(max(len(before), len(after)))), len(WAS), len(NOW))
    indent = 2 * digits + 7  # two more than what stands before the words of a step
    flow = min(max(len(step_parts(step)[0]) for step in (*before, *after)), WIDEST)
    moved = _moved(before, after, rows)
    yield Text(f"  {WAS:>{digits}} {NOW:>{digits}}  step", style="dim")
    for row in _folded(rows):
        if isinstance(row, int):
            count = f"{_steps_text(row)} as before"
            yield Text(f"  {'…':>{digits}} {'…':>{digits}}  {count}", style="dim")
            continue
        style = STYLES[row.mark]
        number = f"{row.old or '':>{digits}} {row.new or '':>{digits}}"
        step = after[row.new - 1] if row.new else before[(row.old or 0) - 1]
        who, what = step_parts(step)
        chosen = "".join(f", chooses {one}" for one in choices(step))
        told = f"{row.mark} {number}  {who:<{flow}}  {what}{chosen}{moved.get(row, '')}"
        yield from broken(Text(told, style=style), width, indent=indent)
        if row.mark == CHANGED and row.old:
            for text in list(_outcome_differences(before[row.old - 1], step)) or [UNTOLD]:
                yield from broken(Text(" " * indent + text, style=style), width, indent=indent + 2)


def align(old: Sequence[Json], new: Sequence[Json]) -> list[Row]:
    """The steps of both traces in one order that keeps the order of each."""
    rows: list[Row] = []
    one, other = list(map(_whole, old)), list(map(_whole, new))
    for same, i1, i2, j1, j2 in _blocks(one, other):
        if same:
            rows += [Row(SAME, i + 1, j1 + i - i1 + 1) for i in range(i1, i2)]
            continue
        actions = [_action(step) for step in old[i1:i2]], [_action(step) for step in new[j1:j2]]
        for alike, a1, a2, b1, b2 in _blocks(*actions):
            if alike:
                rows += [Row(CHANGED, i1 + a + 1, j1 + b1 + a - a1 + 1) for a in range(a1, a2)]
                continue
            rows += [Row(REMOVED, i1 + a + 1, None) for a in range(a1, a2)]
            rows += [Row(ADDED, None, j1 + b + 1) for b in range(b1, b2)]
    return rows


def _blocks(one: list[str], other: list[str]) -> Iterator[tuple[bool, int, int, int, int]]:
    """Ranges of both lists, in order, and whether they match. What they begin and end with in
    common always does."""
    start, least = 0, min(len(one), len(other))
    while start < least and one[start] == other[start]:
        start += 1
    end = 0
    while end < least - start and one[-1 - end] == other[-1 - end]:
        end += 1
    stop, other_stop = len(one) - end, len(other) - end
    if start:
        yield True, 0, start, 0, start
    matcher = SequenceMatcher(None, one[start:stop], other[start:other_stop], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        yield tag == "equal", start + i1, start + i2, start + j1, start + j2
    if end:
        yield True, stop, len(one), other_stop, len(other)


def _summary(before: list[Json], after: list[Json], rows: list[Row], begun: bool) -> str:
    count = Counter(row.mark for row in rows)
    if len(rows) == count[SAME]:
        begin = ", from another initial state" if begun else ""
        return f"the same {_steps_text(len(after))}{begin}"
    if Counter(map(_whole, before)) == Counter(map(_whole, after)):
        return f"the same {_steps_text(len(after))} in another order"
    if count[REMOVED] and Counter(map(_action, before)) == Counter(map(_action, after)):
        return f"the same {_steps_text(len(after))} in another order, and some with another outcome"
    told = {
        "as before": SAME,
        "with another outcome": CHANGED,
        "removed": REMOVED,
        "added": ADDED,
    }
    parts = [f"{count[mark]} {text}" for text, mark in told.items() if count[mark]]
    was = "" if len(before) == len(after) else f", were {len(before)}"
    return f"{_steps_text(len(after))}{was}: {', '.join(parts)}"


def _moved(before: list[Json], after: list[Json], rows: list[Row]) -> dict[Row, str]:
    """For steps that were removed in one place and added in another: where they went."""
    added: dict[str, list[Row]] = {}
    for row in rows:
        if row.mark == ADDED and row.new:
            added.setdefault(_action(after[row.new - 1]), []).append(row)
    told = {}
    for row in rows:
        if row.mark != REMOVED or not row.old:
            continue
        there = added.get(_action(before[row.old - 1]))
        if there:
            to = there.pop(0)
            told[row] = f"  (now step {to.new})"
            told[to] = f"  (was step {row.old})"
    return told


def _folded(rows: list[Row]) -> Iterator[Row | int]:
    """The rows; in place of those that are as before, and far from any that are not, how many."""
    differ = [at for at, row in enumerate(rows) if row.mark != SAME]
    near = {at + by for at in differ for by in range(-CONTEXT, CONTEXT + 1)}
    skipped = 0
    for at, row in enumerate(rows):
        if at not in near:
            skipped += 1
            continue
        if skipped:
            yield skipped
        skipped = 0
        yield row
    if skipped:
        yield skipped


def _begin_differences(old: Json, new: Json) -> list[str]:
    """Where two initial states part; nothing, if one of them is not known."""
    if old is None or new is None or exactly(old) == exactly(new):
        return []
    ours, theirs = old.get("actors") or {}, new.get("actors") or {}
    told = [f"{clean(actor)} is gone" for actor in ours if actor not in theirs]
    told += [f"{clean(actor)} is new" for actor in theirs if actor not in ours]
    for actor in theirs:
        if actor in ours:
            local = _local_differences(ours[actor], theirs[actor])
            told += [f"{clean(actor)}: {text}" for text in local]
    flying = old.get("network"), new.get("network")
    told += _envelope_differences(*flying, "no longer in flight", "in flight")
    told += differences("faults", old.get("faults"), new.get("faults"))
    return told or [UNTOLD]


def _outcome_differences(old: Json, new: Json) -> Iterator[str]:
    """Where the outcomes of two steps with the same action part."""
    yield from _local_differences(old.get("after") or {}, new.get("after") or {})
    yield from _envelope_differences(old.get("sent"), new.get("sent"), "no longer sends", "sends")


def _local_differences(old: Json, new: Json) -> Iterator[str]:
    yield from differences("", old.get("fields"), new.get("fields"))
    for key, gone, come in (
        ("timers", "timer no longer armed:", "timer armed:"),
        ("recorded", "no longer records", "records"),
    ):
        ours, theirs = Counter(_texts(old.get(key))), Counter(_texts(new.get(key)))
        yield from (clean(f"{gone} {one}") for one in (ours - theirs).elements())
        yield from (clean(f"{come} {one}") for one in (theirs - ours).elements())
    yield from differences("status", old.get("status", "up"), new.get("status", "up"))


def _texts(listed: Json) -> list[str]:
    return [one if isinstance(one, str) else value_text(one) for one in listed or ()]


def _envelope_differences(old: Json, new: Json, gone: str, come: str) -> Iterator[str]:
    ours, theirs = _envelopes(old), _envelopes(new)
    for said, envelopes in ((gone, ours - theirs), (come, theirs - ours)):
        for (sender, receiver, message), copies in envelopes.items():
            times = f" ×{copies}" if copies > 1 else ""
            yield f"{said} {clean(f'{sender} → {receiver}')} {message}{times}"
    texts = [[exactly(one) for one in listed or ()] for listed in (old, new)]
    if texts[0] != texts[1] and sorted(texts[0]) == sorted(texts[1]):
        yield f"{come} the same in another order"


def _envelopes(listed: Json) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for one in listed or ():
        ends = str(one.get("sender")), str(one.get("receiver"))
        found[(*ends, value_text(one.get("message")))] += int(one.get("copies", 1))
    return found


def _steps(trace: Json) -> list[Json]:
    return list(trace["steps"] if isinstance(trace, dict) else trace)


def _initial(trace: Json) -> Json:
    return trace.get("initial") if isinstance(trace, dict) else None


def _whole(step: Json) -> str:
    """A step as something to compare: its action and its outcome."""
    return exactly([_action(step), step.get("after"), step.get("sent")])


def _action(step: Json) -> str:
    """What names a step among those of its state. Which option was chosen counts, not how it was
    shown."""
    named = {
        key: step.get(key) for key in ("action", "actor", "sender", "message", "timer", "side")
    }
    chosen = [[one.get("option"), one.get("of")] for one in step.get("choices") or ()]
    return exactly([named, chosen])


def _steps_text(count: int) -> str:
    return f"{count} step{'' if count == 1 else 's'}"
