"""A node in a program: what it does, and that nothing from the network can damage it."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from islander.explorer.errors import UsageError
from islander.models.governments.errors import ProtocolError
from islander.models.governments.node import Node
from islander.models.governments.promises import Promise
from islander.models.governments.schedules import Run, read_schedule, schedule_text
from islander.models.governments.wire import WireError
from islander.models.governments.wire_decoding import read_answer

from .network import OPTIONS, Asked, Network, Told, bodies, eventful, state, wired

EVENTFUL = eventful()


def founded() -> Network:
    network = Network("012")
    network.found()
    return network


# -- the log --------------------------------------------------------------------------------------


def test_what_is_enqueued_is_committed_everywhere_in_the_same_order() -> None:
    network = founded()
    wanted = ["a", {"b": [1, None, {}]}, 2.5, True, None]
    for body in wanted:
        assert network.nodes["0"].enqueue(network.now, body)["enqueued"]
    network.tick(2)
    assert [bodies(entries) for entries in network.entries.values()] == [wanted] * 3
    assert len({json.dumps(node.log[-1]) for node in network.nodes.values()}) == 1


def test_enqueueing_says_the_promise_or_who_leads() -> None:
    network = founded()
    leader = network.nodes["0"]
    assert leader.enqueue(0, "x") == {"enqueued": True, "leader": "0", "promise": "4/1"}
    refused = network.nodes["1"].enqueue(0, "x")
    assert refused == {"enqueued": False, "republic": "r", "leader": "0"}
    assert Node("9", OPTIONS).enqueue(0, "x")["enqueued"] is False


def test_committed_entries_are_handed_out_once_though_the_log_forgets_them() -> None:
    network = founded()
    for number in range(5):
        network.nodes["0"].enqueue(network.now, number)
        network.tick(3)
    assert [bodies(entries) for entries in network.entries.values()] == [[0, 1, 2, 3, 4]] * 3
    assert all(len(bodies(node.log)) < 5 for node in network.nodes.values())
    assert [node.committed() for node in network.nodes.values()] == [[], [], []]


def test_a_newcomer_begins_with_the_government_that_let_it_in() -> None:
    entries = founded().entries
    assert [entry["promise"] for entry in entries["0"]] == ["1/0", "2/0", "3/0", "4/0"]
    assert [entry["promise"] for entry in entries["2"]] == ["3/0", "4/0"]


def test_a_node_says_when_to_call_it_next() -> None:
    network = Network("01")
    node = network.nodes["0"]
    assert node.due() is None
    network.found()
    assert node.due() == network.now + 1
    network.tick()
    assert node.due() == network.now + 1


def test_when_the_leader_is_gone_the_others_go_on_with_what_they_have() -> None:
    network = founded()
    network.nodes["0"].enqueue(network.now, "before")
    network.tick(2)
    network.down = {"0"}
    network.tick(12)
    assert network.leader().me in ("1", "2")
    network.leader().enqueue(network.now, "after")
    network.tick(4)
    assert bodies(network.entries["1"]) == bodies(network.entries["2"]) == ["before", "after"]


def test_a_newcomer_with_another_cookie_is_not_let_in() -> None:
    network = Network("01")
    network.nodes["0"].bootstrap(0, "r")
    network.nodes["1"].join("r", cookie=1)
    network.nodes["0"].embark(0, "1", cookie=True)
    network.tick(2)
    assert network.nodes["1"].top == "0/0"


# -- the journal ----------------------------------------------------------------------------------


def replayed(network: Network) -> Run:
    schedule = read_schedule(schedule_text(OPTIONS, network.steps))
    run = Run(schedule.options)
    lines = [line for step in schedule.steps for line in run.take(step)]
    packets = {packet["msg"]: packet for line in lines for packet in line["outbox"]}
    assert {name: packets[name] for name in network.sent} == network.sent
    for id, node in network.nodes.items():
        committed = [e for line in lines if line.get("at") == id for e in line["committed"]]
        assert committed == network.entries[id] + node.committed()
        assert node.top == lines[-1]["tops"][id]
    return run


def test_the_journal_of_all_nodes_is_a_schedule_that_does_the_same_again() -> None:
    network = founded()
    network.nodes["0"].enqueue(network.now, {"x": 1})
    network.tick(2)
    replayed(network)


def test_a_journal_knows_what_was_lost_and_what_came_twice() -> None:
    network = founded()
    network.nodes["1"].acclimate()
    network.lost = lambda msg, to: to == "2" and msg.endswith("5")
    network.twice = lambda msg, to: to == "2"
    for number in range(4):
        network.nodes["0"].enqueue(network.now, number)
        network.tick()
    network.lost, network.twice = (lambda msg, to: False), (lambda msg, to: False)
    network.down = {"2"}
    network.tick(6)
    assert any(step["op"] == "drop" and step["msg"] in network.sent for step in network.steps)
    assert any(step.get("again") for step in network.steps)
    assert not network.nodes["0"].government["arrived"]["promise"].keys() & {"2"}
    replayed(network)


def test_a_call_that_is_refused_is_not_in_the_journal() -> None:
    network = founded()
    before = list(network.steps)
    for wrong in (
        lambda: network.nodes["0"].enqueue(network.now, float("nan")),
        lambda: network.nodes["0"].enqueue(-1, "x"),
        lambda: network.nodes["0"].handle(network.now, {}, "1#1"),
        lambda: network.nodes["0"].bootstrap(network.now, "r"),
    ):
        with pytest.raises(UsageError):
            wrong()
    assert network.steps == before


def test_a_journal_needs_the_names_of_packets() -> None:
    network = Network("0")
    network.nodes["0"].bootstrap(0, "r")
    network.nodes["0"].tick(0)
    (packet,) = network.nodes["0"].packets()
    with pytest.raises(UsageError, match="needs the name of the packet, msg"):
        network.nodes["0"].handle(0, packet["requests"][0]["request"])
    with pytest.raises(UsageError, match="needs the name of the packet, msg"):
        network.nodes["0"].answered(0, packet["cookie"], {})


# -- calls that are refused -----------------------------------------------------------------------


def refused(node: Node, call: Callable[[Node], Any], error: type[UsageError], said: str) -> None:
    """`call` raises, and leaves `node` as it was."""
    before = state(node)
    with pytest.raises(error) as raised:
        call(node)
    assert said in str(raised.value)
    assert state(node) == before


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda node: node.enqueue(-1, "x"), "a time is from 0 to"),
        (lambda node: node.tick(float("nan")), "a time is from 0 to"),
        (lambda node: node.tick(float("inf")), "a time is from 0 to"),
        (lambda node: node.tick("now"), "a time is a number; got 'now'"),
        (lambda node: node.tick(True), "a time is a number; got True"),
        (lambda node: node.tick(0), "the clock of 1 would go back, from 5 to 0"),
        (lambda node: node.enqueue(5, {1, 2}), "body: a set is no JSON"),
        (lambda node: node.embark(5, 3, cookie=0), "id: 3 is no string"),
        (lambda node: node.embark(5, "3", 0, acclimated=1), "acclimated: 1 is neither true"),
        (lambda node: node.embark(5, "3", cookie=b"x"), "a bytes is no JSON"),
        (lambda node: node.join("r", 0), "1 is in a republic already"),
        (lambda node: node.bootstrap(5, "r"), "1 is in a republic already"),
        (lambda node: node.handle(5, None), "request: null is no object"),
        (lambda node: node.answered(5, None, {}), "cookie: null is no object"),
    ],
)
def test_a_call_that_cannot_be_is_refused_and_changes_nothing(
    call: Callable[[Node], Any], said: str
) -> None:
    network = Network("01", watched=True)
    network.found()
    network.tick(5)
    refused(network.nodes["1"], call, UsageError, said)


def test_a_body_that_could_be_taken_for_a_government_is_refused() -> None:
    network = founded()
    body = network.nodes["0"].log[-1]["body"]
    refused(network.nodes["0"], lambda n: n.enqueue(0, body), WireError, "that of a government")


@pytest.mark.parametrize("id", ["", "a" * 1000, "0#1", "é\n"])
def test_an_id_is_any_text_that_is_not_too_long(id: str) -> None:
    node = Node(id, OPTIONS)
    node.bootstrap(0, "r")
    assert node.leads


def test_an_id_that_is_no_text_is_refused() -> None:
    for wrong in (7, None, "a" * 1001):
        with pytest.raises(WireError, match="the id of a node"):
            Node(wrong, OPTIONS)  # type: ignore[arg-type]


# -- requests -------------------------------------------------------------------------------------


def asked(where: Callable[[Any], bool]) -> Asked:
    """The last occasion on which a request was such."""
    return copy.deepcopy([one for one in EVENTFUL.asked if where(one.request)][-1])


def entries(request: Any) -> Any:
    return request["sync"]["commits"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("republic", "another"),
        ("republic", None),
        ("promise", "99/0"),
        ("promise", "0/0"),
        ("from", "stranger"),
    ],
)
def test_a_request_of_another_republic_or_with_a_forged_promise_is_answered_as_unreachable(
    field: str, value: Any
) -> None:
    node, now, request = asked(lambda one: bool(entries(one)) and not one["government"])
    before = state(node)
    request["sync"][field] = value
    assert node.handle(now, request) == {"message": {"method": "unreachable"}}
    assert state(node) | {"_now": now} == before | {"_now": now}


def test_a_request_of_who_arrived_before_is_answered_as_unreachable() -> None:
    """The promise is stale: its islander has departed, and arrived anew."""
    node, now, request = asked(lambda one: one["sync"]["promise"] == "1/0")
    before = state(node)
    request["sync"]["promise"] = "2/0"
    assert node.handle(now, request) == {"message": {"method": "unreachable"}}
    assert state(node)["_islander"] == before["_islander"]


def test_a_request_of_one_who_is_behind_is_rejected_and_changes_no_log() -> None:
    node, now, request = asked(lambda one: bool(entries(one)) and not one["government"])
    node.handle(now, request)
    log = node.log
    old = wired(request)
    old["sync"]["committed"], old["sync"]["commits"] = entries(request)[0]["previous"], []
    old["sync"]["government"] = old["sync"]["minimum"]["propagated"] = "0/0"
    answer = node.handle(now, old)
    assert answer["message"] == {"method": "reject", "promise": node.top}
    assert node.log == log


def test_a_request_that_is_not_for_this_node_is_refused() -> None:
    node, now, request = asked(lambda one: True)
    request["message"]["to"] = ["9"]
    refused(node, lambda n: n.handle(now, request), WireError, "request.message.to: it is not to")


@pytest.mark.parametrize("promise", ["7", "a/b", "1/0/0", "9" * 4001 + "/0", 7, None, "1/0 "])
@pytest.mark.parametrize("field", ["government", "committed"])
def test_a_promise_that_is_none_is_refused_by_name(promise: Any, field: str) -> None:
    node, now, request = asked(lambda one: bool(entries(one)))
    request["sync"][field] = promise
    refused(node, lambda n: n.handle(now, request), WireError, f"request.sync.{field}: ")


def test_another_entry_for_a_promise_that_the_log_has_is_refused() -> None:
    node, now, request = asked(
        lambda one: bool(entries(one)) and not entries(one)[-1]["promise"].endswith("/0")
    )
    node.handle(now, wired(request))
    entries(request)[-1]["body"] = "forged"
    refused(node, lambda n: n.handle(now, request), ProtocolError, "there are two entries")


def test_an_entry_that_does_not_follow_the_log_is_refused() -> None:
    node, now, request = asked(lambda one: bool(entries(one)) and not one["government"])
    entries(request)[0]["previous"] = "0/0"
    refused(node, lambda n: n.handle(now, request), ProtocolError, "follows 0/0, not")


def test_a_minimum_that_would_drop_what_was_not_handed_out_is_refused() -> None:
    node, now, request = asked(lambda one: len(entries(one)) > 1 and not one["government"])
    request["sync"]["minimum"]["propagated"] = entries(request)[-1]["promise"]
    refused(node, lambda n: n.handle(now, request), ProtocolError, "drop entries that it just")


def test_a_request_that_comes_twice_is_answered_or_refused_and_adds_nothing() -> None:
    for node, now, request in map(copy.deepcopy, EVENTFUL.asked):
        node.handle(now, wired(request))
        log = node.log
        with contextlib.suppress(ProtocolError):
            node.handle(now, wired(request))
        assert node.log == log


# -- answers --------------------------------------------------------------------------------------


def told(where: Callable[[Told], bool]) -> Told:
    return copy.deepcopy([one for one in EVENTFUL.told if where(one)][-1])


MINIMUM = ("propagated", "version", "reduced")


def answered_by_another(one: Told) -> bool:
    return any(id != one.node.me and answer for id, answer in one.answers.items())


def test_answers_count_once() -> None:
    node, now, cookie, answers = told(answered_by_another)
    node.answered(now, cookie, answers)
    refused(node, lambda n: n.answered(now, cookie, answers), WireError, "no such packet waits")


def test_answers_to_what_was_never_sent_are_refused() -> None:
    node, now, cookie, answers = told(answered_by_another)
    cookie["collapsed"] = not cookie["collapsed"]
    refused(node, lambda n: n.answered(now, cookie, answers), WireError, "no such packet waits")


@pytest.mark.parametrize("beyond", [True, False])
def test_nobody_can_have_reached_what_nobody_wrote(beyond: bool) -> None:
    def changed(one: Told) -> bool:
        """Whether the log goes from one government to another."""
        log = one.node.log
        return answered_by_another(one) and {e["promise"][:2] for e in log} > {
            log[0]["promise"][:2]
        }

    node, now, cookie, answers = told(changed)
    promise = "99/0" if beyond else node.log[0]["promise"].split("/")[0] + "/77"
    assert beyond or node.log[0]["promise"] < promise < node.top
    (to,) = [to for to in answers if to != node.me][:1]
    answers[to]["sync"] |= {"government": "0/0", "minimum": dict.fromkeys(MINIMUM, "0/0")}
    answers[to]["sync"]["committed"] = promise
    said = f'answers["{to}"].sync.committed: nobody can have reached {promise}.'
    refused(node, lambda n: n.answered(now, cookie, answers), WireError, said)


@pytest.mark.parametrize(
    ("sent", "given"),
    [("synchronize", "receive"), ("register", "synchronized"), ("prepare", "respond")],
)
def test_an_answer_to_another_message_is_refused(sent: str, given: str) -> None:
    def real(one: Told) -> bool:
        return one.cookie["message"]["method"] == sent and not one.cookie["synchronize"]

    node, now, cookie, answers = told(lambda one: real(one) and any(one.answers.values()))
    (to,) = [to for to, answer in answers.items() if answer][:1]
    method = {"method": given, "promise": "0/0"}
    other = answers[to] | {"message": method}
    if given == "respond":
        other = {"message": method, "sync": answers[to]["sync"], "government": None}
    said = f"{given} does not answer this packet"
    refused(node, lambda n: n.answered(now, cookie, answers | {to: other}), WireError, said)
    node.answered(now, cookie, answers | {to: None})  # as the error says: it may count as lost


def test_answers_of_those_that_were_not_asked_are_refused() -> None:
    node, now, cookie, answers = told(answered_by_another)
    answers["9"] = None
    said = "answers[\"9\"]: the packet was not to '9'."
    refused(node, lambda n: n.answered(now, cookie, answers), WireError, said)
    refused(node, lambda n: n.answered(now, cookie, []), WireError, "must be given by id")  # type: ignore[arg-type]


# -- whatever else may come -----------------------------------------------------------------------

PROMISES = [
    "0/0",
    "1/0",
    "2/0",
    "3/0",
    "4/0",
    "4/1",
    "4/2",
    "5/0",
    "9/9",
    f"{10**30}/0",
    "7",
    "a/b",
]
ODD = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        -1,
        2.5,
        "",
        "0",
        "1",
        "2",
        "x",
        [],
        {},
        ["0"],
        {"0": True},
        *PROMISES,
    ]
)


def places(json_: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all parts of a document."""
    inside = json_.items() if isinstance(json_, dict) else enumerate(json_)
    for key, part in inside:
        yield (*path, key)
        if isinstance(part, (dict, list)):
            yield from places(part, (*path, key))


