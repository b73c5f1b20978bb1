"""Standard output and standard error, as commands write to them.

That nobody reads what a command prints, as after `| head -1`, or that there is no room for it, does
not end the command: the files that were asked for are written, and the exit code is the verdict's.
This is so for whatever prints, a model too, as it is the streams themselves that go on.
"""

from __future__ import annotations

import io
import sys
from typing import Any, TextIO


class _Outlet(io.FileIO):
    """A file to write to that takes whatever it is given, and keeps as `lost` the first error that
    lost some of it. That the reader left is none."""

    lost: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.lost = self.lost or error
            return len(data)


def keep_printing() -> None:
    """Let what is printed from now on end no command, and fit every encoding."""
    sys.stdout, sys.stderr = _going_on(sys.stdout), _going_on(sys.stderr)


def printed() -> OSError | None:
    """Print what is still to be printed. The error, if any, that lost some of all that was."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None or stream.closed:
            continue
        try:
            stream.flush()
        except BrokenPipeError:  # of a stream that somebody put there
            continue
        except OSError as error:
            return error
        raw = getattr(getattr(stream, "buffer", None), "raw", None)
        if isinstance(raw, _Outlet) and raw.lost:
            return raw.lost
    return None


def _going_on(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.reconfigure(errors="backslashreplace")  # what cannot show an arrow still gets a text
    if stream.isatty():
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Outlet(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering or stream.write_through,
    )
