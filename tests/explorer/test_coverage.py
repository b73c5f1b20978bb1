"""Coverage: which cases of which actors ran, and what became of the messages."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass, field
from typing import Any, assert_never

import pytest

from islander import Actor, Fact, Faults, Model, StateInvariant, explore
from islander.explorer.coverage import Coverage
from islander.models.paxos import paxos

TRUE = StateInvariant("true", lambda state: True)


class Got(Fact):
    what: str


@dataclass
class Source(Actor):
    to: str
    messages: tuple[Any, ...]

    def start(self) -> None:
        for message in self.messages:
            self.send(self.to, message)


@dataclass
class Sink(Actor):
    seen: list[Any] = field(default_factory=list)

    def receive(self, message: Any, sender: str) -> None:
        match message:
            case ("word", what):
                self.record(Got(what))
            case int() as number if number > 5:
                self.seen = [number]
            case int(): self.seen = [0]  # fmt: skip # noqa: E701
            case "skip": pass  # fmt: skip # noqa: E701
            case "never": pass  # fmt: skip # noqa: E701
            case None:
                pass
            case bytes():
                assert_never(message)  # type: ignore[arg-type]
            case float():
                raise AssertionError(message)

    def timeout(self, name: str) -> None:
        self.seen = []

    def crash(self) -> None:
        self.seen = []


def covered(*messages: Any, sink: Actor | None = None, **options: Any) -> Coverage:
    actors = {"source": Source("sink", messages), "sink": sink or Sink()}
    return explore(Model("m", actors, properties=[TRUE], **options)).coverage


def never(coverage: Coverage) -> list[str]:
    return [str(case) for case in coverage.never_run]


WORD, LARGE, SMALL = 'case ("word", what)', "case int() as number if number > 5", "case int()"
SKIP, NEVER, NONE = 'case "skip"', 'case "never"', "case None"


def cases(*texts: str) -> list[str]:
    return [f"Sink.receive, {text}" for text in texts]


def test_a_case_ran_if_its_body_did() -> None:
    assert never(covered(("word", "x"))) == cases(LARGE, SMALL, SKIP, NEVER, NONE)
    assert never(covered(7)) == cases(WORD, SMALL, SKIP, NEVER, NONE)
    assert never(covered(3)) == cases(WORD, LARGE, SKIP, NEVER, NONE)


def test_a_case_that_passes_on_a_line_of_its_own_is_seen() -> None:
    assert never(covered(None)) == cases(WORD, LARGE, SMALL, SKIP, NEVER)


def test_a_case_that_passes_on_its_own_line_is_seen() -> None:
    assert never(covered("skip")) == cases(WORD, LARGE, SMALL, NEVER, NONE)


def test_what_matches_no_case_is_no_case_that_ran() -> None:
    assert never(covered("other")) == cases(WORD, LARGE, SMALL, SKIP, NEVER, NONE)


def test_cases_are_counted_by_pairs() -> None:
    coverage = covered(7, 8, "other")
    pairs = {str(case): count for case, count in coverage.cases}
    # 7 and 8 arrive at a sink that has seen nothing or the other; "other", at one of all three.
    assert pairs[f"Sink.receive, {LARGE}"] == 4
    assert pairs["Sink.receive"] == 7
    assert pairs["Source.start"] == 1


def test_handlers_that_the_model_cannot_call_are_left_out() -> None:
    told = [str(case) for case, _ in covered(7).cases]
    assert "Sink.timeout" not in told
    assert "Sink.crash" not in told
    crashing = covered(7, faults=Faults(crashes=1, actors=["sink"]))
    assert {str(case): n for case, n in crashing.cases}["Sink.crash"] == 2


def test_a_case_says_where_it_stands() -> None:
    place = next(case.place for case, _ in covered(7).cases if case.text == "None")
    lines, first = inspect.getsourcelines(Sink)
    assert place.file == __file__
    assert lines[place.line - first].strip() == "case None:"
    assert place.function == "Sink.receive"


def test_message_kinds_that_are_always_ignored_or_never_arrive_are_told() -> None:
    coverage = covered("other", 7, ("word", "x"))
    kinds = {one.kind: one for one in coverage.messages}
    assert kinds["'other'"].problem == "always ignored"
    assert kinds["int"].problem == ""
    assert kinds["'word'"].problem == ""
    assert not any("'other'" in gap for gap in coverage.gaps)
    bounded = explore(
        Model("m", {"source": Source("sink", (7,)), "sink": Sink()}, properties=[TRUE]),
        max_depth=0,
    ).coverage
    assert [one.problem for one in bounded.messages] in (["never delivered"], [""])


def test_distinct_facts_are_counted_by_relation() -> None:
    assert covered(("word", "x"), ("word", "y")).relations == (("Got", 2),)


def test_a_class_without_source_is_named() -> None:
    space: dict[str, Any] = {"Actor": Actor, "dataclass": dataclass}
    exec(
        "@dataclass\nclass Odd(Actor):\n def receive(self, message, sender):\n  pass\n",
        space | {"__name__": "odd"},
        space,
    )
    coverage = covered(7, sink=space["Odd"]())
    assert coverage.unread == ("Odd",)
    assert "Odd: its source cannot be read" in coverage.gaps


@pytest.mark.parametrize("engine", ["tabulated", "reference"])
def test_both_engines_cover_the_same(engine: str) -> None:
    coverage = explore(paxos(), engine=engine).coverage
    assert not coverage.never_run
    assert not coverage.gaps
    assert {one.kind: (one.delivered, one.ignored) for one in coverage.messages} == {
        "Prepare": (45, 18),
        "Promise": (81, 42),
        "Accept": (45, 9),
    }


def test_watching_ends_with_what_watched_before() -> None:
    before = sys.gettrace()
    covered(7)
    assert sys.gettrace() is before
