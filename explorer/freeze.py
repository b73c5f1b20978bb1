"""Freezing: the canonical, hashable form of a value, and back.

A *frozen* value is made of None, int, str, bytes and tuples `(kind, *parts)` whose first element
is the class that `thaw` will rebuild. Two values freeze to equal forms exactly when they are of
the same classes and hold the same content; the insertion order of dicts and sets does not count,
and `True` is not `1`. `thaw(freeze(v))` is a deep copy of `v` that shares nothing mutable.

What cannot be told apart by content (floats that are NaN, functions, files, objects of unknown
classes) is refused, with the place where it stood.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count, repeat
from operator import attrgetter
from typing import Any, TypeAlias

from .errors import FreezeError
from .facts import Fact

Frozen: TypeAlias = Any
"""None, an int, a str, bytes, or a tuple `(kind, *parts)`; always hashable."""

_PLAIN = frozenset({type(None), int, str, bytes})
_ORDERED = frozenset({int, str, bytes})  # of one of these, canonical order is Python's own
_BUILT_IN = (int, str, bytes, list, dict, set, frozenset, tuple)
_ADVICE = {
    float: "floats round and NaN differs from itself; use an int, a Fraction of your own as a "
    "tuple, or an enum",
    complex: "use ints",
    bytearray: "use bytes",
}


def freeze(value: object, where: str = "value", *, allow_aliases: bool = False) -> Frozen:
    """Return the canonical hashable form of `value`.

    `where` names the value in errors ("actor 'a1' (Acceptor), field .log"). One mutable object
    reached on two paths is refused unless `allow_aliases`: a frozen state keeps content, not
    identity, so after a step the two would silently part.

    Raises FreezeError, naming the path to the offending part and the part itself.
    """
    try:
        return _Freezer(allow_aliases).freeze(value, where)
    except RecursionError:
        raise FreezeError(
            f"{where} is nested too deeply to be part of a state; keep long chains in a flat list."
        ) from None


class _Freezer:
    """One freezing of one value: which mutable objects it met, and inside which it is."""

    __slots__ = ("allow_aliases", "mutables", "open")

    def __init__(self, allow_aliases: bool) -> None:
        self.allow_aliases = allow_aliases
        self.mutables: dict[int, tuple[_Path, object]] = {}  # id -> (path, kept alive)
        self.open: set[int] = set()

    def freeze(self, value: Any, path: _Path) -> Frozen:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is bool:
            return _TRUE if value else _FALSE
        return _way_to_freeze(kind)(self, value, path)

    def enter(self, value: object, path: _Path, mutable: bool) -> None:
        if id(value) in self.open:
            raise FreezeError(
                f"{_text_of(path)} contains itself; a state must be a finite tree of values."
            )
        if mutable:
            self.note_alias(value, path)
        self.open.add(id(value))

    def note_alias(self, value: object, path: _Path) -> None:
        known = id(value) in self.mutables
        first = self.mutables.setdefault(id(value), (path, value))[0]
        if known and not self.allow_aliases:
            raise FreezeError(
                f"{_text_of(first)} and {_text_of(path)} are one and the same "
                f"{type(value).__name__} object ({_shown(value)}). A state keeps values, not "
                f"identity, so the two would part after this step; store a copy in one of them."
            )


# -- how each class is frozen: decided once for each class -----------------------------------------

_TRUE, _FALSE = (bool, 1), (bool, 0)

_Path: TypeAlias = Any
"""Where a part stands, put into words only if something is wrong there: a str, or a tuple
`(path of the whole, form, label)` with a form such as `"{0}.{1}"`."""

_WayToFreeze: TypeAlias = Callable[[_Freezer, Any, _Path], Frozen]


@lru_cache(maxsize=1024)
def _way_to_freeze(kind: Any) -> _WayToFreeze:
    if issubclass(kind, enum.Enum):
        return _freeze_flag if issubclass(kind, enum.Flag) else _freeze_member
    if kind is tuple or kind is list:
        return _row_freezer(kind, _itself, "{0}[{1}]", None)
    if kind is set or kind is frozenset:
        return _set_freezer(kind)
    if kind is dict:
        return _freeze_dict
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _record_freezer(kind, kind._fields, declared=frozenset())
    if issubclass(kind, Fact):
        return _record_freezer(kind, kind._fields, declared=None)
    if dataclasses.is_dataclass(kind) and not issubclass(kind, _BUILT_IN):
        names = _field_names(kind)
        return _record_freezer(kind, names, declared=frozenset(names))
    return _refuse


def _freeze_member(freezer: _Freezer, value: Any, path: _Path) -> Frozen:
    return (type(value), value.name)


def _freeze_flag(freezer: _Freezer, value: Any, path: _Path) -> Frozen:
    return (type(value), value.value)


def _refuse(freezer: _Freezer, value: Any, path: _Path) -> Frozen:
    raise _refusal(value, _text_of(path))


def _record_freezer(
    kind: Any, names: tuple[str, ...], declared: frozenset[str] | None
) -> _WayToFreeze:
    """How to freeze instances of `kind`, whose fields are `names`.

    `declared` are the names that its instances' `__dict__` may hold; None: whatever they like.
    """
    values_of = _getter(names)
    open_to_strangers = declared is not None and _has_dict(kind)

    def take_apart(value: Any, path: _Path) -> Sequence[Any]:
        if open_to_strangers and not value.__dict__.keys() <= declared:
            raise _stranger(value, declared, path)
        try:
            return values_of(value)
        except AttributeError:
            return _values(value, names, path)

    return _row_freezer(kind, take_apart, "{0}.{1}", names)


def _row_freezer(
    kind: Any,
    take_apart: Callable[[Any, _Path], Sequence[Any]],
    form: str,
    labels: tuple[str, ...] | None,
) -> _WayToFreeze:
    mutable = _is_mutable(kind)

    def freeze_row(freezer: _Freezer, value: Any, path: _Path) -> Frozen:
        parts = take_apart(value, path)
        if _PLAIN.issuperset(map(type, parts)):  # so it cannot contain itself
            if mutable:
                freezer.note_alias(value, path)
            return (kind, *parts)
        freezer.enter(value, path, mutable)
        frozen = [
            part if type(part) in _PLAIN else freezer.freeze(part, (path, form, label))
            for label, part in zip(labels or count(), parts, strict=False)
        ]
        freezer.open.discard(id(value))
        return (kind, *frozen)

    return freeze_row


def _set_freezer(kind: Any) -> _WayToFreeze:
    mutable = _is_mutable(kind)

    def freeze_set(freezer: _Freezer, value: Any, path: _Path) -> Frozen:
        freezer.enter(value, path, mutable)
        within = (path, "an element of {0}", None)
        parts = [freezer.freeze(part, within) for part in value]
        freezer.open.discard(id(value))
        parts.sort(key=_order_of(parts))
        return (kind, *parts)

    return freeze_set


def _freeze_dict(freezer: _Freezer, value: Any, path: _Path) -> Frozen:
    freezer.enter(value, path, True)
    keys = []
    items = []
    for key, item in value.items():
        keys.append(freezer.freeze(key, (path, "a key of {0}", None)))
        items.append(freezer.freeze(item, (path, "{0}[{1!r}]", key)))
    freezer.open.discard(id(value))
    order = _order_of(keys)
    pairs = sorted(
        zip(keys, items, strict=True), key=lambda pair: order(pair[0]) if order else pair[0]
    )
    return (dict, *pairs)


def _order_of(parts: Sequence[Frozen]) -> Callable[[Frozen], Any] | None:
    """The sort key that puts `parts` in canonical order; None if Python's own order does."""
    kinds = set(map(type, parts))
    ordered = len(parts) < 2 or (len(kinds) == 1 and kinds <= _ORDERED)
    return None if ordered else canonical_order


