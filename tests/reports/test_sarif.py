"""SARIF files: they fit the published schema, and nothing undecided in them looks decided."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest

from islander import Verdict
from islander.reports import Source
from islander.reports.files import write_whole
from islander.reports.sarif import sarif_json
from islander.reports.summary import PropertySummary, StepPlace, StepSummary, Summary
from islander.reports.words import clean

from .checks import (
    HOSTILE,
    SCHEMAS,
    every_kind,
    holding,
    hostile,
    incomplete,
    uncovered,
    unexpected,
    unfinished,
    unrun,
    vacuous,
    violated,
)


def run_of(*summaries: Summary, root: Path | None = None) -> Any:
    (run,) = json.loads(sarif_json(summaries, root, "1.2.3"))["runs"]
    return run


def kinds(*summaries: Summary) -> list[tuple[str, str]]:
    return [(one["kind"], one["level"]) for one in run_of(*summaries)["results"]]


FAIL, OPEN = ("fail", "error"), ("open", "none")


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (holding(), []),
        (violated(), [FAIL, *[OPEN] * 3]),
        (incomplete(), [OPEN] * 7),
        (vacuous(), [FAIL]),
        (uncovered(), [FAIL]),
        (unfinished(), [OPEN]),
        (unexpected(), [FAIL]),
        (unrun(), [FAIL]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_verdicts_become_kinds_and_what_holds_is_no_result(
    summary: Summary, expected: list[tuple[str, str]]
) -> None:
    assert kinds(summary) == expected


def test_an_incomplete_check_was_no_successful_run_and_says_why() -> None:
    (invocation,) = run_of(incomplete())["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["level"] == "error"
    assert told["message"]["text"] == (
        "bounded: 7 undecided: the bound of 50 states was reached (max_states)"
    )


def test_a_check_that_was_decided_was_a_successful_run() -> None:
    for summary in (holding(), vacuous(), uncovered()):
        assert run_of(summary)["invocations"][0] == {
            "executionSuccessful": True,
            **({"commandLine": summary.command} if summary.command else {}),
        }


def test_a_check_that_could_not_be_run_was_no_successful_run() -> None:
    (invocation,) = run_of(unrun())["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["level"] == "error"
    assert told["message"]["text"] == "unrun: there is no model 'paxxos'"


def test_what_a_violation_left_undecided_is_warned_of() -> None:
    (invocation,) = run_of(violated())["invocations"]
    assert invocation["executionSuccessful"] is True
    (told,) = invocation["toolExecutionNotifications"]
    assert told["level"] == "warning"
    assert told["message"]["text"].startswith("hidden vote: 3 undecided")


def test_each_result_belongs_to_the_run_of_its_check() -> None:
    run = run_of(holding(), incomplete())
    numbers = [one["provenance"]["invocationIndex"] for one in run["results"]]
    assert numbers == [1] * 7
    assert [one["executionSuccessful"] for one in run["invocations"]] == [True, False]


def test_rules_are_properties_and_are_shared_by_checks_of_a_model() -> None:
    run = run_of(holding(), incomplete(), violated())
    rules = run["tool"]["driver"]["rules"]
    assert len(rules) == 14
    assert rules[0]["id"] == "paxos/single-chosen-value"
    assert rules[7]["id"] == "paxos-with-bug-hidden-vote/single-chosen-value"
    assert run["tool"]["driver"]["version"] == "1.2.3"
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]


def test_rule_ids_differ_where_letters_and_digits_do_not() -> None:
    names = ("a b", "a-b", "A B", "漢字", "漢", "x" * 500, "x" * 501)
    own = tuple(PropertySummary(name, "Invariant", Verdict.HOLDS) for name in names)
    rules = run_of(replace(holding(), properties=own))["tool"]["driver"]["rules"]
    assert rules[0]["id"] == "paxos/a-b"
    assert len({rule["id"] for rule in rules}) == len(names)


def test_the_steps_are_a_code_flow_through_the_cases_that_ran() -> None:
    here = Path(__file__).resolve().parents[2]
    result = run_of(violated(), root=here)["results"][0]
    ((flow,),) = [one["threadFlows"] for one in result["codeFlows"]]
    steps = flow["locations"]
    assert [one["executionOrder"] for one in steps] == list(range(1, 13))
    first = steps[0]["location"]
    assert first["message"]["text"] == (
        "p1 → a1 Prepare(1): promised: 0 → 1; sends Promise(1, None) to p1"
    )
    artifact = first["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "models/paxos.py", "uriBaseId": "SRCROOT"}
    line = first["physicalLocation"]["region"]["startLine"]
    source = (here / artifact["uri"]).read_text().split("\n")[line - 1]
    assert source.strip().startswith("case Prepare(")
    last = steps[-1]["location"]["physicalLocation"]
    assert result["locations"][0]["physicalLocation"] == last


def test_the_facts_that_clash_are_related_locations_at_their_steps() -> None:
    result = run_of(violated())["results"][0]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    related = result["relatedLocations"]
    assert [one["message"]["text"] for one in related] == [
        "step 6: a1 voted for x at ballot 1",
        "step 10: a3 voted for x at ballot 1",
        "step 11: a3 voted for y at ballot 2",
        "step 12: a1 voted for y at ballot 2",
    ]
    for one, step in zip(related, (6, 10, 11, 12), strict=True):
        assert one["physicalLocation"] == steps[step - 1]["location"]["physicalLocation"]
        assert steps[step - 1]["importance"] == "essential"
    assert steps[0]["importance"] == "important"


def test_a_step_without_a_place_has_a_logical_location_only() -> None:
    story = (
        StepSummary("p1", "crashes", (), StepPlace("/src/m.py", 7, "P.crash")),
        StepSummary("network", "heals", ()),
    )
    own = PropertySummary("p", "Invariant", Verdict.VIOLATED, "", 2, story=story)
    result = run_of(replace(violated(), properties=(own,)), root=Path("/src"))["results"][0]
    crash, heal = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert crash["location"]["physicalLocation"]["region"] == {"startLine": 7}
    assert "physicalLocation" not in heal["location"]
    assert heal["location"]["logicalLocations"] == [{"name": "network", "kind": "step"}]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "m.py", "uriBaseId": "SRCROOT"}


def test_files_outside_the_root_have_absolute_uris() -> None:
    for root in (None, Path("/somewhere/else")):
        place = run_of(violated(), root=root)["results"][0]["locations"][0]["physicalLocation"]
        uri = urlsplit(place["artifactLocation"]["uri"])
        assert uri.scheme == "file"
        assert Path(unquote(uri.path)).name == "paxos.py"
        assert "uriBaseId" not in place["artifactLocation"]


def test_the_root_is_named_by_a_uri_that_ends_in_a_slash(tmp_path: Path) -> None:
    root = tmp_path / "a b"
    bases = run_of(violated(), root=root)["originalUriBaseIds"]
    assert bases["SRCROOT"]["uri"].endswith("/a%20b/")


def test_every_result_has_a_place_in_a_file_as_code_scanning_wants() -> None:
    for summary in [*every_kind(), *hostile()]:
        for one in run_of(summary)["results"]:
            assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_a_result_without_steps_stands_at_the_file_of_its_command() -> None:
    summary = replace(incomplete(), source=Source("/src/mine.py:model", {}))
    place = run_of(summary, root=Path("/src"))["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "mine.py"


def test_fingerprints_tell_results_apart_and_stay_from_run_to_run() -> None:
    results = run_of(*every_kind())["results"]
    prints = [one["partialFingerprints"]["islanderProperty/v1"] for one in results]
    assert len(set(prints)) == len(prints)
    slower = replace(violated(), seconds=99.0, engine="reference", counts={})
    for one, other in zip(results, run_of(slower)["results"], strict=False):
        assert one["partialFingerprints"] == other["partialFingerprints"]
    assert "islanderSteps/v1" in results[0]["partialFingerprints"]
    assert "islanderSteps/v1" not in results[1]["partialFingerprints"]


def test_messages_hold_no_placeholders_and_no_links() -> None:
    own = PropertySummary("p", "Invariant", Verdict.VIOLATED, "{0} [x](1) {'a': 1}", 0)
    text = run_of(replace(violated(), properties=(own,)))["results"][0]["message"]["text"]
    assert r"{{0}} \[x](1) {{'a': 1}}" in text


def test_an_unreached_witness_says_what_came_nearest() -> None:
    result = run_of(vacuous())["results"][-1]
    assert result["message"]["text"].startswith("the moon is reached: not reached: vacuous: ")
    assert result["codeFlows"][0]["message"]["text"] == "12 steps: the nearest that was reached"


def test_an_undecided_result_says_so() -> None:
    for one in run_of(incomplete())["results"]:
        assert ": undecided: " in one["message"]["text"]


def test_the_same_summaries_make_the_same_file() -> None:
    made = [sarif_json(every_kind(), Path("/src"), "1") for _ in range(2)]
    assert made[0] == made[1]


def test_what_is_written_fits_the_schema() -> None:
    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text())
    validator = jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )
    for summaries in (every_kind(), hostile(), []):
        for root in (None, Path("/models")):
            document = json.loads(sarif_json(summaries, root, "1"))
            assert [error.message for error in validator.iter_errors(document)] == []
    document["runs"][0]["tool"]["driver"].pop("name")
    assert not validator.is_valid(document)


def test_hostile_texts_are_shown_whole(tmp_path: Path) -> None:
    file = tmp_path / "islander.sarif"
    write_whole(file, sarif_json(hostile(), None, "1"))
    run = json.loads(file.read_text("ascii"))["runs"][0]
    results = run["results"]
    assert len(results) == 4 * len(HOSTILE)
    for text, result in zip(HOSTILE, results[::4], strict=True):
        shown = clean(text)
        assert result["properties"]["property"] == shown
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["name"] == shown
        logical = result["codeFlows"][0]["threadFlows"][0]["locations"][0]["location"]
        assert logical["logicalLocations"][0]["fullyQualifiedName"] == shown
        assert result["message"]["text"].isprintable() or "\n" in result["message"]["text"]
