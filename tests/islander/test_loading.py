"""Parameters typed on a command line become values of the types that a factory declares."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Literal

import pytest

from islander import Actor, FactInvariant, Model
from islander.explorer import UsageError
from islander.loading import Target, _parameters, make_model, parse_assignments


class Colour(Enum):
    RED = 1
    BLUE = 2


def received(kind: Any, text: str, default: Any = None) -> Any:
    """What a factory with one parameter of that type receives for `text`."""
    seen: list[Any] = []

    def factory(value: Any = default) -> Model:
        seen.append(value)
        return Model("m", {"a": Actor()}, properties=[FactInvariant("p", lambda facts: True)])

    factory.__annotations__["value"] = kind
    make_model(target_of(factory), {"value": text})
    return seen[0]


def target_of(factory: Callable[..., Any]) -> Target:
    return Target("f.py:factory", "", factory, _parameters(factory))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (int, "-3", -3),
        (bool, "yes", True),
        (bool, "FALSE", False),
        (str, "a=b", "a=b"),
        (float, "1.5", 1.5),
        (int | None, "none", None),
        (int | None, "4", 4),
        (tuple[str, ...], "x, y,,z", ("x", "y", "z")),
        (tuple[int, ...], "", ()),
        (list[int], "1,2", [1, 2]),
        (Literal["fifo", 3], "3", 3),
        (Colour, "BLUE", Colour.BLUE),
        (Annotated[int, "how many"], "7", 7),
    ],
)
def test_a_text_becomes_a_value_of_the_declared_type(kind: Any, text: str, value: Any) -> None:
    got = received(kind, text)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (int, "3.0", "must be int; got '3.0'"),
        (bool, "perhaps", "must be true or false"),
        (list[int], "1,x", "must be int; got 'x'"),
        (Literal["fifo", "bag"], "heap", "must be one of fifo, bag"),
        (Colour, "GREEN", "must be one of RED, BLUE"),
        (int | None, "nil", "must be int or none"),
        (dict[str, int], "a", "cannot be given on the command line"),
    ],
)
def test_a_text_of_another_type_is_refused(kind: Any, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        received(kind, text)


def test_without_an_annotation_the_default_tells_the_type() -> None:
    def factory(size=3, label="x"):  # type: ignore[no-untyped-def]
        raise AssertionError

    kinds = {name: one.kind for name, one in _parameters(factory).items()}
    assert kinds == {"size": int, "label": str}


def test_an_assignment_may_hold_further_equals_signs() -> None:
    assert parse_assignments(["a=b=c", " d = 1 "]) == {"a": "b=c", "d": "1"}


@pytest.mark.parametrize("text", ["a", "=1", " = 1"])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="NAME=VALUE"):
        parse_assignments([text])
