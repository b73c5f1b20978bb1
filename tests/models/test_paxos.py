"""Paxos: golden counts, witnesses, and a shortest counterexample for each seeded bug."""

from __future__ import annotations

from functools import cache
from itertools import permutations
from math import comb
from typing import Any

import pytest

from islander import Reported, Result, Trace, Verdict, Voted, explore
from islander.explorer import UsageError
from islander.explorer.trace import rerun
from islander.models import CATALOGUE, paxos

BUGS = CATALOGUE["paxos"].bugs
CHOSEN = "a value is chosen"
OVERTAKEN = "a proposer is overtaken between promises and writes"
INTERLEAVED = "two proposers write interleaved"
THIRD = "a third proposer sees two written values and selects the greater promise's"


@cache
def seeded(bug: str) -> Result:
    return explore(paxos(**BUGS[bug].parameters, bug=bug))


def trace_of(bug: str) -> Trace:
    trace = seeded(bug).properties[BUGS[bug].violates].trace
    assert trace is not None
    return trace


# States, transitions and depths of these were found by other checkers too, on specifications
# written for them: see benchmarks/README.md.
GOLDEN = [
    # Prepare, Promise, Accept, one after the other: a chain.
    ({"proposers": 1, "acceptors": 1}, (4, 3, 3, 1, 1, 3)),
    # Two ballots that one acceptor sees in some order; 9 fact sets, 3 for each.
    ({"acceptors": 1}, (22, 28, 6, 3, 13, 9)),
    # Three acceptors go through their exchange with one proposer side by side: depth 9 is
    # Prepare, Promise and Accept for each.
    ({"proposers": 1}, (88, 204, 9, 1, 2808, 9)),
    ({"proposers": 1, "acceptors": 5}, (2624, 10760, 15, 1, 489888000, 33)),
    ({"acceptors": 2}, (248, 564, 12, 7, 37040, 25)),
    # Depth 17, not 18: to where all 18 messages lead one can come without the third promise for
    # ballot 1, when that Prepare arrives after Accept(1) and Prepare(2) and is not answered.
    ({}, (22754, 91782, 17, 23, 58895380368, 169)),
    # What the values are changes nothing about which steps are possible.
    ({"values": ("x",)}, (22754, 91782, 17, 23, 58895380368, 169)),
    ({"proposers": 3, "acceptors": 2}, (5800, 18444, 18, 49, 967889344, 125)),
    ({"quorum": 3}, (2446, 8142, 18, 15, 1983002220, 81)),
    # The second copy of a promise is ignored, and consumed as a step.
    ({"acceptors": 2, "promise_copies": 2}, (1465, 4996, 16, 7, 123770580, 25)),
    ({"acceptors": 2, "rounds": 2}, (88284, 376837, 26, 175, 49919569604868, 625)),
    # With ignored messages kept, the ballots can be run one after the other, lowest first, each
    # to any of its own situations (an acceptor votes at a ballot before it engages in a greater
    # one, or never, so its reports follow): the states of one proposer to the power of proposers.
    ({"keep_ignored": True, "proposers": 1}, (80, 156, 8, 6, 864, 9)),
    ({"keep_ignored": True}, (80**2, 15984, 16, 384, 22132872, 169)),
]


@pytest.mark.parametrize(("parameters", "counts"), GOLDEN, ids=str)
def test_an_instance_holds_with_its_golden_counts(
    parameters: dict[str, Any], counts: tuple[int, ...]
) -> None:
    result = explore(paxos(**parameters))
    assert result.verdict is Verdict.HOLDS
    assert counts == (
        result.states,
        result.transitions,
        result.depth,
        result.terminal,
        result.interleavings,
        result.fact_sets,
    )


def situations_of_one_ballot(acceptors: int, quorum: int) -> int:
    """How far one ballot can have come when ignored messages are kept.

    Before the proposer writes, each acceptor's Prepare or Promise is in flight, or its promise
    is counted, of fewer than a quorum. Afterwards each of the quorum has its Accept in flight or
    has voted; and each other acceptor is in one of five situations: Prepare in flight or
    answered, each before its vote or after; and answered after it, with a promise that reports
    it. For three acceptors: 8 + 12 before, 3 · 4 · 5 afterwards.
    """
    before = sum(comb(acceptors, n) * 2 ** (acceptors - n) for n in range(quorum))
    return before + comb(acceptors, quorum) * 2**quorum * 5 ** (acceptors - quorum)


