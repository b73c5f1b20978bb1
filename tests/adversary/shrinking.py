"""Making a case that shows a difference smaller, by leaving out what can be left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from .pool import Case
from .system import Node, Role, Rule, System


def shrink(case: Case, fails: Callable[[Case], bool], seconds: float) -> Case:
    """A smaller case of which `fails` is true, found in about so many seconds."""
    until = time.monotonic() + seconds
    found: Case | None = case
    while found is not None:
        case, found = found, None
        for candidate in smaller(case):
            if time.monotonic() > until:
                return case
            if fails(candidate):
                found = candidate
                break
    return case


def smaller(case: Case) -> Iterator[Case]:
    """Cases with one thing less."""
    for plan in _plans(case.plan):
        yield case._replace(plan=plan)
    for system in _systems(case.system):
        yield case._replace(system=system)


def _plans(plan: Any) -> Iterator[Any]:
    for at in range(len(plan.trials)):
        yield plan._replace(trials=plan.trials[:at] + plan.trials[at + 1 :])
    if plan.threads > 1:
        yield plan._replace(threads=plan.threads - 1)
    for at in range(len(plan.sizes)):
        yield plan._replace(sizes=plan.sizes[:at] + plan.sizes[at + 1 :])
    if plan.most > 20:
        yield plan._replace(most=plan.most // 2)
    for flag in ("small", "growth"):
        if getattr(plan, flag):
            yield plan._replace(**{flag: False})
    if not plan.keep_going:
        yield plan._replace(keep_going=True)


def _systems(system: System) -> Iterator[System]:
    for actor in system.roles if len(system.roles) > 1 else ():
        yield _without_actor(system, actor)
    for at in range(len(system.claims) if len(system.claims) > 1 else 0):
        yield system._replace(claims=system.claims[:at] + system.claims[at + 1 :])
    for name, value in system.faults.items():
        rest = {other: it for other, it in system.faults.items() if other != name}
        if not (name == "cuts" and len(system.roles) > 6):
            yield system._replace(faults=rest)
        if isinstance(value, int) and value > 1:
            yield system._replace(faults={**system.faults, name: 1})
    plain: dict[str, Any] = {"payload": "str", "offers": "tuple", "waits": False}
    plain |= {"keep_ignored": False, "network": "bag"}
    for name, value in plain.items():
        if getattr(system, name) != value:
            yield system._replace(**{name: value})
    for actor, role in system.roles.items():
        for smaller in _roles(role):
            yield system._replace(roles={**system.roles, actor: smaller})


def _without_actor(system: System, gone: str) -> System:
    roles = {actor: role for actor, role in system.roles.items() if actor != gone}
    kept = {
        actor: role._replace(
            rules=tuple(rule._replace(node=_not_to(rule.node, gone)) for rule in role.rules)
        )
        for actor, role in roles.items()
    }
    faults = dict(system.faults)
    if "actors" in faults:
        faults["actors"] = [one for one in faults["actors"] if one != gone]
    if "cuts" in faults:
        faults["cuts"] = [[one for one in cut if one != gone] for cut in faults["cuts"]]
        faults["cuts"] = [cut for cut in faults["cuts"] if 0 < len(set(cut)) < len(kept)]
    if len(kept) < 2 or faults.get("cuts") == []:
        faults.pop("partitions", None)
        faults.pop("cuts", None)
    waits = system.waits
    if not isinstance(waits, bool):
        waits = tuple(one for one in waits if one != gone)
    claims = tuple(claim for claim in system.claims if gone not in str(claim.about).split("'"))
    whole = system._replace(roles=kept, faults=faults, waits=waits)
    return whole._replace(claims=claims or system.claims)


def _not_to(node: Node, gone: str) -> Node:
    effects: list[Any] = []
    for effect in node.effects:
        if effect[0] == "broadcast":
            effects.append(("broadcast", tuple(one for one in effect[1] if one != gone), effect[2]))
        elif effect[0] != "send" or effect[1] != gone:
            effects.append(effect)
    return Node(tuple(effects), tuple(_not_to(branch, gone) for branch in node.branches))


def _roles(role: Role) -> Iterator[Role]:
    rules = role.rules
    if len(rules) > 8:
        yield role._replace(rules=rules[: len(rules) // 2])
        yield role._replace(rules=rules[len(rules) // 2 :])
    for at in range(len(rules)):
        yield role._replace(rules=rules[:at] + rules[at + 1 :])
    if role.facts:
        yield role._replace(facts=())
    if role.drops is not None:
        yield role._replace(drops=None)
        for one in role.drops:
            yield role._replace(drops=role.drops - {one})
    for name in ("phase", "kept"):
        if getattr(role, name):
            yield role._replace(**{name: 0})
    for at, rule in enumerate(rules):
        for smaller in _rules(rule):
            yield role._replace(rules=(*rules[:at], smaller, *rules[at + 1 :]))


def _rules(rule: Rule) -> Iterator[Rule]:
    for name in ("phase", "kept"):
        if getattr(rule, name) is not None:
            yield rule._replace(**{name: None})
    for node in _nodes(rule.node):
        yield rule._replace(node=node)


def _nodes(node: Node) -> Iterator[Node]:
    effects, branches = node
    if len(effects) > 8:
        yield node._replace(effects=effects[: len(effects) // 2])
        yield node._replace(effects=effects[len(effects) // 2 :])
    for at in range(len(effects)):
        yield node._replace(effects=effects[:at] + effects[at + 1 :])
    if branches:
        yield node._replace(branches=())
    if len(branches) > 8:
        yield node._replace(branches=branches[: len(branches) // 2])
    for at in range(len(branches) if len(branches) > 1 else 0):
        yield node._replace(branches=branches[:at] + branches[at + 1 :])
    for at, branch in enumerate(branches):
        for smaller in _nodes(branch):
            yield node._replace(branches=(*branches[:at], smaller, *branches[at + 1 :]))
