"""The tabulated engine: the search of `reference`, by compiled kernels on tables.

Equal to the reference engine in all that it finds, and in the order in which it finds it. When a
kernel meets a pair of event and local state without an entry it stops, the handler runs, the tables
grow, and it goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from itertools import islice, pairwise
from typing import Any, TypeVar

import numpy as np

from . import kernels
from .endings import Ending, Remedy, go_on
from .errors import ModelError
from .graph import StateGraph
from .handlers import Outcome
from .judging import Finding
from .memory import Array
from .properties import Subject
from .quotient import Quotient, View
from .quotient_tables import TabulatedQuotient
from .search import Search
from .semantics import State
from .snapshot import Json, Keeper, Taker
from .tables import Sizes, Tabulation
from .trace import Trace
from .visited import Visited, as_rows
from .ways import Ways
from .workspace import FactStore, Workspace

T = TypeVar("T")

SIZES = Sizes()
SLICE = 1 << 18
"""States expanded between two looks at the clock."""
_NOBODY: Array = np.zeros(1, np.int64)
INITIAL = 1024
"""Initial states taken at a time, at first."""
VIEWS = 4096
"""States shown to a property of whole states at a time."""


class TabulatedSearch(Search):
    """The search on tables, by `threads` threads."""

    def __init__(self, *arguments: Any, threads: int = 1, keeper: Keeper | None = None) -> None:
        super().__init__(*arguments)
        self.threads = threads
        self.sizes = SIZES
        self._snapshots = Taker(self, keeper) if keeper else None
        self.tabulation: Tabulation
        self._all_begun = False  # whether all initial states are in the tables, for a checkpoint
        self.visited = Visited(1, self.sizes)
        self._transitions = self._expanded = 0
        self.taken = 0  # steps; the other transitions are counted only, being asleep
        self.partly = -1  # steps taken of the state expanded last, if not all of them were
        self._room = self.sizes.batch  # successors to a batch
        self._capacity = self.sizes.box  # successors to a box
        self._spaces: list[Workspace] = []
        self._stores: list[FactStore] = []
        self._noted = [0]  # for each owner, how many of its fact sets were judged
        self._judged: set[bytes] = set()
        self.judged_sets: list[bytes] = []  # the same, at full width, in the order they were met
        self.judged_by_level: list[int] = []  # how many there were once each level was judged
        self._objected: Array = np.zeros(1, np.uint8)
        self._pool: ThreadPoolExecutor | None = None
        self._unnumbered: list[int] | None = None  # where the numbers of each part's finds begin
        self._cursors: list[Array] = []  # where each part's thread is, among each owner's rows

    @property
    def states(self) -> int:
        return self.visited.count

    @property
    def transitions(self) -> int:
        return self._transitions

    @property
    def expanded(self) -> int:
        return self._expanded

    @property
    def fact_sets(self) -> int:
        return len(self._judged)

    @property
    def nbytes(self) -> int:
        """Bytes that the search holds."""
        spaces = sum(space.nbytes for space in self._spaces)
        stores = sum(store.nbytes for store in self._stores)
        return self.visited.nbytes + spaces + stores + self.tabulation.nbytes

    def run(self) -> None:
        try:
            super().run()
            self._number_rest()
        finally:
            if self._pool:
                self._pool.shutdown()
                self._pool = None

    def _resume(self) -> bool:
        return self._snapshots is not None and self._all_begun and self._snapshots.begin()

    def _end_level(self, last: bool) -> None:
        if self._snapshots:
            self._snapshots.take(last)

    def take_over(self, rows: Array, fact_sets: Sequence[Array], progress: Json) -> None:
        """Take over the states and fact sets, and the counts, of a search that was kept."""
        self.visited = Visited(self.tabulation.packed.words, self.sizes)
        self.visited.append(rows)
        store = FactStore(self.widths.facts, max(len(fact_sets), self.sizes.fact_sets))
        store.fill(fact_sets)
        self._stores, self._noted = [store], [store.count]
        self._judged, self.judged_sets = set(), []
        for row in fact_sets:
            self._remember(row)
        self.judged_by_level = list(progress["fact sets by level"])
        self.levels[:] = progress["levels"]
        self._expanded = self.levels[-1]
        self._transitions, self.terminal = progress["transitions"], progress["terminal"]
        self.follow_tables()

    # -- beginning ---------------------------------------------------------------------------------

    def _begin(self) -> None:
        # What is resumed may go on with another bound, so that it wants all ways to cut.
        most = None if self._snapshots else self.budgets.states
        self.tabulation = Tabulation(self.semantics, self.sizes, most)
        if self._snapshots and not self._know_all_beginnings():
            return
        beginnings = self.semantics.beginnings()
        while True:
            room = self._initial_room()
            made = list(islice(beginnings, room or INITIAL))
            states = [state for state in made if state is not None]
            if states and not room:
                self._reach_state_bound()
            elif states:
                self._to_the_end(partial(self._take_in, states))
            if self.bound or len(made) < (room or INITIAL):
                return
            if self._out_of_room() or self._out_of_time():
                return

    def _know_all_beginnings(self) -> bool:
        """Take all initial states into the tables, however many may be kept, as what is resumed
        has to have the same; whether there was time for that."""
        for number, state in enumerate(self.semantics.beginnings(), 1):
            if state is not None:
                self.tabulation.take_in(state)
            if number % INITIAL == 0 and self._out_of_time():
                return False
        self._all_begun = True
        return True

    def _initial_room(self) -> int:
        """How many initial states there may be next; none if there are as many as there may be."""
        part, most = min(max(INITIAL, self.states // 4), 16 * INITIAL), self.budgets.states
        return part if most is None else min(part, most - self.states)

    def _take_in(self, states: Sequence[State]) -> None:
        """Keep initial states, all new."""
        for state in states:
            self.tabulation.take_in(state)
        if not self._stores:
            self.tabulation.settle()
            self.visited = Visited(self.tabulation.packing.words, self.sizes)
            self._stores = [FactStore(self.widths.facts, self.sizes.fact_sets)]
        self.follow_tables()
        rows = as_rows([self.tabulation.row(state) for state in states], self.visited.words)
        store, counters = self._stores[0], np.zeros(kernels.COUNTERS, np.int64)
        counters[kernels.FACT_SETS] = store.count
        for at in range(len(rows)):
            store.make_room(1, self.widths.facts)
            kernels.note_facts(
                self.widths, *self._tables, store.arrays, rows[at : at + 1], counters
            )
            store.count = int(counters[kernels.FACT_SETS])
        self.visited.append(rows)

    @property
    def widths(self) -> kernels.Widths:
        return self.tabulation.widths._replace(owners=len(self.visited.owned))

    @property
    def _tables(self) -> tuple[kernels.Layout, kernels.Tables]:
        return self.tabulation.layout, self.tabulation.tables

    # -- getting ready -----------------------------------------------------------------------------

    @property
    def room(self) -> int:
        """How many successors a batch holds."""
        return self._room

    def _get_ready(self) -> None:
        self._to_the_end(self.follow_tables)

    def follow_tables(self) -> None:
        """Bring everything that depends on the tables up to date; not to be interrupted."""
        change = self.tabulation.settle()
        if change:
            self._spaces = []  # which remember states as they were packed before
            self.visited.repack(change, self.tabulation)
        if len(self._objected) < self.tabulation.outcome_room:
            grown: Array = np.zeros(2 * self.tabulation.outcome_room, np.uint8)
            grown[: len(self._objected)] = self._objected
            self._objected = grown
        # There is room for a batch beside what is in a box: else each missing pair would double it.
        wanted = self.widths, self._room, max(2 * self._room, self._capacity)
        if [space.shape for space in self._spaces] != [wanted] * len(self.visited.owned):
            self._spaces = [Workspace(*wanted) for _ in self.visited.owned]

    def _to_the_end(self, action: Callable[[], T]) -> T:
        """Do this whole, even if the user interrupts: in a thread, which is not interrupted."""
        (result,) = self._all(lambda part: action(), 1)
        return result

    def _all(self, action: Callable[[int], T], count: int) -> list[T]:
        """Do this for all numbers below `count` at the same time, and to the end."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads + 1)  # one may wait for the others
        futures = [self._pool.submit(action, part) for part in range(count)]
        try:
            return [future.result() for future in futures]
        except KeyboardInterrupt:
            wait(futures)
            raise

    def _fill(self, pairs: Sequence[tuple[int, int]], begin: int, end: int) -> None:
        """Run the handlers for pairs that were met in the states from `begin` up to `end`."""
        for event, local in pairs:
            try:
                self.tabulation.fill(event, local)
            except ModelError as error:
                if error.trace is None:
                    error.trace = self._trace_to_pair(event, local, begin, end)
                raise
        self._get_ready()

    def _trace_to_pair(self, event: int, local: int, begin: int, end: int) -> Trace:
        """The trace to the first of these states in which a pair arises."""
        number = next(
            number
            for number in range(begin, end)
            if self.tabulation.has_pair(self.visited.row(number), event, local)
        )
        return self.trace_to(Finding(self.depth - 1, states=[number]))

    # -- expanding ---------------------------------------------------------------------------------

    def _expand(self, begin: int, end: int) -> None:
        self.visited.begin_level(begin, end)
        while self._expanded < end and self.bound is None:
            if self._out_of_time() or self._out_of_memory(end):
                break
            if self._shares_work(end - begin):
                self._expand_together(min(end, self._expanded + self.threads * SLICE))
            else:
                self._expand_alone(min(end, self._expanded + SLICE))
        self._to_the_end(self._number_rest)
        for number in np.flatnonzero(self._objected):
            self.judge.step(self.depth - 1, self.tabulation.outcomes[number])
        self._objected[:] = 0

    def _shares_work(self, frontier: int) -> bool:
        if self.threads == 1:
            return False
        if len(self.visited.owned) == 1 and frontier >= self.sizes.parallel:
            self._share(self.threads)
        return len(self.visited.owned) > 1

    def _share(self, owners: int) -> None:
        """Deal the states out to so many owners."""
        self._to_the_end(lambda: self.visited.deal_out(owners))
        while len(self._stores) < owners:  # what one owner knows another may meet again
            self._stores.append(FactStore(self.widths.facts, self.sizes.fact_sets))
            self._noted.append(0)
        self._get_ready()

    def _expand_alone(self, end: int) -> None:
        """Expand up to number `end` with one thread."""
        enough = False

        def run() -> Ending:
            return Ending(kernels.DONE) if enough else self._to_the_end(lambda: self._search(end))

        def look_at_memory(ending: Ending) -> None:
            nonlocal enough
            enough = self._out_of_memory(end)  # else room is made before it goes on

        remedies = {**self._remedies(end), kernels.ROOM: look_at_memory}
        ending = go_on("search", run, remedies, (kernels.DONE, kernels.BOUND))
        if ending.status == kernels.BOUND:
            self.partly = int(self._spaces[0].counters[kernels.PARTLY])
            self._reach_state_bound()

    def _search(self, end: int) -> Ending:
        """Run the kernel once; how it ended."""
        self._make_room([self._room])
        space, store, most = self._spaces[0], self._stores[0], self.budgets.states
        counters = space.counters
        counters[:] = 0
        counters[kernels.NEXT] = self._expanded
        counters[kernels.STATES] = self.visited.count
        counters[kernels.FACT_SETS] = store.count
        status: int = kernels.search(
            self.tabulation.narrow,
            self.widths,
            *self._tables,
            self.visited.arrays,
            store.arrays,
            space.batch,
            space.box,
            space.work(_NOBODY, self._objected),
            counters,
            self.visited.rows_room(0),
            self.visited.tables[0].capacity,
            end,
            most if most is not None else 1 << 62,
            self._closed,
            self._closed or self.tabulation.objections,
        )
        self.visited.owned[0] = counters[kernels.STATES]
        store.count = int(counters[kernels.FACT_SETS])
        self._expanded = int(counters[kernels.NEXT])
        self._transitions += int(counters[kernels.TRANSITIONS])
        self.taken += int(counters[kernels.TAKEN])
        self.terminal += int(counters[kernels.TERMINAL])
        if counters[kernels.CUT]:
            self._reach_depth_bound()
        return Ending(status, int(counters[kernels.EVENT]), self._expanded)

    def _remedies(self, end: int) -> dict[int, Remedy]:
        """What to do about what a kernel lacks that expands states up to number `end`."""

        def fill(ending: Ending) -> None:
            if self.budgets.states is None:
                self._fill(self._missing(ending.at, end), ending.at, end)
            else:  # the search may end before it comes to other pairs
                local = self.tabulation.local_in(self.visited.row(ending.at), ending.event)
                self._fill([(ending.event, local)], ending.at, ending.at + 1)

        def ask(ending: Ending) -> None:
            # The search may end before it comes to other states.
            self._ask(ending.at, end if self.budgets.states is None else ending.at + 1)

        def allow_copy(ending: Ending) -> None:
            self.tabulation.allow_copy(ending.event)
            self._get_ready()

        def grow(ending: Ending) -> None:
            self._room *= 2
            self._capacity *= 2
            self._get_ready()

        return {
            kernels.MISSING: fill,
            kernels.UNASKED: ask,
            kernels.COPIES: allow_copy,
            kernels.BUFFER: grow,
        }

    def _missing(self, begin: int, end: int) -> list[tuple[int, int]]:
        """The pairs without entry in the next states from `begin` up to `end`, as they are met."""
        end = min(end, begin + self.sizes.ahead)
        found: Array = np.zeros((1 << 10, 2), np.int64)
        while True:
            seen: Array = np.full(4 * len(found), -1, np.int64)
            work = self._spaces[0].work(self.visited.cursors(begin), self._objected)
            count, reached = kernels.scan(
                self.widths, *self._tables, self.visited.arrays, work, begin, end, seen, found
            )
            if count or reached >= end:
                return [(int(event), int(local)) for event, local in found[:count]]
            found = np.zeros((2 * len(found), 2), np.int64)

    def _ask(self, begin: int, end: int) -> None:
        """Ask what is dropped after the next steps, of states from `begin` up to `end`."""
        while len(found := self._unasked(begin, min(end, begin + self.sizes.ahead))):
            for asked in self.tabulation.questions(found):
                try:
                    self.tabulation.ask([question for question, _ in asked])
                except ModelError as error:
                    error.trace = self.trace_to(Finding(self.depth - 1, states=[asked[0][1]]))
                    raise
            self._get_ready()

    def _unasked(self, begin: int, end: int) -> Array:
        """What `kernels.unasked` finds in these states."""
        found: Array = np.zeros((1 << 12, 3), np.int64)
        seen: Array = np.full(4 * len(found), -1, np.int64)
        work = self._spaces[0].work(self.visited.cursors(begin), self._objected)
        arrays = self.visited.arrays, self._spaces[0].batch
        count, _ = kernels.unasked(
            self.widths, *self._tables, *arrays, work, begin, end, seen, found
        )
        return found[:count]

    def _make_room(self, more: Sequence[int]) -> None:
        self.visited.make_room(more)
        for store, new in zip(self._stores, more, strict=False):
            store.make_room(new, self.widths.facts)

    def _make_room_of(self, owner: int, more: int) -> None:
        self.visited.make_room_of(owner, more)
        self._stores[owner].make_room(more, self.widths.facts)

    # -- several threads ---------------------------------------------------------------------------

    def _expand_together(self, end: int) -> None:
        while self._expanded < end and self.bound is None:
            until = min(end, self._expanded + self.threads * self.sizes.part)
            if not self._expand_part(until):
                self._share(1)
                self._expand_alone(until)
                if self.bound is None:
                    self._share(self.threads)

    def _number_rest(self) -> None:
        """Number what was found last, which the next parts would have done."""
        if self._unnumbered is not None:
            self._all(self._number, self.threads)
            self._unnumbered = None

    def _expand_part(self, end: int) -> bool:
        """Expand up to number `end`, each thread a part; False if the bound of states may be
        reached on the way, and nothing was done."""
        begin, most = self._expanded, self.budgets.states
        edges = [begin + (end - begin) * part // self.threads for part in range(self.threads + 1)]
        spaces: list[Workspace] = []

        def run() -> Ending:
            nonlocal spaces
            begun = spaces is self._spaces  # and not made anew since, with empty boxes
            spaces = self._spaces
            return self._fill_all_boxes(edges, begun)

        # With a bound on states that may be reached before all missing pairs are met.
        final = (kernels.DONE,) if most is None else (kernels.DONE, kernels.MISSING)
        if go_on("expand", run, self._remedies(end), final).status != kernels.DONE:
            return False
        sent = sum(space.box.counts for space in self._spaces)
        if most is not None and self.visited.count + int(sent.sum()) > most:
            return False
        self._to_the_end(lambda: self._settle_all(end, [int(count) for count in sent]))
        return True

    def _fill_all_boxes(self, edges: Sequence[int], begun: bool) -> Ending:
        """Expand each part into its boxes, or if that is begun go on: how the first part ended that
        is not done, if there is one."""
        if not begun:
            self._cursors = self.visited.cursors_at(edges[:-1])
        statuses = self._all(lambda part: self._fill_boxes(part, edges, begun), self.threads)
        self._unnumbered = None
        for status, space in zip(statuses, self._spaces, strict=True):
            if status != kernels.DONE:
                counters = space.counters
                return Ending(status, int(counters[kernels.EVENT]), int(counters[kernels.NEXT]))
        return Ending(kernels.DONE)

    def _settle_all(self, end: int, sent: Sequence[int]) -> None:
        """Put what is in all boxes into the visited set, each owner its own."""
        self.visited.make_room_for_owners(sum(sent))
        new: Array = np.zeros((self.threads, self.threads), np.int64)  # of each part, by owner
        wanted = max(self.visited.owned + sent)  # for all, so that their tables grow together
        more = [int(wanted - have) for have in self.visited.owned]
        self._all(lambda owner: self._settle(owner, more[owner], new[:, owner]), self.threads)
        ends = np.cumsum(new.sum(axis=1)).tolist()
        self._unnumbered = [self.visited.count + end for end in (0, *ends)]
        for owner, space in enumerate(self._spaces):
            self.visited.owned[owner] = space.settled[kernels.STATES]
            self._stores[owner].count = int(space.settled[kernels.FACT_SETS])
            cut = int(space.settled[kernels.CUT])
            if cut:
                self._reach_depth_bound()
            self._transitions += int(space.counters[kernels.TRANSITIONS]) - cut
            self.taken += int(space.counters[kernels.TAKEN])
            self.terminal += int(space.counters[kernels.TERMINAL])
        self._expanded = end

    def _fill_boxes(self, part: int, edges: Sequence[int], begun: bool) -> int:
        space = self._spaces[part]
        if self._unnumbered is not None:  # what was found before, from what is in these boxes still
            self._number(part)
        if not begun:
            space.counters[:] = 0
            space.counters[kernels.NEXT] = edges[part]
            space.box.counts[:] = 0
        status: int = kernels.expand(
            self.tabulation.narrow,
            self.widths,
            *self._tables,
            self.visited.arrays,
            space.batch,
            space.box,
            space.work(self._cursors[part], self._objected),
            space.counters,
            edges[part + 1],
            self._closed or self.tabulation.objections,
            self._closed,
        )
        return status

    def _settle(self, owner: int, more: int, new: Array) -> None:
        self._make_room_of(owner, more)
        visited, space = self.visited.arrays_now(), self._spaces[owner]
        space.settled[:] = 0
        space.settled[kernels.STATES] = self.visited.owned[owner]
        space.settled[kernels.FACT_SETS] = self._stores[owner].count
        work = space.work(_NOBODY, self._objected)
        for part, other in enumerate(self._spaces):
            new[part] = kernels.settle(
                self.tabulation.narrow,
                self.widths,
                *self._tables,
                visited,
                self._stores[owner].arrays,
                other.box,
                work,
                space.settled,
                owner,
                self._closed,
            )

    def _number(self, part: int) -> None:
        assert self._unnumbered is not None
        first, end = self._unnumbered[part : part + 2]
        kernels.number(self._spaces[part].box, self.visited.owners.array, first, end)

    # -- budgets -----------------------------------------------------------------------------------

    def _out_of_room(self) -> bool:
        """Whether further initial states would take more memory than there may be."""
        limit = self.budgets.bytes
        if limit is None:
            return False
        growth = self.visited.bytes_with_room([self._initial_room()]) - self.visited.nbytes
        if self.nbytes + growth <= limit:
            return False
        self._reach_memory_bound(limit)
        return True

    def _reach_memory_bound(self, limit: int) -> None:
        self.bound = f"the memory of {limit:,} bytes would not suffice (max_bytes)"

    def _out_of_memory(self, end: int) -> bool:
        """Whether the next states would take more memory than there may be."""
        limit = self.budgets.bytes
        if limit is None:
            return False
        owners = len(self.visited.owned)
        more = [-(-self._expected(end) // owners)] * owners
        growth = self.visited.bytes_with_room(more) - self.visited.nbytes
        if self.nbytes + growth <= limit:
            return False
        self._reach_memory_bound(limit)
        return True

    def _expected(self, end: int) -> int:
        """How many states the rest of the level will bring, by how many its begin, or else the
        level before, brought for each."""
        done = self._expanded - self.levels[-2]
        if done:
            brought = self.states - self.levels[-1]
        else:
            done = max(self.levels[-2] - self.levels[-3], 1) if len(self.levels) > 2 else 1
            brought = self.levels[-1] - self.levels[-2]
        return max((end - self._expanded) * brought // done, self._room)

    # -- judging -----------------------------------------------------------------------------------

    def _judge(self, begin: int) -> None:
        new: list[tuple[int, ...]] = []
        for owner, store in enumerate(self._stores):
            rows = store.sets(self._noted[owner])
            self._noted[owner] = store.count
            new += [tuple(row.tolist()) for row in rows if self._remember(row)]
        self.judged_by_level.append(len(self.judged_sets))
        self._judge_what_is_new(self.depth, sorted(new), begin, self.states)

    def judge_again(self) -> None:
        """Judge all levels that were taken over."""
        sets = [tuple(np.frombuffer(one, "<u8").tolist()) for one in self.judged_sets]
        by_level = pairwise([0, *self.judged_by_level])
        by_number = pairwise([*self.levels, self.states])
        for depth, (of_sets, of_states) in enumerate(zip(by_level, by_number, strict=True)):
            self._judge_what_is_new(depth, sorted(sets[slice(*of_sets)]), *of_states)

    def _judge_what_is_new(
        self, depth: int, fact_sets: Sequence[tuple[int, ...]], begin: int, end: int
    ) -> None:
        """Judge the fact sets that are new at this depth, and its states, from `begin` to `end`."""
        self.judge.fact_sets(depth, self.tabulation.fact_sets(fact_sets))
        for first in range(begin, end, VIEWS):
            if not self.judge.wants_more(Subject.STATE, depth):
                return
            last = min(first + VIEWS, end)
            views = [
                self.semantics.view(self.tabulation.state(row))
                for row in self.visited.gather(first, last)
            ]
            self.judge.states(depth, views, range(first, last))

    def _remember(self, row: Array) -> bool:
        """Remember a fact set; whether it is new."""
        written = row.astype("<u8").tobytes()
        key = written.rstrip(b"\0")
        if key in self._judged:
            return False
        self._judged.add(key)
        self.judged_sets.append(written)
        return True

    # -- after the search --------------------------------------------------------------------------

    def way_to(self, finding: Finding) -> tuple[int, list[Outcome]]:
        return Ways(self).calmest(finding)

    def state(self, number: int) -> State:
        return self.tabulation.state(self.visited.row(number))

    def interleavings(self) -> int | None:
        return Ways(self).count()

    def graph(self) -> StateGraph:
        return Ways(self).graph()

    def quotient(self, view: View, most: int | None = None) -> Quotient:
        return TabulatedQuotient(self, view, most).made()
