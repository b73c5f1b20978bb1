"""An explorer of random models that shares nothing with Islander but the tables of the actors.

States are plain dicts that are deep-copied; it is written to be evidently right.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from islander import Model

from .random_models import LAST


class Naive(NamedTuple):
    """What `explore` found: states (by `key`), the depth of each, and for each its successors, one
    for each step."""

    depths: dict[str, int]
    successors: dict[str, list[str]]
    initial: list[str]


def explore(model: Model, max_states: int) -> Naive | None:
    """Explore `model` breadth first; None if it has more than `max_states` states."""
    starts: list[Any] = [{"actors": {}, "flying": []}]
    for actor in model.actors:
        fresh = {"phase": 0, "mode": 0, "timers": [], "heard": []}
        starts = [
            _after(state, actor, local, sent)
            for state in starts
            for local, sent in reactions(model, actor, "start", "", fresh)
        ]
    frontier = {key(state): state for state in starts}
    found = Naive(dict.fromkeys(frontier, 0), {}, list(frontier))
    while frontier:
        following: dict[str, Any] = {}
        for name, state in frontier.items():
            found.successors[name] = []
            for after in steps(model, state):
                found.successors[name].append(key(after))
                if key(after) not in found.depths:
                    found.depths[key(after)] = found.depths[name] + 1
                    following[key(after)] = after
        if len(found.depths) > max_states:
            return None
        frontier = following
    return found


def steps(model: Model, state: Any) -> Iterator[Any]:
    """The state after each step from `state`."""
    for envelope in sorted(set(state["flying"])):
        _, receiver, message = envelope
        before = state["actors"][receiver]
        for local, sent in reactions(model, receiver, "receive", message, before):
            if local == before and not sent and model.network.keep_ignored:
                continue
            rest = deepcopy(state)
            rest["flying"].remove(envelope)
            yield _after(rest, receiver, local, sent)
    for actor, before in state["actors"].items():
        for timer in before["timers"]:
            for local, sent in reactions(model, actor, "timeout", timer, before):
                yield _after(state, actor, local, sent)


def reactions(
    model: Model, actor: str, kind: str, what: str, before: Any
) -> Iterator[tuple[Any, list[Any]]]:
    """The local state after, and what was sent, for every way to choose."""
    table: Any = type(model.actors[actor]).table
    for option in table.get((kind, what, before["phase"], before["mode"]), (None,)):
        for and_maybe in (True, False) if option and option.maybe else (False,):
            local, sent = deepcopy(before), []
            if kind == "timeout":
                local["timers"].remove(what)
            if option:
                local["phase"] = min(before["phase"] + option.climb, LAST)
                local["mode"] = option.mode
                timers = (set(local["timers"]) | set(option.arms)) - set(option.cancels)
                local["timers"] = sorted(timers)
                if option.records:
                    local["heard"] = sorted({*local["heard"], what})
                if local["phase"] > before["phase"] or kind == "start":
                    sent = [*option.sends, *([option.maybe] if and_maybe else [])]
            yield local, [(actor, to, message) for to, message in sent]


def key(state: Any) -> str:
    """A text that two states share exactly when they are equal."""
    actors = {
        actor: [local["phase"], local["mode"], local["timers"], local["heard"]]
        for actor, local in state["actors"].items()
    }
    return repr((actors, sorted(state["flying"])))


def complete_paths(found: Naive, most: int) -> int | None:
    """How many paths lead from an initial state to a terminal one, counted one by one; None if a
    path comes back to a state it has been in. Raises OverflowError beyond `most`."""
    count = 0
    stack = [(name, (name,)) for name in found.initial]
    while stack:
        name, path = stack.pop()
        for after in found.successors[name]:
            if after in path:
                return None
            stack.append((after, (*path, after)))
        count += not found.successors[name]
        if count + len(stack) > most:
            raise OverflowError(f"more than {most} paths")
    return count


def _after(state: Any, actor: str, local: Any, sent: list[Any]) -> Any:
    after = deepcopy(state)
    after["actors"][actor] = deepcopy(local)
    after["flying"] += sent
    return after
