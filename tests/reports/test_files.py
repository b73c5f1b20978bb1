"""A report file is complete or absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from islander.explorer import UsageError
from islander.reports.files import check_writable, write_whole


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    path.chmod(0o640)
    write_whole(path, "new ✓\n")
    assert path.read_text(encoding="utf-8") == "new ✓\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report"
    path.write_text("old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_while_writing_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "report", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused_beforehand(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory"):
        check_writable(tmp_path / "missing" / "report")
    with pytest.raises(UsageError, match="it is a directory"):
        check_writable(tmp_path)
    check_writable(tmp_path / "report")
    assert list(tmp_path.iterdir()) == []
