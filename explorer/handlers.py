"""Running handlers: what one event does to one actor, decided once.

The outcome of a handler depends on nothing but the actor's local state and the event, so each
distinct pair is run once, and remembered. "Once" means twice on separate copies: whatever a
handler reads beyond its arguments shows as a difference, and is refused. How outcomes combine to
steps of the whole system is for `semantics` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, NoReturn

from .actor import EFFECTS, Actor, Choice, Effects
from .asking import (
    WrongAnswer,
    answered,
    asking,
    is_of_a_model,
    shown,
    text_of,
    told,
    usual_cause,
    yes_or_no,
)
from .deadline import place
from .errors import FreezeError, HandlerError, ModelError, NondeterminismError, PropertyError
from .events import NOBODY, Crash, Deliver, Event, Recover, Start, Stop, Timeout
from .facts import Fact, FactSet, check_methods, is_hashable, unhashable
from .faults import DOWN, STOPPED, UP, durable_names
from .freeze import Frozen, canonical_order, fields_of, freeze, show, thaw
from .handler_form import no_fact, told_facts
from .model import Model, actor_path
from .moulds import Mould, Moulds, Vaults
from .network import Envelope
from .properties import LocalStep, Subject, judged
from .taking import taken


class Local:
    """One local state of one actor: its fields, armed timers and recorded history.

    Locals are interned: within one exploration equal local states are the same object.
    `facts` are the actor's current facts together with its history; `status` is UP, DOWN or
    STOPPED.
    """

    __slots__ = ("actor", "facts", "fields", "history", "moulds", "status", "timers")

    def __init__(
        self,
        actor: str,
        fields: Frozen,
        timers: tuple[str, ...],
        history: frozenset[Fact],
        status: str,
        facts: FactSet,
        vaults: Vaults | None = None,
    ) -> None:
        self.actor = actor
        self.fields = fields
        self.timers = timers
        self.history = history
        self.status = status
        self.facts = facts
        self.moulds = Moulds.of(fields, vaults)

    def copy(self) -> Actor:
        """A fresh instance of the actor in this local state; it knows its id."""
        return _equipped(
            self.moulds.plain.copy(), Effects(self.actor, frozenset(), forbidden_because=_A_COPY)
        )

    @property
    def shown(self) -> Mapping[str, str] | None:
        """What traces tell of it, None if that is its fields. Raises HandlerError if the actor's
        `shown` is at fault."""
        actor = self.copy()

        def blame(error: BaseException) -> BaseException:
            return HandlerError(
                f"{actor_path(self.actor, actor)}: shown() {_told_of(error)}\n"
                f"  local state: {show(self.fields)}"
            )

        with asking(blame):
            given = actor.shown()
            if given is None:
                return None
            if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
                raise WrongAnswer(
                    f"{answered(given)}; it must return a mapping from names to strings, or None"
                    f"{usual_cause(given, 'mapping')}"
                )
            return {name: text_of(text) for name, text in given.items()}

    def __repr__(self) -> str:
        status = "" if self.status == UP else f" ({self.status})"
        return f"{self.actor}: {show(self.fields)}{status}"


class Outcome(NamedTuple):
    """What an event does to an actor, for one answer to each `choose`.

    `ignored`: nothing changed, was sent, recorded or timed. `objections`: the step properties
    that are not satisfied by it (False) or could not be judged (None).
    """

    event: Event | Start
    choices: tuple[Choice, ...]
    after: Local
    sent: tuple[Envelope, ...]
    ignored: bool
    objections: tuple[tuple[str, bool | None], ...] = ()


class _Ran(NamedTuple):
    """One run of a handler, all parts frozen."""

    choices: tuple[Choice, ...]
    fields: Frozen
    timers: tuple[str, ...]
    recorded: tuple[Fact, ...]
    sent: tuple[Envelope, ...]


class _Copy(NamedTuple):
    """What one run works on: a copy of the actor, and of the message if one is delivered."""

    actor: Any
    message: Any
    mould: Mould


def _copies(moulds: Moulds, event: Event | Start) -> tuple[_Copy, _Copy]:
    plain, disturbed = moulds
    if not isinstance(event, Deliver):
        return _Copy(plain.copy(), None, plain), _Copy(disturbed.copy(), None, disturbed)
    messages = event.moulds
    return (
        _Copy(plain.copy(), messages.plain.copy(), plain),
        _Copy(disturbed.copy(), messages.disturbed.copy(), disturbed),
    )


_A_COPY = "this is a copy for properties to look at; only a running handler has effects"


class Handlers:
    """Runs the handlers of one model and remembers what they did.

    `calls` counts the distinct (local state, event) pairs that were asked about; `running` is the
    one that is being decided, or was when Ctrl-C was pressed.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.calls = 0
        self.running: tuple[Local, Event | Start] | None = None
        self._known = frozenset(model.actors)
        self._vaults = Vaults.new()
        self._step_properties = [p for p in model.properties if p.subject is Subject.STEP]
        self._locals: dict[tuple[Any, ...], Local] = {}
        self._facts: dict[Frozen, Fact] = {}
        self._envelopes: dict[tuple[str, str, Frozen], Envelope] = {}
        self._deliveries: dict[Envelope, Deliver] = {}
        self._timeouts: dict[tuple[str, str], Timeout] = {}
        self._faults: dict[tuple[Any, ...], Any] = {}  # events, by class and argument
        self._network_outcomes: dict[Event, Outcome] = {}
        self._network = Local(NOBODY, None, (), frozenset(), UP, frozenset())
        self._droppers = frozenset(
            name for name, one in model.actors.items() if type(one).drops is not Actor.drops
        )
        self._drops: dict[tuple[Local, Envelope], bool] = {}
        self._asked: dict[Local, Actor] = {}  # copies that are asked what they drop
        self._outcomes: dict[tuple[Local, Event], tuple[Outcome, ...]] = {}
        self._decided_before: dict[tuple[Local, Event], tuple[Outcome, ...]] = {}

    @property
    def locals(self) -> Iterable[Local]:
        """All local states of actors that were met, in that order."""
        return self._locals.values()

    @property
    def envelopes(self) -> Iterable[Envelope]:
        """All envelopes that were ever sent, in the order of their indexes."""
        return self._envelopes.values()

    def delivery(self, envelope: Envelope) -> Deliver:
        """The one event of delivering `envelope`."""
        if envelope not in self._deliveries:
            self._deliveries[envelope] = Deliver(envelope, self._vaults)
        return self._deliveries[envelope]

    def firing(self, actor: str, name: str) -> Timeout:
        """The one event of `actor`'s timer `name` firing."""
        if (actor, name) not in self._timeouts:
            budget = "timeouts" if self.model.faults.counts(name) else None
            self._timeouts[actor, name] = Timeout(actor, name, budget)
        return self._timeouts[actor, name]

    def own_events(self, local: Local) -> Iterator[Event]:
        """What may happen to an actor in this local state by itself: its timers, and faults, be
        anything left of their budgets or not."""
        if local.status == DOWN:
            yield self._fault(Recover, local.actor)
        if local.status != UP:
            return
        for name in local.timers:
            yield self.firing(local.actor, name)
        faults = self.model.faults
        if faults.actors is None or local.actor in faults.actors:
            if faults.crashes != 0:
                yield self._fault(Crash, local.actor)
            if faults.stops != 0:
                yield self._fault(Stop, local.actor)

    def network_fault(self, kind: type, *argument: Any) -> Outcome:
        """The one outcome of a step that the network takes."""
        event = self._fault(kind, *argument)
        if event not in self._network_outcomes:
            self._network_outcomes[event] = Outcome(event, (), self._network, (), ignored=False)
        return self._network_outcomes[event]

    def _fault(self, kind: type, *argument: Any) -> Any:
        key = (kind, *argument)
        if key not in self._faults:
            self._faults[key] = kind(*argument)
        return self._faults[key]

    def starts(self, actor: str) -> tuple[Outcome, ...]:
        """What `start()` of `actor` makes: one outcome for each answer to its `choose`s."""
        fields = self.model.frozen_actors[actor]
        before, start = Local(actor, fields, (), frozenset(), UP, frozenset()), Start(actor)
        self.running = before, start
        with self._around(before, start):
            outcomes = tuple(
                Outcome(start, ran.choices, self._after(before, ran, UP), ran.sent, ignored=False)
                for ran in self._run_all(before, start)
            )
        self.running = None
        return outcomes

    def outcomes(self, local: Local, event: Event) -> tuple[Outcome, ...]:
        """What `event` does to the actor in state `local`, an outcome for each answer to its
        `choose`s.

        Raises ModelError (HandlerError, NondeterminismError, FreezeError, PropertyError) when the
        handler, or a property of local steps, is at fault.
        """
        if local.status != UP and not isinstance(event, Recover):
            return ()  # what arrives waits until the actor is up
        known = self._outcomes.get((local, event))
        if known is None:
            self.calls += 1
            known = self._decided_before.get((local, event))
            if known is None:
                self.running = local, event
                with self._around(local, event):
                    runs = self._run_all(local, event)
                    known = tuple(self._outcome(local, event, ran) for ran in runs)
                self.running = None
            self._outcomes[local, event] = known
        return known

    def interrupted(self, error: KeyboardInterrupt) -> str:
        """Which handler was interrupted, and where, as " in …"; of other code of the model, where;
        "" if none was running. It then counts as running no more."""
        at = place(error)
        if self.running is None:
            return f" in the model's code {at}" if at else ""
        local, event = self.running
        self.running = None
        where = f"{actor_path(local.actor, self.model.actors[local.actor])}: {_handler(event)}"
        state = show(local.fields)
        state = state if len(state) <= 200 else state[:199] + "…"
        return f" in {where} {at} for {event!r}, in state {state}"

    @property
    def droppers(self) -> frozenset[str]:
        """The actors that may drop messages."""
        return self._droppers

    @property
    def dropping(self) -> bool:
        """Whether actors may drop messages at all."""
        return bool(self._droppers)

    def drops(self, local: Local, envelope: Envelope) -> bool:
        """Whether an actor in this local state drops `envelope`."""
        if local.actor not in self._droppers:
            return False
        if local.actor not in (envelope.sender, envelope.receiver):
            return False
        known = self._drops.get((local, envelope))
        if known is None:
            known = self._drops[local, envelope] = self.ask_drops(local, [envelope])[0]
        return known

    def ask_drops(self, local: Local, envelopes: Sequence[Envelope]) -> list[bool]:
        """Which of these envelopes, from or to it, an actor in this local state drops; not
        remembered. Raises HandlerError if its `drops` is at fault."""
        # Taken out while it is asked: one that was changed is never asked again.
        actor = self._asked.pop(local, None) or local.copy()
        effects: Effects = actor.__dict__[EFFECTS]
        answers: list[bool] = []
        about = ""

        def refused(how: str) -> HandlerError:
            where = actor_path(local.actor, self.model.actors[local.actor])
            return HandlerError(f"model {self.model.name!r}, {where}: drops() {how}")

        def blame(error: BaseException) -> BaseException:
            return refused(f"{_told_of(error)}{about}")

        def changed(error: BaseException | None = None) -> BaseException:
            if isinstance(error, HandlerError):
                return error
            now = f"\n  now: {_told_of(error)}" if error else ""
            state = f"\n  local state: {show(local.fields)}{now}"
            return refused(f"changed the actor; it may only look.{state}")

        with asking(blame):
            for envelope in envelopes:
                about = f"\nfor {envelope!r}"
                message = self.delivery(envelope).moulds.plain.copy()
                answer = actor.drops(message, envelope.sender, envelope.receiver)
                answers.append(yes_or_no(answer))
                if effects.refused:
                    raise effects.refused
        with asking(changed):
            if _bare(actor, local.actor, local.moulds.plain) != local.fields:
                raise changed()
        self._asked[local] = _equipped(actor, effects)
        return answers

    @property
    def decided(self) -> Mapping[tuple[Local, Event], tuple[Outcome, ...]]:
        """All pairs that were asked about, with what came of them, in that order."""
        return self._outcomes

    def decide_again(self, local: Local, event: Event) -> None:
        """Run the handler for a pair that was decided, for someone who watches."""
        self._run_all(local, event)

    def count_anew(self) -> None:
        """Let `calls` count from 0 again, the pairs that were decided before included."""
        self._decided_before |= self._outcomes
        self._outcomes = {}
        self.calls = 0

    def _outcome(self, local: Local, event: Event, ran: _Ran) -> Outcome:
        after = self._after(local, ran, _status_after(event))
        objections = []
        for item in () if isinstance(event, (Crash, Stop)) else self._step_properties:
            step = LocalStep(local.copy(), event, after.copy())
            (answer,) = judged(item, [step])
            if answer is not True:
                objections.append((item.name, answer))
        ignored = after is local and not ran.sent
        return Outcome(event, ran.choices, after, ran.sent, ignored, tuple(objections))

    # -- one event, all choices, twice ---------------------------------------------------------

    def _run_all(self, local: Local, event: Event | Start) -> list[_Ran]:
        """Run the handler for every sequence of choices, depth first."""
        moulds = (
            Moulds.of(self._reset(local), self._vaults)
            if isinstance(event, Crash)
            else local.moulds
        )
        results: list[_Ran] = []
        script: tuple[int, ...] | None = ()
        while script is not None:
            # Both copies exist before either runs: were one made where the other was, their
            # identities would be equal, and a handler that reads them would not show.
            copies = _copies(moulds, event)
            first, again = [self._run(local, event, script, copy) for copy in copies]
            if first != again and self._comparable(first) != self._comparable(again):
                raise self._nondeterminism(local, event, first, again)
            results.append(first)
            script = _next_script(first.choices)
        return results

    def _run(
        self, local: Local, event: Event | Start, script: tuple[int, ...], copy: _Copy
    ) -> _Ran:
        effects = self._effects(local, event, script)
        actor = _equipped(copy.actor, effects)
        with asking(lambda error: self._failure(local, event, effects.refused or error)):
            answer = _call(actor, event, copy.message)
            if effects.refused:
                raise effects.refused
            if answer is not None:
                raise HandlerError(
                    f"{_handler(event)} {answered(answer)}; a handler returns nothing "
                    f"(it must not be a generator or async)."
                )
            fields = _bare(actor, local.actor, copy.mould)
            recorded = tuple(map(self._fact, effects.recorded))
        return _Ran(
            tuple(effects.choices),
            fields,
            tuple(sorted(effects.timers)),
            recorded,
            self._envelopes_of(local.actor, effects.sent) if effects.sent else (),
        )

    def _effects(self, local: Local, event: Event | Start, script: tuple[int, ...]) -> Effects:
        if isinstance(event, (Crash, Stop)):
            return Effects(
                local.actor,
                self._known,
                script,
                forbidden_because=_GOING_DOWN,
                allowed=frozenset({"choose", "record"}),
            )
        timers = set(local.timers)
        if isinstance(event, Timeout):
            timers.discard(event.name)
        return Effects(local.actor, self._known, script, timers)

    def _reset(self, local: Local) -> Frozen:
        """The fields of an actor that crashes: the durable ones as they are, the others as they
        were in the beginning."""
        kind, kept = local.fields[0], durable_names(local.fields[0])
        initial = fields_of(self.model.frozen_actors[local.actor])
        now = fields_of(local.fields)
        return (kind, *[now[name] if name in kept else initial[name] for name in now])

    def _comparable(self, ran: _Ran) -> tuple[Any, ...]:
        # The order of sends counts only as far as the network keeps it.
        network = self.model.network
        return ran._replace(
            recorded=frozenset(ran.recorded),  # type: ignore[arg-type]
            sent=network.send(network.empty(), ran.sent),  # type: ignore[arg-type]
        )

    # -- interning -----------------------------------------------------------------------------

    def _after(self, before: Local, ran: _Ran, status: str) -> Local:
        history = before.history.union(ran.recorded) if ran.recorded else before.history
        key = (before.actor, ran.fields, ran.timers, history, status)
        local = self._locals.get(key)
        if local is None:
            local = Local(*key, facts=history, vaults=self._vaults)
            local.facts = history | self._current_facts(local)
            self._locals[key] = local
        return local

    def _fact(self, frozen: Frozen) -> Fact:
        fact = self._facts.get(frozen)
        if fact is None:
            fact = thaw(frozen)
            check_methods(fact)
            # A fact that differs from its own copy is never the same one: two runs show that.
            if fact == thaw(frozen):
                self._facts[frozen] = fact
        return fact

    def _envelopes_of(self, sender: str, sent: list[tuple[str, Frozen]]) -> tuple[Envelope, ...]:
        keys = [(sender, to, payload) for to, payload in sent]
        # New envelopes are numbered in canonical order, so that a handler which sends as a set
        # iterates makes the same numbers in every process.
        new = {key for key in keys if key not in self._envelopes}
        for key in sorted(new, key=lambda one: (one[1], canonical_order(one[2]))):
            self._envelopes[key] = Envelope(*key, index=len(self._envelopes))
        return tuple(self._envelopes[key] for key in keys)

    def _current_facts(self, local: Local) -> FactSet:
        if local.fields[0].facts is Actor.facts:
            return frozenset()
        first, again = [self._ask_facts(local, mould) for mould in local.moulds]
        if first != again:
            raise NondeterminismError(
                f"actor {local.actor!r}: facts() gave different facts on two equal copies.\n"
                f"  local state: {show(local.fields)}\n"
                f"  once:  {_listed(first)}\n  again: {_listed(again)}\n{_CAUSES}"
            )
        return first

    def _ask_facts(self, local: Local, mould: Mould) -> FactSet:
        effects = Effects(local.actor, self._known, forbidden_because="facts() only looks")
        actor = _equipped(mould.copy(), effects)

        def blame(error: BaseException) -> BaseException:
            where = f"{actor_path(local.actor, actor)}: facts()"
            state = f"\n  local state: {show(local.fields)}"
            if isinstance(error, ModelError):
                return type(error)(f"{where}: {error}{state}")
            return PropertyError(f"{where} raised {told(error)}{state}")

        with asking(blame):
            given = taken(told_facts(actor.facts()), _too_many_facts)
            if effects.refused:
                raise effects.refused
            facts = []
            for fact in given:
                if not isinstance(fact, Fact):
                    raise PropertyError(no_fact(fact))
                if not is_hashable(fact):
                    raise PropertyError(unhashable(fact))
                facts.append(self._fact(freeze(fact, f"fact {type(fact).__name__}")))
            if _bare(actor, local.actor, mould) != local.fields:
                raise PropertyError("it changed the actor; it may only look.")
            return frozenset(facts)

    # -- errors --------------------------------------------------------------------------------

    def _around(self, local: Local, event: Event | Start) -> AbstractContextManager[None]:
        """A context for all that belongs to running a handler: values that it leaves behind are
        compared and copied, which may call methods of theirs."""
        return asking(
            lambda error: self._failure(local, event, error) if is_of_a_model(error) else error
        )

    def _failure(self, local: Local, event: Event | Start, error: BaseException) -> ModelError:
        where = f"{actor_path(local.actor, self.model.actors[local.actor])}: {_handler(event)}"
        situation = f"\n  local state: {show(local.fields)}\n  event: {event!r}"
        if isinstance(error, FreezeError):
            return FreezeError(f"{where}: {error}{situation}")
        if isinstance(error, ModelError):
            return HandlerError(f"{where}: {error}{situation}")
        return HandlerError(f"{where} raised {told(error)}{situation}")

    def _nondeterminism(
        self, local: Local, event: Event | Start, first: _Ran, again: _Ran
    ) -> NondeterminismError:
        where = f"{actor_path(local.actor, self.model.actors[local.actor])}: {_handler(event)}"
        return NondeterminismError(
            f"{where} had two different outcomes on two equal copies.\n"
            f"  local state: {show(local.fields)}\n  event: {event!r}\n"
            f"  once:  {_described(first)}\n  again: {_described(again)}\n{_CAUSES}"
        )


