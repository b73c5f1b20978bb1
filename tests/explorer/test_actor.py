"""Actors: effects take place when the handler returns, and misuse is refused where it happens."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from islander import Actor, Fact, Result
from islander.explorer import FreezeError, HandlerError, ModelError

from .cells import Cell, append, cell, model, run, state_texts


class Said(Fact):
    word: Any


def lone(start: Callable[[Any], object], value: Any = None, **handlers: Any) -> Result:
    """Explore one cell "a", next to an idle "b", whose start() is `start`."""
    return run(a=cell(value, start=start, **handlers), b=cell(0))


# -- effects ---------------------------------------------------------------------------------------


def test_what_is_sent_is_in_flight_when_the_handler_returned() -> None:
    result = lone(lambda self: self.send("b", "x"))
    assert state_texts(result) == ["a=None b=0 | a→b:x", "a=None b=0"]


@pytest.mark.parametrize(
    ("ids", "flying"),
    [
        (["b", "a"], "a→a:x a→b:x"),
        (["b", "b"], "a→b:x a→b:x"),
        ({"a", "b"}, "a→a:x a→b:x"),
        ({"b": 1}.keys(), "a→b:x"),
    ],
    ids=["list", "twice", "set", "keys"],
)
def test_a_broadcast_sends_one_copy_to_each_id_named(ids: Any, flying: str) -> None:
    result = lone(lambda self: self.broadcast(ids, "x"))
    assert state_texts(result)[0] == f"a=None b=0 | {flying}"


def test_a_broadcast_to_nobody_sends_nothing() -> None:
    assert state_texts(lone(lambda self: self.broadcast([], "x"))) == ["a=None b=0"]


def test_timers_are_armed_and_cancelled_by_name() -> None:
    def start(self: Actor) -> None:
        for name in ("t", "u", "v"):
            self.set_timer(name)
        self.cancel_timer("u")
        self.cancel_timer("never armed")

    assert state_texts(lone(start))[0] == "a=None b=0 | a.t a.v"


def test_a_recorded_fact_stays_true() -> None:
    def start(self: Cell) -> None:
        self.record(Said("x"))
        self.set_timer("t")

    def timeout(self: Cell, name: str) -> None:
        self.value = 1

    result = lone(start, timeout=timeout)
    assert [{*local.facts} for local, _ in (s.locals for s in result.graph.states)] == [
        {Said("x")},
        {Said("x")},
    ]


def test_current_facts_come_and_go_with_the_state() -> None:
    result = lone(
        lambda self: self.set_timer("t"),
        value=0,
        timeout=lambda self, name: setattr(self, "value", 1),
        facts=lambda self: [Said(self.value), Said(self.id)],
    )
    first, last = (state.locals[0].facts for state in result.graph.states)
    assert first == {Said(0), Said("a")}
    assert last == {Said(1), Said("a")}


def test_the_id_of_an_actor_is_its_key_in_the_model() -> None:
    def start(self: Cell) -> None:
        self.value = self.id

    assert state_texts(run(a=cell(start=start), b=cell(start=start))) == ["a=a b=b"]


def test_a_handler_sees_the_message_and_its_sender() -> None:
    def receive(self: Cell, message: Any, sender: str) -> None:
        self.value = (message, sender)

    result = run(a=cell(start=lambda self: self.send("b", [1])), b=cell(receive=receive))
    assert state_texts(result)[-1] == "a=None b=([1], 'a')"


def test_a_message_is_copied_when_it_is_sent() -> None:
    def start(self: Cell) -> None:
        self.value = [1]
        self.send("b", self.value)
        self.value.append(2)
        self.send("b", self.value)

    assert state_texts(lone(start))[0] == "a=[1, 2] b=0 | a→b:[1, 2] a→b:[1]"


def test_a_fact_is_copied_when_it_is_recorded() -> None:
    class Box(NamedTuple):
        inside: tuple[Any, ...]

    def start(self: Actor) -> None:
        fact = Said(Box((1,)))
        self.record(fact)
        object.__setattr__(fact, "word", "changed")

    (state,) = lone(start).graph.states
    assert state.locals[0].facts == {Said(Box((1,)))}


def test_a_received_message_is_the_receivers_own() -> None:
    def receive(self: Cell, message: Any, sender: str) -> None:
        message.append(self.id)
        self.value = message

    result = run(
        a=cell(start=lambda self: self.broadcast(["b", "c"], [1])),
        b=cell(receive=receive),
        c=cell(receive=receive),
    )
    assert state_texts(result)[-1] == "a=None b=[1, 'b'] c=[1, 'c']"


# -- choose ----------------------------------------------------------------------------------------


def choosing(*options: Any) -> Callable[[Any], None]:
    """A start() that chooses from each of `options` and keeps the answers, in order."""

    def start(self: Cell) -> None:
        self.value = [self.choose(one) for one in options]

    return start


@pytest.mark.parametrize(
    ("options", "answers"),
    [
        (["y", "x"], ["y", "x"]),
        ((), None),
        ({"y", "x", "z"}, ["x", "y", "z"]),
        (frozenset({2, 1}), [1, 2]),
        ({"y": 1, "x": 2}, ["x", "y"]),
        ({"y": 1, "x": 2}.keys(), ["x", "y"]),
        ({"y": 1, "x": 2}.values(), [1, 2]),
        ({"y": 1, "x": 2}.items(), [("x", 2), ("y", 1)]),
        (range(3), [0, 1, 2]),
    ],
    ids=["list", "empty", "set", "frozenset", "dict", "keys", "values", "items", "range"],
)
def test_choose_tries_every_option_sets_and_dicts_in_canonical_order(
    options: Any, answers: list[Any] | None
) -> None:
    if answers is None:
        with pytest.raises(HandlerError, match=r"choose\(\) got no options"):
            lone(choosing(options))
    else:
        assert state_texts(lone(choosing(options))) == [f"a={[answer]} b=0" for answer in answers]


def test_several_choices_are_combined_in_all_ways() -> None:
    result = lone(choosing("xy", [0, 1, 2]))
    assert state_texts(result) == [f"a={[x, n]} b=0" for x in "xy" for n in range(3)]


def test_a_later_choice_may_depend_on_an_earlier_one() -> None:
    def start(self: Cell) -> None:
        self.value = self.choose([0, 1, 2])
        if self.value == 1:
            self.value = self.choose("xyz")

    assert state_texts(lone(start)) == [f"a={value} b=0" for value in (0, "x", "y", "z", 2)]


def test_options_may_be_what_cannot_be_part_of_a_state() -> None:
    def start(self: Cell) -> None:
        self.value = self.choose([min, max])(1, 2)

    assert state_texts(lone(start)) == ["a=1 b=0", "a=2 b=0"]


# -- misuse ----------------------------------------------------------------------------------------


@dataclass
class Holder(Actor):
    one: Any = None
    other: Any = None


def share(self: Cell) -> None:
    self.value = [[]] * 2


def share_message(self: Cell) -> None:
    self.value = ([], [])
    self.value = (self.value[0], self.value[0])


def undeclared(self: Any) -> None:
    self.extra = 1


def fail(self: Cell) -> None:
    raise ValueError("boom")


def leave(self: Cell) -> None:
    raise SystemExit(3)


def generate(self: Cell) -> Any:
    yield 1


async def wait(self: Cell) -> None:
    pass


BAD_STARTS = [
    (lambda self: self.send("z", 1), HandlerError, "send() to 'z', but the model has no actor"),
    (lambda self: self.send("z", 1), HandlerError, "its actors are a, b."),
    (lambda self: self.send(self, 1), HandlerError, "but the model has no actor of that id"),
    (lambda self: self.broadcast(["b", 1], 1), HandlerError, "send() to 1, but"),
    (lambda self: self.broadcast("ab", 1), HandlerError, "got the string 'ab'"),
    (lambda self: self.broadcast(5, 1), HandlerError, "int"),
    (lambda self: self.send("b", 1.5), FreezeError, "message to 'b' = 1.5 is a float"),
    (lambda self: self.set_timer(1), HandlerError, "set_timer() takes the timer's name"),
    (lambda self: self.cancel_timer(None), HandlerError, "cancel_timer() takes the timer's name"),
    (lambda self: self.record("x"), HandlerError, "record() takes a Fact and got 'x'"),
    (lambda self: self.record(Said), HandlerError, "record() takes a Fact"),
    (lambda self: self.record(Said(1.5)), FreezeError, "recorded fact Said.word = 1.5 is a float"),
    (lambda self: self.choose([]), HandlerError, "choose() got no options"),
    (lambda self: self.choose({1.5}), FreezeError, "an option of choose() = 1.5 is a float"),
    (lambda self: 7, HandlerError, "start returned 7, of type int; a handler returns nothing"),
    (lambda self: False, HandlerError, "start returned False"),
    (lambda self: generate(self), HandlerError, "(it must not be a generator or async)"),
    (fail, HandlerError, "start raised ValueError: boom ("),
    (leave, HandlerError, "start raised SystemExit: 3"),
    (undeclared, FreezeError, ".extra was set but Cell has no such field"),
    (share, FreezeError, ".value[0] and actor 'a' (Cell).value[1] are one and the same list"),
    (share_message, FreezeError, "are one and the same list"),
    (lambda self: setattr(self, "value", 1.5), FreezeError, "actor 'a' (Cell).value = 1.5"),
]


@pytest.mark.parametrize(("start", "error", "problem"), BAD_STARTS)
def test_a_misuse_is_refused_with_actor_handler_and_situation(
    start: Any, error: type[ModelError], problem: str
) -> None:
    with pytest.raises(error) as refused:
        lone(start)
    told = str(refused.value)
    assert told.startswith("actor 'a' (Cell): start")
    assert problem in told
    assert "local state: Cell(None)" in told
    assert "event: a starts" in told


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_a_handler_that_returns_a_coroutine_is_refused() -> None:
    with pytest.raises(HandlerError, match=r"start returned <coroutine.*generator or async"):
        lone(lambda self: wait(self))


@pytest.mark.parametrize(
    "misuse",
    [
        lambda self: self.send("z", 1),
        lambda self: self.send("b", 1.5),
        lambda self: self.broadcast("ab", 1),
        lambda self: self.record("x"),
        lambda self: self.record(Said(1.5)),
        lambda self: self.set_timer(1),
        lambda self: self.choose([]),
        lambda self: self.choose({1.5, 2.5}),
    ],
    ids=[
        "unknown actor",
        "float message",
        "broadcast to a string",
        "no fact",
        "float in a fact",
        "timer without a name",
        "no options",
        "float options in a set",
    ],
)
def test_a_handlers_own_except_cannot_hide_a_misuse(misuse: Callable[[Any], object]) -> None:
    def start(self: Cell) -> None:
        try:
            misuse(self)
        except Exception:
            self.value = "hidden"

    with pytest.raises(ModelError, match=r"^actor 'a' \(Cell\): "):
        lone(start)


def test_the_first_of_several_misuses_is_told() -> None:
    def start(self: Cell) -> None:
        for to in ("y", "z"):
            with suppress(HandlerError):
                self.send(to, 1)

    with pytest.raises(HandlerError, match=r"send\(\) to 'y'"):
        lone(start)


@pytest.mark.parametrize(
    "handlers",
    [
        {"start": lambda self: self.record(Said([1]))},
        {"facts": lambda self: [Said([1])]},
    ],
    ids=["recorded", "current"],
)
def test_a_fact_that_cannot_be_hashed_is_refused(handlers: Any) -> None:
    with pytest.raises(ModelError, match=r"Said.*\[1\]") as refused:
        run(a=cell(**handlers))
    assert str(refused.value).startswith("actor 'a' (Cell): ")


def test_one_message_kept_in_two_fields_is_refused() -> None:
    @dataclass
    class Keeper(Holder):
        def receive(self, message: Any, sender: str) -> None:
            self.one = self.other = message

    with pytest.raises(FreezeError, match=r"\(Keeper\)\.one and .*\.other are one and the same"):
        run(a=cell(start=lambda self: self.send("b", [1])), b=Keeper())


# -- where effects have no place -------------------------------------------------------------------

EFFECTS = [
    ("send", ("a", 1)),
    ("broadcast", (["a"], 1)),
    ("set_timer", ("t",)),
    ("cancel_timer", ("t",)),
    ("choose", ([1],)),
    ("record", (Said(1),)),
]


@pytest.mark.parametrize(("effect", "arguments"), EFFECTS)
def test_an_actor_that_no_model_runs_has_no_effects(
    effect: str, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(
        HandlerError, match=rf"Cell\.(send|{effect}) is there only while a handler runs"
    ):
        getattr(cell(), effect)(*arguments)


def test_an_actor_that_no_model_runs_has_no_id() -> None:
    with pytest.raises(HandlerError, match=r"Cell\.id is there only while a handler runs"):
        _ = cell().id


def test_an_effect_while_the_actor_is_made_is_refused() -> None:
    @dataclass
    class Hasty(Actor):
        def __post_init__(self) -> None:
            self.set_timer("t")

    with pytest.raises(HandlerError, match=r"Use start\(\) instead"):
        Hasty()


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize(("effect", "arguments"), EFFECTS)
def test_facts_only_look(effect: str, arguments: tuple[Any, ...], hidden: bool) -> None:
    def facts(self: Cell) -> list[Fact]:
        try:
            getattr(self, effect)(*arguments)
        except ModelError:
            if not hidden:
                raise
        return []

    with pytest.raises(
        HandlerError, match=rf"facts\(\): (send|{effect})\(\) cannot be used"
    ) as told:
        run(a=cell(facts=facts))
    assert str(told.value).startswith("actor 'a' (Cell): facts()")


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        (lambda self: [1], "it gave 1, which is not a Fact"),
        (lambda self: None, "it returned None; it must yield facts"),
        (lambda self: [Said(1.5)], "fact Said.word = 1.5 is a float"),
        (lambda self: [Said(1 // 0)], "facts() raised ZeroDivisionError"),
        (lambda self: self.value.append(1) or [], "it changed the actor; it may only look"),
    ],
)
def test_facts_that_are_none_or_change_the_actor_are_refused(facts: Any, problem: str) -> None:
    with pytest.raises(ModelError) as refused:
        run(a=cell([], facts=facts))
    assert str(refused.value).startswith("actor 'a' (Cell): facts()")
    assert problem in str(refused.value)
    assert "local state: Cell([])" in str(refused.value)


@pytest.mark.parametrize(("effect", "arguments"), EFFECTS)
def test_copies_that_properties_see_have_an_id_but_no_effects(
    effect: str, arguments: tuple[Any, ...]
) -> None:
    copy = run(a=cell(1)).graph.states[0].locals[0].copy()
    assert (copy.id, copy.value) == ("a", 1)
    with pytest.raises(HandlerError, match=rf"(send|{effect})\(\) cannot be used here"):
        getattr(copy, effect)(*arguments)


def test_every_handler_is_optional() -> None:
    result = run(a=cell(start=lambda self: self.broadcast(["b", "c"], "x")), b=Actor(), c=cell())
    assert result.states == 4


def test_handlers_may_be_inherited() -> None:
    @dataclass
    class Base(Cell):
        receive = append

    class Derived(Base):
        pass

    result = run(a=cell(start=lambda self: self.send("b", "x")), b=Derived(""))
    assert state_texts(result)[-1] == "a=None b=x"


def test_a_model_is_not_changed_by_exploring_it() -> None:
    checked = model(a=cell([], start=lambda self: self.value.append(1)))
    for _ in range(2):
        assert state_texts(run(**checked.actors)) == ["a=[1]"]
    assert checked.actors["a"].value == []  # type: ignore[attr-defined]
