"""What a check comes to is never greener than the check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from islander import Verdict
from islander.reports.findings import distinct, findings, told_lines, verdict_of
from islander.reports.summary import PropertySummary, StepSummary, Summary

from .checks import (
    every_kind,
    holding,
    hostile,
    uncovered,
    unexpected,
    unfinished,
    unrun,
    vacuous,
    violated,
)

PROPERTIES = [
    "single chosen value",
    "greatest-promise selection",
    "validity",
    "promises never decrease",
    "a value is chosen",
    "a proposer is overtaken between promises and writes",
    "two proposers write interleaved",
]


def test_there_is_one_finding_a_property_in_the_order_of_the_model() -> None:
    assert [one.name for one in findings(violated())] == PROPERTIES
    assert [one.verdict.value for one in findings(violated())] == [
        *("violated", "incomplete", "incomplete", "incomplete"),
        *("holds", "holds", "holds"),
    ]


@pytest.mark.parametrize("summary", every_kind(), ids=lambda one: one.name)
def test_findings_come_to_what_the_check_came_to(summary: Summary) -> None:
    wanting = summary.verdict is Verdict.HOLDS and summary.gaps
    assert verdict_of(findings(summary)) is (Verdict.VIOLATED if wanting else summary.verdict)


def test_an_unfinished_search_is_a_finding_where_no_property_says_so() -> None:
    *properties, last = findings(unfinished())
    assert {one.verdict for one in properties} == {Verdict.HOLDS}
    assert last[:3] == (
        "exploration",
        Verdict.INCOMPLETE,
        "every witness was reached; the search was cut: interrupted",
    )


def test_what_was_expected_and_did_not_come_is_a_finding() -> None:
    *properties, last = findings(unexpected())
    assert {one.verdict for one in properties} == {Verdict.HOLDS}
    because = "expected some property to be violated, but all properties hold"
    assert last[:3] == ("expectation", Verdict.VIOLATED, because)
    assert told_lines(last, unexpected())[0] == f"expectation: {because}"


def test_a_check_that_could_not_be_run_is_a_finding() -> None:
    (only,) = findings(unrun())
    assert only[:3] == ("expectation", Verdict.VIOLATED, "there is no model 'paxxos'")


def test_coverage_is_a_finding_only_where_it_was_asked_for() -> None:
    assert [one.name for one in findings(holding())] == PROPERTIES
    asked = findings(replace(holding(), gaps=()))[-1]
    assert asked[:2] == ("coverage", Verdict.HOLDS)
    assert findings(uncovered())[-1].verdict is Verdict.VIOLATED


def test_a_property_may_be_called_coverage() -> None:
    own = PropertySummary("coverage", "Invariant", Verdict.HOLDS)
    both = findings(replace(uncovered(), properties=(own,)))
    assert [one.name for one in both] == ["coverage", "coverage (2)"]
    assert [one.verdict for one in both] == [Verdict.HOLDS, Verdict.VIOLATED]


def test_a_violation_is_told_as_on_the_terminal() -> None:
    told = told_lines(findings(violated())[0], violated())
    why = "x was chosen at ballot 1 by a1, a3; y was chosen at ballot 2 by a1, a3"
    assert told[:3] == [
        f"single chosen value: violated after 12 steps: {why}",
        "",
        "   1  p1 → a1  Prepare(1)        promised: 0 → 1; sends Promise(1, None) to p1",
    ]
    assert told[14:] == [
        "",
        f"Why: {why}",
        "  step 6   a1 voted for x at ballot 1",
        "  step 10  a3 voted for x at ballot 1",
        "  step 11  a3 voted for y at ballot 2",
        "  step 12  a1 voted for y at ballot 2",
        "",
        "To check it again:",
        "  islander check paxos --bug hidden-vote",
    ]


def test_a_witness_that_is_not_reached_tells_how_near_it_came() -> None:
    told = told_lines(findings(vacuous())[-1], vacuous())
    assert told[0].startswith("the moon is reached: not reached: vacuous: no reachable state")
    assert told[2] == "The nearest that was reached:"
    assert "  at first x is wanted" in told


def test_a_violation_at_the_start_has_no_steps() -> None:
    own = PropertySummary("p", "Invariant", Verdict.VIOLATED, "because", 0)
    one = findings(replace(violated(), properties=(own,)))[0]
    assert told_lines(one, violated())[:3] == [
        "p: violated after 0 steps: because",
        "",
        "  (the initial state, before any step)",
    ]


def test_a_long_name_does_not_widen_every_line() -> None:
    long = StepSummary("x" * 10_000, "y" * 10_000, ())
    short = StepSummary("a", "b", ())
    own = PropertySummary("p", "Invariant", Verdict.VIOLATED, "", 100, story=(long, *[short] * 99))
    one = findings(replace(violated(), properties=(own,)))[0]
    assert sum(map(len, told_lines(one, violated()))) < 40_000


def test_nothing_that_is_told_can_be_a_control_character() -> None:
    for summary in hostile():
        for one in findings(summary):
            assert one.message.isprintable()
            assert all(line.isprintable() for line in told_lines(one, summary))


def test_names_are_made_distinct_and_stay_as_they_are_where_they_are() -> None:
    assert distinct(["a", "b", "a", "a (2)", "a"]) == ["a", "b", "a (2)", "a (2) (2)", "a (3)"]
