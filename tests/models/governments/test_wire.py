"""What goes over the wire: read back as it was written, and refused by name if it is anything else.

The messages are those of the golden traces, which the published protocol sent.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from islander.models.governments import wire
from islander.models.governments.promises import Promise
from islander.models.governments.records import (
    Answer,
    Bare,
    Cookie,
    Entry,
    Prepare,
    Reached,
    Register,
    Said,
    Write,
)
from islander.models.governments.wire import WireError, json_value, plain
from islander.models.governments.wire_decoding import read_answer, read_cookie, read_request

from . import golden_traces

PACKETS = list(golden_traces.packets())
REQUESTS = [one["request"] for packet in PACKETS for one in packet["requests"]]
ANSWERS = list(golden_traces.answers())


def text(json_: Any) -> str:
    return json.dumps(json_, sort_keys=True)


# -- reading what was written ---------------------------------------------------------------------


def test_every_request_is_read_as_it_was_written() -> None:
    assert len(REQUESTS) > 1500
    for request in REQUESTS:
        assert text(wire.request(read_request(request))) == text(request)


def test_every_answer_is_read_as_it_was_written() -> None:
    assert len(ANSWERS) > 1500
    for answer in ANSWERS:
        assert text(wire.answer(read_answer(answer))) == text(answer)


def test_every_cookie_is_read_as_it_was_written() -> None:
    assert len(PACKETS) > 1000
    for packet in PACKETS:
        assert text(wire.cookie(read_cookie(packet["cookie"]))) == text(packet["cookie"])


def test_records_are_read_as_the_same_records() -> None:
    for answer in ANSWERS:
        assert read_answer(wire.answer(read_answer(answer))) == read_answer(answer)
    for request in REQUESTS:
        assert read_request(wire.request(read_request(request))) == read_request(request)


def test_the_foot_of_a_published_register_is_the_bare_body_of_a_government() -> None:
    registers = [answer for answer in map(read_answer, ANSWERS) if answer.said.register]
    feet = [answer.said.register.chain[0] for answer in registers if answer.said.register]
    bare = [foot for foot in feet if isinstance(foot, Bare)]
    assert len(bare) > 20
    assert all(foot.promise.is_government for foot in bare)


def test_the_round_of_a_register_is_read() -> None:
    round_ = Promise(7, 0)
    written = Write(("a",), Entry(Promise(7, 1), "x", Promise(7, 0)), round_)
    cookie = Cookie(written, False, round_, False)
    assert wire.cookie(cookie)["message"]["register"]["round"] == "7/0"
    assert read_cookie(wire.cookie(cookie)) == cookie


def test_the_arrival_promise_of_those_that_did_not_arrive_has_a_name() -> None:
    answer = read_answer(next(one for one in ANSWERS if "unreachable" in one))
    unknown = answer._replace(unreachable=(None, Promise(3, 0)), acclimating=(None,))
    assert wire.answer(unknown)["acclimating"] == {"undefined": True}
    assert read_answer(wire.answer(unknown)) == unknown


def test_the_order_of_keys_does_not_matter_to_a_government() -> None:
    handed = next(one for one in REQUESTS if one["government"] and len(population(one)) > 1)
    other = json.loads(json.dumps(handed))
    for name in ("promise", "id"):
        arrived = other["government"]["arrived"]
        arrived[name] = dict(reversed(arrived[name].items()))
    assert read_request(other) == read_request(handed)


def population(request: Any) -> Any:
    return request["government"]["properties"]


# -- the values of users --------------------------------------------------------------------------

numbers = st.integers(-(2**53), 2**53) | st.floats(-(2.0**53), 2.0**53)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=20,
)


@given(values)
def test_a_value_is_equal_json_again(value: Any) -> None:
    assert plain(json_value(value)) == value
    assert text(plain(json_value(json.loads(json.dumps(value))))) == text(plain(json_value(value)))


@given(st.tuples(values, values) | values.map(lambda one: (one, json.loads(json.dumps(one)))))
def test_values_are_equal_only_if_their_json_is(pair: tuple[Any, Any]) -> None:
    one, other = pair
    same = text(plain(json_value(one))) == text(plain(json_value(other)))
    assert (json_value(one) == json_value(other)) is same
    if same:
        assert hash(json_value(one)) == hash(json_value(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [(True, 1), (False, 0), ({"a": 1}, [["a", 1]]), ({"a": 1}, [[["a", 1]]]), ([], {}), ("1", 1)],
)
def test_what_differs_in_json_differs(one: Any, other: Any) -> None:
    assert json_value(one) != json_value(other)


@pytest.mark.parametrize("number", [1.0, -0.0, 2.0**52, 1e3])
def test_a_whole_number_is_one_however_it_is_written(number: float) -> None:
    assert text(plain(json_value(number))) == str(int(number))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((1, 2), "a tuple is no JSON"),
        ([{"a": {1}}], "a set is no JSON"),
        ({1: 2}, "the key 1 is no string"),
        (float("nan"), "nan is no JSON"),
        (float("-inf"), "-inf is no JSON"),
        (1 << 12_000, "more than 10,000 bits"),
        (json.loads("[" * 101 + "]" * 101), "nested deeper than 100 levels"),
    ],
)
def test_what_is_no_json_is_refused(value: Any, said: str) -> None:
    with pytest.raises(WireError, match=r"^body") as refused:
        json_value(value, "body")
    assert said in str(refused.value)


# -- refusing everything else ---------------------------------------------------------------------

Change = Callable[[Any], Any]


def first(among: Iterable[Any], where: Callable[[Any], bool]) -> Any:
    return copy.deepcopy(next(one for one in among if where(one)))


def commits(request: Any) -> Any:
    return request["sync"]["commits"]


def with_commits(request: Any) -> bool:
    """A request that brings a government, and an entry of a user after it."""
    bodies = [entry["body"] for entry in commits(request)]
    return len(bodies) > 1 and isinstance(bodies[-1], str) and "promote" in bodies[-2]


def at(*path: Any, value: Any = None, drop: bool = False) -> Change:
    """A change of the part at `path`."""

    def change(json_: Any) -> None:
        for step in path[:-1]:
            json_ = json_[step]
        if drop:
            del json_[path[-1]]
        else:
            json_[path[-1]] = value

    return change


LAST = ("sync", "commits", -1)
GOVERNMENT = ("sync", "commits", -2, "body")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (at("sync", drop=True), "request: it has no 'sync'."),
        (at("extra", value=1), 'request: "extra" is none of its fields.'),
        (at("synchronize", value=1), "request.synchronize: 1 is neither true nor false."),
        (at("government", value=[]), "request.government: [] is no object."),
        (at("sync", value=[1]), "request.sync: a list of 1 is no object."),
        (at("sync", "from", value=7), "request.sync.from: 7 is no string."),
        (at("sync", "from", value="x" * 1001), "request.sync.from: a name of more than 1,000"),
        (at("sync", "commits", value={}), "request.sync.commits: {} is no list."),
        (at("sync", "promise", value="7"), "request.sync.promise: '7' is not a promise"),
        (at("sync", "promise", value=None), "request.sync.promise: None is not a promise"),
        (at("sync", "promise", value="7/1"), "request.sync.promise: 7/1 is no government"),
        (at("sync", "government", value="a/b"), "request.sync.government: 'a/b' is not a promise"),
        (at("sync", "committed", value="1/0/0"), "request.sync.committed: '1/0/0' is not a"),
        (at("sync", "committed", value="9" * 5000 + "/0"), "digits is not read"),
        (at("sync", "committed", value="0/0"), "request.sync: government reaches"),
        (at("sync", "minimum", "propagated", value="99/0"), "minimum.propagated reaches 99/0"),
        (at("sync", "minimum", drop=True), "request.sync: it has no 'minimum'."),
        (at("sync", "minimum", "reduced", value={}), "request.sync.minimum.reduced: {} is not a"),
        (at("sync", "republic", value=float("nan")), "request.sync.republic: nan is no JSON."),
        (at(*LAST, "promise", value="7"), "commits[2].promise: '7' is not a promise"),
        (at(*LAST, "promise", value="99/1"), "request.sync: commits reaches 99/1"),
        (at(*LAST, "previous", drop=True), "commits[2]: it has no 'previous'."),
        (at(*LAST, "previous", value="3/0"), "commits[2].previous: it is 3/0; the entry before is"),
        (at(*LAST, "previous", value="99/0"), "commits[2].previous: 99/0 does not come before"),
        (at(*LAST, "promise", value="9/0"), 'commits[2].body: "v2" is no object.'),
        (at(*GOVERNMENT, value="x"), 'commits[1].body: "x" is no object.'),
        (at(*GOVERNMENT, "promise", value="3/0"), "commits[1].body: it is that of 3/0, not of 4/0"),
        (at(*GOVERNMENT, "promise", value="4/1"), "commits[1].body.promise: 4/1 is no government"),
        (at(*GOVERNMENT, "majority", value=[]), "commits[1].body: its majority must lead"),
        (at(*GOVERNMENT, "minority", value=["0"]), "commits[1].body: its majority must lead"),
        (at(*GOVERNMENT, "majority", value=["0", "0"]), "body.majority: it names someone twice"),
        (at(*GOVERNMENT, "majority", 0, value=0), "body.majority[0]: 0 is no string."),
        (at(*GOVERNMENT, "demote", value="2"), "commits[1].body: it makes more than one change."),
        (at(*GOVERNMENT, "acclimate", value="2"), "body: it makes more than one change."),
        (at(*GOVERNMENT, "map", value=[]), "commits[1].body.map: [] is no object."),
        (at(*GOVERNMENT, "map", value={"3/x": "4/1"}), "body.map: '3/x' is not a promise"),
        (at(*GOVERNMENT, "map", value={"3/1": 4}), 'body.map["3/1"]: 4 is not a promise'),
        (at(*GOVERNMENT, "promote", value=[]), "body.promote: it promotes nobody."),
        (at(*GOVERNMENT, "promote", 0, "index", value=-1), "promote[0].index: -1 is no position"),
        (at(*GOVERNMENT, "promote", 0, "index", value=True), "index: true is no position"),
        (at(*GOVERNMENT, "promote", 0, "index", value=0), "promote: positions must descend."),
        (at(*GOVERNMENT, "republic", value=1), "commits[1].body: a republic is founded by 1/0"),
        (at("message", value="x"), 'request.message: "x" is no object.'),
        (at("message", "method", value="bribe"), "request.message: its method must be one of"),
        (at("message", "method", value=None), "request.message.method: null is no string."),
        (at("message", "to", value=[]), "request.message.to: it is to nobody."),
        (at("message", "to", value=["1", "1"]), "request.message.to: it names someone twice"),
        (at("message", "to", value="1"), 'request.message.to: "1" is no list.'),
        (at("message", "constituent", value=1), "message.constituent: it must be true here; got 1"),
        (at("message", "key", drop=True), "request.message: it has no 'key'."),
    ],
)
def test_a_request_that_is_damaged_is_refused_with_the_part_that_is(
    change: Change, said: str
) -> None:
    request = first(REQUESTS, with_commits)
    change(request)
    with pytest.raises(WireError) as refused:
        read_request(request)
    assert said in str(refused.value)
    assert str(refused.value).startswith("request")


def test_the_body_of_a_user_must_not_claim_to_be_that_of_a_government() -> None:
    request = first(REQUESTS, with_commits)
    government, entry = commits(request)[-2:]
    entry["body"] = government["body"]
    with pytest.raises(WireError, match=r"commits\[2\]\.body: it is that of a government, but 4/1"):
        read_request(request)


ARRIVAL = ("sync", "commits", 0, "body")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (at(*ARRIVAL, "arrive", "id", drop=True), "body.arrive: it has no 'id'."),
        (at(*ARRIVAL, "arrive", "cookie", drop=True), "body.arrive: it has no 'cookie'."),
        (at(*ARRIVAL, "acclimate", drop=True), "body: it has no 'acclimate'."),
        (at(*ARRIVAL, "acclimate", value="x"), "acclimate: it must be who arrives, or null."),
        (at("government", "majority", value=None), "government.majority: null is no list."),
        (at("government", "properties", value={}), "it must have the properties of all that"),
        (at("government", "arrived", "id", value={}), "'promise' and 'id' say different things"),
        (at("government", "promise", value="1/1"), "government.promise: 1/1 is no government"),
    ],
)
def test_a_request_that_lets_someone_in_is_checked(change: Change, said: str) -> None:
    request = first(REQUESTS, lambda one: one["government"] and commits(one))
    change(request)
    with pytest.raises(WireError) as refused:
        read_request(request)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        at("republic", drop=True),
        at("republic", value=2),
        at("majority", value=["x"]),
        at("constituents", value=["x"]),
        at("properties", value={}),
        at("arrived", "id", value={}),
        at("acclimate", value=None),
        at("map", value=None),
    ],
)
def test_a_republic_is_founded_in_one_way(change: Change) -> None:
    """Except for its name, which is anybody's."""
    founding = first(
        (line for name in golden_traces.NAMES for line in golden_traces.lines(name)),
        lambda line: line["op"]["op"] == "bootstrap",
    )["committed"][0]
    request = first(REQUESTS, lambda one: not one["sync"]["commits"])
    request["sync"]["commits"] = [founding]
    assert read_request(request).sync.commits[0].body.founding == (1,)
    change(founding["body"])
    if founding["body"].get("republic") == 2:
        assert read_request(request).sync.commits[0].body.founding == (2,)
    else:
        with pytest.raises(WireError, match=r"commits\[0\]\.body"):
            read_request(request)


