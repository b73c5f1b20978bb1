"""Checkpoints: a running search kept in a directory, to be gone on with after whatever ended it.

    checkpoint.json     how far the search is, the files of states, and a checksum of all this
    states-0000.bin …   packed states and fact sets, each file written once and never changed

`checkpoint.json` is replaced at once, after the files that it names are safely there, so that the
directory holds a whole checkpoint at every moment from the first one on.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..explorer import UsageError
from ..explorer.errors import SnapshotError
from .files import write_whole
from .trace_file import Source

if TYPE_CHECKING:
    from ..explorer.snapshot import Json, Part, Snapshot

FORMAT, VERSION = "islander checkpoint", 2
NAME = "checkpoint.json"


@dataclass(frozen=True)
class Written:
    """A checkpoint as it was read: which model it is of, the options of the search (`explore`'s
    arguments), and which Islander wrote it."""

    source: Source | None
    options: Mapping[str, Any]
    package: str


class Checkpoint:
    """Keeps a search in `directory`; given to `explore(checkpoint=…)`.

    source   how a command line names the model, so that it can be made again
    options  the arguments of `explore` that a later search is to have again
    package  which version writes
    every    seconds between two checkpoints, at least; the first is after the first level
    """

    def __init__(
        self,
        directory: Path,
        source: Source | None = None,
        options: Mapping[str, Any] | None = None,
        package: str = "",
        every: float = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.directory = directory
        self._about = {
            "package": package,
            "target": source.target if source else None,
            "parameters": dict(source.parameters) if source else {},
            "options": dict(options or {}),
        }
        if not every >= 0:
            raise UsageError(
                f"the time between two checkpoints must be at least 0 s; got {every:g}."
            )
        self._every = every
        self._clock = clock
        self._last: float | None = None
        self._files: list[Json] = []
        self._start: Snapshot | None = None

    def create(self) -> None:
        """Make sure that the directory may be begun anew; it is made when the search starts.

        Raises UsageError if it holds a checkpoint, or cannot be made."""
        if (self.directory / NAME).exists():
            raise UsageError(
                f"{self.directory} holds a checkpoint already. Go on from it with "
                f"`islander resume {self.directory}`, or name another directory."
            )
        above = next(path for path in (self.directory, *self.directory.parents) if path.exists())
        if not above.is_dir():
            raise UsageError(f"cannot write the checkpoint {self.directory}: {above} is a file.")

    def open(self) -> Written:
        """Read what is there, to go on from. Raises SnapshotError if it is damaged."""
        document = _read_document(self.directory)
        if not self._about["package"]:
            self._about["package"] = document["package"]
        if document["package"] != self._about["package"]:
            raise SnapshotError(
                f"{self.directory} was written by Islander {document['package']}, and this is "
                f"{self._about['package']}; the two may number things differently. Go on with the "
                f"version that wrote it, or begin anew."
            )
        for key in ("target", "parameters", "options"):
            self._about[key] = self._about[key] or document[key]
        self._files = document["files"]
        self._start = _snapshot(self.directory, document)
        target = document["target"]
        source = Source(target, document["parameters"]) if target is not None else None
        return Written(source, document["options"], document["package"])

    # -- for the search ----------------------------------------------------------------------------

    def start(self) -> Snapshot | None:
        """The snapshot that was read, None if there is none."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot(self.directory, error) from error
        start, self._start = self._start, None  # it is large
        return start

    def wants(self) -> bool:
        """Whether enough time has passed."""
        return self._last is None or self._clock() - self._last >= self._every

    def keep(self, progress: Json, part: Part) -> None:
        """Write how far the search is, and what is new."""
        name = f"states-{len(self._files):04}.bin"
        content = part.states + part.fact_sets
        _write(self.directory / name, content)
        self._files.append(
            {
                "name": name,
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes of states": len(part.states),
                "bytes of fact sets": len(part.fact_sets),
                "words": part.words,
                "fact words": part.fact_words,
                "packed": part.packed,
            }
        )
        document: Json = {"format": FORMAT, "version": VERSION, **self._about}
        document |= {"files": self._files, "progress": progress}
        document["sha256"] = _checksum(document)
        write_whole(self.directory / NAME, json.dumps(document) + "\n")
        self._last = self._clock()


