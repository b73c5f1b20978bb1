"""What a model is, what a step is, and the search over all of them."""

from .actor import Actor, Choice
from .errors import (
    FreezeError,
    HandlerError,
    IslanderError,
    ModelError,
    NondeterminismError,
    PropertyError,
    TraceError,
    UsageError,
)
from .explore import ENGINES, explore
from .facts import Fact, FactSet
from .handlers import Deliver, Timeout
from .model import Model
from .network import Bag, Envelope, Network
from .properties import (
    Explanation,
    FactInvariant,
    LocalStep,
    Property,
    StateInvariant,
    StateWitness,
    StepInvariant,
    Subject,
    Witness,
)
from .result import Progress, PropertyResult, Result, Verdict
from .semantics import StateView
from .trace import Trace, TraceStep
from .walks import Simulation, simulate

__all__ = [
    "ENGINES",
    "Actor",
    "Bag",
    "Choice",
    "Deliver",
    "Envelope",
    "Explanation",
    "Fact",
    "FactInvariant",
    "FactSet",
    "FreezeError",
    "HandlerError",
    "IslanderError",
    "LocalStep",
    "Model",
    "ModelError",
    "Network",
    "NondeterminismError",
    "Progress",
    "Property",
    "PropertyError",
    "PropertyResult",
    "Result",
    "Simulation",
    "StateInvariant",
    "StateView",
    "StateWitness",
    "StepInvariant",
    "Subject",
    "Timeout",
    "Trace",
    "TraceError",
    "TraceStep",
    "UsageError",
    "Verdict",
    "Witness",
    "explore",
    "simulate",
]
