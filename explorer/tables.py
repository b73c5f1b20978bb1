"""Tabulation: what Python has decided, under small integers, for the kernels.

Every local state of an actor gets a number, from 1 on, so that no packed state is all zeros; every
event (the delivery of an envelope, the firing of a timer) gets one, and so does every outcome. A
pair of event and local state has an entry once its handler has run; `fill` makes entries, in the
order in which the search meets the pairs, and everything grows as they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from . import kernels
from .drops import RECEIVED, SENT, Drops, Question
from .errors import CapacityError, UsageError
from .events import Deliver, Duplicate, Event, Lose, Start
from .facts import Fact, FactSet
from .faulty import Faulty, kind_of
from .freeze import fact_order
from .handlers import Local, Outcome
from .memory import Array, Block
from .network import Envelope
from .packing import (
    Link,
    PackedAs,
    Packing,
    Unpacked,
    layout_of,
    most_in_queue,
    pack,
    unpack,
)
from .semantics import Semantics, State


class Sizes(NamedTuple):
    """First sizes; all of them grow. Small ones are for tests."""

    batch: int = 2048  # successors
    rows: int = 1 << 14  # states
    table: int = 64  # places for them in a table, a power of two, one line at least
    fact_sets: int = 1 << 12
    queue: int = 2  # messages in a queue
    spare: int = 1  # bits of a lane beyond those needed
    locals: int = kernels.PAGE
    outcomes: int = 1 << 10
    parallel: int = 1 << 15  # states in a level from which on threads share the work
    part: int = 1 << 18  # states that a thread expands at a time
    box: int = 1 << 16  # successors on their way from one thread to another
    ahead: int = 1 << 16  # states that are looked through for further pairs once one is missing


def link_of(envelope: Envelope) -> tuple[str, str]:
    """The ordered pair of actors that an envelope goes from and to."""
    return envelope.sender, envelope.receiver


class Repacked(NamedTuple):
    """A change of packing: states packed as `old` are to be packed as `new`."""

    old: PackedAs
    new: PackedAs


class Tabulation:
    """The tables of one model, which grow while a search goes on. They are empty at first: initial
    states are taken in, and `settle` makes the arrays.

    `pairs` are the (event, local state) pairs filled so far, by number, in order, and `copies` for
    each envelope how many may be in flight.
    """

    def __init__(self, semantics: Semantics, sizes: Sizes, most: int | None = None) -> None:
        """`most` is a bound of states: ways to cut the network that lead beyond it are left out."""
        network = semantics.model.network
        if not (network.is_multiset or network.is_set or network.is_queues):
            raise UsageError(
                f"the tabulated engine cannot keep a {type(network).__name__}: it knows networks "
                f"whose state is a multiset or set of envelopes, or queues of them (is_multiset, "
                f"is_set, is_queues). Explore it with engine='reference'."
            )
        if network.is_queues and semantics.handlers.dropping:
            raise UsageError(
                f"the tabulated engine cannot drop messages from a {type(network).__name__}, as "
                f"drops() asks for. Explore the model with engine='reference'."
            )
        self.semantics = semantics
        self.sizes = sizes
        self.actors = tuple(semantics.model.actors)
        self.events: list[Event] = []
        self.envelopes: list[Envelope] = []
        self.locals: list[list[Local]] = [[] for _ in self.actors]
        self._own_events: list[list[list[int]]] = [[] for _ in self.actors]  # of each local state
        self.outcomes: list[Outcome] = []
        self.facts: list[Fact] = []
        self.pairs: list[tuple[int, int]] = []
        self.objections = False
        self._position = {actor: at for at, actor in enumerate(self.actors)}
        self._number: dict[Local, int] = {}
        self._event_of: dict[Envelope | Event, int] = {}
        self._deliveries: list[int] = []  # the event of delivering each envelope
        self._fact_number: dict[Fact, int] = {}
        self._masks: dict[FactSet, int] = {}
        self.copies: list[int] = []  # none if there are queues
        self._links: dict[tuple[str, str], int] = {}  # the number of each queue
        self._queues: list[Link] = []
        self._queued: list[list[int]] = []  # the envelopes that may be in each queue
        self.queue_room: list[int] = []  # how many there may be at a time
        self._event_actor = Block(np.int32, 0, 64)
        self._page_of: dict[tuple[int, int], int] = {}
        self._pages = Block(np.int32, kernels.PAGE, 4)
        self._pages.array[0] = kernels.UNKNOWN
        self._page_rows: Array = np.zeros(1, np.int32)
        self._event_pages: Array = np.zeros(1, np.int64)
        self._room = [sizes.locals] * len(self.actors)  # numbers laid out for an actor's locals
        self._starts: Array = np.zeros(1, np.int64)
        self._fact_words = 1
        self._local_facts: Array = np.zeros((0, 1), np.uint64)
        self.drops = Drops()
        self._ends: list[tuple[int, int] | None] = []  # whom to ask if an envelope is dropped
        self._own_of: Array = np.zeros((0, 2), np.int32)
        self._own = Block(np.int32, 0, 64)
        self._own_count = 0
        self._faults = Faulty(semantics, most)
        self._lost = Block(np.int32, 0, 64)
        self._duplicated = Block(np.int32, 0, 64)
        self._kind_of = Block(np.int32, 0, 64)
        self._locals_moved = self._events_moved = True  # their arrays are to be laid out anew
        self._steps = Block(np.int64, 4, sizes.outcomes)  # actor, before, after, flags
        self._sent_from = Block(np.int32, 0, sizes.outcomes + 1)
        self._sent = Block(np.int32, 0, sizes.outcomes)
        self._sent_count = 0
        self._encoded = 0
        self._stale = True
        self.packing = Packing([1] * len(self.actors) + self._faults.counts, [], sizes.spare)
        self._records = self._empty_records(sizes.outcomes)
        self._cuts = [self._add_network_outcome(one) for one in self._faults.cuts]

    # -- what the search asks for ------------------------------------------------------------------

    @property
    def nbytes(self) -> int:
        """Bytes of the tables."""
        arrays = [*self.tables, *self.layout, self._steps.array]
        return int(sum(array.nbytes for array in arrays))

    def fill(self, event: int, local: int) -> None:
        """Run the handler for this pair and tabulate its outcomes. Raises ModelError if it is at
        fault. `settle` must follow before a kernel runs."""
        happening = self.events[event]
        actor = self._position[happening.actor]
        before = self.locals[actor][local - 1]
        outcomes = self.semantics.handlers.outcomes(before, happening)
        self._number_envelopes()
        steps = [outcome for outcome in outcomes if not self._no_step(outcome)]
        first = len(self.outcomes) if steps else kernels.NO_STEP
        for at, outcome in enumerate(steps):
            self._add_outcome(actor, local, outcome, last=at == len(steps) - 1)
        self._enter(event, local, first)
        self.pairs.append((event, local))
        self._stale = True

    def questions(self, found: Array) -> list[list[tuple[Question, int]]]:
        """What `kernels.unasked` found, each with the state that it names, together what is to be
        asked of one local state."""
        asked: dict[int, list[tuple[Question, int]]] = {}
        for event, which, state in found.tolist():
            happening, number = self.events[event], which // 2
            assert isinstance(happening, Deliver)
            actor = int(np.searchsorted(self._starts, number, "right")) - 1
            local, end = number - int(self._starts[actor]), RECEIVED if which % 2 else SENT
            question = Question(actor, local, end, happening.envelope.index)
            asked.setdefault(number, []).append((question, state))
        return list(asked.values())

    def ask(self, questions: Sequence[Question]) -> None:
        """Ask one local state all these. Raises ModelError if `drops` is at fault. `settle` must
        follow before a kernel runs."""
        actor, number = questions[0].actor, questions[0].local
        about = [self.envelopes[one.envelope] for one in questions]
        answers = self.semantics.handlers.ask_drops(self.locals[actor][number - 1], about)
        for question, answer in zip(questions, answers, strict=True):
            self.drops.note(question, answer)
        self._stale = True

    def allow_copy(self, event: int) -> None:
        """Provide for one more copy of the envelope that `event` delivers."""
        happening = self.events[event]
        assert isinstance(happening, Deliver)
        envelope = happening.envelope.index
        if self._queues:
            self._widen_queue(self._links[link_of(happening.envelope)])
            return
        self.copies[envelope] += 1
        if len(self.packing.copies) > envelope:
            self.packing.add_copy(envelope)
        self._stale = True

    def _widen_queue(self, queue: int) -> None:
        """Provide for more messages in a queue."""
        link, room = self._queues[queue], self.queue_room[queue]
        most = most_in_queue(len(link.events))
        if room >= most:
            raise CapacityError(
                f"the queue from {link.key[0]!r} to {link.key[1]!r} needs room for more than "
                f"{most} messages of {len(link.events)} kind(s), which the tabulated engine does "
                f"not have. "
                f"Explore the model with engine='reference'."
            )
        self.queue_room[queue] = min(2 * room, most)
        self._stale = True

    def give_queue_room(self, queue: int, room: int) -> None:
        """Provide for so many messages in a queue, at least."""
        self.queue_room[queue] = max(self.queue_room[queue], room)
        self._stale = True

    def delivery_of(self, envelope: int) -> int:
        """The event of delivering the envelope of this number."""
        return self._deliveries[envelope]

    def settle(self) -> Repacked | None:
        """Bring the arrays up to date with what was filled; what changed in the packing, if the
        states must be packed anew."""
        if not self._stale:
            return None
        self._stale = False
        repacked = None
        if not self._fits():
            old = self.packing.described
            counts = [len(known) + 1 for known in self.locals] + self._faults.counts
            kinds = [len(link.events) for link in self._queues]
            queues = list(zip(kinds, self.queue_room, strict=True))
            self.packing = Packing(counts, self.copies, self.sizes.spare, queues)
            repacked = Repacked(old, self.packing.described)
            self._records = self._empty_records(self._steps.capacity)
            self._encoded = 0
        self._bring_arrays_up_to_date()
        new = self._steps.array[self._encoded : len(self.outcomes)]
        kernels.encode(
            self.widths,
            self.layout,
            self._records.array,
            self._encoded,
            np.array(new),
            self._sent_from.array,
            self._sent.array,
        )
        self._encoded = len(self.outcomes)
        return repacked

    def _empty_records(self, capacity: int) -> Block:
        return Block(np.uint64, 2 * self.packing.words + 1, capacity)

    def layout_of(self, packed: PackedAs) -> kernels.Layout:
        """The arrays that tell the kernels of a packing."""
        actor_of = self._event_actor.array[: len(self.events)]
        stays = self.semantics.model.network.is_set
        return layout_of(
            packed,
            self._deliveries,
            actor_of,
            len(self.actors),
            stays,
            self._queues,
            self._faults.open_links([link.key for link in self._queues] or self._keys()),
            # A step that makes an actor drop messages need not commute with their deliveries.
            sleeps=not self.semantics.handlers.dropping,
        )

    def _keys(self) -> list[tuple[str, str]]:
        return [link_of(envelope) for envelope in self.envelopes]

    def row(self, state: State) -> list[int]:
        """The words of a state of which every part has a number."""
        lanes = [self._number[local] for local in state.locals]
        lanes += self._faults.values(state.faults)
        network: Any = state.network
        if self.semantics.model.network.is_queues:
            queues: list[list[int]] = [[] for _ in self._queues]
            for queue in network:
                number = self._links[link_of(queue[0])]
                kinds = self._queued[number]
                queues[number] = [kinds.index(envelope.index) + 1 for envelope in queue]
            return pack(self.packed, Unpacked(lanes, [], queues))
        flying = self.semantics.model.network.contents(network)
        numbers = sorted(envelope.index for envelope in flying.elements())
        return pack(self.packed, Unpacked(lanes, numbers, []))

    def state(self, row: Sequence[Any]) -> State:
        """The state that a row stands for."""
        lanes, flying, queues = unpack(self.packed, row)
        flying = flying + [
            kinds[number - 1]
            for kinds, queue in zip(self._queued, queues, strict=False)
            for number in queue
        ]
        locals_ = tuple(known[lane - 1] for known, lane in zip(self.locals, lanes, strict=False))
        network = self.semantics.model.network
        return State(
            locals_,
            network.send(network.empty(), [self.envelopes[one] for one in flying]),
            self._faults.state(lanes[len(self.actors) :]),
        )

    def fact_sets(self, rows: Sequence[Sequence[Any]] | Array) -> list[FactSet]:
        """The facts that rows of fact words stand for."""
        if not len(rows):
            return []
        facts = self.facts
        words = np.array(rows, "<u8").reshape(len(rows), -1)
        bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
        return [frozenset([facts[at] for at in np.flatnonzero(row).tolist()]) for row in bits]

    def fact_words(self, facts: FactSet) -> list[int]:
        """The words of a fact set of which every fact has a number."""
        mask = self._mask(facts)
        return [mask >> 64 * at & (2**64 - 1) for at in range(self._fact_words)]

    def actor_of(self) -> Array:
        """The number of the actor that takes the step, for each outcome."""
        return np.ascontiguousarray(self._steps.array[: max(len(self.outcomes), 1), 0])

    @property
    def steps(self) -> Array:
        """(O, 4) for each outcome its actor, the local states before and after, and flags."""
        return self._steps.array[: len(self.outcomes)]

    @property
    def movers(self) -> int:
        """How many may take steps: the actors and, where there may be faults, the network."""
        return len(self.actors) + bool(self._cuts)

    @property
    def lanes(self) -> int:
        """How many lanes a state has."""
        return len(self.actors) + len(self._faults.counts)

    @property
    def outcome_room(self) -> int:
        """How many outcomes there is room for before something grows."""
        return self._steps.capacity

    def local_in(self, row: Sequence[Any], event: int) -> int:
        """The number of the local state, in the state that `row` stands for, of the actor of an
        event."""
        lanes = unpack(self.packed, row).lanes
        return lanes[self._position[self.events[event].actor]]

    def has_pair(self, row: Sequence[Any], event: int, local: int) -> bool:
        """Whether this pair arises in the state that `row` stands for."""
        happening, state = self.events[event], self.state(row)
        at = self._position[happening.actor]
        return state.locals[at] is self.locals[at][local - 1] and self.semantics.is_possible(
            state, happening
        )

    # -- numbers -----------------------------------------------------------------------------------

    def take_in(self, state: State) -> None:
        """Give every part of an initial state its number. `settle` must follow before its row is
        asked for."""
        for local in state.locals:
            self._local_number(local)
        flying = self.semantics.model.network.contents(state.network)
        self._number_envelopes()
        network: Any = state.network
        if self.semantics.model.network.is_queues:
            for queue in network:
                while self.queue_room[self._links[link_of(queue[0])]] < len(queue):
                    self._widen_queue(self._links[link_of(queue[0])])
            flying.clear()
        for envelope, count in flying.items():
            while self.copies[envelope.index] < count:
                self.allow_copy(self._event_of[envelope])
        self._stale = True

    def _local_number(self, local: Local) -> int:
        number = self._number.get(local)
        if number is not None:
            return number
        actor = self._position[local.actor]
        self.locals[actor].append(local)
        number = self._number[local] = len(self.locals[actor])
        # Events get their numbers here, and not where arrays are laid out, which depends on first
        # sizes: the order of decisions alone must tell all numbers, for whoever decides again.
        own = [self._own_event(one) for one in self.semantics.handlers.own_events(local)]
        self._own_events[actor].append(own)
        while number >= self._room[actor]:
            self._room[actor] *= 2
            self._locals_moved = self._events_moved = True
        self._mask(local.facts)
        if not self._locals_moved:
            self._write_local(actor, number, local)
        return number

    def _number_envelopes(self) -> None:
        """Give the envelopes that were sent for the first time their events and bits."""
        handlers = self.semantics.handlers
        for envelope in islice(handlers.envelopes, len(self.envelopes), None):
            self._event_of[envelope] = event = self._new_event(handlers.delivery(envelope))
            self.envelopes.append(envelope)
            self._deliveries.append(event)
            ends = envelope.sender, envelope.receiver
            asks = handlers.droppers.issuperset(ends)
            self._ends.append((self._position[ends[0]], self._position[ends[1]]) if asks else None)
            if self.semantics.model.network.is_queues:
                self._queue_up(envelope, event)
            else:
                self.copies.append(1)
                if len(self.packing.copies) == len(self.copies) - 1:
                    self.packing.add_envelope()
            for known, kind in ((self._lost, Lose), (self._duplicated, Duplicate)):
                if self._faults.may(kind.budget) and self._is_step(kind, envelope):
                    fault = handlers.network_fault(kind, envelope)
                    known.array[event] = self._add_network_outcome(fault)

    def _queue_up(self, envelope: Envelope, event: int) -> None:
        """Let an envelope have a number in its queue."""
        key = link_of(envelope)
        number = self._links.setdefault(key, len(self._queues))
        if number == len(self._queues):
            self._queues.append(Link(key, self._position[envelope.receiver], []))
            self._queued.append([])
            self.queue_room.append(self.sizes.queue)
        self._queues[number].events.append(event)
        self._queued[number].append(envelope.index)
        most = most_in_queue(len(self._queued[number]))
        if self.queue_room[number] > most:
            self.queue_room[number] = most + 1  # what is in it now may not fit
            self._widen_queue(number)

    def _is_step(self, kind: type, envelope: Envelope) -> bool:
        """Whether the network makes a step of this fault of an envelope."""
        network = self.semantics.model.network
        alone = network.send(network.empty(), [envelope])
        return kind is Lose or network.duplicate(alone, envelope) is not None

    def _own_event(self, event: Event) -> int:
        number = self._event_of.get(event)
        if number is None:
            number = self._event_of[event] = self._new_event(event)
        return number

    def _new_event(self, event: Event) -> int:
        number = len(self.events)
        self.events.append(event)
        if number >= self._event_actor.capacity:
            self._event_actor.grow(2 * number)
            for block in (self._lost, self._duplicated, self._kind_of):
                block.grow(2 * number)
        self._event_actor.array[number] = self._position[event.actor]
        self._lost.array[number] = self._duplicated.array[number] = -1
        waits = self.semantics.waits(event)
        self._kind_of.array[number] = kernels.WAITING if waits else kind_of(event)
        self._events_moved = True
        return number

    def _mask(self, facts: FactSet) -> int:
        mask = self._masks.get(facts)
        if mask is None:
            mask = 0
            for fact in sorted(facts, key=fact_order):
                number = self._fact_number.setdefault(fact, len(self.facts))
                if number == len(self.facts):
                    self.facts.append(fact)
                mask |= 1 << number
            self._masks[facts] = mask
            if len(self.facts) > 64 * self._fact_words:
                self._fact_words = -(-len(self.facts) // 64)
                self._locals_moved = True
        return mask

    # -- entries -----------------------------------------------------------------------------------

    def _no_step(self, outcome: Outcome) -> bool:
        """Whether the network makes no step of an ignored delivery."""
        if not outcome.ignored or not isinstance(outcome.event, Deliver):
            return False
        network, envelope = self.semantics.model.network, outcome.event.envelope
        return network.ignore(network.send(network.empty(), [envelope]), envelope) is None

    def _enter(self, event: int, local: int, first: int) -> None:
        key = event, local >> kernels.PAGE_BITS
        if key not in self._page_of:
            page = self._page_of[key] = len(self._page_of) + 1
            if page >= self._pages.capacity:
                self._pages.grow(2 * page)
            self._pages.array[page] = kernels.UNKNOWN
            self._events_moved = True
        self._pages.array[self._page_of[key], local & (kernels.PAGE - 1)] = first

    def _add_outcome(self, actor: int, local: int, outcome: Outcome, last: bool) -> None:
        assert not isinstance(outcome.event, Start)
        before = self.locals[actor][local - 1]
        flags = kernels.LAST * last
        flags |= kernels.FACTS * (outcome.after.facts != before.facts)
        one_by_one = bool(outcome.sent) and self.semantics.model.network.is_queues
        flags |= kernels.REPEATS * (one_by_one or len(set(outcome.sent)) < len(outcome.sent))
        flags |= kernels.OBJECTION * bool(outcome.objections)
        self.objections = self.objections or bool(outcome.objections)
        after = self._local_number(outcome.after)
        self._append_outcome(outcome, (actor, local, after, flags), outcome.sent)

    def _add_network_outcome(self, outcome: Outcome) -> int:
        """Tabulate a step of the network; its number."""
        event = outcome.event
        queues = self.semantics.model.network.is_queues
        sent = [event.envelope] if isinstance(event, Duplicate) and not queues else []
        self._append_outcome(outcome, (len(self.actors), 0, 0, kernels.LAST), sent)
        return len(self.outcomes) - 1

    def _append_outcome(
        self, outcome: Outcome, step: tuple[int, int, int, int], sent: Sequence[Envelope]
    ) -> None:
        number = len(self.outcomes)
        if number + 1 >= self._steps.capacity:
            for block in (self._steps, self._sent_from, self._records):
                block.grow(2 * block.capacity)
        while self._sent_count + len(sent) >= self._sent.capacity:
            self._sent.grow(2 * self._sent.capacity)
        self._steps.array[number] = step
        for envelope in sent:
            self._sent.array[self._sent_count] = self._event_of[envelope]
            self._sent_count += 1
        self._sent_from.array[number + 1] = self._sent_count
        self.outcomes.append(outcome)

    # -- arrays ------------------------------------------------------------------------------------

    def _fits(self) -> bool:
        """Whether the packing holds everything there is."""
        return (
            [len(bits) for bits in self.packing.copies] == self.copies
            and all(
                self.packing.holds(actor, len(known)) for actor, known in enumerate(self.locals)
            )
            and all(
                self.packing.holds_queue(at, len(link.events), self.queue_room[at])
                for at, link in enumerate(self._queues)
            )
        )

    def _bring_arrays_up_to_date(self) -> None:
        if self._locals_moved:
            self._lay_out_locals()
        if self._events_moved:
            self._lay_out_pages()
        if self.semantics.handlers.dropping:
            self.drops.lay_out(self._starts, self._ends, self.packing)
        self._locals_moved = self._events_moved = False
        self.widths = kernels.Widths(
            self.packing.words,
            self._fact_words,
            len(self.actors),
            self._own_count,
            owners=1,
            faults=len(self._cuts),
            queues=len(self.packing.queues),
            drops=int(self.semantics.handlers.dropping),
        )
        plain = not (self._cuts or self.packing.queues or self.widths.drops)
        plain = plain and self.packing.words <= kernels.NARROW
        self.narrow = (0,) * self.packing.words if plain else None
        self.packed = self.packing.described
        self.layout = self.layout_of(self.packed)
        self.tables = kernels.Tables(
            self._event_actor.array,
            self._event_pages,
            self._page_rows,
            self._pages.array,
            self._records.array,
            self._sent_from.array,
            self._sent.array,
            self._starts,
            self._own_of,
            self._own.array,
            self._local_facts,
            self._kind_of.array,
            self._faults.lanes,
            self._lost.array,
            self._duplicated.array,
            np.array(self._cuts or [0], np.int32),
            self.drops.dropped,
            self.drops.asked,
            self.drops.concerned,
        )

    def _lay_out_locals(self) -> None:
        self._starts = np.concatenate(([0], np.cumsum(self._room))).astype(np.int64)
        self._local_facts = np.zeros((self._starts[-1], self._fact_words), np.uint64)
        self._own_of = np.zeros((self._starts[-1], 2), np.int32)
        self._own_count = 0
        for actor, known in enumerate(self.locals):
            for number, local in enumerate(known, 1):
                self._write_local(actor, number, local)

    def _write_local(self, actor: int, number: int, local: Local) -> None:
        at, count = self._starts[actor] + number, self._own_count
        self._local_facts[at] = self.fact_words(local.facts)
        events = self._own_events[actor][number - 1]
        while count + len(events) > self._own.capacity:
            self._own.grow(2 * self._own.capacity)
        self._own.array[count : count + len(events)] = events
        self._own_count = count + len(events)
        self._own_of[at] = (count, self._own_count)

    def _lay_out_pages(self) -> None:
        rooms = [-(-room // kernels.PAGE) for room in self._room]
        wanted = [rooms[actor] for actor in self._event_actor.array[: len(self.events)]]
        starts = np.concatenate(([0], np.cumsum(wanted))).astype(np.int64)
        self._event_pages = starts
        self._page_rows = np.zeros(max(int(starts[-1]), 1), np.int32)
        for (event, page), number in self._page_of.items():
            self._page_rows[starts[event] + page] = number
