"""Holding a result of Islander against what it has to be."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from islander import Result, Trace

from .actors import Plain
from .expected import INCOMPLETE, Expected
from .explorer import Explored, Label, State, decides, initial_states, step_decides, steps
from .system import Claim, System


class Difference(AssertionError):  # noqa: N818 - it is one, of two answers
    """Islander says one thing, and the other explorer, or another run, another."""


def same(what: str, found: Any, expected: Any) -> None:
    """Raise Difference if two things that should be equal are not."""
    found, expected = [one.value if isinstance(one, Enum) else one for one in (found, expected)]
    if found != expected:
        raise Difference(f"{what}: {brief(found)}, should be {brief(expected)}")


def brief(value: Any) -> str:
    """Its beginning."""
    text = str(value)
    return text if len(text) <= 400 else text[:400] + "…"


class Comparer:
    """Compares results about one system."""

    def __init__(self, explored: Explored) -> None:
        self.explored, self.system = explored, explored.system
        self._initial = set(initial_states(explored.system))

    # -- a result that is all that is to be found --------------------------------------------------

    def whole(self, result: Result, expected: Expected) -> None:
        """A search that no budget ended but that on depth: everything is as expected."""
        for name, count in expected.counts.items():
            same(name, getattr(result, name), count)
        same("verdict", result.verdict, expected.verdict)
        short = expected.verdict == INCOMPLETE or expected.left_out
        same("says why it was cut short", result.incomplete_because is not None, short)
        interleavings, cyclic = expected.interleavings
        same("cyclic", result.cyclic, cyclic)
        same("interleavings", result.interleavings, interleavings)
        for claim in self.system.claims:
            self._claim(result, claim, expected)
        self._graph(result, expected)

    def _claim(self, result: Result, claim: Claim, expected: Expected) -> None:
        found, answer = result.properties[claim.name], expected.answer(claim)
        same(f"verdict on {claim.name}", found.verdict, answer.verdict)
        if answer.way is None:
            if found.trace is not None:
                self.follow(found.trace)
            return
        same(f"steps to {claim.name}", found.steps, answer.way.length)
        self._decided(found.trace, claim)
        assert found.trace is not None
        same(f"switches on the way to {claim.name}", found.trace.switches, answer.way.switches)
        same(f"length of the way to {claim.name}", len(found.trace), answer.way.length)

    def _graph(self, result: Result, expected: Expected) -> None:
        states, found = Plain(self.system).graph(result.graph)
        same("states of the graph", len(set(states)), len(states))
        same("states of the graph", set(states), set(expected.states))
        depths = [d for d in range(result.depth + 1) for _ in result.graph.level(d)]
        for state, depth in zip(states, depths, strict=True):
            same(f"depth of {state}", depth, expected.states[state])
        same("expanded", set(found), set(expected.expanded))
        for state, known in found.items():
            same(f"steps from {state}", known, expected.steps(state))

    # -- a result that was cut short ---------------------------------------------------------------

    def sound(self, result: Result, expected: Expected) -> None:
        """A search that something ended: nothing is said that is not so. `expected` is what one
        finds that goes on after violations."""
        same("too many states", result.states <= expected.counts["states"], True)
        same("too deep", result.depth <= expected.counts["depth"], True)
        states, found = Plain(self.system).graph(result.graph)
        same("states of the graph", len(set(states)), result.states)
        for state in states:
            same(f"reached {state}", state in expected.states, True)
        for state, known in found.items():
            there = expected.steps(state)
            same(f"steps from {state}", {k: v for k, v in there.items() if k in known}, known)
        for claim in self.system.claims:
            said, answer = result.properties[claim.name], expected.answer(claim)
            if said.verdict.value == INCOMPLETE:
                continue
            same(f"verdict on {claim.name}", said.verdict, answer.verdict)
            if answer.way is not None:
                self._decided(said.trace, claim)
                same(f"length of the way to {claim.name}", said.steps, answer.way.length)

    # -- traces ------------------------------------------------------------------------------------

    def _decided(self, trace: Trace | None, claim: Claim) -> None:
        """A trace is a run, and its end decides the claim."""
        if trace is None:
            raise Difference(f"no trace to {claim.name}")
        states, labels = self.follow(trace)
        if claim.kind != "StepInvariant":
            good = decides(self.system, claim, states[-1])
        else:
            good = bool(labels) and step_decides(
                self.system, claim, states[-2], labels[-1], states[-1]
            )
        same(f"the trace to {claim.name} leads there", good, True)

    decided = _decided

    def follow(self, trace: Trace) -> tuple[list[State], list[Label]]:
        """Go along a trace; raise Difference where it is no run."""
        states, labels = Plain(self.system).trace(trace)
        self.walk(states[0], labels, states)
        return states, labels

    def walk(
        self, start: State, labels: Sequence[Label], states: Sequence[State] | None = None
    ) -> list[State]:
        """The states along a path; raise Difference where there is no such step, or it leads to
        another state than `states` says."""
        same("begins in an initial state", start in self._initial, True)
        path = [start]
        for number, label in enumerate(labels, 1):
            there = self.steps(path[-1])
            if label not in there:
                raise Difference(f"step {number}, {label}, is none of {path[-1]}")
            path.append(there[label])
        if states is not None:
            same("states along a trace", path, list(states))
        return path

    def steps(self, state: State) -> dict[Label, State]:
        """The steps from any state, beyond what was explored too."""
        known = self.explored.steps.get(state)
        return steps(self.system, state, set()) if known is None else known


# -- two runs of one model ---------------------------------------------------------------------

FIELDS = (
    "verdict",
    "states",
    "transitions",
    "depth",
    "terminal",
    "interleavings",
    "cyclic",
    "fact_sets",
    "handler_calls",
    "incomplete_because",
)


def assert_equal(system: System, found: Result, other: Result) -> None:
    """Two results are equal in all that they say, and in their graphs, numbers included."""
    for name in FIELDS:
        same(name, getattr(found, name), getattr(other, name))
    for claim in system.claims:
        one, another = found.properties[claim.name], other.properties[claim.name]
        for name in ("verdict", "explanation", "facts", "absent", "witness", "steps"):
            same(f"{name} of {claim.name}", getattr(one, name), getattr(another, name))
        traces = [each.trace.labels if each.trace else None for each in (one, another)]
        same(f"trace to {claim.name}", traces[0], traces[1])
    assert_equal_graphs(system, found, other)


def assert_equal_graphs(system: System, found: Result, other: Result) -> None:
    """Two graphs have the same states, by number, and the same steps in the same order."""
    plain = [Plain(system), Plain(system)]
    graphs = [found.graph, other.graph]
    for name in ("levels", "offsets", "targets"):
        same(f"{name} of the graph", *[list(getattr(graph, name)) for graph in graphs])
    listed = [[p.state(s) for s in g.states] for p, g in zip(plain, graphs, strict=True)]
    same("states of the graph, in order", *listed)
    steps_ = [[p.label(o) for o in g.outcomes] for p, g in zip(plain, graphs, strict=True)]
    same("steps of the graph, in order", *steps_)
