"""`explore`: the arguments it takes, and the result it gives."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from islander import FactInvariant, Model, StateInvariant, Verdict, Witness, explore
from islander.explorer import ENGINES, HandlerError, IslanderError, ModelError, UsageError
from islander.explorer.result import overall

from .cells import TRUE, Cell, cell, model, run


@pytest.mark.parametrize("engine", ["warp", "", None, 3])
def test_an_unknown_engine_is_refused_with_those_that_there_are(engine: Any) -> None:
    with pytest.raises(UsageError, match="there is no engine") as refused:
        explore(model(a=cell()), engine)
    for name in ENGINES:
        assert name in str(refused.value)


@pytest.mark.parametrize("thing", [None, "model", {"a": cell()}, Model])
def test_what_is_no_model_is_refused(thing: Any) -> None:
    with pytest.raises(UsageError, match=r"explore\(\) takes a Model; got "):
        explore(thing)


@pytest.mark.parametrize("properties", [(), []])
def test_a_model_without_properties_is_refused(properties: Any) -> None:
    with pytest.raises(ModelError, match="model 'cells' has no properties"):
        explore(model(a=cell(), properties=properties))


@pytest.mark.parametrize(
    ("budget", "value"),
    [
        ("max_states", 0),
        ("max_states", -1),
        ("max_states", 1.0),
        ("max_states", "10"),
        ("max_states", True),
        ("max_depth", -1),
        ("max_depth", 0.5),
        ("max_depth", False),
        ("max_seconds", -0.1),
        ("max_seconds", float("nan")),
        ("max_seconds", "1"),
        ("max_seconds", True),
        ("threads", 0),
        ("threads", 1.5),
        ("max_bytes", 0),
        ("max_bytes", 1e9),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(budget: str, value: Any) -> None:
    with pytest.raises(UsageError) as refused:
        explore(model(a=cell()), **{budget: value})
    assert str(refused.value).startswith(f"{budget} must be a number of at least ")
    assert repr(value) in str(refused.value)


def test_a_bound_that_the_engine_cannot_keep_is_refused_rather_than_passed_over() -> None:
    with pytest.raises(UsageError, match="does not count bytes; bound it with max_states"):
        explore(model(a=cell()), "reference", max_bytes=10**9)


def test_nothing_runs_when_an_argument_is_refused() -> None:
    def start(self: Any) -> None:
        raise AssertionError("it ran")

    with pytest.raises(UsageError):
        explore(model(a=cell(start=start)), max_states=0)


@pytest.mark.parametrize("error", [UsageError, ModelError])
def test_all_mistakes_belong_to_one_family(error: type[Exception]) -> None:
    assert issubclass(error, IslanderError)


def test_a_result_names_its_model_engine_and_properties_in_their_order() -> None:
    never = Witness("never", lambda facts: False)
    checked = model(a=cell(), properties=[never, TRUE])
    result = explore(checked, "reference")
    assert result.model is checked
    assert result.engine == "reference"
    assert list(result.properties) == ["never", "true"]
    assert [found.name for found in result.properties.values()] == ["never", "true"]
    assert [found.witness for found in result.properties.values()] == [True, False]
    assert repr(result) == "Result(cells: violated, 1 states, 0 transitions, depth 0)"


@pytest.mark.parametrize(
    ("properties", "verdict"),
    [
        ([TRUE], Verdict.HOLDS),
        ([TRUE, FactInvariant("false", lambda facts: False)], Verdict.VIOLATED),
        ([TRUE, Witness("never", lambda facts: False)], Verdict.VIOLATED),
    ],
)
def test_a_model_holds_only_if_all_its_properties_do(
    properties: list[Any], verdict: Verdict
) -> None:
    assert run(a=cell(), properties=properties).verdict is verdict


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        ("hh", "holds"),
        ("hi", "incomplete"),
        ("ih", "incomplete"),
        ("hv", "violated"),
        ("iv", "violated"),
        ("vi", "violated"),
        ("hiv", "violated"),
    ],
)
def test_verdicts_together_are_as_bad_as_the_worst(verdicts: str, together: str) -> None:
    by_letter = {verdict.value[0]: verdict for verdict in Verdict}
    found = [by_letter[letter] for letter in verdicts]
    assert overall(found, interrupted=False) is Verdict(together)
    after = "incomplete" if together == "holds" else together
    assert overall(found, interrupted=True) is Verdict(after)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_ends_a_search_of_a_small_model_ends_it(engine: str) -> None:
    def start(self: Any) -> None:
        self.set_timer("t")

    def timeout(self: Any, name: str) -> None:
        self.value += 1
        self.set_timer("t")
        if self.value == 700:
            raise ValueError("too far")

    made = model(a=cell(0, start=start, timeout=timeout))
    assert explore(made, engine, max_states=40).states == 40
    assert explore(made, engine, max_states=600).states == 600
    with pytest.raises(HandlerError, match="too far") as raised:
        explore(made, engine)
    assert raised.value.trace is not None
    assert len(raised.value.trace) == 699


def test_every_engine_that_is_named_runs() -> None:
    for engine in ENGINES:
        assert explore(model(a=cell()), engine).engine == engine


@pytest.mark.parametrize("engine", ENGINES)
def test_an_interrupt_while_counting_interleavings_leaves_the_verdicts(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    reference = import_module("islander.explorer.reference")
    monkeypatch.setattr(reference, "count_interleavings", interrupted)
    monkeypatch.setattr(import_module("islander.explorer.ways").Ways, "count", interrupted)
    result = explore(model(a=cell()), engine)
    assert result.verdict is Verdict.HOLDS
    assert (result.interleavings, result.cyclic) == (None, None)


def test_the_time_bounds_handlers_of_small_models_too() -> None:
    ran: list[int] = []

    def count(self: Cell, message: int, sender: str) -> None:
        ran.append(message)
        self.value = message
        if message < 300:
            self.send(self.id, message + 1)

    ticks = iter(range(10_000))
    counter = cell(0, start=lambda self: self.send(self.id, 1), receive=count)
    result = explore(model(a=counter), max_seconds=20, clock=lambda: float(next(ticks)))
    assert result.verdict is Verdict.INCOMPLETE
    assert len(ran) < 100


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("small", [0, 500])
def test_a_mistake_beyond_a_violation_does_not_hide_it(
    engine: str, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", small)

    def count(self: Cell, message: int, sender: str) -> None:
        self.value = message
        if message == 5:
            raise ValueError("too far")
        self.send(self.id, message + 1)

    def counting(least: int) -> Model:
        few = StateInvariant("few", lambda state: state.actors["a"].value < least)
        actor = cell(0, start=lambda self: self.send(self.id, 1), receive=count)
        return model(a=actor, properties=[few, TRUE])

    result = explore(counting(3), engine, keep_going=True)
    assert result.properties["few"].verdict is Verdict.VIOLATED
    assert result.properties["few"].steps == 3
    assert result.properties["true"].verdict is Verdict.INCOMPLETE
    assert "beyond it there is an error" in result.properties["true"].explanation
    assert "too far" in result.properties["true"].explanation
    with pytest.raises(HandlerError, match="too far"):
        explore(counting(6), engine, keep_going=True)
