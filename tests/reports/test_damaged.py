"""Files with values of another kind than they should have: each is refused, in words."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from islander import explore
from islander.explorer import TraceError
from islander.explorer.errors import SnapshotError
from islander.models.paxos import paxos
from islander.reports import Checkpoint, Source, read_trace, replay, save_trace
from islander.reports.checkpoint import NAME, _checksum
from islander.reports.json_words import step_text

OTHERS: list[Any] = [None, True, 3, -1, 10**30, 1.5, "x", [], [3], [None], [[]], {}, {"a": 3}]


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a document; of a list, in its first elements."""
    yield path
    if isinstance(document, dict):
        for key, value in document.items():
            yield from places(value, (*path, key))
    elif isinstance(document, list):
        for at, value in enumerate(document[:2]):
            yield from places(value, (*path, at))


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of `document` with `value` in this place."""
    if not path:
        return value
    changed = copy.deepcopy(document)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


def test_a_trace_with_any_value_of_another_kind_is_replayed_or_refused(tmp_path: Path) -> None:
    found = explore(paxos(bug="minority-quorum")).properties["single chosen value"]
    assert found.trace is not None
    path = tmp_path / "t.json"
    save_trace(path, found.trace, Source("paxos", {"bug": "minority-quorum"}), "p", "why")
    document = json.loads(path.read_text())
    document["steps"] = document["steps"][:1]
    document["steps"][0]["choices"] = [{"option": 0, "of": 2, "shown": "x"}]
    refused: list[str] = []
    for place in list(places(document)):
        for other in OTHERS:
            path.write_text(json.dumps(put(document, place, other)))
            try:
                saved = read_trace(path)
                replay(found.trace.model, saved)
            except TraceError as error:
                refused.append(str(error))
    assert len(refused) > 200
    assert all(str(path) in text for text in refused)


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("key", ["choices", "side", "actor", "sender", "message", "timer"])
def test_a_step_of_a_file_is_told_whatever_it_says(key: str, other: Any) -> None:
    for action in ("deliver", "timeout", "cut", "heal"):
        assert step_text({"action": action, "actor": "a", key: other})


FRAME = ("package", "target", "parameters", "options", "files", "progress", "version", "format")


@pytest.mark.parametrize("other", OTHERS)
def test_a_checkpoint_whose_frame_is_of_another_kind_is_refused(tmp_path: Path, other: Any) -> None:
    kept = tmp_path / "kept"
    keeper = Checkpoint(kept, Source("paxos", {"acceptors": "2"}), {"keep_going": True}, "1")
    explore(paxos(acceptors=2), checkpoint=keeper, max_depth=3)
    path = kept / NAME
    document = json.loads(path.read_text())
    document["files"] = document["files"][:1]
    for place in list(places({key: document[key] for key in FRAME if key != "progress"})):
        if not place or put(document, place, other) == document:
            continue
        changed = put(document, place, other)
        changed["sha256"] = _checksum(changed)
        path.write_text(json.dumps(changed))
        reading = Checkpoint(kept, package="1")
        allowed = place in {("package",), ("target",), ("options",), ("options", "keep_going")} or (
            place[0] in ("files", "parameters")
        )
        if allowed:  # by its kind it may be what was written
            with suppress(SnapshotError):
                reading.open()
            continue
        with pytest.raises(SnapshotError):
            reading.open()
