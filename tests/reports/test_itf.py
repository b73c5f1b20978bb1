"""Traces in the Informal Trace Format: what a reader of it gets back is what the states were."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, make_dataclass
from enum import Enum, Flag
from typing import Any

import itf_py
import pytest
from hypothesis import HealthCheck, given, settings

from islander import Actor, Fact, Model, Result, Trace
from islander.explorer import UsageError
from islander.explorer.freeze import freeze
from islander.reports import Source
from islander.reports.itf import DEEPEST, itf_trace, itf_value

from ..explorer.cells import TRUE, Cell, cell
from .runs import run_of, runs
from .values import VALUES, Typed

RECORD = "record"


def record(**named: Any) -> Any:
    return RECORD, frozenset(named.items())


def meant(value: Any) -> Any:
    """A Python value as something hashable that says what it is; tells 1 from True."""
    if isinstance(value, Flag):
        return record(type=type(value).__name__, bits=meant(value.value))
    if isinstance(value, Enum):
        return record(type=type(value).__name__, name=value.name)
    if value is None:
        return record(type="None")
    if isinstance(value, bytes):
        return record(type="bytes", hex=value.hex())
    if isinstance(value, bool | int):
        return type(value).__name__, value
    if isinstance(value, list):
        return "list", tuple(map(meant, value))
    if isinstance(value, set | frozenset):
        return "set", frozenset(map(meant, value))
    if isinstance(value, Mapping):
        return "map", frozenset((meant(key), meant(item)) for key, item in value.items())
    if isinstance(value, Typed):
        return record(type=meant(value.type), type_=meant(value.type_), type__="Typed")
    names = names_of(value)
    if names is not None:
        parts = {name: meant(getattr(value, name)) for name in names}
        return record(type=type(value).__name__, **parts)
    return ("tuple", tuple(map(meant, value))) if isinstance(value, tuple) else value


def names_of(value: Any) -> list[str] | None:
    if is_dataclass(value):
        return [field.name for field in fields(value)]
    return list(value._fields) if hasattr(value, "_fields") else None


def told(value: Any) -> Any:
    """The same of a value that itf-py has read."""
    if hasattr(value, "_fields"):
        return record(**{name: told(item) for name, item in value._asdict().items()})
    return meant_of_parts(value)


def meant_of_parts(value: Any) -> Any:
    if isinstance(value, list):
        return "list", tuple(map(told, value))
    if isinstance(value, frozenset):
        return "set", frozenset(map(told, value))
    if isinstance(value, Mapping):
        return "map", frozenset((told(key), told(item)) for key, item in value.items())
    if isinstance(value, tuple):
        return "tuple", tuple(map(told, value))
    return meant(value)


def read(trace: Trace, **options: Any) -> Any:
    return itf_py.trace_from_json(json.loads(itf_trace(trace, **options)))


def assert_reads_back(trace: Trace) -> None:
    """That each state, as itf-py reads it, is the one that the model's own properties see."""
    found = read(trace)
    assert len(found.states) == len(trace) + 1
    assert sorted(found.vars) == sorted(found.states[0].values)
    for index, (state, read_state) in enumerate(zip(trace.states, found.states, strict=True)):
        view, values = trace.semantics.view(state), read_state.values
        assert read_state.meta["index"] == index
        for actor, one in view.actors.items():
            expected = {field.name: meant(getattr(one, field.name)) for field in fields(one)}
            assert told(values[found.meta["actors"][actor]]) == record(**expected)
        own = {name: told(values[named]) for name, named in found.meta["variables"].items()}
        assert own["timers"] == meant(view.timers)
        assert own["status"] == meant(view.status)
        assert own["facts"] == meant(view.facts)
        network = trace.model.network
        queues = state.network if network.is_queues else None
        assert own["network"] == meant_network(view.network, queues)
        faults = view.faults._asdict()
        cut = frozenset(faults.pop("cut"))
        left = {name: meant(count) for name, count in faults.items()}
        assert own["faults"] == record(cut=("set", cut), **left)


def meant_network(network: Mapping[Any, int], queues: Any) -> Any:
    if queues is not None:
        return "map", frozenset(
            (
                record(sender=queue[0].sender, receiver=queue[0].receiver),
                meant([one.message for one in queue]),
            )
            for queue in queues
        )
    return "map", frozenset(
        (
            record(sender=one.sender, receiver=one.receiver, message=meant(one.message)),
            ("int", count),
        )
        for one, count in network.items()
    )


def test_a_counterexample_reads_back_state_for_state(violated: Result) -> None:
    traces = [one.trace for one in violated.properties.values() if one.trace is not None]
    assert traces
    for trace in traces:
        assert_reads_back(trace)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(runs())
def test_runs_of_random_models_read_back_state_for_state(trace: Trace) -> None:
    assert_reads_back(trace)
    assert_is_itf(itf_trace(trace))


def test_the_action_of_a_state_is_the_step_that_led_to_it(violated: Result) -> None:
    trace = next(one.trace for one in violated.properties.values() if one.trace is not None)
    first, *others = (state.values["action"] for state in read(trace).states)
    assert told(first) == record(type="start")
    assert len(others) == len(trace) > 0
    for action, step in zip(others, trace, strict=True):
        event: Any = step.event
        assert told(action) == record(
            type="deliver", actor=event.actor, sender=event.sender, message=meant(event.message)
        )


def test_what_was_chosen_is_part_of_the_action() -> None:
    def start(self: Cell) -> None:
        self.set_timer("t")

    def timeout(self: Cell, name: str) -> None:
        self.value = self.choose("xyz")

    model = Model("m", {"a": cell(start=start, timeout=timeout)}, properties=[TRUE])
    action = read(run_of(model, [0, 2])).states[1].values["action"]
    assert (action.type, action.actor, action.timer) == ("timeout", "a", "t")
    assert [(one.option, one.of, one.shown) for one in action.choices] == [(2, 3, "'z'")]


