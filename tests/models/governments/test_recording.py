"""Recording: what the explorer finds is what islanders do, and replays to the same bytes.

`python tests/models/governments/test_recording.py` writes the schedules in `scenarios/` anew.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from islander import Trace, Verdict
from islander.explorer import UsageError, explore
from islander.explorer.semantics import Semantics
from islander.explorer.trace import TraceStep, trace_step
from islander.models import paxos
from islander.models.governments.member import Member
from islander.models.governments.model import governments
from islander.models.governments.recording import (
    Recording,
    RecordingError,
    recorded,
    schedule_of,
)
from islander.models.governments.schedules import line_of, read_schedule, trace_of
from islander.models.governments.situations import SITUATIONS

FOLDER = Path(__file__).parent / "scenarios"
SUFFIX = ".schedule.json"

COMES_BACK = "a chain that was discarded comes back"  # which takes a second round
REACHED = tuple(name for name in SITUATIONS if name != COMES_BACK)
PUBLISHED = "as published: "
VIOLATED = (
    "logs agree",
    "an accepted chain has all that is committed",
    "promises never decrease",
)
SCENARIOS = (*SITUATIONS, *(PUBLISHED + name for name in VIOLATED))


def witnesses() -> dict[str, Trace]:
    """The shortest ways to the situations, and to what the published protocol violates."""
    found = explore(governments(asked=1, reach=REACHED)).properties
    named = {name: found[name].trace for name in REACHED}
    twice = explore(governments(asked=1, rounds=2, reach=(COMES_BACK,)), max_depth=20)
    named[COMES_BACK] = twice.properties[COMES_BACK].trace
    published = explore(governments(as_published=True), keep_going=True).properties
    named |= {PUBLISHED + name: published[name].trace for name in VIOLATED}
    return {name: trace for name, trace in named.items() if trace is not None}


def path_of(name: str) -> Path:
    return FOLDER / (re.sub(r"[^a-z0-9]+", "-", name.replace("'", "")) + SUFFIX)


def write_scenarios() -> None:
    """Write each of those traces as a schedule; a change of the protocol may ask for it."""
    FOLDER.mkdir(exist_ok=True)
    for name, trace in witnesses().items():
        path_of(name).write_text(recorded(trace).text, encoding="utf-8")


@pytest.fixture(scope="module")
def traces() -> dict[str, Trace]:
    return witnesses()


def replayed(text: str) -> list[str]:
    return [line_of(line) for line in trace_of(read_schedule(text))]


def lines(recording: Recording) -> list[str]:
    return [line_of(line) for line in recording.lines]


def test_there_is_a_scenario_for_every_situation_and_violation(traces: dict[str, Trace]) -> None:
    assert set(traces) == set(SCENARIOS)
    assert sorted(FOLDER.iterdir()) == sorted(map(path_of, SCENARIOS))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_the_shortest_way_there_and_replays(
    name: str, traces: dict[str, Trace]
) -> None:
    golden = path_of(name).read_text(encoding="utf-8")
    recording = recorded(traces[name])
    assert schedule_of(traces[name]) == json.loads(golden)
    assert recording.text == golden
    assert replayed(golden) == lines(recording)
    assert not any("skipped" in line or "error" in line for line in recording.lines)


def test_a_scenario_ends_as_its_trace_does(traces: dict[str, Trace]) -> None:
    for name, trace in traces.items():
        tops = recorded(trace).lines[-1]["tops"]
        members = {id: one for id, one in trace.last.actors.items() if isinstance(one, Member)}
        assert tops == {id: str(member.top) for id, member in members.items()}, name


RULES_LEFT_OUT = ("no-entries", "no-takes-over", "no-keeps-promises")


@pytest.mark.parametrize("bug", RULES_LEFT_OUT)
def test_islanders_without_a_rule_go_the_way_of_the_counterexample(bug: str) -> None:
    found = explore(governments(asked=1, bug=bug)).properties.values()
    violated = [one.trace for one in found if one.verdict is Verdict.VIOLATED]
    recordings = [recorded(trace) for trace in violated if trace is not None]
    assert recordings
    for recording in recordings:
        assert (
            bug.removeprefix("no-").replace("-", "_") not in recording.schedule["options"]["sound"]
        )
        assert replayed(recording.text) == lines(recording)


WALKED: tuple[dict[str, Any], ...] = (
    {"values": 2, "collapses": 2, "rounds": 2, "losses": 2},
    {"newcomers": 1, "collapses": 2},
    {"members": 4, "newcomers": 1, "trims": True, "losses": 1},
    {"members": 5, "collapses": 3},
    {"as_published": True, "values": 2, "collapses": 2, "rounds": 2},
)


@pytest.mark.parametrize("parameters", WALKED, ids=str)
def test_islanders_go_along_with_random_walks(parameters: dict[str, Any]) -> None:
    semantics = Semantics(governments(**parameters))
    for seed in range(8):
        recording = recorded(walk(semantics, random.Random(seed), 50))
        assert replayed(recording.text) == lines(recording)
        assert not any("skipped" in line for line in recording.lines)


def walk(semantics: Semantics, chance: random.Random, depth: int) -> Trace:
    state = initial = chance.choice(semantics.initial_states())
    steps: list[TraceStep] = []
    while len(steps) < depth and (possible := list(semantics.steps(state))):
        step = chance.choice(possible)
        steps.append(trace_step(semantics, state, step))
        state = step.after
    return Trace(semantics.model, semantics, initial, tuple(steps))


def test_islanders_that_differ_from_the_members_are_noticed(traces: dict[str, Trace]) -> None:
    published = traces[PUBLISHED + VIOLATED[0]]
    instance = r"governments \(members=3, values=1, collapses=1, rounds=1\)"
    said = rf"{instance}, step \d+: the member '.' .* differ in"
    with pytest.raises(RecordingError, match=said):
        schedule_of(replace(published, model=governments()))


def test_a_trace_without_islanders_is_refused() -> None:
    trace = walk(Semantics(paxos()), random.Random(1), 3)
    with pytest.raises(UsageError, match="model 'paxos' has no islanders"):
        schedule_of(trace)


if __name__ == "__main__":
    write_scenarios()
