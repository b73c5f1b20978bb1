"""Notes on a model: in every report of a check, and quoted where a format has markup."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree

import pytest

from islander import Actor, Model, Result, StateInvariant, explore
from islander.reports.github import github_markdown
from islander.reports.junit import junit_xml
from islander.reports.page import page_html
from islander.reports.page_data import page_data
from islander.reports.sarif import NOTIFICATIONS, sarif_json
from islander.reports.summary import Summary, summarise
from islander.reports.text import result_lines

from .checks import HOSTILE


@dataclass
class Deaf(Actor):
    def recieve(self, message: Any, sender: str) -> None: ...

    def on_timeout(self, name: str) -> None: ...


@pytest.fixture(scope="module")
def result() -> Result:
    always = StateInvariant("always", lambda state: True)
    return explore(Model("deaf", {"a": Deaf(), "b": Deaf()}, properties=[always]))


def test_a_result_has_a_note_for_each_method_and_stays_as_it_is(result: Result) -> None:
    assert [note.partition(" looks like")[0] for note in result.notes] == [
        "Deaf.recieve",
        "Deaf.on_timeout",
    ]
    assert result.verdict.value == "holds"


def test_the_terminal_has_a_line_for_each_before_the_conclusion(result: Result) -> None:
    lines = [line.plain for line in result_lines(result, None)]
    noted = [at for at, line in enumerate(lines) if line.startswith("Note: ")]
    assert [lines[at] for at in noted] == [f"Note: {note}" for note in result.notes]
    assert noted[-1] < lines.index("HOLDS  deaf: every property, in every reachable state")
    assert all(line.cell_len <= 60 for line in result_lines(result, 60))


def test_a_summary_keeps_them_from_process_to_process(result: Result) -> None:
    summary = summarise(result)
    assert summary.notes == result.notes
    assert Summary.from_json(json.loads(json.dumps(summary.as_json()))) == summary


def test_junit_has_a_property_of_the_suite_for_each(result: Result) -> None:
    found = ElementTree.fromstring(junit_xml([summarise(result)])).findall(".//property")
    assert [one.get("value") for one in found if one.get("name") == "note"] == list(result.notes)


def test_sarif_has_a_notification_for_each(result: Result) -> None:
    (run,) = json.loads(sarif_json([summarise(result)], None, "1"))["runs"]
    assert run["tool"]["driver"]["notifications"] == list(NOTIFICATIONS)
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"]
    told = invocation["toolExecutionNotifications"]
    assert [one["message"]["text"] for one in told] == [f"deaf: {n}" for n in result.notes]
    for one in told:
        described = run["tool"]["driver"]["notifications"][one["descriptor"]["index"]]
        assert described["id"] == one["descriptor"]["id"] == "note"


def test_github_has_a_line_for_each_in_code(result: Result) -> None:
    text = github_markdown([summarise(result)])
    assert text.count("> **Note** on <code>deaf</code>: <code>Deaf&#46;") == 2
    hostile = github_markdown([replace(summarise(result), notes=HOSTILE)])
    assert len([line for line in hostile.splitlines() if "**Note**" in line]) == len(HOSTILE)


def test_the_page_holds_them(result: Result) -> None:
    data = page_data(result, states=10)
    assert data["notes"] == list(result.notes)
    assert 'id="notes"' in page_html(data)


def test_a_check_without_any_says_nothing_of_notes() -> None:
    always = StateInvariant("always", lambda state: True)
    clean = explore(Model("clean", {"a": Actor()}, properties=[always]))
    assert clean.notes == ()
    assert not [line for line in result_lines(clean, None) if "Note" in line.plain]
    assert "note" not in junit_xml([summarise(clean)])
    assert "**Note**" not in github_markdown([summarise(clean)])
