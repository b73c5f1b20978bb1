"""Schedules: what is refused and where, what steps do, and that what was done replays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from islander.models.governments.rules import PUBLISHED, SOUND
from islander.models.governments.schedules import (
    Options,
    Run,
    ScheduleError,
    is_schedule,
    line_of,
    read_schedule,
    trace_of,
)

from . import golden_traces

SMALL = Options(parliament_size=3, ping=1, timeout=3)


FIELDS = {
    **dict.fromkeys(("new", "reboot", "kill", "bootstrap", "join"), ("id",)),
    **dict.fromkeys(("check", "fire"), ("at",)),
    **dict.fromkeys(("deliver", "drop"), ("msg", "to")),
    "embark": ("at", "id"),
    "enqueue": ("at", "body"),
    "respond": ("msg",),
    "settle": (),
}


def steps(text: str) -> list[Any]:
    """Steps in short: "new a; deliver a#1 b"."""
    words = [step.split() for step in text.split(";")]
    return [{"op": op} | dict(zip(FIELDS[op], rest, strict=True)) for op, *rest in words]


TRIO = "new a; new b; new c; bootstrap a; join b; join c"


def trio() -> Run:
    """Three islanders in a republic of a, in which nobody else arrived."""
    return taken(TRIO)


def taken(text: str, options: Options = SMALL) -> Run:
    run = Run(options)
    for step in steps(text):
        run.take(step)
    return run


def text_of(*steps: Any, **options: Any) -> str:
    """A schedule of which each step is a line; the first is in line 2."""
    lines = ",\n".join(map(json.dumps, steps))
    return f'{{"options": {json.dumps(options)}, "steps": [\n{lines}]}}'


# -- what the published protocol did --------------------------------------------------------------


def test_there_are_33_golden_schedules() -> None:
    assert len(golden_traces.NAMES) == 33


@pytest.mark.parametrize("name", golden_traces.NAMES)
def test_the_steps_of_a_golden_schedule_replay_byte_for_byte_once_recorded(name: str) -> None:
    schedule = read_schedule(golden_traces.schedule(name))
    run = Run(schedule.options)
    lines = [line_of(line) for step in schedule.steps for line in run.take(step)]
    assert "\n".join([*lines, ""]).encode() == golden_traces.trace(name)
    again = read_schedule(run.schedule_text())
    assert (again.options, again.steps) == (schedule.options, schedule.steps)
    assert [line_of(line) for line in trace_of(again)] == lines


# -- recording ------------------------------------------------------------------------------------


def test_what_a_program_did_replays_to_the_same_bytes_under_the_rules_it_was_done() -> None:
    run = trio()
    lines = [line for id in "bc" for line in run.take({"op": "embark", "at": "a", "id": id})]
    while run.in_flight:
        name, (*waiting,) = next(iter(run.in_flight.items()))
        for to in waiting:
            lines += run.take({"op": "deliver", "msg": name, "to": to})
        lines += run.take({"op": "respond", "msg": name})
    lines += run.take({"op": "tick", "count": 2})
    assert run.islanders["b"].top == run.islanders["a"].top
    schedule = read_schedule(run.schedule_text())
    assert schedule.options == SMALL
    assert schedule.options.rules == SOUND
    again = [line_of(line) for line in trace_of(schedule)]
    assert again[6:] == [line_of(line) for line in lines]


def test_what_was_recorded_is_kept_whatever_becomes_of_the_step_or_the_trace() -> None:
    run = trio()
    body = {"deep": [1, 2]}
    step = {"op": "enqueue", "at": "a", "body": body}
    (line,) = run.take(step)
    body["deep"].append(3)
    line["op"]["body"]["deep"].clear()
    assert run.schedule_document()["steps"][-1]["body"] == {"deep": [1, 2]}


def test_a_step_that_is_refused_changes_nothing_and_is_not_recorded() -> None:
    run = taken(f"{TRIO}; embark a b")
    run.take({"op": "check", "at": "a", "now": 5})
    before = run.schedule_text()
    for wrong in (
        {"op": "clock", "now": 4},
        {"op": "respond", "msg": "a#1", "now": 4},
        {"op": "deliver", "msg": "a#1", "to": "a", "now": 4},
        {"op": "new", "id": "a"},
        {"op": "new", "id": "d", "now": 4},
        {"op": "reboot", "id": "b", "now": 4},
        {"op": "fire"},
    ):
        with pytest.raises(ScheduleError):
            run.take(wrong)
    assert run.schedule_text() == before
    assert run.in_flight == {"a#1": ("a",)}
    assert run.take({"op": "check", "at": "b"})[0]["now"] == 0  # the clock step moved nobody
    assert run.take({"op": "check", "at": "a"})[0]["now"] == 5


def test_numbers_of_a_program_are_recorded_as_json_has_them() -> None:
    run = trio()
    (line,) = run.take({"op": "enqueue", "at": "a", "body": (1.0, 2.5), "now": 3.0})
    assert '"body":[1,2.5]' in line_of(line)
    assert '"now":3' in line_of(line)
    assert [line_of(one) for one in trace_of(read_schedule(run.schedule_text()))][-1] == line_of(
        line
    )


def test_numbers_are_written_and_reckoned_with_as_in_javascript() -> None:
    run = trio()
    body = [1e-7, 1e-5, 1e16, 2**60, 2**53 + 1, -0.0, 1e21, {"x": 2.0}]
    texts = '[1e-7,0.00001,10000000000000000,1152921504606847000,9007199254740992,0,1e+21,{"x":2}]'
    lines = run.take({"op": "enqueue", "at": "a", "body": body, "now": 0.5})
    lines += run.take({"op": "deliver", "msg": "a#1", "to": "a"})
    embark = {"op": "embark", "at": "a", "id": "b", "properties": body, "cookie": 1e-7}
    lines += run.take(embark)
    lines += run.take({"op": "settle"})
    written = "\n".join(map(line_of, lines))
    assert written.count(f'"body":{texts}') > 4
    assert written.count(f'"properties":{texts}') > 4
    assert written.count('"cookie":1e-7') > 4
    assert written.count('"x":') == written.count(texts)
    again = [line_of(line) for line in trace_of(read_schedule(run.schedule_text()))]
    assert again[-len(lines) :] == written.split("\n")


def test_a_clock_that_is_whole_again_is_written_without_its_point() -> None:
    run = taken("new a")
    for by in (0.5, 0.5):
        run.take({"op": "clock", "by": by})
    (line,) = run.take({"op": "bootstrap", "id": "a"})
    assert (line["now"], line["calendar"][0]["when"]) == (1, 1)
    assert '"now":1,' in line_of(line)
    assert '"when":1}' in line_of(line)
    (line,) = run.take({"op": "fire", "at": "a", "now": 2.5})
    assert '"now":2.5,' in line_of(line)


def test_a_clock_beyond_the_whole_numbers_of_doubles_stands_still() -> None:
    run = taken("new a")
    run.take({"op": "clock", "now": 2**53})
    for _ in range(3):
        run.take({"op": "clock", "by": 1})
    (line,) = run.take({"op": "bootstrap", "id": "a"})
    assert '"now":9007199254740992,' in line_of(line)
    assert '"when":9007199254740992}' in line_of(line)


@pytest.mark.parametrize("body", [{1, 2}, float("nan"), float("inf"), b"x", object(), 10**400])
def test_what_is_no_json_is_no_step(body: Any) -> None:
    with pytest.raises(ScheduleError, match="a step must be JSON"):
        trio().take({"op": "enqueue", "at": "a", "body": body})


def test_options_without_rules_are_those_of_the_published_protocol() -> None:
    assert read_schedule('{"steps": []}').options == Options(5, 1000, 5000, PUBLISHED)
    some = read_schedule(text_of(sound=["rounds", "entries"])).options
    assert some.rules == PUBLISHED._replace(rounds=True, entries=True)
    assert Options.read(some.document()) == some
    assert Options.read(SMALL.document()) == SMALL
    assert "sound" not in Options(rules=PUBLISHED).document()


# -- what steps do --------------------------------------------------------------------------------


def last(text: str, options: Options = SMALL) -> Any:
    """The last line of the trace of some steps."""
    run = Run(options)
    return [line for step in steps(text) for line in run.take(step)][-1]


def test_a_message_is_named_by_its_sender_and_how_many_that_sent() -> None:
    line = last(f"{TRIO}; embark a b")
    assert [packet["msg"] for packet in line["outbox"]] == ["a#1"]
    line = last(f"{TRIO}; embark a b; deliver a#1 a; respond a#1")
    assert [packet["msg"] for packet in line["outbox"]] == ["a#2"]


def test_the_messages_of_one_that_was_rebooted_have_names_of_their_own() -> None:
    line = last(f"{TRIO}; embark a b; reboot a; bootstrap a; embark a c")
    assert [packet["msg"] for packet in line["outbox"]] == ["a.1#1"]


def test_names_of_messages_are_never_those_of_another() -> None:
    with pytest.raises(ScheduleError, match=r"would be called a\.1#1"):
        taken("new a; reboot a; new a.1")
    with pytest.raises(ScheduleError, match=r"would be called a\.1#1"):
        taken("new a; new a.1; reboot a")


def now_of(run: Run, id: str) -> Any:
    return run.take({"op": "acclimate", "id": id})[0]["now"]


def test_a_clock_starts_at_the_greatest_time_so_far_or_later_if_the_step_says_so() -> None:
    run = Run(SMALL)
    run.take({"op": "new", "id": "a", "now": 2})
    run.take({"op": "new", "id": "b"})
    assert (now_of(run, "a"), now_of(run, "b")) == (2, 2)
    run.take({"op": "reboot", "id": "a", "now": 5})
    run.take({"op": "new", "id": "c"})
    run.take({"op": "new", "id": "d", "now": 5})
    run.take({"op": "reboot", "id": "b"})
    assert [now_of(run, id) for id in "abcd"] == [5, 5, 5, 5]
    (line,) = run.take({"op": "bootstrap", "id": "a"})
    assert line["calendar"][0]["when"] == 5


def test_a_check_that_fails_says_which_timers_it_ran_the_failing_one_last() -> None:
    # Who does not have the entry that let its constituent in cannot ping it, as published.
    run = Run(Options(3, 3, 2, PUBLISHED))
    for step in steps("new 0; new 1; new 2; new 3; bootstrap 0; join 1; join 2; join 3"):
        run.take(step)
    run.take({"op": "embark", "at": "0", "id": "3"})
    for id in "12":
        run.take({"op": "embark", "at": "0", "id": id, "acclimated": True})
    lines = run.take({"op": "tick"})
    (failed,) = (line for line in lines if line.get("error"))
    assert (failed["op"]["op"], failed["at"]) == ("check", "2")
    assert [timer["key"] for timer in failed["fired"]] == ["3"]
    assert "calendar" not in failed


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("kill a; check a", "dead"),
        ("kill a; kill a", "dead"),
        ("kill a; enqueue a x", "dead"),
        ("kill a; respond a#1", "sender gone"),
        ("reboot a; respond a#1", "sender gone"),
        ("respond a#1; respond a#1", "answered already"),
        ("respond a#1; drop a#1 a", "answered already"),
        ("deliver a#1 a; deliver a#1 a", "delivered already"),
        ("drop a#1 a; deliver a#1 a", "delivered already"),
        ("fire b", "no timer"),
        ("kill b; fire b", "dead"),
    ],
)
def test_a_step_that_does_not_apply_is_skipped(more: str, why: str) -> None:
    assert last(f"{TRIO}; embark a b; {more}")["skipped"] == why


def test_a_dead_islander_answers_nothing_and_its_messages_stay_in_flight() -> None:
    line = last(f"{TRIO}; embark a b; kill a; deliver a#1 a")
    assert (line["response"], line["tops"]["a"]) == (None, "dead")
    assert "skipped" not in line


def test_a_second_delivery_may_be_asked_for_and_its_answer_is_discarded() -> None:
    run = trio()
    run.take({"op": "embark", "at": "a", "id": "b"})
    deliver = {"op": "deliver", "msg": "a#1", "to": "a"}
    (again,) = run.take(deliver | {"again": True})
    assert run.in_flight == {"a#1": ("a",)}
    (first,) = run.take(deliver)
    assert run.in_flight == {"a#1": ()}
    assert again["response"] == first["response"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"promise": "9/0"}, {"method": "reject", "promise": "9/0"}),
        ({"promise": "x"}, None),
        ("9/0", None),
    ],
)
def test_a_published_acceptor_takes_a_promise_in_the_body_of_a_user_for_its_own(
    body: Any, said: Any
) -> None:
    asked = {"op": "enqueue", "at": "a", "body": body}
    written = steps("deliver a#1 a; respond a#1; deliver a#2 a; respond a#2")
    collapsing = steps("fire a; respond a#3; fire a; deliver a#4 a")
    run = Run(SMALL._replace(parliament_size=1, timeout=3, ping=1000, rules=PUBLISHED))
    for step in [*steps("new a; bootstrap a"), asked, *written, *collapsing]:
        (line,) = run.take(step)
    if said is None:
        assert (line["error"], line["response"]) == (True, None)
    else:
        assert line["response"]["message"] == said


def test_a_timer_fires_at_its_time_and_the_clock_of_its_islander_moves_there() -> None:
    run = trio()
    for op in steps("embark a b; deliver a#1 a; respond a#1; deliver a#2 a; respond a#2"):
        run.take(op)
    calendar = run.islanders["a"].calendar
    run.take({"op": "fire", "at": "a", "key": "b"})
    assert (
        run.take({"op": "fire", "at": "a", "method": "collapse"})[0]["skipped"] == "another timer"
    )
    assert {timer.key for timer in calendar} == {"a", "b"}
    run.take({"op": "settle"})
    (line,) = run.take({"op": "fire", "at": "a"})
    assert (line["now"], line["fired"][0]["when"]) == (1, 1)


def test_settling_drops_what_is_for_those_that_are_down_or_were_never_there() -> None:
    run = taken("new a; bootstrap a; embark a b")
    ops = [line["op"] for line in run.take({"op": "settle"})]
    assert {op["to"] for op in ops if op["op"] == "drop"} == {"b"}
    run = trio()
    run.take({"op": "embark", "at": "a", "id": "b"})
    ops = [line["op"] for line in run.take({"op": "settle", "down": ["b"]})]
    assert {op["to"] for op in ops if op["op"] == "drop"} == {"b"}
    assert not any(op.get("at") == "b" for op in ops)


def test_settling_holds_what_it_is_told_to_hold() -> None:
    run = trio()
    run.take({"op": "embark", "at": "a", "id": "b"})
    run.take({"op": "settle", "hold": ["register"]})
    assert list(run.in_flight) == ["a#1"]
    run.take({"op": "settle", "hold": ["a#1"], "only": ["a"]})
    assert list(run.in_flight) == ["a#1"]
    run.take({"op": "settle", "only": ["b", "c"]})
    assert list(run.in_flight) == ["a#1"]
    run.take({"op": "settle"})
    assert run.in_flight == {}


def test_settling_ends_also_when_an_islander_fails_with_messages_in_flight() -> None:
    # Under the published rules, a register that comes twice is fatal to who recorded it.
    run = taken(f"{TRIO}; embark a b; settle; enqueue a x", SMALL._replace(rules=PUBLISHED))
    (register,) = run.in_flight
    run.take({"op": "check", "at": "a", "now": 1})
    run.take({"op": "deliver", "msg": register, "to": "a", "again": True})
    lines = run.take({"op": "settle"})
    (failed,) = (line for line in lines if line.get("error"))
    assert (failed["at"], failed["tops"]["a"]) == ("a", "dead")
    assert list(run.in_flight.values()) == [(), ("b",)]


# -- what is refused ------------------------------------------------------------------------------

NEW = {"op": "new", "id": "a"}
DEEP = json.loads("[" * 101 + "]" * 101)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: this is not whole JSON; was it cut off?"),
        ('{"steps": [\n{"op": "new",', "line 2: this is not whole JSON"),
        ("[" * 100_000, "line 1: this is not whole JSON"),
        ('{"steps": [\n{"op": "clock", "by": NaN}]}', "line 2: NaN is no JSON, which has only"),
        ('{"NaN\\"":\n"NaN", "steps":\n[-Infinity]}', "line 3: -Infinity is no JSON"),
        ('{"steps": [\n1e5, NaNNaN]}', "line 2: NaN is no JSON"),
        ('{"steps": [\n{"op": "clock", "by": 1e999}]}', "line 2: 1e999 is beyond the greatest"),
        ('{"steps": [\n\n-1e999x]}', "line 3: -1e999 is beyond the greatest number"),
        ('{"steps": [\n' + "9" * 5000 + "]}", f"line 2: {'9' * 37}... is beyond the greatest"),
        ('{"options": {"ping": 1e400},\n"steps": []}', "line 1: 1e400 is beyond the greatest"),
        ("[]", 'a schedule is a JSON object with "steps"'),
        ('{"steps": 3}', 'a schedule is a JSON object with "steps"'),
        ('{"options": [], "steps": []}', 'line 1: "options" must be an object'),
        (text_of(pong=1), "there is no option 'pong'; there are parliamentSize, ping"),
        (text_of(ping=0), "the option ping must be a number from 1; got 0"),
        (text_of(ping=True), "the option ping must be a number from 1; got true"),
        (text_of(timeout="3"), "the option timeout must be a number from 1; got '3'"),
        (text_of(timeout=2**60), "the option timeout must be a number from 1"),
        (text_of(parliamentSize=2.5), "the option parliamentSize must be"),
        (text_of(sound=["luck"]), "must list rules among entries, takes_over"),
        (text_of(sound=True), "must list rules among"),
        (text_of(sound=[["entries"]]), "must list rules among"),
        (text_of(NEW, 3), 'line 3, step 1: a step is an object with "op", a string; got 3'),
        (text_of({"op": ["new"]}), "line 2, step 0: a step is an object"),
        (text_of(NEW, NEW | {"op": "nwe"}), "line 3, step 1: there is no op 'nwe'; there are new,"),
        (text_of({"op": "new"}), "line 2, step 0: new needs 'id'"),
        (text_of({"op": "enqueue", "at": "a"}), "enqueue needs 'body'"),
        (text_of({"op": "new", "id": 7}), "'id' of new must be a string; got 7"),
        (text_of({"op": "new", "id": "x" * 1001}), "'id' of new has more than 1,000 letters"),
        (text_of({"op": "clock"}), "clock needs either 'now' or 'by'"),
        (text_of({"op": "clock", "by": 1, "now": 2}), "clock needs either 'now' or 'by'"),
        (text_of({"op": "clock", "by": -1}), "'by' of clock must be from 0 to"),
        (text_of({"op": "clock", "by": 2**60}), "'by' of clock must be from 0 to"),
        (text_of({"op": "clock", "by": True}), "'by' of clock must be a number; got true"),
        (text_of({"op": "tick", "count": 1.5}), "'count' of tick must be a whole number; got 1.5"),
        (text_of({"op": "tick", "count": 10**9}), "'count' of tick must be from 0 to 1,000"),
        (text_of({"op": "settle", "down": "a"}), "'down' of settle must be a list of strings"),
        (text_of({"op": "settle", "hold": [1]}), "'hold' of settle must be a list of strings"),
        (text_of(NEW | {"now": "3"}), "'now' of new must be a number; got '3'"),
        (text_of({"op": "enqueue", "at": "a", "body": DEEP}), "nested deeper than 100 levels"),
        (text_of(DEEP), "line 2, step 0: a step is nested deeper"),
    ],
)
def test_a_schedule_that_is_none_is_refused_with_the_line_that_is_wrong(
    text: str, said: str
) -> None:
    with pytest.raises(ScheduleError) as refused:
        read_schedule(text)
    assert said in str(refused.value)
    assert str(refused.value).startswith("line ")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"op": "check", "at": "z"}, "there is no islander 'z'; there are a, b, c"),
        ({"op": "kill", "id": "z"}, "there is no islander 'z'"),
        ({"op": "reboot", "id": "z"}, "there is no islander 'z'"),
        ({"op": "embark", "at": "z", "id": "b"}, "there is no islander 'z'"),
        ({"op": "new", "id": "a"}, "there is an islander 'a' already"),
        ({"op": "respond", "msg": "a#9"}, "there never was a message 'a#9'"),
        ({"op": "deliver", "msg": "a#9", "to": "b"}, "there never was a message 'a#9'"),
        ({"op": "deliver", "msg": "a#1", "to": "b"}, "a#1 is not addressed to 'b'"),
        ({"op": "drop", "msg": "a#1", "to": "z"}, "a#1 is not addressed to 'z'"),
        ({"op": "check", "at": "a", "now": 4}, "the clock of 'a' would go back, from 5 to 4"),
        ({"op": "new", "id": "d", "now": 4}, "the clock of 'd' would go back, from 5 to 4: it"),
        ({"op": "reboot", "id": "b", "now": 4}, "the clock of 'b' would go back, from 5 to 4: it"),
        ({"op": "clock", "now": 4.5}, "the clock of 'a' would go back, from 5 to 4.5"),
    ],
)
def test_a_step_that_cannot_be_is_refused_with_its_line(wrong: Any, said: str) -> None:
    before = [*steps(f"{TRIO}; embark a b"), {"op": "clock", "now": 5}]
    schedule = read_schedule(text_of(*before, wrong))
    with pytest.raises(ScheduleError) as refused:
        list(trace_of(schedule))
    assert str(refused.value).startswith(f"line 10, step 8: {said}")


def test_a_network_that_never_comes_to_rest_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("islander.models.governments.schedules.MOST_PARTS", 3)
    run = taken(f"{TRIO}; embark a b")
    with pytest.raises(ScheduleError, match="did not come to rest in 3 steps"):
        run.take({"op": "settle"})
    assert [step["op"] for step in run.schedule_document()["steps"][-3:]] == [
        "check",
        "deliver",
        "respond",
    ]


def test_lines_are_those_of_the_steps_however_the_file_is_laid_out() -> None:
    steps = '"steps"\n:\n[{"op":"new","id":"a\\n"},{"op":\n"check",\n"at":"z"}]'
    with pytest.raises(ScheduleError, match="line 3, step 1: there is no islander 'z'"):
        list(trace_of(read_schedule(f"{{{steps}}}")))
    for misleading in (
        '"x": {"steps": [1, 2, 3]}',
        '"steps": [1, 2, 3]',
        '"\\n": "\\"steps\\": ["',
    ):
        with pytest.raises(ScheduleError, match="line 3, step 1: there is no islander 'z'"):
            list(trace_of(read_schedule(f' {{{misleading}, {steps}, "y": []}}')))


def test_a_saved_trace_of_a_model_is_not_taken_for_a_schedule() -> None:
    assert is_schedule({"steps": []})
    assert is_schedule({"options": {}, "steps": 3})
    assert not is_schedule({"format": "islander trace", "steps": []})
    assert not is_schedule([])
