"""Random small models, all finite, for holding engines equal to each other and to brute force.

An actor's behaviour is a table from (kind of event, its message or timer, phase, mode) to options,
one of which it chooses. Phases only climb and messages are sent only while climbing, so that few
are ever sent; modes and timers change freely, so that there are cycles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, TypeAlias

from hypothesis import strategies as st

from islander import (
    Actor,
    Bag,
    Fact,
    FactInvariant,
    Faults,
    Fifo,
    Model,
    Network,
    StateInvariant,
    StateWitness,
    StepInvariant,
    Witness,
    durable,
)

LAST = 2
"""The last phase."""


class At(Fact):
    actor: str
    phase: int


class Heard(Fact):
    actor: str
    what: str


class Option(NamedTuple):
    """One way to react. `maybe` is a message that a second choice sends or does not."""

    climb: int
    mode: int
    sends: tuple[tuple[str, str], ...]
    maybe: tuple[str, str] | None
    arms: tuple[str, ...]
    cancels: tuple[str, ...]
    records: bool


Table: TypeAlias = Mapping[tuple[str, str, int, int], tuple[Option, ...]]


@dataclass
class TableActor(Actor):
    """Reacts as its class's table says; to what is not in the table not at all."""

    table: ClassVar[Table] = {}
    phase: int = 0
    mode: int = durable(0)

    def start(self) -> None:
        self.react("start", "")

    def receive(self, message: Any, sender: str) -> None:
        self.react("receive", message)

    def timeout(self, name: str) -> None:
        self.react("timeout", name)

    def recover(self) -> None:
        self.react("recover", "")

    def facts(self) -> list[Fact]:
        return [At(self.id, self.phase)]

    def react(self, kind: str, what: str) -> None:
        options = self.table.get((kind, what, self.phase, self.mode), ())
        if not options:
            return
        option = options[0] if len(options) == 1 else self.choose(options)
        last = [option.maybe] if option.maybe and self.choose((True, False)) else []
        phase = min(self.phase + option.climb, LAST)
        if phase > self.phase or kind == "start":
            for to, message in (*option.sends, *last):
                self.send(to, message)
        self.phase, self.mode = phase, option.mode
        for name in option.arms:
            self.set_timer(name)
        for name in option.cancels:
            self.cancel_timer(name)
        if option.records:
            self.record(Heard(self.id, what))


class DroppingActor(TableActor):
    """One that drops some messages, by whether it sent them and by its phase."""

    dropped: ClassVar[frozenset[tuple[bool, str, int]]] = frozenset()

    def drops(self, message: Any, sender: str, receiver: str) -> bool:
        ends = [sent for sent, end in ((True, sender), (False, receiver)) if end == self.id]
        return any((sent, message, self.phase) in self.dropped for sent in ends)


PROPERTIES = (
    FactInvariant(
        "nobody reaches the last phase",
        lambda facts: not any(isinstance(fact, At) and fact.phase == LAST for fact in facts),
    ),
    StateInvariant("at most two messages fly", lambda state: state.network.total() <= 2),
    StepInvariant("modes stay", lambda before, event, after: before.mode == after.mode),
    Witness("two things heard", lambda facts: sum(isinstance(f, Heard) for f in facts) >= 2),
    StateWitness("a timer runs at the last phase", lambda state: _late_timer(state)),
)
"""Each kind of property; each holds in some of the models and not in others."""


def _late_timer(state: Any) -> bool:
    return any(state.actors[actor].phase == LAST for actor, names in state.timers.items() if names)


_MESSAGES = ("p", "q")
_TIMERS = ("t", "u")
_KEYS = (
    [
        ("receive", message, phase, mode)
        for message in _MESSAGES
        for phase in range(LAST + 1)
        for mode in (0, 1)
    ]
    + [
        ("timeout", name, phase, mode)
        for name in _TIMERS
        for phase in range(LAST + 1)
        for mode in (0, 1)
    ]
    + [("recover", "", 0, mode) for mode in (0, 1)]
)


@st.composite
def tables(draw: st.DrawFn, ids: tuple[str, ...]) -> dict[Any, tuple[Option, ...]]:
    """The table of an actor in a model with these ids."""
    addressed = st.tuples(st.sampled_from(ids), st.sampled_from(_MESSAGES))
    timers = st.lists(st.sampled_from(_TIMERS), max_size=2).map(tuple)
    option = st.builds(
        Option,
        climb=st.integers(0, 1),
        mode=st.integers(0, 1),
        sends=st.lists(addressed, max_size=2).map(tuple),
        maybe=st.none() | addressed,
        arms=timers,
        cancels=timers,
        records=st.booleans(),
    )
    options = st.lists(option, min_size=1, max_size=2).map(tuple)
    table = draw(st.dictionaries(st.sampled_from(_KEYS), options, max_size=8))
    return {("start", "", 0, 0): draw(options), **table}


@st.composite
def models(draw: st.DrawFn, max_actors: int = 3) -> Model:
    """Models of one to `max_actors` table actors on a Bag, with PROPERTIES."""
    ids = ("a", "b", "c", "d")[: draw(st.integers(1, max_actors))]
    actors = {
        actor: type("TableActor", (TableActor,), {"table": draw(tables(ids))})() for actor in ids
    }
    network = Bag(keep_ignored=draw(st.booleans()))
    return Model("random", actors, network, PROPERTIES)


@st.composite
def _dropping(draw: st.DrawFn, actor: Actor) -> Actor:
    """An actor that does as `actor` does, and drops messages."""
    assert isinstance(actor, TableActor)
    keys = [
        (sent, message, phase)
        for sent in (True, False)
        for message in _MESSAGES
        for phase in range(LAST + 1)
    ]
    dropped = frozenset(draw(st.lists(st.sampled_from(keys), min_size=2)))
    return type("Dropper", (DroppingActor,), {"table": actor.table, "dropped": dropped})()


@st.composite
def faulty_models(
    draw: st.DrawFn, networks: tuple[type[Network], ...], finite: bool = False
) -> Model:
    """The same on one of these networks, with faults, and timers that may have to wait. Unless
    `finite`, not all are: what recovers may send something, any number of times."""
    model = draw(models())
    budgets = st.sampled_from([0, 0, 0, 1, 2, None])
    kinds = ("crashes", "stops", "losses", "partitions")
    faults = {kind: draw(budgets) for kind in kinds}
    if len(model.actors) < 2:
        faults["partitions"] = 0
    if finite and faults["crashes"] is None:
        faults["crashes"] = 2
    who = draw(st.none() | st.lists(st.sampled_from(list(model.actors)), max_size=2))
    network = draw(st.sampled_from(networks))
    if network is not Fifo and draw(st.booleans()):
        model = replace(model, actors={n: draw(_dropping(one)) for n, one in model.actors.items()})
    wait = draw(st.booleans() | st.sets(st.sampled_from(list(model.actors))))
    timeouts = None if wait else draw(budgets)
    timers = draw(st.none() | st.lists(st.sampled_from(_TIMERS), max_size=2))
    counted: dict[str, Any] = {"timeouts": timeouts, "timers": timers}
    return replace(
        model,
        network=network(keep_ignored=draw(st.booleans())),  # type: ignore[call-arg]
        faults=Faults(**faults, **counted, duplications=draw(st.integers(0, 1)), actors=who),
        timers_wait=wait,
    )
