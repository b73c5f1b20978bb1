"""The form of schedules: their options and steps, checked before any step is taken.

A schedule is JSON: {"options": {...}, "steps": [...]}. `schedules` takes the steps.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...explorer.errors import UsageError
from .rules import PUBLISHED, SOUND, Rules
from .wire import EXACT, MOST_LETTERS, Json, WireError, json_value, number

MOST_TICKS = 1_000
"""Ticks that one step may ask for."""


class ScheduleError(UsageError):
    """A schedule that cannot be followed: what is wrong, in which step and line."""


class Options(NamedTuple):
    """What islanders are made with: the size that parliament grows to, the time between two pings
    and until someone is given up, and the rules that they follow."""

    parliament_size: int = 5
    ping: float = 1000
    timeout: float = 5000
    rules: Rules = SOUND

    def document(self) -> Json:
        """The options as JSON; "sound" lists the rules."""
        named = dict(zip(_OPTIONS, self[:3], strict=True))
        sound = [name for name, kept in self.rules._asdict().items() if kept]
        return named | ({"sound": sound} if sound else {})

    @classmethod
    def read(cls, given: Json) -> Options:
        """The options that JSON says; the published rules, unless it has "sound".

        Raises ScheduleError.
        """
        _check_json(given, "options")
        if not isinstance(given, dict):
            raise ScheduleError('"options" must be an object.')
        for name, value in given.items():
            if name not in (*_OPTIONS, "sound"):
                raise ScheduleError(
                    f"there is no option {_shown(name)}; there are {_list(_OPTIONS)} and sound."
                )
            kinds = (int,) if name == "parliamentSize" else (int, float)
            if name != "sound" and not (_is_a(value, kinds) and 1 <= value <= EXACT):
                raise ScheduleError(
                    f"the option {name} must be a number from 1; got {_shown(value)}."
                )
        named = {_OPTIONS[name]: value for name, value in given.items() if name != "sound"}
        return cls(rules=_rules(given.get("sound", [])))._replace(**named)


DEFAULTS = Options()
"""The options of those that say none: by them the protocol is sound."""

_OPTIONS = {"parliamentSize": "parliament_size", "ping": "ping", "timeout": "timeout"}


@dataclass(frozen=True)
class Schedule:
    """A schedule, read and found well formed; `lines` say in which line of its file each step
    begins."""

    options: Options
    steps: tuple[Json, ...]
    lines: tuple[int, ...]

    def refuse(self, number: int, problem: object) -> ScheduleError:
        """The error that step `number`, counted from 0, cannot be taken."""
        return ScheduleError(f"line {self.lines[number]}, step {number}: {problem}")


def read_schedule(text: str) -> Schedule:
    """The schedule that `text` holds. Raises ScheduleError with the line that is wrong."""
    try:
        document = read_json(text)
    except _NumberError as error:
        raise ScheduleError(f"line {_line_of_word(text, error.word)}: {error}.") from error
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise ScheduleError(
            f"line {line}: this is not whole JSON; was it cut off? ({error})"
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("steps"), list):
        raise ScheduleError('line 1: a schedule is a JSON object with "steps", a list.')
    try:
        options = Options.read(document.get("options", {}))
    except ScheduleError as error:
        raise ScheduleError(f"line 1: {error}") from error
    steps = tuple(document["steps"])
    schedule = Schedule(options, steps, _lines(text, len(steps)))
    for at, step in enumerate(steps):
        try:
            check_step(step)
        except ScheduleError as error:
            raise schedule.refuse(at, error) from error
    return schedule


def is_schedule(document: Json) -> bool:
    """Whether a JSON document looks like a schedule, and not like a saved trace of a model."""
    return isinstance(document, dict) and "steps" in document and "format" not in document


def schedule_text(options: Options, steps: Iterable[Json]) -> str:
    """A schedule as the text of a file, one step a line."""
    lines = ",\n".join(json.dumps(step, separators=(",", ":")) for step in steps)
    return f'{{"options": {json.dumps(options.document())}, "steps": [\n{lines}\n]}}\n'


def read_json(text: str) -> Json:
    """JSON, its numbers as JavaScript reads them: the nearest doubles, 1.0 the same as 1.

    Raises ValueError, also for NaN and what is beyond all doubles, and RecursionError.
    """
    return json.loads(text, parse_constant=_no_constant, parse_float=_number, parse_int=_number)


# -- steps ----------------------------------------------------------------------------------------

_Kinds = tuple[type, ...]
_TEXT: _Kinds = (str,)

_FIELDS: dict[str, dict[str, _Kinds]] = {
    "new": {"id": _TEXT},
    "reboot": {"id": _TEXT},
    "kill": {"id": _TEXT},
    "bootstrap": {"id": _TEXT},
    "join": {"id": _TEXT},
    "embark": {"at": _TEXT, "id": _TEXT},
    "acclimate": {"id": _TEXT},
    "enqueue": {"at": _TEXT, "body": (object,)},
    "deliver": {"msg": _TEXT, "to": _TEXT},
    "drop": {"msg": _TEXT, "to": _TEXT},
    "respond": {"msg": _TEXT},
    "fire": {"at": _TEXT},
    "check": {"at": _TEXT},
    "clock": {},
    "settle": {},
    "tick": {},
}
"""The operations, and the fields that each of them must have."""

_OPTIONAL: dict[str, _Kinds] = {
    "again": (bool,),
    "acclimated": (bool,),
    "key": _TEXT,
    "method": _TEXT,
    "now": (int, float),
    "by": (int, float),
    "count": (int,),
    "down": (list,),
    "hold": (list,),
    "only": (list,),
}

_MOST = {"now": EXACT, "by": EXACT, "count": MOST_TICKS}
_CALLED = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list of strings",
}


def check_step(step: Json) -> None:
    """Raise ScheduleError if `step`, as it stands, is none."""
    _check_json(step, "a step")
    if not isinstance(step, dict) or not isinstance(step.get("op"), str):
        raise ScheduleError(f'a step is an object with "op", a string; got {_shown(step)}.')
    op = step["op"]
    if op not in _FIELDS:
        raise ScheduleError(f"there is no op {_shown(op)}; there are {_list(_FIELDS)}.")
    for name in _FIELDS[op]:
        if name not in step:
            raise ScheduleError(f"{op} needs {name!r}.")
    if op == "clock" and ("now" in step) == ("by" in step):
        raise ScheduleError("clock needs either 'now' or 'by'.")
    for name, value in step.items():
        kinds = _FIELDS[op].get(name) or _OPTIONAL.get(name, (object,))
        if object not in kinds:
            _check_field(f"{name!r} of {op}", value, kinds, _MOST.get(name))


def _check_json(value: Any, path: str) -> None:
    try:
        json_value(value, path)
    except WireError as error:
        raise ScheduleError(str(error)) from error


def _check_field(name: str, value: Any, kinds: _Kinds, most: float | None) -> None:
    texts = value if isinstance(value, list) else (value,)
    is_list = list in kinds
    if not _is_a(value, kinds) or (is_list and not all(isinstance(one, str) for one in texts)):
        raise ScheduleError(f"{name} must be {_CALLED[kinds[-1]]}; got {_shown(value)}.")
    if any(isinstance(one, str) and len(one) > MOST_LETTERS for one in texts):
        raise ScheduleError(f"{name} has more than {MOST_LETTERS:,} letters.")
    if most is not None and not 0 <= value <= most:
        raise ScheduleError(f"{name} must be from 0 to {most:,}; got {_shown(value)}.")


def _rules(names: Json) -> Rules:
    known = Rules._fields
    if not isinstance(names, list) or not all(name in known for name in names):
        raise ScheduleError(
            f"the option sound must list rules among {_list(known)}; got {_shown(names)}."
        )
    return PUBLISHED._replace(**dict.fromkeys(names, True))


def _lines(text: str, count: int) -> tuple[int, ...]:
    """The line that each step begins in; `text` is an object that has as many "steps"."""
    at = _inside_steps(text)
    line, lines = 1 + text.count("\n", 0, at), []
    for _ in range(count):
        begin = _next(text, at)
        line += text.count("\n", at, begin)
        lines.append(line)
        _, at = _DECODER.raw_decode(text, begin)
        line += text.count("\n", begin, at)
    return tuple(lines)


def _inside_steps(text: str) -> int:
    """Where the list of steps begins; if there are two of that name, the last one counts."""
    at, inside = _next(text, text.index("{") + 1), 0
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        at = _next(text, at)
        inside = at + 1 if key == "steps" else inside
        _, at = _DECODER.raw_decode(text, at)
        at = _next(text, at)
    return inside


def _line_of_word(text: str, word: str) -> int:
    """The line of JSON in which `word` comes first outside strings; it may be the beginning of a
    longer one."""
    found = next(found for found in _WORD.finditer(text) if found[0].startswith(word))
    return 1 + text.count("\n", 0, found.start())


def _next(text: str, at: int) -> int:
    """Where the next value begins, or the object around it ends."""
    gap = _GAP.match(text, at)
    return gap.end() if gap else at


_DECODER = json.JSONDecoder()
_GAP = re.compile(r"[\s,:]*")
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s",:\[\]{}]+')


class _NumberError(ValueError):
    """`word` stands where a number should, and is none that can be taken."""

    def __init__(self, word: str, problem: str) -> None:
        super().__init__(f"{word if len(word) <= 40 else word[:37] + '...'} {problem}")
        self.word = word


def _no_constant(name: str) -> None:
    raise _NumberError(name, "is no JSON, which has only finite numbers")


def _number(text: str) -> float:
    double = float(text)
    if math.isinf(double):
        raise _NumberError(text, "is beyond the greatest number, 1.8e308")
    return number(double, text)


def _is_a(value: Any, kinds: _Kinds) -> bool:
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=repr)
    return text if len(text) <= 60 else text[:57] + "..."
