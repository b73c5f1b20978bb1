"""Summaries: a result as plain data that survives a file."""

from __future__ import annotations

import json

import pytest

from islander import Verdict, explore, simulate
from islander.models.paxos import paxos
from islander.reports import Source
from islander.reports.summary import Summary, summarise
from islander.reports.truth import truth_table


@pytest.fixture(scope="module")
def hidden_vote() -> Summary:
    result = explore(paxos(bug="hidden-vote"))
    return summarise(result, Source("paxos", {"bug": "hidden-vote", "proposers": "2"}), "mine")


def test_a_summary_survives_json(hidden_vote: Summary) -> None:
    text = json.dumps(hidden_vote.as_json())
    assert Summary.from_json(json.loads(text)) == hidden_vote


def test_it_has_the_verdicts_and_the_numbers(hidden_vote: Summary) -> None:
    assert hidden_vote.name == "mine"
    assert hidden_vote.verdict is Verdict.VIOLATED
    assert hidden_vote.counts["states"] == 9_968
    assert [one.name for one in hidden_vote.violated] == ["single chosen value"]
    verdicts = [one.verdict.value for one in hidden_vote.properties]
    assert verdicts == ["violated", *["incomplete"] * 3, *["holds"] * 3]
    assert hidden_vote.command == "islander check paxos --bug hidden-vote -p proposers=2"


def test_a_violation_is_told_with_the_facts_that_clash(hidden_vote: Summary) -> None:
    (found,) = hidden_vote.violated
    assert found.kind == "Invariant"
    assert len(found.story) == found.steps == 12
    assert [one.step for one in found.clash] == [6, 10, 11, 12]
    assert found.clash[0].text == "a1 voted for x at ballot 1"
    assert found.trace["property"] == "single chosen value"


def test_each_step_says_which_case_decided_it(hidden_vote: Summary) -> None:
    (found,) = hidden_vote.violated
    for step in found.story:
        assert step.place is not None
        with open(step.place.file, encoding="utf-8") as source:
            line = source.read().split("\n")[step.place.line - 1].strip()
        assert line.startswith(f"case {step.what.partition('(')[0]}("), (step, line)


def test_walks_are_summarised_too() -> None:
    summary = summarise(simulate(paxos(), walks=3, depth=5, seed=1))
    assert summary.counts["walks"] == 3
    assert summary.verdict is Verdict.INCOMPLETE
    assert "random walks" in summary.because
    assert summary.command == ""


def test_a_truth_table_says_when_an_invariant_turns_false() -> None:
    result = explore(paxos(bug="hidden-vote"))
    trace = result.properties["single chosen value"].trace
    assert trace is not None
    rows = {row.name: row for row in truth_table(trace)}
    chosen = rows["single chosen value"]
    assert chosen.values == (*[True] * 12, False)
    assert chosen.turns_at == 12
    assert rows["promises never decrease"].turns_at is None
    assert rows["a value is chosen"].values == (*[False] * 10, *[True] * 3)


def test_a_truth_table_has_properties_of_steps() -> None:
    result = explore(paxos(bug="vote-is-no-promise"), keep_going=True)
    found = next(
        one for one in result.properties.values() if one.verdict is Verdict.VIOLATED and one.trace
    )
    assert found.trace is not None
    rows = {row.name: row for row in truth_table(found.trace)}
    assert rows[found.name].turns_at == len(found.trace)
