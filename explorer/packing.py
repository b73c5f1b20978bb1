"""How a state is packed into 64-bit words.

Each actor has a *lane* for the number of its local state, and each copy of an envelope that may be
in flight a *bit*. The bits of first copies lie in the order in which their envelopes were first
sent, so that going through them from the lowest on is going through the network in its order. When
a lane or the bits do not suffice, everything is packed anew, with room to spare.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np

from . import kernels
from .memory import Array

WORD = 64


class PackedAs(NamedTuple):
    """A packing as plain numbers: what is written down with packed states.

    lanes   for each actor, and each fault lane, the word, shift and width, in bits
    copies  for each envelope the bits of its copies
    words   how many words a state has
    queues  for each queue the word, shift, bits of a message, and how many messages fit
    """

    lanes: tuple[tuple[int, int, int], ...]
    copies: tuple[tuple[int, ...], ...]
    words: int
    queues: tuple[tuple[int, int, int, int], ...] = ()


class Unpacked(NamedTuple):
    """What a row says: the numbers in the lanes, the envelopes in flight, a copy each, in order,
    and for each queue the numbers of its messages, oldest first."""

    lanes: list[int]
    flying: list[int]
    queues: list[list[int]]


class Packing:
    """Lanes for numbers up to `counts`, bits for copies of envelopes, and a field for each queue,
    given as how many kinds of message it may have and how many messages.

    `spare` is how many bits a lane, and a message in a queue, gets beyond those it needs.
    """

    def __init__(
        self,
        counts: Sequence[int],
        copies: Sequence[int],
        spare: int,
        queues: Sequence[tuple[int, int]] = (),
    ) -> None:
        self.lanes: list[tuple[int, int, int]] = []
        self.copies: list[list[int]] = []
        used = [0]
        for count in counts:
            bits = min(count.bit_length() + spare, WORD)
            if used[-1] + bits > WORD:
                used.append(0)
            self.lanes.append((len(used) - 1, used[-1], bits))
            used[-1] += bits
        self.queues: list[tuple[int, int, int, int]] = []
        for kinds, room in queues:
            bits = _bits_of(kinds, room, spare)
            if used[-1] + bits * room > WORD:
                used.append(0)
            self.queues.append((len(used) - 1, used[-1], bits, room))
            used[-1] += bits * room
        self.words = max(len(used), -(-len(self.queues) // WORD))
        fields = [*self.lanes, *((word, at, bits * room) for word, at, bits, room in self.queues)]
        taken = {(word, shift + bit) for word, shift, bits in fields for bit in range(bits)}
        self._free = (
            word * WORD + bit
            for word in range(1 << 40)
            for bit in range(WORD)
            if (word, bit) not in taken
        )
        self._next = next(self._free)
        for _ in copies:
            self.copies.append([self._take()])
        for mine, count in zip(self.copies, copies, strict=True):
            mine += [self._take() for _ in range(count - 1)]
        self.words = max(self.words, (self._last() // WORD) + 1)

    @property
    def described(self) -> PackedAs:
        copies = tuple(map(tuple, self.copies))
        return PackedAs(tuple(self.lanes), copies, self.words, tuple(self.queues))

    def holds(self, actor: int, local: int) -> bool:
        """Whether the actor's lane can hold the number of this local state."""
        return local >> self.lanes[actor][2] == 0

    def holds_queue(self, queue: int, kinds: int, room: int) -> bool:
        """Whether the queue's field can hold so many messages, of so many kinds."""
        if queue >= len(self.queues):
            return False
        _, _, bits, fit = self.queues[queue]
        return kinds >> bits == 0 and room <= fit

    def add_envelope(self) -> bool:
        """Give a further envelope its first bit; False if there is none left."""
        if self._next >= self.words * WORD:
            return False
        self.copies.append([self._take()])
        return True

    def add_copy(self, envelope: int) -> bool:
        """Give an envelope a bit for one more copy; False if there is none left."""
        if self._next >= self.words * WORD:
            return False
        self.copies[envelope].append(self._take())
        return True

    def _take(self) -> int:
        taken, self._next = self._next, next(self._free)
        return taken

    def _last(self) -> int:
        return max((bit for bits in self.copies for bit in bits), default=0)


def most_in_queue(kinds: int) -> int:
    """How many messages a queue may have, if there are so many kinds of them."""
    return WORD // kinds.bit_length()


def _bits_of(kinds: int, room: int, spare: int) -> int:
    bits = kinds.bit_length()
    return bits + spare if (bits + spare) * room <= WORD else bits


class Link(NamedTuple):
    """A queue's place among all, by the actors that it joins, and its deliveries, by message."""

    key: tuple[str, str]
    receiver: int
    events: list[int]


