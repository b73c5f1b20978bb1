"""Random walks by a compiled kernel on tables, those of the tabulated engine.

When the kernel comes to a pair of event and local state without an entry it stops, the handler
runs, the tables grow, and it goes on where it stopped: Python decides once for each pair, however
often walks come by. What the walks mean for the properties is for `walks` to say.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import numpy as np

from . import kernels
from .endings import Ending, Remedy, go_on
from .errors import ModelError
from .facts import FactSet
from .handlers import Outcome
from .memory import Array
from .model import Model
from .packing import pack, unpack
from .semantics import Semantics, State
from .shortening import shorten
from .tables import Sizes, Tabulation
from .trace import Trace
from .visited import as_rows
from .workspace import FactStore, Workspace

SIZES = Sizes()
BEGINNINGS = 100_000
"""Ways for the actors to start, in the first of which, so many, walks begin."""

STRETCH = 1 << 12
"""Steps between two looks at the clock, and at Ctrl-C."""
_STOPPED = Ending(-1)
"""How a walk ends that is as long as it may be, or is not to go on."""
_NONE: Array = np.zeros(1, np.int64)
_NO_FLAGS: Array = np.zeros(1, np.uint8)


class Walk(NamedTuple):
    """A walk from initial state number `start`.

    `known[n]` is how many fact sets the walks had met after n of its steps; `ended` says that it
    ended in a terminal state.
    """

    start: int
    outcomes: list[Outcome]
    known: list[int]
    ended: bool = False


class Walker:
    """Takes walks through `model`, one after the other, with generators seeded by `seed`."""

    def __init__(self, model: Model, seed: int) -> None:
        self.model = model
        self.seed = seed
        self.semantics = Semantics(model)
        self.initial: list[State] = []  # those in which walks begin
        self._room = SIZES.batch  # successors to a batch
        self._counters: Array = np.zeros(kernels.COUNTERS, np.int64)
        self._path: Array = np.zeros(STRETCH, np.int64)
        self._known: Array = np.zeros(STRETCH, np.int64)
        self._row: Array = np.zeros((1, 1), np.uint64)  # the state where the walk is
        self._begun: set[int] = set()  # the initial states in which a walk began

    def begin(self, may_go_on: Callable[[], bool]) -> None:
        """Get ready; if `may_go_on`, which is asked now and then, says no, no walk can be taken."""
        self.tabulation = Tabulation(self.semantics, SIZES)
        for number, state in enumerate(islice(self.semantics.beginnings(), BEGINNINGS), 1):
            if state is not None:
                self.initial.append(state)
                self.tabulation.take_in(state)
            if number % STRETCH == 0 and not may_go_on():
                return
        self.tabulation.settle()
        self._facts = FactStore(self.tabulation.widths.facts, SIZES.fact_sets)
        self._space = Workspace(self.tabulation.widths, self._room, 1)

    def walk(self, number: int, depth: int, may_go_on: Callable[[], bool]) -> Walk:
        """Take walk number `number`, of at most `depth` steps. `may_go_on` is asked now and then;
        if it says no the walk ends there.

        Raises ModelError if a handler is at fault, with a trace to where it is.
        """
        if not self.initial:
            self.begin(lambda: True)
        seeds = np.random.SeedSequence(self.seed, spawn_key=(number,))
        seed, pick = seeds.generate_state(2, np.uint64)
        start = int(pick) * len(self.initial) >> 64
        self._counters[kernels.SEED] = seed.astype(np.int64)
        self._begin(start)
        walk = Walk(start, [], [self._facts.count])

        def go() -> Ending:
            ending = self._go(walk, min(depth - len(walk.outcomes), STRETCH))
            if ending.status == kernels.DONE:
                return ending
            whole = ending.status == kernels.PAUSE and len(walk.outcomes) == depth
            return _STOPPED if whole or not may_go_on() else ending

        ending = go_on("walk", go, self._remedies(walk), (kernels.DONE, _STOPPED.status))
        return walk._replace(ended=ending.status == kernels.DONE)

    def fact_sets(self, begin: int) -> list[FactSet]:
        """The fact sets met, from number `begin` on."""
        return self.tabulation.fact_sets(self._facts.sets(begin))

    def _begin(self, start: int) -> None:
        self._row = as_rows(
            [self.tabulation.row(self.initial[start])], self.tabulation.packing.words
        )
        if start not in self._begun:
            self._begun.add(start)
            self._make_room()
            kernels.note_facts(*self._arrays, self._row, self._counters)
            self._facts.count = int(self._counters[kernels.FACT_SETS])

    def _go(self, walk: Walk, most: int) -> Ending:
        """Run the kernel once, for so many steps at most; how it ended."""
        self._make_room()
        status, taken = kernels.walk(
            *self._arrays,
            self._space.batch,
            self._space.work(_NONE, _NO_FLAGS),
            self._counters,
            self._row,
            self._path[:most],
            self._known[:most],
        )
        self._facts.count = int(self._counters[kernels.FACT_SETS])
        walk.outcomes.extend(
            [self.tabulation.outcomes[number] for number in self._path[:taken].tolist()]
        )
        walk.known.extend(self._known[:taken].tolist())
        return Ending(int(status), int(self._counters[kernels.EVENT]), len(walk.outcomes))

    @property
    def _arrays(
        self,
    ) -> tuple[kernels.Widths, kernels.Layout, kernels.Tables, kernels.FactSets]:
        tabulation = self.tabulation
        return tabulation.widths, tabulation.layout, tabulation.tables, self._facts.arrays

    def _make_room(self) -> None:
        words = self.tabulation.packing.words
        self._facts.make_room(1, self.tabulation.widths.facts)
        if self._space.batch.words.shape != (self._room, words):
            self._space = Workspace(self.tabulation.widths, self._room, 1)

    def _remedies(self, walk: Walk) -> dict[int, Remedy]:
        """What to do about what the kernel lacks when it has come to the end of `walk`."""

        def fill(ending: Ending) -> None:
            for event, local in self._missing():
                self._fill(event, local, walk)
            self._follow_tables()

        def ask(ending: Ending) -> None:
            self._ask()

        def allow_copy(ending: Ending) -> None:
            self.tabulation.allow_copy(ending.event)
            self._follow_tables()

        def grow(ending: Ending) -> None:
            self._room *= 2

        def nothing(ending: Ending) -> None:
            """Room for fact sets is made each time before it goes on, and a pause was for us."""

        return {
            kernels.MISSING: fill,
            kernels.UNASKED: ask,
            kernels.COPIES: allow_copy,
            kernels.BUFFER: grow,
            kernels.ROOM: nothing,
            kernels.PAUSE: nothing,
        }

    def _follow_tables(self) -> None:
        """Bring what depends on the tables up to date."""
        change = self.tabulation.settle()
        if change:
            row = pack(change.new, unpack(change.old, self._row[0]))
            self._row = as_rows([row], self.tabulation.packing.words)

    @property
    def _here(self) -> kernels.Visited:
        """The state where the walk is, as the only one visited."""
        row = np.array([self._row.ctypes.data], np.int64)
        return kernels.Visited(row, _NONE, _NONE, _NO_FLAGS, *[_NONE] * 4)

    def _ask(self) -> None:
        """Ask what is dropped after the steps from where the walk is: senders, and then the
        receivers of what these drop."""
        while len(found := self._unasked()):
            for asked in self.tabulation.questions(found):
                self.tabulation.ask([question for question, _ in asked])
            self._follow_tables()
            self._make_room()

    def _unasked(self) -> Array:
        """What `kernels.unasked` finds where the walk is."""
        found: Array = np.zeros((1 << 10, 3), np.int64)
        seen: Array = np.full(4 * len(found), -1, np.int64)
        work = self._space.work(_NONE, _NO_FLAGS)
        tables, batch = self._arrays[:3], self._space.batch
        count, _ = kernels.unasked(*tables, self._here, batch, work, 0, 1, seen, found)
        return found[:count]

    def _missing(self) -> list[tuple[int, int]]:
        """The pairs without entry in the state where the walk is, in the order of its steps.

        They are filled together because bringing the tables up to date takes longer than most
        handlers do.
        """
        found: Array = np.zeros((1 << 10, 2), np.int64)
        while True:
            seen: Array = np.full(4 * len(found), -1, np.int64)
            work = self._space.work(_NONE, _NO_FLAGS)
            tables = self._arrays[:3]
            count, reached = kernels.scan(*tables, self._here, work, 0, 1, seen, found)
            if reached == 1:
                return [(int(event), int(local)) for event, local in found[:count]]
            found = np.zeros((2 * len(found), 2), np.int64)

    def _fill(self, event: int, local: int, walk: Walk) -> None:
        try:
            self.tabulation.fill(event, local)
        except ModelError as error:
            if error.trace is None:
                error.trace = self._trace_to_pair(event, local, walk)
            raise

    def _trace_to_pair(self, event: int, number: int, walk: Walk) -> Trace:
        happening = self.tabulation.events[event]
        at = self.tabulation.actors.index(happening.actor)
        local = self.tabulation.locals[at][number - 1]

        def arises(state: State, outcome: Outcome | None) -> bool:
            return state.locals[at] is local and self.semantics.is_possible(state, happening)

        return shorten(self.semantics, walk.start, walk.outcomes, arises)
