"""What the code of a model may answer: True or False, where that is asked, and a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from islander import Fact, FactInvariant, Verdict, Witness, explore
from islander.explorer import HandlerError, Property, PropertyError, Subject

from .places import ASKED, FORMULAS, WORDS, Counted, Node, model_of, of_shown

pytestmark = pytest.mark.filterwarnings("error")  # a coroutine that was never awaited is one


@pytest.fixture(params=["reference", "tabulated"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)
    return str(request.param)


async def coroutine() -> bool:
    return True


def generator() -> Iterator[bool]:
    yield False


class Method:
    def method(self) -> bool:
        return False


class Odd:
    """No answer, and its repr cannot be told."""

    def __repr__(self) -> str:
        raise ValueError


class Held(Fact):
    pass


NEITHER: dict[str, tuple[Callable[[], Any], str, str]] = {
    "generator": (lambda: (x for x in ()), "generator", "any(…) or all(…) missing"),
    "generator function": (generator, "generator", "any(…) or all(…) missing"),
    "map": (lambda: map(bool, ()), "map", "any(…) or all(…) missing"),
    "coroutine": (coroutine, "coroutine", "`async def`"),
    "method": (lambda: Method().method, "method", "Write method(…)"),
    "function": (lambda: generator, "function", "Write generator(…)"),
    "class": (lambda: Method, "type", "Write Method(…)"),
    "list": (lambda: [1], "list", "bool(…)"),
    "empty tuple": (lambda: (), "tuple", "bool(…)"),
    "text": (lambda: "no", "str", "bool(…)"),
    "zero": (lambda: 0, "int", "bool(…)"),
    "one": (lambda: 1, "int", "bool(…)"),
    "fact": (Held, "Held", "bool(…)"),
    "array": (lambda: np.array([True, False]), "ndarray", "bool(…)"),
    "object": (Odd, "Odd", "bool(…)"),
    "None": (lambda: None, "None", "`return` missing"),
    "NotImplemented": (lambda: NotImplemented, "NotImplementedType", "bool(…)"),
}


@pytest.mark.parametrize("answer", NEITHER)
@pytest.mark.parametrize("place", ASKED)
def test_an_answer_that_is_neither_true_nor_false_is_refused_with_its_usual_cause(
    place: str, answer: str, engine: str
) -> None:
    act, kind, cause = NEITHER[answer]
    expected = HandlerError if place == "drops" else PropertyError
    where = "drops() " if place == "drops" else "property 'p"
    with pytest.raises(expected, match=re.escape(where)) as refused:
        explore(ASKED[place](act), engine)
    told = str(refused.value)
    assert f"of type {kind}" in told or kind == "None"
    assert cause in told
    assert "must return True or False" in told


@pytest.mark.parametrize("answer", [True, False, np.True_, np.False_])
@pytest.mark.parametrize("place", ASKED)
def test_a_bool_is_an_answer_and_so_is_the_one_of_numpy(
    place: str, answer: Any, engine: str
) -> None:
    result = explore(ASKED[place](lambda: answer), engine)
    same = explore(ASKED[place](lambda: bool(answer)), "reference")
    assert result.verdict is same.verdict
    assert result.states == same.states
    assert (result.verdict is Verdict.HOLDS) is (
        place == "drops" or (place != "milestone" and bool(answer))
    )


def test_a_predicate_that_needs_a_fact_to_answer_is_explained_by_it(engine: str) -> None:
    # Of fewer facts it answers with no bool: it cannot be told false of them.
    def predicate(facts: Any) -> Any:
        if Counted(2) in facts:
            return False
        return True if Counted(0) in facts or Counted(1) in facts else 0

    result = explore(model_of(properties=(FactInvariant("p", predicate),)), engine)
    assert Counted(2) in result.properties["p"].facts


NO_TEXTS = {
    name: NEITHER[name] for name in ("coroutine", "method", "list", "zero", "None", "object")
}


@pytest.mark.parametrize("answer", NO_TEXTS)
@pytest.mark.parametrize("place", WORDS)
def test_words_that_are_no_text_are_refused(place: str, answer: str, engine: str) -> None:
    act, kind, _ = NO_TEXTS[answer]
    with pytest.raises(PropertyError, match="property 'p': its describe returned") as refused:
        explore(WORDS[place](act), engine)
    assert f"of type {kind}" in str(refused.value) or kind == "None"
    assert "must return a string" in str(refused.value)


@pytest.mark.parametrize(
    "answer", [3, {"level": 3}, {3: "level"}, {"level": Method().method}, coroutine]
)
def test_what_is_shown_is_a_mapping_from_names_to_texts(answer: Any) -> None:
    act = coroutine if answer is coroutine else lambda: answer
    result = explore(of_shown(act))
    trace = result.properties["p"].trace
    assert trace is not None
    with pytest.raises(HandlerError, match=r"shown\(\) returned"):
        trace.initial.locals[0].shown  # noqa: B018


@pytest.mark.parametrize("answer", NEITHER)
@pytest.mark.parametrize("place", FORMULAS)
def test_a_formula_of_something_else_is_refused(place: str, answer: str, engine: str) -> None:
    act, _, _ = NEITHER[answer]
    if answer in ("method", "function", "fact"):  # a statement, or a function that returns one
        return
    with pytest.raises(PropertyError, match=r"property 'p': .*is not a statement"):
        explore(FORMULAS[place](act), engine)


@pytest.mark.parametrize(
    "milestones", [3, "ab", [("m", bool)], {"m": 3}, {3: lambda facts: True}, None]
)
def test_milestones_are_predicates_by_name(milestones: Any) -> None:
    with pytest.raises(PropertyError, match=r"property 'p'.*milestone"):
        Witness("p", lambda facts: True, milestones=milestones)


def test_a_model_that_answers_well_holds(engine: str) -> None:
    assert explore(model_of(Node), engine).verdict is Verdict.HOLDS


class Own(Property):
    """A property of the user's own, which answers what it is given."""

    subject = Subject.FACTS

    def __init__(self, answers: Callable[[Any], Any]) -> None:
        self.name = "p"
        self.answers = answers

    def judge(self, subjects: Any) -> Any:
        return self.answers(subjects)


def test_what_an_own_property_answers_counts_by_its_value_and_not_by_its_identity(
    engine: str,
) -> None:
    own = Own(lambda subjects: np.array([Counted(2) not in facts for facts in subjects]))
    result = explore(model_of(properties=(own,)), engine)
    assert result.verdict is Verdict.VIOLATED


@pytest.mark.parametrize(
    "answers",
    [
        lambda subjects: [0 for _ in subjects],
        lambda subjects: ["no" for _ in subjects],
        lambda subjects: [True for _ in subjects][1:],
        lambda subjects: [True for _ in subjects] * 2,
        lambda subjects: None,
        lambda subjects: True,
        lambda subjects: 1 // 0,
    ],
)
def test_an_own_property_answers_true_false_or_none_for_each_subject(
    answers: Any, engine: str
) -> None:
    with pytest.raises(PropertyError, match="property 'p': its judge "):
        explore(model_of(properties=(Own(answers),)), engine)