def _itself(value: Any, path: _Path) -> Any:
    return value


def _text_of(path: _Path) -> str:
    steps = []
    while isinstance(path, tuple):
        path, form, label = path
        steps.append((form, label))
    text: str = path
    for form, label in reversed(steps):
        text = form.format(text, label)
    return text


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """A function from an object to the values of these attributes."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple([getattr(value, name) for name in names])


def _values(value: object, names: tuple[str, ...], path: _Path) -> list[Any]:
    """As a getter does, and with an error that says which attribute is missing."""
    missing = [name for name in names if not hasattr(value, name)]
    if missing:
        raise FreezeError(
            f"{_text_of(path)}.{missing[0]} is declared but has no value; give it a default."
        )
    return [getattr(value, name) for name in names]


def _stranger(value: Any, declared: frozenset[str], path: _Path) -> FreezeError:
    strangers = sorted(value.__dict__.keys() - declared)
    return FreezeError(
        f"{_text_of(path)}.{strangers[0]} was set but {type(value).__name__} has no such field; "
        f"declare it in the dataclass so that it becomes part of the state."
    )


def thaw(frozen: Frozen, *, disturb: bool = False) -> Any:
    """Rebuild a value from its frozen form; nothing mutable is shared with any other copy.

    `disturb=True` builds dicts and sets so that they iterate in another order where Python
    permits. Content is the same; code whose outcome depends on that order gives itself away.
    """
    return _thaw(frozen, disturb)


def _thaw(frozen: Frozen, disturb: bool) -> Any:
    if type(frozen) is not tuple:
        return frozen
    return _way_to_thaw(frozen[0])(frozen, disturb)


# -- how each class is thawed: decided once for each class -----------------------------------------

_WayToThaw: TypeAlias = Callable[[tuple[Any, ...], bool], Any]


@lru_cache(maxsize=1024)
def _way_to_thaw(kind: Any) -> _WayToThaw:
    if kind is bool:
        return lambda frozen, disturb: bool(frozen[1])
    if issubclass(kind, enum.Flag):
        return lambda frozen, disturb: kind(frozen[1])
    if issubclass(kind, enum.Enum):
        return lambda frozen, disturb: kind[frozen[1]]
    if kind is dict:
        return _thaw_dict
    if kind is set or kind is frozenset:
        return _set_thawer(kind)
    if kind is tuple or kind is list:
        return _row_thawer(kind)
    if issubclass(kind, tuple):
        return _row_thawer(kind._make)
    return _record_thawer(kind, kind._fields if issubclass(kind, Fact) else _field_names(kind))


def _row_thawer(build: Callable[[Sequence[Any]], Any]) -> _WayToThaw:
    def thaw_row(frozen: tuple[Any, ...], disturb: bool) -> Any:
        parts = frozen[1:]
        if tuple not in map(type, parts):
            return build(parts)
        return build(list(map(_thaw, parts, repeat(disturb))))

    return thaw_row


def _set_thawer(kind: Any) -> _WayToThaw:
    def thaw_set(frozen: tuple[Any, ...], disturb: bool) -> Any:
        values = list(map(_thaw, frozen[1:], repeat(disturb)))
        return _disturbed(kind, values) if disturb else kind(values)

    return thaw_set


def _thaw_dict(frozen: tuple[Any, ...], disturb: bool) -> dict[Any, Any]:
    thawed = {}
    for key, item in reversed(frozen[1:]) if disturb else frozen[1:]:
        thawed[_thaw(key, disturb)] = _thaw(item, disturb)
    return thawed


def _record_thawer(kind: Any, names: tuple[str, ...]) -> _WayToThaw:
    """Instances of `kind` are made without running `__init__`."""
    new, set_attribute = object.__new__, object.__setattr__

    def thaw_record(frozen: tuple[Any, ...], disturb: bool) -> Any:
        copy = new(kind)
        for name, part in zip(names, frozen[1:], strict=True):
            set_attribute(copy, name, _thaw(part, disturb) if type(part) is tuple else part)
        return copy

    return thaw_record


def mutable_parts(value: object, path: str) -> dict[int, tuple[str, object]]:
    """Every mutable object inside `value`: id -> (path, the object). Raises as `freeze` does."""
    freezer = _Freezer(allow_aliases=False)
    freezer.freeze(value, path)
    return {
        identity: (_text_of(where), part) for identity, (where, part) in freezer.mutables.items()
    }


def canonical_order(frozen: Frozen) -> tuple[Any, ...]:
    """A sort key that totally orders frozen values, whatever their classes."""
    if frozen is None:
        return (0,)
    if isinstance(frozen, int):
        return (1, frozen)
    if isinstance(frozen, str):
        return (2, frozen)
    if isinstance(frozen, bytes):
        return (3, frozen)
    if isinstance(frozen[0], type):
        kind = frozen[0]
        name = f"{kind.__module__}.{kind.__qualname__}"
        return (4, name, id(kind), *map(canonical_order, frozen[1:]))
    return (5, *map(canonical_order, frozen))  # a key-value pair of a dict


def fact_order(fact: Fact) -> tuple[Any, ...]:
    """A sort key for facts that does not depend on the process."""
    return canonical_order(freeze(fact))


def show(frozen: Frozen) -> str:
    """A compact text of a frozen value, as one would write it: `Promise(1, ('x', 2))`."""
    if isinstance(frozen, int) and frozen.bit_length() > 4096:
        return hex(frozen)  # Python refuses to write very long ints in decimal
    if not isinstance(frozen, tuple):
        return repr(frozen)
    kind, parts = frozen[0], frozen[1:]
    if kind is bool:
        return str(bool(parts[0]))
    if issubclass(kind, enum.Flag):
        return f"{kind.__name__}({parts[0]})"
    if issubclass(kind, enum.Enum):
        return f"{kind.__name__}.{parts[0]}"
    if kind is dict:
        return "{" + ", ".join(f"{show(key)}: {show(item)}" for key, item in parts) + "}"
    inner = ", ".join(map(show, parts))
    if kind is tuple:
        return f"({inner},)" if len(parts) == 1 else f"({inner})"
    if kind is list:
        return f"[{inner}]"
    if kind is set or kind is frozenset:
        return "{" + inner + "}" if parts else f"{kind.__name__}()"
    return f"{kind.__name__}({inner})"


def fields_of(frozen: Frozen) -> dict[str, Frozen]:
    """Field name -> frozen value, of a frozen dataclass or NamedTuple; {} for anything else."""
    if not isinstance(frozen, tuple):
        return {}
    kind = frozen[0]
    if issubclass(kind, (Fact, tuple)) and hasattr(kind, "_fields"):
        return dict(zip(kind._fields, frozen[1:], strict=True))
    if dataclasses.is_dataclass(kind):
        return dict(zip(_field_names(kind), frozen[1:], strict=True))
    return {}


@lru_cache(maxsize=1024)
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _is_mutable(kind: Any) -> bool:
    parameters: Any = getattr(kind, "__dataclass_params__", None)
    return issubclass(kind, (list, dict, set)) or (
        parameters is not None and not parameters.frozen
    )


def _has_dict(kind: type) -> bool:
    return any("__dict__" in base.__dict__ for base in kind.__mro__)


def _disturbed(kind: type[set[Any]] | type[frozenset[Any]], values: list[Any]) -> Any:
    """A set of `values` that iterates in another order than `kind(values)`, if one is found.

    The order depends on the size of the hash table. A symmetric difference with fillers leaves
    the table as large as it was with them; some size nearly always moves some element.
    """
    plain = list(kind(values))
    disturbed = kind(values)
    for size in (64, 512, 4096):
        fillers = kind(object() for _ in range(size))
        disturbed = kind((*reversed(values), *fillers)) ^ fillers
        if len(values) < 2 or list(disturbed) != plain:
            break
    return disturbed


def _refusal(value: object, path: str) -> FreezeError:
    kind = type(value)
    if callable(value):
        advice = "a function or class cannot be compared by content; store a name or an enum"
    else:
        advice = _ADVICE.get(
            kind,
            "use plain values (int, str, tuple, dict, …), an enum, a dataclass or a NamedTuple",
        )
    return FreezeError(
        f"{path} = {_shown(value)} is a {kind.__name__}, which cannot be part of a state: {advice}."
    )


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
    return text if len(text) <= 120 else text[:117] + "…"
