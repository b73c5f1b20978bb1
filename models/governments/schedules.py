"""Schedules: runs of islanders written down step by step, and the traces that they make.

A schedule says which islander does what, when, and which messages arrive; a trace says, one JSON
object a step, what came of it. The same schedule always makes the same trace.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...explorer.errors import UsageError
from . import wire
from .errors import ProtocolError
from .islander import Islander
from .records import Answer, Packet
from .rules import PUBLISHED, Rules
from .wire import Json


class ScheduleError(UsageError):
    """A schedule that cannot be followed: what is wrong, in which step and line."""


_FIELDS: dict[str, dict[str, tuple[type, ...]]] = {
    "new": {"id": (str,)},
    "reboot": {"id": (str,)},
    "kill": {"id": (str,)},
    "bootstrap": {"id": (str,)},
    "join": {"id": (str,)},
    "embark": {"at": (str,), "id": (str,)},
    "acclimate": {"id": (str,)},
    "enqueue": {"at": (str,), "body": (object,)},
    "deliver": {"msg": (str,), "to": (str,)},
    "drop": {"msg": (str,), "to": (str,)},
    "respond": {"msg": (str,)},
    "fire": {"at": (str,)},
    "check": {"at": (str,)},
    "clock": {},
    "settle": {},
    "tick": {},
}
"""The operations, and the fields that each of them must have."""

_OPTIONAL: dict[str, tuple[type, ...]] = {
    "again": (bool,),
    "acclimated": (bool,),
    "key": (str,),
    "method": (str,),
    "now": (int, float),
    "by": (int, float),
    "count": (int,),
    "down": (list,),
    "hold": (list,),
    "only": (list,),
}

OPTIONS = {"parliamentSize": 5, "ping": 1000, "timeout": 5000}
"""The options of a schedule, and what they are if nothing is said."""

MOST_ROUNDS = 10_000
"""Rounds after which `settle` is given up: a network that never comes to rest."""


@dataclass(frozen=True)
class Schedule:
    """A schedule, read and found well formed; `lines` say in which line of its file each step
    begins. `rules` are those its islanders follow."""

    options: dict[str, Any]
    steps: tuple[Json, ...]
    lines: tuple[int, ...]
    rules: Rules = PUBLISHED

    def refuse(self, number: int, problem: str) -> ScheduleError:
        return ScheduleError(f"line {self.lines[number]}, step {number}: {problem}")


def read_schedule(text: str) -> Schedule:
    """The schedule that `text` holds. Raises ScheduleError with the line that is wrong."""
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise ScheduleError(f"line {line}: this is not whole JSON ({error}).") from error
    if not isinstance(document, dict) or not isinstance(document.get("steps"), list):
        raise ScheduleError('line 1: a schedule is a JSON object with "steps", a list.')
    given = document.get("options", {})
    if not isinstance(given, dict):
        raise ScheduleError('line 1: "options" must be an object.')
    for name, value in given.items():
        if name not in (*OPTIONS, "sound"):
            raise ScheduleError(f"line 1: there is no option {name!r}; there are {_list(OPTIONS)}.")
        if name in OPTIONS and not (_is_number(value) and value >= 1):
            raise ScheduleError(
                f"line 1: the option {name} must be a number from 1; got {value!r}."
            )
    rules = _rules(given.get("sound", []))
    lines = _lines(text, len(document["steps"]))
    schedule = Schedule({**OPTIONS, **given}, tuple(document["steps"]), lines, rules)
    for number, step in enumerate(schedule.steps):
        problem = _problem(step)
        if problem:
            raise schedule.refuse(number, problem)
    return schedule


def is_schedule(document: Any) -> bool:
    """Whether a JSON document looks like a schedule."""
    return isinstance(document, dict) and "steps" in document and "format" not in document


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _rules(names: Any) -> Rules:
    if not isinstance(names, list) or not set(names) <= set(Rules._fields):
        raise ScheduleError(
            f"line 1: the option sound must list rules among {_list(Rules._fields)}; got {names!r}."
        )
    return Rules(**dict.fromkeys(names, True))


def _problem(step: Json) -> str | None:
    """What is wrong with a step by itself."""
    if not isinstance(step, dict) or not isinstance(step.get("op"), str):
        return f'a step is an object with "op"; got {json.dumps(step)[:60]}.'
    if step["op"] not in _FIELDS:
        return f"there is no op {step['op']!r}; there are {_list(_FIELDS)}."
    needed = _FIELDS[step["op"]]
    for name in needed:
        if name not in step:
            return f"{step['op']} needs {name!r}."
    if step["op"] == "clock" and ("now" in step) == ("by" in step):
        return "clock needs either 'now' or 'by'."
    fields: dict[str, Any] = step
    for name, value in fields.items():
        kinds = needed.get(name) or _OPTIONAL.get(name, (object,))
        wrong_bool = isinstance(value, bool) and bool not in kinds and object not in kinds
        if not isinstance(value, kinds) or wrong_bool:
            return f"{name!r} of {step['op']} must be a {kinds[0].__name__}; got {value!r}."
        if name in ("by", "count", "now") and value < 0:
            return f"{name!r} of {step['op']} must not be negative; got {value!r}."
    return None


def _lines(text: str, count: int) -> tuple[int, ...]:
    """The line that each step begins in."""
    start = re.search(r'"steps"\s*:\s*\[', text)
    decoder, at, lines = json.JSONDecoder(), start.end() if start else 0, []
    for _ in range(count):
        space = re.compile(r"[\s,]*").match(text, at)
        at = space.end() if space else at
        lines.append(text.count("\n", 0, at) + 1)
        try:
            _, at = decoder.raw_decode(text, at)
        except ValueError:  # "steps" stood within a string before
            return (1,) * count
    return tuple(lines)


def _list(names: Any) -> str:
    return ", ".join(names)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# -- running --------------------------------------------------------------------------------------


@dataclass
class _Inhabitant:
    """An islander with its clock; None in its place once it is dead."""

    islander: Islander | None
    clock: float
    prefix: str
    sent: int = 0


@dataclass
class _Pulse:
    """A packet on its way, with the answers so far; a lost one is None."""

    sender: _Inhabitant
    packet: Packet
    delivered: set[str] = field(default_factory=set)
    answers: dict[str, Answer | None] = field(default_factory=dict)
    done: bool = False


class Run:
    """A run of a schedule."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._inhabitants: dict[str, _Inhabitant] = {}
        self._generations: dict[str, int] = {}
        self._pulses: dict[str, _Pulse] = {}
        self._latest: float = 0

    @property
    def islanders(self) -> dict[str, Islander]:
        """The islanders that are alive, by id."""
        living = self._inhabitants.items()
        return {id: one.islander for id, one in living if one.islander is not None}

    def trace(self) -> Iterator[Json]:
        """What each step does. Raises ScheduleError where a step cannot be."""
        for number, step in enumerate(self.schedule.steps):
            if step["op"] in ("settle", "tick"):
                for part, primitive in enumerate(self._expanded(step)):
                    yield self._step(number, f"{number}.{part}", primitive)
            else:
                yield self._step(number, str(number), step)

    # -- macros: each primitive step is run before the next one is asked for ---------------------

    def _expanded(self, step: Json) -> Iterator[Json]:
        for _ in range(step.get("count", 1) if step["op"] == "tick" else 1):
            if step["op"] == "tick":
                yield {"op": "clock", "by": 1}
            yield from self._settle(step)

    def _settle(self, step: Json) -> Iterator[Json]:
        down, only = step.get("down", []), step.get("only")
        held = step.get("hold", [])
        for _ in range(MOST_ROUNDS):
            active = False
            for id, one in list(self._inhabitants.items()):
                if one.islander is None or id in down or (only is not None and id not in only):
                    continue
                before = one.islander.calendar
                active = active or bool(before and before[0].when <= one.clock)
                yield {"op": "check", "at": id, "now": one.clock}
                while pending := self._pending(one, held):
                    active = True
                    yield from self._complete(pending, down)
            if not active:
                return
        raise ScheduleError(f"settle did not come to rest in {MOST_ROUNDS:,} rounds.")

    def _pending(self, one: _Inhabitant, held: list[str]) -> str | None:
        for name, pulse in self._pulses.items():
            method = wire.message(pulse.packet.cookie.message)["method"]
            if pulse.sender is one and not pulse.done and name not in held and method not in held:
                return name
        return None

    def _complete(self, name: str, down: list[str]) -> Iterator[Json]:
        pulse = self._pulses[name]
        for to, _ in pulse.packet.requests:
            if to in pulse.answers:
                continue
            if to in down or self._inhabitants[to].islander is None:
                yield {"op": "drop", "msg": name, "to": to}
            else:
                now = self._inhabitants[to].clock
                yield {"op": "deliver", "msg": name, "to": to, "now": now}
        yield {"op": "respond", "msg": name, "now": pulse.sender.clock}

    # -- primitive steps -------------------------------------------------------------------------

    def _step(self, number: int, name: str, step: Json) -> Json:
        line: Json = {"step": name, "op": step, "committed": [], "outbox": []}
        getattr(self, f"_{step['op']}")(number, step, line)
        line["tops"] = {
            id: str(one.islander.top) if one.islander else "dead"
            for id, one in self._inhabitants.items()
        }
        return line

    def _new(self, number: int, step: Json, line: Json) -> None:
        if step["id"] in self._inhabitants:
            raise self.schedule.refuse(number, f"there is an islander {step['id']!r} already.")
        self._inhabitants[step["id"]] = self._inhabitant(step["id"], step["id"])

    def _reboot(self, number: int, step: Json, line: Json) -> None:
        id = step["id"]
        clock = self._one(number, id).clock
        self._generations[id] = generation = self._generations.get(id, 0) + 1
        self._inhabitants[id] = self._inhabitant(id, f"{id}.{generation}")
        self._inhabitants[id].clock = max(clock, self._latest)

    def _inhabitant(self, id: str, prefix: str) -> _Inhabitant:
        options = self.schedule.options
        islander = Islander(
            id,
            options["parliamentSize"],
            options["ping"],
            options["timeout"],
            self.schedule.rules,
        )
        return _Inhabitant(islander, self._latest, prefix)

    def _kill(self, number: int, step: Json, line: Json) -> None:
        one = self._one(number, step["id"])
        if one.islander is None:
            line["skipped"] = "dead"
        one.islander = None

    def _clock(self, number: int, step: Json, line: Json) -> None:
        for id in self._inhabitants:
            one = self._inhabitants[id]
            self._move(number, id, step.get("now", one.clock + step.get("by", 0)))

    def _bootstrap(self, number: int, step: Json, line: Json) -> None:
        id = step["id"]
        properties = wire.json_value(step.get("properties", {"location": id}))
        republic = wire.json_value(step.get("republic", 1))
        self._act(number, step, line, id, lambda i, now: i.bootstrap(republic, now, properties))

    def _join(self, number: int, step: Json, line: Json) -> None:
        republic = wire.json_value(step.get("republic", 1))
        cookie = wire.json_value(step.get("cookie", 0))
        self._act(number, step, line, step["id"], lambda i, now: i.join(republic, cookie))

    def _acclimate(self, number: int, step: Json, line: Json) -> None:
        self._act(number, step, line, step["id"], lambda i, now: i.acclimate())

    def _embark(self, number: int, step: Json, line: Json) -> None:
        id = step["id"]
        republic, cookie = (
            wire.json_value(step.get(n, d)) for n, d in (("republic", 1), ("cookie", 0))
        )
        properties = wire.json_value(step.get("properties", {"location": id}))
        acclimated = step.get("acclimated", False)

        def embark(islander: Islander, now: float) -> None:
            result = islander.embark(now, republic, id, cookie, properties, acclimated)
            line["result"] = _result(result)

        self._act(number, step, line, step["at"], embark)

    def _enqueue(self, number: int, step: Json, line: Json) -> None:
        republic, body = wire.json_value(step.get("republic", 1)), wire.json_value(step["body"])

        def enqueue(islander: Islander, now: float) -> None:
            line["result"] = _result(islander.enqueue(now, republic, body))

        self._act(number, step, line, step["at"], enqueue)

    def _check(self, number: int, step: Json, line: Json) -> None:
        def check(islander: Islander, now: float) -> None:
            fired = islander.check(now)
            if fired:
                line["fired"] = [wire.timer(timer) for timer in fired]

        self._act(number, step, line, step["at"], check)

    def _fire(self, number: int, step: Json, line: Json) -> None:
        one = self._one(number, step["at"])
        calendar = one.islander.calendar if one.islander else ()
        key, method = step.get("key"), step.get("method")
        timer = next((t for t in calendar if key is None or t.key == key), None)
        if timer is None:
            line["skipped"] = "no timer" if one.islander else "dead"
            return
        if method is not None and wire.timer(timer)["body"]["method"] != method:
            line["skipped"] = "another timer"
            return
        line["fired"] = [wire.timer(timer)]
        now = max(one.clock, timer.when)
        moved = {"now": now} | step
        self._act(number, moved, line, step["at"], lambda i, now: i.fire(now, timer))

    def _deliver(self, number: int, step: Json, line: Json) -> None:
        pulse, to = self._pulse(number, step["msg"]), step["to"]
        request = dict(pulse.packet.requests).get(to)
        if request is None:
            raise self.schedule.refuse(number, f"{step['msg']} is not addressed to {to!r}.")
        again = step.get("again", False)
        if not again and to in pulse.answers:
            line["skipped"] = "delivered already"
            return
        answer: Answer | None = None

        def take(islander: Islander, now: float) -> None:
            nonlocal answer
            answer = islander.request(now, request)

        line["response"] = None
        self._act(number, step, line, to, take, skips=False)
        line["response"] = answer and wire.answer(answer)
        if not again:
            pulse.answers[to] = answer

    def _drop(self, number: int, step: Json, line: Json) -> None:
        pulse = self._pulse(number, step["msg"])
        if step["to"] not in dict(pulse.packet.requests):
            raise self.schedule.refuse(number, f"{step['msg']} is not addressed to {step['to']!r}.")
        if pulse.done:
            line["skipped"] = "answered already"
            return
        pulse.answers[step["to"]] = None

    def _respond(self, number: int, step: Json, line: Json) -> None:
        pulse = self._pulse(number, step["msg"])
        if pulse.done:
            line["skipped"] = "answered already"
            return
        if pulse.sender.islander is None or pulse.sender not in self._inhabitants.values():
            line["skipped"] = "sender gone"
            return
        pulse.done = True
        cookie, answers = pulse.packet.cookie, pulse.answers
        sender = pulse.packet.sender
        self._act(number, step, line, sender, lambda i, now: i.response(now, cookie, answers))

    def _act(
        self, number: int, step: Json, line: Json, id: str, act: Any, skips: bool = True
    ) -> None:
        """Have an islander do something, and note all that comes of it."""
        one = self._one(number, id)
        if one.islander is None:
            if skips:
                line["skipped"] = "dead"
            return
        self._move(number, id, step.get("now", one.clock))
        line["at"], line["now"] = id, one.clock
        islander = one.islander
        before = islander.entries
        try:
            act(islander, one.clock)
        except ProtocolError:
            line["error"] = True
            one.islander = None
        else:
            line["calendar"] = [wire.timer(timer) for timer in islander.calendar]
        line["committed"] = [wire.entry(entry) for entry in _since(before, islander.entries)]
        for packet in islander.outbox:
            one.sent += 1
            name = f"{one.prefix}#{one.sent}"
            self._pulses[name] = _Pulse(one, packet)
            line["outbox"].append(wire.packet(packet, name))
        islander.outbox = ()

    def _one(self, number: int, id: str) -> _Inhabitant:
        if id not in self._inhabitants:
            there = _list(self._inhabitants) or "none yet"
            raise self.schedule.refuse(number, f"there is no islander {id!r}; there are {there}.")
        return self._inhabitants[id]

    def _pulse(self, number: int, name: str) -> _Pulse:
        if name not in self._pulses:
            raise self.schedule.refuse(number, f"there never was a message {name!r}.")
        return self._pulses[name]

    def _move(self, number: int, id: str, now: float) -> None:
        one = self._one(number, id)
        if now < one.clock:
            raise self.schedule.refuse(
                number, f"the clock of {id!r} would go back, from {one.clock} to {now}."
            )
        one.clock = now
        self._latest = max(self._latest, now)


def _since(before: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[Any, ...]:
    """The entries that were appended."""
    newest = before[-1]
    return after[after.index(newest) + 1 :] if newest in after else after


def _result(result: dict[str, Any]) -> Json:
    return {
        name: str(value) if name == "promise" else wire.plain(value)
        for name, value in result.items()
    }


def line_of(step: Json) -> str:
    """A step of a trace as it is written: one line, keys sorted."""
    return json.dumps(step, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
