"""The arrays that kernels work in, apart from the tables and the visited set."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from . import kernels
from .endings import Ending, go_on
from .memory import Array, Block


class Workspace:
    """The arrays that one thread works in."""

    def __init__(self, widths: kernels.Widths, room: int, capacity: int) -> None:
        self.shape = widths, room, capacity
        words, owners = widths.words, widths.owners
        self.batch = kernels.Batch(
            Block(np.uint64, words, room).array,
            Block(np.int32, 0, room).array,
            Block(np.uint64, words, room).array,
        )
        places = owners * capacity
        self.box = kernels.Box(
            Block(np.uint64, words, places).array,
            Block(np.int32, 0, places).array.reshape(owners, capacity),
            Block(np.uint64, 0, places).array,
            Block(np.int32, 0, places).array,
            np.zeros(owners, np.int64),
            Block(np.uint64, words, places).array,
            Block(np.uint8, places, owners).array,
        )
        self.lanes: Array = np.zeros(widths.actors, np.int64)
        self.masks: Array = np.zeros((3, words), np.uint64)
        self.recent: Array = np.zeros((kernels.RECENT, words), np.uint64)
        self.slots = Block(np.int64, 0, places).array
        self.counters: Array = np.zeros(kernels.COUNTERS, np.int64)
        self.settled: Array = np.zeros(kernels.COUNTERS, np.int64)

    @property
    def nbytes(self) -> int:
        arrays = (*self.batch, *self.box, self.recent, self.slots)
        return int(sum(array.nbytes for array in arrays))

    def work(self, cursors: Array, objected: Array) -> kernels.Work:
        return kernels.Work(self.lanes, self.recent, cursors, self.slots, objected, *self.masks)


class Stepping:
    """Room to make the steps of states again in, a batch at a time.

    It grows when one state has more steps than fit: that a search had room for them says nothing,
    since it does not make the steps that sleep."""

    def __init__(self, widths: kernels.Widths, room: int, boxed: int = 1) -> None:
        self._widths = widths
        self._boxed = boxed
        self._make(room)

    def _make(self, room: int) -> None:
        self.room = room  # steps to a batch
        capacity = max(self._boxed, 2 * room)
        self.space = Workspace(self._widths, room, capacity)
        self.handles: Array = np.zeros(room, np.int64)  # where the steps lead

    def work(self, cursors: Array) -> kernels.Work:
        """Room to work in, for going through states from where `cursors` stand."""
        return self.space.work(cursors, _NO_OBJECTIONS)

    def run(
        self, kernel: str, run: Callable[[], int], final: Collection[int] = (kernels.DONE,)
    ) -> int:
        """Run a kernel that makes steps in this room to the end, with as much room as it takes."""

        def grow(ending: Ending) -> None:
            self._make(2 * self.room)

        return go_on(kernel, lambda: Ending(run()), {kernels.BUFFER: grow}, final).status


_NO_OBJECTIONS: Array = np.zeros(1, np.uint8)


class FactStore:
    """The distinct fact sets of the states of one owner."""

    def __init__(self, width: int, capacity: int) -> None:
        self.count = 0
        self._sets = Block(np.uint64, width, capacity)
        self._index(capacity)

    @property
    def nbytes(self) -> int:
        return self.count * 8 * self._sets.width + self._table.nbytes

    @property
    def arrays(self) -> kernels.FactSets:
        return kernels.FactSets(self._sets.array, self._table)

    def sets(self, begin: int) -> Array:
        """The fact sets from number `begin` on."""
        return np.array(self._sets.array[begin : self.count])

    def fill(self, rows: Sequence[Array]) -> None:
        """Enter fact sets, all different, into an empty store."""
        self.count = len(rows)
        for at, row in enumerate(rows):
            self._sets.array[at] = row
        self._index(self._sets.capacity)

    def make_room(self, more: int, width: int) -> None:
        """Have room for so many more, of so many words."""
        wanted = self.count + more + 1
        if width > self._sets.width:
            wider = Block(np.uint64, width, self._sets.capacity)
            wider.array[: self.count, : self._sets.width] = self._sets.array[: self.count]
            self._sets = wider
            self._index(self._sets.capacity)
        if wanted > self._sets.capacity:
            self._sets.grow(max(wanted, 2 * self._sets.capacity))
            self._index(self._sets.capacity)

    def _index(self, capacity: int) -> None:
        self._table: Array = np.zeros(1 << (2 * capacity - 1).bit_length(), np.int32)
        kernels.index_facts(self._sets.array, self.count, self._table)