@settings(deadline=None)
@given(VALUES)
def test_any_value_reads_back(value: Any) -> None:
    encoded = json.loads(json.dumps(itf_value(freeze(value, allow_aliases=True))))
    assert told(itf_py.value_from_json(encoded)) == meant(value)
    assert_is_expression(encoded)


def test_classes_with_the_same_fields_stay_apart_in_a_set() -> None:
    class Left(Fact):
        value: int

    class Right(Fact):
        value: int

    found = itf_py.value_from_json(itf_value(freeze({Left(1), Right(1)})))
    assert {(one.type, one.value) for one in found} == {("Left", 1), ("Right", 1)}


def test_an_int_that_not_every_reader_takes_is_written_in_decimal() -> None:
    number = 10**6000 + 7
    assert itf_value(freeze(number)) == {"#bigint": "1" + "0" * 5999 + "7"}
    assert itf_value(freeze(-(2**53))) == {"#bigint": "-9007199254740992"}
    assert itf_value(freeze(1 - 2**53)) == -9007199254740991


@pytest.mark.parametrize("names", [("_hidden",), ("tag", "value"), ("größe", "x")])
def test_a_record_whose_fields_a_reader_may_not_take_is_a_map(names: tuple[str, ...]) -> None:
    odd = make_dataclass("Odd", names, bases=(Actor,))
    state = read(run_of(Model("m", {"a": odd(*names)}, properties=[TRUE]))).states[0]
    assert told(state.values["a"]) == meant({name: name for name in names})


def test_a_field_that_is_a_word_of_python_makes_a_map() -> None:
    fact: Any = type("Said", (Fact,), {"__annotations__": {"class": int}})(1)
    assert itf_py.value_from_json(itf_value(freeze(fact))) == {"type": "Said", "class": 1}


IDS = [
    "#meta",
    "_#meta",
    "__#",
    "#",
    "network",
    "network_",
    "action",
    "vars",
    'a"\n</script>',
    "é🦀",
]


def test_no_id_takes_the_place_of_anything_else() -> None:
    trace = run_of(Model("m", {one: cell(one) for one in IDS}, properties=[TRUE]))
    found = read(trace)
    names = [*found.meta["actors"].values(), *found.meta["variables"].values()]
    assert len(set(names)) == len(names) == len(found.vars) == len(IDS) + 6
    assert not [name for name in names if name.startswith("#")]
    assert list(found.meta["actors"]) == IDS
    for one in IDS:
        assert found.states[0].values[found.meta["actors"][one]].value == one
    assert found.meta["actors"]["network"] == "network"
    assert found.meta["variables"]["network"] == "network__"


def test_what_is_nested_beyond_reason_is_told_as_text() -> None:
    value: Any = "core"
    for _ in range(DEEPEST + 50):
        value = (value,)
    encoded = json.dumps(itf_value(freeze(value)))
    assert encoded.count("#tup") == DEEPEST + 1
    assert json.loads(encoded[encoded.index('{"#unser') : encoded.index("}") + 1]) == {
        "#unserializable": "(" * 49 + "'core'" + ",)" * 49
    }


def test_the_head_says_what_the_trace_is_of() -> None:
    trace = run_of(Model("a model", {"a": cell()}, properties=[TRUE]))
    found = read(
        trace,
        source=Source("paxos", {"acceptors": "3"}),
        property_name="safe",
        explanation="they clash",
    )
    assert (found.meta["format"], found.loop, found.params) == ("ITF", None, [])
    assert found.meta["description"] == "they clash"
    assert (found.meta["property"], found.meta["model"]) == ("safe", "a model")
    assert (found.meta["source"], found.meta["parameters"]) == ("paxos", {"acceptors": "3"})


def test_a_lasso_says_where_it_returns_to(violated: Result) -> None:
    trace = next(one.trace for one in violated.properties.values() if one.trace is not None)
    assert read(trace, loop=len(trace)).loop == len(trace)
    assert read(trace, loop=0).loop == 0
    assert "loop" not in json.loads(itf_trace(trace))
    for beyond in (-1, len(trace) + 1):
        with pytest.raises(UsageError, match=f"loop to state {beyond}: .* 0 to {len(trace)}"):
            itf_trace(trace, loop=beyond)


# -- the grammar of the format, as ADR 015 has it --------------------------------------------------


def assert_is_itf(text: str) -> None:
    assert text.isascii()
    document = json.loads(text)
    assert document.keys() <= {"#meta", "params", "vars", "states", "loop"}
    for state in document["states"]:
        assert state.keys() == {"#meta", *document["vars"]}
        for name in document["vars"]:
            assert_is_expression(state[name])


def assert_is_expression(value: Any) -> None:
    if isinstance(value, dict):
        reserved = [key for key in value if key.startswith("#")]
        if not reserved:
            parts = list(value.values())
        else:
            assert len(value) == 1
            parts = PARTS[reserved[0]](value[reserved[0]])
    else:
        assert isinstance(value, list | str | int)  # no null; bools are ints
        assert not isinstance(value, int) or abs(value) < 2**53
        parts = value if isinstance(value, list) else []
    for part in parts:
        assert_is_expression(part)


def no_parts(text: Any) -> list[Any]:
    assert isinstance(text, str)
    return []


def pairs(listed: Any) -> list[Any]:
    assert all(len(pair) == 2 for pair in listed)
    return [part for pair in listed for part in pair]


PARTS: dict[str, Any] = {
    "#bigint": no_parts,
    "#unserializable": no_parts,
    "#tup": list,
    "#set": list,
    "#map": pairs,
}
