"""A resumed search gives what a fresh one gives, whatever was edited in between, or is refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from islander import (
    Actor,
    Bag,
    Duplicating,
    Fact,
    FactInvariant,
    Fifo,
    Invariant,
    Model,
    Result,
    StateInvariant,
    StateWitness,
    StepInvariant,
    Witness,
    explore,
)
from islander.explorer import tabulated
from islander.explorer.errors import SnapshotError
from islander.explorer.tables import Sizes

from .keepers import InMemory
from .random_models import At, Heard, Option, faulty_models, models
from .test_endings import sizes
from .test_tabulated import fields, graph_of

RANDOM_EDITS = int(os.environ.get("ISLANDER_EDITS", "100"))
"""Random edits that the test of them looks at."""


@pytest.fixture(autouse=True)
def however_small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the tabulated engine explore small models itself; put all knobs back."""
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)
    KNOBS.clear()
    yield
    KNOBS.clear()


KNOBS: dict[str, Any] = {}
"""What the properties, and some handlers, of these models read: globals, as users have them."""


def kept(made: Callable[[], Model], depth: int, **options: Any) -> InMemory:
    keeper = InMemory()
    explore(made(), max_depth=depth, checkpoint=keeper, **options)
    return keeper


# -- every kind of property ------------------------------------------------------------------------


class Reached(Fact):
    number: int


@dataclass
class Counter(Actor):
    """Counts to nine; two ways lead to each number."""

    at: int = 0

    def start(self) -> None:
        self.set_timer("on")

    def timeout(self, name: str) -> None:
        self.choose(["one way", "the other"])
        self.at += 1
        if self.at < 9:
            self.set_timer("on")

    def facts(self) -> Iterator[Fact]:
        yield Reached(self.at)


def bad() -> int:
    return int(KNOBS.get("bad", 999))


KINDS: dict[str, Callable[[], Any]] = {
    "FactInvariant": lambda: FactInvariant("p", lambda facts: Reached(bad()) not in facts),
    "StateInvariant": lambda: StateInvariant("p", lambda state: state.actors["c"].at != bad()),
    "StepInvariant": lambda: StepInvariant("p", lambda before, step, after: after.at != bad()),
    "Witness": lambda: Witness("p", lambda facts: Reached(bad()) in facts),
    "StateWitness": lambda: StateWitness("p", lambda state: state.actors["c"].at == bad()),
    "milestone": lambda: Witness(
        "p", lambda facts: False, {"there": lambda facts: Reached(bad()) in facts}
    ),
    "Invariant": lambda: Invariant("p", lambda language: language.Not(Reached(bad()))),
}


def counting(kind: str) -> Model:
    others = [FactInvariant("q", lambda facts: True)]
    return Model("counting", {"c": Counter()}, properties=[*others, KINDS[kind]()])


