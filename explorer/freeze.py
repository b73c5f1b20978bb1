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
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias

from .asking import in_words_or, shown
from .errors import FreezeError
from .facts import Fact

Frozen: TypeAlias = Any
"""None, an int, a str, bytes, or a tuple `(kind, *parts)`; always hashable."""

# The frozen forms, by id, of objects that need not be looked into.
KNOWN: dict[int, Frozen] = {id(True): (bool, 1), id(False): (bool, 0)}
PLAIN = frozenset({type(None), int, str, bytes})
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
        return Freezer(allow_aliases, KNOWN).freeze(value, where)
    except RecursionError:
        raise too_deep(where) from None


class Freezer:
    """One freezing of one value: which mutable objects it met, and what it is inside of.

    `known` has the frozen forms, by id, of objects that cannot change and that stay alive.
    """

    __slots__ = ("allow_aliases", "known", "mutables", "open")

    def __init__(self, allow_aliases: bool, known: dict[int, Frozen]) -> None:
        self.allow_aliases = allow_aliases
        self.known = known
        self.mutables: dict[int, tuple[_Path, object]] = {}  # id -> (path, kept alive)
        self.open: set[int] = set()

    def freeze(self, value: Any, path: _Path) -> Frozen:
        kind: Any = type(value)
        if kind in PLAIN:
            return value
        if id(value) in self.known:
            return self.known[id(value)]
        return _way_to_freeze(kind)(self, value, path)

    def freeze_parts(
        self, parts: Iterable[Any], path: _Path, form: str, labels: Sequence[Any] | None
    ) -> list[Frozen]:
        known = self.known
        frozen = list(parts)
        for at, part in enumerate(frozen):
            if type(part) in PLAIN:
                continue
            if id(part) in known:
                frozen[at] = known[id(part)]
            else:
                frozen[at] = self.freeze(part, (path, form, labels[at] if labels else at))
        return frozen

    def enter(self, value: object, path: _Path, mutable: bool) -> None:
        if id(value) in self.open:
            raise FreezeError(
                f"{_text_of(path)} contains itself; a state must be a finite tree of values."
            )
        if mutable:
            self.note(value, path)
        self.open.add(id(value))

    def note(self, value: object, path: _Path) -> None:
        """Note a mutable object; refuse one that was noted before."""
        first = self.mutables.get(id(value))
        if first is None:
            self.mutables[id(value)] = (path, value)
        elif not self.allow_aliases:
            raise FreezeError(
                f"{_text_of(first[0])} and {_text_of(path)} are one and the same "
                f"{type(value).__name__} object ({_shown(value)}). A state keeps values, not "
                f"identity, so the two would part after this step; store a copy in one of them."
            )


# -- how each class is frozen: decided once for each class -----------------------------------------

_Path: TypeAlias = Any
"""Where a part stands, put into words only if something is wrong there: a str, or a tuple
`(path of the whole, form, label)` with a form such as `"{0}.{1}"`."""

_WayToFreeze: TypeAlias = Callable[[Freezer, Any, _Path], Frozen]


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
    if _is_dataclass(kind) and not issubclass(kind, _BUILT_IN):
        names = field_names(kind)
        return _record_freezer(kind, names, declared=frozenset(names))
    return _refuse


def _freeze_member(freezer: Freezer, value: Any, path: _Path) -> Frozen:
    return (type(value), value.name)


def _freeze_flag(freezer: Freezer, value: Any, path: _Path) -> Frozen:
    return (type(value), value.value)


def _refuse(freezer: Freezer, value: Any, path: _Path) -> Frozen:
    raise _refusal(value, _text_of(path))


