"""The islander: one participant of the government protocol, deterministic and without I/O.

Inputs are the calls, each with the time `now`, requests, and the answers to its packets; outputs
are what the calls return and the packets in `outbox`. It never reads a clock and never sends: the
host does, and runs the timers of `calendar` when their time comes.

Whoever fails an assertion is left as it is, half changed: it must take no further part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .calendar import (
    Calendar,
    Collapsing,
    Event,
    Proposing,
    Synchronizing,
    Timer,
    scheduled,
    unscheduled,
)
from .errors import ProtocolError
from .paxos import Acceptor, Proposer
from .promises import FIRST, NULL, Promise
from .records import (
    START,
    UNREACHABLE,
    Answer,
    Arrived,
    Bare,
    Change,
    Cookie,
    Entry,
    Government,
    Kept,
    Link,
    Message,
    Minimum,
    Packet,
    Reached,
    Register,
    Request,
    Said,
    Synchronize,
    Write,
)
from .rules import SOUND, Rules
from .shaper import IDLE, Decision, Shaper, shaper_of
from .shapes import Arriving, Shape, change_of, changed, constituency, founding
from .synchronizing import lacking, packet_of, reached_by_all, sync_of
from .two_phase import Proposal, Recorder, Writer

NOWHERE = Government(None)
NOTHING_DROPPED = Minimum()
_FIRST_WRITER = Writer(FIRST)
_FIRST_RECORDER = Recorder(Register((START,)))

NOBODY = Answer(Said(UNREACHABLE, NULL), Reached(None, None), unreachable=())
"""What stands in the place of an answer that is missing or does not count."""


@dataclass
class Islander:
    """One islander. `ping`, `timeout` and retry delays are in the unit of `now`."""

    me: str
    parliament_size: int = 5
    ping: float = 1000
    timeout_after: float = 5000
    rules: Rules = SOUND

    cookie: Any = None
    government: Government = NOWHERE
    history: tuple[Government | None, ...] = (None,)
    promised: Promise = NULL
    log: tuple[Kept, ...] = (Kept(START, None),)
    committed: dict[Arrived, Promise] = field(default_factory=dict)
    minimum: Minimum = NOTHING_DROPPED
    minimums: dict[str, Minimum] = field(default_factory=dict)
    acclimating: tuple[Arrived, ...] = ()
    disappeared: dict[Arrived, float] = field(default_factory=dict)
    unreachable: tuple[Arrived, ...] = ()
    constituency: tuple[str, ...] = ()
    writer: Writer | Proposer = _FIRST_WRITER
    recorder: Recorder | Acceptor = _FIRST_RECORDER
    shaper: Shaper = IDLE
    seed: int = 1
    calendar: Calendar = ()
    outbox: tuple[Packet, ...] = ()

    def __post_init__(self) -> None:
        self.minimums = {self.me: self.minimum}
        self.shaper = Shaper(self.parliament_size, self.government)

    # -- what it is ---------------------------------------------------------------------------

    @property
    def newest(self) -> Entry:
        """The newest entry of the log."""
        return self.log[-1].entry

    @property
    def top(self) -> Promise:
        """The promise of the newest entry."""
        return self.newest.promise

    @property
    def collapsed(self) -> bool:
        return isinstance(self.writer, Proposer)

    @property
    def leads(self) -> bool:
        return self.government.leader == self.me

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The kept entries of the log, oldest first."""
        return tuple(kept.entry for kept in self.log)

    # -- calls --------------------------------------------------------------------------------

    def bootstrap(self, republic: Any, now: float, properties: Any) -> None:
        """Found a republic, as its only member."""
        self.government = self.government._replace(republic=republic)
        self.promised = FIRST
        self.shaper, _ = self.shaper.embark(Arriving(self.me, properties, 0))
        self.commit(now, founding(republic, self.me, properties), NULL)

    def join(self, republic: Any, cookie: Any) -> None:
        """Wait to be let into a republic by a leader that was told the same cookie."""
        self.government = self.government._replace(republic=republic)
        self.cookie = cookie

    def enqueue(self, now: float, republic: Any, body: Any) -> Enqueued:
        """Ask for an entry with this body."""
        refusal = self._refusal(republic)
        if refusal:
            return refusal
        self.promised = promise = self.promised.next_entry()
        proposal = Proposal(promise, self.government.majority, body)
        assert isinstance(self.writer, Writer)
        self.writer = self.writer.push(proposal)
        self.writer.nudge(self)
        return {"enqueued": True, "leader": self.government.leader, "promise": promise}

    def embark(
        self, now: float, republic: Any, id: str, cookie: Any, properties: Any, acclimated: bool
    ) -> Enqueued:
        """Ask for `id` to be let in."""
        refusal = self._refusal(republic)
        if refusal:
            return refusal
        if self.government.knows(id):
            return _refused(self.government.republic, self.government.leader)
        self.shaper, shape = self.shaper.embark(Arriving(id, properties, cookie, acclimated))
        self._reshape(shape)
        return {"enqueued": True}

    def acclimate(self) -> None:
        """Say that one wants to serve in parliament."""
        if self.me not in self.government.acclimated:
            mine = self.government.arrival(self.me)
            self.acclimating = _with(self.acclimating, mine)

    def fire(self, now: float, timer: Timer) -> None:
        """Run a timer of the calendar, which is taken out of it."""
        self.calendar = unscheduled(self.calendar, timer.key)
        if isinstance(timer.event, Synchronizing):
            to, collapsible = timer.event
            self.pulse(Synchronize(to, collapsible, timer.key))
        elif isinstance(timer.event, Collapsing):
            self.collapse(now)
        else:
            self._propose()

    def check(self, now: float) -> list[Timer]:
        """Run all timers that are due; returns them."""
        fired = []
        while self.calendar and self.calendar[0].when <= now:
            fired.append(self.calendar[0])
            self.fire(now, self.calendar[0])
        return fired

    # -- requests -------------------------------------------------------------------------------

    def request(self, now: float, request: Request) -> Answer:
        """What an islander answers to a request."""
        sync, government = request.sync, self.government
        if sync.republic != government.republic:
            return Answer(Said(UNREACHABLE))
        if government.arrival(sync.sender) != sync.promise:
            if government.promise != NULL:
                return Answer(Said(UNREACHABLE))
            if not sync.commits:
                return Answer(Said("respond", NULL), sync_of(self, None))
            first = sync.commits[0]
            arrive = first.body.arrive if isinstance(first.body, Change) else None
            if arrive is None or arrive.id != self.me or arrive.cookie != self.cookie:
                return Answer(Said(UNREACHABLE))
            if request.government is None or first.previous is None:
                raise ProtocolError("an islander was let in without a government")
            self.government = request.government
            self.commit(now, first, first.previous)
        propagated = max(self.minimum.propagated, sync.minimum.propagated)
        self.minimum = self.minimum._replace(propagated=propagated)
        if sync.committed < self.top:
            mine = self.government.arrival(self.me)
            lacks = lacking(self, sync.committed) if self.rules.levels_back else ()
            return Answer(Said("reject", self.top), Reached(mine, None, lacks))
        for entry in sync.commits:
            self.commit(now, entry, self.top)
        self._trim()
        if self.me in self.government.majority[1:] and not self.collapsed:
            self._schedule(now + self.timeout_after, self.me, Collapsing())
        if request.synchronize:
            said = Said("synchronized", self.top)
        else:
            self.recorder, said = self.recorder.request(self, request.message)
        return Answer(
            said,
            sync_of(self, None),
            self.government.promise,
            self.minimum,
            self.acclimating,
            self.unreachable,
        )

    def _trim(self) -> None:
        """Drop what the log has of entries that everybody has."""
        while self.log[0].entry.promise < self.minimum.propagated:
            dropped, *kept = self.log
            if not kept and self.rules.forgets_dropped:
                return
            if not kept:
                raise ProtocolError("the whole log was to be dropped")
            self.log = tuple(kept)
            if dropped.government is not None:
                if dropped.government != self.history[1]:
                    raise ProtocolError("log and history are out of step")
                self.history = self.history[1:]

    # -- committing -----------------------------------------------------------------------------

    def commit(self, now: float, entry: Link, at: Promise) -> None:
        """Put `entry` into the log, whose newest promise is `at`, unless it is there."""
        if entry.promise <= at:
            self._compare(entry)
            return
        if isinstance(entry, Bare):
            raise ProtocolError("the body of a government is no entry")
        if entry.previous != at:
            raise ProtocolError(f"{entry.promise} follows {entry.previous}, not {at}")
        if not entry.promise.is_government and at.next_entry() != entry.promise:
            raise ProtocolError(f"{entry.promise} does not follow {at}")
        change = entry.body if entry.promise.is_government else None
        if change is not None:
            if self.government.promise >= entry.promise:
                raise ProtocolError("governments are out of order")
            self.government = changed(self.government, change)
            self.constituency = constituency(self.government, self.me)
            self.history = (*self.history, self.government)
        self.log = (*self.log, Kept(entry, self.government if change is not None else None))
        self.committed[self.government.arrival(self.me)] = entry.promise
        if change is not None:
            self._succeed(now, change)
        if not self.constituency:
            self.minimum = self.minimum._replace(reduced=entry.promise)
        if not (self.leads and len(self.government.majority) > 1):
            for one in self.constituency:
                self._schedule(now, one, Synchronizing((one,), False))
        if self.leads and not (self.collapsed and self.rules.keeps_proposing):
            self.synchronize_majority(now)

    def _compare(self, entry: Link) -> None:
        """Fail unless the log has this entry."""
        for kept in self.log:
            if kept.entry.promise == entry.promise:
                if isinstance(entry, Bare) or kept.entry.body != entry.body:
                    raise ProtocolError(f"there are two entries {entry.promise}")
                return
        if not (self.rules.forgets_dropped and entry.promise < self.log[0].entry.promise):
            raise ProtocolError(f"{entry.promise} is not in the log")

    def _succeed(self, now: float, change: Change) -> None:
        """Change over to a new government."""
        government = self.government
        self.calendar = ()
        recovered = change.map is None
        if recovered:
            gone = {government.arrival(one) for one in government.parliament}
        else:
            known = {promise for _, promise in government.arrived}
            gone = {one for one in (*self.unreachable, *self.disappeared) if one not in known}
            self.disappeared = {p: t for p, t in self.disappeared.items() if p not in gone}
        self.unreachable = tuple(one for one in self.unreachable if one not in gone)
        self.acclimating = tuple(one for one in self.acclimating if self._still_acclimates(one))
        self.writer = self.writer.successor(change.promise)
        self.recorder = self.recorder.successor(self, change.promise)
        self._reshape_anew(change, recovered)
        if self.me in government.majority:
            self._schedule(now + self.timeout_after, self.me, Collapsing())
        self.minimum = Minimum(self.minimum.propagated, government.promise, NULL)
        self.minimums = {}
        served = {government.arrival(one) for one in self.constituency}
        self.committed = {one: top for one, top in self.committed.items() if one in served}

    def _still_acclimates(self, promise: Arrived) -> bool:
        one = self.government.arrived_at(promise)
        return one in self.government.population and one not in self.government.acclimated

    def _reshape_anew(self, change: Change, recovered: bool) -> None:
        """A new shaper, which is told all that the one before was told."""
        waiting = self.shaper.arriving
        if not self.leads:
            self.shaper = IDLE
            return
        if change.arrive:
            if not waiting or waiting[0].id != change.arrive.id:
                raise ProtocolError(f"{change.arrive.id} arrived out of turn")
            waiting = waiting[1:]
        shaper = shaper_of(self.parliament_size, self.government, recovered)
        self.shaper = shaper._replace(arriving=waiting)
        for promise in self.unreachable:
            self._let_go(promise)
        for promise in self.acclimating:
            self._decide(self.shaper.acclimate(promise))
        for one in self.government.acclimated:
            if self.government.arrival(one) not in self.disappeared:
                self._decide(self.shaper.acclimated(one))

    def _let_go(self, promise: Arrived) -> None:
        """Have one who cannot be reached depart."""
        kept = self.government.majority if self.rules.keeps_majority else ()
        if self.government.arrived_at(promise) not in kept:
            self._decide(self.shaper.unreachable(promise))

    # -- what the roles use -----------------------------------------------------------------------

    def pulse(self, message: Message) -> None:
        """Send `message` to everyone it is for: one packet."""
        for to in message.to:
            self.calendar = unscheduled(self.calendar, to)
        self.outbox = (*self.outbox, packet_of(self, message))

    def collapse(self, now: float) -> None:
        """Give up on the government."""
        self.calendar = ()
        self.writer = Proposer.of(self)
        self._schedule(now, self.me, Proposing())

    def recovered(self, now: float) -> None:
        """A found government was recovered: propose anew, or have its parliament do so."""
        if self.me in self.government.parliament or not self.rules.members_propose:
            self.collapse(now)
            return
        for one in self.government.parliament:
            self._schedule(now, one, Synchronizing((one,), False))

    def missing_of(self, quorum: tuple[str, ...], change: Change) -> tuple[str, ...]:
        """Who is to be added to `quorum`, for it to be one of the parliament of `change` as well:
        of those that answer, if they are enough."""
        if not self.rules.any_quorum:
            return tuple(one for one in change.majority if one not in quorum)
        parliament = change.majority + change.minority
        lacks = len(change.majority) - sum(one in parliament for one in quorum)
        others = [one for one in parliament if one not in quorum]
        others.sort(key=lambda one: self.government.arrival(one) in self.disappeared)
        return tuple(others[: max(lacks, 0)])

    def retry(self, now: float) -> None:
        """Propose again after a while that differs from islander to islander."""
        self.seed = self.seed * 16807 % 2147483647
        wait = 1 + (0 if self.leads else self.ping) + self.seed % self.ping
        self._schedule(now + wait, self.me, Proposing())

    def synchronize_majority(self, now: float) -> None:
        """Soon level the logs of the majority."""
        self._schedule(now, self.me, Synchronizing(self.government.majority, True))

    def _schedule(self, when: float, key: str, event: Event) -> None:
        self.calendar = scheduled(self.calendar, Timer(when, key, event))

    # -- answers ----------------------------------------------------------------------------------

    def response(self, now: float, cookie: Cookie, given: Mapping[str, Answer | None]) -> None:
        """Take all answers to a packet, by id; one that is lost is missing, or None."""
        message = cookie.message
        answers = [(to, self._counted(to, given.get(to))) for to in message.to]
        if self._is_stale(cookie):
            return
        failed = False
        for to, answer in answers:
            failed = self._take(now, message, to, answer) or failed
        for _, answer in answers:
            for entry in answer.sync.commits if answer.sync else ():
                self.commit(now, entry, self.top)
        if self._is_stale(cookie):
            return
        if failed and getattr(message, "collapsible", True):
            self.writer.failed(self, now, message, tuple(answers))
        if self._is_stale(cookie):
            return
        if isinstance(message, Synchronize):
            first = answers[0][1].sync
            level = first is not None and first.committed == self.top
            wait = self.ping if failed or level else 0
            event = Synchronizing(message.to, message.collapsible)
            self._schedule(now + wait, message.key, event)
        elif not failed:
            if cookie.synchronize:
                self.pulse(message)
            else:
                self.writer.answered(self, now, message, tuple(sorted(answers, key=_key_order)))

    def _is_stale(self, cookie: Cookie) -> bool:
        return (cookie.government, cookie.collapsed) != (self.government.promise, self.collapsed)

    def _counted(self, to: str, answer: Answer | None) -> Answer:
        """`answer` if it counts."""
        arrival = self.government.arrival(to)
        sync = answer.sync if answer else None
        if answer and sync and (sync.promise == arrival or sync.committed == NULL):
            self.disappeared.pop(arrival or NULL, None)
            return answer
        return NOBODY._replace(government=self.government.promise)

    def _take(self, now: float, message: Message, to: str, answer: Answer) -> bool:
        """Learn from an answer; whether it is none, or a refusal."""
        arrival = self.government.arrival(to)
        failed = answer.said.method in (UNREACHABLE, "reject")
        unreachable = answer.unreachable or ()
        if answer.said.method == UNREACHABLE:
            since = self.disappeared.setdefault(arrival, now)
            if now - since >= self.timeout_after:
                unreachable = (*unreachable, arrival)
        if answer.sync is not None and answer.sync.committed is not None:
            self.committed[arrival] = answer.sync.committed
        if answer.government != self.government.promise:
            return failed
        for promise in unreachable:
            if promise not in self.unreachable:
                self.unreachable = _with(self.unreachable, promise)
                self._let_go(promise)
        for promise in answer.acclimating or ():
            if promise not in self.acclimating:
                self.acclimating = _with(self.acclimating, promise)
                self._decide(self.shaper.acclimate(promise))
        if isinstance(message, (Synchronize, Write)) and answer.minimum is not None:
            self._reduce(to, answer.minimum)
        return failed

    def _reduce(self, to: str, minimum: Minimum) -> None:
        """Learn up to where the logs of `to`, and of all whom it serves, reach."""
        known = self.minimums.get(to)
        if known is not None and known[1:] == minimum[1:]:
            return
        self.minimums[to] = minimum
        reduced = reached_by_all(self)
        propagated = reduced if self.leads else self.minimum.propagated
        self.minimum = Minimum(propagated, self.government.promise, reduced)

    # -- new governments --------------------------------------------------------------------------

    def _decide(self, decision: Decision) -> None:
        self.shaper, shape = decision
        self._reshape(shape)

    def _reshape(self, shape: Shape | None) -> None:
        if shape:
            promise = self.government.promise.next_government()
            self._new_government(promise, shape)

    def _new_government(self, promise: Promise, shape: Shape) -> None:
        """Propose a government, ahead of all that is queued, which gets its promises."""
        self.shaper = self.shaper._replace(decided=True)
        change = change_of(shape, self.government, promise)
        self.promised = promise
        if isinstance(self.writer, Writer):
            renumbered, numbers = [], []
            for proposal in self.writer.proposals:
                self.promised = self.promised.next_entry()
                numbers.append((proposal.promise, self.promised))
                renumbered.append(proposal._replace(promise=self.promised))
            change = change._replace(map=tuple(numbers))
            self.writer = self.writer._replace(proposals=tuple(renumbered))
        self.writer = self.writer.unshift(Proposal(promise, shape.quorum, change))
        self.writer.nudge(self)

    def _propose(self) -> None:
        """Propose a government of oneself and of those that answer."""
        k = len(self.government.majority)
        for _ in range(2):
            majority: list[str] = [self.me]
            minority: list[str] = []
            for one in self.government.parliament:
                if one == self.me:
                    continue
                gone = self.government.arrival(one) in self.disappeared
                (minority if len(majority) == k or gone else majority).append(one)
            if len(majority) == k:
                break
            self.disappeared = {}
        shape = Shape(tuple(majority), tuple(majority), tuple(minority))
        assert isinstance(self.writer, Proposer)
        self._new_government(self.writer.promise, shape)

    def _refusal(self, republic: Any) -> Enqueued | None:
        if self.collapsed or republic != self.government.republic:
            return _refused(self.government.republic, None)
        if not self.leads:
            return _refused(self.government.republic, self.government.leader, absent=True)
        return None


Enqueued: TypeAlias = dict[str, Any]
"""Whether something was enqueued, under which promise, or who leads instead."""


def _refused(republic: Any, leader: str | None, absent: bool = False) -> Enqueued:
    refusal = {"enqueued": False, "republic": republic, "leader": leader}
    return {k: v for k, v in refusal.items() if not (absent and k == "leader" and v is None)}


def _with(promises: tuple[Arrived, ...], promise: Arrived) -> tuple[Arrived, ...]:
    return promises if promise in promises else (*promises, promise)


def _key_order(answer: tuple[str, Answer]) -> tuple[bool, int, str]:
    """Ids that are numbers come first, in the order of numbers."""
    id = answer[0]
    is_index = id.isdecimal() and str(int(id)) == id
    return (not is_index, int(id) if is_index else 0, "")
