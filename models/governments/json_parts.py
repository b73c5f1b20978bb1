"""A part of a JSON document that knows where it stands, and asks what it is.

Every question is answered with a value of that kind, or with a WireError that names the part, as
in "request.sync.commits[0].promise".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from . import wire
from .promises import Promise, PromiseError
from .records import Arrived
from .wire import MOST_LETTERS, NO_ARRIVAL, Json, WireError

Read = TypeVar("Read")


@dataclass(frozen=True)
class Part:
    """A part of a document, and where in the document it stands."""

    json: Json
    path: str

    def refuse(self, problem: str) -> WireError:
        return WireError(f"{self.path}: {problem}")

    def has(self, name: str) -> bool:
        return isinstance(self.json, dict) and name in self.json

    def fields(self, *needed: str, optional: Sequence[str] = ()) -> dict[str, Part]:
        """The parts of an object that has these fields, and may have the optional ones."""
        parts = self.members()
        for name in needed:
            if name not in parts:
                raise self.refuse(f"it has no {name!r}.")
        for name in parts:
            if name not in needed and name not in optional:
                raise self.refuse(f"{_shown(name)} is none of its fields.")
        return parts

    def members(self) -> dict[str, Part]:
        if not isinstance(self.json, dict):
            raise self.refuse(f"{_shown(self.json)} is no object.")
        for name in self.json:
            if not isinstance(name, str):
                raise self.refuse(f"the key {_shown(name)} is no string.")
        return {name: Part(one, part_of(self.path, name)) for name, one in self.json.items()}

    def items(self) -> tuple[Part, ...]:
        if not isinstance(self.json, list):
            raise self.refuse(f"{_shown(self.json)} is no list.")
        return tuple(Part(one, f"{self.path}[{at}]") for at, one in enumerate(self.json))

    def unless_null(self, read: Callable[[Part], Read]) -> Read | None:
        return None if self.json is None else read(self)

    def text(self) -> str:
        if not isinstance(self.json, str):
            raise self.refuse(f"{_shown(self.json)} is no string.")
        if len(self.json) > MOST_LETTERS:
            raise self.refuse(f"a name of more than {MOST_LETTERS:,} letters is not read.")
        return self.json

    def flag(self) -> bool:
        if not isinstance(self.json, bool):
            raise self.refuse(f"{_shown(self.json)} is neither true nor false.")
        return self.json

    def position(self) -> int:
        if not isinstance(self.json, int) or isinstance(self.json, bool) or self.json < 0:
            raise self.refuse(f"{_shown(self.json)} is no position in a list.")
        return self.json

    def value(self) -> Any:
        return wire.json_value(self.json, self.path)

    def must_be(self, json: Json) -> None:
        if self.json != json or isinstance(self.json, bool) != isinstance(json, bool):
            raise self.refuse(f"it must be {_shown(json)} here; got {_shown(self.json)}.")

    def names(self) -> tuple[str, ...]:
        """A list of strings, none of them twice."""
        names = tuple(part.text() for part in self.items())
        if len(set(names)) < len(names):
            raise self.refuse(f"it names someone twice: {_shown(list(names))}.")
        return names

    def promise(self) -> Promise:
        try:
            return Promise.parse(self.json)
        except PromiseError as error:
            raise self.refuse(str(error)) from error

    def government(self) -> Promise:
        promise = self.promise()
        if not promise.is_government:
            raise self.refuse(f"{promise} is no government; those end in /0.")
        return promise

    def arrival(self) -> Arrived:
        return None if self.json == NO_ARRIVAL else self.government()


def part_of(path: str, name: str) -> str:
    """The path of the part that is called `name`."""
    return path + _key(name)


def _key(name: str) -> str:
    return f".{name}" if name.isidentifier() and len(name) <= 40 else f"[{_shown(name)}]"


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)) and value:
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    text = json.dumps(value, default=repr)
    return text if len(text) <= 40 else text[:37] + "..."
