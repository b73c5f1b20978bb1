"""The government protocol under the explorer: as published it fails, repaired it does not."""

from __future__ import annotations

from typing import Any

import pytest

from islander import Result, Trace, Verdict, explore
from islander.explorer import UsageError
from islander.models import CATALOGUE
from islander.models.governments import governments
from islander.models.governments.situations import SITUATIONS
from islander.reports.text import trace_lines

NEVER_IN_ONE_ROUND = "a chain that was discarded comes back"
REACHED = tuple(name for name in SITUATIONS if name != NEVER_IN_ONE_ROUND)


def checked(**parameters: Any) -> Result:
    return explore(governments(**parameters), keep_going=True)


@pytest.fixture(scope="module")
def published() -> Result:
    return checked(as_published=True)


@pytest.fixture(scope="module")
def sound() -> Result:
    return checked(reach=REACHED)


def test_the_published_protocol_loses_a_committed_entry_under_mere_delay(published: Result) -> None:
    found = {name: one.steps for name, one in published.properties.items() if one.trace}
    assert {name: steps for name, steps in found.items() if name not in SITUATIONS} == {
        "logs agree": 15,
        "a committed entry is never lost": 15,
        "a collapsed government commits nothing new": 15,
        "an accepted chain has all that is committed": 13,
        "promises never decrease": 8,
        "no assertion fails": 10,
    }


def test_the_fork_reads_without_the_source(published: Result) -> None:
    trace = published.properties["logs agree"].trace
    assert isinstance(trace, Trace)
    told = "\n".join(line.plain for line in trace_lines(trace, None))
    for line in ("sends Write 4/1 'v1' after 4/0", "written: 4/1 → nothing", "log: 4/0 → 4/1 'v1'"):
        assert line in told
    assert "sends Accept 5/0: 4/0 ← 5/0" in told


def test_the_repaired_protocol_holds_and_meets_what_its_notes_warn_of(sound: Result) -> None:
    assert sound.verdict is Verdict.HOLDS
    assert (sound.states, sound.transitions, sound.depth) == (61_539, 197_984, 45)
    assert {name: sound.properties[name].steps for name in REACHED} == {
        "a user's entry is committed": 4,
        "another government is formed": 11,
        "a government is committed and collapsed": 17,
        "a promise carries another proposer's chain": 17,
        "what is committed is committed again": 11,
        "a proposer is halted by its own acceptor": 9,
        "two proposers have different chains": 12,
        "two proposers write interleaved": 18,
        "of two written chains the greater is built upon": 17,
    }


def test_a_discarded_chain_needs_more_than_one_round_to_come_back() -> None:
    result = checked(asked=1, reach=(NEVER_IN_ONE_ROUND,))
    assert result.states == 33_527
    assert result.properties[NEVER_IN_ONE_ROUND].verdict is Verdict.VIOLATED


def test_noting_what_is_committed_again_changes_no_more_than_that() -> None:
    result = checked()
    assert result.verdict is Verdict.HOLDS
    assert (result.states, result.transitions, result.depth) == (41_607, 140_670, 45)


def test_an_arrival_during_a_collapse_holds() -> None:
    result = checked(newcomers=1, values=0)
    assert result.verdict is Verdict.HOLDS
    assert (result.states, result.transitions, result.depth) == (35_559, 125_817, 43)


def test_a_republic_of_one_grows_to_three_if_nobody_collapses() -> None:
    result = checked(members=1, newcomers=2, values=0, collapses=0)
    assert result.verdict is Verdict.HOLDS
    assert (result.states, result.transitions, result.depth) == (2_941, 8_434, 24)


def test_a_message_may_come_twice_while_a_government_collapses() -> None:
    result = checked(values=0, duplications=1)
    assert result.verdict is Verdict.HOLDS
    assert (result.states, result.transitions, result.depth) == (4_030, 13_054, 28)


@pytest.mark.parametrize("bug", CATALOGUE["governments"].bugs)
def test_leaving_out_a_repair_brings_a_violation_back(bug: str) -> None:
    seeded = CATALOGUE["governments"].bugs[bug]
    result = explore(governments(**seeded.parameters, bug=bug))
    broken = result.properties[seeded.violates]
    assert (broken.verdict, broken.steps) == (Verdict.VIOLATED, seeded.steps)
    whole = explore(governments(**seeded.parameters), max_depth=seeded.steps)
    assert whole.properties[seeded.violates].verdict is not Verdict.VIOLATED


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"members": 0}, "members must be at least 1; got 0"),
        ({"collapses": -1}, "collapses must be at least 0; got -1"),
        ({"values": True}, "values must be at least 0; got True"),
        ({"duplications": -1}, "duplications must be at least 0; got -1"),
        ({"asked": 4}, "asked must be from 1 to 3; got 4"),
        ({"bug": "no-luck"}, "there is no bug 'no-luck'"),
        ({"bug": "no-entries", "as_published": True}, "no repair that could be left out"),
        ({"reach": ("luck",)}, "there is no situation 'luck'"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        governments(**parameters)
