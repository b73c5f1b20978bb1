"""Traces, graphs and reports from the command line."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Ran

Run = Callable[..., Ran]

BUG = ("paxos", "--bug", "hidden-vote")


def test_a_format_without_a_file_is_all_that_standard_output_holds(run: Run) -> None:
    ran = run("check", *BUG, "--trace-format", "json")
    assert ran.code == 1
    assert len(json.loads(ran.out)["steps"]) == 12
    assert "VIOLATED" in ran.err


def test_a_saved_trace_is_told_in_any_format(run: Run) -> None:
    run("check", *BUG, "--trace", "t.json")
    ran = run("replay", "t.json", "--trace-format", "mermaid")
    assert ran.code == 0
    assert ran.out.startswith("sequenceDiagram\n")
    assert run("replay", "t.json", "--trace-format", "json").out == Path("t.json").read_text()


def test_a_trace_in_which_one_is_true_is_another(run: Run) -> None:
    run("check", *BUG, "--trace", "t.json")
    document = json.loads(Path("t.json").read_text())
    assert document["steps"][0]["after"]["fields"]["promised"] == 1
    document["steps"][0]["after"]["fields"]["promised"] = True
    Path("t.json").write_text(json.dumps(document))
    ran = run("replay", "t.json")
    assert ran.code == 1
    assert "part at step 1" in ran.out


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("t.txt", "single chosen value: 12 steps"),
        ("t.itf.json", '"#meta"'),
        ("t.mmd", "sequenceDiagram"),
        ("t.puml", "@startuml"),
        ("t.shiviz", '{"'),
        ("t.svg", "<svg"),
    ],
)
def test_the_suffix_of_the_file_says_the_format(run: Run, name: str, holds: str) -> None:
    ran = run("check", *BUG, "--trace", name)
    assert ran.code == 1
    assert holds in Path(name).read_text(encoding="utf-8")
    assert f"trace written to {name}" in ran.out
    assert "to replay it" not in ran.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--trace", "t.xml"), "cannot tell the format of t.xml"),
        (("--trace", "t.json", "--trace-format", "svgg"), "did you mean 'svg'?"),
        (("--trace", "no/t.json"), "cannot write no/t.json"),
        (("--trace", "a.json", "--junit", "./a.json"), "is to hold two things"),
        (("--junit", "a.xml", "--sarif", "../{here}/a.xml"), "is to hold two things"),
        (("--graph", "a.dot", "--checkpoint", "a.dot"), "is to hold two things"),
    ],
)
def test_what_cannot_be_written_is_refused_before_any_work(
    run: Run, arguments: Any, says: str
) -> None:
    here = Path.cwd().name
    ran = run("check", *BUG, *(argument.format(here=here) for argument in arguments))
    assert ran.code == 2
    assert says in ran.err
    assert not ran.out
    assert not list(Path.cwd().iterdir())


def test_why_tells_truth_witnesses_and_coverage(run: Run) -> None:
    ran = run("check", *BUG, "--why")
    assert "What held at first, and after each step" in ran.out
    assert "a value is chosen: reached in 6 steps" in ran.out
    assert "case Prepare(ballot) if ballot >= self.promised" in ran.out


PARTIAL = """
@dataclass
class Pupil(Actor):
    def start(self):
        self.send(self.id, "hello")

    def receive(self, message, sender):
        match message:
            case "hello":
                self.record(Greeted(sender))
            case "goodbye":
                self.send(sender, "hello")

class Greeted(Fact):
    by: str

def lesson():
    return Model("lesson", {"pupil": Pupil()}, properties=[ALWAYS])
"""


def test_a_case_that_never_ran_fails_where_coverage_is_required(
    run: Run, write: Callable[..., Path]
) -> None:
    target = f"{write('lesson.py', PARTIAL).name}:lesson"
    assert run("check", target).code == 0
    ran = run("check", target, "--require-coverage", "--junit", "j.xml")
    assert ran.code == 1
    assert 'not covered: Pupil.receive, case "goodbye": never ran' in ran.out
    suites = ET.parse("j.xml").getroot()
    assert suites.findall(".//failure")
    assert run("check", "paxos", "--require-coverage").code == 0


DEAF = """
from dataclasses import dataclass

from islander import Actor, Model, StateInvariant

@dataclass
class Pupil(Actor):
    def recieve(self, message, sender):
        pass

def lesson():
    return Model("lesson", {"p": Pupil()}, properties=[StateInvariant("true", lambda s: True)])
