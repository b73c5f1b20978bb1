"""Writing report files: complete, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..explorer import UsageError


def write_whole(path: Path, content: str | bytes) -> None:
    """Write `content`, text as UTF-8, to `path`: into a new file beside it, which then takes its
    place.

    Raises UsageError if that cannot be done; whatever was at `path` is then as it was.
    """
    try:
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise _refusal(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(aside, _mode(path))
        os.replace(aside, path)
    except BaseException as error:
        Path(aside).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _refusal(path, error) from error
        raise


def check_writable(path: Path) -> None:
    """Raise UsageError if `path` could not be written; before work is put into what goes there."""
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a directory; name a file in it.")
    try:
        handle, probe = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise _refusal(path, error) from error
    os.close(handle)
    os.unlink(probe)


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
