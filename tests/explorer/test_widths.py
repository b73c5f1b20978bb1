"""Around every width at which something takes another word, byte or table: the tabulated engine is
held equal to the reference engine, or, where that one takes long, to a count known by formula."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

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
    explore,
)
from islander.explorer.errors import CapacityError

from .cells import TRUE, Cell, cell
from .test_tabulated import fields, graph_of

AROUND = [63, 64, 65, 127, 128, 129, 255, 256, 257]
WIDTHS = [*AROUND, 1000]


@pytest.fixture(autouse=True)
def however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tabulated engine explore small models itself."""
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)


def assert_alike(made: Model, **options: Any) -> None:
    """The engines agree, state for state and step for step."""
    reference = explore(made, "reference", keep_going=True, **options)
    found = explore(made, "tabulated", keep_going=True, **options)
    assert fields(found) == fields(reference)
    assert graph_of(found) == graph_of(reference)


def many(count: int, **handlers: Callable[..., Any]) -> dict[str, Cell]:
    """So many actors, a0, a1, …; the first has these handlers."""
    others = {f"a{at}": cell(0, receive=keep) for at in range(1, count)}
    return {"a0": cell(0, **handlers), **others}


def keep(self: Cell, message: Any, sender: str) -> None:
    self.value = message


def tell_the_next(self: Cell) -> None:
    self.send("a1", 1)


@pytest.mark.parametrize("fault", ["crashes", "stops"])
@pytest.mark.parametrize("count", [*WIDTHS, 300])
def test_any_number_of_actors_may_have_faults(count: int, fault: str) -> None:
    faults = Faults(**{fault: 1})  # type: ignore[arg-type]
    checked = Model("many", many(count, start=tell_the_next), Bag(), (TRUE,), faults=faults)
    # Once the message is sent and once it is delivered, with nobody or anybody down; a1 may lose
    # what it was told by a crash. What has crashed recovers, and then nothing is left to crash.
    if count <= 65:
        assert_alike(checked)
    expected = 2 * count + 5 if fault == "crashes" else 2 * count + 2
    assert explore(checked, "tabulated", keep_going=True).states == expected


class Passed(Fact):
    number: int


def pass_on(self: Cell, message: Any, sender: str) -> None:
    """Record the number and answer with the next, up to the one that the actor has for a value."""
    self.record(Passed(message))
    if message < self.value:
        self.send(sender, message + 1)


def begin_at_one(self: Cell) -> None:
    self.send("b", 1)


def nobody_passes(last: int) -> FactInvariant:
    return FactInvariant("nobody passes the last", lambda facts: Passed(last) not in facts)


@pytest.mark.parametrize("network", [Bag(), Fifo(), Bag(keep_ignored=True), Duplicating()])
@pytest.mark.parametrize("width", AROUND)
def test_any_number_of_kinds_of_envelope_of_facts_and_of_steps(
    width: int, network: Network
) -> None:
    if isinstance(network, Duplicating):
        width = 9  # any subset of what was sent may arrive, again and again
    actors = {
        "a": cell(width, start=begin_at_one, receive=pass_on),
        "b": cell(width, receive=pass_on),
    }
    assert_alike(Model("passing", actors, network, (nobody_passes(width),)))


def test_a_thousand_kinds_of_envelope_and_facts() -> None:
    actors = {
        "a": cell(1000, start=begin_at_one, receive=pass_on),
        "b": cell(1000, receive=pass_on),
    }
    made = Model("passing", actors, Bag(), (TRUE,))
    found = explore(made, "tabulated", keep_going=True)
    assert (found.states, found.fact_sets) == (1001, 1001)


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("width", WIDTHS)
def test_any_number_of_envelopes_in_flight(width: int, copies: int) -> None:
    def send_all(self: Cell) -> None:
        for number in range(width):
            for _ in range(copies):
                self.send("b", number)

    def want_the_last(self: Cell, message: Any, sender: str) -> None:
        if message == width - 1:
            self.value = message

    actors = {"a": cell(0, start=send_all), "b": cell(0, receive=want_the_last)}
    made = Model("flying", actors, Bag(keep_ignored=True), (TRUE,))
    if width <= 257:
        assert_alike(made)
    assert explore(made, "tabulated", keep_going=True).states == 2


@pytest.mark.parametrize("width", AROUND)
def test_any_number_of_equal_envelopes(width: int) -> None:
    def send_all(self: Cell) -> None:
        for _ in range(width):
            self.send("b", "again")

    actors = {"a": cell(0, start=send_all), "b": cell(0)}
    assert_alike(Model("equal", actors, Bag(), (TRUE,)))


