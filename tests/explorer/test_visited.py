"""The tables that find states, fact sets and pairs, each held alone against a Python dict or set.

Searches meet only what their models happen to hash to. Here hashes are chosen, and the state that
has one is made from it, so that probes crowd, and pass the end of a table, as often as is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from islander.explorer import kernels
from islander.explorer.errors import DefectError
from islander.explorer.memory import Array
from islander.explorer.packing import PackedAs, layout_of
from islander.explorer.semantics import Semantics
from islander.explorer.tables import Repacked, Sizes, Tabulation
from islander.explorer.visited import Visited
from islander.explorer.workspace import FactStore, Workspace

from .cells import cell, model

WORD = 2**64
MIX, SEED = kernels._MIX, kernels._SEED
UNMIX = pow(MIX, -1, WORD)
ONE_WORD = PackedAs(((0, 0, 32), (0, 32, 32)), (), 1)
TWO_WORDS = PackedAs(((0, 0, 32), (1, 0, 32)), (), 2)
"""Two packings of a state that is two numbers of 32 bits."""


def hash_of(words: Sequence[int]) -> int:
    """The hash that kernels give to a state of these words."""
    h = SEED
    for word in words:
        h = (h ^ word) * MIX % WORD
        h ^= h >> 32
    h = h * MIX % WORD
    return h ^ h >> 29


def state_of(h: int) -> int:
    """The state of one word with this hash."""
    h = (h ^ h >> 29 ^ h >> 58) * UNMIX % WORD
    return (h ^ h >> 32) * UNMIX % WORD ^ SEED


def facts_of(h: int) -> int:
    """The word of a fact set of one word with this hash."""
    return (h ^ h >> 32) * UNMIX % WORD ^ SEED


hashes = st.one_of(
    st.integers(0, WORD - 1),
    st.integers(0, 2**32 - 1),  # of the first line
    st.builds(lambda low: WORD - 1 - low, st.integers(0, 2**40 - 1)),  # of the last
    st.builds(  # of any line, near each other
        lambda line, low: (line << 59) + low, st.integers(0, 31), st.integers(0, 2**33 - 1)
    ),
)
"""Hashes of which many name the same lines, the last ones of the table above all."""


@pytest.fixture(scope="module")
def tabulation() -> Tabulation:
    return made_tabulation()


def made_tabulation() -> Tabulation:
    semantics = Semantics(model(a=cell(), b=cell()))
    made = Tabulation(semantics, Sizes())
    for state in semantics.initial_states():
        made.take_in(state)
    made.settle()
    return made


class VisitedBesideADict(RuleBasedStateMachine):
    """Any order of entering, growing, dealing out, packing anew and looking up."""

    tables = made_tabulation()

    @initialize(
        table=st.sampled_from([8, 16, 32, 64, 128]), rows=st.integers(1, 9), narrow=st.booleans()
    )
    def begin(self, table: int, rows: int, narrow: bool) -> None:
        self.visited = Visited(1, Sizes(table=table, rows=rows))
        self.packed = ONE_WORD
        self.known: dict[int, int] = {}  # the number of each state
        self.narrow = narrow

    def words(self, state: int) -> tuple[int, ...]:
        return (state,) if self.packed is ONE_WORD else (state % 2**32, state >> 32)

    def owner(self, state: int) -> int:
        owners = len(self.visited.owned)
        return (hash_of(self.words(state)) % 2**32) * owners >> 32

    def settle(self, states: Sequence[int], owner: int, closed: bool) -> int:
        """Let the kernel enter these states of one owner, or look them up; how many were new."""
        visited, words = self.visited, self.packed.words
        widths = self.tables.widths._replace(words=words, owners=len(visited.owned))
        space = Workspace(widths, len(states), len(states))
        box, first = space.box, owner * len(states)
        for at, state in enumerate(states, first):
            box.words[at] = self.words(state)
            box.hashes[at] = hash_of(self.words(state))
        box.order.reshape(-1)[first : first + len(states)] = np.arange(len(states))
        box.counts[owner] = len(states)
        space.counters[kernels.STATES] = visited.owned[owner]
        tables = self.tables.tables._replace(records=np.zeros((1, 2 * words + 1), np.uint64))
        new = kernels.settle(
            (0,) * words if self.narrow else None,
            widths,
            self.tables.layout,
            tables,
            visited.arrays,
            FactStore(1, len(states) + 1).arrays,
            box,
            space.work(np.zeros(1, np.int64), np.zeros(1, np.uint8)),
            space.counters,
            owner,
            closed,
        )
        visited.owned[owner] = space.counters[kernels.STATES]
        return int(space.counters[kernels.CUT]) if closed else int(new)

    @rule(found=st.lists(hashes, min_size=1, max_size=100))
    def enter(self, found: list[int]) -> None:
        states = [state_of(h) for h in found]
        self.visited.make_room_for_owners(len(states))
        for owner in range(len(self.visited.owned)):
            mine = [state for state in states if self.owner(state) == owner]
            new = list(dict.fromkeys(state for state in mine if state not in self.known))
            if mine:
                self.visited.make_room_of(owner, len(mine))
                assert self.settle(mine, owner, closed=False) == len(new)
            for state in new:
                number = self.known[state] = len(self.known)
                if len(self.visited.owned) > 1:
                    self.visited.owners.array[number] = owner

    @rule(found=st.lists(hashes, min_size=1, max_size=20))
    def look_up(self, found: list[int]) -> None:
        self.compare([state_of(h) for h in found])

    @rule(more=st.integers(1, 200), which=st.integers(0, 4))
    def grow(self, more: int, which: int) -> None:
        self.visited.make_room_of(which % len(self.visited.owned), more)

    @rule(owners=st.integers(1, 5))
    def deal_out(self, owners: int) -> None:
        self.visited.deal_out(owners)

    @rule()
    def pack_anew(self) -> None:
        old = self.packed
        self.packed = TWO_WORDS if old is ONE_WORD else ONE_WORD
        self.visited.repack(Repacked(old, self.packed), TwoLanes())  # type: ignore[arg-type]

    @invariant()
    def all_are_found(self) -> None:
        if not hasattr(self, "visited"):
            return
        assert self.visited.count == len(self.known)
        self.compare(list(self.known))

    @invariant()
    def all_have_their_numbers(self) -> None:
        if not hasattr(self, "visited"):
            return
        rows = self.visited.gather(0, self.visited.count).tolist()
        assert rows == [list(self.words(state)) for state in self.known]

    def compare(self, states: Sequence[int]) -> None:
        """Exactly those that were entered are found."""
        for owner in range(len(self.visited.owned)):
            mine = [state for state in states if self.owner(state) == owner]
            new = sum(state not in self.known for state in mine)
            assert not mine or self.settle(mine, owner, closed=True) == new


class TwoLanes:
    """What `Visited.repack` wants to know of a tabulation."""

    lanes = 2

    def layout_of(self, packed: PackedAs) -> kernels.Layout:
        return layout_of(packed, [], np.zeros(0, np.int32), 2, False, [], [], True)


VisitedBesideADict.TestCase.settings = settings(max_examples=150, stateful_step_count=12)
TestVisitedBesideADict = VisitedBesideADict.TestCase


def entered(words: Array, size: int, room: int) -> Array:
    """A table of `size` places, in room for `room`, into which states of one word are entered."""
    table: Array = np.zeros(room, np.uint64)
    visited = Visited(1, Sizes(table=size))
    arrays = visited.arrays._replace(
        tables=np.array([(table.ctypes.data, size)], np.int64),
        shifts=np.array([65 - (size // kernels.LINE).bit_length()], np.int64),
    )
    kernels.deal(words.reshape(-1, 1), len(words), arrays, np.zeros(1, np.int64), False)
    return table


def reached(table: Array) -> set[int]:
    """The entries, each by one less than the number of its row, that a probe comes to: written to
    be evidently right."""
    lines = [[int(entry) for entry in line] for line in table.reshape(-1, kernels.LINE)]
    found = set()
    for entry in (entry for line in lines for entry in line if entry):
        at = (entry >> 32) * len(lines) >> 32
        while entry not in lines[at] and 0 not in lines[at]:
            at = (at + 1) % len(lines)
        if entry in lines[at]:
            found.add(entry % 2**32 - 1)
    return found


@pytest.mark.parametrize("size", [8, 16, 32, 128])
def test_no_doubling_of_a_full_table_loses_a_state(size: int) -> None:
    count = 7 * size // 8
    random = np.random.default_rng(size)
    for _ in range(20_000 if size == 128 else 2_000):
        table = entered(random.integers(0, WORD, count, np.uint64), size, 2 * size)
        kernels.spread(table, size)
        assert kernels.count_found(table) == count


@settings(max_examples=300)
@given(
    found=st.lists(hashes, min_size=1, max_size=7 * 64 // 8, unique=True),
    times=st.sampled_from([1, 2, 4, 16]),
)
def test_a_table_finds_everything_after_it_grows_to_any_size(found: list[int], times: int) -> None:
    size = next(8 << n for n in range(9) if 8 * len(found) <= 7 * (8 << n))
    table = entered(np.array([state_of(h) for h in found], np.uint64), size, times * size)
    kernels.spread(table, size)
    assert reached(table) == set(range(len(found)))


@settings(max_examples=300)
@given(found=st.lists(hashes, min_size=1, max_size=56, unique=True), data=st.data())
def test_what_is_found_is_counted_in_damaged_tables_too(found: list[int], data: Any) -> None:
    size = next(8 << n for n in range(9) if 8 * len(found) <= 7 * (8 << n))
    table = entered(np.array([state_of(h) for h in found], np.uint64), size, size)
    assert kernels.count_found(table) == len(found)
    moved, place = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    table[moved], table[place] = table[place], table[moved]
    assert kernels.count_found(table) == len(reached(table))


def test_a_table_that_loses_a_state_is_a_named_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_one(table: Array, old: int) -> None:
        spread(table, old)
        table[np.flatnonzero(table)[0]] = 0

    spread = kernels.spread
    visited = Visited(1, Sizes(table=8))
    visited.append(np.arange(1, 8, dtype=np.uint64).reshape(-1, 1))
    monkeypatch.setattr(kernels, "spread", lose_one)
    with pytest.raises(DefectError, match="finds 6 of the 7 states"):
        visited.make_room([1])


@settings(max_examples=150)
@given(
    found=st.lists(st.integers(0, WORD - 1) | st.integers(-40, 40).map(lambda n: n % WORD)),
    capacity=st.integers(1, 9),
    wider=st.integers(0, 100),
)
def test_fact_sets_are_those_of_a_python_set(
    tabulation: Tabulation, found: list[int], capacity: int, wider: int
) -> None:
    words = [(facts_of(h),) for h in found]
    store, width = FactStore(1, capacity), 1
    expected: dict[tuple[int, ...], None] = {}
    counters: Array = np.zeros(kernels.COUNTERS, np.int64)
    for at, facts in enumerate(words):
        if at == wider:  # there are more than 64 facts from here on
            width, expected = 2, {(*one, 0): None for one in expected}
        facts += (0,) * (width - 1)
        store.make_room(1, width)
        tables = tabulation.tables._replace(
            local_from=np.zeros(2, np.int64), facts=np.array([facts, facts], np.uint64)
        )
        widths = tabulation.widths._replace(facts=width, actors=1)
        row: Array = np.zeros((1, 1), np.uint64)
        kernels.note_facts(widths, tabulation.layout, tables, store.arrays, row, counters)
        store.count = int(counters[kernels.FACT_SETS])
        expected[facts] = None
        assert store.count == len(expected)
    assert [tuple(row) for row in store.sets(0).tolist()] == list(expected)


@settings(max_examples=150)
@given(
    sets=st.lists(st.integers(-40, 40), min_size=1, max_size=20, unique=True),
    asked=st.lists(st.integers(-40, 40), max_size=40),
)
def test_a_fact_set_is_found_among_others_if_it_is_one_of_them(
    tabulation: Tabulation, sets: list[int], asked: list[int]
) -> None:
    of = [facts_of(h % WORD) for h in asked]
    rows = np.array([[facts_of(h % WORD)] for h in sets] + [[0]], np.uint64)
    table: Array = np.zeros(1 << (2 * len(rows)).bit_length(), np.int32)
    kernels.index_facts(rows, len(sets), table)
    visited = Visited(1, Sizes())
    visited.append(np.arange(1, len(of) + 1, dtype=np.uint64).reshape(-1, 1))
    layout = layout_of(
        PackedAs(((0, 0, 64),), (), 1), [], np.zeros(0, np.int32), 1, False, [], [], True
    )
    tables = tabulation.tables._replace(
        local_from=np.zeros(2, np.int64),
        facts=np.array([[0], *([one] for one in of)], np.uint64),
    )
    chosen: Array = np.zeros(len(of), np.uint8)
    count = kernels.with_facts(
        tabulation.widths._replace(facts=1, actors=1),
        layout,
        tables,
        visited.arrays,
        kernels.FactSets(rows, table),
        visited.cursors(0),
        0,
        len(of),
        chosen,
    )
    assert chosen.tolist() == [h in sets for h in asked]
    assert count == sum(chosen)


@settings(max_examples=150)
@given(
    pairs=st.lists(
        st.tuples(st.integers(0, 40) | st.integers(0, 2**31), st.integers(0, 9)), max_size=64
    )
)
def test_pairs_are_requested_once_each(pairs: list[tuple[int, int]]) -> None:
    seen, found = np.full(256, -1, np.int64), np.zeros((64, 2), np.int64)
    count = 0
    for event, local in pairs:
        count = kernels._request(seen, 255, found, count, event, local)
    assert [tuple(pair) for pair in found[:count].tolist()] == list(dict.fromkeys(pairs))
