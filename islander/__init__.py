"""Islander: checks consensus protocols by walking every order in which their messages can arrive.

    from islander import Actor, Model, Invariant, explore

The public names, in one place; the parts they come from say what they mean.
"""

from .explorer import (
    Actor,
    Bag,
    Deliver,
    Envelope,
    Fact,
    FactInvariant,
    FactSet,
    IslanderError,
    Model,
    Network,
    Progress,
    PropertyResult,
    Result,
    Simulation,
    StateInvariant,
    StateWitness,
    StepInvariant,
    Timeout,
    Trace,
    Verdict,
    Witness,
    explore,
    simulate,
)
from .invariants import (
    Invariant,
    Proposed,
    Quorums,
    Reported,
    Voted,
    Wanted,
    greatest_promise_selection,
    promises_never_decrease,
    single_chosen_value,
    validity,
)

__version__ = "0.1.0"

__all__ = [
    "Actor",
    "Bag",
    "Deliver",
    "Envelope",
    "Fact",
    "FactInvariant",
    "FactSet",
    "Invariant",
    "IslanderError",
    "Model",
    "Network",
    "Progress",
    "PropertyResult",
    "Proposed",
    "Quorums",
    "Reported",
    "Result",
    "Simulation",
    "StateInvariant",
    "StateWitness",
    "StepInvariant",
    "Timeout",
    "Trace",
    "Verdict",
    "Voted",
    "Wanted",
    "Witness",
    "explore",
    "greatest_promise_selection",
    "promises_never_decrease",
    "simulate",
    "single_chosen_value",
    "validity",
]
