"""Trace formats by name and by suffix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from islander import explore
from islander.explorer import UsageError
from islander.models.paxos import paxos
from islander.reports import Source, Telling, trace_format, written
from islander.reports.trace_formats import FORMATS, SUFFIXES


@pytest.fixture(scope="module")
def told() -> Telling:
    found = explore(paxos(bug="hidden-vote")).properties["single chosen value"]
    assert found.trace is not None
    return Telling(found.trace, Source("paxos", {"bug": "hidden-vote"}), found.name, "because")


def test_a_suffix_says_the_format() -> None:
    found = {suffix: trace_format(Path(f"trace{suffix}"), None) for suffix in SUFFIXES}
    assert found == SUFFIXES
    assert trace_format(Path("trace"), None) == "json"
    assert trace_format(Path("a.json"), "itf") == "itf"
    assert set(SUFFIXES.values()) == set(FORMATS)


@pytest.mark.parametrize(
    ("path", "name", "says"),
    [
        ("t.xml", None, "by its suffix: it should be one of .itf.json, .json"),
        ("t.json", "mermade", "no trace format 'mermade'; did you mean 'mermaid'?"),
        ("t.json", "", "There are: text, json"),
    ],
)
def test_what_is_no_format_is_refused(path: str, name: str | None, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        trace_format(Path(path), name)
    assert says in str(refused.value)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_tells_of_each_step(told: Telling, name: str) -> None:
    text = written(told, name)
    assert text.endswith("\n")
    assert text.count("Prepare") >= 4
    assert text == written(told, name)


def test_text_has_a_line_for_each_step_and_the_reason(told: Telling) -> None:
    lines = written(told, "text").split("\n")
    assert lines[0] == "single chosen value: 12 steps"
    assert len(lines) == 2 + 12 + 3
    assert lines[-2] == "Why: because"


def test_json_is_what_replays(told: Telling) -> None:
    document = json.loads(written(told, "json"))
    assert document["model"] == {
        "name": "paxos with bug hidden-vote",
        "target": "paxos",
        "parameters": {"bug": "hidden-vote"},
    }