def _record_freezer(
    kind: Any, names: tuple[str, ...], declared: frozenset[str] | None
) -> _WayToFreeze:
    """How to freeze instances of `kind`, whose fields are `names`.

    `declared` are the names that its instances' `__dict__` may hold; None: whatever they like.
    """
    values_of = _getter(names)
    checked = declared if _has_dict(kind) else None

    def take_apart(value: Any, path: _Path) -> Sequence[Any]:
        if checked is not None and not value.__dict__.keys() <= checked:
            raise _stranger(value, checked, path)
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

    def freeze_row(freezer: Freezer, value: Any, path: _Path) -> Frozen:
        parts = take_apart(value, path)
        if PLAIN.issuperset(map(type, parts)):  # so it cannot contain itself
            if mutable:
                freezer.note(value, path)
            return (kind, *parts)
        freezer.enter(value, path, mutable)
        frozen = freezer.freeze_parts(parts, path, form, labels)
        freezer.open.discard(id(value))
        return (kind, *frozen)

    return freeze_row


def _set_freezer(kind: Any) -> _WayToFreeze:
    mutable = _is_mutable(kind)

    def freeze_set(freezer: Freezer, value: Any, path: _Path) -> Frozen:
        freezer.enter(value, path, mutable)
        parts = freezer.freeze_parts(value, path, "an element of {0}", None)
        freezer.open.discard(id(value))
        return (kind, *sorted(parts, key=_order_of(parts)))

    return freeze_set


def _freeze_dict(freezer: Freezer, value: Any, path: _Path) -> Frozen:
    if not value:
        freezer.note(value, path)
        return (dict,)
    freezer.enter(value, path, True)
    keys, items = list(value), list(value.values())
    if PLAIN.issuperset(map(type, keys)):
        items = freezer.freeze_parts(items, path, "{0}[{1!r}]", keys)
    else:
        for at, (key, item) in enumerate(value.items()):
            keys[at] = freezer.freeze(key, (path, "a key of {0}", None))
            (items[at],) = freezer.freeze_parts((item,), path, "{0}[{1!r}]", (key,))
    freezer.open.discard(id(value))
    pairs = list(zip(keys, items, strict=True))
    if len(pairs) > 1:
        plain = _order_of(keys) is None
        pairs.sort(key=_key_of if plain else _order_of_key)
    return (dict, *pairs)


_key_of = itemgetter(0)


def _order_of_key(pair: tuple[Frozen, Frozen]) -> tuple[Any, ...]:
    return canonical_order(pair[0])


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
    if type(frozen) is not tuple:
        return frozen
    return way_to_thaw(frozen[0])(frozen, disturb)


# -- how each class is thawed: decided once for each class -----------------------------------------

_WayToThaw: TypeAlias = Callable[[tuple[Any, ...], bool], Any]


@lru_cache(maxsize=1024)
def way_to_thaw(kind: Any) -> _WayToThaw:
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
        return lambda frozen, disturb: kind(_thaw_parts(frozen[1:], disturb))
    if issubclass(kind, tuple):
        return lambda frozen, disturb: kind._make(_thaw_parts(frozen[1:], disturb))
    names = _record_names(kind)
    return lambda frozen, disturb: rebuild(kind, names, _thaw_parts(frozen[1:], disturb))


def _set_thawer(kind: Any) -> _WayToThaw:
    def thaw_set(frozen: tuple[Any, ...], disturb: bool) -> Any:
        values = _thaw_parts(frozen[1:], disturb)
        return disturbed_set(kind, values) if disturb else kind(values)

    return thaw_set


def _thaw_parts(parts: tuple[Frozen, ...], disturb: bool) -> Sequence[Any]:
    # A loop and no comprehension: thawing must not need more Python frames for each level than
    # freezing, so that what was frozen can be thawed.
    if tuple not in map(type, parts):
        return parts
    values = list(parts)
    for at, part in enumerate(values):
        if type(part) is tuple:
            values[at] = way_to_thaw(part[0])(part, disturb)
    return values


def _thaw_dict(frozen: tuple[Any, ...], disturb: bool) -> dict[Any, Any]:
    pairs = reversed(frozen[1:]) if disturb else frozen[1:]
    thawed = {}
    for key, item in pairs:
        thawed[thaw(key, disturb=disturb)] = thaw(item, disturb=disturb)
    return thawed