@pytest.mark.parametrize(
    ("proposers", "acceptors", "quorum"),
    [(3, 1, 1), (2, 2, 2), (3, 2, 2), (1, 3, 2), (2, 3, 2), (2, 3, 3), (1, 4, 3), (1, 5, 3)],
)
def test_ballots_combine_freely_when_ignored_messages_are_kept(
    proposers: int, acceptors: int, quorum: int
) -> None:
    """Whatever each ballot can come to alone, all can come to, run from the lowest up."""
    parameters = {"proposers": proposers, "acceptors": acceptors, "quorum": quorum}
    result = explore(paxos(**parameters, keep_ignored=True))
    assert result.states == situations_of_one_ballot(acceptors, quorum) ** proposers


@pytest.mark.parametrize("parameters", [{}, {"acceptors": 2}], ids=str)
def test_a_second_copy_of_a_promise_that_stays_in_flight_changes_no_count(
    parameters: dict[str, Any],
) -> None:
    once = explore(paxos(**{**parameters, "keep_ignored": True}))
    twice = explore(paxos(**{**parameters, "keep_ignored": True}, promise_copies=2))
    assert (twice.states, twice.transitions) == (once.states, once.transitions)


@pytest.mark.parametrize("acceptors", [1, 2])
def test_the_interleavings_of_one_proposer_are_the_orders_that_make_sense(acceptors: int) -> None:
    """Each Prepare before its Promise, and each Accept after the last Promise of the quorum."""
    everyone = range(acceptors)
    messages = [(kind, a) for kind in ("prepare", "promise", "accept") for a in everyone]
    orders = sum(
        all(order.index(("prepare", a)) < order.index(("promise", a)) for a in everyone)
        and max(order.index(("promise", a)) for a in everyone)
        < min(order.index(("accept", a)) for a in everyone)
        for order in permutations(messages)
    )
    result = explore(paxos(proposers=1, acceptors=acceptors))
    assert result.interleavings == orders


@pytest.mark.parametrize(
    ("ballots", "parameters"),
    [
        (1, {"proposers": 1, "acceptors": 2}),
        (2, {"acceptors": 2}),
        (2, {"quorum": 3}),
        (3, {"proposers": 3, "acceptors": 1}),
        (3, {"acceptors": 2, "rounds": 2, "retrying": 1}),
        (4, {"acceptors": 1, "rounds": 2}),
    ],
    ids=str,
)
def test_where_all_must_promise_a_fact_set_is_a_set_of_votes_for_each_ballot(
    ballots: int, parameters: dict[str, Any]
) -> None:
    """A ballot is not proposed, or any of the acceptors have voted at it; the reports follow."""
    result = explore(paxos(**parameters))
    assert result.fact_sets == (1 + 2 ** parameters.get("acceptors", 3)) ** ballots


def test_a_third_proposer_selects_the_greater_of_two_written_values() -> None:
    result = explore(paxos(proposers=3, keep_ignored=True))
    assert result.verdict is Verdict.HOLDS
    assert (result.states, result.transitions, result.depth) == (80**3, 1451328, 24)
    trace = result.properties[THIRD].trace
    assert trace is not None
    # Twice a quorum of two prepares, promises and one vote; then a quorum that reports both.
    assert len(trace) == 5 + 5 + 4
    reports = {fact for fact in trace.last.facts if isinstance(fact, Reported)}
    assert len({(report.voted, report.value) for report in reports}) == 2
    last = trace.steps[-1].after.copy()
    assert last.id == "p3"
    assert {e.message.value for e in trace.steps[-1].sent} == {
        max(reports, key=lambda report: report.voted).value
    }


@pytest.mark.parametrize(
    ("parameters", "witnesses"),
    [
        ({"proposers": 1}, [CHOSEN]),
        ({"acceptors": 1}, [CHOSEN, OVERTAKEN]),
        ({}, [CHOSEN, OVERTAKEN, INTERLEAVED]),
        ({"proposers": 3}, [CHOSEN, OVERTAKEN, INTERLEAVED, THIRD]),
        ({"proposers": 3, "values": ("x",)}, [CHOSEN, OVERTAKEN, INTERLEAVED]),
        ({"proposers": 3, "values": ("x", "y")}, [CHOSEN, OVERTAKEN, INTERLEAVED, THIRD]),
        # Only the last to write has another value, so that nobody is left to see both. Exploring
        # all 512000 states of it with keep_ignored confirms that the witness is unreachable.
        ({"proposers": 3, "values": ("x", "x", "y")}, [CHOSEN, OVERTAKEN, INTERLEAVED]),
        ({"proposers": 3, "acceptors": 2}, [CHOSEN, OVERTAKEN, INTERLEAVED]),
    ],
    ids=str,
)
def test_an_instance_has_the_witnesses_that_it_can_reach(
    parameters: dict[str, Any], witnesses: list[str]
) -> None:
    assert [p.name for p in paxos(**parameters).properties if p.somewhere] == witnesses


