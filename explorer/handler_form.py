"""The form of a handler: a plain method, with the parameters that it is called with.

A handler that is `async`, or that yields, does nothing when it is called: its body waits for
someone to run it, and nobody does. One with other parameters fails at its first call, which may be
many steps away, or never come. Both show in the class, so a model is refused when it is made.
"""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterable, Iterator
from functools import partialmethod, singledispatchmethod

from .actor import Actor
from .errors import HandlerError, PropertyError
from .facts import Fact

PARAMETERS = {
    "start": (),
    "receive": ("message", "sender"),
    "timeout": ("name",),
    "crash": (),
    "recover": (),
    "facts": (),
    "shown": (),
    "drops": ("message", "sender", "receiver"),
}
"""The methods of an actor that Islander calls, each with what it is given."""

_YIELDS = frozenset({"facts"})  # which may be generators


def check_handlers(kind: type[Actor], where: str) -> None:
    """Raise HandlerError unless all handlers of a class have the form of one."""
    for name in PARAMETERS:
        value = inspect.getattr_static(kind, name)
        if value is not inspect.getattr_static(Actor, name):
            problem = _problem(kind, name, value)
            if problem:
                raise HandlerError(f"{where}: {kind.__name__}.{name} {problem}")


def _problem(kind: type[Actor], name: str, value: object) -> str:
    """What is wrong with a handler, "" if nothing is known to be."""
    if isinstance(value, property):
        return f"is a property, but it is called: {_written(name)} is a plain method."
    if isinstance(value, (partialmethod, singledispatchmethod)):
        return ""
    function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
    if not callable(function):
        return f"is {function!r}, which cannot be called; write a method {_written(name)}."
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return f"is async, so its body never runs; write a plain method {_written(name)}."
    if inspect.isgeneratorfunction(function) and name not in _YIELDS:
        return (
            f"has a yield in it, so its body never runs; write a plain method {_written(name)} "
            f"without yield."
        )
    try:
        signature = inspect.signature(function, follow_wrapped=False)
    except (TypeError, ValueError):  # it does not tell
        return ""
    given: tuple[str, ...] = PARAMETERS[name]
    if hasattr(type(value), "__get__") and not isinstance(value, staticmethod):
        given = ("self", *given)
    try:
        signature.bind(*given)
    except TypeError as error:
        return f"has the parameters {signature}, which do not fit: {error}. Write {_written(name)}."
    return ""


def _written(name: str) -> str:
    return f"def {name}({', '.join(('self', *PARAMETERS[name]))})"


def told_facts(answer: object) -> Iterator[object]:
    """What `facts()` gave, one thing at a time. Raises PropertyError if it answered with something
    else than facts to go through, or if some of its facts would be lost."""
    if isinstance(answer, Generator):
        returned = yield from answer
        if returned is not None:
            raise PropertyError(
                f"it yields facts and also returns {returned!r}, which is lost: what a generator "
                f"returns is no part of what it yields. Write `yield from …` instead of `return …`."
            )
        return
    if answer is None:
        raise PropertyError(
            "it returned None; it must yield facts, or return a collection of them "
            "(is a `return` or `yield` missing?)."
        )
    if isinstance(answer, Fact):
        raise PropertyError(
            f"it returned one fact, {answer!r}, where a collection of facts belongs; "
            f"write `yield` instead of `return`, or return [the fact]."
        )
    if isinstance(answer, (str, bytes)) or not isinstance(answer, Iterable):
        raise PropertyError(
            f"it returned {answer!r}, which is no collection of facts; "
            f"yield facts, or return a list or set of them."
        )
    yield from answer


def no_fact(given: object) -> str:
    """What to say of something that `facts()` gave among its facts."""
    usual = ""
    if isinstance(given, (list, tuple, set, frozenset, Generator)):
        usual = " To give all facts of a collection write `yield from …`."
    return f"it gave {given!r}, which is not a Fact.{usual}"