@st.composite
def damages(draw: st.DrawFn, json_: Any) -> Any:
    """`json_` with some of its parts dropped or replaced, by odd ones or by other parts of it."""
    damaged = wired(json_)
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(list(places(damaged))))
        holder, other = damaged, damaged
        for key in path:
            holder = holder[key]
        for key in draw(st.sampled_from(list(places(damaged)))):
            other = other[key]
        match draw(st.sampled_from(["drop", "odd", "other"])):
            case "drop":
                del holder[last]
            case "odd":
                holder[last] = wired(draw(ODD))
            case "other":
                holder[last] = wired(other)
        if not damaged:
            break
    assume(json.dumps(damaged) != json.dumps(json_))
    return damaged


def is_sound(node: Node, before: list[Any]) -> bool:
    """Whether the log is a chain that goes on where it ended before, and says of no promise
    anything else."""
    log = node.log
    promises = [Promise.parse(entry["promise"]) for entry in log]
    chained = all(one["promise"] == other["previous"] for one, other in pairwise(log))
    now = {entry["promise"]: text(entry) for entry in log}
    agrees = all(now.get(entry["promise"], text(entry)) == text(entry) for entry in before)
    newest = before[-1]["promise"] if before else None
    follows = newest is None or newest in now or log[0]["previous"] == newest
    return chained and promises == sorted(set(promises)) and agrees and follows


