"""Faults: each kind is a step of its own, within its budget; what survives, and what waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest

from islander import (
    Actor,
    Bag,
    Duplicating,
    Fact,
    FactInvariant,
    Faults,
    Fifo,
    Model,
    Network,
    Result,
    StateInvariant,
    StepInvariant,
    Verdict,
    durable,
    explore,
)
from islander.explorer import HandlerError, ModelError, UsageError
from islander.explorer.faults import KINDS, NO_FAULTS
from islander.explorer.graph import all_edges
from islander.models.paxos import paxos
from islander.reports import read_trace, replay, save_trace

from .cells import TRUE, Cell, append, cell, model

EVERYTHING = {"engine": "reference", "keep_going": True}


class Seen(Fact):
    what: str


@dataclass
class Keeper(Actor):
    """Remembers what it heard, once for good and once until it crashes."""

    kept: int = durable(0)
    lost: int = 0
    log: list[int] = durable(default_factory=list)
    peers: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.set_timer("t")

    def receive(self, message: Any, sender: str) -> None:
        self.kept = self.lost = message
        self.log.append(message)

    def recover(self) -> None:
        self.record(Seen(f"{self.kept} {self.lost} {self.log}"))
        self.set_timer("again")


def sending(*messages: Any) -> Cell:
    def start(self: Cell) -> None:
        for message in messages:
            self.send("b", message)

    return cell(start=start)


def run(faults: Faults, network: Any = None, **actors: Actor) -> Result:
    checked = Model("faults", actors, network or Bag(), [TRUE], faults)
    return explore(checked, **EVERYTHING)


def words(result: Result) -> set[str]:
    """Every state in words: the value of `b`, how many messages fly, and who is not up."""
    found = set()
    for state in result.graph.states:
        down = [
            f" | {local.actor} {local.status}" for local in state.locals if local.status != "up"
        ]
        flying = result.model.network.contents(state.network).total()
        found.add(f"{state.locals[1].fields[1]!r} | {flying}" + "".join(down))
    return found


def test_a_crash_resets_what_is_not_durable_and_disarms_timers() -> None:
    checked = Model(
        "one",
        {"a": sending(7), "b": Keeper()},
        properties=[
            FactInvariant("forgets nothing", lambda facts: Seen("7 0 [7]") not in facts),
            FactInvariant("invents nothing", lambda facts: Seen("0 7 []") not in facts),
            StateInvariant(
                "no timer while down",
                lambda state: state.status["b"] == "up" or not state.timers["b"],
            ),
        ],
        faults=Faults(crashes=1, actors=["b"]),
    )
    result = explore(checked, **EVERYTHING)
    assert result.properties["forgets nothing"].steps == 3
    assert result.properties["invents nothing"].verdict is Verdict.HOLDS
    assert result.properties["no timer while down"].verdict is Verdict.HOLDS
    trace = result.properties["forgets nothing"].trace
    assert trace is not None
    assert [str(step.event) for step in trace] == ["a → b: 7", "b crashes", "b recovers"]
    assert trace.states[2].locals[1].timers == ()


def test_what_is_sent_to_one_that_is_down_waits_and_what_stopped_never_gets_it() -> None:
    crashed = run(Faults(crashes=1, actors=["b"]), a=sending(1), b=cell("", receive=append_text))
    assert words(crashed) == {
        "'' | 1",
        "'1' | 0",
        "'' | 1 | b down",
        "'' | 0 | b down",  # what was heard before the crash is forgotten
        "'' | 0",
    }
    stopped = run(Faults(stops=1, actors=["b"]), a=sending(1), b=cell("", receive=append_text))
    assert words(stopped) == {"'' | 1", "'1' | 0", "'' | 1 | b stopped", "'1' | 0 | b stopped"}
    assert stopped.terminal == 2


def append_text(self: Cell, message: Any, sender: str) -> None:
    self.value += str(message)


@pytest.mark.parametrize(
    ("faults", "states", "transitions"),
    [
        (Faults(), 2, 1),
        (Faults(losses=1), 3, 2),
        (Faults(losses=None), 2 + 1, 2),
        (Faults(duplications=1), 2 + 3, 1 + 3),
        (Faults(stops=1), 2 + 4, 1 + 4 + 1),
        (Faults(partitions=1), 2 + 4, 1 + 2 + 2 + 1),
    ],
)
def test_one_message_and_one_kind_of_fault(faults: Faults, states: int, transitions: int) -> None:
    """Counted by hand: `a` sends one message, which `b` ignores or not, there being no value."""
    result = run(faults, a=sending(1), b=cell("", receive=append_text))
    assert (result.states, result.transitions) == (states, transitions)


def test_budgets_are_shared_and_part_of_the_state() -> None:
    checked = model(
        a=sending(1, 2, 3),
        b=cell(""),
        properties=[StateInvariant("one left", lambda state: state.faults.losses >= 1)],
    )
    checked = Model("losses", checked.actors, Bag(), checked.properties, Faults(losses=2))
    result = explore(checked, **EVERYTHING)
    assert result.properties["one left"].steps == 2
    assert min(state.faults.losses or 0 for state in result.graph.states) == 0


def test_a_cut_holds_back_what_crosses_it_until_it_heals() -> None:
    result = run(Faults(partitions=1, cuts=[["b"]]), a=sending(1), b=cell("", receive=append_text))
    events = {str(outcome.event) for outcome in result.graph.outcomes}
    assert events == {
        "a → b: 1",
        "the network is cut: b on one side",
        "the network heals",
    }
    for state, edge, _ in all_edges(result.graph):
        if result.graph.outcomes[edge].event.actor == "b":
            assert not result.graph.states[state].faults.cut


def keep_last(self: Cell, message: Any, sender: str) -> None:
    """A `receive` that keeps what arrived last, so that there is an end where messages repeat."""
    self.value = message


@pytest.mark.parametrize("engine", ["reference", "tabulated"])
@pytest.mark.parametrize("network", [Bag(), Fifo(), Duplicating()])
def test_what_waits_on_a_cut_link_may_be_lost_and_duplicated(
    engine: str, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)
    faults = Faults(losses=1, duplications=1, partitions=1)
    actors = {"a": sending(1), "b": cell("", receive=keep_last)}
    result = explore(Model("cut", actors, network, [TRUE], faults), engine, keep_going=True)
    while_cut = {
        str(result.graph.outcomes[edge].event)
        for state, edge, _ in all_edges(result.graph)
        if result.graph.states[state].faults.cut
    }
    expected = {"a → b: 1 is lost", "a → b: 1 is duplicated", "the network heals"}
    if isinstance(network, Duplicating):
        expected.remove("a → b: 1 is duplicated")
    assert while_cut == expected


@pytest.mark.parametrize(("network", "copies"), [(Bag(), 2), (Fifo(), 2), (Duplicating(), 1)])
def test_a_duplicate_is_one_copy_more_where_copies_count(network: Any, copies: int) -> None:
    result = run(Faults(duplications=1), network, a=sending(1), b=cell(""))
    most = max(sum(network.contents(state.network).values()) for state in result.graph.states)
    assert most == copies


def test_crash_may_choose_what_is_lost_and_nothing_else() -> None:
    @dataclass
    class Log(Keeper):
        def crash(self) -> None:
            self.log = self.log[: self.choose(range(len(self.log) + 1))]

    result = run(Faults(crashes=1, actors=["b"]), a=sending(1, 2), b=Log())
    kept = {fact.what for state in result.graph.states for fact in state.locals[1].facts}  # type: ignore[attr-defined]
    assert {"2 0 []", "2 0 [1]", "2 0 [1, 2]"} <= kept

    @dataclass
    class Talks(Keeper):
        def crash(self) -> None:
            self.send("a", "help")

    with pytest.raises(HandlerError, match=r"crash.*send\(\) cannot be used here: an actor that"):
        run(Faults(crashes=1), a=cell(), b=Talks())


def test_going_down_is_no_step_that_step_properties_see() -> None:
    grows = StepInvariant("grows", lambda before, event, after: after.lost >= before.lost)
    checked = Model(
        "steps", {"a": sending(1), "b": Keeper()}, Bag(), [grows], Faults(crashes=1, actors=["b"])
    )
    assert explore(checked, **EVERYTHING).verdict is Verdict.HOLDS


def test_a_trace_with_faults_is_saved_and_replays(tmp_path: Any) -> None:
    result = explore(paxos(bug="amnesia", crashes=1, losses=1))
    trace = result.properties["single chosen value"].trace
    assert trace is not None
    assert len(trace) == 14
    assert any(str(step.event).endswith("crashes") for step in trace)
    path = tmp_path / "trace.json"
    save_trace(path, trace)
    replayed = replay(paxos(bug="amnesia", crashes=1, losses=1), read_trace(path))
    assert replayed.disagreement is None
    assert replayed.trace.labels == trace.labels


def test_any_number_of_duplications_ends_incomplete_at_a_bound() -> None:
    checked = Model(
        "endless", {"a": sending(1), "b": cell("")}, Bag(), [TRUE], Faults(duplications=None)
    )
    for engine in ("reference", "tabulated"):
        result = explore(checked, engine, max_states=1000)
        assert result.verdict is Verdict.INCOMPLETE
        assert result.states == 1000


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: Faults(crashes=-1), "crashes must be a number from 0"),
        (lambda: Faults(losses=True), "losses must be a number from 0"),
        (lambda: Faults(losses=2**40), "to 4,294,967,295, or None for any number"),
        (lambda: Faults(timeouts=-1), "timeouts must be a number from 0 .*, or None .*; got -1"),
        (lambda: Faults(timeouts="2"), "timeouts must be a number from 0 .* got '2'"),  # type: ignore[arg-type]
        (lambda: Faults(timeouts=1.0), "timeouts must be a number from 0 .* got 1.0"),  # type: ignore[arg-type]
        (lambda: Faults(timeouts=True), "timeouts must be a number from 0 .* got True"),
        (lambda: Faults(timeouts=2**32), "timeouts must be a number from 0 to 4,294,967,295"),
        (lambda: Faults(timeouts=1, timers="retry"), "timers must be a collection.* got 'retry'"),
        (lambda: Faults(timeouts=1, timers=3), "timers must be a collection.* got 3"),  # type: ignore[arg-type]
        (lambda: Faults(actors="ab"), "actors must be a collection"),
        (
            lambda: model(a=cell(), b=cell()).__class__("m", {"a": cell()}, faults=3),
            "faults must be",
        ),
        (lambda: Model("m", {"a": cell()}, faults=Faults(crashes=1, actors=["z"])), "names 'z'"),
        (lambda: Model("m", {"a": cell()}, faults=Faults(partitions=1)), "no way to cut"),
        (
            lambda: Model("m", {"a": cell(), "b": cell()}, faults=Faults(partitions=1, cuts=[[]])),
            "leaves nobody on one side",
        ),
    ],
)
def test_faults_that_make_no_sense_are_refused(wrong: Any, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        wrong()


def test_paxos_holds_with_crashes_that_leave_memory_and_says_which_networks_there_are() -> None:
    assert explore(paxos(acceptors=2, crashes=2, losses=1)).verdict is Verdict.HOLDS
    with pytest.raises(UsageError, match="there is no network 'pigeon'; there are bag, dupl"):
        paxos(network="pigeon")


def test_order_that_is_relied_on_holds_on_queues_and_not_on_a_bag() -> None:
    ordered = FactInvariant("in order", lambda facts: Seen("21") not in facts)

    def receive(self: Cell, message: Any, sender: str) -> None:
        append(self, str(message), sender)
        self.record(Seen(self.value))

    for network, verdict in ((Fifo(), Verdict.HOLDS), (Bag(), Verdict.VIOLATED)):
        actors = {"a": sending(1, 2), "b": cell("", receive=receive)}
        assert explore(Model("order", actors, network, [ordered]), **EVERYTHING).verdict is verdict


def test_who_and_what_is_named_may_be_any_collection_and_reads_the_same() -> None:
    listed = Faults(timeouts=1, timers=["t", "u"], crashes=1, actors=["a", "b"])
    names, ids = iter(["u", "t"]), {"b", "a"}
    assert repr(Faults(timeouts=1, timers=names, crashes=1, actors=ids)) == repr(listed)  # type: ignore[arg-type]
    assert (listed.counts("t"), listed.counts("v"), listed.counts("t")) == (True, False, True)


@pytest.mark.parametrize("kind", KINDS)
def test_faults_are_something_if_one_of_a_kind_may_happen(kind: str) -> None:
    assert not Faults()
    assert Faults(**{kind: 1})
    assert Faults().at_first == NO_FAULTS


@pytest.mark.parametrize("engine", ["reference", "tabulated"])
def test_the_network_is_one_that_takes_steps_when_switches_are_counted(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two duplications in a row need no switch; a delivery, which comes first, and one does."""
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)

    def start(self: Cell) -> None:
        self.send("b", 0)

    def receive(self: Cell, message: Any, sender: str) -> None:
        if message == 0:
            self.broadcast(["a", "b"], 1)

    few = StateInvariant("few fly", lambda state: state.network.total() <= 2)
    actors = {"a": cell(), "b": cell(start=start, receive=receive)}
    model = Model("copies", actors, Bag(), [few], Faults(duplications=2))
    trace = explore(model, engine).properties["few fly"].trace
    assert trace is not None
    assert (len(trace), trace.switches) == (2, 0)
