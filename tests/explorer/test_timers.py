"""Timers that wait, and fire only while nothing can be delivered; timers that are counted."""

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
    Verdict,
    durable,
    explore,
)
from islander.explorer import ModelError, TraceError
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


# -- timers that are counted ----------------------------------------------------------------------


@dataclass
class Ticker(Actor):
    """Has two timers that it arms again whenever they fire: it counts its retries, and beats."""

    retries: int = durable(0)
    up: bool = False

    def start(self) -> None:
        self.recover()

    def recover(self) -> None:
        self.set_timer("retry")
        self.set_timer("beat")

    def timeout(self, name: str) -> None:
        if name == "retry":
            self.retries += 1
        else:
            self.up = not self.up
        self.set_timer(name)


def ticking(engine: str, faults: Faults, tickers: int = 1, **options: Any) -> Result:
    actors = {f"t{n}": Ticker() for n in range(tickers)}
    # Were timers not counted, there would be no end of states.
    return explore(
        Model("ticking", actors, Bag(), [TRUE], faults), engine, max_states=200, **options
    )


def situations(result: Result) -> set[tuple[Any, ...]]:
    """Of every state, what each ticker holds, and what is left of the timeouts."""
    found = set()
    for state in result.graph.states:
        tickers: list[Any] = [local.copy() for local in state.locals]
        left = state.faults.timeouts
        found.add((*((ticker.retries, ticker.up) for ticker in tickers), left))
    return found


def test_so_many_timers_fire_as_there_are_timeouts(engine: str) -> None:
    """Listed by hand: every state, and its steps by `retry` and by `beat`."""
    none = ticking(engine, Faults(timeouts=0))
    assert (none.states, none.transitions, none.terminal) == (1, 0, 1)
    two = ticking(engine, Faults(timeouts=2))
    assert situations(two) == {
        ((0, False), 2),
        ((1, False), 1),
        ((0, True), 1),
        ((2, False), 0),
        ((1, True), 0),
        ((0, False), 0),  # it beat twice
    }
    assert (two.states, two.transitions, two.depth, two.terminal) == (6, 6, 2, 3)


def test_all_actors_share_the_timeouts(engine: str) -> None:
    result = ticking(engine, Faults(timeouts=2, timers=["retry"]), tickers=2)
    counted = {(one[0], other[0], left) for one, other, left in situations(result)}
    assert counted == {(0, 0, 2), (1, 0, 1), (0, 1, 1), (2, 0, 0), (1, 1, 0), (0, 2, 0)}
    assert result.states == 6 * 2 * 2  # up or not, each of them


@pytest.mark.parametrize("names", [["retry"], {"retry", "never armed"}, ("retry",)])
def test_only_the_timers_that_are_named_count(engine: str, names: Any) -> None:
    result = ticking(engine, Faults(timeouts=2, timers=names))
    assert situations(result) == {
        ((retries, up), 2 - retries) for retries in (0, 1, 2) for up in (False, True)
    }
    assert result.transitions == 6 + 4  # a beat in each of them, a retry in those but the last two
    assert result.terminal == 0


@pytest.mark.parametrize(
    "faults",
    [
        Faults(),
        Faults(timeouts=None),
        Faults(timeouts=None, timers=["retry"]),
        Faults(timeouts=3, timers=[]),
    ],
)
def test_what_is_not_counted_happens_any_number_of_times(engine: str, faults: Faults) -> None:
    result = ticking(engine, faults, max_depth=5)
    assert result.verdict is Verdict.INCOMPLETE
    assert situations(result) == {
        ((retries, up), faults.timeouts)
        for retries in range(6)
        for up in (False, True)
        if retries + up <= 5
    }


def test_a_crash_costs_no_timeouts_and_gives_none_back(engine: str) -> None:
    result = ticking(engine, Faults(timeouts=2, timers=["retry"], crashes=1))
    found = situations(result)
    assert {(retries, left) for (retries, _), left in found} == {(0, 2), (1, 1), (2, 0)}
    # Up before the crash, down, and up after it; a crash forgets the beat, which then is off.
    assert result.states == 3 * (2 + 1 + 2)


def test_what_is_left_of_the_timeouts_is_part_of_the_state(engine: str) -> None:
    def adds_up(state: Any) -> bool:
        return bool(state.faults.timeouts == 2 - state.actors["t"].retries)

    properties = [
        StateInvariant("adds up", adds_up),
        StateInvariant("some left", lambda state: state.faults.timeouts > 0),
        StateInvariant("no more than two", lambda state: state.actors["t"].retries < 3),
    ]
    faults = Faults(timeouts=2, timers=["retry"])
    model = Model("left", {"t": Ticker()}, Bag(), properties, faults)
    result = explore(model, engine, keep_going=True, max_states=200)
    assert result.properties["adds up"].verdict is Verdict.HOLDS
    assert result.properties["no more than two"].verdict is Verdict.HOLDS
    assert result.properties["some left"].steps == 2


def test_deliveries_cost_no_timeouts(engine: str) -> None:
    actors = {"a": sending(1, 2), "b": Waiter()}

    def found(faults: Faults) -> list[tuple[str, str]]:
        model = Model("deliveries", actors, Bag(), [TRUE], faults)
        states = explore(model, engine, keep_going=True).graph.states
        return [(repr(state.locals), repr(state.network)) for state in states]

    assert found(Faults(timeouts=1)) == found(Faults())  # the one timer fires but once anyway
    assert len(found(Faults(timeouts=0))) == 4  # each of the messages is in flight or not


def test_a_trace_with_counted_timers_is_saved_and_replays(engine: str, tmp_path: Any) -> None:
    def made(timeouts: int, timer: str) -> Model:
        never = StateInvariant("never", lambda state: state.actors["t"].retries < 2)
        faults = Faults(timeouts=timeouts, timers=[timer])
        return Model("trace", {"t": Ticker()}, Bag(), [never], faults)

    def saved(model: Model) -> Any:
        trace = explore(model, engine).properties["never"].trace
        assert trace is not None
        assert [str(step.event) for step in trace] == ["t: timer 'retry' fires"] * 2
        save_trace(tmp_path / "trace.json", trace)
        return read_trace(tmp_path / "trace.json")

    again = replay(made(2, "retry"), saved(made(2, "retry")))
    assert again.disagreement is None
    assert [state.faults.timeouts for state in again.trace.states] == [2, 1, 0]
    with pytest.raises(TraceError, match="does not begin in an initial state"):
        replay(made(1, "retry"), saved(made(2, "retry")))
    too_often = replay(made(1, "retry"), saved(made(1, "beat")))
    assert "step 2" in str(too_often.disagreement)


@pytest.mark.parametrize("wait", [True, ["b"], {"a", "b"}])
def test_timers_that_wait_cannot_be_counted(wait: Any) -> None:
    actors = {"a": cell(), "b": Waiter()}
    said = r"model 'both': timers that wait \(timers_wait\) cannot be counted \(Faults\(timeouts"
    for faults in (Faults(timeouts=1), Faults(timeouts=0, timers=["t"])):
        with pytest.raises(ModelError, match=said):
            Model("both", actors, properties=[TRUE], faults=faults, timers_wait=wait)


def test_one_of_the_two_may_be_left_open() -> None:
    actors = {"a": cell(), "b": Waiter()}
    for wait, faults in (
        (True, Faults(timeouts=None, timers=["t"])),
        (False, Faults(timeouts=1)),
        ([], Faults(timeouts=1)),
    ):
        model = Model("either", actors, properties=[TRUE], faults=faults, timers_wait=wait)
        assert model.waiting == (set(actors) if wait else set())
