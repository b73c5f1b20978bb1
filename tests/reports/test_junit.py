"""JUnit files: they fit the published schema, and say pass only of what holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from junitparser import Error, Failure, JUnitXml

from islander.reports.files import write_whole
from islander.reports.junit import junit_xml
from islander.reports.summary import Summary
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


def written(*summaries: Summary) -> ElementTree.Element:
    return ElementTree.fromstring(junit_xml(summaries))


def outcomes(suite: ElementTree.Element) -> list[str]:
    """Of each test case, what it has that is not output."""
    return [
        next((part.tag for part in case if part.tag != "system-out"), "pass")
        for case in suite.iter("testcase")
    ]


@pytest.mark.parametrize(
    ("summary", "passed", "failures", "errors"),
    [
        (holding(), 7, 0, 0),
        (violated(), 3, 1, 3),
        (incomplete(), 0, 0, 7),
        (vacuous(), 7, 1, 0),
        (uncovered(), 7, 1, 0),
        (unfinished(), 3, 0, 1),
        (unexpected(), 7, 1, 0),
        (unrun(), 0, 1, 0),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_violated_is_a_failure_and_incomplete_an_error(
    summary: Summary, passed: int, failures: int, errors: int
) -> None:
    root = written(summary)
    (suite,) = root
    found = outcomes(suite)
    counts = found.count("pass"), found.count("failure"), found.count("error")
    assert counts == (passed, failures, errors)
    for element in (root, suite):
        said = (element.get(name) for name in ("tests", "failures", "errors"))
        assert tuple(map(int, said)) == (passed + failures + errors, failures, errors)


def test_nothing_is_ever_skipped() -> None:
    assert "skipped" not in junit_xml(every_kind())


def test_several_checks_are_several_suites_and_add_up() -> None:
    root = written(*every_kind())
    assert [suite.get("name") for suite in root] == [summary.name for summary in every_kind()]
    for name in ("tests", "failures", "errors"):
        assert int(root.get(name, "")) == sum(int(suite.get(name, "")) for suite in root)
    assert len(outcomes(root)) == int(root.get("tests", ""))


def test_a_case_is_named_by_check_model_and_property() -> None:
    case = written(violated())[0].find("testcase")
    assert case is not None
    assert case.get("classname") == "hidden vote/paxos with bug hidden-vote"
    assert case.get("name") == "single chosen value"


def test_checks_of_one_name_stay_apart() -> None:
    root = written(holding(), incomplete(), replace(incomplete(), name="paxos"))
    assert [suite.get("name") for suite in root] == ["paxos", "bounded", "paxos (2)"]
    keys = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(keys)) == len(keys)


def test_a_failure_tells_the_trace_and_the_command() -> None:
    failure = written(violated()).find(".//failure")
    assert failure is not None
    assert failure.text is not None
    assert failure.get("type") == "violated"
    assert str(failure.get("message")).startswith("violated after 12 steps: x was chosen at")
    assert "\n  12  p2 → a1  Accept(2, 'y')    voted: Vote(1, 'x') → Vote(2, 'y')\n" in failure.text
    assert failure.text.endswith("\n  islander check paxos --bug hidden-vote")


def test_an_error_says_what_ended_the_search() -> None:
    error = written(incomplete()).find(".//error")
    assert error is not None
    assert error.get("type") == "incomplete"
    assert "50 states was reached (max_states)" in str(error.get("message"))


def test_coverage_that_was_required_is_a_case_of_its_own() -> None:
    case = list(written(uncovered()).iter("testcase"))[-1]
    assert case.get("name") == "coverage"
    text = case.findtext("failure", "")
    assert "\n  Acceptor.receive, case Nack(_) never ran\n  p9: its source" in text
    assert 'name="coverage"' not in junit_xml([holding()])


def test_times_add_up() -> None:
    summary = replace(holding(), seconds=1.4)
    root = written(summary, summary)
    assert root.get("time") == "2.800"
    assert [suite.get("time") for suite in root] == ["1.400", "1.400"]
    assert [case.get("time") for case in root[0].iter("testcase")] == ["0.200"] * 7


def test_properties_have_the_counts_and_the_seed() -> None:
    walks = replace(holding(), counts={"walks": 3, "seed": 7}, engine="random walks")
    told = {p.get("name"): p.get("value") for p in written(walks).iter("property")}
    assert told["seed"] == "7"
    assert told["walks"] == "3"
    assert told["engine"] == "random walks"
    assert told["verdict"] == "holds"


def test_no_checks_make_a_file_with_no_tests() -> None:
    assert written().get("tests") == "0"


def test_the_same_summaries_make_the_same_file() -> None:
    assert junit_xml(every_kind()) == junit_xml(every_kind())


def test_what_is_written_fits_the_schema() -> None:
    schema = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
    for summaries in (every_kind(), hostile(), []):
        schema.validate(junit_xml(summaries))
    assert not schema.is_valid(junit_xml(every_kind()).replace('name="bounded"', ""))


def test_hostile_names_are_read_back_as_they_are_shown() -> None:
    root = written(*hostile())
    assert [suite.get("name") for suite in root] == [clean(text) for text in HOSTILE]
    for text, suite in zip(HOSTILE, root, strict=True):
        first, witness, _, _, coverage = suite.iter("testcase")
        assert first.get("name") == clean(text)
        assert outcomes(suite) == ["failure", "failure", "error", "pass", "failure"]
        assert clean(text) in first.findtext("failure", "")
        assert str(witness.find("failure").get("message")).endswith(clean(text))  # type: ignore[union-attr]
        assert coverage.findtext("failure", "").count(clean(text)) >= 2


def test_other_programs_read_it(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    write_whole(file, junit_xml([*every_kind(), *hostile()]))
    read = JUnitXml.fromfile(str(file))
    assert (read.tests, read.failures, read.errors) == (50 + 60, 5 + 36, 11 + 12)
    cases = [case for suite in read for case in suite]
    kinds = [type(one) for case in cases for one in case.result]
    assert (kinds.count(Failure), kinds.count(Error)) == (41, 23)
    assert sum(case.is_passed for case in cases) == 110 - 41 - 23
