"""Networks: what is in flight, and what may arrive next.

A network is one class behind one small interface; nothing outside it knows which one it is. It
never looks into messages. Its states are values of its own, hashable and canonical: two states
that allow the same futures are equal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
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
    delivering one leaves behind. The tabulated engine can keep it if its state is no more than the
    envelopes in flight and each of them may be delivered: `is_multiset` says that each copy counts,
    that sending adds one and delivery takes one away; `is_set` that copies do not count, and that
    delivery takes nothing away. Or if it is a tuple of queues, one for each ordered pair of actors
    with messages in flight, and sorted by these, each the tuple of its envelopes, oldest first, of
    which the first may be delivered: `is_queues`.
    """

    is_multiset: ClassVar[bool] = False
    is_set: ClassVar[bool] = False
    is_queues: ClassVar[bool] = False

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

    def lose(self, state: Any, envelope: Envelope) -> NetworkState:
        """`state` after one copy of `envelope`, which may be delivered next, was lost."""
        return self.deliver(state, envelope)

    @abstractmethod
    def duplicate(self, state: Any, envelope: Envelope) -> NetworkState | None:
        """`state` after `envelope`, which may be delivered next, was duplicated; None if it cannot
        be, because a copy more makes no difference."""

    @abstractmethod
    def contents(self, state: Any) -> Counter[Envelope]:
        """All envelopes in flight, as a multiset."""

    def listed(self, state: Any) -> list[tuple[Envelope, int]]:
        """All envelopes in flight with how many copies of each there are; of queues, one after the
        other, oldest first, and how many copies follow each other."""
        if not self.is_queues:
            return list(self.contents(state).items())
        return runs(envelope for queue in state for envelope in queue)

    def drop(self, state: Any, gone: Callable[[Envelope], bool]) -> NetworkState:
        """`state` without all the envelopes that are `gone`.

        They are sent anew without these, copies together: for states that have an order, or more
        than envelopes in flight, it must be overridden.
        """
        kept = [one for one in self.contents(state).elements() if not gone(one)]
        return self.send(self.empty(), kept)


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

    def duplicate(self, state: tuple[Envelope, ...], envelope: Envelope) -> NetworkState:
        return self.send(state, [envelope])

    def contents(self, state: tuple[Envelope, ...]) -> Counter[Envelope]:
        return Counter(state)


@dataclass(frozen=True)
class Duplicating(Network):
    """An unordered network that may deliver again whatever was sent: a set of envelopes that only
    grows.

    A delivery leaves the message in flight. One that its handler ignores is a step that changes
    nothing; with `keep_ignored=True` it is no step. Sending what was sent before changes nothing.
    """

    keep_ignored: bool = False
    is_set: ClassVar[bool] = True

    # A state is the tuple of the envelopes sent so far, sorted by index.

    def empty(self) -> tuple[Envelope, ...]:
        return ()

    def send(
        self, state: tuple[Envelope, ...], envelopes: Sequence[Envelope]
    ) -> tuple[Envelope, ...]:
        new = set(envelopes).difference(state)
        return tuple(sorted((*state, *new), key=_by_index)) if new else state

    def deliverable(self, state: tuple[Envelope, ...]) -> Iterable[Envelope]:
        return state

    def deliver(self, state: tuple[Envelope, ...], envelope: Envelope) -> tuple[Envelope, ...]:
        return state

    def ignore(
        self, state: tuple[Envelope, ...], envelope: Envelope
    ) -> tuple[Envelope, ...] | None:
        return None if self.keep_ignored else state

    def lose(self, state: tuple[Envelope, ...], envelope: Envelope) -> tuple[Envelope, ...]:
        return tuple(one for one in state if one is not envelope)

    def duplicate(self, state: tuple[Envelope, ...], envelope: Envelope) -> None:
        return None

    def contents(self, state: tuple[Envelope, ...]) -> Counter[Envelope]:
        return Counter(state)


@dataclass(frozen=True)
class Fifo(Network):
    """A queue for each ordered pair of actors: messages from one to another arrive in the order in
    which they were sent. It neither loses nor duplicates.

    Only the first message of a queue may be delivered. One that its handler ignores is consumed,
    which is a step; with `keep_ignored=True` that is no step, and the message stays, in front of
    those that were sent later.
    """

    keep_ignored: bool = False
    is_queues: ClassVar[bool] = True

    # A state is the tuple of the queues that are not empty, sorted by sender and receiver; a queue
    # is the tuple of its envelopes, oldest first.

    def empty(self) -> tuple[tuple[Envelope, ...], ...]:
        return ()

    def send(
        self, state: tuple[tuple[Envelope, ...], ...], envelopes: Sequence[Envelope]
    ) -> tuple[tuple[Envelope, ...], ...]:
        if not envelopes:
            return state
        queues = {_link(queue[0]): queue for queue in state}
        for envelope in envelopes:
            link = _link(envelope)
            queues[link] = (*queues.get(link, ()), envelope)
        return tuple(queues[link] for link in sorted(queues))

    def deliverable(self, state: tuple[tuple[Envelope, ...], ...]) -> Iterable[Envelope]:
        return [queue[0] for queue in state]

    def deliver(
        self, state: tuple[tuple[Envelope, ...], ...], envelope: Envelope
    ) -> tuple[tuple[Envelope, ...], ...]:
        rest = (queue[1:] if queue[0] is envelope else queue for queue in state)
        return tuple(queue for queue in rest if queue)

    def ignore(
        self, state: tuple[tuple[Envelope, ...], ...], envelope: Envelope
    ) -> tuple[tuple[Envelope, ...], ...] | None:
        return None if self.keep_ignored else self.deliver(state, envelope)

    def duplicate(
        self, state: tuple[tuple[Envelope, ...], ...], envelope: Envelope
    ) -> tuple[tuple[Envelope, ...], ...]:
        return tuple((envelope, *queue) if queue[0] is envelope else queue for queue in state)

    def contents(self, state: tuple[tuple[Envelope, ...], ...]) -> Counter[Envelope]:
        return Counter(envelope for queue in state for envelope in queue)

    def drop(
        self, state: tuple[tuple[Envelope, ...], ...], gone: Callable[[Envelope], bool]
    ) -> tuple[tuple[Envelope, ...], ...]:
        kept = (tuple(one for one in queue if not gone(one)) for queue in state)
        return tuple(queue for queue in kept if queue)


def runs(envelopes: Iterable[Envelope]) -> list[tuple[Envelope, int]]:
    """Envelopes in their order, with how many equal ones follow each other."""
    return [(envelope, len(list(same))) for envelope, same in groupby(envelopes)]


def _link(envelope: Envelope) -> tuple[str, str]:
    return envelope.sender, envelope.receiver


def _by_index(envelope: Envelope) -> int:
    return envelope.index
