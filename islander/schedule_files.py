"""Schedules of islanders as files: which files hold one, and the trace that it makes.

The protocol is imported only when there is a schedule to follow.
"""

from __future__ import annotations

import json
from pathlib import Path

from .explorer import UsageError

SUFFIX = ".schedule.json"


def schedule_in(path: Path) -> str | None:
    """The text of a schedule; None if the file is something else, or cannot be read as text.

    A file that is called one is taken for one, whatever is in it. Raises UsageError if such a file
    cannot be read.
    """
    named_so = path.name.endswith(SUFFIX)
    try:
        text = path.read_bytes().decode("utf-8")
        if named_so:
            return text
        document = json.loads(text)
    except OSError as error:
        if named_so:
            raise UsageError(f"cannot read {path}: {error.strerror or error}.") from error
        return None
    except UnicodeDecodeError as error:
        if named_so:
            line = 1 + error.object.count(b"\n", 0, error.start)
            raise UsageError(f"{path}, line {line}: this is not UTF-8 text.") from error
        return None
    except (ValueError, RecursionError):
        return None
    from .models.governments.schedules import is_schedule

    return text if is_schedule(document) else None


def schedule_trace(path: Path, text: str) -> bytes:
    """The trace of a schedule: one JSON object a line, in UTF-8.

    Raises UsageError, naming `path` and the line, where the schedule cannot be followed.
    """
    from .models.governments.schedules import ScheduleError, line_of, read_schedule, trace_of

    try:
        lines = [line_of(step) + "\n" for step in trace_of(read_schedule(text))]
    except ScheduleError as error:
        raise UsageError(f"{path}, {error}") from error
    # What is half of a character is escaped, as JSON may have it.
    return "".join(lines).encode("utf-8", "backslashreplace")
