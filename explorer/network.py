"""Networks: what is in flight, and what may arrive next.

A network is one class behind one small interface; nothing outside it knows which one it is. It
never looks into messages. Its states are values of its own, hashable and canonical: two states
that allow the same futures are equal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from .freeze import Frozen, show, thaw

NetworkState: TypeAlias = Hashable


class Envelope:
    """A message in flight: who sent it, who is to receive it, and what it says.

    Envelopes are interned: within one exploration equal envelopes are the same object, so that
    identity is equality. `index` numbers them in the order in which they were first sent.
    """

    __slots__ = ("index", "payload", "receiver", "sender")

    def __init__(self, sender: str, receiver: str, payload: Frozen, index: int) -> None:
        self.sender = sender
        self.receiver = receiver
        self.payload = payload
        self.index = index

    @property
    def message(self) -> Any:
        """A fresh copy of the message."""
        return thaw(self.payload)

    def __repr__(self) -> str:
        return f"{self.sender} → {self.receiver}: {show(self.payload)}"


class Network(ABC):
    """The seam between exploring and what a network can do.

    A subclass decides how envelopes are kept, which of them may be delivered next, and what
    delivering one leaves behind. `is_multiset` says that its state is no more than the multiset of
    the envelopes in flight, that sending adds to it, that each may be delivered, and that delivery
    takes one copy away: then the tabulated engine can keep it.
    """

    is_multiset: ClassVar[bool] = False

    @abstractmethod
    def empty(self) -> NetworkState:
        """The network in which nothing is in flight."""

    @abstractmethod
    def send(self, state: Any, envelopes: Sequence[Envelope]) -> NetworkState:
        """`state` after these envelopes were sent, in this order."""

    @abstractmethod
    def deliverable(self, state: Any) -> Iterable[Envelope]:
        """The envelopes that may be delivered next: each distinct one once, in a fixed order."""

    @abstractmethod
    def deliver(self, state: Any, envelope: Envelope) -> NetworkState:
        """`state` after one copy of `envelope` was delivered."""

    @abstractmethod
    def ignore(self, state: Any, envelope: Envelope) -> NetworkState | None:
        """`state` after `envelope` was delivered to a handler that ignored it; None if such a
        delivery is no step at all."""

    @abstractmethod
    def contents(self, state: Any) -> Counter[Envelope]:
        """All envelopes in flight, as a multiset."""


@dataclass(frozen=True)
class Bag(Network):
    """An unordered network that neither loses nor duplicates: a multiset of envelopes.

    Every copy is delivered at most once, in any order. A delivered message that its handler
    ignores (no change, nothing sent, recorded or timed) is consumed, which is a step. With
    `keep_ignored=True` such a delivery is no step and the message stays in flight.
    """

    keep_ignored: bool = False
    is_multiset: ClassVar[bool] = True

    # A state is the tuple of the envelopes in flight, sorted by index, a copy each.

    def empty(self) -> tuple[Envelope, ...]:
        return ()

    def send(
        self, state: tuple[Envelope, ...], envelopes: Sequence[Envelope]
    ) -> tuple[Envelope, ...]:
        if not envelopes:
            return state
        return tuple(sorted((*state, *envelopes), key=_by_index))

    def deliverable(self, state: tuple[Envelope, ...]) -> Iterable[Envelope]:
        return dict.fromkeys(state)

    def deliver(self, state: tuple[Envelope, ...], envelope: Envelope) -> tuple[Envelope, ...]:
        at = state.index(envelope)
        return state[:at] + state[at + 1 :]

    def ignore(
        self, state: tuple[Envelope, ...], envelope: Envelope
    ) -> tuple[Envelope, ...] | None:
        return None if self.keep_ignored else self.deliver(state, envelope)

    def contents(self, state: tuple[Envelope, ...]) -> Counter[Envelope]:
        return Counter(state)


def _by_index(envelope: Envelope) -> int:
    return envelope.index
