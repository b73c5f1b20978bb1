"""A trace is made by running the model along it, so that having one proves that it replays."""

from __future__ import annotations

import pytest
from hypothesis import given

from islander import Model, StateWitness, explore
from islander.explorer import TraceError
from islander.explorer.trace import rerun
from islander.reports.encoding import encode_state

from .cells import Cell, append, cell, model, text
from .random_models import models
from .test_graph import RANDOM
from .test_properties import Reached, counter


def asker() -> Cell:
    return cell("", start=lambda self: self.send("b", "x"), receive=append)


def answerer() -> Cell:
    def receive(self: Cell, message: str, sender: str) -> None:
        self.value += message
        self.send(sender, self.choose(["yes", "no"]))

    return cell("", receive=receive)


NO = StateWitness("no", lambda state: state.actors["a"].value == "no")


def test_a_trace_tells_events_choices_changes_and_states() -> None:
    trace = explore(model(a=asker(), b=answerer(), properties=[NO])).properties["no"].trace
    assert trace is not None
    assert (len(trace), bool(trace)) == (2, True)
    first, second = trace
    assert repr(first.event) == "a → b: 'x'"
    assert [(choice.position, choice.among, choice.shown) for choice in first.outcome.choices] == [
        (1, 2, "'no'")
    ]
    assert (repr(first.before), repr(first.after)) == ("b: Cell('')", "b: Cell('x')")
    assert [repr(envelope) for envelope in first.sent] == ["b → a: 'no'"]
    assert second.actor == "a"
    views = [text(trace.semantics.view(state)) for state in trace.states]
    assert views == ["a= b= | a→b:x", "a= b=x | b→a:no", "a=no b=x"]
    assert text(trace.last) == views[-1]


def test_a_trace_tells_the_facts_that_each_step_makes_true() -> None:
    witness = StateWitness("end", lambda state: state.actors["a"].value == 2)
    trace = explore(model(a=counter(2), properties=[witness])).properties["end"].trace
    assert trace is not None
    assert [step.facts for step in trace] == [{Reached(1)}, {Reached(2)}]
    assert all(not step.ended for step in trace)


def test_a_label_that_names_no_step_is_refused_with_the_number_of_the_step() -> None:
    checked = model(a=asker(), b=answerer(), properties=[NO])
    trace = explore(checked).properties["no"].trace
    assert trace is not None
    with pytest.raises(TraceError, match="step 2 cannot be taken"):
        rerun(checked, 0, [trace.labels[0], trace.labels[0]])


@RANDOM
@given(models())
def test_every_trace_of_a_random_model_runs_again_to_the_same_states(drawn: Model) -> None:
    result = explore(drawn, keep_going=True, max_states=300)
    for found in result.properties.values():
        if found.trace is None:
            continue
        trace = found.trace
        states = [encode_state(drawn, state) for state in trace.states]
        begun = [encode_state(drawn, s) for s in trace.semantics.initial_states()].index(states[0])
        again = rerun(drawn, begun, trace.labels)
        assert [encode_state(drawn, state) for state in again.states] == states