def text(json_: Any) -> str:
    return json.dumps(json_, sort_keys=True)


@settings(max_examples=300)
@given(st.data())
def test_no_request_damages_the_log(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(EVENTFUL.asked))
    node = copy.deepcopy(case.node)
    before, log = state(node), node.log
    request = data.draw(damages(case.request))
    try:
        answer = node.handle(case.now, request)
    except (WireError, ProtocolError):
        assert state(node) == before
    else:
        read_answer(wired(answer))
        assert is_sound(node, log)
        if answer["message"]["method"] == "unreachable":
            assert state(node)["_islander"] == before["_islander"]


@settings(max_examples=300)
@given(st.data())
def test_no_answers_damage_the_log(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from([one for one in EVENTFUL.told if any(one.answers.values())]))
    node = copy.deepcopy(case.node)
    before, log = state(node), node.log
    answers = data.draw(damages(case.answers))
    try:
        node.answered(case.now, case.cookie, answers)
    except (WireError, ProtocolError):
        assert state(node) == before
    else:
        assert is_sound(node, log)
        with pytest.raises(WireError, match="no such packet waits"):
            node.answered(case.now, case.cookie, answers)


@settings(max_examples=300)
@given(st.data())
def test_no_cookie_but_those_of_packets_is_taken(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(EVENTFUL.told))
    node = copy.deepcopy(case.node)
    before = state(node)
    with pytest.raises(WireError, match=r"^cookie"):
        node.answered(case.now, data.draw(damages(case.cookie)), case.answers)
    assert state(node) == before
