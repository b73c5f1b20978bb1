"""Logs for ShiViz: they are read as ShiViz reads them, and their clocks say who knew of what."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import networkx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from islander import Bag, Duplicating, Faults, Fifo, Model, Result, Trace
from islander.explorer.events import Cut, Deliver, Duplicate, Heal, Lose
from islander.reports.shiviz import PARSER, host_name, shiviz_records, shiviz_trace

from ..explorer.cells import TRUE, append, cell
from ..explorer.random_models import faulty_models
from ..tools import need
from .runs import run_of, runs

BY_NETWORK = (Lose, Duplicate, Cut, Heal)


class Line(NamedTuple):
    """One record, as ShiViz reads it."""

    host: str
    clock: dict[str, int]
    event: str


def parsed(log: str, expression: str = PARSER) -> list[Line]:
    found = re.compile(expression.replace("(?<", "(?P<"), re.MULTILINE).finditer(log)
    return [Line(one["host"], json.loads(one["clock"]), one["event"]) for one in found]


def assert_shiviz_takes(lines: Sequence[Line]) -> None:
    """That the log keeps the rules that ShiViz refuses logs by."""
    last: dict[str, int] = {}
    hosts = {line.host for line in lines}
    for line in lines:
        assert line.clock[line.host] == last.get(line.host, 0) + 1
        last[line.host] = line.clock[line.host]
        assert line.clock.keys() <= hosts
    for line in lines:
        assert all(1 <= time <= last[host] for host, time in line.clock.items())


# -- happens-before, from the trace alone ----------------------------------------------------------


def happens_before(trace: Trace) -> Any:
    """The transitive closure of: before on one host, and sent before received. Nodes are (host,
    step); the host of the network's own steps is ""."""
    network = trace.model.network
    graph = networkx.DiGraph()
    sent: dict[Any, list[tuple[str, int]]] = {}  # for each envelope in flight, who sent it when
    order: dict[str, list[tuple[str, int]]] = {}

    def add(host: str, step: int) -> tuple[str, int]:
        order.setdefault(host, []).append((host, step))
        graph.add_node((host, step))
        return host, step

    for envelope, count in network.contents(trace.initial.network).items():
        begun = (envelope.sender, 0)
        if begun not in graph:
            add(*begun)
        sent[envelope] = [begun] * count
    for number, step in enumerate(trace, 1):
        event = step.event
        now = add(step.actor, number)
        held = network.contents(step.state.network)
        if isinstance(event, Deliver | Lose | Duplicate):
            origin = sent[event.envelope][0]
            graph.add_edge(origin, now)
            if isinstance(event, Duplicate):
                sent[event.envelope].append(origin)
            elif not (isinstance(event, Deliver) and isinstance(network, Duplicating)):
                del sent[event.envelope][0]
        for envelope in step.sent:
            if not (isinstance(network, Duplicating) and sent.get(envelope)):
                sent.setdefault(envelope, []).append(now)
        sent = {one: origins for one, origins in sent.items() if held[one]}  # the rest is dropped
        assert {one: len(origins) for one, origins in sent.items()} == dict(held)
    for events in order.values():
        graph.add_edges_from(pairwise(events))
    return networkx.transitive_closure(graph)


def less(one: dict[str, int], other: dict[str, int]) -> bool:
    return one != other and all(time <= other.get(host, 0) for host, time in one.items())


def assert_clocks_are_causality(trace: Trace) -> None:
    records = shiviz_records(trace)
    before = happens_before(trace)
    hosts = {host_name(actor): actor for actor in trace.model.actors}
    event = [(hosts.get(record.host, ""), record.step) for record in records]
    assert sorted(event) == sorted(before.nodes)
    for at, to in combinations(range(len(records)), 2):
        for one, other in ((at, to), (to, at)):
            known = less(dict(records[one].clock), dict(records[other].clock))
            assert known == before.has_edge(event[one], event[other])


@st.composite
def certain_runs(draw: st.DrawFn) -> Trace:
    """Runs in which a delivery says which copy it delivers: there are no duplicates in queues."""
    model = draw(faulty_models((Bag, Duplicating, Fifo)))
    picks: Any = st.lists(st.integers(0, 30), min_size=1, max_size=20)
    return run_of(model, draw(picks))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(certain_runs())
def test_an_event_is_before_another_exactly_if_its_clock_is(trace: Trace) -> None:
    assert_clocks_are_causality(trace)


def test_the_clocks_of_a_counterexample_are_its_causality(violated: Result) -> None:
    traces = [one.trace for one in violated.properties.values() if one.trace is not None]
    assert traces
    for trace in traces:
        assert_clocks_are_causality(trace)
        assert_shiviz_takes(parsed(shiviz_trace(trace)))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(runs())
def test_the_log_is_read_back_record_for_record(trace: Trace) -> None:
    lines = parsed(shiviz_trace(trace))
    records = shiviz_records(trace)
    assert lines == [(one.host, dict(one.clock), one.text) for one in records]
    assert_shiviz_takes(lines)
    assert len(trace) == sum(record.step > 0 for record in records)


