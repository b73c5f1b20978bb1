"""The semantics: tiny systems listed by hand. `tests/adversary` does the same with random ones."""

from __future__ import annotations

from typing import Any

import pytest

from islander import Bag, explore
from islander.explorer.semantics import Semantics, StateView

from .cells import Cell, append, cell, model, run, state_texts, step_texts
from .random_models import Heard


def sends(*messages: tuple[str, Any]) -> Any:
    """A start() that sends these messages, each (to, message)."""

    def start(self: Cell) -> None:
        for to, message in messages:
            self.send(to, message)

    return start


# -- listed by hand --------------------------------------------------------------------------------


def test_a_lone_state_has_depth_zero_and_is_terminal() -> None:
    result = run(a=cell(0))
    assert state_texts(result) == ["a=0"]
    assert (result.states, result.transitions, result.depth, result.terminal) == (1, 0, 0, 1)
    assert (result.interleavings, result.cyclic) == (1, False)


def test_two_messages_to_one_actor_arrive_in_both_orders() -> None:
    # a and b send x and y to c, which keeps what arrives, in order:
    #
    #             ┌─ x ─► c=x ── y ─► c=xy
    #        c= ──┤
    #             └─ y ─► c=y ── x ─► c=yx
    result = run(
        a=cell(0, start=sends(("c", "x"))),
        b=cell(0, start=sends(("c", "y"))),
        c=cell("", receive=append),
    )
    assert step_texts(result) == [
        ("a=0 b=0 c= | a→c:x b→c:y", "a → c: 'x'", "a=0 b=0 c=x | b→c:y"),
        ("a=0 b=0 c= | a→c:x b→c:y", "b → c: 'y'", "a=0 b=0 c=y | a→c:x"),
        ("a=0 b=0 c=x | b→c:y", "b → c: 'y'", "a=0 b=0 c=xy"),
        ("a=0 b=0 c=y | a→c:x", "a → c: 'x'", "a=0 b=0 c=yx"),
    ]
    assert (result.states, result.transitions, result.depth, result.terminal) == (5, 4, 2, 2)
    assert (result.interleavings, result.cyclic) == (2, False)


def test_independent_deliveries_meet_again() -> None:
    # x to b and y to c commute: a diamond of four states.
    result = run(
        a=cell(0, start=sends(("b", "x"), ("c", "y"))),
        b=cell("", receive=append),
        c=cell("", receive=append),
    )
    assert step_texts(result) == [
        ("a=0 b= c= | a→b:x a→c:y", "a → b: 'x'", "a=0 b=x c= | a→c:y"),
        ("a=0 b= c= | a→b:x a→c:y", "a → c: 'y'", "a=0 b= c=y | a→b:x"),
        ("a=0 b= c=y | a→b:x", "a → b: 'x'", "a=0 b=x c=y"),
        ("a=0 b=x c= | a→c:y", "a → c: 'y'", "a=0 b=x c=y"),
    ]
    assert (result.terminal, result.interleavings) == (1, 2)


def test_an_answer_travels_through_the_network() -> None:
    def answer(self: Cell, message: str, sender: str) -> None:
        self.value += message
        if message == "ping":
            self.send(sender, "pong")

    result = run(a=cell("", start=sends(("b", "ping")), receive=answer), b=cell("", receive=answer))
    assert step_texts(result) == [
        ("a= b= | a→b:ping", "a → b: 'ping'", "a= b=ping | b→a:pong"),
        ("a= b=ping | b→a:pong", "b → a: 'pong'", "a=pong b=ping"),
    ]


def test_a_message_to_oneself_goes_through_the_network() -> None:
    # The message to itself does not arrive within the handler that sends it, nor before b's.
    result = run(
        a=cell("", start=sends(("a", "x")), receive=append),
        b=cell(0, start=sends(("a", "y"))),
    )
    assert step_texts(result) == [
        ("a= b=0 | a→a:x b→a:y", "a → a: 'x'", "a=x b=0 | b→a:y"),
        ("a= b=0 | a→a:x b→a:y", "b → a: 'y'", "a=y b=0 | a→a:x"),
        ("a=x b=0 | b→a:y", "b → a: 'y'", "a=xy b=0"),
        ("a=y b=0 | a→a:x", "a → a: 'x'", "a=yx b=0"),
    ]


def test_a_timer_armed_twice_fires_once_and_firing_disarms_it() -> None:
    def start(self: Cell) -> None:
        self.set_timer("t")
        self.set_timer("t")

    def timeout(self: Cell, name: str) -> None:
        self.value += name

    result = run(a=cell("", start=start, timeout=timeout))
    assert step_texts(result) == [("a= | a.t", "a: timer 't' fires", "a=t")]


def test_a_timer_is_disarmed_before_its_handler_runs() -> None:
    # Cancelling it there changes nothing; arming it again makes a second firing.
    def timeout(self: Cell, name: str) -> None:
        self.value += 1
        if self.value < 2:
            self.set_timer("t")
        else:
            self.cancel_timer("t")

    result = run(a=cell(0, start=lambda self: self.set_timer("t"), timeout=timeout))
    assert state_texts(result) == ["a=0 | a.t", "a=1 | a.t", "a=2"]


def test_timers_fire_in_any_order_and_between_deliveries() -> None:
    def start(self: Cell) -> None:
        self.set_timer("t")
        self.set_timer("u")
        self.send("a", "x")

    def note(self: Cell, what: str, sender: str = "") -> None:
        self.value += what

    result = run(a=cell("", start=start, timeout=note, receive=note))
    ends = [text for text in state_texts(result) if "|" not in text]
    assert sorted(ends) == ["a=tux", "a=txu", "a=utx", "a=uxt", "a=xtu", "a=xut"]
    assert (result.states, result.transitions, result.interleavings) == (16, 15, 6)


