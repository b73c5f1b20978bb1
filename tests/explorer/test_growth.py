"""Growth: what is said of models whose state space has no end, and of those whose space has one."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings

from islander import (
    Actor,
    Bag,
    Duplicating,
    Faults,
    Fifo,
    Model,
    Network,
    Verdict,
    explore,
)
from islander.explorer.growth import endless
from islander.models.paxos import paxos

from .cells import TRUE, Cell, cell
from .random_models import faulty_models

ENGINES = ["reference", "tabulated"]


class Ping(NamedTuple):
    count: int


@dataclass
class Flood(Actor):
    """Sends one more message whenever its timer fires, which it does again and again."""

    to: str = "b"

    def start(self) -> None:
        self.set_timer("t")

    def timeout(self, name: str) -> None:
        self.send(self.to, "more")
        self.set_timer("t")


@dataclass
class Counter(Actor):
    """Counts what it hears and sends it back, with the count or without."""

    to: str
    telling: bool = False
    count: int = 0

    def start(self) -> None:
        self.send(self.to, Ping(0))

    def receive(self, message: Any, sender: str) -> None:
        if self.telling:
            self.send(self.to, Ping(message.count + 1))
        else:
            self.count += 1
            self.send(self.to, message)


def sending() -> Cell:
    return cell(start=lambda self: self.send("b", 1))


def because(model: Model, engine: str, **options: Any) -> str:
    result = explore(model, engine, **options)
    assert result.verdict is Verdict.INCOMPLETE
    assert result.incomplete_because is not None
    return result.incomplete_because


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("network", [Bag(), Fifo(), Bag(keep_ignored=True)])
def test_duplications_without_end_are_named_and_end_the_search(
    network: Network, engine: str
) -> None:
    actors = {"a": sending(), "b": cell("")}
    model = Model("endless", actors, network, [TRUE], Faults(duplications=None))
    said = (
        "there is no end of states: this step can be repeated for ever (a → b: 1 is duplicated), "
        "each time with more in flight (a → b: 1)"
    )
    assert because(model, engine) == said
    bounded = because(model, engine, max_depth=5)
    assert bounded == f"the depth bound of 5 was reached (max_depth); {said}"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("network", [Bag(), Fifo()])
def test_messages_that_pile_up_are_named_and_end_the_search(network: Network, engine: str) -> None:
    model = Model("flood", {"a": Flood(), "b": cell("")}, network, [TRUE])
    assert because(model, engine) == (
        "there is no end of states: this step can be repeated for ever (a: timer 't' fires), "
        "each time with more in flight (a → b: 'more')"
    )


def test_a_queue_beyond_what_the_tabulated_engine_keeps_is_refused_if_there_may_be_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sixty-five messages, and no more, in one queue."""
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)

    def start(self: Cell) -> None:
        for _ in range(65):
            self.send("b", 1)

    model = Model("many", {"a": cell(start=start), "b": cell("")}, Fifo(), [TRUE])
    with pytest.raises(import_module("islander.explorer").UsageError, match="needs room for more"):
        explore(model)
    assert explore(model, "reference").states == 66


@pytest.mark.parametrize("engine", ENGINES)
def test_values_that_grow_are_named_where_a_budget_ended_the_search(engine: str) -> None:
    counting = Model("counting", {"a": Counter("b"), "b": Counter("a")}, Bag(), [TRUE])
    assert because(counting, engine, max_states=600).startswith(
        "the bound of 600 states was reached (max_states); the field 'count' of "
    )
    telling = {"a": Counter("b", telling=True), "b": cell(receive=lambda *_: None)}
    telling["b"] = Counter("a", telling=True)
    told = because(Model("telling", telling, Bag(), [TRUE]), engine, max_states=600)
    assert "; the messages from " in told
    assert " had ever greater values, in the end Ping(" in told


@pytest.mark.parametrize("engine", ENGINES)
def test_of_what_has_an_end_nothing_is_said(engine: str) -> None:
    for model in (
        paxos(),
        paxos(network="duplicating"),
        paxos(network="fifo", crashes=1, losses=1),
        paxos(crashes=None),
        Model("set", {"a": Flood(), "b": cell("")}, Duplicating(), [TRUE]),
        Model("waits", {"a": Flood(), "b": cell("")}, Bag(), [TRUE], timers_wait=True),
    ):
        result = explore(model, engine, max_states=3)
        if result.verdict is Verdict.INCOMPLETE:
            assert result.incomplete_because == "the bound of 3 states was reached (max_states)"


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(model=faulty_models((Bag, Duplicating, Fifo), finite=True))
def test_no_finite_model_is_called_endless(model: Model) -> None:
    """Whatever may be lost without end."""
    assert endless(model) is None


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_sent_after_crashes_without_end_has_no_end(engine: str) -> None:
    @dataclass
    class Eager(Actor):
        def recover(self) -> None:
            self.send("b", "back")

    actors = {"a": Eager(), "b": cell("")}
    model = Model("eager", actors, Bag(), [TRUE], Faults(crashes=None, actors=["a"]))
    assert because(model, engine) == (
        "there is no end of states: these 2 steps can be repeated for ever "
        "(a crashes; a recovers), each time with more in flight (a → b: 'back')"
    )


@pytest.mark.parametrize(
    ("options", "raised"),
    [({"max_seconds": 0}, AssertionError), ({"max_states": 3}, KeyboardInterrupt)],
)
def test_looking_for_a_proof_takes_no_time_that_is_up_and_can_be_interrupted(
    options: dict[str, Any], raised: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def looking(_: Model) -> str:
        raise raised

    monkeypatch.setattr(import_module("islander.explorer.explore"), "endless", looking)
    said = because(
        Model("flood", {"a": Flood(), "b": cell("")}, Bag(), [TRUE]), ENGINES[1], **options
    )
    assert said.startswith("the ")
    assert "; " not in said
