"""Two small results to report on: one violated, one that holds."""

from __future__ import annotations

import pytest

from islander import Result, explore
from islander.models import CATALOGUE, paxos


@pytest.fixture(scope="session")
def violated() -> Result:
    bug = CATALOGUE["paxos"].bugs["ignored-promises"]
    return explore(paxos(**bug.parameters, bug="ignored-promises"))


@pytest.fixture(scope="session")
def holding() -> Result:
    return explore(paxos(acceptors=2))
