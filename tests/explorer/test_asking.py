"""Whatever the code of a model raises, wherever it is asked, is an error that says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import pytest

from islander import FactInvariant, Verdict, explore, simulate
from islander.explorer import HandlerError, ModelError
from islander.explorer.asking import asking, is_of_a_model, shown, told

from .places import PLACES, Counted, model_of, of_handler, of_shown


@pytest.fixture(params=["reference", "tabulated"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)
    return str(request.param)


class Own(BaseException):
    """One that is made to pass through `except Exception`."""


class Untold(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise ValueError("and its text cannot be told")


def recurse() -> Any:
    return recurse()


def raising(error: BaseException | type[BaseException]) -> Callable[[], NoReturn]:
    def act() -> NoReturn:
        raise error

    return act


RAISED: dict[str, Callable[[], Any]] = {
    "ValueError": raising(ValueError("no such ballot")),
    "SystemExit": raising(SystemExit(1)),
    "CancelledError": raising(asyncio.CancelledError),
    "GeneratorExit": raising(GeneratorExit),
    "StopIteration": raising(StopIteration),
    "Own": raising(Own("mine")),
    "Untold": raising(Untold),
    "RecursionError": recurse,
    "MemoryError": raising(MemoryError),
    "AssertionError": raising(AssertionError),
    "TypeError": raising(TypeError),
    "KeyError": raising(KeyError("ballot")),
    "AttributeError": raising(AttributeError),
    "BaseExceptionGroup": raising(BaseExceptionGroup("two", [Own(), Own()])),
    "Failed": lambda: pytest.fail("not this"),
    "Skipped": lambda: pytest.skip("not this"),
}

IN_OTHER_WORDS = {
    ("field", "AttributeError"): "is declared but has no value",
    ("field", "RecursionError"): "is nested too deeply",
    ("__hash__ of a fact", "TypeError"): "has an argument that cannot be hashed",
}


@pytest.mark.parametrize("kind", RAISED)
@pytest.mark.parametrize("place", PLACES)
def test_whatever_is_raised_anywhere_is_an_error_of_the_model(
    place: str, kind: str, engine: str
) -> None:
    with pytest.raises(ModelError) as refused:
        explore(PLACES[place](RAISED[kind]), engine)
    text = str(refused.value)
    # Python makes a RuntimeError of a StopIteration in a generator.
    named = "RuntimeError" if (place, kind) == ("options", "StopIteration") else kind
    assert IN_OTHER_WORDS.get((place, kind), named) in text
    assert "line" in text or (place, kind) in IN_OTHER_WORDS


@pytest.mark.parametrize("place", PLACES)
def test_a_model_that_raises_as_ctrl_c_does_is_interrupted(place: str, engine: str) -> None:
    try:
        result = explore(PLACES[place](raising(KeyboardInterrupt)), engine)
    except KeyboardInterrupt:  # where there is no search to be ended
        return
    if place.startswith("describe"):  # what was found stands, and only the words are missing
        assert result.verdict is Verdict.VIOLATED
        assert "why is not known" in result.properties["p"].explanation
        return
    assert result.verdict is Verdict.INCOMPLETE
    assert result.interrupted


@pytest.mark.parametrize("kind", RAISED)
def test_walks_tell_what_a_handler_raised(kind: str) -> None:
    with pytest.raises(HandlerError, match=f"receive raised {kind}"):
        simulate(of_handler("receive", RAISED[kind]), walks=5, depth=9, seed=1)


@pytest.mark.parametrize("kind", RAISED)
def test_what_shown_raises_is_told(kind: str) -> None:
    trace = explore(of_shown(RAISED[kind])).properties["p"].trace
    assert trace is not None
    with pytest.raises(HandlerError, match=rf"shown\(\) raised {kind}"):
        trace.initial.locals[0].shown  # noqa: B018


# -- drops -----------------------------------------------------------------------------------------


def changes(act: Callable[[Any], object]) -> Any:
    def drops(self: Any, message: Any, sender: str, receiver: str) -> bool:
        act(self)
        return False

    return drops


CHANGES: dict[str, Callable[[Any], object]] = {
    "a field": lambda self: setattr(self, "count", 7),
    "a field of another type": lambda self: setattr(self, "count", object()),
    "a new attribute": lambda self: setattr(self, "new", 7),
    "no field": lambda self: delattr(self, "count"),
    "itself": lambda self: setattr(self, "heard", self),
    "everything": lambda self: self.__dict__.clear(),
    "a swallowed effect": lambda self: _swallowed(self),
}


def _swallowed(self: Any) -> None:
    with suppress(BaseException):
        self.send("a", "x")


@pytest.mark.parametrize("small", [0, 500])
@pytest.mark.parametrize("change", CHANGES)
def test_drops_that_changes_its_actor_is_refused_however_often_it_is_asked(
    change: str, small: int, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", small)
    made = of_handler("drops", lambda: False)
    for kind in {type(actor) for actor in made.actors.values()}:
        kind.drops = changes(CHANGES[change])  # type: ignore[method-assign]
    with pytest.raises(HandlerError, match=r"actor '[ab]' \(Node\): drops\(\) (changed|raised)"):
        explore(made, engine)


# -- the place itself ------------------------------------------------------------------------------


def test_an_error_in_code_of_a_model_that_a_library_calls_is_the_models() -> None:
    def key(one: int) -> int:
        raise ValueError("called back")

    with pytest.raises(ValueError, match="called back") as raised:
        explore(model_of(), on_progress=key)  # type: ignore[arg-type]
    assert is_of_a_model(raised.value)


def test_what_passes_through_asking() -> None:
    error = ValueError("as it is")
    with pytest.raises(ValueError, match="as it is") as raised, asking(lambda one: one):
        raise error
    assert raised.value is error
    assert raised.value.__cause__ is None
    with pytest.raises(KeyboardInterrupt), asking(lambda one: TypeError()):
        raise KeyboardInterrupt


def test_what_cannot_be_told_is_told_all_the_same() -> None:
    assert told(Untold()).startswith("Untold: <Untold whose str raised ValueError>")
    assert shown("x" * 1000).endswith("…")
    assert shown(10**5000) == "<int whose repr raised ValueError>"


def test_a_fact_of_the_usual_kind_is_no_error(engine: str) -> None:
    holds = explore(
        model_of(properties=(FactInvariant("p", lambda f: Counted(9) not in f),)), engine
    )
    assert holds.verdict is Verdict.HOLDS
