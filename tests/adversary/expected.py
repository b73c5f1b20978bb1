"""What a search has to find, by the independent explorer: all of a result that can be told without
knowing in which order states of one depth are found."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from .explorer import Explored, Label, State, decides, facts_of, step_decides
from .system import Claim

HOLDS, VIOLATED, INCOMPLETE = "holds", "violated", "incomplete"


class Way(NamedTuple):
    """The shortest way that decides a claim: its length, and the fewest switches of actor on one
    of that length."""

    length: int
    switches: int


class Answer(NamedTuple):
    """The verdict on a claim, and the way to what decided it."""

    verdict: str
    way: Way | None


class Expected:
    """What a search of `explored` finds within `max_depth` steps, if it goes on after a violation
    or not."""

    def __init__(self, explored: Explored, max_depth: int | None, keep_going: bool) -> None:
        self.explored, self.max_depth, self.keep_going = explored, max_depth, keep_going
        if explored.cut is not None:
            assert max_depth is not None
            assert max_depth <= explored.cut
        self.within = {
            state: depth
            for state, depth in explored.depths.items()
            if max_depth is None or depth <= max_depth
        }
        self.ways = {claim: self._way(claim) for claim in explored.system.claims}
        self.last_level = self._last_level()

    def steps(self, state: State) -> dict[Label, State]:
        """The steps that do not lead beyond the bound on depth."""
        found = self.explored.steps[state]
        return {label: after for label, after in found.items() if after in self.within}

    # -- what decides claims -----------------------------------------------------------------------

    @cached_property
    def _calm(self) -> dict[State, dict[str | None, int]]:
        """For each state and each actor that may take the last step of a shortest path to it: the
        fewest switches on such a path."""
        found: dict[State, dict[str | None, int]] = {
            state: {None: 0} if depth == 0 else {} for state, depth in self.within.items()
        }
        for state, depth in self.within.items():  # in the order of depths
            for label, after in self.steps(state).items():
                if self.within[after] == depth + 1:
                    switches = min(map(self._one_more(label), found[state].items()))
                    known = found[after].get(label.actor, switches)
                    found[after][label.actor] = min(known, switches)
        return found

    @staticmethod
    def _one_more(label: Label):  # type: ignore[no-untyped-def]
        return lambda item: item[1] + (item[0] not in (None, label.actor))

    def _way(self, claim: Claim) -> Way | None:
        """The way that decides a claim; None if nothing does."""
        system, lengths = self.explored.system, []
        if claim.kind != "StepInvariant":
            for state, depth in self.within.items():  # in the order of depths
                if lengths and depth > lengths[0].length:
                    break
                if decides(system, claim, state):
                    lengths.append(Way(depth, min(self._calm[state].values())))
            return min(lengths, default=None)
        for state, depth in self.within.items():
            for label, after in self.steps(state).items():
                if step_decides(system, claim, state, label, after):
                    switches = min(map(self._one_more(label), self._calm[state].items()))
                    lengths.append(Way(depth + 1, switches))
        return min(lengths, default=None)

    def _last_level(self) -> int | None:
        """The depth at which the search stops for a violation; None if it does not."""
        lengths = [
            way.length
            for claim, way in self.ways.items()
            if way is not None and not claim.kind.endswith("Witness")
        ]
        return None if self.keep_going else min(lengths, default=None)

    # -- what is found -----------------------------------------------------------------------------

    @cached_property
    def states(self) -> dict[State, int]:
        """Every state found, with its depth."""
        last = self.last_level
        return {s: depth for s, depth in self.within.items() if last is None or depth <= last}

    @cached_property
    def expanded(self) -> list[State]:
        """The states whose steps are taken."""
        last = self.last_level
        return [s for s, depth in self.states.items() if last is None or depth < last]

    @cached_property
    def left_out(self) -> bool:
        """Whether a step led beyond the bound on depth."""
        return any(
            after not in self.within
            for state in self.expanded
            for after in self.explored.steps[state].values()
        )

    @cached_property
    def finished(self) -> bool:
        """Whether that is all there is."""
        return not self.left_out and len(self.expanded) == len(self.states)

    def answer(self, claim: Claim) -> Answer:
        """The verdict on a claim."""
        way, is_witness = self.ways[claim], claim.kind.endswith("Witness")
        if way is not None and (self.last_level is None or way.length <= self.last_level):
            return Answer(HOLDS if is_witness else VIOLATED, way)
        if not self.finished:
            return Answer(INCOMPLETE, None)
        return Answer(VIOLATED if is_witness else HOLDS, None)

    @property
    def verdict(self) -> str:
        """The verdict on everything."""
        verdicts = {self.answer(claim).verdict for claim in self.ways}
        return next(one for one in (VIOLATED, INCOMPLETE, HOLDS) if one in verdicts)

    @cached_property
    def counts(self) -> dict[str, int]:
        """The counts of a result."""
        system = self.explored.system
        pairs = set().union(*(self.explored.asked[state] for state in self.expanded))
        return {
            "states": len(self.states),
            "transitions": sum(len(self.steps(state)) for state in self.expanded),
            "depth": max(self.states.values()),
            "terminal": sum(not self.explored.steps[state] for state in self.expanded),
            "fact_sets": len({facts_of(system, state) for state in self.states}),
            "handler_calls": len(pairs),
        }

    @cached_property
    def interleavings(self) -> tuple[int | None, bool | None]:
        """How many complete paths there are, None if there is no end of them or it is not known;
        and whether there is a cycle, None if it is not known."""
        if not self.finished:
            return None, None
        ways: dict[State, int] = {}
        on_the_way: set[State] = set()
        for start in self.states:
            stack = [start]
            while stack:  # depth first: all successors before the state itself
                state = stack[-1]
                if state in ways:
                    stack.pop()
                    continue
                after = self.explored.steps[state].values()
                waiting = [one for one in after if one not in ways]
                if not waiting:
                    ways[state] = sum(ways[one] for one in after) if after else 1
                    on_the_way.discard(state)
                    stack.pop()
                elif state in on_the_way:
                    return None, True  # it waits for something that waits for it
                else:
                    on_the_way.add(state)
                    stack += waiting
        initial = [state for state, depth in self.states.items() if depth == 0]
        return sum(ways[state] for state in initial), False
