"""Facts, formulas and z3: judging what a model reaches, and saying why."""

from .consensus import (
    AcceptorId,
    Ballot,
    Proposed,
    ProposerId,
    Reported,
    Value,
    Voted,
    Wanted,
    chosen,
    greatest_promise_selection,
    promises_never_decrease,
    single_chosen_value,
    validity,
)
from .invariant import Invariant
from .language import Language
from .quorums import Quorums

__all__ = [
    "AcceptorId",
    "Ballot",
    "Invariant",
    "Language",
    "Proposed",
    "ProposerId",
    "Quorums",
    "Reported",
    "Value",
    "Voted",
    "Wanted",
    "chosen",
    "greatest_promise_selection",
    "promises_never_decrease",
    "single_chosen_value",
    "validity",
]
