"""Sorts: which are the same, what fits into a column, and how errors name them.

A sort is the annotation of a column. Two columns have the same sort if their annotations are equal.
So an `Annotated[int, "ballot"]`, a `NewType` and a `type` alias are sorts of their own, whatever
values they have: that is what tells a ballot from a round. Only where annotations are plain types
does more than equality count: a subclass goes with its base, a part of a union with the union, a
`Literal` with the type of its values; and `Any` and `object` say nothing, so they go with all.
"""

from __future__ import annotations

import types
from numbers import Number
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin

Sort = Any

_ANYTHING = (Any, object)
_NUMBERS = (bool, int, float, complex)  # facts tell them from each other, and Python does not


def sort_name(sort: Sort) -> str:
    """How errors name a sort: "Node", "Annotated[int, 'ballot']"."""
    if isinstance(sort, (type, NewType)) and _origin(sort) is None:
        return str(sort.__name__)
    return repr(sort).replace("typing.", "")


def goes_with(one: Sort, other: Sort) -> bool:
    """Whether a variable of one sort may stand in a column of the other, or be compared with a
    variable of it."""
    if one == other or one in _ANYTHING or other in _ANYTHING:
        return True
    for union, part in ((one, other), (other, one)):
        if _is_union(union):
            return any(goes_with(member, part) for member in get_args(union))
    if _is_named(one) or _is_named(other):
        return False
    for literal, part in ((one, other), (other, one)):
        if _origin(literal) is Literal:
            return any(fits(value, part) for value in get_args(literal))
    return _related(one, other)


def fits(value: object, sort: Sort) -> bool:
    """Whether a value can be one of a sort, as far as its annotation tells."""
    sort = _unnamed(sort)
    if sort in _ANYTHING:
        return True
    if _is_union(sort):
        return any(fits(value, member) for member in get_args(sort))
    if _origin(sort) is Literal:
        return any(type(value) is type(one) and value == one for one in get_args(sort))
    if sort is None:
        return value is None
    kind = _origin(sort) or sort
    if kind in (float, complex) and isinstance(value, int):
        return True
    return not isinstance(kind, type) or _is_instance(value, kind)


def comparable(value: object, sort: Sort) -> bool:
    """Whether a value may be compared with one of a sort: numbers compare, whatever their types."""
    kind = _unnamed(sort)
    number = isinstance(kind, type) and issubclass(kind, Number) and isinstance(value, Number)
    return number or fits(value, sort)


def may_be_statement(sort: Sort) -> bool:
    """Whether a value of a sort can be true or false."""
    return fits(True, sort)


def _origin(sort: Sort) -> Any:
    return get_origin(sort)


def _related(one: Sort, other: Sort) -> bool:
    kinds = [_origin(sort) or (type(None) if sort is None else sort) for sort in (one, other)]
    if not all(isinstance(kind, type) for kind in kinds):
        return True  # of a form that says nothing to us
    a, b = kinds
    if a in _NUMBERS and b in _NUMBERS and a is not b:
        return False
    if a is b and get_args(one) and get_args(other):
        return False  # they were unequal: lists of one thing and of another
    try:
        return issubclass(a, b) or issubclass(b, a)
    except TypeError:  # a protocol, say
        return True


def _is_instance(value: object, kind: type) -> bool:
    try:
        return isinstance(value, kind)
    except TypeError:  # a protocol, say
        return True


def _is_union(sort: Sort) -> bool:
    return _origin(sort) in (Union, types.UnionType)


def _is_named(sort: Sort) -> bool:
    return _unnamed(sort) is not sort


def _unnamed(sort: Sort) -> Sort:
    """The type of the values of a sort."""
    while True:
        if _origin(sort) is Annotated:
            sort = get_args(sort)[0]
        elif isinstance(sort, NewType):
            sort = sort.__supertype__
        elif type(sort).__name__ == "TypeAliasType":  # from Python 3.12 on: type Ballot = int
            sort = sort.__value__
        else:
            return sort