"""


def test_a_method_that_looks_like_a_handler_is_always_told_and_fails_where_coverage_is_required(
    run: Run, write: Callable[..., Path]
) -> None:
    target = f"{write('lesson.py', DEAF).name}:lesson"
    told = "Pupil.recieve looks like the handler receive, and nothing calls it"
    ran = run("check", target)
    assert (ran.code, f"Note: {told}" in ran.out) == (0, True)
    assert f"Note: {told}" in run("simulate", target).out
    ran = run("check", target, "--require-coverage", "--junit", "j.xml")
    assert (ran.code, f"not covered: {told}" in ran.out) == (1, True)
    assert ET.parse("j.xml").getroot().findall(".//failure")


@pytest.mark.usefixtures("compiled")
def test_incomplete_stays_incomplete_whatever_is_covered(run: Run) -> None:
    ran = run("check", "paxos", "--max-states", "20000", "--require-coverage")
    assert ran.code == 3


def test_all_files_at_once(run: Run) -> None:
    names = {"--html": "p.html", "--junit": "j.xml", "--sarif": "s.sarif", "--github": "g.md"}
    ran = run("check", *BUG, *(part for pair in names.items() for part in pair))
    assert ran.code == 1
    assert Path("p.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert ET.parse("j.xml").getroot().find(".//failure") is not None
    results = json.loads(Path("s.sarif").read_text())["runs"][0]["results"]
    assert any(one.get("level") == "error" and one.get("codeFlows") for one in results)
    summary = Path("g.md").read_text(encoding="utf-8")
    diagram = run("check", *BUG, "--trace-format", "mermaid").out
    arrows = [line for line in diagram.split("\n") if "->>" in line]
    assert len(arrows) == 12
    assert all(f"{arrow}\n" in summary for arrow in arrows)
    assert "\\u200b" not in summary


def test_text_is_a_format_like_the_others(run: Run) -> None:
    ran = run("check", *BUG, "--trace-format", "text")
    assert ran.out.startswith("single chosen value: 12 steps\n")
    assert "VIOLATED" in ran.err
    assert "VIOLATED" not in ran.out


def test_a_report_says_how_to_check_again_what_failed(run: Run, write: Callable[..., Path]) -> None:
    target = f"{write('lesson.py', PARTIAL).name}:lesson"
    run("check", target, "--require-coverage", "--max-depth", "9", "--junit", "j.xml")
    command = "islander check lesson.py:lesson --max-depth 9 --require-coverage"
    assert command in Path("j.xml").read_text(encoding="utf-8")


CHOOSY = """
from typing import Literal

def lesson(bug: Literal["late"] | None = None):
    return game()
"""


def test_a_bug_that_the_factory_does_not_have_is_refused(
    run: Run, write: Callable[..., Path]
) -> None:
    target = f"{write('lesson.py', CHOOSY).name}:lesson"
    assert run("check", target, "--bug", "late").code == 0
    ran = run("check", target, "--bug", "latte")
    assert ran.code == 2
    assert "parameter 'bug' must be one of late or none; got 'latte'" in ran.err


def test_a_graph_that_is_refused_takes_no_report_with_it(run: Run) -> None:
    ran = run("check", *BUG, "--graph", "g.json", "--junit", "j.xml", "--trace", "t.json")
    assert ran.code == 2
    assert "more than --max-graph 5,000" in ran.err
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["j.xml", "t.json"]


def test_where_all_holds_there_is_nothing_to_draw_around(run: Run) -> None:
    ran = run("check", "paxos", "-p", "acceptors=1", "--graph", "g.dot", "--around-trace", "1")
    assert ran.code == 0
    assert "There is no trace to draw states around: g.dot was not written." in ran.out


ENDING = """
import sys

def witness():
    return game(StateWitness("w", lambda state: sys.exit(0)))

def invariant():
    return game(StateInvariant("i", lambda state: sys.exit()))

@dataclass
class Showy(Player):
    def shown(self):
        return {1: "one"}

def showy():
    return game(StateInvariant("few", lambda s: s.actors["b"].seen < 1), b=Showy("a"))
"""


@pytest.mark.parametrize("factory", ["witness", "invariant"])
def test_a_property_cannot_end_a_check_in_green(
    run: Run, write: Callable[..., Path], factory: str
) -> None:
    ran = run("check", f"{write('ending.py', ENDING).name}:{factory}")
    assert ran.code == 2
    assert f"property '{factory[0]}': its predicate raised SystemExit" in ran.err


def test_shown_must_give_names_and_texts(run: Run, write: Callable[..., Path]) -> None:
    ran = run("check", f"{write('ending.py', ENDING).name}:showy", "--trace", "t.txt")
    assert ran.code == 2
    assert "shown() returned {1: 'one'}, of type dict; it must return a mapping from" in ran.err
    assert "defect" not in ran.err


UNREADABLE = """
made = {"Actor": Actor, "dataclass": dataclass, "__name__": "made"}
exec("@dataclass\\nclass Odd(Actor):\\n def receive(self, message, sender):\\n  pass", made)

def odd():
    return Model("odd", {"a": made["Odd"]()}, properties=[ALWAYS])
"""


def test_a_coverage_that_cannot_be_known_is_incomplete(
    run: Run, write: Callable[..., Path]
) -> None:
    target = f"{write('odd.py', UNREADABLE).name}:odd"
    ran = run("check", target, "--require-coverage", "--junit", "j.xml")
    assert ran.code == 3
    assert "not covered: Odd: its source cannot be read" in ran.out
    suites = ET.parse("j.xml").getroot()
    assert suites.findall(".//failure") == []
    assert len(suites.findall(".//error")) == 1
