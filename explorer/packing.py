"""How a state is packed into 64-bit words.

Each actor has a *lane* for the number of its local state, and each copy of an envelope that may be
in flight a *bit*. The bits of first copies lie in the order in which their envelopes were first
sent, so that going through them from the lowest on is going through the network in its order. When
a lane or the bits do not suffice, everything is packed anew, with room to spare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import kernels
from .memory import Array

WORD = 64


class PackedAs(NamedTuple):
    """A packing as plain numbers: what is written down with packed states.

    lanes   for each actor the word, shift and width, in bits, of its lane
    copies  for each envelope the bits of its copies
    words   how many words a state has
    """

    lanes: tuple[tuple[int, int, int], ...]
    copies: tuple[tuple[int, ...], ...]
    words: int


class Packing:
    """Lanes and bits for `locals_` local states of each actor and copies of envelopes.

    `spare` is how many bits a lane gets beyond those it needs.
    """

    def __init__(self, locals_: Sequence[int], copies: Sequence[int], spare: int) -> None:
        self.lanes: list[tuple[int, int, int]] = []
        self.copies: list[list[int]] = []
        used = [0]
        for count in locals_:
            bits = min(count.bit_length() + spare, WORD)
            if used[-1] + bits > WORD:
                used.append(0)
            self.lanes.append((len(used) - 1, used[-1], bits))
            used[-1] += bits
        self.words = len(used)
        taken = {(word, shift + bit) for word, shift, bits in self.lanes for bit in range(bits)}
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
        return PackedAs(tuple(self.lanes), tuple(map(tuple, self.copies)), self.words)

    def holds(self, actor: int, local: int) -> bool:
        """Whether the actor's lane can hold the number of this local state."""
        return local >> self.lanes[actor][2] == 0

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


def layout_of(packed: PackedAs, event_of: Sequence[int], actor_of: Array) -> kernels.Layout:
    """The arrays that tell the kernels of a packing.

    `event_of` gives the event of delivering each envelope, `actor_of` the actor of each event.
    """
    words = packed.words
    first = repeated = 0
    received = [0] * len(packed.lanes)
    bit_event = np.full(words * WORD, -1, np.int32)
    bit_next = np.full(words * WORD, -1, np.int32)
    event_bit = np.full(max(len(actor_of), 1), -1, np.int32)
    events = np.array(event_of[: len(packed.copies)], np.int64)  # there may be more by now
    event_bit[events] = [copies[0] for copies in packed.copies]
    actors = actor_of[events].tolist()
    for copies, event, actor in zip(packed.copies, event_of, actors, strict=False):
        one = copies[0]
        first |= 1 << one
        received[actor] |= 1 << one
        bit_event[one] = event
        if len(copies) > 1:
            repeated |= 1 << one
            bit_next[list(copies[:-1])] = copies[1:]
    return kernels.Layout(
        np.array([word for word, _, _ in packed.lanes], np.int64),
        np.array([shift for _, shift, _ in packed.lanes], np.uint64),
        np.array([(1 << int(width)) - 1 for _, _, width in packed.lanes], np.uint64),
        _words_of(first, words),
        _words_of(repeated, words),
        bit_event,
        bit_next,
        event_bit,
        np.array([_words_of(first & ~mine, words) for mine in received], np.uint64),
    )


def _words_of(bits: int, words: int) -> Array:
    return np.frombuffer(bits.to_bytes(words * WORD // 8, "little"), "<u8").astype(np.uint64)


def moves(old: PackedAs, new: PackedAs) -> Array:
    """For each bit of `old` the bit of `new` that stands for the same copy, -1 for other bits."""
    to = np.full(old.words * WORD, -1, np.int32)
    for before, after in zip(old.copies, new.copies, strict=False):
        to[list(before)] = after[: len(before)]
    return to


def pack(packed: PackedAs, lanes: Sequence[int], envelopes: Sequence[int]) -> list[int]:
    """The words of a state: the number of each actor's local state, and each copy in flight."""
    row = [0] * packed.words
    for (word, shift, _), local in zip(packed.lanes, lanes, strict=True):
        row[word] |= local << shift
    seen: dict[int, int] = {}
    for envelope in envelopes:
        bit = packed.copies[envelope][seen.setdefault(envelope, 0)]
        seen[envelope] += 1
        row[bit // WORD] |= 1 << bit % WORD
    return row


def unpack(packed: PackedAs, row: Sequence[Any]) -> tuple[list[int], list[int]]:
    """The numbers of the local states, and of the envelopes in flight, a copy each, in order."""
    words = [int(word) for word in row]
    lanes = [words[word] >> shift & ((1 << bits) - 1) for word, shift, bits in packed.lanes]
    flying = [
        envelope
        for envelope, copies in enumerate(packed.copies)
        for bit in copies
        if words[bit // WORD] >> bit % WORD & 1
    ]
    return lanes, flying