def test_a_timer_that_is_armed_again_and_changes_nothing_loops() -> None:
    again = lambda self, *name: self.set_timer("t")  # noqa: E731
    result = run(a=cell(0, start=again, timeout=again))
    assert step_texts(result) == [("a=0 | a.t", "a: timer 't' fires", "a=0 | a.t")]
    assert (result.states, result.transitions, result.depth, result.terminal) == (1, 1, 0, 0)
    assert (result.interleavings, result.cyclic) == (None, True)


def test_a_timer_without_a_handler_is_a_step_when_it_fires_even_where_ignored_messages_stay() -> (
    None
):
    checked = model(a=cell(0, start=lambda self: self.set_timer("t")), network=Bag(True))
    assert state_texts(explore(checked)) == ["a=0 | a.t", "a=0"]


def test_a_delivery_that_is_ignored_is_a_step_that_consumes() -> None:
    result = run(a=cell(0, start=sends(("b", "x"), ("b", "y"))), b=cell(0))
    assert state_texts(result) == [
        "a=0 b=0 | a→b:x a→b:y",
        "a=0 b=0 | a→b:y",
        "a=0 b=0 | a→b:x",
        "a=0 b=0",
    ]
    assert (result.transitions, result.interleavings) == (4, 2)


def test_each_choice_is_a_step_of_its_own_even_to_one_and_the_same_state() -> None:
    # Three answers, two of which do the same: three steps to two states.
    def receive(self: Cell, message: str, sender: str) -> None:
        self.value = self.choose([0, 1, 2]) // 2

    result = run(a=cell(None, start=sends(("a", "x")), receive=receive))
    assert [(before, after) for before, _, after in step_texts(result)] == [
        ("a=None | a→a:x", "a=0"),
        ("a=None | a→a:x", "a=0"),
        ("a=None | a→a:x", "a=1"),
    ]
    assert (result.states, result.transitions, result.terminal) == (3, 3, 2)
    assert result.interleavings == 3


def test_choices_in_start_make_several_initial_states_equal_ones_once() -> None:
    def start(self: Cell) -> None:
        self.value = self.choose([0, 1, 2]) // 2

    result = run(a=cell(start=start), b=cell(start=start))
    assert state_texts(result) == ["a=0 b=0", "a=0 b=1", "a=1 b=0", "a=1 b=1"]
    assert list(result.graph.initial) == [0, 1, 2, 3]
    assert (result.transitions, result.depth, result.terminal) == (0, 0, 4)
    assert result.interleavings == 4


def test_starts_run_in_the_order_of_declaration_and_before_any_delivery() -> None:
    result = run(
        b=cell("", start=sends(("a", "x")), receive=append),
        a=cell("", start=sends(("b", "y")), receive=append),
    )
    assert state_texts(result)[0] == "b= a= | a→b:y b→a:x"
    assert len(list(result.graph.initial)) == 1


def test_steps_that_send_grow_the_network_and_lead_back_where_they_do_not() -> None:
    # One token goes round a ring of three: three states, three steps, no end.
    ring = {"a": "b", "b": "c", "c": "a"}

    def receive(self: Cell, message: str, sender: str) -> None:
        self.send(ring[self.id], message)

    result = run(
        a=cell(0, start=sends(("b", "o")), receive=receive),
        b=cell(0, receive=receive),
        c=cell(0, receive=receive),
    )
    assert state_texts(result) == [
        "a=0 b=0 c=0 | a→b:o",
        "a=0 b=0 c=0 | b→c:o",
        "a=0 b=0 c=0 | c→a:o",
    ]
    assert (result.transitions, result.depth, result.terminal) == (3, 2, 0)
    assert (result.interleavings, result.cyclic) == (None, True)


# -- views -----------------------------------------------------------------------------------------


def view(**actors: Cell) -> StateView:
    semantics = Semantics(model(**actors))
    return semantics.view(semantics.initial_states()[0])


def test_a_view_shows_actors_and_what_is_in_flight() -> None:
    shown = view(a=cell(0, start=sends(("b", "x"), ("b", "x"), ("b", "y"))), b=cell([1]))
    assert repr(shown) == "a: Cell(0); b: Cell([1]); in flight: a → b: 'x' ×2, a → b: 'y'"
    assert repr(view(a=cell(0))) == "a: Cell(0); in flight: nothing"


def test_a_view_is_a_mapping_of_actors() -> None:
    actors = view(a=cell(0), b=cell(1)).actors
    assert (list(actors), len(actors), "a" in actors, "z" in actors) == (["a", "b"], 2, True, False)
    with pytest.raises(KeyError):
        actors["z"]


def test_the_facts_of_a_state_are_those_of_all_actors_together() -> None:
    facts = lambda self: [Heard(self.id, "x"), Heard("all", "x")]  # noqa: E731
    assert view(a=cell(facts=facts), b=cell(facts=facts)).facts == {
        Heard("a", "x"),
        Heard("b", "x"),
        Heard("all", "x"),
    }


def test_equal_fact_sets_are_one_object() -> None:
    timeout = lambda self, name: setattr(self, "value", 1)  # noqa: E731
    checked = model(
        a=cell(
            0, start=lambda s: s.set_timer("t"), timeout=timeout, facts=lambda s: [Heard("a", "")]
        )
    )
    semantics = Semantics(checked)
    (first,) = semantics.initial_states()
    (step,) = semantics.steps(first)
    assert first != step.after
    assert semantics.facts(first) is semantics.facts(step.after)
