"""The form of handlers: plain methods with the right parameters; and what `facts()` may answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partialmethod, singledispatchmethod, wraps
from typing import Any

import pytest

from islander import Actor, Fact
from islander.explorer import HandlerError, ModelError, PropertyError
from islander.explorer.handler_form import PARAMETERS

from .cells import cell, model, run


class Said(Fact):
    word: str


# -- the form of a handler -------------------------------------------------------------------------


async def waits(self: Any, *given: Any) -> None:
    pass


def yields(self: Any, *given: Any) -> Iterator[int]:
    yield 1


async def waits_and_yields(self: Any, *given: Any) -> Any:
    yield 1


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize(
    ("handler", "problem"),
    [
        (waits, "is async, so its body never runs"),
        (waits_and_yields, "is async, so its body never runs"),
        (yields, "has a yield in it, so its body never runs"),
        (5, "is 5, which cannot be called"),
        (None, "is None, which cannot be called"),
        (property(lambda self: None), "is a property, but it is called"),
        (lambda: None, "has the parameters (), which do not fit"),
        (lambda self, a, b, c, d: None, "has the parameters (self, a, b, c, d), which do not fit"),
        (staticmethod(lambda a, b, c, d: None), "has the parameters (a, b, c, d), which do not"),
    ],
    ids=str,
)
def test_a_handler_of_another_form_is_refused_before_anything_runs(
    name: str, handler: Any, problem: str
) -> None:
    if handler is yields and name == "facts":
        model(b=cell(facts=yields))  # the one that may
        return
    with pytest.raises(HandlerError) as refused:
        model(a=cell(), b=cell(**{name: handler}))
    told = str(refused.value)
    assert told.startswith(f"model 'cells', actor 'b': Cell.{name} {problem}")
    assert f"def {name}({', '.join(('self', *PARAMETERS[name]))})" in told


def test_the_parameters_of_handlers_are_those_of_actor() -> None:
    """So that what errors tell a user to write is what Islander calls."""
    own = [name for name in vars(Actor) if name in PARAMETERS]
    assert own == list(PARAMETERS)
    for name, given in PARAMETERS.items():
        code = getattr(Actor, name).__code__
        assert code.co_varnames[: code.co_argcount] == ("self", *given)


def unpacked(function: Callable[..., None]) -> Callable[..., None]:
    @wraps(function)
    def receive(self: Any, message: Any, sender: str) -> None:
        function(self, message)

    return receive


@unpacked
def receives_one(self: Any, message: Any) -> None:
    self.value = message


class Dispatched(Actor):
    @singledispatchmethod
    def receive(self, message: Any, sender: str) -> None:
        pass


@pytest.mark.parametrize(
    "receive",
    [
        lambda self, *given: None,
        lambda self, message, sender, more=1: None,
        receives_one,
        staticmethod(lambda message, sender: None),
        classmethod(lambda kind, message, sender: None),
        partialmethod(lambda self, more, message, sender: None, 1),
        vars(Dispatched)["receive"],
        max,
    ],
    ids=repr,
)
def test_what_can_be_called_as_a_handler_is_one(receive: Any) -> None:
    model(a=cell(receive=receive))


# -- what facts() answers --------------------------------------------------------------------------


def yields_and_returns(self: Any) -> Any:
    yield Said("x")
    return [Said("y")]


def returns_early(self: Any) -> Any:
    if self.value is None:
        return [Said("y")]
    yield Said("x")


async def later(self: Any) -> Any:
    return [Said("x")]


BAD_FACTS: list[tuple[Callable[[Any], Any], str]] = [
    (yields_and_returns, "it yields facts and also returns [Said(word='y')], which is lost"),
    (returns_early, "it yields facts and also returns [Said(word='y')], which is lost"),
    (lambda self: None, "it returned None"),
    (lambda self: Said("x"), "it returned one fact, Said(word='x')"),
    (lambda self: "x", "it returned 'x', which is no collection of facts"),
    (lambda self: b"", "it returned b'', which is no collection of facts"),
    (lambda self: 5, "it returned 5, which is no collection of facts"),
    (lambda self: Said, "which is no collection of facts"),
    (lambda self: self.facts, "which is no collection of facts"),
    (lambda self: [[Said("x")]], "which is not a Fact. To give all facts of a collection write"),
    (lambda self: ["x"], "it gave 'x', which is not a Fact."),
]


@pytest.mark.parametrize(("facts", "problem"), BAD_FACTS)
def test_facts_that_would_be_lost_or_are_none_are_refused(facts: Any, problem: str) -> None:
    with pytest.raises(PropertyError) as refused:
        run(a=cell(facts=facts))
    told = str(refused.value)
    assert told.startswith("actor 'a' (Cell): facts(): ")
    assert problem in told
    assert "local state: Cell(None)" in told


def delegates(self: Any) -> Any:
    yield Said("x")
    yield from (Said(word) for word in "y")
    return


@pytest.mark.parametrize(
    "facts",
    [
        delegates,
        lambda self: [Said("x"), Said("y")],
        lambda self: {Said("x"): 1, Said("y"): 2},
        lambda self: deque([Said("x"), Said("y")]),
        lambda self: map(Said, "xy"),
        lambda self: (Said(word) for word in "xy"),
        lambda self: frozenset({Said("x"), Said("y")}),
    ],
)
def test_facts_may_come_in_any_collection(facts: Any) -> None:
    result = run(a=cell(facts=facts))
    (state,) = result.graph.states
    assert {fact for one in state.locals for fact in one.facts} == {Said("x"), Said("y")}


def test_a_model_error_it_is() -> None:
    """So that the command line tells it, and ends with 2."""
    assert issubclass(HandlerError, ModelError)
    assert issubclass(PropertyError, ModelError)
