"""The visited set: the rows of all states found, and the tables that find them.

States are numbered in breadth-first order. With one owner the number of a state is its row; with
several, each owner has the rows of its states in the order of their numbers, and `owners` says
whose turn it is. A *handle* names a state without its number: row times owners, plus owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from . import kernels
from .errors import DefectError, UsageError
from .memory import Array, Block
from .packing import moves
from .tables import Repacked, Sizes, Tabulation


class Visited:
    """All states found so far. `count` is their number, `owned` how many each owner has."""

    def __init__(self, words: int, sizes: Sizes) -> None:
        self.words = words
        self.sizes = sizes
        self._level = 0, 0  # the numbers of the states being expanded
        self._widest = 0  # states of the widest level so far
        self._arrays: kernels.Visited | None = None
        self._asleep: list[Block] = []  # for each owner, the sleep sets of the level in hand,
        self._falling: list[Block] = []  # and those of the next,
        self._asleep_from: Array = np.zeros(1, np.int64)  # and the rows where each begins
        self._falling_from: Array = np.zeros(1, np.int64)
        self._start(1, [0])
        self._wake()

    def _start(self, owners: int, room: Sequence[int]) -> None:
        self.owned: Array = np.zeros(owners, np.int64)
        self.rows = [Block(np.uint64, self.words, max(n, 1)) for n in room]
        self.tables = [self._table(n) for n in room]
        self.owners = Block(np.uint8, 0, max(sum(room), 1) if owners > 1 else 1)
        self._counted = 0, self.owned.copy()  # a number, and the cursors there

    @property
    def count(self) -> int:
        return int(self.owned.sum())

    @property
    def nbytes(self) -> int:
        """Bytes in use, those of rows reserved for states to come not counted."""
        rows = self.count * (8 * self.words + (len(self.owned) > 1))
        asleep = self._widest + max(self._widest, self.count - self._level[1])
        return rows + 8 * self.words * asleep + sum(table.nbytes for table in self.tables)

    @property
    def arrays(self) -> kernels.Visited:
        """What the kernels take; good until something grows."""
        if self._arrays is None:
            self._arrays = self.arrays_now()
        return self._arrays

    def arrays_now(self) -> kernels.Visited:
        """The same, good for an owner until something of its own grows."""
        return kernels.Visited(
            _addresses(self.rows),
            _addresses(self.tables),
            np.array([_shift(table.capacity) for table in self.tables], np.int64),
            self.owners.array,
            _addresses(self._asleep),
            self._asleep_from,
            _addresses(self._falling),
            self._falling_from,
        )

    def bytes_with_room(self, more: Sequence[int]) -> int:
        """Bytes in use once each owner has room for so many more."""
        count = self.count + sum(more)
        rows = count * (8 * self.words + (len(self.owned) > 1))
        asleep = self._widest + max(self._widest, count - self._level[1])
        return (
            rows
            + 8 * self.words * asleep
            + sum(
                8 * max(table.capacity, self._table_size(int(have) + new))
                for table, have, new in zip(self.tables, self.owned, more, strict=True)
            )
        )

    def make_room(self, more: Sequence[int]) -> None:
        """Let each owner have room for so many more states."""
        for owner, new in enumerate(more):
            self.make_room_of(owner, new)
        self.make_room_for_owners(sum(more))

    def make_room_of(self, owner: int, more: int) -> None:
        """Let this owner have room for so many more; several may be seen to at the same time."""
        wanted = int(self.owned[owner]) + more
        if wanted > kernels.LARGEST:
            raise UsageError(
                f"more than {kernels.LARGEST:,} states to one thread cannot be numbered; "
                f"explore with more threads, or bound the search."
            )
        if wanted > self.rows[owner].capacity:
            self._arrays = None
            self.rows[owner].grow(max(wanted, 2 * self.rows[owner].capacity))
        found = wanted - int(self._falling_from[owner])
        if found > self._falling[owner].capacity:
            self._arrays = None
            self._falling[owner].grow(max(found, 2 * self._falling[owner].capacity))
        if self._table_size(wanted) > self.tables[owner].capacity:
            self._arrays = None
            old = self.tables[owner].capacity
            self.tables[owner].grow(self._table_size(wanted))
            kernels.spread(self.tables[owner].array, old)
            self._check_table(owner)

    def _check_table(self, owner: int) -> None:
        """Raise DefectError unless each state of this owner is found by its table."""
        found, owned = kernels.count_found(self.tables[owner].array), int(self.owned[owner])
        if found != owned:
            raise DefectError(
                f"the table of the visited set was laid out anew, and finds {found:,} of the "
                f"{owned:,} states in it"
            )

    def rows_room(self, owner: int) -> int:
        """How many rows this owner can have before something grows, its table apart."""
        asleep = int(self._falling_from[owner]) + self._falling[owner].capacity
        return int(min(self.rows[owner].capacity, asleep))

    def make_room_for_owners(self, more: int) -> None:
        """Have room to say who owns so many more states."""
        if len(self.owned) > 1 and self.count + more > self.owners.capacity:
            self._arrays = None
            self.owners.grow(2 * (self.count + more))

    def begin_level(self, begin: int, end: int) -> None:
        """The states from number `begin` up to `end`, all that there are, will now be expanded."""
        self._level, self._widest = (begin, end), max(self._widest, end - begin)
        self._asleep, self._falling = self._falling, self._asleep
        self._asleep_from, self._falling_from = self._falling_from, self.owned.copy()
        self._arrays = None

    def _wake(self) -> None:
        """Make all sleep sets empty, which is always sound."""
        begin, end = (self.cursors(number) for number in self._level)
        self._asleep = [Block(np.uint64, self.words, max(int(n), 1)) for n in end - begin]
        self._falling = [Block(np.uint64, self.words, max(int(n), 1)) for n in self.owned - end]
        self._asleep_from, self._falling_from = begin, end
        self._arrays = None

    def append(self, rows: Array) -> None:
        """Enter states, all different and new, while there is one owner."""
        count = len(rows)
        self.make_room([count])
        start = int(self.owned[0])
        self.rows[0].array[start : start + count] = rows
        self.tables[0] = self._table(start + count)
        self._arrays = None
        self._enter_rows(start + count)

    def row(self, number: int) -> list[int]:
        """The words of one state."""
        return [int(word) for word in self.gather(number, number + 1)[0]]

    def gather(self, begin: int, end: int) -> Array:
        """The rows of the states from number `begin` up to `end`, as (n, W)."""
        if len(self.owned) == 1:
            return np.array(self.rows[0].array[begin:end])
        rows: Array = np.empty((end - begin, self.words), np.uint64)
        widths = kernels.Widths(self.words, 1, 0, 0, len(self.owned), 0, 0, 0)
        kernels.gather(widths, self.arrays, self.cursors(begin), begin, end, rows)
        return rows

    def cursors(self, number: int) -> Array:
        """For each owner, its row of the first state from this number on."""
        if len(self.owned) == 1:
            return np.array([number], np.int64)
        known, counts = self._counted if self._counted[0] <= number else (0, self._counted[1] * 0)
        counts = counts.copy()
        kernels.count_owners(self.owners.array, known, number, counts)
        self._counted = number, counts
        return counts.copy()

    def cursors_at(self, numbers: Sequence[int]) -> list[Array]:
        """`cursors` for several numbers, which ascend."""
        found = [self.cursors(numbers[0])]
        for begin, end in pairwise(numbers):
            counts = found[-1].copy()
            kernels.count_owners(self.owners.array, begin, end, counts)
            found.append(counts)
        return found

    def handles(self, begin: int, end: int) -> Array:
        """The handles of the states from number `begin` up to `end`."""
        total = len(self.owned)
        if total == 1:
            return np.arange(begin, end, dtype=np.int64)
        who = self.owners.array[begin:end]
        found: Array = np.empty(end - begin, np.int64)
        for owner, first in enumerate(self.cursors(begin)):
            mine = np.flatnonzero(who == owner)
            found[mine] = (first + np.arange(len(mine))) * total + owner
        return found

    def numbers(self) -> Array:
        """The number of each state, by handle; -1 where there is none."""
        numbers: Array = np.full(int(self.owned.max()) * len(self.owned), -1, np.int64)
        numbers[self.handles(0, self.count)] = np.arange(self.count)
        return numbers

    def repack(self, change: Repacked, tabulation: Tabulation) -> None:
        """Pack all states anew."""
        count, owners = self.count, len(self.owned)
        old = self.rows[0].array if owners == 1 else self.gather(0, count)
        layout_of = tabulation.layout_of
        rows = Block(np.uint64, change.new.words, max(count, self.sizes.rows))
        to = moves(change.old, change.new)
        kernels.repack(
            tabulation.lanes,
            len(change.old.queues),
            layout_of(change.old),
            layout_of(change.new),
            to,
            old,
            rows.array,
            0,
            count,
        )
        self.words = change.new.words
        if owners == 1:
            self.rows[0] = rows
            self.tables[0] = self._table(count)
            self._arrays = None
            self._enter_rows(count)
        else:
            self._deal(rows, count, owners)

    def deal_out(self, owners: int) -> None:
        """Share the states among so many owners."""
        count = self.count
        rows = Block(np.uint64, self.words, max(count, 1))
        rows.array[:count] = self.gather(0, count)
        self._deal(rows, count, owners)

    def _enter_rows(self, count: int) -> None:
        owned: Array = np.zeros(1, np.int64)
        kernels.deal(self.rows[0].array, count, self.arrays, owned, False)
        self.owned = owned
        self._check_table(0)
        self._wake()

    def _deal(self, rows: Block, count: int, owners: int) -> None:
        who = Block(np.uint8, 0, max(count, 1))
        owned: Array = np.zeros(owners, np.int64)
        kernels.shares(rows.array, count, who.array, owned)
        self._start(owners, [int(share) for share in owned])
        if owners > 1:
            self.owners = who
        self.owned = owned
        self._wake()
        kernels.deal(rows.array, count, self.arrays, np.zeros(owners, np.int64), True)
        for owner in range(owners):
            self._check_table(owner)

    def _table(self, states: int) -> Block:
        return Block(np.uint64, 0, self._table_size(states), scattered=True)

    def _table_size(self, states: int) -> int:
        """The least power of two of which so many entries take seven eighths at most."""
        size = self.sizes.table
        while 8 * states > 7 * size:
            size *= 2
        return size


def _addresses(blocks: Sequence[Block]) -> Array:
    """Where each of these lies, and how many words it has."""
    return np.array([(block.array.ctypes.data, block.array.size) for block in blocks], np.int64)


def _shift(size: int) -> int:
    """How far to the right the bits of a hash are that name a line of a table."""
    return 65 - (size // kernels.LINE).bit_length()


def as_rows(rows: Sequence[Sequence[Any]], words: int) -> Array:
    """Rows of words as an array."""
    return np.array(rows, np.uint64).reshape(len(rows), words)