def layout_of(
    packed: PackedAs,
    event_of: Sequence[int],
    actor_of: Array,
    actors: int,
    stays: bool,
    links: Sequence[Link],
    open_links: Sequence[Sequence[bool]],
    sleeps: bool,
) -> kernels.Layout:
    """The arrays that tell the kernels of a packing.

    event_of    the event of delivering each envelope
    actor_of    the actor of each event
    actors      how many there are; theirs are the first lanes
    stays       whether an envelope stays when it is delivered, and copies do not count
    links       the links that have queues, in the order of these
    open_links  for each way to cut the network, whether the link of each envelope, or else of each
                queue, is open
    sleeps      whether steps may sleep
    """
    words = packed.words
    first = repeated = 0
    received = [0] * actors
    bit_event = np.full(words * WORD, -1, np.int32)
    bit_next = np.full(words * WORD, -1, np.int32)
    event_bit = np.full(max(len(actor_of), 1), -1, np.int32)
    known = links[: len(packed.queues)]  # there may be more by now
    order = sorted(range(len(known)), key=lambda at: known[at].key)
    firsts = np.argsort(order).tolist() if known else [bits[0] for bits in packed.copies]
    if not packed.queues:
        events = np.array(event_of[: len(packed.copies)], np.int64)  # there may be more by now
        event_bit[events] = firsts
        receivers = actor_of[events].tolist()
        for copies, event, actor in zip(packed.copies, event_of, receivers, strict=False):
            one = copies[0]
            first |= 1 << one
            received[actor] |= 1 << one
            bit_event[one] = event
            if stays:
                bit_next[one] = one
            if len(copies) > 1:
                repeated |= 1 << one
                bit_next[list(copies[:-1])] = copies[1:]
    for place, at in enumerate(order):
        received[known[at].receiver] |= 1 << place
    everything = first or (1 << len(known)) - 1
    through = [compress(firsts, kept) for kept in open_links]
    cut = [_words_of(sum(1 << bit for bit in bits), words) for bits in through]
    return kernels.Layout(
        np.array([word for word, _, _ in packed.lanes], np.int64),
        np.array([shift for _, shift, _ in packed.lanes], np.uint64),
        np.array([(1 << int(width)) - 1 for _, _, width in packed.lanes], np.uint64),
        _words_of(first, words),
        _words_of(repeated, words),
        bit_event,
        bit_next,
        event_bit,
        np.full(words, 0 if stays else 2**64 - 1, np.uint64),
        np.array(
            [*(_words_of(everything & ~mine, words) for mine in received), _words_of(0, words)]
            if sleeps
            else np.zeros((actors + 1, words)),
            np.uint64,
        ),
        np.array([_words_of(everything, words), *cut], np.uint64),
        *_queues(packed, known, order, len(actor_of)),
    )


def _queues(
    packed: PackedAs, known: Sequence[Link], order: Sequence[int], events: int
) -> Sequence[Array]:
    """The part of a layout that tells of queues."""
    fields = np.array(packed.queues, np.int64).reshape(-1, 4)
    masks = [(1 << bits * room) - 1 << shift for _, shift, bits, room in packed.queues]
    starts, deliveries = [0], [0]
    event_queue = np.zeros((max(events, 1), 2), np.int32)
    for at, link in enumerate(known):
        for number, event in enumerate(link.events, 1):
            event_queue[event] = at, number
        deliveries += link.events
        starts.append(len(deliveries) - 1)
    return (
        np.ascontiguousarray(np.concatenate([fields, np.zeros((1, 4), np.int64)])),
        np.array([*order, 0], np.int64),
        np.array([*(masks[at] for at in order), 0], np.uint64),
        np.array(starts, np.int64),
        np.array(deliveries, np.int32),
        event_queue,
    )


def _words_of(bits: int, words: int) -> Array:
    return np.frombuffer(bits.to_bytes(words * WORD // 8, "little"), "<u8").astype(np.uint64)


def moves(old: PackedAs, new: PackedAs) -> Array:
    """For each bit of `old` the bit of `new` that stands for the same copy, -1 for other bits."""
    to = np.full(old.words * WORD, -1, np.int32)
    for before, after in zip(old.copies, new.copies, strict=False):
        to[list(before)] = after[: len(before)]
    return to


def pack(packed: PackedAs, state: Unpacked) -> list[int]:
    """The words of a state."""
    row = [0] * packed.words
    for (word, shift, _), number in zip(packed.lanes, state.lanes, strict=True):
        row[word] |= number << shift
    seen: dict[int, int] = {}
    for envelope in state.flying:
        bit = packed.copies[envelope][seen.setdefault(envelope, 0)]
        seen[envelope] += 1
        row[bit // WORD] |= 1 << bit % WORD
    for (word, shift, bits, _), queue in zip(packed.queues, state.queues, strict=False):
        for at, number in enumerate(queue):
            row[word] |= number << shift + at * bits
    return row


def unpack(packed: PackedAs, row: Sequence[Any]) -> Unpacked:
    """What the words of a state say."""
    words = [int(word) for word in row]
    lanes = [words[word] >> shift & ((1 << bits) - 1) for word, shift, bits in packed.lanes]
    flying = [
        envelope
        for envelope, copies in enumerate(packed.copies)
        for bit in copies
        if words[bit // WORD] >> bit % WORD & 1
    ]
    queues = [
        [
            number
            for at in range(room)
            if (number := words[word] >> shift + at * bits & ((1 << bits) - 1))
        ]
        for word, shift, bits, room in packed.queues
    ]
    return Unpacked(lanes, flying, queues)