def _checksum(document: Json) -> str:
    content = {key: value for key, value in document.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _cannot(path, error) from error


def _cannot(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write the checkpoint {path}: {error.strerror or error}.")


def _read_document(directory: Path) -> Json:
    path = directory / NAME
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise SnapshotError(
            f"{directory} holds no checkpoint: there is no {NAME} in it. "
            f"`islander check … --checkpoint {directory}` writes one."
        ) from error
    except OSError as error:
        raise SnapshotError(f"cannot read {path}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "it is not whole JSON") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise SnapshotError(f"{path} is not a checkpoint of Islander.")
    if document.get("version") != VERSION:
        raise SnapshotError(
            f"{path} has checkpoint version {document.get('version')!r}; this Islander reads "
            f"{VERSION} alone. Go on with the version of Islander that wrote it, or begin anew, in "
            f"another directory."
        )
    if document.get("sha256") != _checksum(document):
        raise _damaged(path, "its checksum is wrong")
    _check_kinds(path, document)
    return document


_KINDS: dict[str, type | tuple[type, ...]] = {
    "package": str,
    "target": (str, type(None)),
    "parameters": dict,
    "options": dict,
    "files": list,
    "progress": dict,
}
_KINDS_OF_FILE: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "sha256": str,
    "bytes of states": int,
    "bytes of fact sets": int,
    "words": int,
    "fact words": int,
    "packed": list,
}


def _check_kinds(path: Path, document: Json) -> None:
    """Raise SnapshotError unless the frame is as it was written: the checksum is no secret."""

    def check(holder: Any, kinds: Mapping[str, type | tuple[type, ...]], where: str) -> None:
        for key, kind in kinds.items():
            value = holder.get(key, ...) if isinstance(holder, dict) else ...
            if not isinstance(value, kind) or isinstance(value, bool):
                raise _damaged(path, f"{where}{key!r} is not what it should be")

    check(document, _KINDS, "")
    if not all(isinstance(value, str) for value in document["parameters"].values()):
        raise _damaged(path, "'parameters' should all be strings")
    for number, one in enumerate(document["files"]):
        check(one, _KINDS_OF_FILE, f"file {number}, ")
        if Path(one["name"]).name != one["name"]:
            raise _damaged(path, f"file {number} is not in the directory")


def _snapshot(directory: Path, document: Json) -> Snapshot:
    from ..explorer.snapshot import Snapshot

    parts = tuple(_part(directory / one["name"], one) for one in document["files"])
    return Snapshot(document["progress"], parts)


def _part(path: Path, about: Json) -> Part:
    from ..explorer.packing import PackedAs
    from ..explorer.snapshot import Part

    try:
        content = path.read_bytes()
    except OSError as error:
        raise SnapshotError(
            f"the checkpoint is not whole: {path}: {error.strerror or error}."
        ) from error
    if hashlib.sha256(content).hexdigest() != about["sha256"]:
        raise _damaged(path, "its checksum is wrong")
    states = about["bytes of states"]
    try:
        lanes, copies, words, queues = about["packed"]
        packed = PackedAs(
            tuple((word, shift, bits) for word, shift, bits in lanes),
            tuple(map(tuple, copies)),
            words,
            tuple((word, shift, bits, room) for word, shift, bits, room in queues),
        )
    except (TypeError, ValueError) as error:
        raise _damaged(path, "how its states are packed is not what it should be") from error
    return Part(content[:states], content[states:], about["words"], about["fact words"], packed)


def _damaged(path: Path, how: str) -> SnapshotError:
    return SnapshotError(
        f"{path} is damaged: {how}. It cannot be gone on from; begin anew without it."
    )
