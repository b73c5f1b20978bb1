"""What a step changed, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from islander import Actor, Model, StateInvariant, explore
from islander.explorer import HandlerError, TraceStep
from islander.explorer.freeze import freeze, show
from islander.reports.words import changes, clean


class Poke(NamedTuple):
    what: str


class Pair(NamedTuple):
    left: int
    right: int


@dataclass
class Actress(Actor):
    number: int = 0
    pair: Pair = field(default_factory=lambda: Pair(1, 2))
    table: dict[str, Any] = field(default_factory=lambda: {"a": 1, "b": Pair(1, 2)})
    seen: set[int] = field(default_factory=lambda: {1, 2})
    log: list[str] = field(default_factory=lambda: ["x"])
    last: str | None = None

    def start(self) -> None:
        self.set_timer("tea")
        self.send(self.id, Poke("go"))

    def receive(self, message: Any, sender: str) -> None:
        self.do()

    def do(self) -> None:
        raise NotImplementedError


def said(do: Any) -> list[str]:
    """What the first step is said to have changed, for an actor whose step is `do`."""

    @dataclass
    class Doing(Actress):
        pass

    Doing.do = do  # type: ignore[method-assign]
    poked = StateInvariant("poked", lambda state: bool(state.network))
    trace = explore(Model("m", {"a": Doing()}, properties=[poked])).properties["poked"].trace
    assert trace is not None
    return changes(trace.steps[-1])


def set_number(self: Actress) -> None:
    self.number = 5


def set_part(self: Actress) -> None:
    self.pair = Pair(1, 7)


def set_both_parts(self: Actress) -> None:
    self.pair = Pair(3, 7)


def set_long_parts(self: Actress) -> None:
    self.pair = Pair(10**30, 10**30)


def change_table(self: Actress) -> None:
    self.table = {"b": Pair(1, 3), "c": 4}


def empty_table(self: Actress) -> None:
    self.table.clear()


def change_set(self: Actress) -> None:
    self.seen = {2, 3}


def append(self: Actress) -> None:
    self.log += ["y", "z"]


def replace_list(self: Actress) -> None:
    self.log = ["q"]


def set_optional(self: Actress) -> None:
    self.last = "it's"


def swap_timers(self: Actress) -> None:
    self.cancel_timer("tea")
    self.set_timer("lunch")


def choose(self: Actress) -> None:
    self.number = self.choose([0, 1]) + 1


def nothing(self: Actress) -> None:
    pass


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        (set_number, ["number: 0 → 5"]),
        (set_part, ["pair.right: 2 → 7"]),
        (set_both_parts, ["pair: Pair(1, 2) → Pair(3, 7)"]),
        (set_long_parts, [f"pair.left: 1 → {10**30}", f"pair.right: 2 → {10**30}"]),
        (change_table, ["table['a'] removed", "table['b'].right: 2 → 3", "table['c'] = 4"]),
        (empty_table, ["table: emptied"]),
        (change_set, ["seen + 3", "seen − 1"]),
        (append, ["log + 'y'", "log + 'z'"]),
        (replace_list, ["log: ['x'] → ['q']"]),
        (set_optional, ['last: None → "it\'s"']),
        (swap_timers, ["sets timer 'lunch'", "cancels timer 'tea'"]),
        (choose, ["chooses 0", "number: 0 → 1"]),
        (nothing, ["ignored"]),
    ],
)
def test_a_change_is_told_as_what_is_different(do: Any, expected: list[str]) -> None:
    assert said(do) == expected


def test_equal_messages_to_several_actors_are_told_as_one() -> None:
    @dataclass
    class Crier(Actor):
        def start(self) -> None:
            self.set_timer("cry")

        def timeout(self, name: str) -> None:
            self.broadcast(["a", "b"], Poke("oyez"))
            self.broadcast(["a", "a"], Poke("psst"))
            self.set_timer("cry")

    silent = StateInvariant("silent", lambda state: not state.network)
    model = Model("m", {"a": Crier(), "b": Actor()}, properties=[silent])
    trace = explore(model).properties["silent"].trace
    assert trace is not None
    assert changes(trace.steps[0]) == [
        "sets timer 'cry' again",
        "sends Poke('oyez') to a, b",
        "sends Poke('psst') to a ×2",
    ]


def test_unprintable_characters_are_shown_as_escapes() -> None:
    assert clean("a\x1b[31m\n\u202eb\ud800é→🏝") == "a\\x1b[31m\\n\\u202eb\\ud800é→🏝"


@dataclass
class Brief(Actor):
    """Tells of itself what it likes."""

    heard: int = 0
    secret: int = 0

    def start(self) -> None:
        self.send(self.id, "one")
        self.set_timer("t")

    def receive(self, message: Any, sender: str) -> None:
        self.heard, self.secret = self.heard + 1, 7
        self.cancel_timer("t")

    def shown(self) -> dict[str, str]:
        if self.heard and self.id == "broken":
            raise ValueError("no")
        return {"ears": f"{self.heard} heard"}


def first_step(name: str) -> TraceStep:
    heard = StateInvariant("nobody hears", lambda state: not state.actors[name].heard)
    trace = (
        explore(Model("brief", {name: Brief()}, properties=[heard]))
        .properties["nobody hears"]
        .trace
    )
    assert trace
    return trace.steps[-1]


def test_an_actor_may_say_what_is_told_of_it() -> None:
    assert changes(first_step("a")) == ["ears: 0 heard → 1 heard"]


def test_what_an_actor_says_of_itself_may_not_raise() -> None:
    said = r"actor 'broken' \(Brief\): shown\(\) raised ValueError: no"
    with pytest.raises(HandlerError, match=said):
        changes(first_step("broken"))


class Word(NamedTuple):
    """A message with a text of its own."""

    text: str

    def __str__(self) -> str:
        return self.text.upper() if self.text else 1 / 0  # type: ignore[return-value]


def test_a_named_tuple_is_shown_by_its_own_str_if_that_works() -> None:
    assert show(freeze(Word("hello"))) == "HELLO"
    assert show(freeze((Word("a"), 1))) == "(A, 1)"
    assert show(freeze(Word(""))) == "Word(… its __str__ raised ZeroDivisionError)"
