"""Values and states as JSON: different ones never look alike."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from islander import Actor, Fifo, Model, Trace
from islander.explorer.freeze import freeze
from islander.reports.encoding import encode, encode_state, exactly

from ..explorer.cells import TRUE, cell
from .runs import run_of, runs


class Colour(Enum):
    RED = 1


class Pair(NamedTuple):
    left: int
    right: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (1, 1),
        (2**64, {"#int": "0x10000000000000000"}),
        ("x", "x"),
        (b"\x00\xff", {"#bytes": "00ff"}),
        ([1, [2]], [1, [2]]),
        ((1, 2), {"#tuple": [1, 2]}),
        ({2, 1}, {"#set": [1, 2]}),
        (frozenset({1}), {"#frozenset": [1]}),
        ({"b": 1, "a": (2,)}, {"#dict": [["a", {"#tuple": [2]}], ["b", 1]]}),
        (Colour.RED, {"#enum": "Colour", "value": "RED"}),
        (Pair(1, 2), {"#record": "Pair", "left": 1, "right": 2}),
    ],
)
def test_each_kind_of_value_has_its_own_form(value: object, expected: object) -> None:
    assert encode(freeze(value)) == expected


SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.frozensets(SCALARS, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_two_values_have_the_same_json_exactly_when_they_are_equal(
    one: object, two: object
) -> None:
    a, b = freeze(one), freeze(two)
    assert (json.dumps(encode(a)) == json.dumps(encode(b))) == (a == b)


@settings(deadline=None)
@given(runs())
def test_two_states_of_a_model_have_different_json(trace: Trace) -> None:
    beyond = (step.after for state in trace.states for step in trace.semantics.steps(state))
    states = {*trace.semantics.initial_states(), *trace.states, *beyond}
    assert len({exactly(encode_state(trace.model, state)) for state in states}) == len(states)


def queued(*messages: str) -> Trace:
    """A run in which `a` starts with these messages to `b`, of which the first is delivered."""

    def start(self: Actor) -> None:
        for message in messages:
            self.send("b", message)

    sender: Any = cell(start=start)
    return run_of(Model("m", {"a": sender, "b": Actor()}, Fifo(), [TRUE]), [0, 0])


def test_the_order_in_queues_is_kept() -> None:
    trace = queued("z", "z", "a", "z")
    network = encode_state(trace.model, trace.initial)["network"]
    assert [(one["message"], one["copies"]) for one in network] == [("z", 2), ("a", 1), ("z", 1)]
