"""Recording: what islanders do in a trace of the model, as a schedule of the real ones.

The schedule founds and settles the government that the model begins with, and then has the
islanders do what the members did. Whatever the model leaves out, the islanders do in full, and
after every step theirs and the member's state are compared: where they differ the model is wrong.

Time hardly passes. A timer fires at its time, unless its islander would find by then that somebody
has been gone for too long, which never happens in the model: then the clock stands still.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...explorer import Deliver, IslanderError, Model, Timeout, Trace, UsageError
from ...explorer.trace import TraceStep
from .islander import Islander
from .member import GIVE_UP, NEXT_ROUND, SILENCE, Member, timer_name
from .messages import Ask, Embark, Enqueue, Number, Tell
from .schedules import Options, Run
from .settled import PING, PINGS, settled
from .wire import Json

LONG = 1000 * PING
"""The timeout of the recorded islanders: none elapses by the passing of pings."""

COMPARED = (
    "government",
    "promised",
    "constituency",
    "committed",
    "acclimating",
    "unreachable",
    "writer",
    "recorder",
    "shaper",
)
"""What must be equal in a member and in the islander that stands for it."""


class RecordingError(IslanderError):
    """A member and the islander that stands for it differ: the model abstracts from too much."""


class Recording(NamedTuple):
    """A trace as a schedule, also as the text of a file, and the lines that the schedule makes."""

    schedule: Json
    text: str
    lines: tuple[Json, ...]


def schedule_of(trace: Trace) -> Json:
    """The schedule by which islanders do what the members do in `trace`, a trace of `governments`.

    Raises UsageError if it is a trace of another model, and RecordingError if islanders do
    something else.
    """
    return recorded(trace).schedule


def recorded(trace: Trace) -> Recording:
    """The same, with what the islanders did. Raises as `schedule_of` does."""
    recorder = _Recorder(members_of(trace.model))
    recorder.settle()
    for number, step in enumerate(trace, 1):
        try:
            recorder.take(step)
        except RecordingError as error:
            raise RecordingError(f"{trace.model.name}, step {number}: {error}") from error
    run = recorder.run
    return Recording(run.schedule_document(), run.schedule_text(), tuple(recorder.lines))


def members_of(model: Model) -> dict[str, Member]:
    """The islanders of a model of governments. Raises UsageError if it is another model."""
    members = {id: one for id, one in model.actors.items() if isinstance(one, Member)}
    if not members:
        raise UsageError(
            f"model {model.name!r} has no islanders, and only what islanders do can be written as "
            f"a schedule; it can for the model governments."
        )
    return members


@dataclass(eq=False)
class _Sent:
    """A packet: its name, and those who were given its requests."""

    name: str
    delivered: set[str] = field(default_factory=set)


class _Recorder:
    """Drives a run of islanders along the steps of members.

    Packets are known by their sender and the number of its pulse: a number names the newest.
    """

    def __init__(self, members: dict[str, Member]) -> None:
        self.members = members
        first = next(iter(members.values()))
        self.rules = first.rules
        self.run = Run(Options(first.parliament_size, PING, LONG, first.rules))
        self.lines: list[Json] = []
        self.clocks: dict[str, float] = {}
        self.packets: dict[tuple[str, Number], _Sent] = {}
        self.new: list[str] = []  # those sent in the present step

    def do(self, op: str, **fields: Any) -> list[Json]:
        lines = self.run.take({"op": op, **fields})
        for line in lines:
            if "at" in line:
                self.clocks[line["at"]] = line["now"]
            self.new += [packet["msg"] for packet in line["outbox"]]
        self.lines += lines
        return lines

    # -- the settled government -------------------------------------------------------------------

    def settle(self) -> None:
        """What `settled` does."""
        founders = [id for id, one in self.members.items() if not one.embarks]
        founder, *others = founders
        for id in self.members:
            self.do("new", id=id)
        self.do("bootstrap", id=founder, properties=None)
        for id in self.members:
            if id != founder:
                self.do("join", id=id)
        for id in others:
            self.do("embark", at=founder, id=id, acclimated=True, properties=None)
            self._until_level()
        self._until_level()
        expected = settled(len(founders), len(self.members) - len(founders), self.rules)
        for id, islander in expected.items():
            self._compare(islander, self._islander(id))

    def _until_level(self) -> None:
        self.do("settle")
        self.do("tick", count=PINGS - 1)
        self.do("clock", by=PING)

    # -- steps of members -------------------------------------------------------------------------

    def take(self, step: TraceStep) -> None:
        """Have an islander do what a member does in `step`."""
        event = step.event
        if not isinstance(event, (Deliver, Timeout)):
            return  # a message is lost: it is never delivered
        before, after = step.before.copy(), step.after.copy()
        if not isinstance(before, Member) or not isinstance(after, Member) or before.broken:
            return
        self.new = []
        begun = len(self.lines)
        if isinstance(event, Timeout):
            self._time_out(step.actor, event.name, before, after)
        else:
            self._receive(step.actor, event, before)
        failed = any(line.get("error") for line in self.lines[begun:])
        if failed or after.broken:
            if not (failed and after.broken):
                raise _different(step.actor, "an assertion fails", after.broken or "no", failed)
            return
        self._name_packets(step)
        islander = self._islander(step.actor)
        self._compare(after, islander)
        armed = {(timer.key, timer.event) for timer in islander.calendar}
        if armed != {(timer.key, timer.event) for timer in after.calendar}:
            raise _different(step.actor, "calendar", after.calendar, islander.calendar)

    def _receive(self, me: str, event: Deliver, before: Member) -> None:
        match event.message:
            case Ask(number, _):
                self._deliver(self._packet(event.sender, number), me)
                if event.sender == me:
                    self._hear(me, number, before, me)
            case Tell(number, _):
                self._hear(me, number, before, event.sender)
            case Enqueue(body):
                self.do("enqueue", at=me, body=body)
            case Embark(id):
                self.do("embark", at=me, id=id, acclimated=True, properties=None)

    def _hear(self, me: str, number: Number, before: Member, sender: str) -> None:
        """An answer, kept with its packet: it is given once it is the last."""
        pulse = before.pulse_of(number)
        if pulse is not None and pulse.cookie is not None and pulse.waits == (sender,):
            self._respond(self._packet(me, number), pulse.missing)

    def _time_out(self, me: str, name: str, before: Member, after: Member) -> None:
        if name == SILENCE:
            self._hear_nothing(me, after)
        elif name.startswith((GIVE_UP, NEXT_ROUND)):
            given_up = before.named_by(name)
            waiting = after.pulse_of(given_up.number)
            if waiting is None or not waiting.waits:
                self._respond(self._packet(me, given_up.number), given_up.waits)
        else:
            self._fire(me, next(t.key for t in before.calendar if timer_name(t) == name))

    def _hear_nothing(self, me: str, after: Member) -> None:
        """The own ping, which those that have disappeared do not answer."""
        self._fire(me, me)
        if not self.new:
            raise _different(me, "a ping", "one is sent", "none is sent")
        ping, self.new = _Sent(self.new[0]), self.new[1:]
        for to in self.run.in_flight[ping.name]:
            if after.government.arrival(to) not in after.disappeared:
                self._deliver(ping, to)
        self._respond(ping, ())

    def _fire(self, me: str, key: str) -> None:
        islander = self._islander(me)
        timer = next((timer for timer in islander.calendar if timer.key == key), None)
        if timer is None:
            raise _different(me, "the timer of key " + key, "it is set", "it is not")
        gone = min(islander.disappeared.values(), default=timer.when)
        early = {"now": self.clocks[me]} if timer.when - gone >= LONG else {}
        self.do("fire", at=me, key=key, **early)

    def _deliver(self, packet: _Sent, to: str) -> None:
        packet.delivered.add(to)
        self.do("deliver", msg=packet.name, to=to)

    def _respond(self, packet: _Sent, missing: tuple[str, ...]) -> None:
        """Give the sender the answers. Who was given no request yet may be given it later."""
        for to in missing:
            if to in packet.delivered:
                self.do("drop", msg=packet.name, to=to)
        self.do("respond", msg=packet.name)

    # -- what they must agree on ------------------------------------------------------------------

    def _packet(self, sender: str, number: Number) -> _Sent:
        return self.packets[sender, number]

    def _name_packets(self, step: TraceStep) -> None:
        """Names for the pulses that began: they are numbered in the order of sending."""
        asked = [one.message.pulse for one in step.sent if isinstance(one.message, Ask)]
        numbers = sorted(set(asked))
        if len(numbers) != len(self.new):
            raise _different(step.actor, "packets", f"{len(numbers)} sent", f"{self.new} sent")
        for number, name in zip(numbers, self.new, strict=True):
            self.packets[step.actor, number] = _Sent(name)

    def _islander(self, id: str) -> Islander:
        if id not in self.run.islanders:
            raise _different(id, "an assertion", "it holds", "it has failed")
        return self.run.islanders[id]

    def _compare(self, member: Islander, islander: Islander) -> None:
        for name in COMPARED:
            one, other = getattr(member, name), getattr(islander, name)
            if one != other:
                raise _different(member.me, name, one, other)
        if member.disappeared.keys() != islander.disappeared.keys():
            raise _different(member.me, "disappeared", member.disappeared, islander.disappeared)
        # A log that the model does not trim has more of the old entries.
        trims = not isinstance(member, Member) or member.trims
        logged, kept = member.entries, islander.entries
        if logged != kept if trims else logged[-len(kept) :] != kept:
            raise _different(member.me, "log", logged, kept)


def _different(id: str, what: str, member: object, islander: object) -> RecordingError:
    return RecordingError(
        f"the member {id!r} and an islander that does the same differ in {what}: {member} against "
        f"{islander}. The model leaves out something that counts; please report this trace."
    )