def departed(request: Any) -> bool:
    return any("departed" in entry["body"] for entry in commits(request))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (at("departed", "index", value=None), "departed.index: null is no object."),
        (at("departed", "index", value={"x": 1}), 'index: "x" is none of its fields.'),
        (at("departed", "promise", value="2/1"), "departed.promise: 2/1 is no government"),
        (at("departed", "id", drop=True), "departed: it has no 'id'."),
    ],
)
def test_a_departure_is_checked(change: Change, said: str) -> None:
    request = first(REQUESTS, departed)
    (body,) = (entry["body"] for entry in commits(request) if "departed" in entry["body"])
    change(body)
    with pytest.raises(WireError) as refused:
        read_request(request)
    assert said in str(refused.value)


def of(method: str) -> Callable[[Any], bool]:
    return lambda one: bool(one["message"]["method"] == method)


BARE = {"majority": ["0"], "minority": [], "promise": "2/0", "map": None}


@pytest.mark.parametrize(
    ("method", "change", "said"),
    [
        ("register", at("register", value=None), "message.register: it must not be null."),
        ("register", at("register", "body", value={}), "register.body: it has no 'promise'."),
        ("register", at("register", "body", value=BARE), "register: what is written is one entry"),
        ("register", at("register", "round", value="7"), "register.round: '7' is not a promise"),
        (
            "register",
            at("collapsible", value=False),
            "collapsible: it must be true here; got false",
        ),
        ("prepare", at("promise", drop=True), "message: it has no 'promise'."),
        ("prepare", at("constituent", value=True), "constituent: it must be false here; got true"),
        ("accept", at("body", value=BARE), "body: the bare body of a government can only be the"),
        (
            "accept",
            at("previous", "round", value="7/0"),
            "previous: it is of round 7/0, what is on",
        ),
        ("accept", at("previous", "previous", value=3), "previous.previous: 3 is no object."),
    ],
)
def test_what_is_written_is_checked(method: str, change: Change, said: str) -> None:
    request = first(REQUESTS, of(method))
    change(request["message"])
    with pytest.raises(WireError) as refused:
        read_request(request)
    assert said in str(refused.value)