_CAUSES = (
    "Usual causes: a clock, random numbers, a global or class attribute that is changed, or an "
    "outcome that depends on\nthe order in which a set or dict iterates (a state keeps its "
    "content, not its order: use sorted()). Use choose()\nfor a choice that is meant to be open."
)


def _told_of(error: BaseException) -> str:
    """What is wrong with code that was asked: "raised …", or "returned …"."""
    return str(error) if isinstance(error, WrongAnswer) else f"raised {told(error)}"


def _equipped(actor: Any, effects: Effects) -> Actor:
    actor.__dict__[EFFECTS] = effects
    equipped: Actor = actor
    return equipped


def _bare(actor: Actor, actor_id: str, mould: Mould) -> Frozen:
    """The frozen fields of an actor after a run."""
    del actor.__dict__[EFFECTS]
    return mould.freeze(actor, actor_path(actor_id, actor))


def _call(actor: Any, event: Event | Start, message: Any) -> object:
    """Run the handler; what it returns should be None."""
    if isinstance(event, Deliver):
        return actor.receive(message, event.sender)
    if isinstance(event, Timeout):
        return actor.timeout(event.name)
    if isinstance(event, Stop):
        return None
    return getattr(actor, _handler(event))()


_HANDLERS = {
    Deliver: "receive",
    Timeout: "timeout",
    Crash: "crash",
    Recover: "recover",
    Start: "start",
    Stop: "stop",
}


def _handler(event: Event | Start) -> str:
    return _HANDLERS[type(event)]


def _status_after(event: Event) -> str:
    if isinstance(event, Crash):
        return DOWN
    return STOPPED if isinstance(event, Stop) else UP


_GOING_DOWN = "an actor that goes down can only choose() and record()"


def _next_script(choices: Sequence[Choice]) -> tuple[int, ...] | None:
    """The answers that come after these in depth-first order; None after the last."""
    for at in range(len(choices) - 1, -1, -1):
        if choices[at].position + 1 < choices[at].among:
            return (*(choice.position for choice in choices[:at]), choices[at].position + 1)
    return None


def _described(ran: _Ran) -> str:
    parts = [show(ran.fields)]
    parts += [f"sends {envelope!r}" for envelope in ran.sent]
    parts += [f"records {shown(fact)}" for fact in ran.recorded]
    parts += [f"timers {', '.join(ran.timers)}"] if ran.timers else []
    parts += [f"chose {choice.shown}" for choice in ran.choices]
    return "; ".join(parts)


def _too_many_facts(many: str) -> NoReturn:
    raise PropertyError(f"it gave facts, {many}")


def _listed(facts: FactSet) -> str:
    return ", ".join(sorted(map(shown, facts))) or "none"
