"""Traces made by taking steps of a model, for reports to tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from islander import Duplicating, Fifo, Model, Trace
from islander.explorer.network import Bag, Network
from islander.explorer.semantics import Semantics
from islander.explorer.trace import trace_step

from ..explorer.random_models import faulty_models

NETWORKS: tuple[type[Network], ...] = (Bag, Duplicating, Fifo)


def run_of(model: Model, picks: Sequence[int] = ()) -> Trace:
    """The run of `model` that takes, of the steps that are possible, the one that each pick names,
    counted around; from the initial state that the first pick names."""
    semantics = Semantics(model)
    begins = semantics.initial_states()
    state = initial = begins[picks[0] % len(begins) if picks else 0]
    steps = []
    for pick in picks[1:]:
        possible = list(semantics.steps(state))
        if not possible:
            break
        step = possible[pick % len(possible)]
        steps.append(trace_step(semantics, state, step))
        state = step.after
    return Trace(model, semantics, initial, tuple(steps))


@st.composite
def runs(draw: st.DrawFn, networks: tuple[type[Network], ...] = NETWORKS) -> Trace:
    """Short runs of random models with faults."""
    picks: Any = st.lists(st.integers(0, 30), min_size=1, max_size=14)
    return run_of(draw(faulty_models(networks)), draw(picks))
