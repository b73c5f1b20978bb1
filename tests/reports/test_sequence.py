"""The sequence diagram of a trace, as data."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from islander import Bag, Duplicating, Fifo, Model, explore
from islander.explorer import Deliver, Faults, Trace
from islander.explorer.faults import UP
from islander.models import CATALOGUE, paxos
from islander.reports.flights import DELIVERED, FLYING, LOST
from islander.reports.sequence import NETWORK, START, Diagram, Spell, diagram

from ..explorer.random_models import faulty_models
from .traces import Teller, hostile, taken, told, walked


@pytest.fixture(scope="module")
def hidden_vote() -> Trace:
    bug = CATALOGUE["paxos"].bugs["hidden-vote"]
    result = explore(paxos(**bug.parameters, bug="hidden-vote"))
    trace = result.properties["single chosen value"].trace
    assert trace is not None
    return trace


def test_lanes_are_the_actors_in_their_order(hidden_vote: Trace) -> None:
    assert [lane.name for lane in diagram(hidden_vote).lanes] == ["p1", "p2", "a1", "a2", "a3"]


def test_there_is_a_row_for_the_start_and_one_for_each_step(hidden_vote: Trace) -> None:
    drawn = diagram(hidden_vote, "single chosen value", "x; y\nand why")
    assert [row.step for row in drawn.rows] == list(range(13))
    assert [row.kind for row in drawn.rows] == [START] + ["deliver"] * 12
    assert (drawn.title, drawn.steps) == ("single chosen value", "12 steps")
    assert drawn.model == "paxos with bug hidden-vote"
    assert drawn.explanation == ("x; y", "and why")


def test_a_row_tells_what_changed_and_apart_from_that_what_no_arrow_shows(
    hidden_vote: Trace,
) -> None:
    row = diagram(hidden_vote).rows[1]
    assert (row.lane, row.text) == ("a1", "Prepare(1)")
    assert row.changes == ("promised: 0 → 1", "sends Promise(1, None) to p1")
    assert row.unseen == ("promised: 0 → 1",)


def test_the_start_tells_what_it_sent_and_which_timers_it_set() -> None:
    model = told(a=Teller(first=(("b", "m"), ("a", "m")), timers=("tea",)), b=Teller())
    row = diagram(taken(model)).rows[0]
    assert row.changes == ("a sets timer 'tea'", "a sends 'm' to a, b")
    assert row.unseen == ("a sets timer 'tea'",)


def test_what_is_sent_without_a_new_arrow_is_told() -> None:
    """A network that keeps what was sent has it only once."""
    first = (("b", "m"), ("a", "go"))
    model = told(Duplicating(), a=Teller(first=first, later=(("b", "m"),)), b=Teller())
    assert diagram(taken(model, "a → a")).rows[1].unseen == ("heard: 0 → 1", "sends 'm' to b")


def test_faults_have_rows_and_those_of_the_network_a_lane() -> None:
    faults = Faults(crashes=1, stops=1, losses=1, duplications=1, partitions=1)
    model = told(faults=faults, a=Teller(first=(("b", "m"), ("b", "n"))), b=Teller())
    trace = taken(
        model,
        "a → b: 'm' is duplicated",
        "a → b: 'n' is lost",
        "b crashes",
        "the network is cut: b",
        "b recovers",
        "the network heals",
        "a → b: 'm'",
        "a → b: 'm'",
        "b stops",
    )
    drawn = diagram(trace)
    assert [(lane.actor, lane.name) for lane in drawn.lanes][-1] == (NETWORK, "network")
    assert [(row.kind, row.lane, row.text) for row in drawn.rows[1:]] == [
        ("duplicate", NETWORK, "'m' is duplicated"),
        ("lose", NETWORK, "'n' is lost"),
        ("crash", "b", "crashes"),
        ("cut", NETWORK, "cuts b off"),
        ("recover", "b", "recovers"),
        ("heal", NETWORK, "heals"),
        ("deliver", "b", "'m'"),
        ("deliver", "b", "'m' (copy)"),
        ("stop", "b", "stops"),
    ]
    assert drawn.downs == (Spell(("b",), 3, 5), Spell(("b",), 9, None, for_good=True))
    assert drawn.cuts == (Spell(("b",), 4, 6),)
    assert [arrow.origin for arrow in drawn.arrows] == [None, None, 0]


def test_what_flies_at_the_end_is_told_by_the_step_that_sent_it() -> None:
    first = (("b", "m"), ("c", "m"), ("a", "go"))
    model = told(a=Teller(first=first, later=(("b", "n"),)), b=Teller(), c=Teller())
    drawn = diagram(taken(model, "a → a"))
    assert drawn.in_flight == ["a → b, c: 'm', sent by start", "a → b: 'n', sent in step 1"]


def test_what_was_dropped_is_told_in_its_row() -> None:
    first = (("b", "m"), ("b", "go"))
    model = told(a=Teller(first=first, unwanted=("m",)), b=Teller(unwanted=("m",)))
    drawn = diagram(taken(model, "a → b: 'go'"))
    assert "a → b: 'm' is dropped" in drawn.rows[1].unseen
    assert [arrow.text for arrow in drawn.dropped(1)] == ["'m'"]


def test_all_texts_are_printable_whatever_a_model_says() -> None:
    faults = Faults(crashes=2, losses=3, duplications=3, partitions=1)
    drawn = diagram(walked(hostile(faults), 30), "a\0b", "c\x1bd\ne")
    for text in texts(drawn):
        assert text.isprintable(), text
    assert drawn.title == r"a\x00b"


def texts(drawn: Diagram) -> list[str]:
    found = [drawn.title, drawn.model, *drawn.explanation, *drawn.in_flight]
    found += [lane.name for lane in drawn.lanes]
    found += [text for arrow in drawn.arrows for text in (arrow.label, arrow.link)]
    return found + [
        text for row in drawn.rows for text in (row.text, *row.changes, *row.unseen, *row.facts)
    ]


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(faulty_models((Bag, Duplicating, Fifo)))
def test_rows_and_arrows_are_those_of_the_trace(model: Model) -> None:
    trace = walked(model, 12)
    drawn = diagram(trace)
    for row, step in zip(drawn.rows[1:], trace, strict=True):
        assert row.lane == step.actor
        if isinstance(step.event, Deliver):
            assert row.arrow is not None
            arrow = drawn.arrows[row.arrow]
            assert (arrow.sender, arrow.receiver) == (step.event.sender, step.event.actor)
            assert (arrow.ended, arrow.fate) == (row.step, DELIVERED)
        elif row.kind == "lose":
            assert row.arrow is not None
            assert drawn.arrows[row.arrow].fate == LOST
    assert all((arrow.ended is None) == (arrow.fate == FLYING) for arrow in drawn.arrows)
    down = {spell.lanes[0] for spell in drawn.downs if spell.until is None}
    assert down == {one.actor for one in trace.states[-1].locals if one.status != UP}
    cut = [spell.lanes for spell in drawn.cuts if spell.until is None]
    assert cut == [side for side in (trace.states[-1].faults.cut,) if side]
