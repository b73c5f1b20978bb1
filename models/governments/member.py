"""Islanders as actors: the government protocol under the explorer, with time taken out of it.

Requests and answers are messages, delivered one by one in any order. An islander's timers may fire
at any time, and a pulse may be given up at any time: what has to do with real time is a timer here,
and when it fires is left open. Three things keep that finite:

- A ping is sent where it may tell something, that is, where someone is not known to be level. One
  that would tell nothing is either answered, which changes nothing, or not, which is the timer
  SILENCE.
- Answers to one pulse are taken in a fixed order, for they are handed over together anyway.
- Requests and answers say only what their addressee reads, and are dropped once nobody needs
  them.

One thing is left out by that: a late answer, or one that tells nothing, makes a real islander
forget that the sender had disappeared, which matters to who is in its next government's majority.

An islander that fails an assertion takes no further part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, NamedTuple

from ...explorer import Actor, Fact
from ...invariants.replication import (
    Begins,
    Broke,
    Built,
    Follows,
    Found,
    Governed,
    Holds,
    Leads,
    Logged,
    Stands,
)
from .calendar import Collapsing, Proposing, Synchronizing, Timer
from .errors import ProtocolError
from .islander import Islander
from .messages import (
    Ask,
    Embark,
    Enqueue,
    Era,
    Number,
    Tell,
    only_asks,
    what_counts,
    what_is_read,
)
from .paxos import Proposer
from .promises import NULL, Promise
from .records import (
    Accept,
    Answer,
    Cookie,
    Entry,
    Minimum,
    Packet,
    Prepare,
    Request,
    Synchronize,
)
from .settled import COOKIE

SILENCE = "nobody answers"
COLLAPSE = "collapse"
PROPOSE = "propose"
GIVE_UP = "give up on pulse "
NEXT_ROUND = "give up on round "
MOST_PULSES = 64
"""Pulses that an islander may have on their way at a time."""

TIMED = (COLLAPSE, SILENCE, *(f"{GIVE_UP}{rank}" for rank in range(1, MOST_PULSES + 1)))
"""The timers that make an islander collapse."""


# -- what is judged besides logs ------------------------------------------------------------------


class Silence(NamedTuple):
    """Who does not answer, of those who were asked."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"the silence of {' and '.join(self.names)}"


class Carried(Fact):
    """A chain that `acceptor` gave to `member` for round `round` was written by `other`."""

    member: str
    round: Promise
    acceptor: str
    other: str


class Promised(Fact):
    """A member takes part in no round below this one."""

    member: str
    round: Promise


class Proposes(Fact):
    """A proposer would build upon the chain that ends in `upon`."""

    member: str
    upon: Promise


class Halted(Fact):
    """A proposer's own acceptor has refused it."""

    member: str


class Again(Fact):
    """A member was told to commit what it had committed. Recorded."""

    member: str


# -- the actor ------------------------------------------------------------------------------------


class Pulse(NamedTuple):
    """A pulse of one's own. `waits` are those whose answers are waited for, in order; `missing`
    those that were given up; `evidence` is what an accept is built upon. `cookie` is None once the
    pulse is over and only its number is kept."""

    number: Number
    cookie: Cookie | None
    waits: tuple[str, ...]
    missing: tuple[str, ...] = ()
    answers: tuple[tuple[str, Answer], ...] = ()
    evidence: tuple[Fact, ...] = ()


