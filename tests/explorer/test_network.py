"""The networks: what they keep, what may be delivered, and what a delivery leaves."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from islander import Bag, Duplicating, Envelope, Fifo, explore
from islander.explorer.freeze import freeze

from .cells import append, cell, model, run, state_texts, step_texts

X, Y, Z = (Envelope("a", "b", freeze(text), index) for index, text in enumerate("xyz"))
BAG = Bag()


def bag(*envelopes: Envelope) -> Any:
    return BAG.send(BAG.empty(), envelopes)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([X, Y, Z]))))
def test_a_bag_is_a_multiset(operations: list[tuple[bool, Envelope]]) -> None:
    state, expected = BAG.empty(), Counter[Envelope]()
    for sends, envelope in operations:
        if sends:
            state = BAG.send(state, [envelope])
            expected[envelope] += 1
        elif expected[envelope]:
            state = BAG.deliver(state, envelope)
            expected[envelope] -= 1
        assert BAG.contents(state) == +expected
        assert list(BAG.deliverable(state)) == sorted(+expected, key=lambda e: e.index)


@given(st.lists(st.sampled_from([X, Y, Z])), st.data())
def test_the_order_of_sending_is_not_kept(envelopes: list[Envelope], data: Any) -> None:
    other = data.draw(st.permutations(envelopes))
    cut = data.draw(st.integers(0, len(other)))
    assert BAG.send(bag(*other[:cut]), other[cut:]) == bag(*envelopes)
    assert hash(bag(*other)) == hash(bag(*envelopes))


def test_two_equal_copies_are_one_thing_to_deliver_and_go_one_at_a_time() -> None:
    twice = bag(X, X, Y)
    assert list(BAG.deliverable(twice)) == [X, Y]
    assert BAG.deliver(twice, X) == bag(X, Y)
    assert BAG.deliver(BAG.deliver(twice, X), X) == bag(Y)


def test_delivering_leaves_the_state_before_as_it_was() -> None:
    before = bag(X, Y)
    BAG.deliver(before, X)
    BAG.send(before, [Z])
    assert before == bag(Y, X)


def test_an_ignored_message_is_consumed_unless_it_is_kept() -> None:
    assert Bag().ignore(bag(X, X), X) == bag(X)
    assert Bag(keep_ignored=True).ignore(bag(X, X), X) is None


def test_an_envelope_shows_who_says_what_to_whom() -> None:
    assert repr(X) == "a → b: 'x'"
    assert (X.sender, X.receiver, X.message) == ("a", "b", "x")


def test_each_look_at_a_message_is_a_fresh_copy() -> None:
    envelope = Envelope("a", "b", freeze([1]), 0)
    envelope.message.append(2)
    assert envelope.message == [1]


# -- under exploration -----------------------------------------------------------------------------


def test_two_equal_messages_are_delivered_one_after_the_other_in_one_order() -> None:
    result = run(
        a=cell(start=lambda self: self.broadcast(["b", "b"], "x")), b=cell("", receive=append)
    )
    assert step_texts(result) == [
        ("a=None b= | a→b:x a→b:x", "a → b: 'x'", "a=None b=x | a→b:x"),
        ("a=None b=x | a→b:x", "a → b: 'x'", "a=None b=xx"),
    ]
    assert result.interleavings == 1


def test_equal_messages_of_different_senders_are_two_things_to_deliver() -> None:
    def start(self: Any) -> None:
        self.send("c", "x")

    result = run(a=cell(0, start=start), b=cell(0, start=start), c=cell("", receive=append))
    assert sorted(state_texts(result)) == [
        "a=0 b=0 c= | a→c:x b→c:x",
        "a=0 b=0 c=x | a→c:x",
        "a=0 b=0 c=x | b→c:x",
        "a=0 b=0 c=xx",
    ]
    assert (result.transitions, result.interleavings) == (4, 2)


@pytest.mark.parametrize(
    ("keep_ignored", "states"),
    [
        (False, ["a=None b=0 | a→b:x", "a=None b=0"]),
        (True, ["a=None b=0 | a→b:x"]),
    ],
)
def test_delivering_to_a_handler_that_ignores_is_a_step_only_if_that_consumes(
    keep_ignored: bool, states: list[str]
) -> None:
    checked = model(
        a=cell(start=lambda self: self.send("b", "x")), b=cell(0), network=Bag(keep_ignored)
    )
    result = explore(checked)
    assert state_texts(result) == states
    assert (result.transitions, result.terminal) == (len(states) - 1, 1)


@pytest.mark.parametrize(
    "receive",
    [
        lambda self, message, sender: setattr(self, "value", 1),
        lambda self, message, sender: self.send("a", "answer"),
        lambda self, message, sender: self.set_timer("t"),
    ],
    ids=["changes", "sends", "arms"],
)
def test_a_delivery_with_any_effect_is_no_ignored_one(receive: Any) -> None:
    checked = model(
        a=cell(start=lambda self: self.send("b", "x")),
        b=cell(0, receive=receive),
        network=Bag(keep_ignored=True),
    )
    assert "a→b:x" not in state_texts(explore(checked))[1]


def test_a_kept_message_can_be_delivered_once_its_handler_heeds_it() -> None:
    def start(self: Any) -> None:
        self.send("b", "x")
        self.send("b", "open")

    def receive(self: Any, message: str, sender: str) -> None:
        if message == "open":
            self.value = "open"
        elif self.value == "open":
            self.value = message

    checked = model(
        a=cell(start=start),
        b=cell("shut", receive=receive),
        network=Bag(keep_ignored=True),
    )
    result = explore(checked)
    assert state_texts(result) == [
        "a=None b=shut | a→b:open a→b:x",
        "a=None b=open | a→b:x",
        "a=None b=x",
    ]


@given(st.lists(st.sampled_from([X, Y, Z])))
def test_a_duplicating_network_is_the_set_of_what_was_sent(envelopes: list[Envelope]) -> None:
    network = Duplicating()
    state = network.send(network.empty(), envelopes)
    assert list(network.deliverable(state)) == sorted(set(envelopes), key=lambda e: e.index)
    for envelope in set(envelopes):
        assert network.deliver(state, envelope) == state == network.ignore(state, envelope)
        assert Duplicating(keep_ignored=True).ignore(state, envelope) is None
        assert network.duplicate(state, envelope) is None
        rest = network.lose(state, envelope)
        assert set(network.contents(rest)) == set(envelopes) - {envelope}


LINKS = [
    Envelope(*link, freeze(text), index)
    for index, (link, text) in enumerate(
        (link, text) for link in ("ab", "ba", "cb") for text in "xy"
    )
]


@given(st.lists(st.sampled_from(LINKS)), st.data())
def test_a_fifo_is_a_queue_for_each_ordered_pair(envelopes: list[Envelope], data: Any) -> None:
    network = Fifo()
    state = network.empty()
    queues: dict[tuple[str, str], list[Envelope]] = {}
    for envelope in envelopes:
        state = network.send(state, [envelope])
        queues.setdefault((envelope.sender, envelope.receiver), []).append(envelope)
    while any(queues.values()):
        heads = [queue[0] for queue in queues.values() if queue]
        assert list(network.deliverable(state)) == sorted(heads, key=lambda e: e.index)
        assert network.contents(state) == Counter(e for queue in queues.values() for e in queue)
        head = data.draw(st.sampled_from(heads))
        twice = network.duplicate(state, head)
        assert network.deliver(twice, head) == state
        assert Fifo(keep_ignored=True).ignore(state, head) is None
        state = network.ignore(state, head)
        queues[head.sender, head.receiver].pop(0)
    assert state == network.empty()


@pytest.mark.parametrize("network", [Bag(), Duplicating(), Fifo()])
def test_what_is_dropped_is_gone_and_the_rest_stays_in_order(network: Any) -> None:
    state = network.send(network.empty(), [Z, X, Y])
    dropped = network.drop(state, lambda envelope: envelope is X)
    assert dropped == network.send(network.empty(), [Z, Y])
    assert network.drop(dropped, lambda envelope: True) == network.empty()
    assert network.contents(state).total() == 3
