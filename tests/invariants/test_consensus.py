"""The ready-made properties: by hand both ways, and against plain definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from islander import (
    Actor,
    Fact,
    FactSet,
    Invariant,
    Model,
    Proposed,
    Quorums,
    Reported,
    StepInvariant,
    Verdict,
    Voted,
    Wanted,
    explore,
    greatest_promise_selection,
    promises_never_decrease,
    single_chosen_value,
    validity,
)
from islander.explorer import LocalStep
from islander.explorer.errors import PropertyError

ACCEPTORS, BALLOTS, VALUES = ("a1", "a2", "a3"), (1, 2, 3), ("x", "y")
MAJORITIES = Quorums.majorities(ACCEPTORS)
FAMILIES = {
    "majorities": MAJORITIES,
    "everybody": Quorums.of_size(ACCEPTORS, 3),
    "anybody": Quorums.of_size(ACCEPTORS, 1),
    "uneven": Quorums.family(ACCEPTORS, [["a1"], ["a2", "a3"]]),
}


def votes(ballot: int, value: str, *acceptors: int) -> list[Voted]:
    return [Voted(f"a{number}", ballot, value) for number in acceptors]


def judge(invariant: Invariant, facts: Iterable[Fact]) -> bool:
    (answer,) = invariant.judge([frozenset(facts)])
    assert answer is not None
    return answer


# -- by definition --------------------------------------------------------------------------------


def chosen(facts: FactSet, quorums: Iterable[frozenset[str]]) -> set[tuple[int, str]]:
    """The ballots and values for which all of some quorum voted."""
    return {
        (ballot, value)
        for ballot, value, quorum in product(BALLOTS, VALUES, quorums)
        if all(Voted(acceptor, ballot, value) in facts for acceptor in quorum)
    }


def one_value_chosen(facts: FactSet, quorums: Iterable[frozenset[str]]) -> bool:
    return len({value for _, value in chosen(facts, quorums)}) <= 1


def only_wanted_chosen(facts: FactSet, quorums: Iterable[frozenset[str]]) -> bool:
    return all(Wanted(value) in facts for _, value in chosen(facts, quorums))


def greatest_selected(facts: FactSet) -> bool:
    """Each proposal has the value of every report of the greatest ballot counted for it."""
    for proposal in facts:
        if not isinstance(proposal, Proposed):
            continue
        reports = [
            fact
            for fact in facts
            if isinstance(fact, Reported)
            and (fact.proposer, fact.ballot) == (proposal.proposer, proposal.ballot)
        ]
        greatest = max((report.voted for report in reports), default=0)
        if any(r.value != proposal.value for r in reports if r.voted == greatest):
            return False
    return True


VOTES = st.builds(Voted, *map(st.sampled_from, (ACCEPTORS, BALLOTS[:2], VALUES)))
WISHES = st.builds(Wanted, st.sampled_from(VALUES))
PROPOSALS = st.builds(
    Proposed, st.sampled_from(["p1", "p2"]), st.sampled_from([2, 3]), st.sampled_from(VALUES)
)
REPORTS = st.builds(
    Reported,
    st.sampled_from(["p1", "p2"]),
    st.sampled_from([2, 3]),
    st.sampled_from(ACCEPTORS[:2]),
    st.sampled_from(BALLOTS[:2]),
    st.sampled_from(VALUES),
)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=60)
@given(
    fact_sets=st.lists(
        st.frozensets(st.one_of(VOTES, VOTES, VOTES, WISHES, PROPOSALS), max_size=12), max_size=5
    )
)
def test_what_is_chosen_is_judged_by_the_definition(family: str, fact_sets: list[FactSet]) -> None:
    quorums = FAMILIES[family]
    agreed, valid = single_chosen_value(quorums), validity(quorums)
    assert list(agreed.judge(fact_sets)) == [one_value_chosen(f, quorums) for f in fact_sets]
    assert list(valid.judge(fact_sets)) == [only_wanted_chosen(f, quorums) for f in fact_sets]


@settings(max_examples=100)
@given(
    proposals=st.lists(PROPOSALS, max_size=2),
    reports=st.lists(REPORTS, max_size=6),
    votes=st.lists(VOTES, max_size=2),
)
def test_greatest_promise_selection_is_judged_by_the_definition(
    proposals: list[Fact], reports: list[Fact], votes: list[Fact]
) -> None:
    facts = frozenset([*proposals, *reports, *votes])
    assert judge(greatest_promise_selection(), facts) == greatest_selected(facts)


@settings(max_examples=100)
@given(st.frozensets(VOTES))
def test_the_explanation_of_two_chosen_values_is_two_quorums_of_votes(facts: FactSet) -> None:
    """Each by itself already is a violation; and without any vote of it there is none."""
    for quorums in FAMILIES.values():
        invariant = single_chosen_value(quorums)
        if judge(invariant, facts):
            continue
        why = invariant.explain(facts)
        clash = frozenset(why.facts)
        assert clash <= facts
        assert why.absent == ()
        assert not one_value_chosen(clash, quorums)
        assert all(one_value_chosen(clash - {vote}, quorums) for vote in clash)


# -- single chosen value --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], True),
        (votes(1, "x", 1, 2, 3), True),
        (votes(1, "x", 1, 2) + votes(2, "x", 2, 3), True),
        (votes(1, "x", 1, 2) + votes(2, "y", 3), True),
        (votes(1, "x", 1) + votes(2, "x", 2) + votes(3, "y", 2, 3), True),
        (votes(1, "x", 1, 2) + votes(2, "y", 2, 3), False),
        (votes(1, "x", 1, 2) + votes(1, "y", 2, 3), False),
        (votes(1, "x", 1, 2) + votes(2, "x", 1, 3) + votes(3, "y", 1, 2), False),
    ],
    ids=[
        "no votes",
        "one value by all",
        "one value at two ballots",
        "a vote is no quorum",
        "votes at different ballots are no quorum",
        "two values at two ballots",
        "two values at one ballot",
        "two values at three ballots",
    ],
)
def test_at_most_one_value_is_chosen(facts: list[Fact], expected: bool) -> None:
    assert judge(single_chosen_value(MAJORITIES), facts) is expected


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (
            votes(1, "x", 1, 2) + votes(2, "y", 2, 3),
            "x was chosen at ballot 1 by a1, a2; y was chosen at ballot 2 by a2, a3",
        ),
        (
            votes(3, "x", 3, 1) + votes(2, "y", 2, 1) + votes(1, "x", 2),
            "y was chosen at ballot 2 by a1, a2; x was chosen at ballot 3 by a1, a3",
        ),
        (
            votes(1, "x", 1, 2) + votes(1, "y", 2, 3),
            "x was chosen at ballot 1 by a1, a2; y was chosen at ballot 1 by a2, a3",
        ),
    ],
)
def test_two_chosen_values_are_explained_in_words(facts: list[Fact], text: str) -> None:
    noise = [Wanted("x"), Proposed("p1", 1, "x"), Reported("p2", 2, "a1", 1, "x")]
    why = single_chosen_value(MAJORITIES).explain(frozenset([*facts, *noise]))
    assert why.text == text
    assert len(why.facts) == 4
    assert set(why.facts) <= set(facts)
    assert why.absent == ()


# -- greatest-promise selection -------------------------------------------------------------------


def report(acceptor: str, voted: int, value: str, by: str = "p3", ballot: int = 3) -> Reported:
    return Reported(by, ballot, acceptor, voted, value)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([Proposed("p3", 3, "z")], True),
        ([report("a1", 1, "x")], True),
        ([Proposed("p3", 3, "x"), report("a1", 1, "x")], True),
        ([Proposed("p3", 3, "z"), report("a1", 1, "x")], False),
        ([Proposed("p3", 3, "y"), report("a1", 1, "x"), report("a2", 2, "y")], True),
        ([Proposed("p3", 3, "x"), report("a1", 1, "x"), report("a2", 2, "y")], False),
        ([Proposed("p3", 3, "z"), report("a1", 1, "x"), report("a2", 2, "y")], False),
        ([Proposed("p3", 3, "x"), report("a1", 2, "x"), report("a2", 2, "y")], False),
        ([Proposed("p3", 3, "z"), report("a1", 1, "x", by="p2", ballot=2)], True),
        ([Proposed("p3", 3, "z"), report("a1", 1, "x", ballot=6)], True),
    ],
    ids=[
        "free without reports",
        "no proposal, no matter",
        "the only report's",
        "its own in spite of a report",
        "the greater of two",
        "the lesser of two",
        "neither of two",
        "one of two at the same ballot",
        "another's reports do not count",
        "another ballot's reports do not count",
    ],
)
def test_a_proposer_proposes_the_value_of_the_greatest_promise(
    facts: list[Fact], expected: bool
) -> None:
    assert judge(greatest_promise_selection(), facts) is expected


def test_a_wrong_selection_is_explained_by_the_proposal_and_the_report() -> None:
    proposal, greater = Proposed("p3", 3, "x"), report("a2", 2, "y")
    why = greatest_promise_selection().explain(
        frozenset([proposal, report("a1", 1, "x"), greater, *votes(1, "x", 1)])
    )
    assert why.facts == (proposal, greater)
    assert why.text == (
        "p3 proposed x at ballot 3 although the promises it counted report y at ballot 2 by a2"
    )


# -- validity -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], True),
        ([Wanted("x"), *votes(1, "x", 1, 2)], True),
        ([Wanted("y"), *votes(1, "x", 1, 2)], False),
        (votes(1, "x", 1, 2), False),
        (votes(1, "x", 1), True),
        ([Wanted("x"), *votes(1, "x", 1, 2), *votes(2, "y", 1, 3)], False),
    ],
    ids=["nothing", "wanted", "another is wanted", "none is wanted", "not chosen", "one of two"],
)
def test_only_a_wanted_value_is_chosen(facts: list[Fact], expected: bool) -> None:
    assert judge(validity(MAJORITIES), facts) is expected


def test_a_value_that_nobody_wants_is_explained_by_its_quorum_and_the_missing_wish() -> None:
    why = validity(MAJORITIES).explain(frozenset([Wanted("y"), *votes(1, "x", 1, 3)]))
    assert why.facts == tuple(votes(1, "x", 1, 3))
    assert why.absent == (Wanted("x"),)
    assert why.text == ("a1 voted for x at ballot 1; a3 voted for x at ballot 1; not: x is wanted")


# -- promises never decrease ----------------------------------------------------------------------


@dataclass
class Promiser(Actor):
    """Promises what it is told to, one after the other; None if it makes no promises."""

    promises: tuple[Any, ...]
    at: int = 0

    @property
    def promised(self) -> Any:
        return self.promises[self.at]

    def start(self) -> None:
        self.set_timer("next")

    def timeout(self, name: str) -> None:
        self.at += 1
        if self.at + 1 < len(self.promises):
            self.set_timer("next")


def promised(actor: Promiser) -> Any:
    return actor.promised


@pytest.mark.parametrize(
    ("promises", "falls_at"),
    [
        ((0, 1, 1, 5), None),
        ((0, 0), None),
        ((0, 2, 1, 0), 2),
        ((3, 2), 1),
        (((1, "p1"), (1, "p2"), (2, "p1")), None),
        (((1, "p2"), (1, "p1")), 1),
        ((None, None), None),
        ((None, 1), None),
        ((-1, 0, -1), 2),
    ],
    ids=repr,
)
def test_a_promise_never_falls(promises: tuple[Any, ...], falls_at: int | None) -> None:
    rule = promises_never_decrease(promised)
    model = Model("promises", {"a": Promiser(promises)}, properties=[rule])
    result = explore(model)
    found = result.properties["promises never decrease"]
    if falls_at is None:
        assert result.verdict is Verdict.HOLDS
        assert result.states == len(promises)
    else:
        assert found.verdict is Verdict.VIOLATED
        assert found.trace is not None
        assert len(found.trace) == falls_at


@given(st.none() | st.integers(-2, 2), st.integers(-2, 2))
def test_a_step_is_judged_by_what_was_promised_before_and_after(
    earlier: int | None, later: int
) -> None:
    step = LocalStep(Promiser((earlier,)), None, Promiser((later,)))
    (answer,) = promises_never_decrease(promised).judge([step])
    assert answer is (earlier is None or not later < earlier)


def test_promises_that_nothing_orders_are_refused_by_name() -> None:
    model = Model(
        "promises", {"a": Promiser((1, "two"))}, properties=[promises_never_decrease(promised)]
    )
    with pytest.raises(PropertyError, match=r"'promises never decrease': .*TypeError"):
        explore(model)


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "usual"),
    [
        (lambda **n: single_chosen_value(MAJORITIES, **n), "single chosen value"),
        (lambda **n: greatest_promise_selection(**n), "greatest-promise selection"),
        (lambda **n: validity(MAJORITIES, **n), "validity"),
        (lambda **n: promises_never_decrease(promised, **n), "promises never decrease"),
    ],
)
def test_a_property_has_its_usual_name_or_the_one_it_is_given(
    make: Callable[..., Invariant | StepInvariant], usual: str
) -> None:
    assert make().name == usual
    assert make(name="mine").name == "mine"


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (Wanted("x"), "x is wanted"),
        (Voted("a1", 2, "x"), "a1 voted for x at ballot 2"),
        (Proposed("p1", 2, "x"), "p1 proposed x at ballot 2"),
        (
            Reported("p1", 2, "a3", 1, "y"),
            "p1 counted, for ballot 2, a promise of a3 that reports y at ballot 1",
        ),
    ],
)
def test_facts_read_as_sentences(fact: Fact, words: str) -> None:
    assert str(fact) == words
