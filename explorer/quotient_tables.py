"""Quotients of what the tabulated engine explored, without making its states again.

How a state looks is a function of the numbers in its lanes. Steps are made again, a batch at a
time, and are known by where they lead and by the outcome that took them there, which also says
how it changed the lanes. So where a step comes from need not be kept: how its source looks can be
told from its target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from . import kernels
from .errors import UsageError
from .memory import Array
from .quotient import (
    ActionKind,
    ActorView,
    ClassEdge,
    FactsView,
    Key,
    Quotient,
    StateClass,
    View,
    action_kind,
    check_classes,
    fact_kinds,
)
from .tables import Tabulation
from .ways import Ways
from .workspace import Stepping, Workspace

if TYPE_CHECKING:
    from .tabulated import TabulatedSearch

CHUNK = 1 << 18
"""States looked at, and steps made, at a time."""

ROOM = 1 << 12
"""Steps that one batch holds; it grows if one state has more."""

FEW = 64
"""States at the depth bound that are expanded at a time."""

_BITS = 21
"""Of the number of a class, or of a kind of step: three of them make one sortable number."""


class Taken(NamedTuple):
    """Steps: the rows of the states that they lead to, (n, W), and the numbers of their outcomes,
    (n,)."""

    rows: Array
    outcomes: Array


class TabulatedQuotient:
    """The quotient of a search's graph by a view, with at most `most` classes (None: any)."""

    def __init__(self, search: TabulatedSearch, view: View, most: int | None) -> None:
        self.search = search
        self.view = view
        self.most = most
        self.tabulation = search.tabulation
        self.looks = _looks(search.tabulation, view)
        self._known: dict[bytes, int] = {}  # the number of each class, by its look
        self._states: list[int] = []
        self._initial: list[int] = []
        self._terminal: list[int] = []
        self._depth: list[int] = []
        self._keys: list[Array] = []
        handles = int(search.visited.owned.max()) * len(search.visited.owned)
        self._to_go: Array = np.zeros((handles, self.tabulation.movers), np.uint8)
        boxed = CHUNK // len(search.visited.owned)
        self._stepping = Stepping(search.widths, max(search.room, ROOM), boxed)

    def made(self) -> Quotient:
        """Go through all states, and then through all steps."""
        for depth, (begin, end) in enumerate(self._levels(self.search.states)):
            for first in range(begin, end, CHUNK):
                self._count_states(first, min(first + CHUNK, end), depth)
        edges = self._count_steps()
        keys = self.looks.keys(self._keys)
        counts = zip(keys, self._states, self._initial, self._terminal, self._depth, strict=True)
        return Quotient(
            self.view,
            tuple(StateClass(*each) for each in counts),
            tuple(edges),
            fact_kinds(self.tabulation.facts),
        )

    def _levels(self, until: int) -> Iterator[tuple[int, int]]:
        """From where to where the states of each depth are, up to number `until`."""
        edges = [*self.search.levels, self.search.states]
        for begin, end in pairwise(edges):
            yield min(begin, until), min(end, until)

    # -- states ------------------------------------------------------------------------------------

    def _count_states(self, begin: int, end: int, depth: int) -> None:
        """Number the classes of these states, all of one depth, and count what is in them."""
        rows = self.search.visited.gather(begin, end)
        distinct, first, inverse = _distinct(self.looks.of(rows))
        numbers: Array = np.zeros(len(distinct), np.int64)
        for at in np.argsort(first):
            numbers[at] = self._number_of(distinct[at], depth)
        for at, count in enumerate(np.bincount(inverse, minlength=len(distinct)).tolist()):
            self._states[numbers[at]] += count
            self._initial[numbers[at]] += count if depth == 0 else 0

    def _number_of(self, look: Array, depth: int) -> int:
        """The number of the class that looks so, which may be new, first found at `depth`."""
        number = self._known.setdefault(look.tobytes(), len(self._known))
        if number == len(self._states):
            check_classes(number + 1, self.most)
            if number >> _BITS:
                raise UsageError(
                    f"the view has more than {number:,} classes; choose a coarser one."
                )
            for counts in (self._states, self._initial, self._terminal):
                counts.append(0)
            self._depth.append(depth)
            self._keys.append(look)
        return number

    def _classes(self, looks: Array) -> Array:
        """The numbers of classes, all known, by their looks."""
        distinct, _, inverse = _distinct(looks)
        numbers = [self._known[look.tobytes()] for look in distinct]
        return np.array(numbers, np.int64)[inverse]

    # -- steps -------------------------------------------------------------------------------------

    def _count_steps(self) -> list[ClassEdge]:
        """What joins the classes; also counts terminal states."""
        kinds: dict[ActionKind, int] = {}
        outcomes = self.tabulation.outcomes
        kind_of = np.array(
            [kinds.setdefault(action_kind(one), len(kinds)) for one in outcomes], np.int64
        )
        total: Counter[int] = Counter()
        for taken in self._steps():
            targets = self._classes(self.looks.of(taken.rows))
            sources = targets.copy()
            other = np.flatnonzero(self.looks.change[taken.outcomes])
            if len(other):
                rows, by = taken.rows[other], taken.outcomes[other]
                sources[other] = self._classes(self.looks.before(rows, by))
            joined = (sources << 2 * _BITS) | (targets << _BITS) | kind_of[taken.outcomes]
            found, counts = np.unique(joined, return_counts=True)
            for one, count in zip(found.tolist(), counts.tolist(), strict=True):
                total[one] += count
        names, low = list(kinds), (1 << _BITS) - 1
        return sorted(
            ClassEdge(one >> 2 * _BITS, one >> _BITS & low, names[one & low], count)
            for one, count in total.items()
        )

    def _steps(self) -> Iterator[Taken]:
        """All steps that the search took."""
        search = self.search
        whole = search.expanded - (search.partly >= 0)
        bound = search.budgets.depth
        for depth, (begin, end) in enumerate(self._levels(whole)):
            closed = search.cut is not None and bound is not None and depth >= bound
            for first in range(begin, end, FEW if closed else CHUNK):
                last = min(first + (FEW if closed else CHUNK), end)
                yield from self._kept(first, last) if closed else self._made(first, last)
        if whole < search.expanded:
            yield self._partly_made(whole)

    @property
    def _tables(self) -> tuple[kernels.Widths, kernels.Layout, kernels.Tables]:
        return self.search.widths, self.tabulation.layout, self.tabulation.tables

    def _made(self, begin: int, end: int, closed: bool = False) -> Iterator[Taken]:
        """The steps from the states from number `begin` up to `end`. Unless `closed`, those of them
        that are terminal are counted, too."""
        at, terminal = begin, 0

        def run() -> int:
            space = self._stepping.space
            space.box.counts[:] = 0
            space.counters[:] = 0
            space.counters[kernels.NEXT] = at
            status: int = kernels.expand(
                None,
                *self._tables,
                self.search.visited.arrays,
                space.batch,
                space.box,
                self._stepping.work(self.search.visited.cursors(at)),
                space.counters,
                end,
                True,
                True,
            )
            full = status == kernels.BUFFER and space.counters[kernels.NEXT] > at
            return kernels.DONE if full else status  # a box is full: it goes on with empty ones

        while at < end:
            self._stepping.run("expand", run)
            space = self._stepping.space
            terminal += int(space.counters[kernels.TERMINAL])
            at = int(space.counters[kernels.NEXT])
            yield from self._in_boxes(space)
        if terminal and not closed:
            self._count_terminal(begin, end, self._look_at(begin, end))

    def _in_boxes(self, space: Workspace) -> Iterator[Taken]:
        owners, capacity = space.box.outcomes.shape
        words = space.box.words.reshape(owners, capacity, -1)
        for owner, count in enumerate(space.box.counts.tolist()):
            if count:
                yield Taken(words[owner, :count], space.box.outcomes[owner, :count])

    def _look_at(self, begin: int, end: int) -> Array:
        """Make these states' steps: whether each state has none. If they fit into one batch, they
        are left there, and where they lead in the handles."""
        visited, stepping = self.search.visited, self._stepping

        def run() -> int:
            status: int = kernels.switches_to_go(
                *self._tables,
                visited.arrays,
                stepping.space.batch,
                stepping.space.box,
                stepping.work(visited.cursors(begin)),
                stepping.handles,
                begin,
                end,
                np.zeros((len(visited.owned), 2), np.int64),
                self.tabulation.actor_of(),
                np.ones(max(len(self.tabulation.outcomes), 1), np.uint8),  # any step will do
                self._to_go,
                -1,
            )
            return status

        stepping.run("switches_to_go", run)
        to_go = self._to_go[visited.handles(begin, end)]
        none: Array = (to_go == np.iinfo(np.uint8).max).all(axis=1)
        return none

    def _count_terminal(self, begin: int, end: int, none: Array) -> None:
        """Count those of these states that have no steps, as `none` says."""
        rows = self.search.visited.gather(begin, end)[none]
        for number in self._classes(self.looks.of(rows)).tolist():
            self._terminal[number] += 1

    def _kept(self, begin: int, end: int) -> Iterator[Taken]:
        """The steps from these states, at the depth bound, that lead to states that were kept."""
        made = sum(len(taken.outcomes) for taken in self._made(begin, end, True))
        if max(made, end - begin) > self._stepping.room:  # it must fit into one batch
            middle = (begin + end) // 2
            yield from self._kept(begin, middle)
            yield from self._kept(middle, end)
            return
        self._count_terminal(begin, end, self._look_at(begin, end))
        kept = np.flatnonzero(self._stepping.handles[:made] >= 0)
        batch = self._stepping.space.batch
        yield Taken(batch.words[:made][kept], batch.outcomes[:made][kept])

    def _partly_made(self, number: int) -> Taken:
        """The steps that were taken of the state in which the search ended."""
        handle = int(self.search.visited.handles(number, number + 1)[0])
        steps, words = Ways(self.search).steps_and_words(handle)
        return Taken(words, np.array(steps.outcomes, np.int64))


