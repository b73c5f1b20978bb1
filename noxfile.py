"""The tests on every Python that the project names, each in an environment of its own.

    nox -s tests            the whole suite, on each version in turn
    nox -s tests-3.12       on one of them
    nox -s fast-3.13        the part that is likely to differ from one version to another

What follows `--` goes to pytest.
"""

from __future__ import annotations

import nox

PYTHONS = nox.project.python_versions(nox.project.load_toml("pyproject.toml"))
"""The versions of the classifiers, the oldest first."""

FAST = (
    "tests/explorer/test_coverage.py",
    "tests/explorer/test_freeze.py",
    "tests/explorer/test_handlers.py",
    "tests/explorer/test_reference.py",
    "tests/explorer/test_result.py",
    "tests/explorer/test_semantics.py",
    "tests/invariants",
)
"""Tests of what rests most on the interpreter: its code, its copies, its annotations."""

nox.options.sessions = ["tests"]
nox.options.default_venv_backend = "venv"


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The whole suite."""
    session.install("--quiet", "--editable", ".[dev]")
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session(python=PYTHONS)
def fast(session: nox.Session) -> None:
    """The part that is likely to differ from one version to another."""
    session.install("--quiet", "--editable", ".[dev]")
    session.run("pytest", "-n", "auto", *session.posargs, *FAST)
