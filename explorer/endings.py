"""How kernels end: the one place that knows all endings, and passes over none.

A kernel that makes steps ends because it has done what was asked for, or because it lacks
something: an entry of the tables, a bit, room. Whoever calls it says which endings it knows what to
do about. Any other is a defect, and so is one that comes again although it was seen to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, TypeAlias

from . import kernels
from .errors import DefectError

NAMES = {
    kernels.DONE: "done",
    kernels.MISSING: "a pair of event and local state has no entry",
    kernels.COPIES: "an envelope has too few bits for its copies",
    kernels.ROOM: "no room for another batch",
    kernels.BUFFER: "a state has more successors than a batch holds",
    kernels.BOUND: "one state more than may be kept",
    kernels.OVERFLOW: "a count needs more digits",
    kernels.PAUSE: "as many states as asked for",
    kernels.UNASKED: "an actor was not asked what it drops",
    kernels.LOST: "a step leads to a state that was never found",
}
"""What each ending means."""

_ONCE = {kernels.MISSING, kernels.UNASKED, kernels.ROOM}
"""Endings that cannot come twice in a row about the same: what was lacking is there now."""


class Ending(NamedTuple):
    """How a kernel ended, the event that this is about, and where it was: the number of a state, or
    of a step."""

    status: int
    event: int = -1
    at: int = -1


Remedy: TypeAlias = Callable[[Ending], object]


def go_on(
    kernel: str,
    run: Callable[[], Ending],
    remedies: Mapping[int, Remedy],
    final: Collection[int] = (kernels.DONE,),
) -> Ending:
    """Run a kernel until it ends in one of the ways that are `final`; after every other ending do
    what `remedies` has for it, and run the kernel again.

    Raises DefectError for an ending that is in neither, and for one that comes again."""
    before: Ending | None = None
    while True:
        ending = run()
        if ending.status in final:
            return ending
        remedy = remedies.get(ending.status)
        if remedy is None or (ending == before and ending.status in _ONCE):
            again = "" if remedy is None else " once more"
            raise DefectError(
                f"the kernel {kernel!r} ended{again} with "
                f"{NAMES.get(ending.status, 'what is no ending')!r} (status {ending.status}, event "
                f"{ending.event}, at {ending.at}), which cannot be there."
            )
        remedy(ending)
        before = ending
