"""Two-phase commit as actors, after stateright/stateright, examples/2pc.rs.

The original is no actor system but one state machine, after "Consensus on Transaction Commit" by
Gray and Lamport, with a set of messages that only grows: `Duplicating()`. The mapping of its states
to those here is one to one:

- `Prepared` of a resource manager is an envelope from it to the transaction manager. `Commit` and
  `Abort`, one message for all there, are an envelope to each resource manager here; they are sent
  at once and never removed, so either all of them are in flight or none is.
- What a manager may do on its own, there an action that is enabled by its state, is a timer here
  that is armed in the same states: a resource manager's while it is working, the transaction
  manager's until it has decided. When it fires the manager chooses.

There, the transaction manager receives `Prepared` only until it has decided. Here that delivery is
ignored and changes nothing: a step more from a state to itself, and no state.

The number of states for n resource managers follows from the protocol, too: while the transaction
manager has not decided, each is working, prepared (and known to be, or not) or aborted by itself;
after a commit all are known to be prepared and have heard of it or not; after an abort, each is in
one of the first four situations, or was prepared (known to be, or not) and has aborted since.
Together that is 4ⁿ + 2ⁿ + 6ⁿ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

from islander import Actor, Duplicating, Fact, FactInvariant, FactSet, Model, Witness

COORDINATOR = "tm"


class Prepared(NamedTuple):
    pass


class Commit(NamedTuple):
    pass


class Abort(NamedTuple):
    pass


class Finished(Fact):
    """A resource manager is in a final state."""

    manager: Annotated[str, "manager"]
    outcome: Annotated[str, "outcome"]


@dataclass
class ResourceManager(Actor):
    state: str = "working"

    def start(self) -> None:
        self.set_timer("make up one's mind")

    def timeout(self, name: str) -> None:
        self.state = self.choose(["prepared", "aborted"])
        if self.state == "prepared":
            self.send(COORDINATOR, Prepared())

    def receive(self, message: Any, sender: str) -> None:
        self.cancel_timer("make up one's mind")
        self.state = "committed" if isinstance(message, Commit) else "aborted"

    def facts(self) -> list[Finished]:
        return [Finished(self.id, self.state)] if self.state in ("committed", "aborted") else []


@dataclass
class TransactionManager(Actor):
    managers: tuple[str, ...]
    state: str = "undecided"
    prepared: set[str] = field(default_factory=set)

    def start(self) -> None:
        self.set_timer("decide")

    def timeout(self, name: str) -> None:
        ready = self.prepared == set(self.managers)
        self.state = self.choose(["aborted", "committed"] if ready else ["aborted"])
        self.broadcast(self.managers, Commit() if self.state == "committed" else Abort())

    def receive(self, message: Any, sender: str) -> None:
        if self.state == "undecided":
            self.prepared.add(sender)


def two_phase_commit(resource_managers: int = 3) -> Model:
    names = tuple(f"rm{n + 1}" for n in range(resource_managers))

    def all_finished(outcome: str, facts: FactSet) -> bool:
        return facts == {Finished(name, outcome) for name in names}

    return Model(
        name="two-phase commit",
        actors={
            COORDINATOR: TransactionManager(names),
            **{name: ResourceManager() for name in names},
        },
        network=Duplicating(),
        properties=[
            FactInvariant("consistent", consistent),
            Witness("abort agreement", lambda facts: all_finished("aborted", facts)),
            Witness("commit agreement", lambda facts: all_finished("committed", facts)),
        ],
    )


def consistent(facts: FactSet) -> bool:
    return len({fact.outcome for fact in facts if isinstance(fact, Finished)}) <= 1
