"""A trace as a PlantUML sequence diagram.

What stands between `@startuml` and `@enduml` goes through a preprocessor, then a parser, and texts
through a mark-up called creole. `<U+0025>` gets a character past all three.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from ..explorer import Trace
from .fitting import elided
from .sequence import NETWORK, diagram
from .sequence_text import Dialect

PLAIN = frozenset(" .,()→×…")
"""What stands for itself, besides letters and digits."""


def plantuml_trace(trace: Trace, title: str = "", explanation: str = "") -> str:
    """`trace` as the text of a PlantUML sequence diagram, from `@startuml` to `@enduml`.

    Messages are arrows when they arrive, or are lost; notes tell what a step changed and sent. Long
    texts are cut.
    """
    return _PlantUml(diagram(trace, title, explanation)).document()


class _PlantUml(Dialect):
    most: ClassVar[int] = 500_000

    def begin(self, longest: int) -> Iterator[str]:
        drawn = self.diagram
        yield "@startuml"
        about = f"{drawn.model}, {drawn.steps}"
        title = elided(f"{drawn.title} ({about})" if drawn.title else about, min(longest, 160))
        yield f"title {escaped(title)}"
        for at, lane in enumerate(drawn.lanes):
            kind = "collections" if lane.actor == NETWORK else "participant"
            yield f'{kind} "{escaped(elided(lane.name, min(longest, 40)))}" as A{at}'

    def arrow(self, sender: int, receiver: int, lost: bool, text: Sequence[str]) -> str:
        return f"A{sender} {'-->x' if lost else '->'} A{receiver} : {_lines(text)}"

    def note(self, first: int, last: int, text: Sequence[str]) -> str:
        lanes = f"A{first}" if first == last else f"A{first}, A{last}"
        return f"note over {lanes} : {_lines(text)}"

    def end(self) -> Iterator[str]:
        yield "@enduml"


def _lines(text: Sequence[str]) -> str:
    return "\\n".join(map(escaped, text))


def escaped(text: str) -> str:
    """`text` so that PlantUML shows it as it is."""
    shown = "".join(map(_character, text))
    return shown.replace("..", _code(".") * 2)  # at the edges of a line it makes a rule


def _character(character: str) -> str:
    if character.isalnum() or character in PLAIN:
        return character
    return _code(character)


def _code(character: str) -> str:
    return f"<U+{ord(character):04X}>"
