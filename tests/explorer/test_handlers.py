"""Handlers: run once for each local state and event, twice in truth, and refused if that shows."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from islander import Fact
from islander.explorer import HandlerError, NondeterminismError
from islander.explorer.handlers import Handlers

from .cells import Cell, append, cell, model, run, state_texts


class Saw(Fact):
    what: Any


# -- once for each local state and event -----------------------------------------------------------


def test_a_handler_runs_only_for_distinct_local_states_and_events() -> None:
    calls: list[Any] = []

    def receive(self: Cell, message: Any, sender: str) -> None:
        calls.append((self.value, message))
        self.value += 1

    def start(self: Cell) -> None:
        self.broadcast(["b", "b", "c"], "x")

    result = run(a=cell(start=start), b=cell(0, receive=receive), c=cell(0, receive=receive))
    assert result.transitions == 7
    assert result.handler_calls == 3  # b at 0, b at 1, c at 0
    assert sorted(calls) == [(0, "x")] * 4 + [(1, "x")] * 2  # each is run twice


def test_an_outcome_is_remembered() -> None:
    handlers = Handlers(model(a=cell(0, timeout=lambda self, name: setattr(self, "value", 1))))
    (start,) = handlers.starts("a")
    event = handlers.firing("a", "t")
    assert handlers.outcomes(start.after, event) is handlers.outcomes(start.after, event)
    assert handlers.calls == 1


def test_equal_local_states_events_and_envelopes_are_the_same_objects() -> None:
    def timeout(self: Cell, name: str) -> None:
        self.value = [0]
        self.send("a", name)

    handlers = Handlers(
        model(a=cell(start=lambda self: setattr(self, "value", [0]), timeout=timeout))
    )
    before = handlers.starts("a")[0].after
    (one,) = handlers.outcomes(before, handlers.firing("a", "t"))
    (other,) = handlers.outcomes(one.after, handlers.firing("a", "t"))
    assert one.after is other.after is before
    assert one.sent[0] is other.sent[0]
    assert handlers.delivery(one.sent[0]) is handlers.delivery(other.sent[0])
    assert handlers.firing("a", "t") is handlers.firing("a", "t")


def test_histories_and_timers_are_part_of_a_local_state() -> None:
    def start(self: Cell) -> None:
        what = self.choose(["nothing", "fact", "timer"])
        if what == "fact":
            self.record(Saw("x"))
        elif what == "timer":
            self.set_timer("t")

    outcomes = Handlers(model(a=cell(0, start=start))).starts("a")
    assert len({outcome.after for outcome in outcomes}) == 3
    assert len({outcome.after.fields for outcome in outcomes}) == 1


@pytest.mark.parametrize(
    ("receive", "ignored"),
    [
        (lambda self, message, sender: None, True),
        (lambda self, message, sender: setattr(self, "value", 0), True),
        (lambda self, message, sender: self.record(Saw("start")), True),
        (lambda self, message, sender: self.set_timer("armed"), True),
        (lambda self, message, sender: self.cancel_timer("never armed"), True),
        (lambda self, message, sender: setattr(self, "value", 1), False),
        (lambda self, message, sender: setattr(self, "value", False), False),
        (lambda self, message, sender: self.send("a", message), False),
        (lambda self, message, sender: self.record(Saw("new")), False),
        (lambda self, message, sender: self.set_timer("new"), False),
        (lambda self, message, sender: self.cancel_timer("armed"), False),
    ],
)
def test_an_outcome_is_ignored_when_nothing_changed_was_sent_recorded_or_timed(
    receive: Any, ignored: bool
) -> None:
    def start(self: Cell) -> None:
        self.record(Saw("start"))
        self.set_timer("armed")
        self.send("a", "x")

    handlers = Handlers(model(a=cell(0, start=start, receive=receive)))
    (start_outcome,) = handlers.starts("a")
    (outcome,) = handlers.outcomes(start_outcome.after, handlers.delivery(start_outcome.sent[0]))
    assert outcome.ignored is ignored


def test_an_outcome_names_its_choices() -> None:
    def start(self: Cell) -> None:
        self.value = self.choose({"y", "x"})
        self.choose([min])

    outcomes = Handlers(model(a=cell(start=start))).starts("a")
    assert [outcome.choices for outcome in outcomes] == [
        ((0, 2, "'x'"), (0, 1, "min")),
        ((1, 2, "'y'"), (0, 1, "min")),
    ]


# -- what goes wrong in them -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handlers", "where", "event"),
    [
        ({"start": lambda self: [][0]}, "start", "a starts"),
        ({"receive": lambda self, message, sender: [][0]}, "receive", "b → a: 'x'"),
        ({"timeout": lambda self, name: [][0]}, "timeout", "a: timer 't' fires"),
    ],
)
def test_an_error_in_a_handler_names_actor_handler_state_and_event(
    handlers: Any, where: str, event: str
) -> None:
    a = cell(7, **{"start": lambda self: self.set_timer("t"), **handlers})
    with pytest.raises(HandlerError) as refused:
        run(a=a, b=cell(start=lambda self: self.send("a", "x")))
    told = str(refused.value)
    assert told.startswith(f"actor 'a' (Cell): {where} raised IndexError: list index out of range")
    assert "test_handlers.py, line" in told
    assert "local state: Cell(7)" in told
    assert f"event: {event}" in told


def test_an_error_carries_the_shortest_trace_to_the_state_it_happened_in() -> None:
    def receive(self: Cell, message: str, sender: str) -> None:
        self.value += message
        assert self.value != "yx", "y came first"

    def start(self: Cell) -> None:
        for message in "xyz":
            self.send("b", message)

    with pytest.raises(HandlerError, match="y came first") as refused:
        run(a=cell(start=start), b=cell("", receive=receive))
    trace = refused.value.trace
    assert trace is not None
    assert [step.after.copy().value for step in trace] == ["y"]  # type: ignore[attr-defined]


def test_an_error_in_start_has_no_trace() -> None:
    with pytest.raises(HandlerError) as refused:
        run(a=cell(start=lambda self: [][0]))
    assert refused.value.trace is None


# -- nondeterminism --------------------------------------------------------------------------------

COUNT = itertools.count(1)


class Tally(Cell):
    total: ClassVar[int] = 0


def by_random(self: Cell) -> None:
    self.value = random.getrandbits(64)


def by_global_counter(self: Cell) -> None:
    self.value = next(COUNT)


def by_class_attribute(self: Cell) -> None:
    Tally.total += 1
    self.value = Tally.total


def by_set_order(self: Cell) -> None:
    self.value = tuple(self.value)


def by_dict_order(self: Cell) -> None:
    self.value = next(iter(self.value))


def by_identity(self: Cell) -> None:
    self.value = id(self)


def by_identity_of_a_field(self: Cell) -> None:
    self.value = id(self.value)


def by_sending(self: Cell) -> None:
    self.send("b", next(COUNT))


def by_recording(self: Cell) -> None:
    self.record(Saw(next(COUNT)))


def by_timer(self: Cell) -> None:
    self.set_timer(f"t{next(COUNT)}")


def by_options(self: Cell) -> None:
    self.value = self.choose([next(COUNT), 0])


STRINGS = {f"member {n}" for n in range(16)}


@pytest.mark.parametrize(
    ("value", "start"),
    [
        (0, by_random),
        (0, by_global_counter),
        (0, by_class_attribute),
        (STRINGS, by_set_order),
        (frozenset(STRINGS), by_set_order),
        ({"x": 1, "y": 2}, by_dict_order),
        (0, by_identity),
        ((1, 2), by_identity_of_a_field),
        (frozenset({1}), by_identity_of_a_field),
        ([], by_identity_of_a_field),
        (0, by_sending),
        (0, by_recording),
        (0, by_timer),
        (0, by_options),
    ],
    ids=lambda it: it.__name__ if callable(it) else type(it).__name__,
)
def test_a_handler_that_is_not_deterministic_is_refused(value: Any, start: Any) -> None:
    with pytest.raises(NondeterminismError) as refused:
        run(a=cell(value, start=start), b=cell())
    told = str(refused.value)
    assert told.startswith("actor 'a' (Cell): start had two different outcomes on two equal copies")
    assert "local state: Cell(" in told
    assert "event: a starts" in told
    assert "Usual causes: a clock, random numbers" in told


@pytest.mark.parametrize(
    ("start", "once", "again"),
    [
        (lambda self: setattr(self, "value", next(COUNT)), "Cell({})", "Cell({})"),
        (lambda self: self.send("b", next(COUNT)), "sends a → b: {}", "sends a → b: {}"),
        (by_recording, "records Saw(what={})", "records Saw(what={})"),
        (by_timer, "timers t{}", "timers t{}"),
        (by_options, "chose {}", "chose {}"),
    ],
    ids=["field", "send", "record", "timer", "choose"],
)
def test_both_outcomes_of_a_handler_that_is_not_deterministic_are_shown(
    start: Any, once: str, again: str
) -> None:
    now = next(COUNT)
    with pytest.raises(NondeterminismError) as refused:
        run(a=cell(start=start), b=cell())
    first, second = str(refused.value).splitlines()[3:5]
    assert first.strip().startswith("once:")
    assert second.strip().startswith("again:")
    assert once.format(now + 1) in first
    assert again.format(now + 2) in second


@pytest.mark.parametrize(
    ("handler", "event"),
    [("receive", "a → a: {'x': 1, 'y': 2}"), ("timeout", "a: timer 't' fires")],
)
def test_deliveries_and_timers_are_run_twice_too(handler: str, event: str) -> None:
    def start(self: Cell) -> None:
        self.send("a", {"x": 1, "y": 2})
        self.set_timer("t")

    def receive(self: Cell, message: Any, sender: str) -> None:
        if handler == "receive":
            self.value = next(iter(message))

    def timeout(self: Cell, name: str) -> None:
        if handler == "timeout":
            self.value = next(COUNT)

    with pytest.raises(
        NondeterminismError, match=rf"^actor 'a' \(Cell\): {handler} had"
    ) as refused:
        run(a=cell(start=start, receive=receive, timeout=timeout))
    assert f"event: {event}" in str(refused.value)
    assert refused.value.trace is not None


@pytest.mark.parametrize("message", [(1, 2), [1], frozenset({1})], ids=repr)
def test_reading_the_identity_of_a_message_is_refused(message: Any) -> None:
    def receive(self: Cell, message: Any, sender: str) -> None:
        self.value = id(message)

    with pytest.raises(NondeterminismError, match="receive had two different outcomes"):
        run(a=cell(start=lambda self: self.send("b", message)), b=cell(receive=receive))


def test_a_recorded_fact_that_differs_from_its_copy_is_refused() -> None:
    @dataclass(frozen=True, eq=False)
    class Loner:
        name: str

    with pytest.raises(NondeterminismError, match="records Saw"):
        run(a=cell(start=lambda self: self.record(Saw(Loner("x")))))


def test_an_offer_that_shrinks_on_an_equal_state_is_refused() -> None:
    def start(self: Cell) -> None:
        self.value = self.choose([0] * (100 - next(COUNT)))

    with pytest.raises((NondeterminismError, HandlerError)):
        run(a=cell(start=start))


@pytest.mark.parametrize(
    "facts",
    [
        lambda self: [Saw(next(COUNT))],
        lambda self: [Saw(next(iter(self.value)))],
    ],
    ids=["counter", "dict order"],
)
def test_facts_that_are_not_deterministic_are_refused(facts: Any) -> None:
    with pytest.raises(NondeterminismError, match=r"facts\(\) gave different facts") as refused:
        run(a=cell({"x": 1, "y": 2}, facts=facts))
    assert "once:  Saw(what=" in str(refused.value)
    assert "again: Saw(what=" in str(refused.value)


def in_sorted_order(self: Cell) -> None:
    self.value = sorted(self.value)


def as_a_whole(self: Cell) -> None:
    self.value = (max(self.value), len(self.value), frozenset(self.value))


def to_each(self: Cell) -> None:
    self.broadcast(self.value, "x")


def record_each(self: Cell) -> None:
    for what in self.value:
        self.record(Saw(what))


def arm_each(self: Cell) -> None:
    for name in self.value:
        self.set_timer(name)


@pytest.mark.parametrize("start", [in_sorted_order, as_a_whole, to_each, record_each, arm_each])
def test_what_does_not_depend_on_the_order_of_a_set_is_fine(start: Any) -> None:
    ids = {f"actor {n}" for n in range(4)}
    result = run(a=cell(ids, start=start), **{name: cell() for name in sorted(ids)})
    assert result.graph.states


PROGRAM = """
from dataclasses import dataclass
from islander import Actor, Model, StateInvariant, explore

@dataclass
class A(Actor):
    peers: frozenset
    got: tuple = ()
    def start(self):
        self.broadcast(self.peers, "x")
    def receive(self, message, sender):
        self.got = sender

names = [f"p{n}" for n in range(5)]
few = StateInvariant("few", lambda state: sum(bool(a.got) for a in state.actors.values()) < 3)
actors = {"a": A(frozenset(names)), **{name: A(frozenset()) for name in names}}
trace = explore(Model("m", actors, properties=[few])).properties["few"].trace
print([step.event for step in trace])
"""


def test_runs_of_one_model_in_different_processes_give_equal_traces() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(told) == 1


def test_delivered_messages_may_be_kept_and_changed_without_a_difference() -> None:
    def receive(self: Cell, message: Any, sender: str) -> None:
        self.value = message
        self.value.append(self.value.pop(0))

    result = run(a=cell(start=lambda self: self.send("b", [1, 2])), b=cell(receive=receive))
    assert state_texts(result)[-1] == "a=None b=[2, 1]"
    assert (
        run(a=cell(start=lambda self: self.send("b", "x")), b=cell("", receive=append)).depth == 1
    )
