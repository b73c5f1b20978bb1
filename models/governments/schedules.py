"""Runs of islanders, step by step: following schedules, and writing them down.

A schedule says which islander does what, when, and which messages arrive; a trace says, one JSON
object a step, what came of it. The same schedule always makes the same trace. `Run` takes steps as
they come and keeps them: what a program did with islanders can be saved as a schedule, and replays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from . import wire
from .errors import ProtocolError
from .islander import Islander
from .json_numbers import with_numbers_of_javascript
from .records import Answer, Entry, Packet, Request
from .schedule_format import (
    DEFAULTS,
    Options,
    Schedule,
    ScheduleError,
    check_step,
    is_schedule,
    read_json,
    read_schedule,
    schedule_text,
)
from .wire import Json

__all__ = [
    "Options",
    "Run",
    "Schedule",
    "ScheduleError",
    "is_schedule",
    "line_of",
    "read_schedule",
    "schedule_text",
    "trace_of",
]

MOST_PARTS = 20_000
"""Steps after which `settle` is given up: a network that never comes to rest."""


def trace_of(schedule: Schedule) -> Iterator[Json]:
    """What each step of a schedule does, in order. Raises ScheduleError where one cannot be."""
    run = Run(schedule.options)
    for number, step in enumerate(schedule.steps):
        try:
            yield from run.take(step)
        except ScheduleError as error:
            raise schedule.refuse(number, error) from error


def line_of(step: Json) -> str:
    """A step of a trace as it is written: one line, keys sorted, numbers as in JavaScript."""
    text = json.dumps(step, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return with_numbers_of_javascript(text)


@dataclass(eq=False)
class _Inhabitant:
    """An islander with its clock; None in its place once it is dead."""

    islander: Islander | None
    clock: float
    prefix: str
    sent: int = 0


@dataclass(eq=False)
class _Pulse:
    """A packet on its way, with the answers so far; a lost one is None."""

    sender: _Inhabitant
    packet: Packet
    answers: dict[str, Answer | None] = field(default_factory=dict)


class Run:
    """Islanders, their clocks and what is on its way between them.

    `take` takes a step and keeps it; `schedule_text` is all that was taken, as a file.
    """

    def __init__(self, options: Options = DEFAULTS) -> None:
        self.options = options
        self._steps: list[str] = []
        self._inhabitants: dict[str, _Inhabitant] = {}
        self._generations: dict[str, int] = {}
        self._prefixes: set[str] = set()
        self._pulses: dict[str, _Pulse] = {}
        self._waiting: dict[str, _Pulse] = {}
        self._latest: float = 0

    @property
    def islanders(self) -> dict[str, Islander]:
        """The islanders that are alive, by id."""
        living = self._inhabitants.items()
        return {id: one.islander for id, one in living if one.islander is not None}

    @property
    def in_flight(self) -> dict[str, tuple[str, ...]]:
        """The messages whose sender was not given the answers, and who has not answered."""
        return {
            name: tuple(to for to, _ in pulse.packet.requests if to not in pulse.answers)
            for name, pulse in self._waiting.items()
        }

    def take(self, step: Json) -> list[Json]:
        """Take a step, and return what it does: one object, or one for each step of a macro.

        Numbers in it are doubles: a whole number from 2**53 counts as the nearest one. Raises
        ScheduleError if the step cannot be; it changes nothing then and is not kept. Of a macro
        that fails on the way, the steps so far are kept.
        """
        step, number = _copied(step), len(self._steps)
        check_step(step)
        if step["op"] not in ("settle", "tick"):
            lines = [self._step(str(number), step)]
            self._keep(step)
            return lines
        lines = []
        try:
            for part in self._expanded(step):
                lines.append(self._step(f"{number}.{len(lines)}", part))
        except ScheduleError:
            for line in lines:
                self._keep(line["op"])
            raise
        self._keep(step)
        return lines

    def schedule_document(self) -> Json:
        """All steps that were taken, and the options, as the JSON of a schedule."""
        return {"options": self.options.document(), "steps": [*map(json.loads, self._steps)]}

    def schedule_text(self) -> str:
        """The same as the text of a file."""
        return schedule_text(self.options, map(json.loads, self._steps))

    def _keep(self, step: Json) -> None:
        self._steps.append(json.dumps(step))

    # -- macros: each primitive step is run before the next one is asked for ---------------------

    def _expanded(self, step: Json) -> Iterator[Json]:
        for _ in range(step.get("count", 1) if step["op"] == "tick" else 1):
            if step["op"] == "tick":
                yield {"op": "clock", "by": 1}
            yield from self._settle(step)

    def _settle(self, step: Json) -> Iterator[Json]:
        for number, part in enumerate(self._until_rest(step)):
            if number == MOST_PARTS:
                raise ScheduleError(f"the network did not come to rest in {MOST_PARTS:,} steps.")
            yield part

    def _until_rest(self, step: Json) -> Iterator[Json]:
        down, only, held = step.get("down", []), step.get("only"), step.get("hold", [])
        active = True
        while active:
            active = False
            for id, one in list(self._inhabitants.items()):
                if one.islander is None or id in down or (only is not None and id not in only):
                    continue
                before = one.islander.calendar
                active = active or bool(before and before[0].when <= one.clock)
                yield {"op": "check", "at": id, "now": one.clock}
                while one.islander is not None and (pending := self._pending(one, held)):
                    active = True
                    yield from self._complete(pending, down)

    def _pending(self, one: _Inhabitant, held: list[str]) -> str | None:
        for name, pulse in self._waiting.items():
            method = wire.METHODS[type(pulse.packet.cookie.message)]
            if pulse.sender is one and name not in held and method not in held:
                return name
        return None

    def _complete(self, name: str, down: list[str]) -> Iterator[Json]:
        pulse = self._pulses[name]
        for to, _ in pulse.packet.requests:
            if to in pulse.answers:
                continue
            one = self._inhabitants.get(to)
            if to in down or one is None or one.islander is None:
                yield {"op": "drop", "msg": name, "to": to}
            else:
                yield {"op": "deliver", "msg": name, "to": to, "now": one.clock}
        yield {"op": "respond", "msg": name, "now": pulse.sender.clock}

    # -- primitive steps -------------------------------------------------------------------------

    def _step(self, name: str, step: Json) -> Json:
        line: Json = {"step": name, "op": step, "committed": [], "outbox": []}
        getattr(self, f"_{step['op']}")(step, line)
        line["tops"] = {
            id: str(one.islander.top) if one.islander else "dead"
            for id, one in self._inhabitants.items()
        }
        return line

    def _new(self, step: Json, line: Json) -> None:
        if step["id"] in self._inhabitants:
            raise ScheduleError(f"there is an islander {step['id']!r} already.")
        self._settle_in(step, step["id"])

    def _reboot(self, step: Json, line: Json) -> None:
        id = step["id"]
        self._one(id)
        generation = self._generations.get(id, 0) + 1
        self._settle_in(step, f"{id}.{generation}")
        self._generations[id] = generation

    def _settle_in(self, step: Json, prefix: str) -> None:
        id, now = step["id"], step.get("now", self._latest)
        if now < self._latest:
            raise ScheduleError(
                f"the clock of {id!r} would go back, from {self._latest} to {now}: it starts at "
                f"the greatest time used so far."
            )
        if prefix in self._prefixes:
            raise ScheduleError(
                f"the messages of {id!r} would be called {prefix}#1 and so on, as those of another."
            )
        self._prefixes.add(prefix)
        self._inhabitants[id] = _Inhabitant(Islander(id, *self.options), now, prefix)
        self._latest = now

    def _kill(self, step: Json, line: Json) -> None:
        one = self._one(step["id"])
        if one.islander is None:
            line["skipped"] = "dead"
        one.islander = None

    def _clock(self, step: Json, line: Json) -> None:
        moved = {
            id: step.get("now", one.clock + step.get("by", 0))
            for id, one in self._inhabitants.items()
        }
        for id, now in moved.items():
            self._check_clock(id, now)
        for id, now in moved.items():
            self._move(id, now)

    def _bootstrap(self, step: Json, line: Json) -> None:
        id, republic, properties = step["id"], _republic(step), _properties(step)
        self._act(step, line, id, lambda i, now: i.bootstrap(republic, now, properties))

    def _join(self, step: Json, line: Json) -> None:
        republic, cookie = _republic(step), wire.json_value(step.get("cookie", 0))
        self._act(step, line, step["id"], lambda i, now: i.join(republic, cookie))

    def _acclimate(self, step: Json, line: Json) -> None:
        self._act(step, line, step["id"], lambda i, now: i.acclimate())

    def _embark(self, step: Json, line: Json) -> None:
        id, republic, properties = step["id"], _republic(step), _properties(step)
        cookie = wire.json_value(step.get("cookie", 0))
        acclimated = step.get("acclimated", False)

        def embark(islander: Islander, now: float) -> None:
            result = islander.embark(now, republic, id, cookie, properties, acclimated)
            line["result"] = wire.enqueued(result)

        self._act(step, line, step["at"], embark)

    def _enqueue(self, step: Json, line: Json) -> None:
        republic, body = _republic(step), wire.json_value(step["body"])

        def enqueue(islander: Islander, now: float) -> None:
            line["result"] = wire.enqueued(islander.enqueue(now, republic, body))

        self._act(step, line, step["at"], enqueue)

    def _check(self, step: Json, line: Json) -> None:
        def check(islander: Islander, now: float) -> None:
            # Not Islander.check, which does not say what it ran if an assertion fails.
            while (waiting := islander.calendar) and waiting[0].when <= now:
                line.setdefault("fired", []).append(wire.timer(waiting[0]))
                islander.fire(now, waiting[0])

        self._act(step, line, step["at"], check)

    def _fire(self, step: Json, line: Json) -> None:
        one = self._one(step["at"])
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
        self._act(moved, line, step["at"], lambda i, now: i.fire(now, timer))

    def _deliver(self, step: Json, line: Json) -> None:
        pulse, to = self._pulse(step["msg"]), step["to"]
        request = self._request(step["msg"], to)
        again = step.get("again", False)
        if not again and to in pulse.answers:
            line["skipped"] = "delivered already"
            return
        answer: Answer | None = None

        def take(islander: Islander, now: float) -> None:
            nonlocal answer
            answer = islander.request(now, request)

        line["response"] = None
        self._act(step, line, to, take, skips=False)
        line["response"] = answer and wire.answer(answer)
        if not again:
            pulse.answers[to] = answer

    def _drop(self, step: Json, line: Json) -> None:
        pulse = self._pulse(step["msg"])
        self._request(step["msg"], step["to"])
        if step["msg"] not in self._waiting:
            line["skipped"] = "answered already"
            return
        pulse.answers[step["to"]] = None

    def _respond(self, step: Json, line: Json) -> None:
        pulse = self._pulse(step["msg"])
        if step["msg"] not in self._waiting:
            line["skipped"] = "answered already"
            return
        sender, cookie = pulse.packet.sender, pulse.packet.cookie
        if pulse.sender.islander is None or pulse.sender is not self._inhabitants[sender]:
            line["skipped"] = "sender gone"
            return
        self._act(step, line, sender, lambda i, now: i.response(now, cookie, pulse.answers))
        del self._waiting[step["msg"]]

    def _act(self, step: Json, line: Json, id: str, act: _Act, skips: bool = True) -> None:
        """Have an islander do something, and note all that comes of it."""
        one = self._one(id)
        if one.islander is None:
            if skips:
                line["skipped"] = "dead"
            return
        self._move(id, step.get("now", one.clock))
        line["at"], line["now"] = id, one.clock
        islander = one.islander
        before = islander.entries
        try:
            act(islander, float(one.clock))  # it reckons with doubles, as JavaScript does
        except (ProtocolError, AssertionError):
            line["error"] = True
            one.islander = None
        else:
            line["calendar"] = [wire.timer(timer) for timer in islander.calendar]
        line["committed"] = [wire.entry(entry) for entry in _since(before, islander.entries)]
        for packet in islander.outbox:
            one.sent += 1
            name = f"{one.prefix}#{one.sent}"
            self._pulses[name] = self._waiting[name] = _Pulse(one, packet)
            line["outbox"].append(wire.packet(packet, name))
        islander.outbox = ()

    def _one(self, id: str) -> _Inhabitant:
        if id not in self._inhabitants:
            there = ", ".join(self._inhabitants) or "none yet"
            raise ScheduleError(f"there is no islander {id!r}; there are {there}.")
        return self._inhabitants[id]

    def _pulse(self, name: str) -> _Pulse:
        if name not in self._pulses:
            raise ScheduleError(f"there never was a message {name!r}.")
        return self._pulses[name]

    def _request(self, name: str, to: str) -> Request:
        for one, request in self._pulse(name).packet.requests:
            if one == to:
                return request
        raise ScheduleError(f"{name} is not addressed to {to!r}.")

    def _check_clock(self, id: str, now: float) -> None:
        clock = self._one(id).clock
        if now < clock:
            raise ScheduleError(f"the clock of {id!r} would go back, from {clock} to {now}.")

    def _move(self, id: str, now: float) -> None:
        self._check_clock(id, now)
        now = wire.number(float(now), "now")
        self._one(id).clock = now
        self._latest = max(self._latest, now)


_Act: TypeAlias = Callable[[Islander, float], None]


def _since(before: tuple[Entry, ...], after: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The entries that were appended."""
    newest = before[-1]
    return after[after.index(newest) + 1 :] if newest in after else after


def _republic(step: Json) -> Any:
    return wire.json_value(step.get("republic", 1))


def _properties(step: Json) -> Any:
    return wire.json_value(step.get("properties", {"location": step["id"]}))


def _copied(step: Json) -> Json:
    """A copy of a step, as it will be read from a file."""
    try:
        return read_json(json.dumps(step, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ScheduleError(f"a step must be JSON ({error}).") from error