@pytest.mark.parametrize("kind", KINDS)
def test_a_property_edited_under_its_old_name_is_noticed_and_named(kind: str) -> None:
    keeper = kept(lambda: counting(kind), 5)
    KNOBS["bad"] = 3
    with pytest.raises(SnapshotError, match="property 'p' does not say now what it said") as said:
        explore(counting(kind), checkpoint=keeper)
    assert "Begin anew without the checkpoint" in str(said.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_property_whose_finding_is_gone_is_noticed_and_named(kind: str) -> None:
    KNOBS["bad"] = 3
    keeper = kept(lambda: counting(kind), 5, keep_going=True)
    KNOBS["bad"] = 999
    with pytest.raises(SnapshotError, match="property 'p' does not say now what it said"):
        explore(counting(kind), checkpoint=keeper, keep_going=True)


@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_that_changes_no_answer_so_far_is_gone_on_with(kind: str) -> None:
    keeper = kept(lambda: counting(kind), 5)
    KNOBS["bad"] = 8
    found = explore(counting(kind), checkpoint=keeper)
    assert fields(found) == fields(explore(counting(kind), "reference"))
    assert KINDS[kind]().somewhere or found.properties["p"].trace is not None


@pytest.mark.parametrize("kind", ["FactInvariant", "StateInvariant", "StepInvariant", "milestone"])
def test_a_property_that_raises_now_is_refused_and_named(kind: str) -> None:
    keeper = kept(lambda: counting(kind), 5)
    KNOBS["bad"] = "three"  # which is no number
    with pytest.raises(SnapshotError, match="does not say now what it said") as said:
        explore(counting(kind), checkpoint=keeper)
    assert "'p'" in str(said.value) or "\"p, milestone 'there'\"" in str(said.value)
    assert "ValueError" in str(said.value)


def test_a_property_more_or_less_is_refused() -> None:
    keeper = kept(lambda: counting("Witness"), 5)
    more = counting("Witness")
    more = replace(more, properties=[*more.properties, FactInvariant("r", lambda facts: True)])
    with pytest.raises(SnapshotError, match="a model with other properties"):
        explore(more, checkpoint=keeper)


# -- what else a handler may do --------------------------------------------------------------------


@dataclass
class Doing(Actor):
    """Does what the knob says, beyond what always happens."""

    at: int = 0

    def start(self) -> None:
        self.set_timer("on")
        self.set_timer("off")

    def timeout(self, name: str) -> None:
        does = KNOBS.get("does")
        if does == "history":
            self.record(Reached(1))
        elif does == "choices":
            self.choose([1, 2])
        elif does == "send":
            self.send(self.id, "x")
        elif does == "timer":
            self.cancel_timer("off")
        elif does == "raise":
            raise RuntimeError("now")
        if self.at < 4:
            self.at += 1
            self.set_timer("on")

    def receive(self, message: Any, sender: str) -> None:
        self.at = 0

    def facts(self) -> Iterator[Fact]:
        if KNOBS.get("does") == "facts":
            yield Reached(2)


def doing() -> Model:
    kind: type[Doing] = Doing
    if KNOBS.get("does") == "drops":
        drops = {"drops": lambda self, message, sender, receiver: True}
        kind = type("Doing", (Doing,), drops)
    true = FactInvariant("p", lambda facts: True)
    return Model("doing", {"d": kind()}, properties=[true])


@pytest.mark.parametrize("does", ["history", "choices", "send", "timer", "raise", "facts", "drops"])
def test_a_handler_that_does_something_else_now_is_refused(does: str) -> None:
    keeper = kept(doing, 3)
    KNOBS["does"] = does
    with pytest.raises(SnapshotError, match="another version of the model"):
        explore(doing(), checkpoint=keeper)
    KNOBS.clear()
    assert fields(explore(doing(), checkpoint=keeper)) == fields(explore(doing(), "reference"))


# -- random models, random edits -------------------------------------------------------------------


PROPERTIES = (
    FactInvariant(
        "few phases",
        lambda facts: (
            not any(isinstance(fact, At) and fact.phase >= KNOBS.get("phase", 2) for fact in facts)
        ),
    ),
    StateInvariant("few fly", lambda state: state.network.total() <= KNOBS.get("fly", 2)),
    StepInvariant(
        "modes stay",
        lambda before, step, after: before.mode == after.mode or after.mode == KNOBS.get("mode"),
    ),
    Witness(
        "things heard",
        lambda facts: sum(isinstance(f, Heard) for f in facts) >= KNOBS.get("heard", 2),
        {"one": lambda facts: any(isinstance(f, Heard) for f in facts) != KNOBS.get("not", False)},
    ),
    StateWitness("a mode", lambda state: state.actors["a"].mode == KNOBS.get("of a", 1)),
)
"""Each kind of property; each reads a knob."""

knobs = st.fixed_dictionaries(
    {},
    optional={
        "phase": st.integers(1, 3),
        "fly": st.integers(0, 4),
        "mode": st.integers(0, 1),
        "heard": st.integers(1, 3),
        "not": st.booleans(),
        "of a": st.integers(0, 2),
    },
)

EDITS = ("nothing", "properties", "table", "both")


def edited(model: Model, draw: Callable[[Any], Any]) -> Model:
    """`model` with one reaction of one actor changed in one part, taken away or added."""
    name = draw(st.sampled_from(sorted(model.actors)))
    actor: Any = model.actors[name]
    table = dict(actor.table)
    key = draw(st.sampled_from(sorted(table)))
    options = table[key]
    at = draw(st.integers(0, len(options) - 1))
    one: Option = options[at]
    way = draw(st.sampled_from(["climb", "mode", "sends", "arms", "records", "less", "more"]))
    changed: dict[str, Any] = {
        "climb": {"climb": 1 - one.climb},
        "mode": {"mode": 1 - one.mode},
        "sends": {"sends": one.sends[1:] or ((name, "p"),)},
        "arms": {"arms": one.arms[1:] or ("t",)},
        "records": {"records": not one.records},
    }
    if way == "less":
        table[key] = options[1:]
    elif way == "more":
        table[key] = (*options, one._replace(mode=1 - one.mode))
    else:
        table[key] = (*options[:at], one._replace(**changed[way]), *options[at + 1 :])
    other = type(type(actor).__name__, type(actor).__bases__, {**vars(type(actor)), "table": table})
    return replace(model, actors={**model.actors, name: other()})


def alike(found: Result, expected: Result) -> None:
    assert fields(found) == fields(expected)
    assert graph_of(found) == graph_of(expected)


@settings(
    max_examples=RANDOM_EDITS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    checked=models() | faulty_models((Bag, Duplicating, Fifo), finite=True),
    edit=st.sampled_from(EDITS),
    before=knobs,
    after=knobs,
    depth=st.integers(1, 4),
    more=st.integers(0, 2),
    states=st.none() | st.none() | st.none() | st.integers(5, 200),
    threads=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    first_sizes=st.tuples(sizes, sizes),
    keep_going=st.booleans(),
    data=st.data(),
)
def test_a_resumed_search_is_a_fresh_one_or_is_refused(
    checked: Model,
    edit: str,
    before: dict[str, Any],
    after: dict[str, Any],
    depth: int,
    more: int,
    states: int | None,
    threads: tuple[int, int],
    first_sizes: tuple[Sizes, Sizes],
    keep_going: bool,
    data: st.DataObject,
) -> None:
    checked = replace(checked, properties=PROPERTIES)
    options: dict[str, Any] = {"keep_going": keep_going}
    with pytest.MonkeyPatch.context() as patched:
        KNOBS.clear()
        KNOBS.update(before)
        patched.setattr(tabulated, "SIZES", first_sizes[0])
        bounds = {"max_depth": depth, "max_states": states}
        keeper = InMemory()
        explore(checked, checkpoint=keeper, threads=threads[0], **bounds, **options)
        if keeper.snapshot is None:
            return
        if edit in ("properties", "both"):
            KNOBS.clear()
            KNOBS.update(after)
        now = edited(checked, data.draw) if edit in ("table", "both") else checked
        most = keeper.snapshot.progress["states"] + 150
        bounds = {"max_depth": depth + more, "max_states": most}
        expected = explore(now, "reference", **bounds, **options)
        patched.setattr(tabulated, "SIZES", first_sizes[1])
        try:
            found = explore(now, checkpoint=keeper, threads=threads[1], **bounds, **options)
        except SnapshotError as error:
            if edit == "nothing":
                raise AssertionError("what is unchanged is refused") from error
            event(f"{edit}: refused")
            return
        event(f"{edit}: gone on with")
        alike(found, expected)


@dataclass
class Alarms(Actor):
    """Has a timer of its own name at every moment, and many moments."""

    at: int = 0

    def start(self) -> None:
        self.set_timer("0")

    def timeout(self, name: str) -> None:
        self.at += 1
        if self.at % 7 == 0:
            self.send(self.id, self.at)
        if self.at < 100:
            self.set_timer(str(self.at))


@settings(max_examples=20, deadline=None)
@given(depth=st.integers(0, 105), first_sizes=st.tuples(sizes, sizes))
@example(depth=90, first_sizes=(Sizes(), Sizes()))
def test_an_unchanged_model_is_not_refused_whatever_the_first_sizes(
    depth: int, first_sizes: tuple[Sizes, Sizes]
) -> None:
    true = FactInvariant("p", lambda facts: True)
    made = lambda: Model("alarms", {"a": Alarms()}, Fifo(), [true])  # noqa: E731
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(import_module("islander.explorer.explore"), "SMALL", 0)
        patched.setattr(tabulated, "SIZES", first_sizes[0])
        keeper = kept(made, depth)
        patched.setattr(tabulated, "SIZES", first_sizes[1])
        assert explore(made(), checkpoint=keeper, max_depth=depth + 1).depth >= depth
