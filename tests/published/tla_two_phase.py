"""Two-phase commit as a specification: tlaplus/Examples,
specifications/transaction_commit/TwoPhase.tla, after "Consensus on Transaction Commit" by Gray and
Lamport. Counts are in manifest.json beside it and, for six resource managers, at the end of it.

Nothing differs: the variables are its variables and the actions its actions, named alike. How it
becomes an actor, and what TLC's numbers mean here, is said in `specification`. `two_phase_commit`
is the same protocol, message by message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from islander import Model, StateInvariant

from .specification import Action, Specification
from .tla_transaction_commit import consistent

COMMIT, ABORT = "Commit", "Abort"


def prepared(rm: str) -> str:
    """The message by which a resource manager says that it is prepared."""
    return f"Prepared {rm}"


@dataclass
class TwoPhase(Specification):
    rm_state: dict[str, str]
    tm_state: str = "init"
    tm_prepared: set[str] = field(default_factory=set)
    msgs: set[str] = field(default_factory=set)

    def actions(self) -> Iterator[Action]:
        if self.tm_state == "init":
            yield ("tm_abort",)
            if self.tm_prepared == set(self.rm_state):
                yield ("tm_commit",)
        for rm, state in sorted(self.rm_state.items()):
            if self.tm_state == "init" and prepared(rm) in self.msgs:
                yield "tm_rcv_prepared", rm
            if state == "working":
                yield "rm_prepare", rm
                yield "rm_choose_to_abort", rm
            if COMMIT in self.msgs:
                yield "rm_rcv_commit_msg", rm
            if ABORT in self.msgs:
                yield "rm_rcv_abort_msg", rm

    def tm_abort(self) -> None:
        self.tm_state = "aborted"
        self.msgs.add(ABORT)

    def tm_commit(self) -> None:
        self.tm_state = "committed"
        self.msgs.add(COMMIT)

    def tm_rcv_prepared(self, rm: str) -> None:
        self.tm_prepared.add(rm)

    def rm_prepare(self, rm: str) -> None:
        self.rm_state[rm] = "prepared"
        self.msgs.add(prepared(rm))

    def rm_choose_to_abort(self, rm: str) -> None:
        self.rm_state[rm] = "aborted"

    def rm_rcv_commit_msg(self, rm: str) -> None:
        self.rm_state[rm] = "committed"

    def rm_rcv_abort_msg(self, rm: str) -> None:
        self.rm_state[rm] = "aborted"


def two_phase(resource_managers: int = 3) -> Model:
    names = [f"r{n + 1}" for n in range(resource_managers)]
    return Model(
        name="TwoPhase",
        actors={"spec": TwoPhase(dict.fromkeys(names, "working"))},
        properties=[
            StateInvariant(
                "TCConsistent",
                lambda state: consistent(set(state.actors["spec"].rm_state.values())),
            )
        ],
    )