@dataclass
class Member(Islander, Actor):
    """An islander under the explorer.

    rounds   Paxos rounds that it may still begin
    trims    whether logs are trimmed
    embarks  those it may ask to be let in by, if it is a newcomer
    notes    whether it records that it was told to commit what it had committed: states that differ
             in no more than that are twice as many
    twice    whether a message may arrive twice: the answer to a pulse that is over may then come
             again, even if everyone had answered
    """

    rounds: int = 1
    trims: bool = False
    embarks: tuple[str, ...] = ()
    notes: bool = False
    twice: bool = False
    pulses: tuple[Pulse, ...] = ()
    broken: str = ""

    def __post_init__(self) -> None:
        """All fields are given: a member begins where a government has settled."""

    def start(self) -> None:
        if self.embarks:
            self.send(self.choose(self.embarks), Embark(self.me))
        self._rest(set())

    # -- what happens ---------------------------------------------------------------------------

    def receive(self, message: Any, sender: str) -> None:
        if self.broken:
            return
        armed = self._timers()
        try:
            match message:
                case Ask(number, request):
                    self._answer(number, request, sender)
                case Tell(number, answer):
                    self._take_answer(number, sender, answer)
                case Enqueue(body):
                    self.enqueue(0, self.government.republic, body)
                case Embark(one):
                    self.embark(0, self.government.republic, one, COOKIE, None, True)
        except ProtocolError as error:
            self._break(error)
        self._rest(armed)

    def timeout(self, name: str) -> None:
        armed = self._timers()
        try:
            if name == SILENCE:
                self._hear_nothing()
            elif name.startswith((GIVE_UP, NEXT_ROUND)):
                self._give_up(self.named_by(name))
            else:
                self.rounds -= name == PROPOSE
                self.fire(0, next(t for t in self.calendar if timer_name(t) == name))
        except ProtocolError as error:
            self._break(error)
        self._rest(armed)

    def _answer(self, number: Number, request: Request, sender: str) -> None:
        sync = request.sync
        known = any(entry.promise <= self.top for entry in sync.commits)
        if self.notes and known and sync.committed >= self.top:
            self.record(Again(self.me))
        answer = what_counts(request, self.request(0, request), self.trims)
        if sender == self.me:
            self._take_answer(number, sender, answer)
        else:
            self.send(sender, Tell(number, answer))

    # -- pulses ---------------------------------------------------------------------------------

    def _take_answer(self, number: Number, sender: str, answer: Answer) -> None:
        pulse = self.pulse_of(number)
        if pulse is None or pulse.waits[:1] != (sender,):
            return
        answers = (*pulse.answers, (sender, answer))
        self._go_on(pulse, pulse._replace(waits=pulse.waits[1:], answers=answers))

    def _give_up(self, pulse: Pulse) -> None:
        """Some of those waited for, the first among them, will not answer."""
        first, *others = pulse.waits
        silences = [Silence((first, *more)) for more in _subsets(others)]
        missing = self.choose(silences).names
        waits = tuple(one for one in pulse.waits if one not in missing)
        self._go_on(pulse, pulse._replace(waits=waits, missing=missing))

    def _go_on(self, before: Pulse, after: Pulse) -> None:
        rest = [pulse for pulse in self.pulses if pulse is not before]
        if after.waits:
            self.pulses = _sorted((*rest, after))
            return
        cookie = after.cookie
        assert cookie is not None
        # The number is not free while an answer may come: of someone given up, or a second one.
        over = [Pulse(after.number, None, ())] if after.missing or self.twice else []
        self.pulses = _sorted((*rest, *over))
        found = self._found(cookie, after)
        self.response(0, cookie, dict[str, Answer | None](after.answers))
        self._post(found)

    def _hear_nothing(self) -> None:
        """A ping that would have told nothing new is not answered, by some at least."""
        timer = next(t for t in self.calendar if t.key == self.me)
        assert isinstance(timer.event, Synchronizing)
        silences = [Silence(some) for some in _subsets(timer.event.to)[1:]]
        for one in self.choose(silences).names:
            self.disappeared[self.government.arrival(one)] = 0
        self.collapse(0)

    def pulse_of(self, number: Number) -> Pulse | None:
        """The pulse of this number; None if there is none any more."""
        return next((pulse for pulse in self.pulses if pulse.number == number), None)

    def named_by(self, timer: str) -> Pulse:
        """The pulse that is given up when this timer fires: timers are numbered by its place among
        those on their way."""
        return self._on_their_way()[int(timer.split()[-1]) - 1]

    def _on_their_way(self) -> list[Pulse]:
        return [pulse for pulse in self.pulses if pulse.cookie is not None]

    def _found(self, cookie: Cookie, pulse: Pulse) -> tuple[Fact, ...]:
        """What the promises of a round report."""
        if not isinstance(cookie.message, Prepare) or cookie.synchronize:
            return ()
        round_, facts = cookie.message.promise, list[Fact]()
        for acceptor, answer in pulse.answers:
            register = answer.said.register
            if register is None:
                continue
            written, head = register.round or NULL, register.head
            facts.append(Found(self.me, round_, acceptor, written, head.promise))
            other = head.body.majority[0] if head.promise.is_government else ""
            if other and other != self.me and head.promise > self.top:
                facts.append(Carried(self.me, round_, acceptor, other))
        return tuple(facts)

    # -- after every step -----------------------------------------------------------------------

    def _break(self, error: ProtocolError) -> None:
        self.broken = str(error)
        self.outbox, self.calendar, self.pulses = (), (), ()

    def _rest(self, armed: set[str]) -> None:
        """Send what is in the outbox, and take time out of the state."""
        self._post(())
        now = self._era()
        self.pulses = tuple(pulse for pulse in self.pulses if pulse.number.era == now)
        timers = (timer._replace(when=0) for timer in self.calendar)
        self.calendar = tuple(sorted(timers, key=lambda timer: timer.key))
        self.disappeared = dict.fromkeys(self.disappeared, 0)
        self.seed = 1
        if not self.trims:
            self.minimum, self.minimums = Minimum(), {}
        wanted = self._timers()
        for name in sorted(armed - wanted):
            self.cancel_timer(name)
        for name in sorted(wanted):
            self.set_timer(name)

    def _post(self, found: tuple[Fact, ...]) -> None:
        packets, self.outbox = self.outbox, ()
        for packet in packets:
            self._send_packet(packet, found)

    def _send_packet(self, packet: Packet, found: tuple[Fact, ...]) -> None:
        if len(self._on_their_way()) == MOST_PULSES:
            raise ProtocolError(f"more than {MOST_PULSES} pulses at a time")
        number = self._free_number(packet.cookie)
        to = sorted((one for one, _ in packet.requests), key=lambda one: one != self.me)
        pulse = Pulse(number, packet.cookie, tuple(to))
        message = packet.cookie.message
        if found and isinstance(message, Accept) and isinstance(self.writer, Proposer):
            upon = self.writer.register
            written, head = upon.round or NULL, upon.head.promise
            built = Built(self.me, message.promise, written, head, self.top)
            pulse = pulse._replace(evidence=(built, *found))
        self.pulses = _sorted((*self.pulses, pulse))
        for one, request in packet.requests:
            self.send(one, Ask(number, what_is_read(request)))

    def _free_number(self, cookie: Cookie) -> Number:
        """A number that no message in flight has.

        Answers count in the era of their pulse only, and an era that is over does not come back:
        messages of earlier ones have other numbers. In the present one a number is free once
        everyone has answered; never again if someone was given up, or if there may be a second
        answer.
        """
        era = Era(cookie.government, cookie.collapsed)
        taken = {pulse.number for pulse in self.pulses}
        numbers = (Number(era, ordinal) for ordinal in range(1, len(taken) + 2))
        return next(number for number in numbers if number not in taken)

    def _era(self) -> Era:
        return Era(self.government.promise, self.collapsed)

    # -- timers ---------------------------------------------------------------------------------

    def _timers(self) -> set[str]:
        """The timers that are armed in this state."""
        names = {timer_name(timer) for timer in self.calendar if self._is_of_use(timer)}
        how = NEXT_ROUND if self.collapsed else GIVE_UP
        pulses = enumerate(self._on_their_way(), start=1)
        names |= {f"{how}{rank}" for rank, one in pulses if self._may_be_given_up(one)}
        own = [timer.event for timer in self.calendar if timer.key == self.me]
        pings = [one for one in own if isinstance(one, Synchronizing)]
        if pings and not self.collapsed and not self._tells(pings[0]):
            names.add(SILENCE)
        return names

    def _is_of_use(self, timer: Timer) -> bool:
        if isinstance(timer.event, Synchronizing):
            return self._tells(timer.event)
        return isinstance(timer.event, Collapsing) or self.rounds > 0

    def _tells(self, event: Synchronizing) -> bool:
        """Whether a ping may tell someone something."""
        others = [self.government.arrival(one) for one in event.to if one != self.me]
        return any(self.committed.get(one) != self.top for one in others)

    def _may_be_given_up(self, pulse: Pulse) -> bool:
        if pulse.cookie is None or pulse.missing:
            return False
        message = pulse.cookie.message
        if isinstance(message, Synchronize) and not message.collapsible:
            return False
        return not self.collapsed or self.rounds > 0

    # -- what need not arrive ---------------------------------------------------------------------

    def drops(self, message: Any, sender: str, receiver: str) -> bool:
        """Answers to pulses that are over, and requests of such pulses to those that could do
        nothing but refuse."""
        if isinstance(message, Tell):
            return sender == self.me or not self._waits_for(message, sender)
        if not isinstance(message, Ask):
            return False
        if sender == self.me and self._waits_for(message, receiver):
            return False
        return receiver != self.me or self._has_no_use_for(message.request)

    def _waits_for(self, message: Ask | Tell, whom: str) -> bool:
        pulse = self.pulse_of(message.pulse)
        return pulse is not None and whom in pulse.waits

    def _has_no_use_for(self, request: Request) -> bool:
        """Whether a request changes nothing here, now or later."""
        if self.broken:
            return True
        return not self.trims and (only_asks(request) or request.sync.committed < self.top)

    # -- what is told and judged ------------------------------------------------------------------

    def shown(self) -> dict[str, str]:
        recorded = self.recorder.register
        writes = isinstance(self.writer, Proposer)
        return {
            "log": str(self.top if self.top.is_government else self.newest),
            "government": str(self.government),
            "role": f"proposes {self.writer.promise}" if writes else "governs",  # type: ignore[union-attr]
            "promised": str(self.recorder.promised),
            "written": str(recorded) if recorded.head.promise > self.top else "nothing",
            "broken": self.broken or "no",
        }

    def facts(self) -> Iterable[Fact]:
        entries = [entry for entry in self.entries if entry.promise != NULL]
        yield from (Begins(self.me, first.promise) for first in entries[:1])
        for entry in entries:
            yield Logged(self.me, entry.promise, _body(entry))
            yield Follows(self.me, entry.promise, entry.previous)
            if entry.promise.is_government:
                yield Governed(self.me, entry.promise)
        chain = self.recorder.register.chain
        if len(chain) > 1:
            yield Stands(self.me, chain[-1].promise, chain[0].promise)
            for before, link in pairwise(chain):
                yield Holds(self.me, chain[-1].promise, link.promise, before.promise)
        yield Promised(self.me, self.recorder.promised)
        if self.leads and not self.collapsed:
            yield Leads(self.me, self.government.promise)
        if isinstance(self.writer, Proposer):
            yield Proposes(self.me, self.writer.register.head.promise)
        for pulse in self.pulses:
            yield from pulse.evidence
            if self.collapsed and pulse.cookie:
                own = dict(pulse.answers).get(self.me)
                if own and own.said.method == "reject":
                    yield Halted(self.me)
        if self.broken:
            yield Broke(self.me, self.broken)


def promised_by(actor: Actor) -> Promise | None:
    """The round below which a member takes part in nothing."""
    return actor.recorder.promised if isinstance(actor, Member) else None


def _body(entry: Entry) -> str:
    return str(entry).removeprefix(f"{entry.promise} ")


def timer_name(timer: Timer) -> str:
    if isinstance(timer.event, Collapsing):
        return COLLAPSE
    if isinstance(timer.event, Proposing):
        return PROPOSE
    return f"synchronize {' '.join(timer.event.to)}"


def _subsets(names: Iterable[str]) -> list[tuple[str, ...]]:
    names = tuple(names)
    return [some for size in range(len(names) + 1) for some in combinations(names, size)]


def _sorted(pulses: Iterable[Pulse]) -> tuple[Pulse, ...]:
    return tuple(sorted(pulses, key=lambda pulse: pulse.number))
