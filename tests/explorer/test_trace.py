"""Traces: made by running the handlers along them, so that having one proves that it replays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from islander import Fact, FactInvariant, Model, StateInvariant, StepInvariant, Trace, explore
from islander.explorer import TraceError
from islander.explorer.handlers import Handlers
from islander.explorer.semantics import State
from islander.explorer.trace import label, rerun

from .cells import Cell, append, cell, model, run, text
from .random_models import models


class Holds(Fact):
    value: Any


def texts(trace: Trace) -> list[str]:
    return [text(trace.semantics.view(state)) for state in trace.states]


def counterexample(item: Any, **actors: Cell) -> Trace:
    trace = run(properties=[item], **actors).properties[item.name].trace
    assert trace is not None
    return trace


def chooser() -> Cell:
    """Chooses to begin with, arms a timer, chooses again when it fires and tells b."""

    def start(self: Cell) -> None:
        self.value = self.choose(["p", "q"])
        self.set_timer("t")

    def timeout(self: Cell, name: str) -> None:
        self.value += self.choose("xyz")
        self.send("b", self.value)
        self.record(Holds("sent"))

    return cell(start=start, timeout=timeout, facts=lambda self: [Holds(self.value)])


def qz_arrives() -> Trace:
    never = StateInvariant("never qz", lambda state: state.actors["b"].value != "qz")
    return counterexample(never, a=chooser(), b=cell("", receive=append))


def test_a_trace_leads_from_an_initial_state_to_what_was_found() -> None:
    trace = qz_arrives()
    assert texts(trace) == ["a=q b= | a.t", "a=qz b= | a→b:qz", "a=qz b=qz"]
    assert (len(trace), trace.switches, bool(trace)) == (2, 1, True)
    assert repr(trace) == "Trace(cells, 2 steps)"


def test_each_step_says_who_did_what_and_what_became_of_it() -> None:
    fires, arrives = qz_arrives()
    assert (fires.actor, repr(fires.event)) == ("a", "a: timer 't' fires")
    assert (repr(fires.before), repr(fires.after)) == ("a: Cell('q')", "a: Cell('qz')")
    assert [repr(envelope) for envelope in fires.sent] == ["a → b: 'qz'"]
    assert [choice.shown for choice in fires.outcome.choices] == ["'z'"]
    assert (fires.facts, fires.ended) == ({Holds("qz"), Holds("sent")}, {Holds("q")})
    assert (arrives.actor, repr(arrives.event)) == ("b", "a → b: 'qz'")
    assert (arrives.sent, arrives.facts, arrives.ended) == ((), frozenset(), frozenset())


def test_the_last_state_is_there_as_properties_see_it() -> None:
    assert qz_arrives().last.actors["b"].value == "qz"


def test_labels_name_the_steps() -> None:
    assert qz_arrives().labels == (
        ("timeout", "a", None, "t", (2,)),
        ("deliver", "b", "a", "qz", ()),
    )


def test_running_along_its_labels_gives_the_same_trace() -> None:
    trace = qz_arrives()
    again = rerun(trace.model, 1, trace.labels)
    assert texts(again) == texts(trace)
    assert again.labels == trace.labels
    assert again.semantics is not trace.semantics


@pytest.mark.parametrize(
    ("place", "change", "step"),
    [
        (0, {"kind": "deliver"}, 1),
        (0, {"actor": "b"}, 1),
        (0, {"what": "u"}, 1),
        (0, {"choices": (3,)}, 1),
        (0, {"choices": ()}, 1),
        (0, {"choices": (1,)}, 2),
        (1, {"sender": "b"}, 2),
        (1, {"what": "qy"}, 2),
        (1, {"choices": (0,)}, 2),
    ],
)
def test_a_label_that_names_no_step_there_is_refused_with_its_number(
    place: int, change: dict[str, Any], step: int
) -> None:
    trace = qz_arrives()
    labels = list(trace.labels)
    labels[place] = labels[place]._replace(**change)
    with pytest.raises(TraceError, match=f"^step {step} cannot be taken"):
        rerun(trace.model, 1, labels)


def test_labels_of_another_start_are_refused_where_they_part() -> None:
    trace = qz_arrives()
    with pytest.raises(TraceError, match=r"^step 2 cannot be taken"):
        rerun(trace.model, 0, trace.labels)


def test_a_trace_does_not_replay_on_a_model_that_behaves_otherwise() -> None:
    trace = qz_arrives()
    other = replace(trace.model, actors={"a": chooser(), "b": chooser(), "c": cell()})
    quiet = replace(trace.model, actors={"a": cell("q"), "b": cell()})
    assert texts(rerun(other, 3, trace.labels[:1]))[-1].startswith("a=qz")
    with pytest.raises(TraceError, match=r"^step 1 cannot be taken"):
        rerun(quiet, 0, trace.labels)


def test_making_the_initial_state_is_no_step() -> None:
    (outcome,) = Handlers(model(a=cell(0))).starts("a")
    with pytest.raises(TraceError, match=r"a starts makes the initial state and is no step"):
        label(outcome)


def test_switches_count_changes_of_actor() -> None:
    def start(self: Cell) -> None:
        self.broadcast(["a", "a", "b"], "x")

    both = FactInvariant("not both", lambda facts: {Holds("xx"), Holds("x")} - facts != set())
    facts = lambda self: [Holds(self.value)]  # noqa: E731
    trace = counterexample(
        both,
        a=cell("", start=start, receive=append, facts=facts),
        b=cell("", receive=append, facts=facts),
    )
    assert (len(trace), trace.switches) == (3, 1)


def test_the_trace_of_a_step_invariant_ends_with_the_step() -> None:
    def start(self: Cell) -> None:
        for message in "xyz":
            self.send("a", message)

    never = StepInvariant("no z after y", lambda before, event, after: after.value[-2:] != "yz")
    trace = counterexample(never, a=cell("", start=start, receive=append))
    assert [step.after.copy().value for step in trace] == ["y", "yz"]  # type: ignore[attr-defined]


def described(trace: Trace, state: State) -> str:
    view = trace.semantics.view(state)
    flying = sorted(map(repr, view.network.elements()))
    facts = sorted(map(repr, view.facts))
    return repr(([repr(local) for local in state.locals], view.timers, flying, facts))


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(models())
def test_every_trace_of_a_random_model_replays_to_equal_states(checked: Model) -> None:
    result = explore(checked, max_states=300, keep_going=True)
    for found in result.properties.values():
        if found.trace is None:
            continue
        numbers = [
            number
            for number, state in enumerate(found.trace.semantics.initial_states())
            if described(found.trace, state) == described(found.trace, found.trace.initial)
        ]
        (start,) = numbers
        again = rerun(checked, start, found.trace.labels)
        assert [described(again, state) for state in again.states] == [
            described(found.trace, state) for state in found.trace.states
        ]
        assert again.labels == found.trace.labels
