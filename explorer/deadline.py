"""Ending what a model's code does without end, when the time is used up.

A search looks at the clock between the calls of a model's functions, so it ends in time by itself.
Only a call that does not return has to be ended: any call that comes from our code into a model's,
be it of a handler, of `drops` or `facts`, of a predicate or a formula, or of a method of some
value. It is ended as Ctrl-C ends it, by an exception. In the main thread a signal brings that,
which ends many a call into C too, such as that of a sleep or of a regular expression.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from threading import Event, Lock, Thread, current_thread, get_ident, main_thread
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from .asking import is_models

if TYPE_CHECKING:
    from .handlers import Handlers

GRACE = 0.5
"""Seconds beyond the time, for what ends in time by itself; and between two looks after that."""

LONGEST = 1e6
"""Seconds that a timer runs at most; then it is set again."""


class OutOfTime(KeyboardInterrupt):
    """Raised in a model's code when the time is used up, just as Ctrl-C would be."""


class Deadline:
    """A context in which calls of a model's code are ended when the time is used up.

    handlers  run handlers, in the thread that entered the context
    seconds   how much time there is, None for any
    clock     gives the seconds used so far
    """

    def __init__(
        self, handlers: Handlers, seconds: float | None, clock: Callable[[], float]
    ) -> None:
        self._handlers, self._seconds, self._clock = handlers, seconds, clock
        self._entered: FrameType | None = None
        self._seen: object = None  # the call that was running at the last look
        self._left = Event()
        self._lock = Lock()
        self._alarmed = False

    def __enter__(self) -> None:
        if self._seconds is None:
            return
        self._entered = sys._getframe(1)
        self._alarmed = _alarm_is_free()
        if self._alarmed:
            signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, min(self._seconds + GRACE, LONGEST))
        else:
            Thread(target=self._watch, args=(self._seconds, get_ident()), daemon=True).start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._alarmed:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        with self._lock:  # from here on it raises nothing
            self._left.set()
        self._entered = self._seen = None

    def _ring(self, number: int, frame: FrameType | None) -> None:
        """Look, in the thread that is looked at, between two of its instructions."""
        assert self._seconds is not None
        left = self._seconds + GRACE - self._clock()  # the clock may leave some time aside
        signal.setitimer(signal.ITIMER_REAL, min(max(left, GRACE), LONGEST))
        if left <= 0 and self._is_stuck(frame):
            raise OutOfTime

    def _watch(self, seconds: float, thread: int) -> None:
        left = seconds + GRACE
        while not self._left.wait(min(left, LONGEST)):
            left = seconds + GRACE - self._clock()
            with self._lock:
                if left <= 0 and not self._left.is_set():
                    frame = sys._current_frames().get(thread)
                    if self._is_stuck(frame):
                        _raise_in(thread, OutOfTime)
            left = max(left, GRACE)

    def _is_stuck(self, frame: FrameType | None) -> bool:
        """Whether the call that is running was running at the last look, too."""
        running: object = self._handlers.running
        if running is None:
            running = _call_from(frame, self._entered)
        stuck, self._seen = running is not None and running is self._seen, running
        return stuck


def place(error: BaseException) -> str:
    """Where in a model's code `error` was raised, as "(file.py, line 3, in drops)"; "" if it was
    raised elsewhere."""
    found, at = "", error.__traceback__
    while at is not None:
        if _is_of_a_model(at.tb_frame):
            code = at.tb_frame.f_code
            found = f"({code.co_filename}, line {at.tb_lineno}, in {code.co_name})"
        at = at.tb_next
    return found


def _call_from(frame: FrameType | None, until: FrameType | None) -> FrameType | None:
    """The call of ours, within `until`, that the outermost call of a model's code comes from; None
    if no code of a model is running. While it is the same, that code has not returned to us."""
    within = list(_frames(frame, until))
    while within and not _is_of_a_model(within[-1]):
        within.pop()
    return within[-1].f_back if within else None


def _frames(frame: FrameType | None, until: FrameType | None) -> Iterator[FrameType]:
    while frame is not None and frame is not until:
        yield frame
        frame = frame.f_back


def _is_of_a_model(frame: FrameType) -> bool:
    return is_models(str(frame.f_globals.get("__name__", ""))) is True


def _alarm_is_free() -> bool:
    """Whether this is the main thread, and nobody else uses its alarm."""
    if current_thread() is not main_thread() or not hasattr(signal, "setitimer"):
        return False
    nobody = signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    return nobody and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def _raise_in(thread: int, kind: type[BaseException]) -> None:
    """Raise an exception in another thread, between two of its instructions."""
    import ctypes  # which is not needed to begin with

    set_exception: Any = ctypes.pythonapi.PyThreadState_SetAsyncExc
    set_exception(ctypes.c_ulong(thread), ctypes.py_object(kind))
