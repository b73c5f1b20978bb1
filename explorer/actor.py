"""Actors: the participants of a protocol, as plain mutable dataclasses.

An actor never sends anything: its effects are noted in a buffer and take place, all at once, when
the handler returns. So the same class runs under the explorer, in a replay and anywhere else that
applies effects. Which handler runs when is for `step` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set, ValuesView
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn, TypeVar

from .asking import shown
from .errors import FreezeError, HandlerError, ModelError
from .facts import Fact, is_hashable, unhashable
from .freeze import Frozen, canonical_order, freeze, show
from .taking import taken

Option = TypeVar("Option")

EFFECTS = "_effects"
"""The attribute that holds the buffer of effects while a handler runs."""

RESERVED = frozenset(
    {"id", "send", "broadcast", "set_timer", "cancel_timer", "choose", "record", EFFECTS}
    | {"start", "receive", "timeout", "crash", "recover", "facts", "drops", "shown"}
)
"""Names that an actor's fields may not take, because effects and handlers have them."""


class Choice(NamedTuple):
    """One answer that `choose` gave: the option's position, among how many, and its text."""

    position: int
    among: int
    shown: str


@dataclass(slots=True)
class Effects:
    """What one run of a handler asked for. `script` fixes the first answers of `choose`.

    `refused` keeps the first misuse, so that a handler's own `except` cannot hide it.
    """

    actor: str
    known: frozenset[str]
    script: tuple[int, ...] = ()
    timers: set[str] = field(default_factory=set)
    sent: list[tuple[str, Frozen]] = field(default_factory=list)
    recorded: list[Frozen] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    forbidden_because: str | None = None
    allowed: frozenset[str] = frozenset()  # effects that are not forbidden
    refused: ModelError | None = None

    def allow(self, effect: str) -> None:
        """Raise HandlerError if effects have no place in the code that is running."""
        if self.forbidden_because and effect not in self.allowed:
            self.refuse(f"{effect}() cannot be used here: {self.forbidden_because}.")

    def refuse(self, problem: str) -> NoReturn:
        """Note and raise a HandlerError that says what was wrong."""
        self.refused = self.refused or HandlerError(problem)
        raise self.refused

    def freeze(self, value: object, what: str) -> Frozen:
        """`freeze`, its error noted as well."""
        try:
            return freeze(value, what, allow_aliases=True)
        except FreezeError as error:
            self.refused = self.refused or error
            raise


