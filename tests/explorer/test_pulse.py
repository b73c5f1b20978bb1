"""Pulses: what is promised of them holds on every network, whatever is lost or duplicated."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, ClassVar

import pytest

from islander import (
    Bag,
    Duplicating,
    Fact,
    FactInvariant,
    Faults,
    Fifo,
    Model,
    Network,
    Pulsing,
    Result,
    StateInvariant,
    StepInvariant,
    Verdict,
    Witness,
    durable,
    explore,
)
from islander.explorer import HandlerError
from islander.explorer.graph import all_edges

from .cells import TRUE


class Done(Fact):
    pulse: int
    answers: str


@dataclass
class Asker(Pulsing):
    """Sends so many pulses, one after the other; records what each brought."""

    members: tuple[str, ...] = ("a", "b")
    rounds: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    done: int = 0

    def start(self) -> None:
        self.pulse(self.members, ("round", self.pulses_sent + 1), **self.options)

    def pulsed(self, name: str, request: Any, answers: dict[str, Any]) -> None:
        self.done += 1
        shown = "".join(f"{one}{answers[one]}" for one in sorted(answers))
        self.record(Done(request[1], shown))
        if self.done < self.rounds:
            self.start()


@dataclass
class Member(Pulsing):
    """Answers with the number of the round it was asked about; counts how often it was."""

    asked: tuple[int, ...] = durable(())

    def answer(self, request: Any, sender: str) -> Any:
        self.asked = (*self.asked, request[1])
        return request[1]


PROMISES = [
    StateInvariant(
        "no request is answered twice",
        lambda state: all(
            len(set(state.actors[one].asked)) == len(state.actors[one].asked) for one in "ab"
        ),
    ),
    FactInvariant(
        "an answer counts for its own pulse",
        lambda facts: all(
            set(fact.answers) <= {*"ab", str(fact.pulse)}
            for fact in facts
            if isinstance(fact, Done)
        ),
    ),
    FactInvariant(
        "a pulse is complete once",
        lambda facts: (
            len({fact.pulse for fact in facts if isinstance(fact, Done)})
            == sum(isinstance(fact, Done) for fact in facts)
        ),
    ),
]
COMPLETE = [
    FactInvariant(
        "with all answers",
        lambda facts: all(len(fact.answers) == 4 for fact in facts if isinstance(fact, Done)),
    ),
    Witness("the second pulse is complete", lambda facts: Done(2, "a2b2") in facts),
]


def asking(
    network: Network, faults: Faults | None = None, rounds: int = 2, **options: Any
) -> Model:
    actors = {"p": Asker(rounds=rounds, options=options), "a": Member(), "b": Member()}
    return Model("pulses", actors, network, [*PROMISES, *COMPLETE], faults or Faults())


def explored(model: Model) -> Result:
    """What both engines find."""
    results = [explore(model, engine, keep_going=True) for engine in ("reference", "tabulated")]
    counts = {(one.states, one.transitions, one.depth) for one in results}
    assert len(counts) == 1
    return results[0]


@pytest.fixture(autouse=True)
def however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)


@pytest.mark.parametrize(
    "network", [Bag(), Duplicating(), Fifo(), Bag(keep_ignored=True), Duplicating(True)]
)
def test_a_pulse_brings_all_answers_once(network: Network) -> None:
    assert explored(asking(network)).verdict is Verdict.HOLDS


@pytest.mark.parametrize("network", [Bag(), Duplicating(keep_ignored=True)])
def test_a_pulse_whose_time_is_up_has_the_answers_so_far(network: Network) -> None:
    checked = asking(network, times_out=True)
    answers = {"", "a1", "b1", "a1b1"}
    seen = [
        Witness(f"answers: {one}", lambda facts, one=one: Done(1, one) in facts)  # type: ignore[misc]
        for one in sorted(answers)
    ]
    result = explored(replace(checked, properties=(*PROMISES, *seen)))
    assert result.verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("network", "faults"),
    [
        (Bag(), Faults(losses=1)),
        (Bag(), Faults(duplications=1)),
        (Fifo(), Faults(losses=1, duplications=1)),
        (Bag(), Faults(crashes=1)),
        (Bag(), Faults(partitions=1, cuts=[["a"]])),
    ],
)
def test_retries_make_up_for_what_is_lost_and_do_no_harm(network: Network, faults: Faults) -> None:
    checked = asking(network, faults, retries=1)
    result = explored(replace(checked, properties=(*PROMISES, COMPLETE[1])))
    assert result.verdict is Verdict.HOLDS


def test_a_retry_makes_up_for_a_loss_where_timers_wait() -> None:
    def all_over(**options: Any) -> set[bool]:
        """Whether the pulse brought all answers, in the states in which all is over."""
        checked = asking(Bag(), Faults(losses=1), 1, **options)
        graph = explore(replace(checked, timers_wait=True), "reference", keep_going=True).graph
        over = [state for n, state in enumerate(graph.states) if not graph.steps(n)]
        return {Done(1, "a1b1") in state.locals[0].history for state in over}

    assert all_over() == {True, False}
    assert all_over(times_out=True) == {True, False}
    assert all_over(retries=1) == {True}


def test_answers_to_a_pulse_that_was_abandoned_are_ignored() -> None:
    @dataclass
    class Hasty(Asker):
        def start(self) -> None:
            super().start()
            self.set_timer("again")

        def timeout(self, name: str) -> None:
            if name == "again":
                self.pulse(self.members, ("round", 2))
            else:
                super().timeout(name)

    actors = {"p": Hasty(), "a": Member(), "b": Member()}
    late = StepInvariant(
        "what is late changes nothing",
        lambda before, event, after: (
            event.actor != "p"
            or not hasattr(event, "message")
            or event.message.number == before.pulses_sent
            or before == after
        ),
    )
    checked = Model("hasty", actors, Bag(), [*PROMISES, late])
    result = explored(checked)
    assert result.verdict is Verdict.HOLDS
    late_ones = [
        edge
        for _, edge, _ in all_edges(result.graph)
        if result.graph.outcomes[edge].ignored and result.graph.outcomes[edge].event.actor == "p"
    ]
    assert late_ones


@pytest.mark.parametrize("network", [Bag(), Fifo()])
def test_no_number_is_used_again_after_a_crash_whatever_comes_late_or_twice(
    network: Network,
) -> None:
    """What is in flight of the pulse that the crash ended, requests and answers, comes as well."""

    @dataclass
    class Reborn(Asker):
        def recover(self) -> None:
            self.start()

    faults = Faults(crashes=1, duplications=1, actors=["p"])
    again = Witness("the pulse after the crash is complete", lambda facts: Done(2, "a2b2") in facts)
    actors = {"p": Reborn(), "a": Member(), "b": Member()}
    result = explored(Model("reborn", actors, network, [*PROMISES, again], faults))
    assert result.verdict is Verdict.HOLDS


def test_requests_of_several_names_and_plain_messages_do_not_mix() -> None:
    @dataclass
    class Two(Pulsing):
        got: dict[str, Any] = field(default_factory=dict)

        def start(self) -> None:
            self.pulse(["a"], "first", "one")
            self.pulse(["a"], "second", "other")
            self.send("a", "plain")

        def receive(self, message: Any, sender: str) -> None:
            if message == "plain back":
                self.got["plain"] = sender
            super().receive(message, sender)

        def pulsed(self, name: str, request: Any, answers: dict[str, Any]) -> None:
            self.got[name] = answers["a"]

    @dataclass
    class Echo(Pulsing):
        def receive(self, message: Any, sender: str) -> None:
            if message == "plain":
                self.send(sender, "plain back")
            else:
                super().receive(message, sender)

        def answer(self, request: Any, sender: str) -> Any:
            return f"{request} from {sender}"

    result = explored(Model("two", {"p": Two(), "a": Echo()}, Bag(), [TRUE]))
    ends = [n for n in range(result.states) if not result.graph.steps(n)]
    got = {repr(result.graph.states[n].locals[0].copy()) for n in ends}
    expected = {"one": "first from p", "other": "second from p", "plain": "a"}
    assert got == {repr(Two(expected)).replace("pulses_sent=0", "pulses_sent=2")}


@pytest.mark.parametrize(
    ("to", "options", "said"),
    [
        ([], {}, "pulse() to nobody: nobody could answer"),
        ("ab", {}, "pulse() takes a collection of ids and got the string 'ab'"),
        (["a", "z"], {}, "send() to 'z', but the model has no actor of that id"),
        (["a"], {"retries": -1}, "pulse() takes a number of retries from 0 on; got -1"),
        (["a"], {"name": ""}, "pulse() takes a name, a string that is not empty; got ''"),
    ],
)
def test_what_a_pulse_cannot_be_is_refused(to: Any, options: Any, said: str) -> None:
    class Wrong(Pulsing):
        to: ClassVar[Any]

        def start(self) -> None:
            self.pulse(self.to, "request", **options)

    Wrong.to = to
    checked = Model("wrong", {"p": Wrong(), "a": Member()}, properties=[TRUE])
    with pytest.raises(HandlerError) as caught:
        explore(checked)
    assert said in str(caught.value)
