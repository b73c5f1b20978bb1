"""Traces to draw: made by hand, by chance, and of a model whose every word is hostile."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from islander import Actor, Bag, Model
from islander.explorer import Faults, Network, Trace, durable
from islander.explorer.semantics import Semantics
from islander.explorer.trace import trace_step


@dataclass
class Teller(Actor):
    """Sends its `first` messages at the start and its `later` ones with the first message that
    arrives; sets its timers at the start; drops what is `unwanted` once it has heard something."""

    first: tuple[tuple[str, Any], ...] = ()
    later: tuple[tuple[str, Any], ...] = ()
    timers: tuple[str, ...] = ()
    unwanted: tuple[Any, ...] = ()
    heard: int = durable(0)

    def start(self) -> None:
        for to, message in self.first:
            self.send(to, message)
        for name in self.timers:
            self.set_timer(name)

    def receive(self, message: Any, sender: str) -> None:
        self.heard += 1
        if self.heard == 1:
            for to, answer in self.later:
                self.send(to, answer)

    def drops(self, message: Any, sender: str, receiver: str) -> bool:
        return message in self.unwanted and bool(self.heard or sender == self.id)

    def timeout(self, name: str) -> None:
        self.heard += 1


def told(network: Network | None = None, faults: Faults | None = None, **actors: Teller) -> Model:
    """A model of tellers."""
    return Model("told", actors, network or Bag(), faults=faults or Faults())


def taken(model: Model, *events: str) -> Trace:
    """The trace along these events, each as its `repr` begins."""
    semantics = Semantics(model)
    initial = state = semantics.initial_states()[0]
    steps = []
    for wanted in events:
        possible = list(semantics.steps(state))
        step = next((s for s in possible if repr(s.outcome.event).startswith(wanted)), None)
        assert step is not None, (wanted, [s.outcome.event for s in possible])
        steps.append(trace_step(semantics, state, step))
        state = step.after
    return Trace(model, semantics, initial, tuple(steps))


def walked(model: Model, steps: int, seed: int = 0) -> Trace:
    """A random walk of at most so many steps."""
    chance, semantics = random.Random(seed), Semantics(model)
    initial = state = semantics.initial_states()[0]
    found = []
    while len(found) < steps and (possible := list(semantics.steps(state))):
        step = chance.choice(possible)
        found.append(trace_step(semantics, state, step))
        state = step.after
    return Trace(model, semantics, initial, tuple(found))


HOSTILE = (
    "end",
    "</script>]]><b>&amp;\"'",
    "a;b#c:d%%e%%{init}#59;",
    "x\ny\r\0\x1b\ufffe\ud800\u2028",
    "**bold** //slanted// ~~ <U+0041> ..rule.. \\n $$x$$ @{a} [[link]]",
    "ﬂ°°59¶ß style A:x#y; 漢字😀",
    " ",
    "two  spaces ",
    "n" * 10_000,
)
"""Ids, messages and names of timers that mean something to one format or another."""


def hostile(faults: Faults | None = None) -> Model:
    """A ring of actors with hostile ids that send hostile messages, and an empty one."""
    following = dict(zip(HOSTILE, (*HOSTILE[1:], HOSTILE[0]), strict=True))
    actors = {
        name: Teller(
            first=((following[name], name), (name, ""), (HOSTILE[0], HOSTILE[1])),
            later=((following[name], {name: following[name]}),),
            timers=(name or "t",),
        )
        for name in HOSTILE
    }
    return Model("hostile <model> ]]>\n;#", actors, faults=faults or Faults())
