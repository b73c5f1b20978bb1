"""The kernels, compiled with every index checked, explore as the reference engine does, and notice
a wrong index: see islander.explorer.bounds. A process is of one build, so this one has its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_the_checked_build_explores_alike_and_notices_a_wrong_index() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "checked_kernels.py"],
        cwd=HERE,
        env={**os.environ, "ISLANDER_CHECKED_KERNELS": "1", "NUMBA_OPT": "0"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