class _Looks:
    """How states look, as rows of words; each kind of view has its own.

    records  (O, 2 W + 1) what `kernels.Tables` says of them: first the words XORed onto the state
    change   (O,) whether an outcome may make a state look different
    """

    change: Array

    def __init__(self, tabulation: Tabulation) -> None:
        self.tabulation = tabulation
        self.records: Array = tabulation.tables.records[: len(tabulation.outcomes)]

    def of(self, rows: Array) -> Array:
        """How the states look that these rows stand for."""
        raise NotImplementedError

    def before(self, rows: Array, outcomes: Array) -> Array:
        """How the states look from which these outcomes led to `rows`."""
        raise NotImplementedError

    def keys(self, looks: Sequence[Array]) -> list[Key]:
        """What looks so."""
        raise NotImplementedError

    def lane(self, rows: Array, actor: int) -> Array:
        """The number in the actor's lane, of each row, or what it was XORed with."""
        layout = self.tabulation.layout
        word = rows[:, layout.lane_word[actor]]
        numbers: Array = (word >> layout.lane_shift[actor]) & layout.lane_mask[actor]
        return numbers.astype(np.int64)


class _ActorLooks(_Looks):
    """A state looks as one actor's local state does: a number for each look."""

    def __init__(self, tabulation: Tabulation, view: ActorView) -> None:
        super().__init__(tabulation)
        self.actor = tabulation.actors.index(view.actor)
        seen: dict[Key, int] = {}
        keys = [view.key_of_local(local) for local in tabulation.locals[self.actor]]
        self._look_of = np.array([0, *(seen.setdefault(key, len(seen)) for key in keys)], np.uint64)
        self._seen = list(seen)
        self.change = self.lane(self.records, self.actor) != 0

    def of(self, rows: Array) -> Array:
        return self._look_of[self.lane(rows, self.actor)].reshape(-1, 1)

    def before(self, rows: Array, outcomes: Array) -> Array:
        return self.of(rows ^ self.records[outcomes, : rows.shape[1]])

    def keys(self, looks: Sequence[Array]) -> list[Key]:
        return [self._seen[int(look[0])] for look in looks]


