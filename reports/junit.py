"""JUnit XML, which nearly every CI system reads: a suite a check, a test case a property.

What is violated is a failure. What is incomplete is an error, as nothing was established: it is
neither passed nor skipped. The whole search has one time; each test case is given an equal share
of it, since readers of the format add the cases up. No time of day is written: the same summaries
make the same file.

The form is that of the schema of the Jenkins xUnit plugin, junit-10.xsd.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from ..explorer import Verdict
from .findings import Finding, distinct, findings, foreseen, told_lines, verdict_of
from .summary import Summary
from .words import clean

UNHAPPY = {
    Verdict.VIOLATED: ("failure", "violated"),
    Verdict.INCOMPLETE: ("error", "incomplete"),
}
"""How a test case that did not pass says so: with which element, of which type."""


def junit_xml(summaries: Sequence[Summary]) -> str:
    """The summaries as one JUnit file; write it as UTF-8.

    Its suites and cases are named by checks, models and properties alone, so that a CI system knows
    them again from run to run. A second check of the same name is "name (2)".
    """
    root = ElementTree.Element("testsuites", name="islander")
    names = distinct([clean(summary.name) for summary in summaries])
    suites = [_suite(*named) for named in zip(names, summaries, strict=True)]
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    root.set("time", _seconds(sum(summary.seconds for summary in summaries)))
    root.extend(suites)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(name: str, summary: Summary) -> ElementTree.Element:
    found = findings(summary)
    suite = ElementTree.Element("testsuite", name=name)
    verdicts = [one.verdict for one in found]
    suite.set("tests", str(len(found)))
    suite.set("failures", str(verdicts.count(Verdict.VIOLATED)))
    suite.set("errors", str(verdicts.count(Verdict.INCOMPLETE)))
    suite.set("time", _seconds(summary.seconds))
    suite.append(_properties(summary))
    share = summary.seconds / len(found) if found else 0
    model = clean(summary.model)
    classname = name if name == model else f"{name}/{model}"
    cases = distinct([clean(one.name) for one in found])
    for case, one in zip(cases, found, strict=True):
        element = ElementTree.SubElement(suite, "testcase", name=case, classname=classname)
        element.set("time", _seconds(share))
        _judge(element, one, summary)
    return suite


def _judge(case: ElementTree.Element, found: Finding, summary: Summary) -> None:
    if found.verdict in UNHAPPY:
        tag, kind = UNHAPPY[found.verdict]
        element = ElementTree.SubElement(case, tag, type=kind, message=found.message)
        element.text = "\n".join(told_lines(found, summary))
    elif found.message:
        ElementTree.SubElement(case, "system-out").text = found.message


def _properties(summary: Summary) -> ElementTree.Element:
    verdict = verdict_of(findings(summary))
    told = {
        "model": summary.model,
        "verdict": "violated, as expected" if foreseen(summary) else verdict.value,
        "engine": summary.engine,
        **{name: str(count) for name, count in summary.counts.items()},
        "conclusion": summary.conclusion,
        "incomplete because": "" if summary.is_cut else summary.because,
        "command": summary.command,
    }
    properties = ElementTree.Element("properties")
    notes = [("note", note) for note in summary.notes]
    for name, value in (*told.items(), *notes):
        if value:
            ElementTree.SubElement(properties, "property", name=clean(name), value=clean(value))
    return properties


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
