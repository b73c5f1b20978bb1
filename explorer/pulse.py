"""Pulses: a request to each of several actors, whose answers are handed back all at once.

What multi-request rounds build on, and, sent to one actor, a remote procedure call. Requests and
answers are messages like any other: the explorer delivers them one by one, in every order, and
whatever the network and the faults of the model do to messages they do to these. A pulse is
reliable in this: no request is answered twice, no answer counts twice, and none counts for another
pulse. Whether all requests arrive is for the network to say; `retries` send them again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .actor import Actor, refuse
from .faults import durable


class Request(NamedTuple):
    """The message that asks. `number` tells the pulses of one actor apart."""

    pulse: str
    number: int
    body: Any


class Answer(NamedTuple):
    """The message that answers a request."""

    pulse: str
    number: int
    body: Any


@dataclass
class Pulse:
    """A pulse on its way: whom it still waits for, and the answers so far, by actor."""

    number: int
    request: Any
    missing: set[str]
    answers: dict[str, Any]
    retries: int


@dataclass
class Pulsing(Actor):
    """Base class of actors that send pulses, or answer them.

        @dataclass
        class Leader(Pulsing):
            members: list[str]

            def start(self):
                self.pulse(self.members, Prepare(1))

            def pulsed(self, name, request, answers):
                if len(answers) == len(self.members): ...

        @dataclass
        class Member(Pulsing):
            def answer(self, request, sender):
                return Promise(1)

    A subclass that has messages or timers besides overrides `receive` or `timeout` and leaves what
    it does not know to `super()`. How far pulses are is part of the local state. In a crash the
    pulses on their way are forgotten; their numbers, and what was answered, are not.
    """

    pulses: dict[str, Pulse] = field(default_factory=dict, init=False)
    pulses_sent: int = durable(0, init=False)
    pulses_answered: dict[tuple[str, str], tuple[int, Any]] = durable(
        default_factory=dict, init=False
    )

    # -- what subclasses write -----------------------------------------------------------------

    def answer(self, request: Any, sender: str) -> Any:
        """Runs when a request is delivered, once for each; what it returns is sent back, None
        excepted: then there is no answer."""

    def pulsed(self, name: str, request: Any, answers: dict[str, Any]) -> None:
        """Runs when a pulse is complete: everyone answered, or its time was up. `answers` is by
        actor; who did not answer is not in it."""

    # -- what they call ------------------------------------------------------------------------

    def pulse(
        self,
        to: Iterable[str],
        request: Any,
        name: str = "pulse",
        *,
        times_out: bool = False,
        retries: int = 0,
    ) -> None:
        """Send `request` to each of the actors `to`.

        A pulse that is on its way under the same name is abandoned. With `times_out` or `retries` a
        timer of this name is armed. When it fires, the request is sent again to those who did not
        answer, `retries` times; after that the pulse is complete with the answers it has.

        Raises HandlerError if `to` is empty or names an actor that is not in the model.
        """
        if isinstance(to, str):
            refuse(self, "pulse", f"takes a collection of ids and got the string {to!r}")
        missing = set(to)
        if not missing:
            refuse(self, "pulse", "to nobody: nobody could answer, and it would never be complete")
        if not isinstance(name, str) or not name:
            refuse(self, "pulse", f"takes a name, a string that is not empty; got {name!r}")
        if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
            refuse(self, "pulse", f"takes a number of retries from 0 on; got {retries!r}")
        self.abandon(name)
        self.pulses_sent += 1
        self.pulses[name] = Pulse(self.pulses_sent, request, missing, {}, retries)
        self._ask(name)
        if times_out or retries:
            self.set_timer(name)

    def abandon(self, name: str = "pulse") -> None:
        """Take no more answers to the pulse `name`; if there is none nothing changes."""
        if self.pulses.pop(name, None) is not None:
            self.cancel_timer(name)

    # -- handlers ------------------------------------------------------------------------------

    def receive(self, message: Any, sender: str) -> None:
        match message:
            case Request(name, number, body):
                self._serve(name, number, body, sender)
            case Answer(name, number, body):
                self._take(name, number, body, sender)

    def timeout(self, name: str) -> None:
        pulse = self.pulses.get(name)
        if pulse is None:
            return
        if pulse.retries:
            pulse.retries -= 1
            self._ask(name)
            self.set_timer(name)
        else:
            self._complete(name)

    def _ask(self, name: str) -> None:
        pulse = self.pulses[name]
        for one in sorted(pulse.missing):
            self.send(one, Request(name, pulse.number, pulse.request))

    def _serve(self, name: str, number: int, body: Any, sender: str) -> None:
        last, answer = self.pulses_answered.get((sender, name), (0, None))
        if number < last:  # its sender has abandoned it
            return
        if number > last:
            answer = self.answer(body, sender)
            self.pulses_answered[sender, name] = number, answer
        if answer is not None:
            self.send(sender, Answer(name, number, answer))

    def _take(self, name: str, number: int, body: Any, sender: str) -> None:
        pulse = self.pulses.get(name)
        if pulse is None or number != pulse.number or sender not in pulse.missing:
            return
        pulse.missing.remove(sender)
        pulse.answers[sender] = body
        if not pulse.missing:
            self._complete(name)

    def _complete(self, name: str) -> None:
        pulse = self.pulses[name]
        self.abandon(name)
        self.pulsed(name, pulse.request, pulse.answers)