def test_a_register_has_a_greatest_length() -> None:
    answer = first(ANSWERS, of("promise"))
    answer["message"]["register"] = None
    for at_ in range(1001):
        entry = {"promise": f"9/{at_ + 1}", "body": "x", "previous": f"9/{at_}"}
        answer["message"]["register"] = {"body": entry, "previous": answer["message"]["register"]}
    with pytest.raises(WireError, match="a register of more than 1,000 entries is not read"):
        read_answer(answer)
    answer["message"]["register"] = answer["message"]["register"]["previous"]
    assert isinstance(read_answer(answer).said.register, Register)


@pytest.mark.parametrize(
    ("method", "change", "said"),
    [
        ("receive", at("message", "method", value="ok"), "answer.message: the method of such an"),
        ("receive", at("message", "method", drop=True), "answer.message: the method of such an"),
        ("receive", at("message", "promise", drop=True), "answer.message: it has no 'promise'."),
        ("receive", at("message", "register", value={}), '"register" is none of its fields.'),
        ("receive", at("sync", drop=True), "answer: it has no 'sync'."),
        ("receive", at("minimum", drop=True), 'answer: "acclimating" is none of its fields.'),
        ("receive", at("government", value=None), "answer.government: None is not a promise"),
        ("receive", at("acclimating", value=[]), "answer.acclimating: [] is no object."),
        (
            "receive",
            at("unreachable", value={"3/0": 1}),
            'unreachable["3/0"]: it must be true here',
        ),
        ("receive", at("unreachable", value={"3/1": True}), "unreachable: 3/1 is no government"),
        ("promise", at("message", "register", drop=True), "answer.message: it has no 'register'."),
        ("respond", at("government", value="1/0"), 'government: it must be null here; got "1/0"'),
        ("respond", at("message", "method", value="receive"), "must be one of respond."),
    ],
)
def test_an_answer_that_is_damaged_is_refused_with_the_part_that_is(
    method: str, change: Change, said: str
) -> None:
    answer = first(ANSWERS, of(method))
    change(answer)
    with pytest.raises(WireError) as refused:
        read_answer(answer)
    assert said in str(refused.value)
    assert str(refused.value).startswith("answer")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (at("backwards", value=False), "answer.backwards: it must be true here; got false."),
        (at("backwards", value=1), "answer.backwards: it must be true here; got 1."),
        (at("government", value="1/0"), "answer.government: it must be null here"),
        (at("sync", "committed", value="1/0"), "answer.sync.committed: it must be null here"),
        (at("sync", "commits", value=[1]), "answer.sync.commits[0]: 1 is no object"),
        (at("message", "method", value="receive"), "must be one of reject."),
    ],
)
def test_a_refusal_to_go_back_is_checked(change: Change, said: str) -> None:
    answer = first(ANSWERS, lambda one: "backwards" in one)
    change(answer)
    with pytest.raises(WireError) as refused:
        read_answer(answer)
    assert said in str(refused.value)