def test_without_its_greater_reports_a_third_proposer_is_vacuous() -> None:
    """The witness can fail: where nobody ever writes two values, it says how far it came."""
    third = next(p for p in paxos(proposers=3).properties if p.name == THIRD)
    two = paxos(acceptors=2)
    result = explore(type(two)(two.name, two.actors, two.network, [third]))
    assert result.verdict is Verdict.VIOLATED
    assert "nearest: 0 of 2 milestones" in result.properties[THIRD].explanation


# -- bugs -----------------------------------------------------------------------------------------


def test_there_are_at_least_nine_bugs() -> None:
    assert len(BUGS) >= 9


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_violates_the_one_property_it_must_by_a_shortest_trace(bug: str) -> None:
    result = seeded(bug)
    violated = [p.name for p in result.properties.values() if p.verdict is Verdict.VIOLATED]
    assert violated == [BUGS[bug].violates]
    assert len(trace_of(bug)) == BUGS[bug].steps == result.depth


@pytest.mark.parametrize("bug", BUGS)
def test_a_counterexample_runs_again_and_ends_in_a_violation(bug: str) -> None:
    trace = trace_of(bug)
    again = rerun(paxos(**BUGS[bug].parameters, bug=bug), 0, trace.labels)
    assert [repr(state) for state in again.states] == [repr(state) for state in trace.states]
    (item,) = [p for p in trace.model.properties if p.name == BUGS[bug].violates]
    if item.name == "promises never decrease":
        step = again.steps[-1]
        subject: Any = (step.before.copy(), step.event, step.after.copy())
    else:
        subject = again.last.facts
    assert list(item.judge([subject])) == [False]


@pytest.mark.parametrize("bug", BUGS)
def test_the_instance_of_a_bug_holds_without_it(bug: str) -> None:
    if BUGS[bug].parameters.get("rounds"):
        cut = explore(paxos(**BUGS[bug].parameters), max_depth=BUGS[bug].steps)
        assert cut.verdict is Verdict.INCOMPLETE
    elif BUGS[bug].parameters.get("proposers") != 3:  # that one is exhausted above
        assert explore(paxos(**BUGS[bug].parameters)).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    "bug", [name for name in BUGS if BUGS[name].violates == "single chosen value"]
)
def test_two_values_are_chosen_each_by_a_majority(bug: str) -> None:
    votes = [fact for fact in trace_of(bug).last.facts if isinstance(fact, Voted)]
    voters: dict[tuple[int, str], set[str]] = {}
    for vote in votes:
        voters.setdefault((vote.ballot, vote.value), set()).add(vote.acceptor)
    assert sum(len(by) >= 2 for by in voters.values()) == 2
    assert len({value for _, value in voters}) == 2


def test_a_minority_quorum_lets_both_propose_after_one_promise_each() -> None:
    trace = trace_of("minority-quorum")
    kinds = [type(step.event.message).__name__ for step in trace]  # type: ignore[union-attr]
    assert kinds.count("Prepare") == kinds.count("Promise") == 2
    assert kinds.count("Accept") == 4


def test_a_hidden_vote_is_kept_back_by_an_acceptor_of_both_quorums() -> None:
    trace = trace_of("hidden-vote")
    voted: set[str] = set()
    silent = []
    for step in trace:
        for envelope in step.sent:
            if type(envelope.message).__name__ == "Promise" and step.actor in voted:
                silent.append((step.actor, envelope.message.voted))
        voted |= {fact.acceptor for fact in step.facts if isinstance(fact, Voted)}
    assert silent
    assert all(report is None for _, report in silent)


def test_the_lowest_promise_is_selected_though_a_greater_one_was_counted() -> None:
    last = trace_of("lowest-promise").steps[-1]
    reports = {(fact.voted, fact.value) for fact in last.facts if isinstance(fact, Reported)}
    assert len(reports) == 2
    assert {envelope.message.value for envelope in last.sent} == {min(reports)[1]}


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"proposers": 0}, "proposers must be at least 1; got 0"),
        ({"proposers": "3"}, "proposers must be at least 1; got '3'"),
        ({"acceptors": 2.5}, "acceptors must be at least 1; got 2.5"),
        ({"acceptors": -1}, "acceptors must be at least 1"),
        ({"rounds": 0}, "rounds must be at least 1"),
        ({"promise_copies": 0}, "promise_copies must be at least 1"),
        ({"retrying": -1}, "retrying must be at least 0"),
        ({"quorum": 0}, "a quorum of 0 among 3"),
        ({"quorum": 4}, "a quorum of 4 among 3"),
        ({"bug": "no-such-bug"}, "there is no bug 'no-such-bug'"),
    ],
)
def test_an_instance_that_cannot_be_is_refused(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        paxos(**parameters)
