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
from collections.abc import Iterable
from typing import Any, TypeAlias

from .errors import FreezeError
from .facts import Fact

Frozen: TypeAlias = Any
"""None, an int, a str, bytes, or a tuple `(kind, *parts)`; always hashable."""

_PLAIN = (type(None), int, str, bytes)
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
    def __init__(self, allow_aliases: bool) -> None:
        self.allow_aliases = allow_aliases
        self.mutables: dict[int, tuple[str, object]] = {}  # id -> (path, kept alive)
        self.open: set[int] = set()

    def freeze(self, value: Any, path: str) -> Frozen:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is bool:
            return (bool, int(value))
        if isinstance(value, enum.Enum):
            return (kind, value.value if isinstance(value, enum.Flag) else value.name)
        if id(value) in self.open:
            raise FreezeError(f"{path} contains itself; a state must be a finite tree of values.")
        if _is_mutable(value):
            self._note_alias(value, path)
        self.open.add(id(value))
        try:
            return self._container(kind, value, path)
        finally:
            self.open.discard(id(value))

    def _container(self, kind: Any, value: Any, path: str) -> Frozen:
        if kind is tuple or kind is list:
            return (kind, *(self.freeze(part, f"{path}[{i}]") for i, part in enumerate(value)))
        if kind is set or kind is frozenset:
            parts = [self.freeze(part, f"an element of {path}") for part in value]
            return (kind, *sorted(parts, key=canonical_order))
        if kind is dict:
            items = [
                (self.freeze(key, f"a key of {path}"), self.freeze(item, f"{path}[{key!r}]"))
                for key, item in value.items()
            ]
            return (kind, *sorted(items, key=lambda item: canonical_order(item[0])))
        if isinstance(value, tuple) and hasattr(kind, "_fields"):
            self._refuse_strangers(value, (), path)
            return (kind, *self._fields(value, kind._fields, path))
        if isinstance(value, Fact):
            return (kind, *self._fields(value, kind._fields, path))
        if dataclasses.is_dataclass(kind) and not isinstance(value, _BUILT_IN):
            names = _field_names(kind)
            self._refuse_strangers(value, names, path)
            return (kind, *self._fields(value, names, path))
        raise _refusal(value, path)

    def _refuse_strangers(self, value: object, names: tuple[str, ...], path: str) -> None:
        strangers = sorted(getattr(value, "__dict__", {}).keys() - set(names))
        if strangers:
            raise FreezeError(
                f"{path}.{strangers[0]} was set but {type(value).__name__} has no such field; "
                f"declare it in the dataclass so that it becomes part of the state."
            )

    def _fields(self, value: object, names: Iterable[str], path: str) -> list[Frozen]:
        missing = [name for name in names if not hasattr(value, name)]
        if missing:
            raise FreezeError(
                f"{path}.{missing[0]} is declared but has no value; give it a default."
            )
        return [self.freeze(getattr(value, name), f"{path}.{name}") for name in names]

    def _note_alias(self, value: object, path: str) -> None:
        known = id(value) in self.mutables
        first = self.mutables.setdefault(id(value), (path, value))[0]
        if known and not self.allow_aliases:
            raise FreezeError(
                f"{first} and {path} are one and the same {type(value).__name__} object "
                f"({_shown(value)}). A state keeps values, not identity, so the two would part "
                f"after this step; store a copy in one of them."
            )


def thaw(frozen: Frozen, *, disturb: bool = False) -> Any:
    """Rebuild a value from its frozen form; nothing mutable is shared with any other copy.

    `disturb=True` builds dicts and sets so that they iterate in another order where Python
    permits. Content is the same; code whose outcome depends on that order gives itself away.
    """
    if not isinstance(frozen, tuple):
        return frozen
    kind, parts = frozen[0], frozen[1:]
    if kind is bool:
        return bool(parts[0])
    if issubclass(kind, enum.Enum):
        return kind(parts[0]) if issubclass(kind, enum.Flag) else kind[parts[0]]
    if kind is dict:
        pairs = reversed(parts) if disturb else parts
        return {thaw(key, disturb=disturb): thaw(item, disturb=disturb) for key, item in pairs}
    values = [thaw(part, disturb=disturb) for part in parts]
    if kind is set or kind is frozenset:
        return _disturbed(kind, values) if disturb else kind(values)
    if kind is tuple or kind is list:
        return kind(values)
    if issubclass(kind, tuple):
        return kind._make(values)
    names = kind._fields if issubclass(kind, Fact) else _field_names(kind)
    return rebuild(kind, dict(zip(names, values, strict=True)))


def rebuild(kind: type, fields: dict[str, Any]) -> Any:
    """An instance of `kind` with these fields, made without running `__init__`."""
    copy: Any = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(copy, name, value)
    return copy


def mutable_parts(value: object, path: str) -> dict[int, tuple[str, object]]:
    """Every mutable object inside `value`: id -> (path, the object). Raises as `freeze` does."""
    freezer = _Freezer(allow_aliases=False)
    freezer.freeze(value, path)
    return freezer.mutables


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


def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _is_mutable(value: object) -> bool:
    if isinstance(value, (list, dict, set)):
        return True
    parameters: Any = getattr(type(value), "__dataclass_params__", None)
    return parameters is not None and not parameters.frozen


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