def talk(**more: Any) -> Model:
    """a sends to b, b arms nothing, and what b hears it passes on to c."""

    def start(self: Any) -> None:
        self.send("b", "hello")

    def pass_on(self: Any, message: Any, sender: str) -> None:
        self.value += message
        self.send("c", message)

    actors = {
        "a": cell("", start=start),
        "b": cell("", receive=pass_on),
        "c": cell("", receive=append),
    }
    return Model("talk", actors, properties=[TRUE], **more)


def test_a_short_run_is_this_log() -> None:
    assert shiviz_trace(run_of(talk(), [0, 0, 0])) == (
        r"(?<host>\S+) (?<clock>\{.*\})\n(?<event>.*)"
        "\n\n"
        'a {"a": 1}\n'
        "starts: sends 'hello' to b\n"
        'b {"a": 1, "b": 1}\n'
        "a → b: 'hello'; value: '' → 'hello'; sends 'hello' to c\n"
        'c {"a": 1, "b": 1, "c": 1}\n'
        "b → c: 'hello'; value: '' → 'hello'\n"
    )


def test_who_gets_a_copy_learns_of_the_sender_and_not_of_the_network() -> None:
    trace = run_of(talk(faults=Faults(duplications=1, partitions=1)), [0, 1, 0])
    assert [type(step.event) for step in trace] == [Duplicate, Deliver]
    lines = parsed(shiviz_trace(trace))
    assert [(line.host, line.clock) for line in lines] == [
        ("a", {"a": 1}),
        ("network", {"a": 1, "network": 1}),
        ("b", {"a": 1, "b": 1}),
    ]


def test_an_actor_called_network_is_not_taken_for_it() -> None:
    model = Model(
        "m",
        {"network": cell("", start=lambda self: self.send("network", "x"), receive=append)},
        properties=[TRUE],
        faults=Faults(losses=1),
    )
    trace = run_of(model, [0, 1])
    assert [line.host for line in parsed(shiviz_trace(trace))] == ["network", "network_"]


# -- hostile names ---------------------------------------------------------------------------------

HOSTILE = [
    'q"{',
    "a b",
    "a\\x20b",
    "line\nbreak {}",
    "line\\nbreak",
    "\u2028",
    "__proto__",
    "constructor",
    "(?<host>",
    "é🦀",
    "\udc80",
    "n" * 10_000,
]


def hostile_trace() -> Trace:
    """Each sends its own name, with something that looks like a record, to the next."""

    def start(self: Any) -> None:
        at = HOSTILE.index(self.id)
        self.send(HOSTILE[(at + 1) % len(HOSTILE)], f'{self.id}\nx {{"x": 1}}\nforged')

    model = Model(
        "m", {one: cell("", start=start, receive=append) for one in HOSTILE}, properties=[TRUE]
    )
    return run_of(model, range(len(HOSTILE) + 1))


def test_no_name_and_no_message_breaks_a_record() -> None:
    trace = hostile_trace()
    assert len(trace) == len(HOSTILE)
    log = shiviz_trace(trace)
    log.encode("utf-8")
    lines = parsed(log)
    assert len(lines) == 2 * len(HOSTILE) == (len(log.splitlines()) - 2) // 2
    assert_shiviz_takes(lines)
    assert len({line.host for line in lines}) == len(HOSTILE)
    assert all(line.event.startswith("starts: sends ") for line in lines[: len(HOSTILE)])
    assert all("forged" in line.event for line in lines)
    assert_clocks_are_causality(trace)


def test_a_plain_id_is_its_own_host_name() -> None:
    assert [host_name(one) for one in ("p1", "node-3", "é🦀", "10.0.0.1:80")] == [
        "p1",
        "node-3",
        "é🦀",
        "10.0.0.1:80",
    ]


@given(st.lists(st.text(min_size=1) | st.sampled_from(HOSTILE), min_size=2, unique=True))
def test_different_ids_are_different_words(ids: list[str]) -> None:
    words = [host_name(one) for one in ids]
    assert len(set(words)) == len(ids)
    assert all(re.fullmatch(r"\S+", word) for word in words)


# What ShiViz does with a file: the first line is the expression, to which it adds anchors.
READ_LOG = """
const text = require("fs").readFileSync(0, "utf8");
const lines = text.split("\\n");
const log = text.slice(lines[0].length + lines[1].length + 2);
const read = (whole, expression) => [...whole.matchAll(new RegExp(expression, "gm"))]
  .map(({groups}) => [groups.host, JSON.parse(groups.clock), groups.event]);
if (read(log, lines[0]).some(([host]) => ({})[host] !== undefined)) throw "a host is taken";
console.log(JSON.stringify([read(log, "^" + lines[0] + "$"), read(text, lines[0])]));
"""


@pytest.mark.parametrize("kind", ["counterexample", "hostile"])
def test_javascript_reads_the_same_records(kind: str, violated: Result) -> None:
    found = [one.trace for one in violated.properties.values() if one.trace is not None]
    trace = found[0] if kind == "counterexample" else hostile_trace()
    log = shiviz_trace(trace)
    ran = subprocess.run(
        [need("node"), "-e", READ_LOG], input=log, capture_output=True, text=True, check=True
    )
    opened, pasted = json.loads(ran.stdout)
    expected = [[line.host, line.clock, line.event] for line in parsed(log)]
    assert opened == expected
    assert pasted == expected
