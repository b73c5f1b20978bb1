"""A process that does one job of `islander ci`, seen from the process that starts it.

It is told what to do, and answers, by files in a directory of its own. It does not outlive this
process, and Ctrl-C is none of its concern.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .ci_worker import BOOT, JOB

TOLD = 5
"""Lines that are told of what a process wrote before it died."""


@dataclass
class Worker:
    """A process, and its directory. `since` is when it began what it does now."""

    process: subprocess.Popen[bytes]
    directory: tempfile.TemporaryDirectory[str]
    began: float
    since: float
    noted: str = ""

    @property
    def seconds(self) -> float:
        """How long it runs."""
        return time.monotonic() - self.began

    @property
    def ended(self) -> bool:
        """Whether it does not run any more."""
        return self.process.poll() is not None

    def has(self, name: str) -> bool:
        """Whether it has written this file."""
        return (self._folder / name).exists()

    def answer(self, name: str) -> dict[str, Any] | None:
        """What it wrote to a file; None if it wrote none."""
        if not self.has(name):
            return None
        found: dict[str, Any] = json.loads((self._folder / name).read_text(encoding="utf-8"))
        return found

    def note(self, stage: str) -> None:
        """Note what it does now; if that is something else than before, its time begins."""
        if stage != self.noted:
            self.noted, self.since = stage, time.monotonic()

    def overdue(self, limit: float | None) -> bool:
        """Whether it takes more seconds than `limit` for what it does now."""
        return limit is not None and time.monotonic() - self.since > limit

    def death(self) -> str:
        """How it ended, and what it last said."""
        code = self.process.returncode
        if code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            how = f"the process of this check was killed ({name})"
            if name == "SIGKILL":
                how += ", as the system does when memory runs out; bound it with max-bytes"
        else:
            how = f"the process of this check ended on its own, with exit code {code}"
        return self._with_last_words(f"{how}.")

    def stop(self, why: str) -> str:
        """Kill it; give the reason, and what it last said."""
        self.process.kill()
        self.process.wait()
        return self._with_last_words(why)

    def end(self) -> None:
        """Kill it if it still runs, and leave nothing behind."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        self.directory.cleanup()

    @property
    def _folder(self) -> Path:
        return Path(self.directory.name)

    def _with_last_words(self, how: str) -> str:
        said = (self._folder / "stderr").read_text(encoding="utf-8", errors="replace")
        last = [line for line in said.splitlines() if line.strip()][-TOLD:]
        return "\n  ".join([how if not last else f"{how} It last said:", *last])


def begin(job: Mapping[str, Any]) -> Worker:
    """Start a process that does `job`. Done within `undisturbed`."""
    directory = tempfile.TemporaryDirectory(prefix="islander-ci-", ignore_cleanup_errors=True)
    folder = Path(directory.name)
    (folder / JOB).write_text(json.dumps(job), encoding="utf-8")
    paths = json.dumps([os.path.abspath(path) for path in sys.path])
    with (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            # -P: what lies in the working directory is no module of ours
            [sys.executable, "-P", "-c", BOOT, paths, directory.name],
            stdin=subprocess.PIPE,  # which ends when this process does
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    now = time.monotonic()
    return Worker(process, directory, now, now)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait. What is started meanwhile never hears of it: this process will end it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
