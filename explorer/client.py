"""Clients: actors that issue the operations of a script, in every order that it leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .actor import Actor
from .errors import ModelError
from .faults import durable


class Operation(NamedTuple):
    """Something that a client asks for: a message to an actor."""

    to: str
    message: Any


@dataclass
class Client(Actor):
    """Issues each operation of its script once, whenever it likes.

        "c1": Client([("s1", Put("x")), ("s2", Get())])

    in_order       issue them as they stand in the script, not in any order
    one_at_a_time  issue the next one only once the last one was answered, by whatever message is
                   the first to arrive after it

    `answers` has what arrived, by the number of the operation, from 1 on; a client that does more
    than one thing at a time cannot tell what answers what, and keeps nothing. Operations are
    issued by timers, "operation 1" and so on: a client named in `Model.timers_wait` would wait. In
    a crash a client forgets nothing.
    """

    script: Sequence[tuple[str, Any]]
    in_order: bool = False
    one_at_a_time: bool = True
    to_issue: set[int] = durable(default_factory=set, init=False)
    unanswered: int = durable(0, init=False)
    answers: dict[int, Any] = durable(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if isinstance(self.script, str) or not isinstance(self.script, Iterable):
            raise ModelError(f"a Client's script is a list of operations; got {self.script!r}.")
        operations = []
        for number, item in enumerate(self.script, 1):
            if not isinstance(item, tuple) or len(item) != 2 or not isinstance(item[0], str):
                raise ModelError(
                    f"a Client's script has pairs of an actor's id and a message to it; "
                    f"operation {number} is {item!r}."
                )
            operations.append(Operation(*item))
        self.script = tuple(operations)
        self.to_issue = set(range(1, len(operations) + 1))

    def start(self) -> None:
        self._get_ready()

    def timeout(self, name: str) -> None:
        number = next((n for n in self.to_issue if _timer(n) == name), None)
        if number is None:
            return
        self.to_issue.remove(number)
        if self.one_at_a_time:
            self.unanswered = number
            for other in self.to_issue:
                self.cancel_timer(_timer(other))
        else:
            self._get_ready()
        self.send(*self.script[number - 1])

    def receive(self, message: Any, sender: str) -> None:
        if self.unanswered:
            self.answers[self.unanswered] = message
            self.unanswered = 0
            self._get_ready()

    def recover(self) -> None:
        if not self.unanswered:
            self._get_ready()

    def _get_ready(self) -> None:
        ready = sorted(self.to_issue)
        for number in ready[:1] if self.in_order else ready:
            self.set_timer(_timer(number))


def _timer(number: int) -> str:
    return f"operation {number}"
