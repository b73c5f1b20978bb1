"""Saved steps in words: the same words as for the live ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from islander import Model, Result, Trace
from islander.explorer.freeze import freeze, show
from islander.reports.encoding import encode, encode_action
from islander.reports.json_words import choices, differences, step_parts, step_text, value_text
from islander.reports.words import clean, event_parts

from ..explorer.cells import TRUE, Cell, cell
from .runs import run_of, runs
from .values import VALUES, Note, Pair


def saved(value: Any) -> Any:
    """A value as it stands in a file."""
    return json.loads(json.dumps(encode(freeze(value, allow_aliases=True))))


@settings(deadline=None)
@given(VALUES)
def test_a_saved_value_reads_as_the_live_one(value: Any) -> None:
    assert value_text(saved(value)) == clean(show(freeze(value, allow_aliases=True)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Pair(1, Note(None)), "Pair(1, Note(None))"),
        ((1,), "(1,)"),
        ((), "()"),
        ({"a": [True, {2}]}, "{'a': [True, {2}]}"),
        (set(), "set()"),
        (frozenset(), "frozenset()"),
        (b"\x00", r"b'\x00'"),
        (2**70, "1180591620717411303424"),
        ("a\nb", r"'a\nb'"),
    ],
)
def test_values_read_as_one_would_write_them(value: Any, text: str) -> None:
    assert value_text(saved(value)) == text


def test_an_int_too_long_for_decimal_is_told_in_hexadecimal() -> None:
    assert value_text(saved(10**6000)) == hex(10**6000)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(runs())
def test_a_saved_step_reads_as_the_live_one(trace: Trace) -> None:
    for step in trace:
        assert step_parts(json.loads(json.dumps(encode_action(step.outcome)))) == event_parts(
            step.event
        )


def test_steps_of_a_counterexample_in_a_line(violated: Result) -> None:
    trace = next(one.trace for one in violated.properties.values() if one.trace is not None)
    lines = [step_text(encode_action(step.outcome)) for step in trace]
    assert lines[0].endswith(" Prepare(1)")
    assert all(" → " in line for line in lines)


def test_a_step_says_what_it_chose() -> None:
    def start(self: Cell) -> None:
        self.set_timer("t")

    def timeout(self: Cell, name: str) -> None:
        self.value = self.choose("xyz")

    trace = run_of(Model("m", {"a": cell(start=start, timeout=timeout)}, properties=[TRUE]), [0, 1])
    step = encode_action(trace.steps[0].outcome)
    assert choices(step) == ["'y'"]
    assert step_text(step) == "a: timer 't' fires, chooses 'y'"


@pytest.mark.parametrize(
    "step",
    [
        {},
        {"action": "leap", "actor": 3},
        {"action": "deliver", "actor": "a", "sender": None, "message": {"#record": [], "x": {}}},
        {"action": "cut", "side": [1, None]},
        {"action": "deliver", "sender": "s", "message": {"#int": "zz", "#set": 4}},
        {"action": "deliver", "sender": "s", "message": {"#bytes": "x"}},
        {"action": "deliver", "sender": "s", "message": {"#dict": [1]}},
    ],
)
def test_what_is_no_step_is_told_all_the_same(step: Any) -> None:
    assert step_text(step)


def test_a_message_nested_too_deeply_to_tell_is_cut_short() -> None:
    message: Any = 1
    for _ in range(5_000):
        message = [message]
    assert step_text({"action": "deliver", "actor": "a", "sender": "b", "message": message}) == (
        "b → a …"
    )


def test_nothing_in_a_file_breaks_a_line() -> None:
    step = {"action": "deliver", "actor": "a\nb", "sender": "\x1b[31m", "message": "x\r\ny"}
    assert step_text(step) == r"\x1b[31m → a\nb 'x\r\ny'"


def test_differences_go_down_to_the_field() -> None:
    old, new = saved(Pair(Pair(1, "x"), [1])), saved(Pair(Pair(2, "x"), [1, 2]))
    assert list(differences("it", old, new)) == ["it.left.left: 1 → 2", "it.right: [1] → [1, 2]"]
    assert list(differences("it", old, old)) == []
    assert list(differences("it", 1, True)) == ["it: 1 → True"]
    assert list(differences("it", saved(Note(1)), saved(None))) == ["it: Note(1) → None"]


def test_fields_that_only_one_of_two_values_has_are_told_by_their_names() -> None:
    old, new = {"n": 1, "holds": False}, {"holds": False, "count": saved((1, None))}
    assert list(differences("", old, new)) == ["n: 1 (gone)", "count: (1, None) (new)"]
    vote, other = {"#record": "Vote", "ballot": 1}, {"#record": "Vote", "ballot": 2, "x": "y"}
    assert list(differences("it", vote, other)) == ["it.ballot: 1 → 2", "it.x: 'y' (new)"]
    choice = other | {"#record": "Choice"}
    assert list(differences("it", vote, choice)) == ["it: Vote(1) → Choice(2, 'y')"]
    assert list(differences("", None, {"n": 1})) == ['fields: None → {"n": 1}']
