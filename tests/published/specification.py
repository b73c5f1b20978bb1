"""Specifications in the manner of TLA+: variables that all processes share, and actions on them.

No actor of Islander sees another's fields, so a specification whose actions read them is one actor,
whose fields are the variables. It has one timer. When that fires the actor chooses among the
actions that are enabled and takes it; the timer is armed whenever an action is enabled, so whether
it is follows from the variables and tells no two states apart.

What TLC reports then compares as follows. Its *distinct states* are `states`. Its *total states*
are the initial states and the successors it made, those included that equal the state they came
from: `transitions` and one more. It makes a successor for every way to satisfy the action, that is
also for every quorum or message that an existential quantifier may stand for, even if the successor
does not tell them apart. Hence `actions()` yields an action as often as that. Its *depth* counts
the states of a path, not the steps: `depth` and one more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from islander import Actor

Action: TypeAlias = tuple[str | int, ...]
"""The name of the method that takes it, and the arguments."""


@dataclass
class Specification(Actor):
    def actions(self) -> Iterator[Action]:
        """The enabled actions, each once for every way in which it is."""
        raise NotImplementedError

    def start(self) -> None:
        self.go_on()

    def timeout(self, name: str) -> None:
        method, *arguments = self.choose(list(self.actions()))
        getattr(self, str(method))(*arguments)
        self.go_on()

    def go_on(self) -> None:
        if next(self.actions(), None):
            self.set_timer("next")
