"""What a model is, what a step is, and the search over all of them."""

from .actor import Actor, Choice
from .client import Client, Operation
from .errors import (
    CheckFailed,
    FreezeError,
    HandlerError,
    IslanderError,
    ModelError,
    NondeterminismError,
    PropertyError,
    TraceError,
    UsageError,
)
from .events import Crash, Cut, Deliver, Duplicate, Heal, Lose, Recover, Stop, Timeout
from .explore import ENGINES, explore
from .facts import Fact, FactSet
from .faults import Faults, FaultState, durable
from .model import Model
from .network import Bag, Duplicating, Envelope, Fifo, Network
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
from .pulse import Pulsing
from .result import Progress, PropertyResult, Result, Verdict
from .semantics import StateView
from .trace import Trace, TraceStep
from .walks import Simulation, simulate

__all__ = [
    "ENGINES",
    "Actor",
    "Bag",
    "CheckFailed",
    "Choice",
    "Client",
    "Crash",
    "Cut",
    "Deliver",
    "Duplicate",
    "Duplicating",
    "Envelope",
    "Explanation",
    "Fact",
    "FactInvariant",
    "FactSet",
    "FaultState",
    "Faults",
    "Fifo",
    "FreezeError",
    "HandlerError",
    "Heal",
    "IslanderError",
    "LocalStep",
    "Lose",
    "Model",
    "ModelError",
    "Network",
    "NondeterminismError",
    "Operation",
    "Progress",
    "Property",
    "PropertyError",
    "PropertyResult",
    "Pulsing",
    "Recover",
    "Result",
    "Simulation",
    "StateInvariant",
    "StateView",
    "StateWitness",
    "StepInvariant",
    "Stop",
    "Subject",
    "Timeout",
    "Trace",
    "TraceError",
    "TraceStep",
    "UsageError",
    "Verdict",
    "Witness",
    "durable",
    "explore",
    "simulate",
]
