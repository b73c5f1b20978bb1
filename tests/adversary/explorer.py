"""An explorer of random models that shares no code with Islander; it imports none of it.

Written from `docs/semantics.md`, to be evidently right and not to be fast: a state is a tuple, the
network is the tuple of the envelopes in flight, and everything is looked up anew each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple, TypeAlias

from .system import LAST, Claim, Node, System

BUDGETS = ("crashes", "stops", "losses", "duplications", "partitions", "timeouts")

Envelope: TypeAlias = tuple[str, str, int]
"""Sender, receiver, message."""


class Local(NamedTuple):
    """The local state of an actor."""

    status: str
    phase: int
    kept: int  # the durable field
    seen: frozenset[int]
    timers: frozenset[str]
    history: frozenset[int]


class State(NamedTuple):
    """Local states in the order of the ids, envelopes in flight, what is left of each budget (None:
    any number), and the actors that are cut off."""

    actors: tuple[Local, ...]
    flying: tuple[Envelope, ...]
    left: tuple[int | None, ...]
    cut: tuple[str, ...] = ()


class Label(NamedTuple):
    """Names a step among those of its state: who takes it ("" for the network), what it is about,
    and what was chosen, by position."""

    kind: str
    actor: str
    what: Any = None
    choices: tuple[int, ...] = ()


class Explored(NamedTuple):
    """States with their depths, in the order of depths; the steps from each; which pairs of local
    state and event each asks about. `cut` is the depth beyond which nothing was looked at, None if
    that is all there is."""

    system: System
    depths: dict[State, int]
    steps: dict[State, dict[Label, State]]
    asked: dict[State, set[tuple[Any, ...]]]
    cut: int | None


# -- what a handler does -----------------------------------------------------------------------


class Done(NamedTuple):
    """The local state after a handler, what it sent, and how it chose."""

    local: Local
    sent: tuple[Envelope, ...]
    choices: tuple[int, ...]


def reactions(
    system: System, actor: str, kind: str, what: int | str | None, before: Local
) -> list[Done]:
    """Every way in which an actor in this local state may react."""
    for rule in system.roles[actor].rules:
        if rule.fits(kind, what, before.phase, before.kept):
            return _outcomes(rule.node, actor, Done(before, (), ()))
    return [Done(before, (), ())]


def _outcomes(node: Node, actor: str, so_far: Done) -> list[Done]:
    local, sent, choices = so_far
    for effect in node.effects:
        local, sent = _apply(effect, actor, local, sent)
    if not node.branches:
        return [Done(local, sent, choices)]
    found = []
    for position, branch in enumerate(node.branches):
        found += _outcomes(branch, actor, Done(local, sent, (*choices, position)))
    return found


def _apply(
    effect: tuple[Any, ...], actor: str, local: Local, sent: tuple[Envelope, ...]
) -> tuple[Local, tuple[Envelope, ...]]:
    match effect:
        case ("climb",):
            return local._replace(phase=min(local.phase + 1, LAST)), sent
        case ("phase", number):
            return local._replace(phase=number), sent
        case ("keep", number):
            return local._replace(kept=number), sent
        case ("see", number):
            return local._replace(seen=local.seen | {number}), sent
        case ("send", to, message):
            return local, (*sent, (actor, to, message))
        case ("broadcast", ids, message):
            return local, (*sent, *[(actor, to, message) for to in ids])
        case ("arm", timer):
            return local._replace(timers=local.timers | {timer}), sent
        case ("cancel", timer):
            return local._replace(timers=local.timers - {timer}), sent
        case ("record", fact):
            return local._replace(history=local.history | {fact}), sent
    raise ValueError(f"no effect {effect!r}")


# -- the network -------------------------------------------------------------------------------


def arranged(system: System, flying: list[Envelope]) -> tuple[Envelope, ...]:
    """Envelopes so that equal networks are equal tuples; a queue keeps its order."""
    if system.network == "set":
        return tuple(sorted(set(flying)))
    if system.network == "fifo":
        return tuple(sorted(flying, key=lambda envelope: envelope[:2]))  # a stable sort
    return tuple(sorted(flying))


def next_ones(system: System, flying: tuple[Envelope, ...]) -> list[Envelope]:
    """The envelopes that the network could deliver next."""
    if system.network != "fifo":
        return list(dict.fromkeys(flying))
    first: dict[tuple[str, str], Envelope] = {}
    for envelope in flying:
        first.setdefault(envelope[:2], envelope)
    return list(first.values())


def without_one(flying: tuple[Envelope, ...], envelope: Envelope) -> list[Envelope]:
    """All but one copy, the first."""
    at = flying.index(envelope)
    return [*flying[:at], *flying[at + 1 :]]


def with_drops(system: System, state: State) -> State:
    """Without the messages that both their ends drop."""
    local = dict(zip(system.roles, state.actors, strict=True))

    def drops(actor: str, is_sender: bool, is_receiver: bool, message: int) -> bool:
        dropped = system.roles[actor].drops or frozenset()
        phase = local[actor].phase
        return (is_sender and (True, message, phase) in dropped) or (
            is_receiver and (False, message, phase) in dropped
        )

    kept = [
        (sender, receiver, message)
        for sender, receiver, message in state.flying
        if not (
            drops(sender, True, sender == receiver, message)
            and drops(receiver, sender == receiver, True, message)
        )
    ]
    return state._replace(flying=arranged(system, kept))


# -- states and steps --------------------------------------------------------------------------


def initial_states(system: System) -> list[State]:
    """Each distinct one once."""
    left = tuple(system.faults.get(name, _unsaid(name)) for name in BUDGETS)
    begun: list[tuple[tuple[Local, ...], tuple[Envelope, ...]]] = [((), ())]
    for actor, role in system.roles.items():
        fresh = Local("up", role.phase, role.kept, frozenset(), frozenset(), frozenset())
        begun = [
            ((*actors, done.local), (*flying, *done.sent))
            for actors, flying in begun
            for done in reactions(system, actor, "start", None, fresh)
        ]
    states = [
        with_drops(system, State(actors, arranged(system, list(flying)), left))
        for actors, flying in begun
    ]
    return list(dict.fromkeys(states))


def _unsaid(budget: str) -> int | None:
    return None if budget == "timeouts" else 0


def steps(system: System, state: State, asked: set[tuple[Any, ...]]) -> dict[Label, State]:
    """The steps from a state; notes the pairs of local state and event that it asks about."""
    found: dict[Label, State] = {}
    found.update(_deliveries(system, state, asked))
    quiet = not found
    for at, actor in enumerate(system.roles):
        local = state.actors[at]
        if local.status == "up":
            found.update(_timeouts(system, state, actor, quiet, asked))
            found.update(_going_down(system, state, actor, asked))
        if local.status == "down":
            asked.add((actor, local, "recover"))
            for done in reactions(system, actor, "recover", None, local):
                up = done._replace(local=done.local._replace(status="up"))
                label = Label("recover", actor, None, done.choices)
                found[label] = _after(system, state, actor, up, list(state.flying))
    found.update(_network_faults(system, state))
    return found


def _after(
    system: System,
    state: State,
    actor: str,
    done: Done,
    rest: list[Envelope],
    budget: str | None = None,
) -> State:
    """The state after a step of `actor`; `rest` is what it left in flight."""
    at = list(system.roles).index(actor)
    actors = (*state.actors[:at], done.local, *state.actors[at + 1 :])
    flying = arranged(system, [*rest, *done.sent])
    return with_drops(system, State(actors, flying, _spent(state, budget), state.cut))


def _spent(state: State, budget: str | None) -> tuple[int | None, ...]:
    return tuple(
        count - 1 if name == budget and count is not None else count
        for name, count in zip(BUDGETS, state.left, strict=True)
    )


def _is_left(state: State, budget: str) -> bool:
    count = state.left[BUDGETS.index(budget)]
    return count is None or count > 0


def _deliveries(
    system: System, state: State, asked: set[tuple[Any, ...]]
) -> Iterator[tuple[Label, State]]:
    for envelope in next_ones(system, state.flying):
        sender, receiver, message = envelope
        if state.cut and (sender in state.cut) != (receiver in state.cut):
            continue
        local = state.actors[list(system.roles).index(receiver)]
        if local.status != "up":
            continue
        asked.add((receiver, local, "receive", sender, message))
        for done in reactions(system, receiver, "receive", message, local):
            ignored = done.local == local and not done.sent
            if ignored and system.keep_ignored:
                continue
            rest = list(state.flying)
            if system.network != "set":
                rest = without_one(state.flying, envelope)
            label = Label("deliver", receiver, (sender, message), done.choices)
            yield label, _after(system, state, receiver, done, rest)


def _timeouts(
    system: System, state: State, actor: str, quiet: bool, asked: set[tuple[Any, ...]]
) -> Iterator[tuple[Label, State]]:
    waits = system.waits if isinstance(system.waits, bool) else actor in system.waits
    if waits and not quiet:
        return
    local = state.actors[list(system.roles).index(actor)]
    counted = system.faults.get("timers")
    for timer in local.timers:
        counts = system.faults.get("timeouts") is not None and (counted is None or timer in counted)
        if counts and not _is_left(state, "timeouts"):
            continue
        asked.add((actor, local, "timeout", timer))
        disarmed = local._replace(timers=local.timers - {timer})
        for done in reactions(system, actor, "timeout", timer, disarmed):
            label = Label("timeout", actor, timer, done.choices)
            budget = "timeouts" if counts else None
            yield label, _after(system, state, actor, done, list(state.flying), budget)


def _going_down(
    system: System, state: State, actor: str, asked: set[tuple[Any, ...]]
) -> Iterator[tuple[Label, State]]:
    may = system.faults.get("actors")
    if may is not None and actor not in may:
        return
    local, role = state.actors[list(system.roles).index(actor)], system.roles[actor]
    if _is_left(state, "crashes"):
        asked.add((actor, local, "crash"))
        reset = local._replace(
            status="down", phase=role.phase, seen=frozenset(), timers=frozenset()
        )
        for done in reactions(system, actor, "crash", None, reset):
            label = Label("crash", actor, None, done.choices)
            yield label, _after(system, state, actor, done, list(state.flying), "crashes")
    if _is_left(state, "stops"):
        asked.add((actor, local, "stop"))
        stopped = Done(local._replace(status="stopped", timers=frozenset()), (), ())
        yield (
            Label("stop", actor),
            _after(system, state, actor, stopped, list(state.flying), "stops"),
        )


def _network_faults(system: System, state: State) -> Iterator[tuple[Label, State]]:
    for envelope in next_ones(system, state.flying):
        if _is_left(state, "losses"):
            fewer = arranged(system, without_one(state.flying, envelope))
            after = state._replace(flying=fewer, left=_spent(state, "losses"))
            yield Label("lose", "", envelope), with_drops(system, after)
        if _is_left(state, "duplications") and system.network != "set":
            at = state.flying.index(envelope)
            more = arranged(system, [*state.flying[:at], envelope, *state.flying[at:]])
            after = state._replace(flying=more, left=_spent(state, "duplications"))
            yield Label("duplicate", "", envelope), with_drops(system, after)
    if state.cut:
        yield Label("heal", ""), with_drops(system, state._replace(cut=()))
    elif _is_left(state, "partitions"):
        for side in sides(system):
            after = state._replace(cut=side, left=_spent(state, "partitions"))
            yield Label("cut", "", side), with_drops(system, after)


def sides(system: System) -> list[tuple[str, ...]]:
    """For each way to cut the network, the actors on the side without the first one."""
    first, *others = system.roles
    cuts = system.faults.get("cuts")
    if cuts is None:
        return [side for size in range(1, len(others) + 1) for side in combinations(others, size)]
    found = []
    for cut in cuts:
        side = tuple(one for one in system.roles if (one in cut) != (first in cut))
        if side not in found:
            found.append(side)
    return found


# -- exploring ---------------------------------------------------------------------------------


def explore(system: System, most: int) -> Explored | None:
    """Explore breadth first, all of it; or, where there are more than `most` states, as deep as
    all are no more than that. None if the initial states alone are more."""
    level = initial_states(system)
    found = Explored(system, dict.fromkeys(level, 0), {}, {}, None)
    if len(level) > most:
        return None
    depth = 0
    while level:
        depth += 1
        following: dict[State, int] = {}
        for state in level:
            found.asked[state] = set()
            found.steps[state] = steps(system, state, found.asked[state])
            for after in found.steps[state].values():
                if after not in found.depths:
                    following[after] = depth
            if len(found.depths) + len(following) > most:
                return _looked_at_whole(found, depth - 1)
        found.depths.update(following)
        level = list(following)
    return found


def _looked_at_whole(found: Explored, cut: int) -> Explored:
    """As deep as `cut`, with the steps from all states there."""
    for state in found.depths:
        if state not in found.steps:
            found.asked[state] = set()
            found.steps[state] = steps(found.system, state, found.asked[state])
    return found._replace(cut=cut)


# -- what properties say -----------------------------------------------------------------------


def facts_of(system: System, state: State) -> frozenset[int]:
    """The fact set."""
    found: set[int] = set()
    for (_, role), local in zip(system.roles.items(), state.actors, strict=True):
        found |= local.history
        found |= {fact for phase, fact in role.facts if phase == local.phase}
    return frozenset(found)


def of_facts(about: tuple[Any, ...], facts: frozenset[int]) -> bool:
    """Whether a fact set is as a claim says."""
    match about:
        case ("not", other):
            return not of_facts(other, facts)
        case ("all", wanted):
            return all(fact in facts for fact in wanted)
        case ("any", wanted):
            return any(fact in facts for fact in wanted)
        case ("at most", count):
            return len(facts) <= count
        case ("evens at most", most):
            return all(fact <= most for fact in facts if fact % 2 == 0)
    raise ValueError(f"nothing to say of facts: {about!r}")


def of_state(system: System, about: tuple[Any, ...], state: State) -> bool:
    """Whether a state is as a claim says."""
    local = dict(zip(system.roles, state.actors, strict=True))
    match about:
        case ("not", other):
            return not of_state(system, other, state)
        case ("flying at most", count):
            return len(state.flying) <= count
        case ("copies at most", count):
            return all(state.flying.count(envelope) <= count for envelope in state.flying)
        case ("in phase", actor, phase):
            return local[actor].phase == phase
        case ("armed", actor, timer):
            return timer in local[actor].timers
        case ("is", actor, status):
            return local[actor].status == status
        case ("left", budget, count):
            return state.left[BUDGETS.index(budget)] == count
        case ("cut off", actor):
            return actor in state.cut
        case ("saw", actor, number):
            return number in local[actor].seen
        case ("facts", other):
            return of_facts(other, facts_of(system, state))
    raise ValueError(f"nothing to say of states: {about!r}")


def of_step(about: tuple[Any, ...], before: Local, label: Label, after: Local) -> bool:
    """Whether a step of an actor is as a claim says."""
    match about:
        case ("not", other):
            return not of_step(other, before, label, after)
        case ("from to", one, other):
            return (before.phase, after.phase) == (one, other)
        case ("kind", kind):
            return label.kind == kind
        case ("about", what):
            return label.what == what or (label.kind == "deliver" and label.what[1] == what)
        case ("keeps",):
            return before.kept == after.kept
        case ("both", one, other):
            return of_step(one, before, label, after) and of_step(other, before, label, after)
    raise ValueError(f"nothing to say of steps: {about!r}")


def decides(system: System, claim: Claim, state: State) -> bool:
    """Whether a state decides a claim that is not about steps."""
    if claim.kind in ("FactInvariant", "Invariant", "Witness"):
        answer = of_facts(claim.about, facts_of(system, state))
    else:
        answer = of_state(system, claim.about, state)
    return answer is (claim.kind in ("Witness", "StateWitness"))


def step_decides(system: System, claim: Claim, state: State, label: Label, after: State) -> bool:
    """Whether a step violates a StepInvariant: a delivery, a timer or a recovery may."""
    if label.kind not in ("deliver", "timeout", "recover"):
        return False
    at = list(system.roles).index(label.actor)
    return not of_step(claim.about, state.actors[at], label, after.actors[at])
