"""What two-phase commit is to accomplish: tlaplus/Examples,
specifications/transaction_commit/TCommit.tla, after "Consensus on Transaction Commit" by Gray and
Lamport. Counts are in manifest.json beside it.

A resource manager that decides looks at all the others, without a message. Nothing differs: the
variable is its variable and the actions its actions. How it becomes an actor, and what TLC's
numbers mean here, is said in `specification`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from islander import Model, StateInvariant

from .specification import Action, Specification


@dataclass
class TransactionCommit(Specification):
    rm_state: dict[str, str]

    def actions(self) -> Iterator[Action]:
        states = set(self.rm_state.values())
        can_commit = states <= {"prepared", "committed"}
        not_committed = "committed" not in states
        for rm, state in sorted(self.rm_state.items()):
            if state == "working":
                yield "become", rm, "prepared"
            if state == "prepared" and can_commit:
                yield "become", rm, "committed"
            if state in ("working", "prepared") and not_committed:
                yield "become", rm, "aborted"

    def become(self, rm: str, state: str) -> None:
        self.rm_state[rm] = state


def consistent(states: set[str]) -> bool:
    """No resource manager has aborted and another one committed."""
    return not {"aborted", "committed"} <= states


def transaction_commit(resource_managers: int = 3) -> Model:
    names = [f"r{n + 1}" for n in range(resource_managers)]
    return Model(
        name="TCommit",
        actors={"spec": TransactionCommit(dict.fromkeys(names, "working"))},
        properties=[
            StateInvariant(
                "TCConsistent",
                lambda state: consistent(set(state.actors["spec"].rm_state.values())),
            )
        ],
    )
