"""Timers that wait: they fire only while nothing can be delivered."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest

from islander import (
    Actor,
    Bag,
    Duplicating,
    Faults,
    Fifo,
    Model,
    Network,
    Result,
    StateInvariant,
    explore,
)
from islander.explorer import ModelError
from islander.explorer.graph import all_edges
from islander.reports import read_trace, replay, save_trace

from .cells import TRUE, cell


@dataclass
class Waiter(Actor):
    """Counts what it hears; its timer notes how much that was."""

    heard: int = 0
    noted: str = ""

    def start(self) -> None:
        self.set_timer("t")

    def receive(self, message: Any, sender: str) -> None:
        if message != "noise":
            self.heard += 1

    def timeout(self, name: str) -> None:
        self.noted += str(self.heard)


def sending(*messages: Any) -> Any:
    def start(self: Any) -> None:
        for message in messages:
            self.send("b", message)

    return cell(start=start)


@pytest.fixture(params=["reference", "tabulated"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)
    return str(request.param)


def noted(engine: str, wait: Any, *messages: Any, **options: Any) -> set[str]:
    """What the waiter can have noted in the end."""
    actors = {"a": sending(*messages), "b": Waiter()}
    model = Model("timers", actors, properties=[TRUE], timers_wait=wait, **options)
    result = explore(model, engine, keep_going=True)
    ends = [n for n in range(result.states) if not result.graph.steps(n)]
    return {result.graph.states[n].locals[1].fields[2] for n in ends}


def test_a_timer_fires_at_any_time_unless_it_waits(engine: str) -> None:
    assert noted(engine, False, 1, 2) == {"0", "1", "2"}
    for wait in (True, ["b"], {"a", "b"}):
        assert noted(engine, wait, 1, 2) == {"2"}
    assert noted(engine, ["a"], 1, 2) == {"0", "1", "2"}
    assert noted(engine, True, 1, 2, network=Fifo()) == {"2"}


def test_what_cannot_be_delivered_is_not_waited_for(engine: str) -> None:
    cut = Faults(partitions=1, cuts=[["b"]])
    assert noted(engine, True, 1, faults=cut) == {"0", "1"}
    lost = Faults(losses=1)
    assert noted(engine, True, 1, 2, faults=lost) == {"1", "2"}
    for network in (Bag(keep_ignored=True), Fifo(keep_ignored=True)):
        assert noted(engine, True, "noise", network=network) == {"0"}
    # It is delivered for ever, and each time that is a step.
    assert noted(engine, True, "noise", network=Duplicating()) == set()
    assert noted(engine, True, "noise", network=Duplicating(keep_ignored=True)) == {"0"}


def test_a_timer_of_one_actor_waits_for_deliveries_to_others(engine: str) -> None:
    actors = {"a": sending(1), "b": Waiter(), "c": Waiter()}
    model = Model("three", actors, properties=[TRUE], timers_wait=["c"])
    graph = explore(model, engine, keep_going=True).graph
    for state, edge, _ in all_edges(graph):
        event = graph.outcomes[edge].event
        if event.actor == "c":
            assert not graph.states[state].network
    assert any(graph.outcomes[edge].event.actor == "c" for _, edge, _ in all_edges(graph))


@pytest.mark.parametrize("network", [Bag(), Bag(keep_ignored=True), Fifo()])
def test_waiting_leaves_out_runs_and_adds_none(network: Network, engine: str) -> None:
    def found(wait: bool) -> Result:
        actors = {"a": sending(1, 2), "b": Waiter(), "c": Waiter()}
        model = Model("runs", actors, network, [TRUE], timers_wait=wait)
        return explore(model, engine, keep_going=True)

    patient, eager = found(wait=True), found(wait=False)
    as_text = [{repr(state) for state in result.graph.states} for result in (patient, eager)]
    assert as_text[0] < as_text[1]


def test_a_trace_with_waiting_timers_replays(engine: str, tmp_path: Any) -> None:
    def made(wait: bool = True) -> Model:
        never = StateInvariant("never", lambda state: not state.actors["b"].noted)
        actors = {"a": sending(1, 2), "b": Waiter()}
        return Model("trace", actors, properties=[never], timers_wait=wait)

    def saved(wait: bool) -> Any:
        trace = explore(made(wait), engine).properties["never"].trace
        assert trace is not None
        save_trace(tmp_path / "trace.json", trace)
        return read_trace(tmp_path / "trace.json")

    assert len(saved(wait=True).steps) == 3
    assert replay(made(), saved(wait=True)).disagreement is None
    hasty = saved(wait=False)
    assert len(hasty.steps) == 1
    assert replay(made(), hasty).disagreement is not None


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        ("b", "timers_wait must be True, False or a collection of the ids of actors; got 'b'"),
        (1, "timers_wait must be True, False or a collection of the ids of actors; got 1"),
        (["b", "z"], "timers_wait names 'z', but the model has no actor of that id"),
        ([3], "timers_wait names 3"),
    ],
)
def test_whose_timers_wait_must_be_said_clearly(wait: Any, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        Model("wrong", {"b": Waiter()}, properties=[TRUE], timers_wait=wait)


def test_whose_timers_wait_is_settled_when_the_model_is_made() -> None:
    given = ["b"]
    model = Model("kept", {"b": Waiter()}, properties=[TRUE], timers_wait=given)
    given.clear()
    assert model.waiting == {"b"}
