"""Why a check is red or green, as text."""

from __future__ import annotations

import re

import pytest
from rich.text import Text

from islander import Model, StateInvariant, StateWitness, explore
from islander.explorer.trace import Trace
from islander.models.paxos import paxos
from islander.reports.why import coverage_lines, truth_lines, witness_lines

from ..explorer.cells import TRUE, Cell, append, cell


def trace_of(steps: int) -> Trace:
    """A trace of so many steps, at the end of which a long-named invariant is false."""

    def send_all(self: Cell) -> None:
        for _ in range(steps):
            self.send("b", "x")

    last = StateInvariant("x" * 90, lambda state: len(state.actors["b"].value) < steps)
    reached = StateWitness("reached", lambda state: len(state.actors["b"].value) > 1)
    actors = {"a": cell(start=send_all), "b": cell("", receive=append)}
    result = explore(Model("m", actors, properties=[last, reached, TRUE]))
    trace = result.properties[last.name].trace
    assert trace is not None
    return trace


def plain(lines: list[Text]) -> list[str]:
    return [line.plain for line in lines]


def test_a_truth_table_has_a_mark_for_each_step() -> None:
    trace = explore(paxos(bug="hidden-vote")).properties["single chosen value"].trace
    assert trace is not None
    lines = plain(truth_lines(trace, 80))
    marks = {line[2:42].strip(): line[44:] for line in lines[3:]}
    assert marks["single chosen value"] == "✓" * 12 + "✗"
    assert marks["a value is chosen"] == "·" * 10 + "✓" * 3
    assert lines[2][44:] == "0    5    10"


@pytest.mark.parametrize(("width", "steps"), [(40, 30), (80, 50), (None, 50)])
def test_a_long_trace_goes_on_below_and_no_mark_is_lost(width: int | None, steps: int) -> None:
    lines = plain(truth_lines(trace_of(steps), width))
    assert width is None or all(len(line) <= width for line in lines)
    false = [line for line in lines if re.search(r"x…?\s+[✓✗]", line)]
    marks = "".join(re.findall("[✓✗]+$", line)[0] for line in false)
    assert marks == "✓" * steps + "✗"


def test_each_witness_is_shown_with_its_way() -> None:
    text = "\n".join(plain(witness_lines(explore(paxos()), 100)))
    assert "a value is chosen: reached in 6 steps" in text
    assert "two proposers write interleaved: reached in 10 steps" in text
    assert text.count("Prepare(1)") >= 3


def test_coverage_tells_what_never_ran_and_what_was_ignored() -> None:
    lines = plain(coverage_lines(explore(paxos()), 80))
    assert "      27    case Prepare(ballot) if ballot >= self.promised" in lines
    assert "      45       9  Accept to Acceptor" in lines
    assert lines[-1].startswith("169 fact sets judged, of facts: 3 Proposed, 3 Reported")
    bounded = plain(coverage_lines(explore(paxos(), max_depth=1), 80))
    assert "   never    case Accept(ballot, value) if self.may_vote(ballot)" in bounded
