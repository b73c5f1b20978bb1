"""Running tests on mutants, each in a copy of the checkout."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from .mutants import Mutant
from .targets import ROOT

SECONDS = 600
"""Tests that run for longer have noticed: the mutant goes round in circles."""

_LEFT_OUT = (".git", ".venv", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis")


class Fate(Enum):
    """What became of a mutant. STALE: no test could run, or nothing was there to be tested."""

    KILLED = "killed"
    TIMED_OUT = "killed by time"
    SURVIVED = "survived"
    STALE = "stale"


class Trial(NamedTuple):
    """What became of a mutant, and the last lines that the tests printed."""

    mutant: Mutant
    fate: Fate
    said: str


class Copy:
    """A copy of the checkout in `folder`, in which one mutant after the other is put on trial."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ignored = shutil.ignore_patterns(*_LEFT_OUT)
        shutil.copytree(ROOT, folder, symlinks=True, ignore=ignored, dirs_exist_ok=True)

    def put_on_trial(self, mutant: Mutant, seconds: float = SECONDS) -> Trial:
        """Run the mutant's tests; stops at the first that fails."""
        path = self.folder / mutant.module
        kept = path.stat()
        original = path.read_text("utf-8")
        path.write_text(mutant.after, "utf-8")
        try:
            status, said = self._run(mutant.tests, seconds)
        finally:
            path.write_text(original, "utf-8")
            os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))  # kernels stay compiled
        return Trial(mutant, _FATES.get(status, Fate.STALE), said)

    def _run(self, tests: Sequence[str], seconds: float) -> tuple[int | None, str]:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "--no-header"]
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CI": "1",  # the same examples for every mutant
        }
        process = subprocess.Popen(
            [*command, "-p", "no:cacheprovider", *tests],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=seconds)
            status: int | None = process.returncode
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            status = None
        return status, "\n".join(said.strip().splitlines()[-6:])


# How pytest ends: 0 all passed, 1 some failed, 2 stopped (as by an error while collecting),
# 3 internal error; 4 and 5 are a wrong call, and no tests. A process that was killed has noticed.
_FATES = {
    None: Fate.TIMED_OUT,
    0: Fate.SURVIVED,
    1: Fate.KILLED,
    2: Fate.KILLED,
    3: Fate.KILLED,
    **{-number: Fate.KILLED for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL)},
    **{-number: Fate.KILLED for number in (signal.SIGBUS, signal.SIGFPE, signal.SIGILL)},
}
