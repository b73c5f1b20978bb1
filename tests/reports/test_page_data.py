"""What the page is told is what the semantics says: states, steps, facts, truth."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from islander import Actor, Bag, Fifo, Model, Result, StateInvariant, explore, simulate
from islander.explorer.freeze import fields_of, show
from islander.explorer.semantics import Semantics, State
from islander.models.paxos import paxos
from islander.reports.neighbourhood import Neighbourhood
from islander.reports.page_data import page_data
from islander.reports.trace_file import Source
from islander.reports.truth import truth_table

from ..fragile import Fragile


@pytest.fixture(scope="module")
def hidden_vote() -> Result:
    return explore(paxos(bug="hidden-vote"))


@pytest.fixture(scope="module")
def data(hidden_vote: Result) -> Any:
    made = page_data(hidden_vote, Source("paxos", {"bug": "hidden-vote"}), states=300)
    return json.loads(json.dumps(made))


def fields_told(data: Any, number: int) -> dict[str, dict[str, str]]:
    around = data["neighbourhood"]
    numbers = around["states"]["locals"][number]
    return {
        actor: dict(around["locals"][one]["fields"])
        for actor, one in zip(data["actors"], numbers, strict=True)
    }


def facts_told(data: Any, number: int) -> set[str]:
    around = data["neighbourhood"]
    facts = around["fact_sets"][around["states"]["facts"][number]]
    return {around["facts"][fact] for fact in facts}


def flying_told(data: Any, number: int) -> dict[tuple[str, ...], int]:
    around = data["neighbourhood"]
    flat = around["states"]["messages"][number]
    messages = [tuple(around["messages"][one]) for one in flat[::2]]
    return dict(zip(messages, flat[1::2], strict=True))


def steps_told(data: Any, number: int) -> list[tuple[Any, int]]:
    around = data["neighbourhood"]
    flat = around["states"]["steps"][number]
    return [(around["events"][one], to) for one, to in zip(flat[::2], flat[1::2], strict=True)]


def fields_of_state(state: State) -> dict[str, dict[str, str]]:
    return {
        local.actor: {name: show(value) for name, value in fields_of(local.fields).items()}
        for local in state.locals
    }


def assert_told(data: Any, number: int, semantics: Semantics, state: State) -> None:
    assert fields_told(data, number) == fields_of_state(state)
    assert facts_told(data, number) == set(map(str, semantics.facts(state)))
    flying = semantics.model.network.contents(state.network)
    assert flying_told(data, number) == {
        (one.sender, one.receiver, show(one.payload)): count for one, count in flying.items()
    }


def test_the_states_of_a_trace_are_told_as_they_are(hidden_vote: Result, data: Any) -> None:
    trace = hidden_vote.properties["single chosen value"].trace
    assert trace is not None
    told = data["traces"][data["properties"][0]["trace"]]
    assert len(told["states"]) == len(trace) + 1 == 13
    for number, state in zip(told["states"], trace.states, strict=True):
        assert_told(data, number, trace.semantics, state)


def test_every_step_of_every_state_leads_where_the_semantics_says(data: Any) -> None:
    semantics = Semantics(paxos(bug="hidden-vote"))
    states = {data["initial"][0]: semantics.initial_states()[0]}
    waiting = list(states)
    ends = 0
    for number in waiting:
        assert_told(data, number, semantics, states[number])
        steps = list(semantics.steps(states[number]))
        told = steps_told(data, number)
        assert len(told) == len(steps)
        for step, (event, to) in zip(steps, told, strict=True):
            assert f"{event['who']}: {event['what']}" == str(step.outcome.event)
            if to < 0:
                ends += 1
            elif to in states:
                assert states[to] == step.after
            else:
                states[to] = step.after
                waiting.append(to)
    assert len(states) == len(data["neighbourhood"]["states"]["number"])
    assert ends, "the neighbourhood of a model as large as this one ends somewhere"


def test_the_nearest_states_come_first_and_there_are_as_many_as_were_asked_for(data: Any) -> None:
    away = data["neighbourhood"]["states"]["away"]
    on_traces = {number for trace in data["traces"] for number in trace["states"]}
    assert [number for number, far in enumerate(away) if far == 0] == sorted(on_traces)
    beyond = away[len(on_traces) :]
    assert len(beyond) == 300
    assert beyond == sorted(beyond)
    assert beyond[0] == 1


def test_a_small_model_is_told_whole() -> None:
    result = explore(paxos(proposers=1, acceptors=2))
    states = page_data(result)["neighbourhood"]["states"]
    assert len(states["number"]) == result.states
    assert sum(len(steps) // 2 for steps in states["steps"]) == result.transitions
    assert all(to >= 0 for steps in states["steps"] for to in steps[1::2])


def test_truth_is_that_of_the_truth_table(hidden_vote: Result, data: Any) -> None:
    trace = hidden_vote.properties["single chosen value"].trace
    assert trace is not None
    told = data["traces"][data["properties"][0]["trace"]]
    truth = data["neighbourhood"]["states"]["truth"]
    events = [
        steps_told(data, number)[step][0]
        for number, step in zip(told["states"], told["steps"], strict=False)
    ]
    marks = {"1": True, "0": False, "?": None}
    for at, row in enumerate(truth_table(trace)):
        if data["properties"][at]["subject"] == "local step":
            assert tuple(marks[event["truth"][at]] for event in events) == row.values[1:]
        else:
            assert tuple(marks[truth[number][at]] for number in told["states"]) == row.values


def test_what_clashes_is_told_with_the_step_that_made_it_true(data: Any) -> None:
    found = data["properties"][0]
    facts = data["neighbourhood"]["facts"]
    assert [(facts[one["fact"]], one["since"]) for one in found["clash"]] == [
        ("a1 voted for x at ballot 1", 6),
        ("a3 voted for x at ballot 1", 10),
        ("a3 voted for y at ballot 2", 11),
        ("a1 voted for y at ballot 2", 12),
    ]


def test_verdicts_counts_and_the_command_are_told(hidden_vote: Result, data: Any) -> None:
    assert data["verdict"] == "violated"
    assert data["command"] == "islander check paxos --bug hidden-vote"
    verdicts = {one["name"]: one["verdict"] for one in data["properties"]}
    assert verdicts == {name: one.verdict.value for name, one in hidden_vote.properties.items()}
    assert "incomplete" in verdicts.values()
    assert ["states", f"{hidden_vote.states:,}"] in data["counts"]


def test_terminal_states_are_counted_among_those_that_the_search_expanded(data: Any) -> None:
    assert ["terminal, of those expanded", "0"] in data["counts"]
    whole = explore(paxos(proposers=1, acceptors=2))
    assert ["terminal", str(whole.terminal)] in page_data(whole)["counts"]


def test_the_same_trace_is_told_once() -> None:
    model = paxos(bug="hidden-vote")
    name = model.properties[0].name
    result = explore(model)
    first = result.properties[name]
    twice = {**result.properties, model.properties[1].name: first}
    data = page_data(replace(result, properties=twice), states=10)
    assert data["properties"][0]["trace"] == data["properties"][1]["trace"]


def test_random_walks_have_a_page_too() -> None:
    data = page_data(simulate(paxos(), walks=20, seed=1), states=10)
    assert ["walks", "20"] in data["counts"]
    assert data["verdict"] == "incomplete"
    assert data["conclusion"]


@pytest.mark.parametrize(
    ("network", "text"),
    [(Bag(), "Bag()"), (Bag(keep_ignored=True), "Bag(keep_ignored=True)"), (Fifo(), "Fifo()")],
)
def test_a_network_is_told_as_one_writes_it(network: Any, text: str) -> None:
    always = StateInvariant("always", lambda state: True)
    result = explore(Model("quiet", {"a": Actor()}, network, [always]))
    assert page_data(result)["network"] == text


# -- what only a live page meets -------------------------------------------------------------------


FEW = StateInvariant("few ticks", lambda state: state.actors["a"].ticks < 2)


def test_a_handler_that_fails_beyond_what_was_explored_is_told_where_it_fails() -> None:
    data = page_data(explore(Model("fragile", {"a": Fragile()}, properties=[FEW])))
    states = data["neighbourhood"]["states"]
    assert [fields_told(data, number)["a"]["ticks"] for number in states["number"]] == list("0123")
    assert states["failure"][:3] == [None, None, None]
    assert "four is too many" in states["failure"][3]
    assert states["steps"][3] == []


def test_a_property_that_fails_on_a_state_that_no_search_reached_is_unknown_there() -> None:
    def few(state: Any) -> bool:
        assert state.actors["a"].ticks < 3
        return state.actors["a"].ticks < 2

    model = Model("fragile", {"a": Fragile()}, properties=[StateInvariant("few ticks", few)])
    data = page_data(explore(model))
    assert data["neighbourhood"]["states"]["truth"] == ["1", "1", "0", "?"]


def test_growing_by_parts_finds_the_same_states_in_the_same_order() -> None:
    at_once, by_parts = Neighbourhood(paxos()), Neighbourhood(paxos())
    at_once.grow(200)
    for more in (1, 2, 3, 94, 100):
        by_parts.grow(more)
    assert len(by_parts) == len(at_once) == 201
    assert by_parts.document() == at_once.document()


def test_to_every_state_that_a_page_is_told_of_there_is_a_way_that_it_knows() -> None:
    around = Neighbourhood(paxos())
    around.grow(50)
    steps: dict[int, list[int]] = {}
    known = None
    for more in (0, 70, 3, 200):
        around.grow(more)
        told = around.document(known)["states"]
        steps |= dict(zip(told["number"], told["steps"], strict=True))
        known = around.sizes()
        waiting = list(around.initial)
        for number in waiting:
            waiting += [to for to in steps[number][1::2] if to >= 0 and to not in waiting]
        assert set(waiting) == set(range(len(around)))


def test_what_a_page_has_missed_completes_what_it_knows() -> None:
    around = Neighbourhood(paxos())
    around.grow(20)
    whole = around.document()
    for number in (3, 17, 25):
        known = around.sizes()
        around.open(number)
        part = around.document(known, again=[number])
        for name, start in part["from"].items():
            assert start == len(whole[name])
            whole[name] += part[name]
        columns = whole["states"]
        for at, number in enumerate(part["states"]["number"]):
            for name, column in part["states"].items():
                if number < len(columns[name]):
                    columns[name][number] = column[at]
                else:
                    columns[name].append(column[at])
    fresh = around.document()
    assert {name: whole[name] for name in whole if name not in ("states", "from")} == {
        name: fresh[name] for name in fresh if name not in ("states", "from")
    }
    # A state that was told before all that its steps lead to was known is told anew when opened.
    for number in (3, 17, 25):
        assert all(to >= 0 for to in whole["states"]["steps"][number][1::2])
    assert whole["states"]["locals"] == fresh["states"]["locals"]
