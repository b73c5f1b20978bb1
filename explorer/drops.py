"""What the local states of actors drop, tabulated: of what was asked so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .memory import Array, Block
from .packing import Packing

SENT, RECEIVED = 0, 1
"""The two ends of a message that an actor may be asked about: as its sender, as its receiver."""


class Question(NamedTuple):
    """Whether actor number `actor`, in its local state number `local`, drops an envelope that it
    sent, or that is to it: which `end` it is."""

    actor: int
    local: int
    end: int
    envelope: int


class Drops:
    """The answers of local states to the question which messages they drop.

    Three arrays tell the kernels of them, a bit for each copy of each envelope: by local state and
    end what is `dropped`, and what was `asked` about; by actor and end what it is `concerned` with.
    """

    def __init__(self) -> None:
        self._answers = Block(np.int32, 5, 64)  # a question, and whether the answer is yes
        self.count = 0
        self._entered = 0  # answers that are in the arrays
        self._laid_out: tuple[object, ...] = ()  # what the arrays were laid out for
        self.dropped: Array = np.zeros((1, 2, 1), np.uint64)
        self.asked = self.concerned = self.dropped

    def note(self, question: Question, dropped: bool) -> None:
        """Keep an answer."""
        if self.count == self._answers.capacity:
            self._answers.grow(2 * self.count)
        self._answers.array[self.count] = (*question, dropped)
        self.count += 1

    @property
    def questions(self) -> Iterator[Question]:
        """All that was asked, in order."""
        for actor, local, end, envelope, _ in self._answers.array[: self.count].tolist():
            yield Question(actor, local, end, envelope)

    @property
    def answers(self) -> bytes:
        """All answers, in the order of the questions."""
        return np.packbits(self._answers.array[: self.count, 4].astype(np.bool_)).tobytes()

    def lay_out(
        self, starts: Array, ends: Sequence[tuple[int, int] | None], packing: Packing
    ) -> None:
        """Bring the arrays up to date. `starts` says where the local states of each actor begin,
        and `ends` which actors' both are asked about each envelope, None if none is."""
        words, bits = packing.words, packing.copies
        known = packing, starts.tobytes(), sum(map(len, bits)) - len(bits), len(bits)
        if known[:3] != self._laid_out[:3]:
            self.dropped = np.zeros((int(starts[-1]), 2, words), np.uint64)
            self.asked = np.zeros_like(self.dropped)
            self._entered = 0
        if known != self._laid_out:
            self.concerned = np.zeros((len(starts) - 1, 2, words), np.uint64)
            for of, both in zip(bits, ends, strict=False):
                for end, actor in enumerate(both or ()):
                    for bit in of:
                        self.concerned[actor, end, bit // 64] |= np.uint64(1 << bit % 64)
        self._laid_out = known
        actor, local, end, envelope, yes = self._answers.array[self._entered : self.count].T
        self._entered = self.count
        for copy in range(max(map(len, bits), default=0)):
            bit_of = np.array([of[copy] if copy < len(of) else -1 for of in bits], np.int64)
            bit = bit_of[envelope]
            places = (starts[actor] + local, end, bit // 64)
            values = np.uint64(1) << (bit % 64).astype(np.uint64)
            values[bit < 0] = 0
            np.bitwise_or.at(self.asked, places, values)
            np.bitwise_or.at(self.dropped, places, values * (yes != 0))
