"""Methods that look like handlers and are none: found, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial, partialmethod, singledispatchmethod
from typing import Any, ClassVar

import pytest

from islander import Actor, Model, StateInvariant, explore
from islander.explorer import simulate
from islander.explorer.handler_form import PARAMETERS
from islander.explorer.misnamed import looks_like, misnamed
from islander.loading import find_target, make_model
from islander.models import CATALOGUE

TRUE = StateInvariant("true", lambda state: True)


def names(*actors: Actor, properties: Any = (TRUE,)) -> list[str]:
    model = Model("m", {f"a{n}": one for n, one in enumerate(actors)}, properties=properties)
    return [one.name for one in misnamed(model)]


def lone(*methods: str) -> Actor:
    """An actor of a class with these methods, which nothing calls."""
    program = "\n".join(f"    def {name}(self, *given): self.n = 1" for name in methods)
    module: dict[str, Any] = {"Actor": Actor, "dataclass": dataclass, "__name__": "made"}
    text = f"@dataclass\nclass Lone(Actor):\n    n: int = 0\n{program}"
    exec(compile(text, "made.py", "exec", dont_inherit=True), module)
    actor: Actor = module["Lone"]()
    return actor


MEANT = {
    "receive": "recieve recive receved recevie received receives receiving receiver Receive "
    "RECEIVE re_ceive on_receive onReceive handle_receive receive_message receive_event "
    "on_message handle_message process_message message_handler onMessage recv on_recv erceive",
    "timeout": "on_timeout onTimeout timeouts time_out timed_out timout tiemout timeOut "
    "handle_timeout timeout_handler on_timer handle_timer timer ontimeout",
    "start": "Start started starts on_start onStart startup start_up strat tsart on_init "
    "handle_start",
    "crash": "crashed crashes crush on_crash handle_crash crashing",
    "recover": "recovered recovery recoverd recovers on_recover on_recovery restart on_restart",
    "facts": "fact Facts facs fatcs on_facts",
    "drops": "drop dropped Drops drosp",
    "shown": "show shows Shown",
}


@pytest.mark.parametrize(
    ("handler", "name"), [(handler, name) for handler in MEANT for name in MEANT[handler].split()]
)
def test_a_slip_in_a_handler_s_name_is_found(handler: str, name: str) -> None:
    assert looks_like(name) == handler
    actor = lone(name)
    assert names(actor) == [name]


def test_every_handler_with_one_letter_left_out_doubled_or_two_swapped_is_found() -> None:
    for handler in PARAMETERS:
        for at in range(1, len(handler)):
            head, tail = handler[:at], handler[at:]
            for slip in (
                head + tail[1:],
                head + tail[0] + tail,
                head + tail[1:2] + tail[0] + tail[2:],
            ):
                assert slip == handler or looks_like(slip) == handler


OTHERS = """propose accept prepare promise reply act lead remove move state props stop count handle
decide send_prepare handle_prepare on_prepare record retry vote elect commit forward is_leader
learn tell ask answer put get lock reset step tick next_ballot has_quorum majority merge factor
_recieve _on_message _start __receive on off at do once"""


@pytest.mark.parametrize("name", [*OTHERS.split(), *PARAMETERS, "send", "choose", "id"])
def test_other_names_look_like_no_handler(name: str) -> None:
    assert looks_like(name) == ""


# -- what is called is no slip ---------------------------------------------------------------------


@dataclass
class CallsIt(Actor):
    def receive(self, message: Any, sender: str) -> None:
        self.on_message(message)

    def on_message(self, message: Any) -> None:
        self.received()

    def received(self) -> None: ...


@dataclass
class Names(Actor):
    def receive(self, message: Any, sender: str) -> None:
        getattr(self, "on_message")(message)  # noqa: B009

    def on_message(self, message: Any) -> None: ...


@dataclass
class MakesNames(Actor):
    def receive(self, message: Any, sender: str) -> None:
        getattr(self, f"on_{type(message).__name__.lower()}")(message)

    def on_message(self, message: Any) -> None: ...


@dataclass
class Table(Actor):
    def on_message(self, message: Any) -> None: ...

    by_kind: ClassVar[dict[str, Callable[..., None]]] = {"str": on_message}

    def receive(self, message: Any, sender: str) -> None:
        self.by_kind["str"](self, message)


@dataclass
class Alias(Actor):
    def on_message(self, message: Any, sender: str) -> None: ...

    receive = on_message


@dataclass
class Dispatches(Actor):
    @singledispatchmethod
    def receive(self, message: Any, sender: str) -> None: ...

    @receive.register
    def on_message(self, message: str, sender: str) -> None: ...


@dataclass
class Inherits(CallsIt):
    def on_message(self, message: Any) -> None: ...


def told(actor: Any) -> bool:
    return bool(actor.started())


@dataclass
class AskedByModule(Actor):
    def started(self) -> bool:
        return False


@dataclass
class Partly(Actor):
    def on_message(self, more: int, message: Any, sender: str) -> None: ...

    receive = partialmethod(on_message, 1)


@dataclass
class Cached(Actor):
    @cached_property
    def kept(self) -> bool:
        return self.crashed()

    def receive(self, message: Any, sender: str) -> None:
        if self.kept:
            return

    def crashed(self) -> bool:
        return False


@dataclass
class Defaults(Actor):
    n: int = field(default_factory=lambda: Defaults.started())

    @staticmethod
    def started() -> int:
        return 1


@pytest.mark.parametrize(
    "kind",
    [
        *(CallsIt, Names, MakesNames, Table, Alias, Dispatches, Inherits, AskedByModule, Partly),
        *(Cached, Defaults),
    ],
)
def test_a_method_that_something_calls_is_no_slip(kind: type[Actor]) -> None:
    assert names(kind()) == []


def registered(function: Any) -> Any:
    return function


def test_a_decorated_method_may_be_called_by_whom_the_decorator_told() -> None:
    @dataclass
    class Decorated(Actor):
        @registered
        def on_message(self, message: Any) -> None: ...

    assert names(Decorated()) == []


def test_a_method_that_a_property_calls_is_no_slip() -> None:
    actor = lone("crashed")
    asks = StateInvariant("up", lambda state: not state.actors["a0"].crashed())
    assert names(actor, properties=[asks]) == []
    assert names(actor, properties=[StateInvariant("up", partial(asks.predicate))]) == []
    assert names(actor) == ["crashed"]


def test_a_method_that_only_calls_itself_or_is_called_by_another_slip_is_one() -> None:
    @dataclass
    class Dead(Actor):
        def recieve(self, message: Any, sender: str) -> None:
            self.recieve(message, sender)
            self.on_timeout("t")

        def on_timeout(self, name: str) -> None:
            self.recieve(name, name)

    assert names(Dead()) == ["recieve", "on_timeout"]


def test_a_method_that_another_class_of_actors_calls_on_itself_is_a_slip() -> None:
    @dataclass
    class Right(Actor):
        def receive(self, message: Any, sender: str) -> None:
            self.on_timeout()

        def on_timeout(self) -> None: ...

    @dataclass
    class Wrong(Actor):
        def on_timeout(self) -> None: ...

    model = Model("m", {"a": Right(), "b": Wrong()}, properties=[TRUE])
    assert [(one.kind, one.name) for one in misnamed(model)] == [("Wrong", "on_timeout")]


def test_a_slip_in_a_base_class_is_told_once_and_one_that_is_overridden_where_it_is() -> None:
    base = lone("recieve")
    one = dataclasses.make_dataclass("One", [], bases=(type(base),))
    other = dataclasses.make_dataclass("Other", [], bases=(type(base),))
    model = Model("m", {"a": one(), "b": other()}, properties=[TRUE])
    assert [(found.kind, found.name) for found in misnamed(model)] == [("Lone", "recieve")]


# -- where it is told ------------------------------------------------------------------------------


def test_results_of_both_engines_and_of_walks_note_it_and_coverage_wants_for_it() -> None:
    model = Model("m", {"a": lone("recieve")}, properties=[TRUE])
    for engine in ("tabulated", "reference"):
        result = explore(model, engine)
        (note,) = result.notes
        assert note.startswith("Lone.recieve looks like the handler receive, and nothing calls it")
        assert "line 4)" in note
        assert result.coverage.misnamed == (note,)
        assert note in result.coverage.gaps
        assert result.coverage.wanting
    assert simulate(model, walks=1).notes == (note,)


@pytest.mark.parametrize(
    ("name", "bug"),
    [(name, bug) for name, entry in CATALOGUE.items() for bug in (None, *entry.bugs)],
)
def test_no_model_that_ships_has_one(name: str, bug: str | None) -> None:
    assert misnamed(make_model(find_target(name), {}, bug)) == ()
