"""Writing report files: complete, or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ..explorer import UsageError


def write_whole(path: Path, content: str | bytes) -> None:
    """Write `content`, text as UTF-8, to `path`: into a new file beside it, which then takes its
    place. A link is followed; what is no file, as a pipe, is written to as it is.

    Raises UsageError if that cannot be done; whatever was at `path` is then as it was.
    """
    written = content if isinstance(content, bytes) else content.encode("utf-8")
    if _is_special(path):
        try:
            path.write_bytes(written)
        except OSError as error:
            raise _refusal(path, error) from error
        return
    try:
        path = path.resolve()
        handle, aside = _beside(path)
    except OSError as error:
        raise _refusal(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(aside, _mode(path))
        os.replace(aside, path)
    except BaseException as error:
        Path(aside).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _refusal(path, error) from error
        raise


def read_document(path: Path, what: str, form: str, version: int, again: str) -> dict[str, Any]:
    """The JSON object in a file that says that it has the format `form`, in `version`.

    Raises UsageError if there is none: `what` says what the file should be, as "a trace", and
    `again` how to make a new one.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not {what}: it is not UTF-8 text.") from error
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(
            f"{path} is damaged{where}: it is not whole JSON; was it cut off? {again}"
        ) from error
    if not isinstance(document, dict) or document.get("format") != form:
        raise UsageError(f'{path} is not {what}: it has no "format": "{form}".')
    if document.get("version") != version:
        raise UsageError(
            f"{path} has {what.partition(' ')[2]} version {document.get('version')!r}; "
            f"this Islander reads {version}. {again}"
        )
    return document


def check_writable(path: Path) -> None:
    """Raise UsageError if `path` could not be written; before work is put into what goes there."""
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a directory; name a file in it.")
    if _is_special(path):
        return
    try:
        os.stat(path.parent)  # "a/../b" is in no directory if there is no "a"
        handle, probe = _beside(path.resolve())
    except OSError as error:
        raise _refusal(path, error) from error
    os.close(handle)
    os.unlink(probe)


def _is_special(path: Path) -> bool:
    """Whether there is something at `path` that is no file: a device, a pipe."""
    return path.exists() and not path.is_file()


def _beside(path: Path) -> tuple[int, str]:
    """A new file in the directory of `path`: its handle, and its name."""
    return tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.", suffix=".part")


def _mode(path: Path) -> int:
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _refusal(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"cannot write {path}: {error.strerror or error}. "
        f"Name a file in a directory that exists and may be written to."
    )