def rebuild(kind: type, names: Iterable[str], values: Iterable[Any]) -> Any:
    """An instance of `kind` with these fields, made without running `__init__`."""
    copy: Any = object.__new__(kind)
    for name, value in zip(names, values, strict=True):
        object.__setattr__(copy, name, value)
    return copy


def is_unchanging(frozen: Frozen) -> bool:
    """Whether nobody can change the thawed value, not even by setting an attribute on it."""
    if type(frozen) is not tuple:
        return True
    kind = frozen[0]
    if kind is bool or issubclass(kind, enum.Enum):
        return True
    fixed = kind is frozenset or (issubclass(kind, tuple) and not _has_dict(kind))
    return fixed and all(map(is_unchanging, frozen[1:]))


@lru_cache(maxsize=1024)
def is_plain_record(kind: Any) -> bool:
    """Whether its instances are mutable, and their fields are what their `__dict__` holds."""
    if not (_is_dataclass(kind) and _is_mutable(kind) and _has_dict(kind)):
        return False
    names = set(field_names(kind))
    attributes = [
        base.__dict__[name] for base in kind.__mro__ for name in names & vars(base).keys()
    ]
    managed = any(hasattr(one, "__set__") or hasattr(one, "__delete__") for one in attributes)
    return not managed and kind.__getattribute__ is object.__getattribute__


def mutable_parts(value: object, path: str) -> dict[int, tuple[str, object]]:
    """Every mutable object inside `value`: id -> (path, the object). Raises as `freeze` does."""
    freezer = Freezer(allow_aliases=False, known=KNOWN)
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
    if issubclass(kind, tuple) and kind.__str__ is not object.__str__:
        return _in_its_own_words(frozen)
    inner = ", ".join(map(show, parts))
    if kind is tuple:
        return f"({inner},)" if len(parts) == 1 else f"({inner})"
    if kind is list:
        return f"[{inner}]"
    if kind is set or kind is frozenset:
        return "{" + inner + "}" if parts else f"{kind.__name__}()"
    return f"{kind.__name__}({inner})"


def _in_its_own_words(frozen: Frozen) -> str:
    """The text of a NamedTuple that has a `__str__` of its own."""
    kind = frozen[0]
    otherwise = f"{kind.__name__}(… its __str__ raised {{}})"
    return in_words_or(lambda: str(thaw(frozen)), otherwise)


def fields_of(frozen: Frozen) -> dict[str, Frozen]:
    """Field name -> frozen value, of a frozen dataclass or NamedTuple; {} for anything else."""
    if not isinstance(frozen, tuple):
        return {}
    kind = frozen[0]
    if issubclass(kind, (Fact, tuple)) and hasattr(kind, "_fields"):
        return dict(zip(kind._fields, frozen[1:], strict=True))
    if _is_dataclass(kind):
        return dict(zip(field_names(kind), frozen[1:], strict=True))
    return {}


def _record_names(kind: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = kind._fields if issubclass(kind, Fact) else field_names(kind)
    return names


@lru_cache(maxsize=1024)
def field_names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _is_dataclass(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind)


def _is_mutable(kind: Any) -> bool:
    parameters: Any = getattr(kind, "__dataclass_params__", None)
    return issubclass(kind, (list, dict, set)) or (parameters is not None and not parameters.frozen)


@lru_cache(maxsize=1024)
def _has_dict(kind: type) -> bool:
    return any("__dict__" in base.__dict__ for base in kind.__mro__)


def disturbed_set(kind: type[set[Any]] | type[frozenset[Any]], values: Sequence[Any]) -> Any:
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


def too_deep(where: str) -> FreezeError:
    return FreezeError(
        f"{where} is nested too deeply to be part of a state; keep long chains in a flat list."
    )


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
    text = shown(value)
    return text if len(text) <= 120 else text[:117] + "…"
