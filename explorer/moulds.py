"""Moulds: making many copies of frozen values, that share what nobody can change."""

from __future__ import annotations

from typing import Any, NamedTuple

from .freeze import (
    KNOWN,
    PLAIN,
    Freezer,
    Frozen,
    disturbed_set,
    field_names,
    freeze,
    is_plain_record,
    is_unchanging,
    thaw,
    too_deep,
    way_to_thaw,
)


class Vault:
    """Values that cannot be changed, one for each frozen form, and their frozen forms by id.

    What is in it is thawed once, and never looked into again when it is to be frozen: a log that
    gets one more entry costs what that entry costs.
    """

    __slots__ = ("_values", "disturb", "known")

    def __init__(self, disturb: bool) -> None:
        self.disturb = disturb
        self.known: dict[int, Frozen] = dict(KNOWN)
        self._values: dict[Frozen, Any] = {}  # keeps alive what `known` names

    def has(self, frozen: Frozen) -> bool:
        """Whether this was thawed before."""
        return frozen in self._values

    def thaw(self, frozen: Frozen) -> Any:
        """The value of `frozen`, which cannot be changed."""
        if type(frozen) is not tuple:
            return frozen
        value = self._values.get(frozen)
        if value is None:
            self._values[frozen] = value = self._thawed(frozen[0], frozen)
            self.known[id(value)] = frozen
        return value

    def _thawed(self, kind: Any, frozen: tuple[Any, ...]) -> Any:
        if kind is not frozenset and not issubclass(kind, tuple):
            return way_to_thaw(kind)(frozen, self.disturb)
        parts = list(frozen[1:])
        for at, part in enumerate(parts):  # a loop, which needs no frame of its own
            if type(part) is tuple:
                parts[at] = self.thaw(part)
        if kind is frozenset:
            return disturbed_set(kind, parts) if self.disturb else kind(parts)
        return kind(parts) if kind is tuple else kind._make(parts)


class Vaults(NamedTuple):
    """What plain copies share, and what disturbed ones share."""

    plain: Vault
    disturbed: Vault

    @classmethod
    def new(cls) -> Vaults:
        return cls(Vault(disturb=False), Vault(disturb=True))


class Mould:
    """Makes copies of one frozen value, as `thaw` does, that share what cannot change in them."""

    __slots__ = ("_changing", "_disturb", "_fields", "_frozen", "_kind", "_vault", "_whole")

    def __init__(self, frozen: Frozen, vault: Vault) -> None:
        self._frozen = frozen
        self._vault = vault
        self._disturb = vault.disturb
        self._whole: Any = None  # the value, if it cannot change
        self._kind: Any = None  # of a record, if its copies can be filled all at once
        self._fields: dict[str, Any] = {}
        self._changing: list[tuple[str, Frozen]] = []
        if type(frozen) is tuple and is_plain_record(frozen[0]):
            self._kind = frozen[0]
            self._fields = dict(zip(field_names(self._kind), frozen[1:], strict=True))
            if tuple in map(type, frozen):
                self._thaw_fixed()
        elif vault.has(frozen) or is_unchanging(frozen):
            self._whole = vault.thaw(frozen)

    def _thaw_fixed(self) -> None:
        for name, part in self._fields.items():
            if type(part) is not tuple:
                continue
            if self._vault.has(part) or is_unchanging(part):
                self._fields[name] = self._vault.thaw(part)
            else:
                self._changing.append((name, part))

    def copy(self) -> Any:
        """Another copy."""
        if self._whole is not None:
            return self._whole
        if self._kind is None:
            return thaw(self._frozen, disturb=self._disturb)
        copy: Any = object.__new__(self._kind)
        fields = copy.__dict__
        fields.update(self._fields)
        for name, part in self._changing:
            fields[name] = way_to_thaw(part[0])(part, self._disturb)
        return copy

    def freeze(self, copy: Any, where: str) -> Frozen:
        """`freeze` of a copy, whatever was done to it; parts that are still shared cost little."""
        if type(copy) is not self._kind or list(copy.__dict__) != list(self._fields):
            return freeze(copy, where)
        try:
            return (self._kind, *self._freeze_fields(copy, where))
        except RecursionError:
            raise too_deep(where) from None

    def _freeze_fields(self, copy: Any, where: str) -> list[Frozen]:
        freezer: Freezer | None = None
        known = self._vault.known
        parts = list(copy.__dict__.values())
        for at, part in enumerate(parts):
            if type(part) in PLAIN:
                continue
            if id(part) in known:
                parts[at] = known[id(part)]
                continue
            if freezer is None:
                freezer = Freezer(False, known)
                freezer.enter(copy, where, mutable=True)
            parts[at] = freezer.freeze(part, (where, "{0}.{1}", list(self._fields)[at]))
        return parts


class Moulds(NamedTuple):
    """The two moulds of a value, for plain and for disturbed copies.

    They share nothing that has an identity of its own, so that code which reads identities gives
    itself away.
    """

    plain: Mould
    disturbed: Mould

    @classmethod
    def of(cls, frozen: Frozen, vaults: Vaults | None = None) -> Moulds:
        """The moulds of `frozen`; parts that cannot change are taken from `vaults`."""
        plain, disturbed = vaults or Vaults.new()
        return cls(Mould(frozen, plain), Mould(frozen, disturbed))