@dataclass
class Actor:
    """Base class of all actors. Subclass it as a dataclass and write the handlers you need.

        @dataclass
        class Ping(Actor):
            peer: str
            count: int = 0

            def receive(self, message, sender):
                self.count += 1
                self.send(sender, message)

    The fields are the actor's local state. Handlers change fields and call effects; both take
    place atomically when the handler returns. Handlers must be deterministic: everything they
    read is a field, the message, the sender, the timer's name or what `choose` returned.
    """

    # -- handlers: override what the protocol needs ------------------------------------------

    def start(self) -> None:
        """Runs once, in the making of the initial state."""

    def receive(self, message: Any, sender: str) -> None:
        """Runs when `message`, sent by the actor with id `sender`, is delivered."""

    def timeout(self, name: str) -> None:
        """Runs when the timer `name` fires; it is no longer armed."""

    def crash(self) -> None:
        """Runs when the actor crashes, after its volatile fields were reset: the place to say what
        a crash does to fields beyond that. It may `choose` and `record`, nothing else."""

    def recover(self) -> None:
        """Runs when the actor comes up again after a crash."""

    def facts(self) -> Iterable[Fact]:
        """The facts that hold now, from the local state alone. It has no effects."""
        return ()

    def shown(self) -> Mapping[str, str] | None:
        """What traces tell of the local state, by name, where the fields would say too much; None:
        the fields. It has no effects."""
        return None

    def drops(self, message: Any, sender: str, receiver: str) -> bool:
        """Whether `message`, from or to this actor, need not be delivered, now or ever.

        When both its sender and its receiver say so it is taken out of the network at once. That
        is for messages that would be handled without effect whenever they arrived, such as an
        answer that nobody waits for: with them gone, states that differ in nothing else are one. It
        must change nothing.
        """
        return False

    # -- effects ------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """This actor's key in `Model.actors`."""
        return _running(self, "id").actor

    def send(self, to: str, message: Any) -> None:
        """Put `message`, as it is now, into the network, addressed to the actor `to`.

        Raises HandlerError if no actor has the id `to`, FreezeError if the message holds
        something that cannot be compared by content.
        """
        effects = _running(self, "send")
        effects.allow("send")
        if not isinstance(to, str) or to not in effects.known:
            effects.refuse(
                f"send() to {shown(to)}, but the model has no actor of that id; "
                f"its actors are {', '.join(sorted(effects.known))}."
            )
        effects.sent.append((to, effects.freeze(message, f"message to {to!r}")))

    def broadcast(self, ids: Iterable[str], message: Any) -> None:
        """Send `message` to each of `ids`; one that is named twice gets two copies."""
        if isinstance(ids, str):
            _running(self, "broadcast").refuse(
                f"broadcast() takes a collection of ids and got the string {ids!r}; "
                f"use send() for one actor, or [{ids!r}]."
            )
        refuse = _running(self, "broadcast").refuse
        for to in taken(ids, lambda many: refuse(f"broadcast() got ids, {many}")):
            self.send(to, message)

    def set_timer(self, name: str) -> None:
        """Arm the timer `name`; if it is armed already nothing changes."""
        _timers(self, "set_timer", name).add(name)

    def cancel_timer(self, name: str) -> None:
        """Disarm the timer `name`; if it is not armed nothing changes."""
        _timers(self, "cancel_timer", name).discard(name)

    def choose(self, options: Iterable[Option]) -> Option:
        """Return one of `options`; the handler runs once for each of them.

        Sets, dict views and dicts are offered in a canonical order, other iterables in theirs.
        Raises HandlerError if there is nothing to choose from.
        """
        effects = _running(self, "choose")
        effects.allow("choose")
        offered: Sequence[Option] = _in_canonical_order(effects, options)
        if not offered:
            effects.refuse(
                "choose() got no options; test for that before, a handler cannot do nothing at all."
            )
        at = len(effects.choices)
        position = effects.script[at] if at < len(effects.script) else 0
        if position >= len(offered):
            effects.refuse(
                f"choose() number {at + 1} offered {len(offered)} option(s) where an earlier run "
                f"on an equal state offered more; the handler is not deterministic."
            )
        chosen = offered[position]
        effects.choices.append(Choice(position, len(offered), _text(chosen)))
        return chosen

    def record(self, fact: Fact) -> None:
        """Make `fact` part of the history: it stays true from now on."""
        effects = _running(self, "record")
        effects.allow("record")
        if not isinstance(fact, Fact):
            effects.refuse(
                f"record() takes a Fact and got {shown(fact)}; "
                f"declare a relation by subclassing Fact."
            )
        frozen = effects.freeze(fact, f"recorded fact {type(fact).__name__}")
        if not is_hashable(fact):
            effects.refuse(unhashable(fact))
        effects.recorded.append(frozen)


def _running(actor: Actor, effect: str) -> Effects:
    effects: Effects | None = actor.__dict__.get(EFFECTS)
    if effects is None:
        raise HandlerError(
            f"{type(actor).__name__}.{effect} is there only while a handler runs under a model; "
            f"in __init__ or __post_init__ the actor has no id and no network yet. "
            f"Use start() instead."
        )
    return effects


def refuse(actor: Actor, effect: str, problem: str) -> NoReturn:
    """Refuse what a handler asked `effect` for."""
    _running(actor, effect).refuse(f"{effect}() {problem}.")


def _timers(actor: Actor, effect: str, name: str) -> set[str]:
    effects = _running(actor, effect)
    effects.allow(effect)
    if not isinstance(name, str):
        effects.refuse(f"{effect}() takes the timer's name, a string, and got {shown(name)}.")
    return effects.timers


def _in_canonical_order(effects: Effects, options: Iterable[Option]) -> Sequence[Option]:
    offered = taken(options, lambda many: effects.refuse(f"choose() got options, {many}"))
    if isinstance(options, (Set, Mapping, ValuesView)):
        offered.sort(
            key=lambda option: canonical_order(effects.freeze(option, "an option of choose()"))
        )
    return offered


def _text(option: object) -> str:
    try:
        return show(freeze(option, allow_aliases=True))
    except FreezeError:
        return getattr(option, "__qualname__", type(option).__name__)
