"""Words for traces that are only JSON: what a saved step says, with no model at hand.

The texts are those of a live trace (`words`, `explorer.freeze.show`): a message reads
`Prepare(1)`, a step ("p1 → a1", "Prepare(1)"). Only classes that put themselves into words of
their own cannot be followed there; they are told field by field. A file may say anything: what is
no encoded value is shown as the JSON that it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..explorer.events import Crash, Duplicate, Lose, Recover, Stop
from .encoding import Json
from .words import clean

VERBS = {
    "lose": Lose.verb,
    "duplicate": Duplicate.verb,
    "crash": Crash.verb,
    "stop": Stop.verb,
    "recover": Recover.verb,
    "heal": "heals",
}
LONG = 4096
"""Bits from which on an int is written in hexadecimal, as Python refuses to write it in decimal."""

_BRACKETS = {"#set": ("{", "}"), "#frozenset": ("{", "}"), "#tuple": ("(", ")")}


def value_text(encoded: Json) -> str:
    """An encoded value as one would write it: `Promise(1, ('x', 2))`."""
    try:
        return clean(_text(encoded))
    except RecursionError:
        return "…"


def step_parts(step: Json) -> tuple[str, str]:
    """Who takes part in a saved step, and what it is: ("p1 → a1", "Prepare(1)")."""
    kind, actor = str(step.get("action")), str(step.get("actor") or "network")
    if "sender" in step:
        verb = VERBS.get(kind, "" if kind == "deliver" else f"({kind})")
        who = f"{step['sender']} → {actor}"
        return clean(who), f"{value_text(step.get('message'))} {clean(verb)}".rstrip()
    if kind == "timeout":
        return clean(actor), clean(f"timer {step.get('timer')!r} fires")
    if kind == "cut":
        return clean(actor), clean(f"cuts {', '.join(map(str, _list(step.get('side'))))} off")
    return clean(actor), clean(VERBS.get(kind, kind))


def step_text(step: Json) -> str:
    """A saved step in one line: `p1 → a1 Prepare(1)`, `a1: timer 'retry' fires`."""
    who, what = step_parts(step)
    chosen = "".join(f", chooses {shown}" for shown in choices(step))
    return f"{who}{' ' if 'sender' in step else ': '}{what}{chosen}"


def choices(step: Json) -> list[str]:
    """What a saved step chose, in the words it was shown in."""
    given = _list(step.get("choices"))
    return [
        clean(str(one.get("shown", one.get("option")) if isinstance(one, dict) else one))
        for one in given
    ]


def _list(value: Json) -> list[Json]:
    """What should be a list, and may be missing or anything in a file."""
    return value if isinstance(value, list) else [] if value is None else [value]


def differences(path: str, old: Json, new: Json) -> Iterator[str]:
    """Where two encoded values part, a line each: `voted.ballot: 1 → 2`. Fields that only one of
    them has are told as `count: 0 (new)` and `count: 0 (gone)`. Without a path they are the fields
    of an actor."""
    if _exactly(old) == _exactly(new):
        return
    if not _have_names(old, new):
        yield clean(f"{path or 'fields'}: {value_text(old)} → {value_text(new)}")
        return
    for name in [*old, *(name for name in new if name not in old)]:
        inner = f"{path}.{name}" if path else name
        if name not in new:
            yield clean(f"{inner}: {value_text(old[name])} (gone)")
        elif name not in old:
            yield clean(f"{inner}: {value_text(new[name])} (new)")
        else:
            yield from differences(inner, old[name], new[name])


def _have_names(old: Json, new: Json) -> bool:
    """Whether both are records of one class, or both a part of a state; what they have is named."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return False
    marks, others = ([key for key in one if key.startswith("#")] for one in (old, new))
    alike = marks == others == ["#record"] and old["#record"] == new["#record"]
    return alike or not (marks or others)


def _exactly(value: Json) -> str:
    return json.dumps(value, sort_keys=True)  # in which true is not 1, as in a state


def _text(encoded: Any) -> str:
    if isinstance(encoded, list):
        return f"[{_listed(encoded)}]"
    if isinstance(encoded, dict):
        return _tagged(encoded)
    return _number(encoded) if type(encoded) is int else repr(encoded)


def _tagged(encoded: dict[str, Any]) -> str:
    """The text of an object, which says in its first key what it is."""
    mark = next(iter(encoded), "")
    inner = encoded.get(mark)
    if mark == "#record":
        return f"{inner}({_listed([v for name, v in encoded.items() if name != mark])})"
    if mark == "#enum":
        member = encoded.get("value")
        return f"{inner}.{member}" if isinstance(member, str) else f"{inner}({member})"
    if mark == "#dict" and isinstance(inner, list) and all(map(_is_pair, inner)):
        return "{" + ", ".join(f"{_text(key)}: {_text(value)}" for key, value in inner) + "}"
    if mark in _BRACKETS and isinstance(inner, list):
        if not inner and mark != "#tuple":
            return f"{mark[1:]}()"
        opening, closing = _BRACKETS[mark]
        comma = "," if mark == "#tuple" and len(inner) == 1 else ""
        return f"{opening}{_listed(inner)}{comma}{closing}"
    if mark in ("#int", "#bytes") and isinstance(inner, str):
        try:
            return _number(int(inner, 16)) if mark == "#int" else repr(bytes.fromhex(inner))
        except ValueError:
            pass  # no such value: shown as it is
    return json.dumps(encoded, ensure_ascii=False)


def _number(value: int) -> str:
    return hex(value) if value.bit_length() > LONG else str(value)


def _is_pair(item: Json) -> bool:
    return isinstance(item, list) and len(item) == 2


def _listed(parts: list[Any]) -> str:
    return ", ".join(map(_text, parts))
