"""Ending a handler that runs on when the time is used up, as one does that never returns."""

from __future__ import annotations

from collections.abc import Callable
from threading import TIMEOUT_MAX, Event, Lock, Thread, get_ident
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .handlers import Handlers

GRACE = 0.5
"""Seconds beyond the time, for what ends in time by itself; and between two looks after that."""


class OutOfTime(KeyboardInterrupt):
    """Raised in a handler when the time is used up, just as Ctrl-C would be."""


class Deadline:
    """A context in which handlers are ended when the time is used up.

    handlers  run them, in the thread that entered the context
    seconds   how much time there is, None for any
    clock     gives the seconds used so far
    """

    def __init__(
        self, handlers: Handlers, seconds: float | None, clock: Callable[[], float]
    ) -> None:
        self._handlers, self._seconds, self._clock = handlers, seconds, clock
        self._left = Event()
        self._lock = Lock()

    def __enter__(self) -> None:
        if self._seconds is not None:
            watcher = Thread(target=self._watch, args=(self._seconds, get_ident()), daemon=True)
            watcher.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:  # from here on it raises nothing
            self._left.set()

    def _watch(self, seconds: float, thread: int) -> None:
        left, seen = seconds + GRACE, None
        while not self._left.wait(min(left, TIMEOUT_MAX)):
            left = seconds + GRACE - self._clock()  # the clock may leave some time aside
            running = self._handlers.running if left <= 0 else None
            with self._lock:
                stuck = running is not None and running is seen  # and none that just began
                if stuck and running is self._handlers.running and not self._left.is_set():
                    _raise_in(thread, OutOfTime)
            left, seen = max(left, GRACE), running


def _raise_in(thread: int, kind: type[BaseException]) -> None:
    """Raise an exception in another thread, between two of its instructions."""
    import ctypes  # which is not needed to begin with

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))
