"""Properties in plain Python: what they are asked, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from islander import (
    Deliver,
    Fact,
    FactInvariant,
    StateInvariant,
    StateWitness,
    StepInvariant,
    Timeout,
    Verdict,
    Witness,
)
from islander.explorer import Property, PropertyError, Subject

from .cells import Cell, append, cell, run


class Reached(Fact):
    mark: int


def counter(last: int = 3) -> Cell:
    """Counts to `last`, a timer at a time; its facts are all the marks it has passed."""

    def tick(self: Cell) -> None:
        if self.value < last:
            self.set_timer("tick")

    def timeout(self: Cell, name: str) -> None:
        self.value += 1
        tick(self)

    def facts(self: Cell) -> list[Fact]:
        return [Reached(mark) for mark in range(1, self.value + 1)]

    return cell(0, start=tick, timeout=timeout, facts=facts)


KINDS = [FactInvariant, StateInvariant, StepInvariant, Witness, StateWitness]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["", None, 3])
def test_a_property_needs_a_name(kind: Any, name: Any) -> None:
    with pytest.raises(PropertyError, match="a property needs a name"):
        kind(name, lambda *subject: True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_property_needs_a_function(kind: Any) -> None:
    with pytest.raises(PropertyError, match="property 'p': the predicate must be a function"):
        kind("p", True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_predicate_that_returns_none_is_refused(kind: Any) -> None:
    with pytest.raises(PropertyError, match=r"property 'p': its predicate returned None.*return"):
        run(a=counter(), properties=[kind("p", lambda *subject: None)])


@pytest.mark.parametrize("kind", KINDS)
def test_a_predicate_that_raises_is_reported_with_its_error_and_place(kind: Any) -> None:
    def predicate(*subject: Any) -> bool:
        raise ZeroDivisionError("by nought")

    with pytest.raises(PropertyError) as refused:
        run(a=counter(), properties=[kind("p", predicate)])
    told = str(refused.value)
    assert "property 'p': its predicate raised ZeroDivisionError: by nought" in told
    assert "test_properties.py" in told
    assert "in predicate" in told


def fails_at_two(subject: Any, *rest: Any) -> bool:
    """True until the counter has reached 2, of which it cannot speak."""
    marks = subject if isinstance(subject, frozenset) else (rest or [subject.actors["a"]])[-1].value
    if marks == 2 or marks == {Reached(1), Reached(2)}:
        raise ValueError("two")
    return True


def denies_and_fails_at_two(subject: Any) -> bool:
    fails_at_two(subject)
    return False


@pytest.mark.parametrize(
    "item",
    [
        FactInvariant("p", fails_at_two),
        StateInvariant("p", fails_at_two),
        Witness("p", denies_and_fails_at_two),
        StateWitness("p", denies_and_fails_at_two),
        Witness("p", lambda facts: False, {"m": fails_at_two}),
    ],
    ids=lambda item: type(item).__name__,
)
def test_a_predicate_that_raises_is_reported_with_the_trace_that_led_there(item: Property) -> None:
    with pytest.raises(PropertyError, match="two") as refused:
        run(a=counter(), properties=[item])
    assert refused.value.trace is not None
    assert refused.value.trace.last.actors["a"].value == 2


def test_a_step_predicate_that_raises_is_reported_with_the_trace_to_the_state_before() -> None:
    with pytest.raises(PropertyError, match="two") as refused:
        run(a=counter(), properties=[StepInvariant("p", fails_at_two)])
    assert refused.value.trace is not None
    assert refused.value.trace.last.actors["a"].value == 1


# -- what they are asked ---------------------------------------------------------------------------


def test_a_fact_invariant_is_asked_once_for_each_distinct_fact_set() -> None:
    asked: list[Any] = []

    def predicate(facts: Any) -> bool:
        asked.append(facts)
        return True

    b = cell(0, start=lambda self: self.set_timer("t"), timeout=lambda self, name: None)
    result = run(a=counter(2), b=b, properties=[FactInvariant("p", predicate)])
    assert asked == [frozenset(map(Reached, range(1, n + 1))) for n in range(3)]
    assert (result.fact_sets, result.states) == (3, 6)


def test_a_state_invariant_sees_actors_network_timers_and_facts() -> None:
    seen: list[Any] = []

    def predicate(state: Any) -> bool:
        flying = [(e.sender, e.receiver, e.message, n) for e, n in state.network.items()]
        actors = {name: actor.value for name, actor in state.actors.items()}
        seen.append((actors, flying, dict(state.timers), state.facts))
        return True

    def start(self: Cell) -> None:
        self.broadcast(["b", "b"], "x")
        self.set_timer("t")

    a = cell(0, start=start, facts=lambda self: [Reached(self.value)])
    run(a=a, b=cell("", receive=append), properties=[StateInvariant("p", predicate)])
    timers = {"a": frozenset({"t"}), "b": frozenset()}
    assert seen[0] == ({"a": 0, "b": ""}, [("a", "b", "x", 2)], timers, {Reached(0)})
    assert len(seen) == 6


def test_what_a_predicate_does_to_a_copy_changes_nothing() -> None:
    def predicate(state: Any) -> bool:
        state.actors["a"].value.append("spoilt")
        for envelope in state.network:
            envelope.message.append("spoilt")
        state.network.clear()
        return state.actors["a"].value == []

    def step(before: Any, event: Any, after: Any) -> bool:
        before.value = after.value = "spoilt"
        event.message.append("spoilt")
        return event.message == ["x"]

    result = run(
        a=cell([], start=lambda self: self.send("a", ["x"])),
        properties=[StateInvariant("p", predicate), StepInvariant("q", step)],
    )
    assert result.verdict is Verdict.HOLDS
    assert result.states == 2


def test_a_step_invariant_is_asked_once_for_each_distinct_local_step() -> None:
    asked: list[Any] = []

    def predicate(before: Any, event: Any, after: Any) -> bool:
        what = event.name if isinstance(event, Timeout) else (event.message, event.sender)
        assert isinstance(event, (Deliver, Timeout))
        assert before.id == after.id == event.actor
        asked.append((before.id, before.value, what, after.value))
        return True

    result = run(
        a=counter(2),
        b=cell("", start=lambda self: self.send("b", "x"), receive=append),
        properties=[StepInvariant("p", predicate)],
    )
    assert sorted(asked, key=repr) == [
        ("a", 0, "tick", 1),
        ("a", 1, "tick", 2),
        ("b", "", ("x", "b"), "x"),
    ]
    assert result.transitions == 7


# -- explanations ----------------------------------------------------------------------------------


def test_a_violated_fact_invariant_names_facts_of_which_it_is_still_false() -> None:
    def predicate(facts: Any) -> bool:
        return not {Reached(1), Reached(3)} <= facts

    result = run(a=counter(), properties=[FactInvariant("p", predicate)])
    found = result.properties["p"]
    assert found.facts == (Reached(1), Reached(3))
    assert found.explanation == "its predicate is false of these facts alone"


def test_facts_that_a_predicate_cannot_do_without_are_kept_in_the_explanation() -> None:
    def predicate(facts: Any) -> bool:
        return max(fact.mark for fact in facts) < 3 if facts else True

    found = run(a=counter(), properties=[FactInvariant("p", predicate)]).properties["p"]
    assert found.facts == (Reached(3),)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (StateInvariant("p", lambda state: False), "its predicate is false of this state"),
        (StepInvariant("p", lambda *step: False), "a: timer 'tick' fires"),
        (
            StepInvariant("p", lambda *step: False, lambda b, e, a: f"{b.value} became {a.value}"),
            "0 became 1",
        ),
    ],
    ids=["state", "step", "described step"],
)
def test_a_violated_invariant_says_of_what_it_is_false(item: Property, words: str) -> None:
    assert words in run(a=counter(), properties=[item]).properties["p"].explanation


def test_a_description_that_raises_is_a_mistake_in_the_property() -> None:
    def describe(before: Any, event: Any, after: Any) -> str:
        raise ZeroDivisionError("by nought")

    with pytest.raises(PropertyError, match=r"property 'p'.*ZeroDivisionError: by nought"):
        run(a=counter(), properties=[StepInvariant("p", lambda *step: False, describe)])


def test_a_property_that_holds_has_no_explanation() -> None:
    result = run(
        a=counter(),
        properties=[
            FactInvariant("always", lambda facts: True),
            Witness("once", lambda facts: Reached(2) in facts),
        ],
    )
    for name in ("always", "once"):
        assert result.properties[name].explanation == ""
        assert result.properties[name].facts == ()
    assert result.properties["always"].trace is None


@pytest.mark.parametrize("kind", [Witness, StateWitness])
def test_a_witness_that_is_reached_holds_and_has_a_shortest_trace_to_it(kind: Any) -> None:
    def predicate(subject: Any) -> bool:
        return Reached(2) in (subject if kind is Witness else subject.facts)

    found = run(a=counter(), properties=[kind("p", predicate)]).properties["p"]
    assert (found.verdict, found.witness) == (Verdict.HOLDS, True)
    assert found.trace is not None
    assert [step.after.copy().value for step in found.trace] == [1, 2]


def test_a_witness_in_the_initial_state_has_an_empty_trace() -> None:
    found = run(a=counter(), properties=[Witness("p", lambda facts: True)]).properties["p"]
    assert found.trace is not None
    assert len(found.trace) == 0


def test_an_unreachable_witness_is_vacuous_and_shows_the_state_with_most_facts() -> None:
    found = run(a=counter(2), properties=[Witness("p", lambda f: Reached(9) in f)]).properties["p"]
    assert found.verdict is Verdict.VIOLATED
    assert found.explanation.startswith("vacuous:")
    assert found.explanation.endswith("the state with most facts reached has 2")
    assert found.facts == (Reached(1), Reached(2))
    assert found.trace is not None
    assert len(found.trace) == 2


def test_an_unreachable_witness_tells_how_many_milestones_were_met_at_once() -> None:
    milestones = {
        "started": lambda facts: Reached(1) in facts,
        "only just": lambda facts: facts == {Reached(1)},
        "further": lambda facts: Reached(9) in facts,
    }
    item = Witness("p", lambda facts: Reached(9) in facts, milestones)
    found = run(a=counter(2), properties=[item]).properties["p"]
    assert found.explanation == (
        "vacuous: no reachable state satisfies it; nearest: 2 of 3 milestones "
        "(started; only just), never with them: further"
    )
    assert found.facts == (Reached(1),)
    assert found.trace is not None
    assert len(found.trace) == 1


def test_a_witness_of_whom_no_milestone_is_met_says_none() -> None:
    item = Witness("p", lambda facts: False, {"far": lambda facts: Reached(9) in facts})
    found = run(a=counter(0), properties=[item]).properties["p"]
    assert "nearest: 0 of 1 milestones (none), never with them: far" in found.explanation


def test_an_unreachable_state_witness_is_vacuous() -> None:
    found = run(a=counter(), properties=[StateWitness("p", lambda state: False)]).properties["p"]
    assert found.verdict is Verdict.VIOLATED
    assert found.explanation.startswith("vacuous:")
    assert (found.trace, found.witness) == (None, True)


# -- properties of one's own -----------------------------------------------------------------------


class Undecided(Property):
    """Answers None to fact sets with two marks, as a solver that gives up would."""

    subject = Subject.FACTS

    def __init__(self, name: str, otherwise: bool, somewhere: bool) -> None:
        self.name = name
        self.otherwise = otherwise
        self.somewhere = somewhere  # type: ignore[misc]

    def judge(self, subjects: Any) -> list[bool | None]:
        return [None if len(facts) == 2 else self.otherwise for facts in subjects]


@pytest.mark.parametrize(
    ("otherwise", "somewhere", "verdict"),
    [
        (True, False, Verdict.INCOMPLETE),
        (False, False, Verdict.VIOLATED),
        (False, True, Verdict.INCOMPLETE),
        (True, True, Verdict.HOLDS),
    ],
)
def test_unknown_is_never_a_pass_but_a_decisive_answer_outweighs_it(
    otherwise: bool, somewhere: bool, verdict: Verdict
) -> None:
    result = run(a=counter(), properties=[Undecided("p", otherwise, somewhere)])
    assert result.verdict is result.properties["p"].verdict is verdict
    if verdict is Verdict.INCOMPLETE:
        assert "unknown" in result.properties["p"].explanation
        assert result.incomplete_because == f"p: {result.properties['p'].explanation}"
        assert result.states == 4
