"""Checkpoints: what was found before is gone on with, and what is damaged or foreign is refused."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from islander import Model, Result, Verdict, explore
from islander.explorer.errors import SnapshotError, UsageError
from islander.explorer.snapshot import Json, Part
from islander.models.paxos import Proposer, paxos
from islander.reports import Checkpoint, Source

from ..explorer.keepers import InMemory


def counts(result: Result) -> tuple[Any, ...]:
    return (
        result.verdict,
        result.states,
        result.transitions,
        result.depth,
        result.terminal,
        result.interleavings,
        result.fact_sets,
        result.handler_calls,
        {
            name: (found.verdict, found.explanation, found.trace and found.trace.labels)
            for name, found in result.properties.items()
        },
    )


def opened(directory: Path) -> Checkpoint:
    keeper = Checkpoint(directory)
    keeper.open()
    return keeper


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A checkpoint of Paxos at depth 9."""
    keeper = Checkpoint(tmp_path / "kept", Source("paxos", {}), {"keep_going": True}, "1.0")
    keeper.create()
    explore(paxos(), max_depth=9, checkpoint=keeper)
    return tmp_path / "kept"


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("depth", [0, 1, 5, 12, 17])
@pytest.mark.parametrize(
    ("made", "options"),
    [
        (lambda: paxos(), {}),
        (lambda: paxos(bug="hidden-vote"), {}),
        (lambda: paxos(bug="ignored-promises"), {"keep_going": True}),
    ],
    ids=["holds", "violated", "kept going"],
)
def test_a_resumed_search_ends_as_one_that_was_never_interrupted(
    made: Callable[[], Model], options: dict[str, Any], depth: int, threads: int, tmp_path: Path
) -> None:
    keeper = Checkpoint(tmp_path)
    keeper.create()
    first = explore(made(), max_depth=depth, checkpoint=keeper, **options)
    if not (tmp_path / "checkpoint.json").exists():
        assert first.depth == depth == 0
        return
    resumed = explore(made(), checkpoint=opened(tmp_path), threads=threads, **options)
    assert counts(resumed) == counts(explore(made(), **options))
    again = explore(made(), checkpoint=opened(tmp_path), **options)
    assert counts(again) == counts(resumed)


def test_what_a_checkpoint_is_of_is_written_in_it(kept: Path) -> None:
    written = Checkpoint(kept).open()
    assert written.source == Source("paxos", {})
    assert (written.options, written.package) == ({"keep_going": True}, "1.0")


def test_states_are_written_once(kept: Path) -> None:
    document = json.loads((kept / "checkpoint.json").read_text())
    rows = sum(one["bytes of states"] // 8 // one["words"] for one in document["files"])
    assert rows == document["progress"]["states"]


def test_nothing_is_written_more_often_than_asked_for(tmp_path: Path) -> None:
    ticks = iter(range(1000))
    keeper = Checkpoint(tmp_path, every=5, clock=lambda: float(next(ticks)))
    keeper.create()
    explore(paxos(), checkpoint=keeper)
    seldom = len(list(tmp_path.glob("*.bin")))
    assert 1 <= seldom <= 6
    assert opened(tmp_path).start() is not None


def test_a_directory_with_a_checkpoint_is_not_begun_anew(kept: Path) -> None:
    with pytest.raises(UsageError, match="holds a checkpoint already"):
        Checkpoint(kept).create()


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot write the checkpoint"):
        Checkpoint(tmp_path / "file" / "below").create()


def test_a_call_that_is_refused_leaves_no_directory(tmp_path: Path) -> None:
    keeper = Checkpoint(tmp_path / "kept")
    keeper.create()
    with pytest.raises(UsageError, match="threads must be"):
        explore(paxos(), threads=0, checkpoint=keeper)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("every", [-1, float("nan")])
def test_a_time_between_checkpoints_that_cannot_be_is_refused(every: float, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must be at least 0 s"):
        Checkpoint(tmp_path, every=every)


def test_a_search_beyond_the_depth_bound_it_is_resumed_with_finds_no_more_states(
    kept: Path,
) -> None:
    before = json.loads((kept / "checkpoint.json").read_text())["progress"]["states"]
    result = explore(paxos(), checkpoint=opened(kept), max_depth=3)
    assert result.incomplete_because == "the depth bound of 3 was reached (max_depth)"
    assert result.states == before


def test_a_directory_without_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="holds no checkpoint"):
        Checkpoint(tmp_path).open()


@pytest.mark.parametrize("name", ["checkpoint.json", "states-0000.bin", "states-0004.bin"])
@pytest.mark.parametrize("how", ["cut", "changed", "missing"])
def test_damage_is_refused(kept: Path, name: str, how: str) -> None:
    path = kept / name
    content = bytearray(path.read_bytes())
    if how == "missing":
        path.unlink()
    elif how == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        at = content.rindex(b'"depth": ') + 9 if name.endswith("json") else len(content) // 2
        content[at] ^= 1
        path.write_bytes(content)
    with pytest.raises(SnapshotError, match=r"damaged|not whole|holds no checkpoint"):
        Checkpoint(kept).open()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "something"}, "is not a checkpoint"),
        ({"version": 99}, "checkpoint version 99"),
    ],
)
def test_a_file_of_another_kind_is_refused(kept: Path, change: Json, said: str) -> None:
    path = kept / "checkpoint.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(SnapshotError, match=said):
        Checkpoint(kept).open()


