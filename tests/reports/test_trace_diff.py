"""Comparing traces: what is common is folded, what is not is marked, and nothing is left out."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from islander import Result, Trace
from islander.reports import trace_document
from islander.reports.trace_diff import ADDED, CHANGED, REMOVED, SAME, align, diff_lines, same_trace

from .runs import runs


@pytest.fixture(scope="module")
def document(violated: Result) -> Any:
    trace = next(one.trace for one in violated.properties.values() if one.trace is not None)
    return json.loads(json.dumps(trace_document(trace)))


HEAD = "  was now  step"


def step(name: str, outcome: int = 0, **more: Any) -> dict[str, Any]:
    """A saved step: the delivery of a message `name`."""
    after = {"fields": {"n": outcome}, "timers": [], "recorded": []}
    named = {"action": "deliver", "actor": "a", "sender": "b", "message": name}
    return {**named, "after": after, "sent": [], **more}


def steps(names: str) -> list[Any]:
    return [step(name) for name in names]


def told(old: Any, new: Any, width: int | None = None) -> list[str]:
    return [line.plain.rstrip() for line in diff_lines(old, new, width)]


def test_a_trace_is_the_same_as_itself(document: Any) -> None:
    count = len(document["steps"])
    other = copy.deepcopy(document)
    other["property"], other["explanation"] = "renamed", "told in other words"
    assert same_trace(document, other)
    assert told(document, other) == [f"the same {count} steps"]


def test_what_was_removed_and_added_stands_between_what_is_as_before() -> None:
    assert told(steps("abcdefgh"), steps("abcdXYfgh")) == [
        "9 steps, were 8: 7 as before, 1 removed, 2 added",
        HEAD,
        "    …   …  2 steps as before",
        "    3   3  b → a  'c'",
        "    4   4  b → a  'd'",
        "-   5      b → a  'e'",
        "+       5  b → a  'X'",
        "+       6  b → a  'Y'",
        "    6   7  b → a  'f'",
        "    7   8  b → a  'g'",
        "    …   …  1 step as before",
    ]


def test_the_same_action_with_another_outcome_says_what_differs() -> None:
    envelope = {"sender": "a", "receiver": "c", "message": "yes", "copies": 2}
    new = step("x", 1, sent=[envelope])
    new["after"] |= {"timers": ["t"], "recorded": ["Done()"], "status": "down"}
    assert told([step("x")], [new]) == [
        "1 step: 1 with another outcome",
        HEAD,
        "~   1   1  b → a  'x'",
        "             n: 0 → 1",
        "             timer armed: t",
        "             records Done()",
        "             status: 'up' → 'down'",
        "             sends a → c 'yes' ×2",
    ]
    assert told([new], [step("x")])[4:] == [
        "             timer no longer armed: t",
        "             no longer records Done()",
        "             status: 'down' → 'up'",
        "             no longer sends a → c 'yes' ×2",
    ]


def test_a_field_that_is_new_or_gone_is_told_by_its_name() -> None:
    old = {"initial": {"actors": {"a": {"fields": {"n": 0}}}}, "steps": [step("x")]}
    new = copy.deepcopy(old)
    new["initial"]["actors"]["a"]["fields"]["count"] = None
    new["steps"][0]["after"]["fields"] = {"m": False}
    assert told(old, new)[1:] == [
        "~ at first  a: count: None (new)",
        HEAD,
        "~   1   1  b → a  'x'",
        "             n: 0 (gone)",
        "             m: False (new)",
    ]


def test_a_difference_that_words_do_not_show_is_still_said() -> None:
    old, new = step("x"), step("x")
    new["after"]["timers"] = None
    assert not same_trace([old], [new])
    assert told([old], [new])[2:] == [
        "~   1   1  b → a  'x'",
        "             what differs is told in the same words",
    ]


def test_what_is_sent_over_a_queue_in_another_order_is_told() -> None:
    sent = [{"sender": "a", "receiver": "b", "message": m, "copies": 1} for m in "xy"]
    old, new = step("x", sent=sent), step("x", sent=sent[::-1])
    assert told([old], [new])[3] == "             sends the same in another order"


def test_the_same_steps_in_another_order_are_recognised() -> None:
    assert told(steps("abcd"), steps("acbd")) == [
        "the same 4 steps in another order",
        HEAD,
        "    1   1  b → a  'a'",
        "+       2  b → a  'c'  (was step 3)",
        "    2   3  b → a  'b'",
        "-   3      b → a  'c'  (now step 2)",
        "    4   4  b → a  'd'",
    ]
    moved = told(steps("xxabc"), steps("abcxx"))
    assert [line[-7:] for line in moved if "(was" in line] == ["step 1)", "step 2)"]
    new = [step("a"), step("c", 5), step("b"), step("d")]
    assert told(steps("abcd"), new)[0] == (
        "the same 4 steps in another order, and some with another outcome"
    )
    assert told(steps("aab"), steps("abb"))[0] == "3 steps: 2 as before, 1 removed, 1 added"


def test_which_option_was_chosen_counts_and_not_how_it_was_shown() -> None:
    def chosen(option: int, shown: str) -> Any:
        return step("x", choices=[{"option": option, "of": 2, "shown": shown}])

    assert same_trace([chosen(0, "'p'")], [chosen(0, "p")])
    assert not same_trace([chosen(0, "'p'")], [chosen(1, "'p'")])
    assert told([chosen(0, "'p'")], [chosen(1, "'q'")])[2:] == [
        "-   1      b → a  'x', chooses 'p'",
        "+       1  b → a  'x', chooses 'q'",
    ]


def test_true_is_not_one() -> None:
    one, other = step("x", 1), step("x", True)
    assert not same_trace([one], [other])
    assert told([one], [other])[3].strip() == "n: 1 → True"


def test_another_initial_state_makes_another_trace(document: Any) -> None:
    other = copy.deepcopy(document)
    other["initial"]["actors"]["a1"]["fields"]["promised"] = 3
    other["initial"]["actors"]["new\none"] = other["initial"]["actors"].pop("a2")
    lost = other["initial"]["network"].pop(0)
    assert not same_trace(document, other)
    lines = told(document, other)
    assert lines[0] == f"the same {len(document['steps'])} steps, from another initial state"
    assert lines[1:] == [
        "~ at first  a2 is gone",
        "~ at first  new\\none is new",
        "~ at first  a1: promised: 0 → 3",
        f"~ at first  no longer in flight {lost['sender']} → {lost['receiver']} Prepare(1)",
    ]


def test_an_initial_state_that_differs_beyond_words_is_another(document: Any) -> None:
    other = copy.deepcopy(document)
    other["initial"]["actors"]["a1"]["timers"] = None
    assert not same_trace(document, other)
    assert told(document, other)[1:] == ["~ at first  what differs is told in the same words"]


def test_lists_of_steps_compare_with_documents(document: Any) -> None:
    assert same_trace(document["steps"], document)
    assert told(document, [])[0].startswith("0 steps, were ")
    assert told([], []) == ["the same 0 steps"]


def test_lines_fit_the_width_and_lose_nothing(document: Any) -> None:
    other = copy.deepcopy(document)
    for number in (2, 4):
        other["steps"][number]["message"]["ballot"] = 10**40
    narrow = told(document, other, 40)
    assert max(map(len, narrow)) <= 40
    assert "".join("".join(narrow).split()) == "".join("".join(told(document, other)).split())


def test_hostile_names_stay_on_their_line() -> None:
    wicked = step("x\n+ 9  forged", actor="a\n[red]", sender="\x1b]0;")
    wicked["after"]["fields"] = {"n\n": "\u202e"}
    lines = told([step("x")], [wicked])
    assert len(lines) == 4
    assert lines[3] == "+       1  \\x1b]0; → a\\n[red]  'x\\n+ 9  forged'"


STEPS = st.lists(st.builds(step, st.sampled_from("abc"), st.integers(0, 1)), max_size=9)


@given(STEPS, STEPS)
def test_an_alignment_has_each_step_once_and_in_order(old: list[Any], new: list[Any]) -> None:
    rows = align(old, new)
    assert [row.old for row in rows if row.old is not None] == list(range(1, len(old) + 1))
    assert [row.new for row in rows if row.new is not None] == list(range(1, len(new) + 1))
    for mark, before, after in rows:
        if mark in (SAME, CHANGED):
            assert before is not None
            assert after is not None
            assert old[before - 1]["message"] == new[after - 1]["message"]
            assert (old[before - 1] == new[after - 1]) == (mark == SAME)
        else:
            assert (before is None, after is None) == (mark == ADDED, mark == REMOVED)


@given(STEPS, STEPS)
def test_the_same_trace_is_said_exactly_of_equal_ones(old: list[Any], new: list[Any]) -> None:
    assert same_trace(old, new) == (old == new)
    assert (len(told(old, new)) == 1) == (old == new)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(runs(), runs())
def test_any_two_saved_traces_can_be_compared(one: Trace, other: Trace) -> None:
    old, new = trace_document(one), trace_document(other)
    assert told(old, old, 80) == [f"the same {len(one)} step{'' if len(one) == 1 else 's'}"]
    lines = told(old, new, 80)
    assert max(map(len, lines)) <= 80
    assert same_trace(old, new) == (len(lines) == 1)
