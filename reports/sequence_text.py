"""A sequence diagram as lines of a language for diagrams: what is told, in which order.

In such a language messages are level arrows, one below the other, so each is told when it arrives,
with a note of what that changed and sent. How an arrow and a note are written is for a `Dialect`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

from .fitting import elided, wrapped
from .sequence import NETWORK, START, Diagram, Row

COLUMNS, COLUMNS_OVER_ALL = 44, 72
"""Where the texts of arrows and notes are broken, and those of notes over all lanes."""

LENGTHS = (400, 160, 60)
"""What texts are cut to, in columns: the first with which a document is not too long."""


class Dialect(ABC):
    """How a language writes things. Lanes are known by their position. Texts come in lines, and
    are to be escaped."""

    most: ClassVar[int]
    """How many characters of a document are read at most."""

    def __init__(self, drawn: Diagram) -> None:
        self.diagram = drawn

    @abstractmethod
    def begin(self, longest: int) -> Iterator[str]:
        """What is above the first row: the title and the lanes, names cut to `longest`."""

    @abstractmethod
    def arrow(self, sender: int, receiver: int, lost: bool, text: Sequence[str]) -> str:
        """A message that arrives, or is lost."""

    @abstractmethod
    def note(self, first: int, last: int, text: Sequence[str]) -> str:
        """A note over the lanes from `first` to `last`."""

    @abstractmethod
    def end(self) -> Iterator[str]:
        """What is below the last row."""

    def document(self) -> str:
        """All of it, with texts cut as far as they must be."""
        for longest in LENGTHS:
            text = "".join(f"{line}\n" for line in self._lines(longest))
            if len(text) <= self.most:
                break
        return text

    def _lines(self, longest: int) -> Iterator[str]:
        yield from self.begin(longest)
        for row in self.diagram.rows:
            yield from self._row(row, longest)
        flying = self.diagram.in_flight
        if flying:
            yield self._over_all(["in flight at the end:", *flying], longest)
        if self.diagram.explanation:
            yield self._over_all(self.diagram.explanation, longest)
        yield from self.end()

    def _row(self, row: Row, longest: int) -> Iterator[str]:
        head, changes = f"{row.step}. {row.text}", [*row.changes]
        lanes = [lane.actor for lane in self.diagram.lanes]
        if row.kind == START:
            if changes:
                yield self._over_all(["start:", *changes], longest)
            return
        at = lanes.index(row.lane)
        if row.arrow is not None and row.kind in ("deliver", "lose"):
            arrow = self.diagram.arrows[row.arrow]
            ends = lanes.index(arrow.sender), lanes.index(arrow.receiver)
            yield self.arrow(*ends, row.kind == "lose", _broken([head], longest))
            if changes:
                yield self.note(at, at, _broken(changes, longest))
        elif row.arrow is not None:
            link = self.diagram.arrows[row.arrow].link
            yield self._over_all([f"{row.step}. {link}: {row.text}", *changes], longest)
        elif row.lane == NETWORK:
            yield self._over_all([f"{row.step}. network {row.text}", *changes], longest)
        else:
            yield self.note(at, at, _broken([head, *changes], longest))

    def _over_all(self, texts: Sequence[str], longest: int) -> str:
        last = len(self.diagram.lanes) - 1
        return self.note(0, last, _broken(texts, longest, COLUMNS_OVER_ALL if last else COLUMNS))


def _broken(texts: Sequence[str], longest: int, columns: int = COLUMNS) -> list[str]:
    return [line for text in texts for line in wrapped(elided(text, longest), columns)]