def test_a_checkpoint_of_another_version_of_islander_is_refused(kept: Path) -> None:
    with pytest.raises(SnapshotError, match=r"written by Islander 1\.0, and this is 2\.0"):
        Checkpoint(kept, package="2.0").open()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (lambda: paxos(acceptors=4), "actor 'a4' is missing there"),
        (lambda: paxos(values=("x", "z")), "actor 'p2' is "),
        (lambda: paxos(keep_ignored=True), "network is Bag"),
        (lambda: paxos(bug="hidden-vote"), "its name is paxos"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused_with_what_differs(
    kept: Path, other: Callable[[], Model], said: str
) -> None:
    with pytest.raises(SnapshotError, match="of another model") as refused:
        explore(other(), checkpoint=opened(kept))
    assert said in str(refused.value)


def test_a_model_whose_handlers_changed_is_refused(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ignore(self: Any, *arguments: Any) -> None:
        pass

    monkeypatch.setattr(Proposer, "receive", ignore)
    with pytest.raises(SnapshotError, match="another version of the model"):
        explore(paxos(), checkpoint=opened(kept))


def test_the_reference_engine_keeps_none(kept: Path) -> None:
    with pytest.raises(UsageError, match="keeps no checkpoints"):
        explore(paxos(), "reference", checkpoint=opened(kept))


PROGRAM = """
import sys
from pathlib import Path
from islander import explore
from islander.models.paxos import paxos
from islander.reports import Checkpoint

class Slow(Checkpoint):
    def keep(self, progress, part):
        super().keep(progress, part)
        print(progress["states"], flush=True)

keeper = Slow(Path(sys.argv[1]))
keeper.create()
explore(paxos(proposers=3, keep_ignored=True), checkpoint=keeper)
print("done", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_search_is_resumed_to_the_same_counts(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    said = [child.stdout.readline() for _ in range(8)]
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert "done\n" not in said
    kept = json.loads((tmp_path / "checkpoint.json").read_text())["progress"]["states"]
    assert kept >= int(said[-1])
    made = lambda: paxos(proposers=3, keep_ignored=True)  # noqa: E731
    result = explore(made(), checkpoint=opened(tmp_path))
    assert (result.states, result.transitions, result.depth) == (512_000, 1_451_328, 24)
    assert counts(result) == counts(explore(made()))


def test_a_copy_made_at_any_moment_between_two_writes_is_whole(tmp_path: Path) -> None:
    copies = []

    class Copied(Checkpoint):
        def keep(self, progress: Json, part: Part) -> None:
            super().keep(progress, part)
            to = tmp_path / f"copy {len(copies)}"
            shutil.copytree(self.directory, to)
            (to / f"states-{len(copies) + 1:04}.bin").write_bytes(b"half of the next")
            copies.append(to)

    keeper = Copied(tmp_path / "kept")
    keeper.create()
    whole = explore(paxos(acceptors=2), checkpoint=keeper)
    assert len(copies) == whole.depth + 1
    for copy in copies:
        assert counts(explore(paxos(acceptors=2), checkpoint=opened(copy))) == counts(whole)


def test_any_keeper_will_do() -> None:
    keeper = InMemory()
    assert explore(paxos(), max_depth=8, checkpoint=keeper).verdict is Verdict.INCOMPLETE
    assert counts(explore(paxos(), checkpoint=keeper)) == counts(explore(paxos()))