def test_a_refusal_may_bring_what_its_addressee_lacks() -> None:
    lacking = (
        Entry(Promise.parse("4/1"), "x", Promise.parse("4/0")),
        Entry(Promise.parse("4/2"), "y", Promise.parse("4/1")),
    )
    refused = Answer(
        Said("reject", Promise.parse("4/2")), Reached(Promise.parse("2/0"), None, lacking)
    )
    assert read_answer(json.loads(json.dumps(wire.answer(refused)))) == refused
    torn = wire.answer(refused)
    torn["sync"]["commits"][1]["previous"] = "4/0"
    with pytest.raises(WireError, match=r"answer.sync.commits\[1\].previous: it is 4/0; the entry"):
        read_answer(torn)


@pytest.mark.parametrize("json_", [None, 3, "x", [], {}, {"message": {}}, {1: 2}, {"message": 1}])
def test_what_is_nothing_of_the_kind_is_refused(json_: Any) -> None:
    for read in (read_request, read_answer, read_cookie):
        with pytest.raises(WireError):
            read(json_)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (at("collapsed", value=0), "cookie.collapsed: 0 is neither true nor false."),
        (at("government", value="1/1"), "cookie.government: 1/1 is no government"),
        (at("message", "promise", value=7), "cookie.message.promise: 7 is not a promise"),
    ],
)
def test_a_cookie_is_checked(change: Change, said: str) -> None:
    cookie = first((packet["cookie"] for packet in PACKETS), of("prepare"))
    assert isinstance(read_cookie(cookie).message, Prepare)
    change(cookie)
    with pytest.raises(WireError) as refused:
        read_cookie(cookie)
    assert said in str(refused.value)
