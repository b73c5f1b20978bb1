"""Facts: what a protocol makes true, in words that properties can use.

A fact is one row of a relation: `Voted("a1", 1, "x")`. Subclassing `Fact` declares the relation,
its annotations declare the columns. Facts compare by relation and values, hash, unpack like a
tuple and match by position, so that plain-Python predicates read well. What facts *mean* is for
the properties to say.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, TypeAlias, dataclass_transform

from .asking import asking, shown, told
from .errors import PropertyError

_MISSING = object()
_BUILDING: ContextVar[bool] = ContextVar("building", default=False)


def _same(one: Any, other: Any) -> bool:
    """Whether two arguments are equal and of the same types throughout: (1,) is not (True,)."""
    if type(one) is not type(other) or one != other:
        return False
    if isinstance(one, tuple):
        return all(map(_same, one, other))
    if isinstance(one, frozenset):
        return all(any(_same(part, candidate) for candidate in other) for part in one)
    return True


@contextmanager
def building_formula() -> Iterator[None]:
    """While this is open a fact is a formula: `if fact`, `not fact` and the like are refused."""
    token = _BUILDING.set(True)
    try:
        yield
    finally:
        _BUILDING.reset(token)


@dataclass_transform(frozen_default=True, eq_default=True)
class Fact:
    """A relation with typed arguments; subclass it and annotate the columns.

        class Voted(Fact):
            acceptor: str
            ballot: int
            value: str

    Two facts are equal when they belong to the same relation and all arguments are equal and of
    the same type (`Done(1)` is not `Done(True)`). Overriding `__str__` gives the words that
    explanations use. Facts are immutable.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _hash: ClassVar[int | None] = None  # of an instance, once it was asked for
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = [
            name
            for name, kind in inspect.get_annotations(cls).items()
            if not str(kind).startswith(("typing.ClassVar", "ClassVar"))
        ]
        cls._fields = cls._fields + tuple(name for name in own if name not in cls._fields)
        cls.__match_args__ = cls._fields  # type: ignore[misc]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        relation, fields = type(self).__name__, self._fields
        if len(arguments) == len(fields) and not named:  # as nearly always, and formulas make many
            for name, value in zip(fields, arguments, strict=True):
                object.__setattr__(self, name, value)
            return
        if len(arguments) > len(fields):
            raise TypeError(
                f"{relation} has {len(fields)} argument(s) ({', '.join(fields) or 'none'}), "
                f"{len(arguments)} given"
            )
        values = dict(zip(fields, arguments, strict=False))
        for name, value in named.items():
            if name not in fields or name in values:
                why = "given twice" if name in values else f"not one of {', '.join(fields)}"
                raise TypeError(f"{relation}: argument {name!r} is {why}")
            values[name] = value
        for name in fields:
            value = values.get(name, _MISSING)
            if value is _MISSING:
                value = getattr(type(self), name, _MISSING)
            if value is _MISSING:
                raise TypeError(f"{relation}: argument {name!r} is missing")
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is a fact and cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is a fact and cannot be changed")

    def __iter__(self) -> Iterator[Any]:
        return (getattr(self, name) for name in self._fields)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(map(_same, self, other))

    def __bool__(self) -> bool:
        if _BUILDING.get():
            raise PropertyError(
                f"{self!r} has no truth value while a formula is being built: use L.And, L.Or, "
                f"L.Not and L.Implies instead of Python's and, or, not and if."
            )
        return True

    def __hash__(self) -> int:
        known = self._hash
        if known is None:
            known = hash((type(self), *[getattr(self, name) for name in self._fields]))
            object.__setattr__(self, "_hash", known)
        return known

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({arguments})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(self)


def is_hashable(fact: Fact) -> bool:
    """Whether all arguments of a fact can be hashed, as members of a fact set must be."""
    try:
        hash(fact)
    except TypeError:
        return False
    return True


def check_methods(fact: Fact) -> None:
    """Raise PropertyError if a method of a fact raises that everything relies on: those that show
    it, compare it and hash it may be its own."""
    asked: dict[str, Callable[[], object]] = {
        "__str__": lambda: str(fact),
        "__repr__": lambda: repr(fact),
        "__hash__": lambda: hash(fact),
        "__eq__": lambda: fact == fact,
    }
    for name, call in asked.items():

        def blame(error: BaseException, name: str = name) -> BaseException:
            return PropertyError(f"fact {type(fact).__name__}: its {name} raised {told(error)}")

        with asking(blame):
            call()


def unhashable(fact: Fact) -> str:
    """What to say of a fact that is not."""
    return (
        f"the fact {shown(fact)} has an argument that cannot be hashed; "
        f"use a tuple or frozenset instead of a list, dict or set."
    )


FactSet: TypeAlias = frozenset[Fact]
"""All facts that hold in one state: every actor's current facts and its history."""
