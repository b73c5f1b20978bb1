"""What keeps searches in tests."""

from __future__ import annotations

import json

from islander.explorer.snapshot import Json, Part, Snapshot


class InMemory:
    """Keeps a search at every level, in memory, as it would come back from a file."""

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None
        self.parts: list[Part] = []

    def start(self) -> Snapshot | None:
        return self.snapshot

    def wants(self) -> bool:
        return True

    def keep(self, progress: Json, part: Part) -> None:
        self.parts.append(part)
        self.snapshot = Snapshot(json.loads(json.dumps(progress)), tuple(self.parts))
