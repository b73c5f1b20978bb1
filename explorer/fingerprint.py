"""Whether what Python decides is what it decided before: digests of all that has a number.

Values are written out part by part, never by a text of their own, which may leave something out.
Objects are told by the names of their classes, since where a class is in memory, or from which
file it was loaded, is another one in each process.
"""

from __future__ import annotations

import hashlib

from . import kernels
from .events import Deliver
from .freeze import Frozen, freeze
from .properties import Property
from .tables import Tabulation
from .trace import label


def exactly(frozen: Frozen) -> str:
    """A text of a frozen value that no other one has, classes of the same name apart."""
    if isinstance(frozen, type):
        return frozen.__qualname__
    if isinstance(frozen, tuple):
        return f"({','.join(map(exactly, frozen))})"
    return repr(frozen)


def digest(tabulation: Tabulation) -> str:
    """A digest of what handlers, `facts()` and `drops()` have answered, in order. What properties
    say of steps is not part of it, nor the texts of what was chosen."""
    made = hashlib.sha256()
    handlers = tabulation.semantics.handlers
    lines = [f"droppers {sorted(handlers.droppers)}"]
    for envelope in tabulation.envelopes:
        lines.append(f"{envelope.sender!r}|{envelope.receiver!r}|{exactly(envelope.payload)}")
    texts = {fact: exactly(freeze(fact)) for fact in tabulation.facts}
    lines += texts.values()
    for known in tabulation.locals:
        for local in known:
            history, facts = (
                sorted(map(texts.__getitem__, of)) for of in (local.history, local.facts)
            )
            about = f"{local.actor!r}|{local.timers}|{local.status}|{exactly(local.fields)}"
            lines.append(f"{about}|{history}|{facts}")
    for event in tabulation.events:
        delivered = event.envelope.index if isinstance(event, Deliver) else None
        lines.append(f"{event!r}" if delivered is None else f"delivery {delivered}")
    for outcome in tabulation.outcomes:
        kind, actor, sender, what, _ = label(outcome)
        choices = [(choice.position, choice.among) for choice in outcome.choices]
        sent = [envelope.index for envelope in outcome.sent]
        lines.append(f"{kind}|{actor!r}|{sender!r}|{exactly(what)}|{choices}|{sent}")
    for line in lines:
        made.update(f"{line}\n".encode("utf-8", "surrogatepass"))
    made.update(_steps(tabulation))
    made.update(tabulation.drops.answers)
    return made.hexdigest()


def answers_about_steps(tabulation: Tabulation, item: Property) -> str:
    """A digest of what a property of local steps says of each, in order."""
    made = hashlib.sha256()
    for outcome in tabulation.outcomes:
        said = dict(outcome.objections).get(item.name, True)
        made.update(f"{said}\n".encode())
    return made.hexdigest()


def _steps(tabulation: Tabulation) -> bytes:
    """The numbers of each outcome: its actor, the local states before and after, and flags."""
    steps = tabulation.steps.astype("<i8")
    steps[:, 3] &= ~kernels.OBJECTION
    return bytes(steps.tobytes())
