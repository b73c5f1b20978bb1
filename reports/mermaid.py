"""A trace as a Mermaid sequence diagram, which GitHub and many other pages draw.

Mermaid replaces entity codes such as `#59;` before it reads anything else, and once more when it
draws; so each character that could mean something to it stands as its code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from ..explorer import Trace
from .fitting import elided
from .sequence import diagram
from .sequence_text import Dialect

PLAIN = frozenset(" .,()=_-→×−…'\"[]{}+?!")
"""What stands for itself, besides letters and digits: as much as is safe, for Mermaid measures
texts with their codes, and makes boxes too wide for those with many."""

MARKERS = frozenset("ﬂß")
"""Letters with which Mermaid itself marks where codes were."""

EDGE, HARD = "#160;", "\xa0"
"""Spaces that are not taken away: the second does not hold at the edges of a text, but is measured
as what it is."""

PAD = f"\u200b{HARD}{HARD}\u200b"
"""What keeps a note from touching the edges of its box; no space at the edges, to Mermaid."""


def mermaid_trace(trace: Trace, title: str = "", explanation: str = "") -> str:
    """`trace` as the text of a Mermaid `sequenceDiagram`.

    Messages are arrows when they arrive, or are lost; notes tell what a step changed and sent.
    Mermaid draws no text of more than 50,000 characters; long texts in it are cut so that it is
    not longer, unless there are too many steps for that.
    """
    return _Mermaid(diagram(trace, title, explanation)).document()


class _Mermaid(Dialect):
    most: ClassVar[int] = 50_000

    def begin(self, longest: int) -> Iterator[str]:
        yield "sequenceDiagram"
        drawn = self.diagram
        about = f"{drawn.model}, {drawn.steps}"
        title = elided(f"{drawn.title} ({about})" if drawn.title else about, min(longest, 160))
        yield f"  title {escaped(title)}"
        for at, lane in enumerate(drawn.lanes):
            yield f"  participant A{at} as {escaped(elided(lane.name, min(longest, 40)))}"

    def arrow(self, sender: int, receiver: int, lost: bool, text: Sequence[str]) -> str:
        return f"  A{sender}{'--x' if lost else '->>'}A{receiver}: {_lines(text)}"

    def note(self, first: int, last: int, text: Sequence[str]) -> str:
        lanes = f"A{first}" if first == last else f"A{first},A{last}"
        return f"  Note over {lanes}: {PAD}{_lines(text, f'{PAD}<br/>{PAD}')}{PAD}"

    def end(self) -> Iterator[str]:
        return iter(())


def _lines(text: Sequence[str], between: str = "<br/>") -> str:
    return between.join(escaped(line).replace("#58; ", ": ") for line in text)


def escaped(text: str) -> str:
    """`text` so that Mermaid shows it as it is; spaces that it would take away included."""
    within = text.strip(" ")
    before = len(text) - len(text.lstrip(" "))
    after = len(text) - before - len(within) if within else 0
    shown = "".join(map(_character, within)).replace("  ", f" {HARD}")
    return EDGE * before + shown + EDGE * after


def _character(character: str) -> str:
    plain = character.isalnum() and character not in MARKERS
    return character if plain or character in PLAIN else f"#{ord(character)};"
