"""`checks`: a function that returns a model, made a test that asserts by itself.

It needs no plugin: whatever calls such a function, pytest, unittest or a script, it explores the
model, and raises CheckFailed unless all is as it should be. Within a test the pytest plugin takes
the exploring over, for its settings to count and the traces to be kept.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar, overload

from .explorer import CheckFailed, Model, Result, UsageError, explore
from .explorer.explore import check_checkable
from .explorer.result import tell_failures

OPTIONS = tuple(inspect.signature(explore).parameters)[1:]
ALLOWED = ("violates", "steps", *OPTIONS)
"""What `checks` takes, and the pytest marker as well."""

P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., Any])


class NoteWarning(UserWarning):
    """A note on a model, which pytest shows among its warnings, whatever came of the test."""


@dataclass(frozen=True)
class Expected:
    """What is to come of an exploration: that all holds, or that one property is violated."""

    violates: str | None = None
    steps: int | None = None


@overload
def checks(function: Callable[P, Model], /) -> Callable[P, None]: ...
@overload
def checks(
    *, violates: str | None = None, steps: int | None = None, **options: Any
) -> Callable[[Callable[P, Model]], Callable[P, None]]: ...
def checks(function: Any = None, /, **options: Any) -> Any:
    """Make a function that returns a model a test, which fails unless every property holds.

        @islander.checks
        def test_paxos():
            return paxos()

    Given options, as in `@islander.checks(max_seconds=60)`, it takes those of `islander.explore`
    (`max_bytes` is a number or a size such as "2G"; without it, most of the memory that is free),
    and

    violates  the name of a property: fail unless it, and no other, is found to be violated
    steps     fail unless that takes so many steps

    The test explores the model and returns nothing. It raises CheckFailed, an AssertionError with
    the trace, if a property is violated and also if the exploration was incomplete; and
    KeyboardInterrupt if Ctrl-C ended it. Parameters, fixtures and `self` reach the function as
    they are.

    Raises UsageError for a function that cannot return a model, and for options that there are not.
    """
    check_options("islander.checks", options)
    if function is not None:
        return _test(function, {})
    return lambda function: _test(function, options)


def _test(function: Any, options: Mapping[str, Any]) -> Callable[..., None]:
    if isinstance(function, (staticmethod, classmethod)):
        raise UsageError(
            f"islander.checks goes below @{type(function).__name__}, next to the function."
        )
    if not inspect.isfunction(function):
        raise UsageError(
            f"islander.checks goes before a function that returns a Model; got {function!r}."
        )
    name = function.__qualname__
    waits = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
    if waits or inspect.isgeneratorfunction(function):
        kind = "async" if waits else "a generator"
        raise UsageError(
            f"islander.checks: {name} is {kind}; make it a plain function that returns the Model."
        )

    @wraps(function)
    def test(*args: Any, **given: Any) -> None:
        __tracebackhide__ = True
        _checking.get()(checkable(function(*args, **given), name), options)

    test.islander_checks = function  # type: ignore[attr-defined]
    return test


def made_from(function: F) -> F:
    """The function that `checks` made this one of, or itself."""
    found: F = getattr(function, "islander_checks", function)
    return found


def checkable(model: Any, name: str) -> Model:
    """What the function of this name returned. Raises UsageError if that is no model to check."""
    if not isinstance(model, Model):
        raise UsageError(
            f"{name} returned {model!r}, not a Model; end it with `return Model(…)`, which is "
            f"explored then."
        )
    check_checkable(name, model)
    return model


# -- exploring ------------------------------------------------------------------------------------


def _by_itself(model: Model, options: Mapping[str, Any]) -> None:
    __tracebackhide__ = True
    from .checked import Adding, Checked  # it knows how a trace reads

    expected, others = split(model, options)
    Checked(explored(model, others), Adding()).check_all(expected.violates, expected.steps)


Checking = Callable[[Model, Mapping[str, Any]], object]
_checking: ContextVar[Checking] = ContextVar("checking", default=_by_itself)


@contextmanager
def checking_by(check: Checking) -> Iterator[None]:
    """While this is open tests that `checks` made call `check` with their model and options; it
    raises CheckFailed where they should fail."""
    token = _checking.set(check)
    try:
        yield
    finally:
        _checking.reset(token)


def explored(model: Model, options: Mapping[str, Any]) -> Result:
    """`model`, explored with these options of `explore`. Raises KeyboardInterrupt if Ctrl-C ended
    it, for that is to end more than one test."""
    result = explore(model, **_arguments(dict(options)))
    if result.interrupted:
        raise KeyboardInterrupt
    for note in result.notes:
        warnings.warn(NoteWarning(f"{model.name}: {note}"), stacklevel=2)
    return result


def _failure(result: Result) -> CheckFailed:
    from .checked import failure

    return failure(result)


tell_failures(_failure)


def _arguments(options: dict[str, Any]) -> dict[str, Any]:
    from .checked import BOUNDS
    from .options import Bounds  # it knows sizes, and how much memory there is

    bounds = {name: options.pop(name) for name in BOUNDS if name in options}
    if "max_bytes" in bounds:
        bounds["max_bytes"] = "none" if bounds["max_bytes"] is None else str(bounds["max_bytes"])
    try:
        return Bounds(**bounds).arguments(options.get("engine", "")) | options
    except UsageError as error:
        raise UsageError(str(error).replace("--max-bytes", "max_bytes")) from None


def check_options(where: str, options: Mapping[str, Any]) -> None:
    """Raise UsageError unless there are all of these."""
    for name in options:
        if name not in ALLOWED:
            raise UsageError(f"{where} has no option {name!r}; it has: {', '.join(ALLOWED)}.")


def split(model: Model, options: Mapping[str, Any]) -> tuple[Expected, dict[str, Any]]:
    """What the options expect of `model`, and those that are `explore`'s."""
    others = dict(options)
    expected = Expected(others.pop("violates", None), others.pop("steps", None))
    check_expected(model, expected)
    return expected, others


def check_expected(model: Model, expected: Expected) -> None:
    """Raise UsageError if what is expected of `model` makes no sense."""
    names = [one.name for one in model.properties]
    if expected.violates is not None and expected.violates not in names:
        raise UsageError(
            f"violates={expected.violates!r}: model {model.name!r} has no such property; "
            f"it has: {', '.join(map(repr, names)) or 'none'}."
        )
    if expected.violates is None and expected.steps is not None:
        raise UsageError(
            f"steps={expected.steps!r} goes with violates='…', the property to be violated."
        )
