"""A random model as plain data: what both sides read, Islander's and the explorer that checks it.

Actors are called by their ids, messages and facts are small numbers, and what a handler does is a
tree of effects and choices. `explorer` walks such data by itself; `actors` makes a Model of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

LAST = 3
"""The last phase."""

Effect: TypeAlias = tuple[Any, ...]
"""One of ("climb",), ("phase", n), ("keep", n), ("see", n), ("send", to, message),
("broadcast", ids, message), ("arm", timer), ("cancel", timer) and ("record", fact)."""


class Node(NamedTuple):
    """What a handler does: these effects, and then, if there are branches, it chooses one."""

    effects: tuple[Effect, ...] = ()
    branches: tuple[Node, ...] = ()


class Rule(NamedTuple):
    """What happens on an event of this kind ("start", "receive", "timeout", "crash", "recover")
    about this message or timer, in this phase and with this kept number; None: in any. Of several
    rules that fit, the first counts; where none fits, nothing happens."""

    kind: str
    what: int | str | None
    phase: int | None
    kept: int | None
    node: Node

    def fits(self, kind: str, what: int | str | None, phase: int, kept: int) -> bool:
        """Whether it says what happens."""
        return (
            self.kind == kind
            and self.what in (None, what)
            and self.phase in (None, phase)
            and self.kept in (None, kept)
        )


class Role(NamedTuple):
    """One actor: how it begins, what it does, which facts hold in which phase, and what it drops:
    (whether it sent it, message, phase), None if it has no such method."""

    rules: tuple[Rule, ...]
    phase: int = 0
    kept: int = 0
    facts: tuple[tuple[int, int], ...] = ()  # (phase, fact)
    drops: frozenset[tuple[bool, int, int]] | None = None


class Claim(NamedTuple):
    """A property: `kind` is the class that it is made of, and `about` what it says, which
    `explorer.satisfies` defines."""

    name: str
    kind: str
    about: tuple[Any, ...]


class System(NamedTuple):
    """A whole model. `faults` are the arguments of `Faults`, `waits` is `timers_wait`; `payload`
    says of which type messages are, and `offers` in what options are offered to `choose`."""

    roles: dict[str, Role]
    network: str  # "bag", "set" or "fifo"
    keep_ignored: bool
    faults: dict[str, Any]
    waits: bool | tuple[str, ...]
    claims: tuple[Claim, ...]
    payload: str = "str"
    offers: str = "tuple"
