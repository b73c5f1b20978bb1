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
from .errors import UsageError
from .facts import Fact, FactSet
from .freeze import fact_order
from .handlers import Deliver, Event, Local, Outcome, Start
from .memory import Array, Block
from .network import Envelope
from .packing import PackedAs, Packing, layout_of, pack, unpack
from .semantics import Semantics, State


class Sizes(NamedTuple):
    """First sizes; all of them grow. Small ones are for tests."""

    batch: int = 2048  # successors
    rows: int = 1 << 14  # states
    fact_sets: int = 1 << 12
    spare: int = 1  # bits of a lane beyond those needed
    locals: int = kernels.PAGE
    outcomes: int = 1 << 10
    parallel: int = 1 << 15  # states in a level from which on threads share the work
    part: int = 1 << 18  # states that a thread expands at a time
    box: int = 1 << 16  # successors on their way from one thread to another


class Repacked(NamedTuple):
    """A change of packing: states packed as `old` are to be packed as `new`."""

    old: PackedAs
    new: PackedAs


class Tabulation:
    """The tables of one model, which grow while a search goes on.

    `pairs` are the (event, local state) pairs filled so far, by number, in order, and `copies` for
    each envelope how many may be in flight.
    """

    def __init__(self, semantics: Semantics, sizes: Sizes) -> None:
        network = semantics.model.network
        if not network.is_multiset:
            raise UsageError(
                f"the tabulated engine cannot keep a {type(network).__name__}: it knows networks "
                f"whose state is a multiset of envelopes (is_multiset). "
                f"Explore it with engine='reference'."
            )
        self.semantics = semantics
        self.sizes = sizes
        self.actors = tuple(semantics.model.actors)
        self.events: list[Event] = []
        self.envelopes: list[Envelope] = []
        self.locals: list[list[Local]] = [[] for _ in self.actors]
        self.outcomes: list[Outcome] = []
        self.facts: list[Fact] = []
        self.pairs: list[tuple[int, int]] = []
        self.objections = False
        self._position = {actor: at for at, actor in enumerate(self.actors)}
        self._number: dict[Local, int] = {}
        self._event_of: dict[Envelope | tuple[str, str], int] = {}
        self._deliveries: list[int] = []  # the event of delivering each envelope
        self._fact_number: dict[Fact, int] = {}
        self._masks: dict[FactSet, int] = {}
        self.copies: list[int] = []
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
        self._timers_of: Array = np.zeros((0, 2), np.int32)
        self._timers = Block(np.int32, 0, 64)
        self._timer_count = 0
        self._locals_moved = self._events_moved = True  # their arrays are to be laid out anew
        self._steps = Block(np.int64, 4, sizes.outcomes)  # actor, before, after, flags
        self._sent_from = Block(np.int32, 0, sizes.outcomes + 1)
        self._sent = Block(np.int32, 0, sizes.outcomes)
        self._sent_count = 0
        self._encoded = 0
        self._stale = True
        self.packing = Packing([1] * len(self.actors), [], sizes.spare)
        self._records = Block(np.uint64, 3, sizes.outcomes)
        self.initial = semantics.initial_states()
        for state in self.initial:
            self._take_in(state)
        self.settle()

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

    def allow_copy(self, event: int) -> None:
        """Provide for one more copy of the envelope that `event` delivers."""
        happening = self.events[event]
        assert isinstance(happening, Deliver)
        envelope = happening.envelope.index
        self.copies[envelope] += 1
        if len(self.packing.copies) > envelope:
            self.packing.add_copy(envelope)
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
            counts = [len(known) + 1 for known in self.locals]
            self.packing = Packing(counts, self.copies, self.sizes.spare)
            repacked = Repacked(old, self.packing.described)
            self._records = Block(np.uint64, 2 * self.packing.words + 1, self._steps.capacity)
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

    def layout_of(self, packed: PackedAs) -> kernels.Layout:
        """The arrays that tell the kernels of a packing."""
        return layout_of(packed, self._deliveries, self._event_actor.array[: len(self.events)])

    def row(self, state: State) -> list[int]:
        """The words of a state of which every part has a number."""
        lanes = [self._number[local] for local in state.locals]
        flying = self.semantics.model.network.contents(state.network)
        numbers = sorted(envelope.index for envelope in flying.elements())
        return pack(self.packed, lanes, numbers)

    def state(self, row: Sequence[Any]) -> State:
        """The state that a row stands for."""
        lanes, flying = unpack(self.packed, row)
        locals_ = tuple(known[lane - 1] for known, lane in zip(self.locals, lanes, strict=True))
        network = self.semantics.model.network
        return State(
            locals_, network.send(network.empty(), [self.envelopes[one] for one in flying])
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
    def outcome_room(self) -> int:
        """How many outcomes there is room for before something grows."""
        return self._steps.capacity

    def local_in(self, row: Sequence[Any], event: int) -> int:
        """The number of the local state, in the state that `row` stands for, of the actor of an
        event."""
        lanes, _ = unpack(self.packed, row)
        return lanes[self._position[self.events[event].actor]]

    def has_pair(self, row: Sequence[Any], event: int, local: int) -> bool:
        """Whether this pair arises in the state that `row` stands for."""
        happening = self.events[event]
        lanes, flying = unpack(self.packed, row)
        if lanes[self._position[happening.actor]] != local:
            return False
        if isinstance(happening, Deliver):
            return happening.envelope.index in flying
        return happening.name in self.locals[self._position[happening.actor]][local - 1].timers

    # -- numbers -----------------------------------------------------------------------------------

    def _take_in(self, state: State) -> None:
        """Give every part of an initial state its number."""
        for local in state.locals:
            self._local_number(local)
        flying = self.semantics.model.network.contents(state.network)
        self._number_envelopes()
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
            self.copies.append(1)
            if len(self.packing.copies) == len(self.copies) - 1:
                self.packing.add_envelope()

    def _timer_event(self, actor: str, name: str) -> int:
        event = self._event_of.get((actor, name))
        if event is None:
            event = self._new_event(self.semantics.handlers.firing(actor, name))
            self._event_of[actor, name] = event
        return event

    def _new_event(self, event: Event) -> int:
        number = len(self.events)
        self.events.append(event)
        if number >= self._event_actor.capacity:
            self._event_actor.grow(2 * number)
        self._event_actor.array[number] = self._position[event.actor]
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
        number = len(self.outcomes)
        before = self.locals[actor][local - 1]
        flags = kernels.LAST * last
        flags |= kernels.FACTS * (outcome.after.facts != before.facts)
        flags |= kernels.REPEATS * (len(set(outcome.sent)) < len(outcome.sent))
        flags |= kernels.OBJECTION * bool(outcome.objections)
        self.objections = self.objections or bool(outcome.objections)
        if number + 1 >= self._steps.capacity:
            for block in (self._steps, self._sent_from, self._records):
                block.grow(2 * block.capacity)
        while self._sent_count + len(outcome.sent) >= self._sent.capacity:
            self._sent.grow(2 * self._sent.capacity)
        self._steps.array[number] = (actor, local, self._local_number(outcome.after), flags)
        for envelope in outcome.sent:
            self._sent.array[self._sent_count] = self._event_of[envelope]
            self._sent_count += 1
        self._sent_from.array[number + 1] = self._sent_count
        self.outcomes.append(outcome)

    # -- arrays ------------------------------------------------------------------------------------

    def _fits(self) -> bool:
        """Whether the packing holds everything there is."""
        return [len(bits) for bits in self.packing.copies] == self.copies and all(
            self.packing.holds(actor, len(known)) for actor, known in enumerate(self.locals)
        )

    def _bring_arrays_up_to_date(self) -> None:
        if self._locals_moved:
            self._lay_out_locals()
        if self._events_moved:
            self._lay_out_pages()
        self._locals_moved = self._events_moved = False
        self.widths = kernels.Widths(
            self.packing.words, self._fact_words, len(self.actors), self._timer_count, owners=1
        )
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
            self._timers_of,
            self._timers.array,
            self._local_facts,
        )

    def _lay_out_locals(self) -> None:
        self._starts = np.concatenate(([0], np.cumsum(self._room))).astype(np.int64)
        self._local_facts = np.zeros((self._starts[-1], self._fact_words), np.uint64)
        self._timers_of = np.zeros((self._starts[-1], 2), np.int32)
        self._timer_count = 0
        for actor, known in enumerate(self.locals):
            for number, local in enumerate(known, 1):
                self._write_local(actor, number, local)

    def _write_local(self, actor: int, number: int, local: Local) -> None:
        at, count = self._starts[actor] + number, self._timer_count
        self._local_facts[at] = self.fact_words(local.facts)
        events = [self._timer_event(local.actor, name) for name in local.timers]
        while count + len(events) > self._timers.capacity:
            self._timers.grow(2 * self._timers.capacity)
        self._timers.array[count : count + len(events)] = events
        self._timer_count = count + len(events)
        self._timers_of[at] = (count, self._timer_count)

    def _lay_out_pages(self) -> None:
        rooms = [-(-room // kernels.PAGE) for room in self._room]
        wanted = [rooms[actor] for actor in self._event_actor.array[: len(self.events)]]
        starts = np.concatenate(([0], np.cumsum(wanted))).astype(np.int64)
        self._event_pages = starts
        self._page_rows = np.zeros(max(int(starts[-1]), 1), np.int32)
        for (event, page), number in self._page_of.items():
            self._page_rows[starts[event] + page] = number
