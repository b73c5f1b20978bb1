"""An actor that fails when it is followed far enough."""

from __future__ import annotations

from dataclasses import dataclass

from islander import Actor


@dataclass
class Fragile(Actor):
    """Ticks, and fails at the fourth tick."""

    ticks: int = 0

    def start(self) -> None:
        self.set_timer("tick")

    def timeout(self, name: str) -> None:
        self.ticks += 1
        if self.ticks == 4:
            raise ValueError("four is too many")
        self.set_timer("tick")
