"""Time that a search takes: without what has nothing to do with the model."""

from __future__ import annotations

from collections.abc import Callable


class Stopwatch:
    """Called, it gives the seconds of `clock` since it was made, without those set `aside`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.aside = 0.0
        self._began = clock()

    def __call__(self) -> float:
        return self.clock() - self._began - self.aside
