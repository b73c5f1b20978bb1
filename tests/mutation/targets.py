"""What is mutated, and which tests are to notice: for each module those that are about it, quick
ones first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout that is mutated: copies of it are."""

TABLES = "tests/explorer/test_tabulated.py"
RANDOM = f"{TABLES}::test_random_models_are_explored_alike"
FAULTY = f"{TABLES}::test_random_models_with_faults_are_explored_alike"
GROWING = f"{TABLES}::test_what_turns_up_late_makes_everything_grow"
COPIES = f"{TABLES}::test_many_envelopes_and_copies_are_kept_exactly"
QUEUES = f"{TABLES}::test_queues_grow_in_length_and_in_kinds"
BOUNDS = f"{TABLES}::test_every_bound_on_states_cuts_alike"
VISITED = "tests/explorer/test_visited.py"
RESUMING = "tests/explorer/test_resuming.py"
OTHER = (
    "tests/adversary/test_adversary.py::test_random_models_are_explored_as_another_explorer_does"
)

TARGETS: Mapping[str, tuple[str, ...]] = {
    "explorer/semantics.py": (
        "tests/explorer/test_semantics.py",
        "tests/explorer/test_reference.py",
        "tests/explorer/test_faults.py",
        "tests/explorer/test_timers.py",
        "tests/explorer/test_drops.py",
        OTHER,
    ),
    "explorer/handlers.py": (
        "tests/explorer/test_handlers.py",
        "tests/explorer/test_actor.py",
        "tests/explorer/test_semantics.py",
        "tests/explorer/test_faults.py",
        "tests/explorer/test_timers.py",
        "tests/explorer/test_drops.py",
        "tests/explorer/test_asking.py",
    ),
    "explorer/freeze.py": ("tests/explorer/test_freeze.py", "tests/explorer/test_model.py"),
    "explorer/judging.py": (
        "tests/explorer/test_properties.py",
        "tests/explorer/test_explore.py",
        "tests/explorer/test_reference.py",
        "tests/explorer/test_leading.py",
        OTHER,
    ),
    "explorer/network.py": (
        "tests/explorer/test_network.py",
        "tests/explorer/test_semantics.py",
        "tests/explorer/test_faults.py",
    ),
    "explorer/faults.py": (
        "tests/explorer/test_faults.py",
        "tests/explorer/test_timers.py",
        "tests/explorer/test_model.py",
    ),
    "explorer/tables.py": (GROWING, COPIES, QUEUES, RANDOM, FAULTY, OTHER),
    "explorer/packing.py": (GROWING, COPIES, QUEUES, RANDOM, FAULTY, OTHER),
    "explorer/visited.py": (VISITED, GROWING, COPIES, BOUNDS, RANDOM, OTHER),
    "explorer/snapshot.py": ("tests/reports/test_checkpoint.py", RESUMING, OTHER),
    "invariants/evaluate.py": (
        "tests/invariants/test_evaluate.py",
        "tests/invariants/test_invariant.py",
    ),
    "invariants/language.py": (
        "tests/invariants/test_language.py",
        "tests/invariants/test_invariant.py",
        "tests/invariants/test_quorums.py",
        "tests/invariants/test_consensus.py",
        "tests/invariants/test_symbols.py",
    ),
    "invariants/solver.py": (
        "tests/invariants/test_solver.py",
        "tests/invariants/test_invariant.py",
    ),
    "invariants/consensus.py": (
        "tests/invariants/test_consensus.py",
        "tests/models/test_paxos.py",
    ),
}
