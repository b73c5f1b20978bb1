"""The shaper: what government a leader makes next, and why.

There is one for each government, and it decides at most one. Every method returns the shaper after
it and the government that is to be, None if nothing is to change.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from .errors import ProtocolError
from .records import Arrived, Government
from .shapes import Arriving, Shape, is_full


class Shaper(NamedTuple):
    """The shaper of a leader's government. `queue` has governments that wait for an occasion;
    `arriving` who waits to be let in; `expandable` who could be promoted."""

    parliament_size: int
    government: Government
    queue: tuple[Shape, ...] = ()
    arriving: tuple[Arriving, ...] = ()
    expandable: tuple[str, ...] = ()
    decided: bool = False
    idle: bool = False

    def unreachable(self, promise: Arrived) -> Decision:
        """The islander that arrived at `promise` cannot be reached."""
        if self.decided or self.idle:
            return self, None
        if self.queue:
            return self._queued()
        one = self.government.arrived_at(promise)
        if one is None:
            raise ProtocolError(f"nobody of government {self.government.promise} is unreachable")
        minority = tuple(name for name in self.government.minority if name != one)
        return self, self._shape(minority=minority, depart=one)

    def acclimate(self, promise: Arrived) -> Decision:
        """The islander that arrived at `promise` wants to serve."""
        if self.decided or self.idle:
            return self, None
        if self.queue:
            return self._queued()
        one = self.government.arrived_at(promise)
        if one in self.government.acclimated:
            raise ProtocolError(f"{one} is acclimated already")
        return self, self._shape(acclimate=one)

    def acclimated(self, one: str) -> Decision:
        """`one` is ready to serve."""
        if self.decided or self.idle:
            return self, None
        government, shaper = self.government, self
        expands = self.parliament_size != 2 * len(government.majority) - 1
        if expands and one not in government.parliament:
            shaper = self._replace(expandable=(*self.expandable, one))
            if len(shaper.expandable) == 2:
                rest = government.minority + shaper.expandable
                majority = (*government.majority, rest[0])
                return shaper, Shape(majority, majority, rest[1:], promote=shaper.expandable)
        return shaper._queued() if shaper.queue else shaper._arrival()

    def embark(self, arriving: Arriving) -> Decision:
        """`arriving` waits to be let in."""
        if self.idle:
            return self, None
        waiting = list(self.arriving)
        at = next((n for n, one in enumerate(waiting) if one.id == arriving.id), len(waiting))
        waiting[at : at + 1] = [arriving]
        return self._replace(arriving=tuple(waiting))._arrival()

    def _arrival(self) -> Decision:
        if self.decided or not self.arriving:
            return self, None
        first = self.arriving[0]
        return self, self._shape(arrive=first, acclimate=first.id if first.acclimated else None)

    def _queued(self) -> Decision:
        return self._replace(queue=self.queue[1:]), self.queue[0]

    def _shape(self, **changes: Any) -> Shape:
        return same_government(self.government)._replace(**changes)


Decision: TypeAlias = tuple[Shaper, Shape | None]


IDLE = Shaper(0, Government(None), idle=True)
"""The shaper of those who do not lead."""


def shaper_of(parliament_size: int, government: Government, recovered: bool) -> Shaper:
    """The shaper of a new government; `recovered` says that Paxos made it."""
    queue: tuple[Shape, ...] = (same_government(government),) if recovered else ()
    if government.majority and not is_full(government):
        *kept, last = government.majority
        *minority, demoted = (last, *government.minority)
        queue += (Shape(government.majority, tuple(kept), tuple(minority), demote=demoted),)
    return Shaper(parliament_size, government, queue)


def same_government(government: Government) -> Shape:
    """A government of the same shape."""
    majority = government.majority
    return Shape(majority, majority, government.minority)