@pytest.mark.parametrize("width", AROUND)
def test_any_number_of_timers_and_choices(width: int) -> None:
    def arm_all(self: Cell) -> None:
        for number in range(width):
            self.set_timer(str(number))

    def fire_one(self: Cell, name: str) -> None:
        for number in range(width):
            self.cancel_timer(str(number))
        self.value = (name, self.choose((0, 1)))

    def choose_one(self: Cell) -> None:
        self.set_timer("once")

    def chosen(self: Cell, name: str) -> None:
        self.value = self.choose(range(width))

    assert_alike(Model("timers", {"a": cell(0, start=arm_all, timeout=fire_one)}, Bag(), (TRUE,)))
    assert_alike(Model("choices", {"a": cell(0, start=choose_one, timeout=chosen)}, Bag(), (TRUE,)))


@pytest.mark.parametrize("kind", ["crashes", "timeouts"])
@pytest.mark.parametrize("width", WIDTHS)
def test_any_number_of_faults(width: int, kind: str) -> None:
    def arm(self: Cell) -> None:
        self.set_timer("t")

    def arm_again(self: Cell, name: str) -> None:
        self.set_timer("t")

    faults = Faults(**{kind: width})  # type: ignore[arg-type]
    made = Model(
        "faulty", {"a": cell(0, start=arm, timeout=arm_again)}, Bag(), (TRUE,), faults=faults
    )
    assert_alike(made)


@pytest.mark.parametrize("kind", ["losses", "duplications"])
@pytest.mark.parametrize("width", [63, 64, 65])
def test_any_number_of_faults_of_the_network(width: int, kind: str) -> None:
    def send_some(self: Cell) -> None:
        for _ in range(3):
            self.send("b", "again")

    faults = Faults(**{kind: width})  # type: ignore[arg-type]
    made = Model(
        "faulty", {"a": cell(0, start=send_some), "b": cell(0)}, Bag(), (TRUE,), faults=faults
    )
    assert_alike(made)


@pytest.mark.parametrize("count", [63, 64, 65, 255, 256, 257])
def test_any_number_of_ways_to_cut_the_network(count: int) -> None:
    cuts = [(f"a{at}",) for at in range(count)]
    actors = many(count + 1, start=tell_the_next)
    faults = Faults(partitions=1, cuts=cuts)
    made = Model("cut", actors, Bag(), (TRUE,), faults=faults)
    if count <= 65:
        assert_alike(made)
    # Cut in any way or not yet or healed, with the message in flight or not: but if it was cut
    # between a0 and a1, it does not arrive before the network heals.
    assert explore(made, "tabulated", keep_going=True).states == 2 * (count + 2)


@pytest.mark.parametrize("network", [Fifo(), Bag()])
@pytest.mark.parametrize("count", WIDTHS)
def test_any_number_of_links(count: int, network: Network) -> None:
    def forward(self: Cell, message: Any, sender: str) -> None:
        self.send(f"a{message % count}", message + 1)

    def begin(self: Cell) -> None:
        self.send("a1", 2)

    actors = {f"a{at}": cell(0, receive=forward) for at in range(1, count)}
    made = Model("ring", {"a0": cell(0, start=begin), **actors}, network, (TRUE,))
    if count <= 129:
        assert_alike(made)
    assert explore(made, "tabulated", keep_going=True).states == count + 1


@pytest.mark.parametrize("width", [63, 64])
def test_a_queue_holds_as_many_messages_as_a_word_has_room_for(width: int) -> None:
    assert_alike(queue_of(width))


def test_a_queue_for_which_a_word_has_no_room_is_refused_by_name() -> None:
    with pytest.raises(CapacityError, match="from 'a' to 'b' needs room for more than 64"):
        explore(queue_of(65), "tabulated")


def queue_of(width: int) -> Model:
    def send_all(self: Cell) -> None:
        for _ in range(width):
            self.send("b", "again")

    return Model("queue", {"a": cell(0, start=send_all), "b": cell(0)}, Fifo(), (TRUE,))


@pytest.mark.parametrize("width", AROUND)
def test_any_number_of_kinds_of_message_are_dropped(width: int) -> None:
    def pass_by(self: Cell, message: Any, sender: str) -> None:
        kind, number = message
        if kind == "next" and number < width:
            self.value = number
            self.send(sender, ("next", number + 1))
            self.send(sender, ("junk", number))

    def begin(self: Cell) -> None:
        self.send("b", ("next", 1))

    def drops(self: Cell, message: Any, sender: str, receiver: str) -> bool:
        kind, number = message
        return bool(kind == "junk" and number + 3 < self.value)

    actors = {
        "a": cell(0, start=begin, receive=pass_by, drops=drops),
        "b": cell(0, receive=pass_by, drops=drops),
    }
    assert_alike(Model("dropping", actors, Bag(keep_ignored=True), (TRUE,)))
