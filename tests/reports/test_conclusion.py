"""No report says more than a search established, and every report says when it was cut."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest

from islander import Result, Verdict, simulate
from islander.ci_config import Check, Expectation
from islander.ci_report import conclusion_lines, cut_lines, detail_lines, table_lines
from islander.ci_verdict import Outcome, Standing
from islander.exits import EXITS
from islander.explorer import walks
from islander.explorer.deadline import OutOfTime
from islander.pytest_failure import Checked, CheckError, Keeping
from islander.reports import result_lines
from islander.reports.conclusion import COVERED, conclusion
from islander.reports.findings import findings, verdict_of
from islander.reports.github import github_markdown
from islander.reports.junit import junit_xml
from islander.reports.page_data import page_data
from islander.reports.sarif import sarif_json
from islander.reports.summary import Summary, summarise
from islander.reports.text import simulation_lines

from . import endings
from .endings import CASES, REACHED, counting, ended, reached


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    endings.hurry(monkeypatch)
    monkeypatch.setenv("COLUMNS", "1000")  # so that no line is broken


def _terminal(result: Result) -> str:
    return "\n".join(line.plain for line in result_lines(result, None))


def _junit(result: Result) -> str:
    root = ElementTree.fromstring(junit_xml([summarise(result)]).encode())
    values = [value for one in root.iter() for value in one.attrib.values()]
    return "\n".join([*values, *root.itertext()])


def _sarif(result: Result) -> str:
    document = json.loads(sarif_json([summarise(result)], None, "1"))
    return json.dumps(document, ensure_ascii=False)


def _json(result: Result) -> str:
    document = json.loads(json.dumps(summarise(result).as_json()))
    assert Summary.from_json(document) == summarise(result)
    return json.dumps(document, ensure_ascii=False)


def outcome(result: Result) -> Outcome:
    own = Check("counting", "m", "m", {}, None, Expectation(), {}, (), False, "1")
    return Outcome(own, summarise(result, name="counting"))


def _ci(result: Result) -> str:
    one = outcome(result)
    lines = [*table_lines([one], None, None), *cut_lines([one], None)]
    lines += [*detail_lines(one, None), *conclusion_lines([one], None, None)]
    return "\n".join(line.plain for line in lines)


def _ci_reports(result: Result) -> str:
    summary = outcome(result).judged()
    return "\n".join([junit_xml([summary]), unescape(github_markdown([summary]))])


def _plugin(result: Result) -> str:
    checked = Checked(result, Keeping(Path(), "", Path(), lambda: (None, "")))
    with pytest.raises(CheckError) as failure:
        checked.check_all(violates="one")
    return str(failure.value)


REPORTS: dict[str, Callable[[Result], str]] = {
    "terminal": _terminal,
    "junit": _junit,
    "sarif": _sarif,
    "github": lambda result: unescape(github_markdown([summarise(result)])),
    "page": lambda result: json.dumps(page_data(result, states=5), ensure_ascii=False),
    "json": _json,
    "ci": _ci,
    "reports of ci": _ci_reports,
    "pytest": _plugin,
}


@pytest.mark.parametrize(("ending", "which"), CASES)
def test_the_verdict_is_the_same_in_every_report(ending: str, which: str) -> None:
    result = ended(ending, which)
    verdict = Verdict(endings.verdict_of(ending, which))
    assert result.verdict is verdict
    assert (result.incomplete_because is None) == (ending == "complete")
    assert ending == "complete" or ending in str(result.incomplete_because)
    assert verdict_of(findings(summarise(result))) is verdict
    assert int(outcome(result).standing) == int(EXITS[verdict])
    assert verdict_of(findings(outcome(result).judged())) is verdict
    checked = Checked(result, Keeping(Path(), "", Path(), lambda: (None, "")))
    if verdict is Verdict.HOLDS:
        checked.check_all()
    else:
        with pytest.raises(CheckError):
            checked.check_all()


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize(("ending", "which"), CASES)
def test_only_a_search_of_everything_speaks_of_every_reachable_state(
    ending: str, which: str, report: str
) -> None:
    result = ended(ending, which)
    said = REPORTS[report](result)
    if ending != "complete":
        assert "reachable state" not in said.lower()
        assert str(result.incomplete_because).partition("; ")[0] in said
    whole = ending == "complete" and result.verdict is Verdict.HOLDS
    assert conclusion(result).startswith(COVERED) == whole
    cut = ending != "complete" and which == "all"
    sentence = REACHED + str(result.incomplete_because)
    assert (sentence in said) == cut


def test_a_run_in_ci_that_holds_though_cut_is_as_expected_and_says_so() -> None:
    one = outcome(ended("max_states", "all"))
    assert one.standing is Standing.EXPECTED
    assert [line.plain for line in cut_lines([one], None)] == [
        f"counting: {REACHED}the bound of 9 states was reached (max_states)"
    ]
    assert cut_lines([outcome(ended("complete", "all"))], None) == []


def test_walks_that_reached_every_witness_hold_and_claim_no_more() -> None:
    found = simulate(counting(9, [reached("one")]), walks=1, seed=1)
    assert found.verdict is Verdict.HOLDS
    assert simulation_lines(found, None)[-1].plain == "HOLDS  counting: every witness was reached"


@pytest.mark.parametrize(
    ("error", "verdict", "said"),
    [
        (KeyboardInterrupt, Verdict.INCOMPLETE, "INCOMPLETE  counting: {}interrupted"),
        (OutOfTime, Verdict.HOLDS, "HOLDS  counting: {}the time of 9 s was used up (max_seconds)"),
    ],
)
def test_walks_that_are_cut_when_all_was_reached_end_as_a_search_does(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException], verdict: Verdict, said: str
) -> None:
    """After the last witness was found, and before the walks are over."""
    judge = walks._Run._judge

    def interrupted(run: walks._Run, walk: object) -> None:
        judge(run, walk)  # type: ignore[arg-type]
        raise error

    monkeypatch.setattr(walks._Run, "_judge", interrupted)
    found = simulate(counting(9, [reached("one")]), walks=1, seed=1, max_seconds=9)
    assert found.verdict is verdict
    told = said.format("every witness was reached; the walks were cut: ")
    assert simulation_lines(found, None)[-1].plain == told
