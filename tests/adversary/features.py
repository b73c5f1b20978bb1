"""What a model uses: counted, so that a run that leaves something out can be told."""

from __future__ import annotations

from collections.abc import Iterator

from .expected import Expected
from .explorer import Explored, Label, explore

ALWAYS = (
    *(
        f"network {name}{kept}"
        for name in ("bag", "set", "fifo")
        for kept in ("", " keeps ignored")
    ),
    *(
        f"{kind} happens"
        for kind in (
            "deliver",
            "timeout",
            "crash",
            "stop",
            "recover",
            "lose",
            "duplicate",
            "cut",
            "heal",
        )
    ),
    *(f"choice in {kind}" for kind in ("start", "deliver", "timeout", "crash", "recover")),
    *(f"nested choice in {kind}" for kind in ("start", "deliver", "timeout", "crash", "recover")),
    *(
        f"{kind} {verdict}"
        for kind in (
            "Invariant",
            "FactInvariant",
            "StateInvariant",
            "StepInvariant",
            "Witness",
            "StateWitness",
        )
        for verdict in ("holds", "violated", "incomplete")
    ),
    *(f"{kind} without end" for kind in ("crashes", "stops", "losses", "partitions")),
    *(f"payload {kind}" for kind in ("str", "int", "tuple", "record", "class")),
    "duplications without end",
    "facts by both ways",
    "timers wait",
    "timers of some wait",
    "timers count",
    "timers of some names count",
    "some actors fail",
    "cuts are given",
    "drops from a bag",
    "drops from a set",
    "drops from a fifo",
    "several initial states",
    "equal messages",
    "self-send",
    "1 kind of envelope",
    "2 to 10 kinds of envelope",
    "11 to 63 kinds of envelope",
    "64 and more kinds of envelope",
    "ignored delivery is no step",
    "cyclic",
    "several interleavings",
    "without end",
    "durable field survives",
)
"""The features that a sample of a few hundred models has to have."""


def features(explored: Explored, expected: Expected) -> set[str]:
    """The features of a system, by what happened in it."""
    return set(_declared(explored)) | set(_happened(explored)) | set(_found(explored, expected))


def _declared(explored: Explored) -> Iterator[str]:
    system = explored.system
    yield f"network {system.network}" + (" keeps ignored" if system.keep_ignored else "")
    yield f"payload {system.payload}"
    for kind in ("crashes", "stops", "losses", "duplications", "partitions"):
        if system.faults.get(kind, 0) is None:
            yield f"{kind} without end"
    if system.waits:
        yield "timers wait" if system.waits is True else "timers of some wait"
    if system.faults.get("timeouts") is not None:
        counted = system.faults.get("timers") is not None
        yield "timers of some names count" if counted else "timers count"
    if system.faults.get("actors") is not None:
        yield "some actors fail"
    if system.faults.get("cuts") is not None:
        yield "cuts are given"


def _happened(explored: Explored) -> Iterator[str]:
    system = explored.system
    kinds = set()
    for state, steps in explored.steps.items():
        kinds.update(state.flying)
        for label, after in steps.items():
            yield from _of_step(label)
            at = list(system.roles).index(label.actor) if label.kind == "crash" else None
            if at is not None and after.actors[at].kept != list(system.roles.values())[at].kept:
                yield "durable field survives"
        asked = {one[0] + str(one[3:]) for one in explored.asked[state] if one[2] == "receive"}
        taken = {label.actor + str(label.what) for label in steps if label.kind == "deliver"}
        if asked - taken and system.keep_ignored:
            yield "ignored delivery is no step"
        if len(set(state.flying)) < len(state.flying):
            yield "equal messages"
    yield _kinds(len(kinds))


def _of_step(label: Label) -> Iterator[str]:
    yield f"{label.kind} happens"
    if label.choices:
        yield f"choice in {label.kind}"
    if len(label.choices) > 1:
        yield f"nested choice in {label.kind}"
    if label.kind == "deliver" and label.what[0] == label.actor:
        yield "self-send"


def _kinds(count: int) -> str:
    if count <= 1:
        return f"{count} kind of envelope"
    if count <= 10:
        return "2 to 10 kinds of envelope"
    return "11 to 63 kinds of envelope" if count < 64 else "64 and more kinds of envelope"


def _found(explored: Explored, expected: Expected) -> Iterator[str]:
    system = explored.system
    if explored.cut is not None:
        yield "without end"
    if expected.interleavings[1]:
        yield "cyclic"
    if (expected.interleavings[0] or 0) > 1:
        yield "several interleavings"
    if list(explored.depths.values()).count(0) > 1:
        yield "several initial states"
    for role in system.roles.values():
        for rule in role.rules:
            if rule.kind == "start" and rule.node.branches:
                yield "choice in start"
                if any(branch.branches for branch in rule.node.branches):
                    yield "nested choice in start"
    for claim in system.claims:
        yield f"{claim.kind} {expected.answer(claim).verdict}"
    recorded = {fact for state in explored.depths for one in state.actors for fact in one.history}
    if recorded and any(role.facts for role in system.roles.values()):
        yield "facts by both ways"
    if any(role.drops for role in system.roles.values()) and _drops_matter(explored):
        yield f"drops from a {system.network}"


def _drops_matter(explored: Explored) -> bool:
    roles = {one: role._replace(drops=None) for one, role in explored.system.roles.items()}
    without = explore(explored.system._replace(roles=roles), 2 * len(explored.depths))
    return without is None or list(without.depths) != list(explored.depths)
