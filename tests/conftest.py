"""Hypothesis without deadlines (machines differ, and no test is about time); in CI the examples are
always the same, so that a failure there belongs to the change."""

from __future__ import annotations

import os

from hypothesis import settings

pytest_plugins = ["pytester"]

settings.register_profile("islander", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("islander")
