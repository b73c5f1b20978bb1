"""Shortening: what a long walk found, by as few of its steps as will do.

A walk takes many steps that have nothing to do with what it found. Delta debugging (Zeller and
Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE Transactions on Software
Engineering 28(2), 2002) leaves out chunks of them, first large ones and then ever smaller ones. A
schedule with a chunk left out is replayed on the semantics: steps that are not possible any more
are passed over, and it counts if it still comes to what was found. It ends there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeAlias

from .errors import ModelError
from .handlers import Outcome
from .semantics import Semantics, State, Step
from .trace import Trace, label, rerun

REPLAYS = 5000
"""Schedules that are replayed at most to shorten one."""

Reached: TypeAlias = Callable[[State, Outcome | None], bool]
"""Whether a state is what was found, or the step is that led there (None: it is initial)."""


def shorten(
    semantics: Semantics,
    start: int,
    schedule: Sequence[Outcome],
    reached: Reached,
    replays: int = REPLAYS,
) -> Trace:
    """The trace of a schedule that is as `schedule`, from initial state number `start`, with some
    of its steps left out, and that ends where `reached` first says so.

    If `replays` suffices the trace is 1-minimal: none of its steps can be left out. Ctrl-C ends
    the shortening, too, with what it has come to.

    `schedule` must come to what is wanted, by handlers that raise nothing on the way. Schedules on
    which a handler or a property raises do not count.
    """
    initial = semantics.initial_state(start)
    way = list(along(semantics, initial, schedule))
    shortening = _Shortening(semantics, initial, way, reached, replays)
    with suppress(KeyboardInterrupt):
        shortening.run()
    return rerun(semantics.model, start, [label(step.outcome) for step in shortening.way])


def along(semantics: Semantics, start: State, schedule: Sequence[Outcome]) -> Iterator[Step]:
    """The steps from `start` on that these outcomes, each possible where its turn comes, make."""
    state = start
    for outcome in schedule:
        after = semantics.after(state, outcome)
        assert after is not None
        yield Step(outcome, after)
        state = after


class _Shortening:
    """`way` is the shortest that was found so far."""

    def __init__(
        self,
        semantics: Semantics,
        start: State,
        way: list[Step],
        reached: Reached,
        replays: int,
    ) -> None:
        self.semantics = semantics
        self.start = start
        self.way = way
        self.reached = reached
        self.left = replays

    def run(self) -> None:
        """Leave out chunks, until no single step can be left out or no replay is left."""
        if self.reached(self.start, None):
            self.way = []
        size = len(self.way)
        while size and self.left:
            before = len(self.way)
            self._leave_out(size)
            if len(self.way) == before:
                size //= 2
            size = min(size, len(self.way))

    def _leave_out(self, size: int) -> None:
        """Try to leave out each chunk of so many steps."""
        at = 0
        while at < len(self.way) and self.left:
            rest = self._replay(at, [step.outcome for step in self.way[at + size :]])
            if rest is None:
                at += size
            else:  # what follows has come to stand here
                self.way[at:] = rest

    def _replay(self, at: int, schedule: Sequence[Outcome]) -> list[Step] | None:
        """The steps that are possible of `schedule` after the first `at` steps, up to what is
        wanted; None if they do not come to it."""
        if not schedule:
            return None
        self.left -= 1
        state, steps = self._state(at), []
        try:
            for wanted in schedule:
                step = self.semantics.step(state, wanted)
                if step is None:
                    continue
                steps.append(step)
                state = step.after
                if self.reached(state, step.outcome):
                    return steps if self._can_be_rerun(at, steps) else None
        except ModelError:
            return None
        return None

    def _state(self, at: int) -> State:
        return self.way[at - 1].after if at else self.start

    def _can_be_rerun(self, at: int, steps: Sequence[Step]) -> bool:
        """Whether no handler raises in the states passed through, other than by these steps."""
        for state in (self._state(at), *(step.after for step in steps[:-1])):
            for _ in self.semantics.steps(state):
                pass
        return True
