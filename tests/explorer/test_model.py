"""Models: what is refused when one is declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from islander import Actor, Bag, FactInvariant, Model, Verdict, Witness, explore
from islander.explorer import FreezeError, ModelError

from .cells import TRUE, Cell, cell


class Bare(Actor):
    count: int = 0


class Behaviour(Cell):
    """No fields of its own, so it needs no @dataclass."""

    def start(self) -> None:
        self.value = "started"


@dataclass
class Half(Actor):
    x: int = field(init=False)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("", {"a": cell()}), "a model needs a name"),
        ((3, {"a": cell()}), "a model needs a name"),
        (("m", {}), "actors must be a dict from ids to actors with at least one entry"),
        (("m", [cell()]), "actors must be a dict from ids to actors"),
        (("m", {1: cell()}), "an actor's id must be a string that is not empty; got 1"),
        (("m", {"": cell()}), "an actor's id must be a string that is not empty; got ''"),
        (("m", {"a": Cell}), r"actor 'a': got the class Cell; pass an instance, Cell\(…\)"),
        (("m", {"a": "cell"}), "actor 'a': 'cell' is not an Actor"),
        (("m", {"a": Bare()}), "the class Bare annotates fields but is not a dataclass"),
        (("m", {"a": cell()}, "bag"), r"network must be a network such as Bag\(\); got 'bag'"),
        (("m", {"a": cell()}, Bag), "network must be a network"),
        (("m", {"a": cell()}, Bag(), ["x"]), "'x' is not a property"),
        (("m", {"a": cell()}, Bag(), [FactInvariant]), "is not a property"),
        (("m", {"a": cell()}, Bag(), [TRUE, TRUE]), "two properties are called 'true'"),
        (("m", {"a": cell()}, Bag(), TRUE), "'true'"),
        (("m", {"a": cell()}, Bag(), None), "None"),
    ],
)
def test_a_model_with_a_part_that_cannot_be_is_refused(
    arguments: tuple[Any, ...], problem: str
) -> None:
    with pytest.raises(ModelError, match=problem) as refused:
        Model(*arguments)
    assert refused.value.trace is None


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "send",
        "broadcast",
        "set_timer",
        "cancel_timer",
        "choose",
        "record",
        "start",
        "receive",
        "timeout",
        "facts",
        "_effects",
    ],
)
def test_a_field_cannot_take_the_name_of_an_effect_or_a_handler(name: str) -> None:
    kind = dataclass(type("Taken", (Actor,), {"__annotations__": {name: int}, name: 0}))
    actor = object.__new__(kind)
    actor.__dict__[name] = 0 if name != "id" else None
    with pytest.raises(ModelError, match=f"actor 'a': a field cannot be called '{name}'"):
        Model("m", {"a": actor})


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (1.5, r"actor 'a' \(Cell\)\.value = 1\.5 is a float"),
        ({"k": [print]}, r"actor 'a' \(Cell\)\.value\['k'\]\[0\] = <built-in function print>"),
    ],
)
def test_a_field_that_cannot_be_part_of_a_state_is_refused(value: Any, path: str) -> None:
    with pytest.raises(FreezeError, match=path):
        Model("m", {"a": cell(value)})


def test_a_field_that_has_no_value_yet_is_refused() -> None:
    with pytest.raises(FreezeError, match=r"\(Half\)\.x is declared but has no value"):
        Model("m", {"a": Half()})


def test_an_attribute_that_is_no_field_is_refused() -> None:
    actor: Any = cell()
    actor.extra = 1
    with pytest.raises(FreezeError, match=r"\.extra was set but Cell has no such field"):
        Model("m", {"a": actor})


LIST: list[int] = []
ACTOR = cell()


@pytest.mark.parametrize(
    ("actors", "paths"),
    [
        ({"a": cell(LIST), "b": cell((LIST,))}, ["actor 'a' (Cell).value", ".value[0]", "list"]),
        ({"a": ACTOR, "b": ACTOR}, ["actor 'a' (Cell) and actor 'b' (Cell)"]),
    ],
    ids=["a list", "an actor"],
)
def test_actors_that_share_something_mutable_are_refused(
    actors: dict[str, Actor], paths: list[str]
) -> None:
    with pytest.raises(ModelError, match="are one and the same") as refused:
        Model("m", actors)
    for path in paths:
        assert path in str(refused.value)


def test_actors_may_share_what_is_immutable() -> None:
    ids = ("a", "b")
    checked = Model("m", {"a": cell(ids), "b": cell(ids)})
    assert list(checked.actors) == ["a", "b"]


def test_a_class_without_fields_of_its_own_needs_no_dataclass() -> None:
    result = explore(Model("m", {"a": Behaviour()}, properties=[TRUE]))
    assert result.graph.states[0].locals[0].copy().value == "started"  # type: ignore[attr-defined]


def test_a_model_runs_on_a_bag_unless_it_says_otherwise() -> None:
    assert Model("m", {"a": cell()}).network == Bag(keep_ignored=False)


def falsehoods() -> Iterator[FactInvariant]:
    yield FactInvariant("false", lambda facts: False)


@pytest.mark.parametrize(
    "make",
    [
        falsehoods,
        lambda: list(falsehoods()),
        lambda: tuple(falsehoods()),
        lambda: {p.name: p for p in falsehoods()}.values(),
    ],
    ids=["generator", "list", "tuple", "dict values"],
)
def test_properties_from_any_iterable_are_judged_or_it_is_refused(make: Any) -> None:
    """An iterator that the checks used up would leave nothing to judge, and a green verdict."""
    try:
        checked = Model("m", {"a": cell()}, properties=make())
    except ModelError:
        return
    assert explore(checked).verdict is Verdict.VIOLATED


def test_a_model_is_what_it_was_when_it_was_made() -> None:
    actors: dict[str, Actor] = {"a": cell(0)}
    properties = [TRUE]
    checked = Model("m", actors, properties=properties)
    actors["b"] = cell(1)
    properties.append(Witness("never", lambda facts: False))
    result = explore(checked)
    assert list(checked.actors) == ["a"]
    assert list(result.properties) == ["true"]


def test_class_variables_are_no_fields_and_need_no_dataclass() -> None:
    class Constant(Actor):
        LIMIT: ClassVar[int] = 3

    assert list(Model("m", {"a": Constant()}).actors) == ["a"]
