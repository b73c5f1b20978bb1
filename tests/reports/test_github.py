"""The job summary for GitHub: what it says of each verdict, and that models cannot write markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from islander import Verdict
from islander.reports.files import write_whole
from islander.reports.github import DIAGRAM_LIMIT, LIMIT, github_markdown
from islander.reports.summary import PropertySummary, StepSummary, Summary
from islander.reports.words import clean

from .checks import (
    HOSTILE,
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

DIAGRAM = "sequenceDiagram\n  p1->>a1: Prepare(1)\n"
OWN = {"h2", "h3", "h4", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "br", "code"}
OWN |= {"pre", "details", "summary", "blockquote"}
"""The elements that the summary itself is made of."""


class Page(HTMLParser):
    """What a page shows: its elements, the texts in code and in preformatted blocks, the rest."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.code: list[str] = []
        self.fenced: list[str] = []
        self.rest = ""
        self._within: list[str] = []
        self.feed(MarkdownIt("gfm-like", {"html": True}).render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._within.append(tag)
        if tag == "code":
            (self.fenced if "pre" in self._within else self.code).append("")

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "pre" in self._within and self.fenced:
            self.fenced[-1] += data
        elif "code" in self._within:
            self.code[-1] += data
        else:
            self.rest += data


def rows(markdown: str) -> list[str]:
    """The rows of the table of checks, without its head."""
    table = markdown.split("\n\n")[1].rstrip().split("\n")
    return table[2:]


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (holding(), "✅ holds |"),
        (violated(), "❌ violated: <code>single chosen value</code> |"),
        (vacuous(), "❌ violated: <code>the moon is reached</code> |"),
        (uncovered(), "❌ violated: <code>coverage</code> |"),
        (unfinished(), "⚠️ incomplete: <code>exploration</code> |"),
        (unexpected(), "❌ violated: <code>expectation</code> |"),
        (unrun(), "❌ violated: <code>expectation</code> |"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_table_has_the_verdict_of_each_check(summary: Summary, said: str) -> None:
    (row,) = rows(github_markdown([summary]))
    assert said in row


def test_only_what_holds_is_green() -> None:
    for summary in every_kind():
        page = github_markdown([summary])
        green = summary.verdict is Verdict.HOLDS and not summary.gaps
        assert ("✅" in page) is green, summary.name
        assert page.startswith("## ✅ Islander: 1 check: 1 holds\n") is green, summary.name


def test_the_headline_counts_the_checks_and_bears_the_worst_mark() -> None:
    assert github_markdown(every_kind()).startswith(
        "## ❌ Islander: 8 checks: 5 violated, 2 incomplete, 1 holds\n"
    )
    assert github_markdown([holding(), incomplete(), holding()]).startswith(
        "## ⚠️ Islander: 3 checks: 1 incomplete, 2 hold\n"
    )


def test_no_checks_are_not_green() -> None:
    assert github_markdown([]) == "## ⚠️ Islander: nothing was checked\n"


def test_the_table_has_the_counts() -> None:
    (row,) = rows(github_markdown([violated()]))
    assert "9,968 states, 35,256 transitions, depth 12, terminal 0, " in row
    assert row.startswith("| <code>hidden vote</code> (<code>paxos with bug hidden-vote</code>) |")


def test_a_violation_is_told_whole() -> None:
    page = github_markdown([violated()], {("hidden vote", "single chosen value"): DIAGRAM})
    shown = Page(page)
    assert "\n#### ❌ <code>single chosen value</code> is violated after 12 steps\n" in page
    assert "x was chosen at ballot 1 by a1, a3; y was chosen at ballot 2 by a1, a3" in shown.code
    assert "- step 6: <code>a1 voted for x at ballot 1</code>\n" in page
    assert shown.fenced == ["islander check paxos --bug hidden-vote\n", DIAGRAM]
    assert shown.tags.count("tr") == 1 + 1 + 1 + 12
    assert "promised: 0 → 1" in shown.code
    assert "Incomplete: nothing is established" in page


def test_diagrams_of_what_holds_are_not_shown() -> None:
    assert "mermaid" not in github_markdown([holding()], {("paxos", "validity"): DIAGRAM})


def test_what_holds_has_a_row_and_no_section() -> None:
    assert "###" not in github_markdown([holding()])


def test_gaps_of_the_coverage_are_listed() -> None:
    shown = Page(github_markdown([uncovered()]))
    assert "Acceptor.receive, case Nack(_) never ran" in shown.code
    assert "p9: its source cannot be read" in shown.code


def test_what_was_expected_and_did_not_come_is_told() -> None:
    shown = Page(github_markdown([unexpected()]))
    assert "expected some property to be violated, but all properties hold" in shown.code


def test_what_is_undecided_is_listed_with_what_ended_the_search() -> None:
    shown = Page(github_markdown([incomplete()]))
    because = "no violation found so far: the bound of 50 states was reached (max_states)"
    assert because in shown.code
    assert "validity" in shown.code


def test_long_tables_and_diagrams_are_folded() -> None:
    assert "<details>" not in github_markdown([violated()])
    story = tuple(StepSummary("a", f"step {n}", ()) for n in range(40))
    own = PropertySummary("p", "Invariant", Verdict.VIOLATED, "", 40, story=story)
    long = replace(violated(), properties=(own,))
    diagram = "sequenceDiagram\n" + "  a->>b: x\n" * 100
    page = github_markdown([long], {("hidden vote", "p"): diagram})
    assert "<details><summary>40 steps</summary>\n\n| Step |" in page
    assert "<details><summary>Diagram</summary>\n\n```mermaid\n" in page
    assert Page(page).tags.count("details") == 2


def test_a_diagram_cannot_close_its_fence() -> None:
    diagram = "sequenceDiagram\n```\n````\n<script>alert(1)</script>\n"
    page = github_markdown([violated()], {("hidden vote", "single chosen value"): diagram})
    shown = Page(page)
    assert shown.fenced[1] == diagram
    assert "script" not in shown.tags


def test_a_diagram_that_github_does_not_draw_is_left_out_and_said_so() -> None:
    diagram = "sequenceDiagram\n" + "x" * DIAGRAM_LIMIT
    page = github_markdown([violated()], {("hidden vote", "single chosen value"): diagram})
    assert "mermaid" not in page
    assert "The diagram is left out: it has 50,016 characters" in page


def test_hostile_texts_are_shown_as_they_are_and_do_nothing() -> None:
    page = github_markdown(hostile())
    shown = Page(page)
    assert set(shown.tags) <= OWN
    assert all(c.isprintable() or c == "\n" for c in page)
    for text in HOSTILE:
        if text:
            assert clean(text) in shown.code, text
    for sign in ("@", "#", "http", "www", "<", "$", ":smile:", "[", "script"):
        assert sign not in shown.rest


def test_no_sign_that_github_reads_is_left_in_what_models_say() -> None:
    page = github_markdown([replace(summary, source=None) for summary in hostile()])
    for sign in ("@", " #123", "://", "www.", "`", "$", "[", "*", "_", "~", "<!", "<script", "\\"):
        assert sign not in page, sign


def test_each_hostile_text_stays_in_its_row() -> None:
    for summary in hostile():
        page = github_markdown([summary])
        assert len(rows(page)) == 1
        assert Page(page).tags.count("tr") == 2 + 2 * 3


def test_it_can_be_written(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    diagrams = {(text, text): text for text in HOSTILE}
    write_whole(file, github_markdown(hostile(), diagrams))
    assert file.read_text("utf-8").startswith("## ❌ Islander: 12 checks: 12 violated\n")


def large() -> Summary:
    story = tuple(StepSummary("a", f"step {n}", ("x" * 300,)) for n in range(2_000))
    own = PropertySummary("p", "Invariant", Verdict.VIOLATED, "the reason", 2_000, story=story)
    return replace(violated(), properties=(own, replace(own, name="q"), replace(own, name="r")))


def test_what_exceeds_the_limit_is_left_out_whole_and_said_so() -> None:
    diagrams = {("hidden vote", name): "sequenceDiagram\n" + "y" * 49_000 for name in "pqr"}
    page = github_markdown([large(), holding()], diagrams)
    assert LIMIT * 0.6 < len(page.encode()) <= LIMIT
    shown = Page(page)
    assert shown.tags.count("table") == 2
    assert shown.tags.count("tr") == 1 + 2 + 1 + 2_000
    assert page.count("the reason") == 3
    assert page.endswith("tables of steps (2). The files that tools read have everything.\n")
    assert page.count("```mermaid") == 3


def test_the_verdicts_stay_when_there_is_hardly_room() -> None:
    page = github_markdown([large(), holding()], {}, limit=2_000)
    assert len(page.encode()) <= 2_000
    assert len(rows(page)) == 2
    assert "❌ Islander: 2 checks: 1 violated, 1 holds" in page
    assert "> Left out, as GitHub shows at most 2,000 bytes: " in page


def test_a_page_of_many_checks_is_cut_between_rows() -> None:
    many = [replace(holding(), name=f"{number} " + "n" * 500) for number in range(400)]
    page = github_markdown([*many, incomplete()], {}, limit=100_000)
    assert 90_000 < len(page.encode()) <= 100_000
    assert page.startswith("## ⚠️ Islander: 401 checks: 1 incomplete, 400 hold\n")
    assert "rows of the table (" in page
    assert Page(page).tags.count("table") == 1


def test_a_page_of_just_the_limit_is_whole() -> None:
    whole = github_markdown([violated()])
    size = len(whole.encode())
    assert github_markdown([violated()], {}, size) == whole
    assert github_markdown([violated()], {}, size - 1) != whole
