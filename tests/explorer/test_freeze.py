"""Freezing: canonical, told apart by class, refused where content cannot be compared."""

from __future__ import annotations

import contextlib
import enum
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from islander import Fact
from islander.explorer import FreezeError
from islander.explorer.freeze import (
    canonical_order,
    fields_of,
    freeze,
    mutable_parts,
    show,
    thaw,
)
from islander.explorer.moulds import Moulds


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass(frozen=True)
class Card:
    suit: Any
    rank: Any = 0


@dataclass
class Note:
    text: Any
    tags: Any = ()


@dataclass(slots=True)
class Slim:
    text: Any


class Voted(Fact):
    who: Any
    ballot: Any


def same(one: Any, other: Any) -> bool:
    """Equality that minds classes all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (tuple, list, Fact)):
        mine, theirs = list(one), list(other)
        return len(mine) == len(theirs) and all(map(same, mine, theirs))
    if isinstance(one, (set, frozenset)):
        return len(one) == len(other) and all(any(same(x, y) for y in other) for x in one)
    if isinstance(one, dict):
        pairs = list(other.items())
        return len(one) == len(other) and all(
            any(same(item, pair) for pair in pairs) for item in one.items()
        )
    if is_dataclass(one):
        names = one.__dataclass_fields__
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    return bool(one == other)


def hashable_of(leaves: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(tuple),
            st.frozensets(inner, max_size=3),
            st.builds(Point, inner, inner),
            st.builds(Card, inner, inner),
            st.builds(Voted, inner, inner),
        ),
        max_leaves=size,
    )


def values_of(leaves: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[Any]:
    hashable = hashable_of(leaves, size)
    return st.recursive(
        hashable,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.lists(inner, max_size=3).map(tuple),
            st.dictionaries(hashable, inner, max_size=3),
            st.sets(hashable, max_size=3),
            st.builds(Note, inner, inner),
            st.builds(Slim, inner),
            st.builds(Point, inner, inner),
            st.builds(Card, inner, inner),
        ),
        max_leaves=size,
    )


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.sampled_from([*Colour, *Level, *Access, Access.READ | Access.WRITE, Access(0)]),
)
HASHABLE = hashable_of(LEAVES, 6)
VALUES = values_of(LEAVES, 12)

# Few leaves, many of them equal in Python's eyes: two of these values are often nearly the same.
CLOSE = values_of(st.sampled_from([None, 0, False, 1, True, Level.LOW, "", b"", Access(0)]), 3)


@given(VALUES)
def test_thawing_gives_back_the_value_with_all_its_classes(value: Any) -> None:
    assert same(thaw(freeze(value)), value)


@given(VALUES)
def test_a_disturbed_copy_has_the_same_content(value: Any) -> None:
    assert same(thaw(freeze(value), disturb=True), value)


@given(VALUES)
def test_freezing_a_thawed_value_gives_the_same_frozen_form(value: Any) -> None:
    frozen = freeze(value)
    assert freeze(thaw(frozen)) == frozen == freeze(thaw(frozen, disturb=True))
    assert hash(freeze(thaw(frozen))) == hash(frozen)


@given(CLOSE, CLOSE)
def test_values_freeze_to_equal_forms_exactly_when_class_and_content_are_equal(
    one: Any, other: Any
) -> None:
    assert (freeze(one) == freeze(other)) == same(one, other)


@given(st.dictionaries(HASHABLE, VALUES, max_size=6), st.data())
def test_the_insertion_order_of_a_dict_does_not_count(value: dict[Any, Any], data: Any) -> None:
    items = data.draw(st.permutations(list(value.items())))
    assert freeze(dict(items)) == freeze(value)


@pytest.mark.parametrize("kind", [set, frozenset])
@given(parts=st.sets(HASHABLE, max_size=8), data=st.data())
def test_the_insertion_order_of_a_set_does_not_count(kind: Any, parts: Any, data: Any) -> None:
    assert freeze(kind(data.draw(st.permutations(list(parts))))) == freeze(kind(parts))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, 1),
        (False, 0),
        ((1,), [1]),
        ((1,), (True,)),
        ({1}, frozenset({1})),
        ({1: "x"}, {True: "x"}),
        (Point(1, 2), (1, 2)),
        (Level.LOW, 1),
        (Access.READ, 1),
        (Colour.RED, "red"),
        (Colour.RED, "RED"),
        (Card(1, 2), Point(1, 2)),
        (Card(1, 2), Note(1, 2)),
        (Voted(1, 2), Point(1, 2)),
        ("1", 1),
        ("a", b"a"),
        (None, ()),
        ([], ()),
        ({}, set()),
    ],
    ids=repr,
)
def test_values_of_different_classes_are_different(one: Any, other: Any) -> None:
    assert freeze(one) != freeze(other)


# -- what is refused -------------------------------------------------------------------------------


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Pair(list[int]):
    pass


class Plain:
    pass


@dataclass
class Crowd(set[int]):
    size: int = 0


@dataclass(frozen=True)
class Row(tuple[int, ...]):
    size: int = 0


class Open(NamedTuple("Open", [("x", int)])):
    """Without __slots__, so that anything can be set on it."""


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1.5, "float"),
        (float("nan"), "float"),
        (1j, "complex"),
        (bytearray(b"x"), "bytearray"),
        (len, "builtin_function_or_method"),
        (lambda: 0, "function"),
        (Plain, "type"),
        (Plain(), "Plain"),
        (object(), "object"),
        (Text("x"), "Text"),
        (Number(1), "Number"),
        (Pair([1]), "Pair"),
        (Counter("x"), "Counter"),
        (OrderedDict(x=1), "OrderedDict"),
        (defaultdict(list), "defaultdict"),
        (deque([1]), "deque"),
        (range(3), "range"),
        (Fraction(1, 2), "Fraction"),
        (Path("x"), type(Path("x")).__name__),
        (iter([1]), "list_iterator"),
        (Crowd(), "Crowd"),
        (Row(), "Row"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_compared_by_content_is_refused(value: Any, kind: str) -> None:
    with pytest.raises(FreezeError) as refused:
        freeze([value], "actor 'a' (A).log")
    assert str(refused.value).startswith("actor 'a' (A).log[0] = ")
    assert f" is a {kind}, which cannot be part of a state: " in str(refused.value)


def test_an_open_file_is_refused(tmp_path: Path) -> None:
    with (
        (tmp_path / "file").open("w") as file,
        pytest.raises(FreezeError, match="is a TextIOWrapper"),
    ):
        freeze(file)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (1.5, "it = 1.5"),
        ([0, (1, 1.5)], "it[1][1] = 1.5"),
        ({"log": [1.5]}, "it['log'][0] = 1.5"),
        ({1.5: "x"}, "a key of it = 1.5"),
        ({1.5}, "an element of it = 1.5"),
        (Point(0, 1.5), "it.y = 1.5"),
        (Card("x", [1.5]), "it.rank[0] = 1.5"),
        (Note({"k": Voted(1.5, 0)}), "it.text['k'].who = 1.5"),
    ],
    ids=repr,
)
def test_a_refusal_names_the_path_and_the_value(value: Any, path: str) -> None:
    with pytest.raises(FreezeError) as refused:
        freeze(value, "it")
    assert str(refused.value).startswith(f"{path} is a float")


def test_a_value_whose_repr_raises_is_still_named_by_its_path() -> None:
    class Shy:
        def __repr__(self) -> str:
            raise ValueError("no")

    with pytest.raises(FreezeError, match=r"it\[0\] = <Shy whose repr raised ValueError>"):
        freeze([Shy()], "it")


def test_a_long_value_is_shortened_in_a_refusal() -> None:
    with pytest.raises(FreezeError) as refused:
        freeze(deque(range(10_000)), "it")
    assert len(str(refused.value)) < 400


def list_in_itself() -> Any:
    value: list[Any] = [0]
    value.append(value)
    return value


def dict_in_itself() -> Any:
    value: dict[str, Any] = {}
    value["me"] = [value]
    return value


def dataclass_in_itself() -> Any:
    value = Note("x")
    value.tags = (value,)
    return value


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (list_in_itself, r"it\[1\]"),
        (dict_in_itself, r"it\['me'\]\[0\]"),
        (dataclass_in_itself, r"it\.tags\[0\]"),
    ],
)
@pytest.mark.parametrize("allow_aliases", [False, True])
def test_a_value_that_contains_itself_is_refused(
    make: Callable[[], Any], path: str, allow_aliases: bool
) -> None:
    with pytest.raises(FreezeError, match=f"^{path} contains itself"):
        freeze(make(), "it", allow_aliases=allow_aliases)


def test_a_value_nested_too_deeply_is_refused() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(FreezeError):
        freeze(value, "it")


SHARED: list[int] = [7]
NOTE = Note("n")


@dataclass(eq=False)
class Token:
    """Mutable, and hashed by identity."""

    value: int = 0


TOKEN = Token()


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ([SHARED, SHARED], ["it[0]", "it[1]", "list", "[7]"]),
        ({"x": SHARED, "y": (SHARED,)}, ["it['x']", "it['y'][0]"]),
        (Point(NOTE, [NOTE]), ["it.x", "it.y[0]", "Note"]),
        ((Card(SHARED), Card(SHARED)), ["it[0].suit", "it[1].suit"]),
        ({(TOKEN, 1), (TOKEN, 2)}, ["Token"]),
        ({(TOKEN, 1): 0, (TOKEN, 2): 0}, ["Token"]),
    ],
    ids=["list", "dict", "NamedTuple", "frozen dataclasses", "set", "dict keys"],
)
def test_one_mutable_object_on_two_paths_is_refused(value: Any, paths: list[str]) -> None:
    with pytest.raises(FreezeError, match="are one and the same") as refused:
        freeze(value, "it")
    for path in paths:
        assert path in str(refused.value)
    assert thaw(freeze(value, allow_aliases=True)) is not None


@pytest.mark.parametrize("shared", [(1, 2), frozenset({1}), Card(1), Colour.RED, Voted(1, 2), ""])
def test_an_immutable_object_may_stand_on_two_paths(shared: Any) -> None:
    assert same(thaw(freeze([shared, shared])), [shared, shared])


def test_an_undeclared_attribute_of_a_dataclass_is_refused() -> None:
    note = Note("x")
    note.extra = 1  # type: ignore[attr-defined]
    with pytest.raises(FreezeError, match=r"^it\[0\]\.extra was set but Note has no such field"):
        freeze([note], "it")


def test_an_attribute_set_on_a_namedtuple_is_refused() -> None:
    value = Open(1)
    value.extra = 1  # type: ignore[attr-defined]
    with pytest.raises(FreezeError, match="extra"):
        freeze(value, "it")


def test_a_field_without_a_value_is_refused() -> None:
    @dataclass
    class Half:
        x: int = field(init=False)

    with pytest.raises(FreezeError, match=r"^it\.x is declared but has no value"):
        freeze(Half(), "it")


# -- copies ----------------------------------------------------------------------------------------


@given(VALUES)
def test_a_thawed_value_shares_nothing_mutable(value: Any) -> None:
    frozen = freeze(value)
    one, other = thaw(frozen), thaw(frozen)
    owners = [set(mutable_parts(each, "it")) for each in (value, one, other)]
    assert len(set.union(*owners)) == sum(map(len, owners))


@given(st.one_of(VALUES, st.builds(Note, VALUES, VALUES)))
def test_copies_of_a_mould_are_as_thawed_ones_and_share_nothing_mutable(value: Any) -> None:
    frozen = freeze(value)
    moulds = Moulds.of(frozen)
    copies = [mould.copy() for mould in moulds for _ in range(2)]
    assert all(same(copy, value) for copy in copies)
    owners = [set(mutable_parts(copy, "it")) for copy in copies]
    assert len(set.union(*owners)) == sum(map(len, owners))
    assert [mould.freeze(mould.copy(), "it") for mould in moulds] == [frozen, frozen]


@given(st.builds(Note, CLOSE, CLOSE), CLOSE)
def test_a_mould_freezes_a_changed_copy_as_any_other_value(note: Note, text: Any) -> None:
    for mould in Moulds.of(freeze(note)):
        copy = mould.copy()
        copy.text, copy.tags = text, (copy.text,)
        assert mould.freeze(copy, "it") == freeze(copy)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda note: setattr(note, "extra", 1), "it.extra was set but Note has no such field"),
        (lambda note: delattr(note, "text"), "it.text is declared but has no value"),
        (lambda note: setattr(note, "text", note.tags), "it.text and it.tags are one and the same"),
        (lambda note: setattr(note, "text", (note.tags,)), "it.text[0] and it.tags are one"),
        (lambda note: setattr(note, "tags", note), "it.tags contains itself"),
        (lambda note: setattr(note, "tags", [1.5]), "it.tags[0] = 1.5 is a float"),
    ],
)
def test_a_mould_refuses_what_freeze_refuses(change: Callable[[Any], Any], problem: str) -> None:
    for mould in Moulds.of(freeze(Note((1, 2), []))):
        copy = mould.copy()
        change(copy)
        with pytest.raises(FreezeError) as refused:
            mould.freeze(copy, "it")
        assert str(refused.value).startswith(problem)


@pytest.mark.parametrize(
    "nest",
    [lambda inner: [inner], lambda inner: {"k": inner}, lambda inner: {(1,): inner}, Note, Card],
    ids=["list", "dict", "dict by tuples", "mutable", "frozen"],
)
def test_what_is_not_nested_too_deeply_to_be_frozen_can_be_thawed_further_down(nest: Any) -> None:
    def called_below(frames: int, frozen: Any) -> Any:
        return called_below(frames - 1, frozen) if frames else thaw(frozen)

    value: Any = 0
    frozen: Any = 0
    with contextlib.suppress(FreezeError):
        while True:
            value = nest(value)
            frozen = freeze(value)
    assert called_below(100, frozen) is not None


def test_changing_a_thawed_value_changes_no_other() -> None:
    original = Note({"k": [{1}, Slim([2])]}, [3])
    frozen = freeze(original)
    copy = thaw(frozen)
    copy.text["k"][0].add(9)
    copy.text["k"][1].text.append(9)
    copy.text["new"] = 9
    copy.tags.clear()
    assert same(original, Note({"k": [{1}, Slim([2])]}, [3]))
    assert same(thaw(frozen), original)


def test_thawing_a_dataclass_does_not_run_its_init() -> None:
    @dataclass
    class Once:
        x: int

        def __post_init__(self) -> None:
            self.x += 1

    assert thaw(freeze(Once(1))).x == 2


def test_a_disturbed_dict_iterates_in_another_order() -> None:
    frozen = freeze({"x": {1: 1, 2: 2}, "y": 0})
    plain, disturbed = thaw(frozen), thaw(frozen, disturb=True)
    assert list(disturbed) == list(reversed(plain))
    assert list(disturbed["x"]) == [2, 1]


@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_disturbed_set_of_strings_mostly_iterates_in_another_order(kind: Any) -> None:
    # Hashes of strings differ from process to process; two of them change places in a hash table
    # of another size about every second time, and three sizes are tried.
    pairs = [freeze(kind({f"x{n}", f"y{n}"})) for n in range(200)]
    moved = sum(list(thaw(pair)) != list(thaw(pair, disturb=True)) for pair in pairs)
    assert moved >= 100


# -- order and text --------------------------------------------------------------------------------


@given(st.lists(CLOSE, max_size=6), st.data())
def test_the_canonical_order_is_total_and_depends_on_content_alone(
    values: list[Any], data: Any
) -> None:
    shuffled = data.draw(st.permutations(values))
    one = sorted(map(freeze, values), key=canonical_order)
    assert one == sorted(map(freeze, shuffled), key=canonical_order)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        (True, "True"),
        (-3, "-3"),
        ("x", "'x'"),
        (b"x", "b'x'"),
        (Colour.RED, "Colour.RED"),
        (Level.HIGH, "Level.HIGH"),
        ((), "()"),
        ((1,), "(1,)"),
        ((1, (2,)), "(1, (2,))"),
        ([1, [False]], "[1, [False]]"),
        (set(), "set()"),
        (frozenset(), "frozenset()"),
        ({2, 1}, "{1, 2}"),
        ({"b": 1, "a": [2]}, "{'a': [2], 'b': 1}"),
        (Point(1, None), "Point(1, None)"),
        (Card("x", 1), "Card('x', 1)"),
        (Voted("a", 1), "Voted('a', 1)"),
    ],
    ids=repr,
)
def test_a_frozen_value_shows_as_one_would_write_it(value: Any, shown: str) -> None:
    assert show(freeze(value)) == shown


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (Point(1, 2), {"x": 1, "y": 2}),
        (Card("x"), {"suit": "x", "rank": 0}),
        (Note("x", ()), {"text": "x", "tags": (tuple,)}),
        (Voted("a", 1), {"who": "a", "ballot": 1}),
        ((1, 2), {}),
        ({"x": 1}, {}),
        (Colour.RED, {}),
        (3, {}),
    ],
    ids=repr,
)
def test_the_fields_of_a_frozen_record_can_be_read(value: Any, fields: dict[str, Any]) -> None:
    assert fields_of(freeze(value)) == fields
