"""Coverage: what of a model's handlers an exploration made run, and what became of its messages.

A check that is green because a case never ran proves nothing about that case. An exploration keeps
each distinct pair of local state and event, so whatever ran can be found out afterwards, by running
the handlers of these pairs once more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .arms import Case
from .events import Deliver
from .freeze import Frozen, show
from .handlers import Handlers
from .misnamed import misnamed
from .source import Sources


class CaseRuns(NamedTuple):
    """A case or handler, and for how many distinct pairs of local state and event it ran."""

    case: Case
    pairs: int


class MessageKind(NamedTuple):
    """What became of the messages of one kind to actors of one class.

    `delivered` counts the distinct pairs of local state and message, `ignored` those of them in
    which nothing came of it.
    """

    kind: str
    receiver: str
    delivered: int
    ignored: int

    @property
    def problem(self) -> str:
        """ "never delivered", "always ignored", or ""."""
        if not self.delivered:
            return "never delivered"
        return "always ignored" if self.ignored == self.delivered else ""


@dataclass(frozen=True)
class Coverage:
    """What ran, in the order of the source, all kinds of messages that were sent, and how many
    distinct facts of each relation were true somewhere.

    Cases and handlers are those that a step can come to, but for those that only refuse. The
    handlers `timeout`, `crash` and `recover` of models without timers or crashes, methods that no
    handler names and those that are overridden are left out, unless they ran. `unread` names the
    classes whose source could not be read, or has been changed since it was imported, so that their
    cases are not known. `misnamed` are the methods that look like handlers and are none, in words.
    """

    cases: tuple[CaseRuns, ...]
    messages: tuple[MessageKind, ...]
    relations: tuple[tuple[str, int], ...]
    unread: tuple[str, ...] = field(default=())
    misnamed: tuple[str, ...] = field(default=())

    @property
    def never_run(self) -> tuple[Case, ...]:
        """The cases and handlers that never ran."""
        return tuple(case for case, pairs in self.cases if not pairs)

    @property
    def gaps(self) -> tuple[str, ...]:
        """What is wanting for all cases and handlers to have run, in words. What became of the
        messages is no part of it: many a message is rightly ignored."""
        never = [f"{case}: never ran" for case in self.never_run]
        unread = (f"{one}: its source cannot be read" for one in self.unread)
        return (*self.misnamed, *never, *unread)

    @property
    def wanting(self) -> bool:
        """Whether something is known to be wanting, whatever could not be read."""
        return bool(self.misnamed or self.never_run)


def coverage_of(handlers: Handlers) -> Coverage:
    """The coverage of what these handlers decided."""
    sources = Sources(handlers.model.actors)
    pairs = Counter(case for ran in _runs(handlers, sources) for case in dict.fromkeys(ran))
    facts = set().union(*(local.facts for local in handlers.locals))
    return Coverage(
        tuple(CaseRuns(case, pairs[case]) for case in sources.cases(_idle(handlers))),
        tuple(_messages(handlers)),
        tuple(sorted(Counter(type(fact).__name__ for fact in facts).items())),
        tuple(sources.unread),
        tuple(map(str, misnamed(handlers.model))),
    )


def kind_of(message: Frozen) -> str:
    """What kind of message a frozen one is: the name of its class; of a tuple that begins with a
    string, that; of a string or an enum's member, itself."""
    if isinstance(message, str):
        return show(message)
    if not isinstance(message, tuple):
        return type(message).__name__
    kind = message[0]
    if kind in (tuple, list) and len(message) > 1 and isinstance(message[1], str):
        return show(message[1])
    if hasattr(kind, "__members__"):
        return show(message)
    return str(kind.__name__)


def _idle(handlers: Handlers) -> set[str]:
    """The handlers that nothing in the model can call."""
    idle = set() if any(local.timers for local in handlers.locals) else {"timeout"}
    return idle | ({"crash", "recover"} if handlers.model.faults.crashes == 0 else set())


def _runs(handlers: Handlers, sources: Sources) -> Iterator[list[Case]]:
    for actor in handlers.model.actors:
        with sources.watch() as ran:
            handlers.starts(actor)
        yield ran
    for local, event in handlers.decided:
        with sources.watch() as ran:
            handlers.decide_again(local, event)
        yield ran


def _messages(handlers: Handlers) -> Iterator[MessageKind]:
    kinds: Mapping[str, str] = {
        name: type(actor).__name__ for name, actor in handlers.model.actors.items()
    }
    counts: dict[tuple[str, str], list[int]] = {}
    for envelope in handlers.envelopes:
        counts.setdefault((kind_of(envelope.payload), kinds[envelope.receiver]), [0, 0])
    for (_, event), outcomes in handlers.decided.items():
        if isinstance(event, Deliver) and outcomes:
            key = kind_of(event.envelope.payload), kinds[event.actor]
            counts[key][0] += 1
            counts[key][1] += all(outcome.ignored for outcome in outcomes)
    for (kind, receiver), (delivered, ignored) in counts.items():
        yield MessageKind(kind, receiver, delivered, ignored)
