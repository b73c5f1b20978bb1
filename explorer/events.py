"""Events: all that can happen in one step, to an actor or in the network."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

from .moulds import Moulds, Vaults
from .network import Envelope

NOBODY = ""
"""Stands where an actor's id does, in the steps that the network takes: no actor has it."""


class Deliver:
    """The event, and action, of handing an envelope to its receiver."""

    __slots__ = ("envelope", "moulds")

    def __init__(self, envelope: Envelope, vaults: Vaults | None = None) -> None:
        self.envelope = envelope
        self.moulds = Moulds.of(envelope.payload, vaults)

    @property
    def actor(self) -> str:
        """The actor that takes the step: the receiver."""
        return self.envelope.receiver

    @property
    def sender(self) -> str:
        return self.envelope.sender

    @property
    def message(self) -> Any:
        """A fresh copy of the message."""
        return self.envelope.message

    def __repr__(self) -> str:
        return repr(self.envelope)


class Timeout:
    """The event, and action, of an armed timer firing; `budget` is what that costs."""

    __slots__ = ("actor", "budget", "name")

    def __init__(self, actor: str, name: str, budget: str | None = None) -> None:
        self.actor = actor
        self.name = name
        self.budget = budget

    def __repr__(self) -> str:
        return f"{self.actor}: timer {self.name!r} fires"


class Start:
    """The making of an actor's first local state; no step."""

    __slots__ = ("actor",)

    def __init__(self, actor: str) -> None:
        self.actor = actor

    def __repr__(self) -> str:
        return f"{self.actor} starts"


class ActorFault:
    """The event of an actor crashing, stopping, or recovering from a crash."""

    __slots__ = ("actor",)
    budget: ClassVar[str | None] = None
    verb: ClassVar[str]

    def __init__(self, actor: str) -> None:
        self.actor = actor

    def __repr__(self) -> str:
        return f"{self.actor} {self.verb}"


class Crash(ActorFault):
    """The event of an actor going down."""

    __slots__ = ()
    budget = "crashes"
    verb = "crashes"


class Stop(ActorFault):
    """The event of an actor going down for good."""

    __slots__ = ()
    budget = "stops"
    verb = "stops"


class Recover(ActorFault):
    """The event of an actor coming up again."""

    __slots__ = ()
    verb = "recovers"


class MessageFault:
    """The event of the network losing or duplicating a message. No actor takes the step."""

    __slots__ = ("envelope",)
    actor: ClassVar[str] = NOBODY
    budget: ClassVar[str]
    verb: ClassVar[str]

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope

    def __repr__(self) -> str:
        return f"{self.envelope!r} {self.verb}"


class Lose(MessageFault):
    """The event of the network losing a message."""

    __slots__ = ()
    budget = "losses"
    verb = "is lost"


class Duplicate(MessageFault):
    """The event of the network duplicating a message."""

    __slots__ = ()
    budget = "duplications"
    verb = "is duplicated"


class Cut:
    """The event of the links between `side` and all other actors being cut."""

    __slots__ = ("side",)
    actor: ClassVar[str] = NOBODY

    def __init__(self, side: tuple[str, ...]) -> None:
        self.side = side

    def __repr__(self) -> str:
        return f"the network is cut: {', '.join(self.side)} on one side"


class Heal:
    """The event of all links being restored."""

    __slots__ = ()
    actor: ClassVar[str] = NOBODY

    def __repr__(self) -> str:
        return "the network heals"


Event: TypeAlias = Deliver | Timeout | Crash | Stop | Recover | Lose | Duplicate | Cut | Heal
