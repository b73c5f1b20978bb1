"""Programs that some tests need and that need not be there."""

from __future__ import annotations

import os
import shutil

import pytest


def need(program: str) -> str:
    """The path of `program`. Without it the test is skipped, or fails if ISLANDER_NEED_TOOLS, a
    list of programs, says that it was installed."""
    found = shutil.which(program)
    if found is None:
        missing(program, f"{program} is not on the PATH")
        raise AssertionError
    return found


def missing(program: str, problem: str) -> None:
    """Skip the test because of `problem`, or fail it if `program` should be there."""
    if program in os.environ.get("ISLANDER_NEED_TOOLS", "").split():
        pytest.fail(f"{problem}, and ISLANDER_NEED_TOOLS names {program}")
    pytest.skip(problem)
