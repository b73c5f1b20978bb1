"""What ships: each model with its factory and its seeded bugs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..explorer import Model


@dataclass(frozen=True)
class Bug:
    """A seeded bug: what it does wrong, the property it violates, in how many steps at least, and
    the parameters of the smallest instance that shows it."""

    summary: str
    violates: str
    steps: int
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A model that ships. `factory` takes its parameters, among them `bug`, by name."""

    summary: str
    factory: Callable[..., Model]
    bugs: Mapping[str, Bug] = field(default_factory=dict)
