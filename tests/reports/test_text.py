"""Text for people: fits its width, loses nothing when broken, tells the three verdicts apart."""

from __future__ import annotations

import pytest

from islander import Result, Verdict, explore
from islander.models import paxos
from islander.reports.text import broken, result_lines, trace_lines, violation_lines


@pytest.mark.parametrize("width", [60, 80, 132])
def test_no_line_is_wider_than_the_terminal(violated: Result, width: int) -> None:
    lines = result_lines(violated, width)
    for found in violated.properties.values():
        if found.verdict is Verdict.VIOLATED:
            lines += violation_lines(found, width)
    assert max(line.cell_len for line in lines) <= width


def test_breaking_a_trace_loses_no_word(violated: Result) -> None:
    trace = violated.properties["greatest-promise selection"].trace
    assert trace is not None
    narrow = " ".join(line.plain for line in trace_lines(trace, 64)).split()
    wide = " ".join(line.plain for line in trace_lines(trace, None)).split()
    assert narrow == wide


def test_a_trace_has_one_line_a_step_that_says_who_what_and_what_changed(violated: Result) -> None:
    trace = violated.properties["greatest-promise selection"].trace
    assert trace is not None
    lines = [line.plain for line in trace_lines(trace, None)]
    assert len(lines) == len(trace) == 9
    assert lines[5] == "  6  p1 → a1  Accept(1, 'x')            voted: None → Vote(1, 'x')"


def test_facts_that_clash_are_dated_by_the_step_that_made_them_true(violated: Result) -> None:
    found = violated.properties["greatest-promise selection"]
    text = "\n".join(line.plain for line in violation_lines(found, 80))
    assert "  step 9   p2 proposed y at ballot 2" in text


def test_each_verdict_has_its_own_mark_and_an_incomplete_one_is_never_green() -> None:
    cut = explore(paxos(acceptors=2), max_states=240)
    lines = result_lines(cut, 80)
    assert lines[0].plain.startswith("? incomplete single chosen value")
    assert "green" not in str(lines[0].spans)
    assert "green" not in str(lines[-1].style)
    conclusion = [line for line in lines if line.plain.startswith("INCOMPLETE")]
    assert len(conclusion) == 1
    assert "green" not in str(conclusion[0].style)


def test_a_violation_in_the_initial_state_has_no_steps_to_show() -> None:
    from islander import Actor, FactInvariant, Model

    result = explore(
        Model("m", {"a": Actor()}, properties=[FactInvariant("never", lambda f: False)])
    )
    lines = [line.plain for line in violation_lines(result.properties["never"], 80)]
    assert lines[0] == "never is violated after 0 steps"
    assert "(the initial state, before any step)" in lines[2]


def test_a_line_is_broken_at_words_and_its_rest_indented() -> None:
    from rich.text import Text

    lines = broken(Text("one two three four"), 9, indent=2)
    assert [line.plain for line in lines] == ["one two", "  three", "  four"]


def test_the_same_steps_are_told_once(violated: Result) -> None:
    found = violated.properties["greatest-promise selection"]
    reached = violated.properties["a value is chosen"]
    again = [line.plain for line in violation_lines(found, 80, [reached, found])]
    assert again[2] == "  the same steps as above: greatest-promise selection"
    assert not any("p1 → a1" in line for line in again)
    assert any(line.startswith("Why: ") for line in again)
    other = [line.plain for line in violation_lines(found, 80, [reached])]
    assert other == [line.plain for line in violation_lines(found, 80)]