class _FactLooks(_Looks):
    """A state looks like the union of its actors' facts: a bit for each."""

    def __init__(self, tabulation: Tabulation, view: FactsView) -> None:
        super().__init__(tabulation)
        tables = tabulation.tables
        seen = np.array(tabulation.fact_words(view.kept(tabulation.facts)), np.uint64)
        self._facts = tables.facts & seen
        self._from = tables.local_from[:-1]
        self.change = self.records[:, -1] & np.uint64(kernels.FACTS) != 0

    def of(self, rows: Array) -> Array:
        union: Array = np.zeros((len(rows), self._facts.shape[1]), np.uint64)
        for actor, first in enumerate(self._from):
            union |= self._facts[first + self.lane(rows, actor)]
        return union

    def before(self, rows: Array, outcomes: Array) -> Array:
        words = rows.shape[1]
        return self.of(rows ^ self.records[outcomes, :words])

    def keys(self, looks: Sequence[Array]) -> list[Key]:
        return list(self.tabulation.fact_sets(np.array(looks)))


def _looks(tabulation: Tabulation, view: View) -> _Looks:
    if isinstance(view, ActorView):
        return _ActorLooks(tabulation, view)
    return _FactLooks(tabulation, view)


def _distinct(rows: Array) -> tuple[Array, Array, Array]:
    """The distinct rows, where each occurs first, and which of them each row is."""
    code: Array = np.zeros(len(rows), np.int64)
    for column in rows.T:  # a column at a time: rows as a whole are slow to compare
        values, which = np.unique(column, return_inverse=True)
        code = code * len(values) + which.reshape(-1)
        if rows.shape[1] > 1:
            code = np.unique(code, return_inverse=True)[1].reshape(-1)
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    return rows[first], first, inverse.reshape(-1)
