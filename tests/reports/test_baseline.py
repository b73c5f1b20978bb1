"""Baselines: the same outcome makes the same file, and what changed is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from islander import Result, Verdict, explore
from islander.explorer import UsageError
from islander.models.paxos import paxos
from islander.reports.baseline import (
    KeptCheck,
    baseline_text,
    brief_text,
    difference_lines,
    differences,
    read_baseline,
    refuse_other_models,
)
from islander.reports.summary import Summary, summarise
from islander.reports.trace_file import Source

BUG, HOSTILE = "ignored-promises", 'a "check"\n</script>]]> 🏝 \x1b[31m' + "x" * 10_000


@pytest.fixture(scope="module")
def red(violated: Result) -> Summary:
    return summarise(violated, Source("paxos", {"bug": BUG}), "red")


@pytest.fixture(scope="module")
def green(holding: Result) -> Summary:
    return summarise(holding, Source("paxos", {"acceptors": "2"}), "green")


def kept(path: Path, *summaries: Summary) -> dict[str, KeptCheck]:
    """What is read of these checks' baseline."""
    path.write_text(baseline_text(summaries), encoding="utf-8")
    return read_baseline(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "base.json"


def texts(was: KeptCheck, now: Summary) -> list[str]:
    return [one.text for one in differences(was, now)]


def test_nothing_differs_from_itself(path: Path, red: Summary, green: Summary) -> None:
    found = kept(path, red, green)
    assert list(found) == ["green", "red"]
    assert differences(found["red"], red) == differences(found["green"], green) == []
    assert brief_text([]) == ""


def test_the_same_outcome_makes_the_same_file(red: Summary, green: Summary) -> None:
    other = replace(
        red,
        seconds=red.seconds + 1,
        counts=dict(reversed(red.counts.items())),
        properties=tuple(reversed(red.properties)),
    )
    assert baseline_text([red, green]) == baseline_text([green, other])
    assert '"seconds"' not in baseline_text([red])
    assert __file__ not in baseline_text([red])


def test_a_changed_verdict_is_told_and_what_follows_from_it_is_not_in_brief(
    path: Path, green: Summary
) -> None:
    selection = "greatest-promise selection"
    broken = replace(
        green,
        verdict=Verdict.VIOLATED,
        counts={**green.counts, "states": green.counts["states"] - 1},
        properties=tuple(
            replace(one, verdict=Verdict.VIOLATED, steps=9) if one.name == selection else one
            for one in green.properties
        ),
    )
    found = differences(kept(path, green)["green"], broken)
    assert [one.text for one in found] == [
        "was holds, is violated",
        f"{selection!r}: was holds, is violated in 9 steps",
        "states: were 248, are 247 (-1)",
    ]
    assert brief_text(found) == "holds → violated"


def test_changed_numbers_are_told(path: Path, green: Summary) -> None:
    counts = {**green.counts, "states": green.counts["states"] + 2, "depth": 3}
    found = differences(kept(path, green)["green"], replace(green, counts=counts))
    assert [one.text for one in found] == [
        "states: were 248, are 250 (+2)",
        "depth: was 12, is 3 (-9)",
    ]
    assert brief_text(found) == "states, depth"


def test_properties_that_came_and_went_are_told(path: Path, green: Summary) -> None:
    was = kept(path, green)["green"]
    renamed = replace(green.properties[0], name="renamed")
    now = replace(green, properties=(renamed, *green.properties[1:]))
    assert texts(was, now) == [
        "'single chosen value' is gone; was holds",
        "'renamed' is new: is holds",
    ]


def test_a_witness_that_is_reached_later_is_told(path: Path, green: Summary) -> None:
    was = kept(path, green)["green"]
    later = tuple(
        replace(one, steps=one.steps + 1) if one.steps is not None else one
        for one in green.properties
    )
    assert "'a value is chosen': was holds in 6 steps, is holds in 7 steps" in texts(
        was, replace(green, properties=later)
    )


def test_another_counterexample_is_shown_as_a_diff(path: Path, red: Summary) -> None:
    was = kept(path, red)["red"]
    shorter = tuple(
        replace(one, steps=8, trace={**one.trace, "steps": one.trace["steps"][1:]})
        if one.trace
        else one
        for one in red.properties
    )
    found = differences(was, replace(red, properties=shorter))
    assert brief_text(found) == "trace"
    lines = [line.plain for line in difference_lines(found, 80)]
    assert (
        lines[0]
        == "  'greatest-promise selection': was violated in 9 steps, is violated in 8 steps:"
    )
    assert "    -   1      p1 → a1  Prepare(1)" in lines
    assert all(len(line) <= 80 for line in lines)


def test_what_became_incomplete_is_told_alone(path: Path, green: Summary) -> None:
    undecided = summarise(explore(paxos(acceptors=2), max_depth=2), green.source, "green")
    assert texts(kept(path, green)["green"], undecided) == ["was holds, is incomplete"]


def test_an_incomplete_check_is_not_kept(green: Summary) -> None:
    with pytest.raises(UsageError, match="incomplete: 'green'"):
        baseline_text([replace(green, verdict=Verdict.INCOMPLETE)])


def test_what_a_model_says_survives(path: Path, green: Summary) -> None:
    hostile = replace(
        green,
        name=HOSTILE,
        source=Source(HOSTILE, {HOSTILE: HOSTILE}),
        properties=(replace(green.properties[0], name=HOSTILE),),
    )
    found = kept(path, hostile)[HOSTILE]
    assert found.source == hostile.source
    assert differences(found, hostile) == []
    gone = differences(found, replace(hostile, properties=()))
    (line,) = difference_lines(gone, None)
    assert line.plain.isprintable()


def test_the_baseline_of_another_model_is_refused_by_name(path: Path, green: Summary) -> None:
    found = kept(path, green)
    refuse_other_models(path, found, {"green": (green.model, Source("paxos", {"acceptors": "2"}))})
    refuse_other_models(path, found, {"another name": ("x", Source("y", {}))})
    for model, target, given in (
        ("paxos", "paxos", {"acceptors": "3"}),
        ("paxos", "own.py:paxos", {"acceptors": "2"}),
        ("raft", "paxos", {"acceptors": "2"}),
    ):
        with pytest.raises(UsageError, match="'green' was of model 'paxos' with parameters accep"):
            refuse_other_models(path, found, {"green": (model, Source(target, given))})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is damaged (line 1): it is not whole JSON"),
        ("[" * 100_000, "is damaged"),
        ("[]", 'is not a baseline: it has no "format"'),
        ('{"format": "islander trace"}', "is not a baseline"),
        ('{"format": "islander baseline", "version": 2}', "has baseline version 2"),
        ('{"format": "islander baseline", "version": 1}', "checks should be a dict"),
    ],
)
def test_what_is_no_baseline_is_refused(path: Path, text: str, said: str) -> None:
    path.write_text(text)
    with pytest.raises(UsageError) as refused:
        read_baseline(path)
    assert str(refused.value).startswith(str(path))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("counts", "states"), True, "counts, 'states' should be a int"),
        (("verdict",), "green", "verdict should be a verdict; it is 'green'"),
        (("parameters", "bug"), 3, "parameters, 'bug' should be a str"),
        (("properties", "validity"), [], "'validity' should be a dict"),
        (("properties", "greatest-promise selection", "trace", "steps"), 3, "steps should be a"),
        (("properties", "greatest-promise selection", "trace", "steps"), [3], "trace makes no"),
        (("properties", "greatest-promise selection", "trace", "initial"), 3, "initial should be"),
    ],
)
def test_a_damaged_baseline_is_refused_with_the_place(
    path: Path, red: Summary, where: tuple[str, ...], value: Any, said: str
) -> None:
    document = json.loads(baseline_text([red]))
    holder = document["checks"]["red"]
    for key in where[:-1]:
        holder = holder[key]
    holder[where[-1]] = value
    path.write_text(json.dumps(document))
    with pytest.raises(UsageError) as refused:
        read_baseline(path)
    assert f"{path} is damaged: checks, 'red'" in str(refused.value)
    assert said in str(refused.value)


def test_a_trace_that_makes_no_sense_does_not_end_the_report(path: Path, red: Summary) -> None:
    document = json.loads(baseline_text([red]))
    trace = document["checks"]["red"]["properties"]["greatest-promise selection"]["trace"]
    trace["steps"][0]["after"] = 3
    path.write_text(json.dumps(document))
    found = differences(read_baseline(path)["red"], red)
    assert "makes no sense" in "".join(line.plain for line in difference_lines(found, 80))
