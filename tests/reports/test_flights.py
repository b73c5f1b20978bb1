"""What becomes of each message in a trace."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from islander import Bag, Duplicating, Fifo, Model
from islander.explorer import Deliver, Faults, Lose, Trace
from islander.reports.flights import DELIVERED, DROPPED, FLYING, LOST, Flight, flights

from ..explorer.random_models import faulty_models
from .traces import Teller, taken, told, walked


def flown(trace: Trace) -> list[tuple[str, int, int | None, str, int | None]]:
    """The flights as (link, sent, ended, fate, copy of)."""
    return [
        (f"{one.envelope!r}", one.sent, one.ended, one.fate, one.copy_of) for one in flights(trace)
    ]


def test_a_message_flies_from_the_step_that_sends_it_to_the_one_that_delivers_it() -> None:
    model = told(a=Teller(first=(("b", "m"),)), b=Teller(later=(("a", "n"),)))
    assert flown(taken(model, "a → b", "b → a")) == [
        ("a → b: 'm'", 0, 1, DELIVERED, None),
        ("b → a: 'n'", 1, 2, DELIVERED, None),
    ]


def test_what_is_never_delivered_flies_on() -> None:
    model = told(a=Teller(first=(("b", "m"), ("b", "n"))), b=Teller())
    assert flown(taken(model, "a → b: 'n'")) == [
        ("a → b: 'm'", 0, None, FLYING, None),
        ("a → b: 'n'", 0, 1, DELIVERED, None),
    ]


def test_of_equal_copies_in_a_bag_the_oldest_is_delivered_first() -> None:
    model = told(
        a=Teller(first=(("b", "m"), ("c", "go")), later=(("b", "m"), ("b", "m"))),
        b=Teller(),
        c=Teller(later=(("a", "on"),)),
    )
    trace = taken(model, "a → c", "c → a", "a → b", "a → b")
    assert [one for one in flown(trace) if one[0] == "a → b: 'm'"] == [
        ("a → b: 'm'", 0, 3, DELIVERED, None),
        ("a → b: 'm'", 2, 4, DELIVERED, None),
        ("a → b: 'm'", 2, None, FLYING, None),
    ]


def test_queues_deliver_in_the_order_of_sending() -> None:
    first = (("b", "m"), ("b", "n"), ("b", "m"))
    model = told(Fifo(), a=Teller(first=first), b=Teller())
    trace = taken(model, "a → b: 'm'", "a → b: 'n'", "a → b: 'm'")
    # The contents of a network are a multiset, so the two equal ones stand together.
    assert sorted(flown(trace), key=lambda one: one[2] or 0) == [
        ("a → b: 'm'", 0, 1, DELIVERED, None),
        ("a → b: 'n'", 0, 2, DELIVERED, None),
        ("a → b: 'm'", 0, 3, DELIVERED, None),
    ]


def test_what_a_network_keeps_is_delivered_again_from_where_it_was_sent() -> None:
    model = told(Duplicating(), a=Teller(first=(("b", "m"),)), b=Teller())
    assert flown(taken(model, "a → b", "a → b")) == [
        ("a → b: 'm'", 0, 1, DELIVERED, None),
        ("a → b: 'm'", 0, 2, DELIVERED, 0),
        ("a → b: 'm'", 0, None, FLYING, 1),
    ]


def test_what_such_a_network_holds_already_is_not_sent_once_more() -> None:
    model = told(
        Duplicating(),
        a=Teller(first=(("b", "m"), ("a", "go")), later=(("b", "m"),)),
        b=Teller(),
    )
    trace = taken(model, "a → a")
    assert [one for one in flown(trace) if "'m'" in one[0]] == [
        ("a → b: 'm'", 0, None, FLYING, None)
    ]


def test_a_lost_message_ends_in_the_step_that_loses_it() -> None:
    model = told(faults=Faults(losses=1), a=Teller(first=(("b", "m"), ("b", "m"))), b=Teller())
    assert flown(taken(model, "a → b: 'm' is lost", "a → b")) == [
        ("a → b: 'm'", 0, 1, LOST, None),
        ("a → b: 'm'", 0, 2, DELIVERED, None),
    ]


def test_a_duplicate_begins_in_its_step_and_names_its_original() -> None:
    model = told(faults=Faults(duplications=1), a=Teller(first=(("b", "m"),)), b=Teller())
    assert flown(taken(model, "a → b: 'm' is duplicated", "a → b", "a → b")) == [
        ("a → b: 'm'", 0, 2, DELIVERED, None),
        ("a → b: 'm'", 1, 3, DELIVERED, 0),
    ]


def test_what_both_ends_drop_ends_in_the_step_that_let_them() -> None:
    model = told(
        a=Teller(first=(("b", "m"), ("b", "m"), ("b", "go")), unwanted=("m",)),
        b=Teller(unwanted=("m",)),
    )
    assert sorted(flown(taken(model, "a → b: 'go'"))) == [
        ("a → b: 'go'", 0, 1, DELIVERED, None),
        ("a → b: 'm'", 0, 1, DROPPED, None),
        ("a → b: 'm'", 0, 1, DROPPED, None),
    ]


def test_what_is_dropped_as_it_is_sent_ends_in_the_same_step() -> None:
    model = told(
        a=Teller(first=(("b", "go"),), later=(("b", "m"),), unwanted=("m",)),
        b=Teller(later=(("a", "on"),), unwanted=("m",)),
    )
    assert flown(taken(model, "a → b", "b → a"))[-1] == ("a → b: 'm'", 2, 2, DROPPED, None)


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(faulty_models((Bag, Duplicating, Fifo)), st.integers(0, 3))
def test_every_delivery_and_loss_ends_one_flight_and_the_rest_is_what_flies(
    model: Model, seed: int
) -> None:
    trace = walked(model, 12, seed)
    found = flights(trace)
    for number, step in enumerate(trace, 1):
        ended = [f for f in found if f.ended == number and f.fate in (DELIVERED, LOST)]
        about = [step.event.envelope] if isinstance(step.event, (Deliver, Lose)) else []
        assert [one.envelope for one in ended] == about
    assert all(one.ended is None or one.sent <= one.ended for one in found)
    assert all(sent_before(one, found) for one in found)
    held = model.network.contents(trace.states[-1].network)
    flying = [one.envelope for one in found if one.fate == FLYING]
    assert {one: flying.count(one) for one in flying} == dict(held)


def sent_before(flight: Flight, found: tuple[Flight, ...]) -> bool:
    """Whether a flight is no copy, or one of something sent no later than itself."""
    return flight.copy_of is None or found[flight.copy_of].sent <= flight.sent
