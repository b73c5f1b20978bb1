"""Clients: which operations they issue, in which orders, and when."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest

from islander import Actor, Client, Faults, Fifo, Model, Operation, StateWitness, Verdict, explore
from islander.explorer import HandlerError, ModelError

from .cells import TRUE

SCRIPT = [("s", "x"), ("s", "y"), ("s", "z")]


@dataclass
class Server(Actor):
    """Keeps the operations in the order in which they came; answers with how many there were."""

    log: str = ""

    def receive(self, message: Any, sender: str) -> None:
        self.log += message
        self.send(sender, len(self.log))


@pytest.fixture(autouse=True)
def however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("islander.explorer.explore"), "SMALL", 0)


def logs(client: Client, **options: Any) -> set[str]:
    """What the server's log can be in the end, by both engines."""
    found = []
    for engine in ("reference", "tabulated"):
        checked = Model("clients", {"c": client, "s": Server()}, properties=[TRUE], **options)
        graph = explore(checked, engine, keep_going=True).graph
        ends = [state for n, state in enumerate(graph.states) if not graph.steps(n)]
        found.append({state.locals[1].fields[1] for state in ends})
    assert found[0] == found[1]
    return found[0]


ORDERS = {"xyz", "xzy", "yxz", "yzx", "zxy", "zyx"}


def test_operations_are_issued_in_every_order_that_is_left_open() -> None:
    assert logs(Client(SCRIPT)) == ORDERS
    assert logs(Client(SCRIPT, in_order=True)) == {"xyz"}
    assert logs(Client(SCRIPT, one_at_a_time=False)) == ORDERS
    assert logs(Client(SCRIPT, in_order=True, one_at_a_time=False)) == ORDERS  # overtaking
    assert logs(Client(SCRIPT, in_order=True, one_at_a_time=False), network=Fifo()) == {"xyz"}
    assert logs(Client([])) == {""}


def test_the_next_operation_waits_for_an_answer() -> None:
    lost = Faults(losses=1)
    assert "x" in logs(Client(SCRIPT, in_order=True), faults=lost)  # its answer was lost
    checked = Model(
        "waiting",
        {"c": Client(SCRIPT), "s": Server()},
        properties=[
            TRUE,
            StateWitness(
                "answers are kept by operation",
                lambda state: state.actors["c"].answers == {1: 2, 2: 1, 3: 3},
            ),
            StateWitness(
                "two are on their way",
                lambda state: state.network.total() > 1,
            ),
        ],
    )
    result = explore(checked)
    assert result.properties["answers are kept by operation"].verdict is Verdict.HOLDS
    assert result.properties["two are on their way"].verdict is Verdict.VIOLATED


def test_a_client_forgets_nothing_in_a_crash() -> None:
    crashing = Faults(crashes=1, actors=["c"])
    assert logs(Client(SCRIPT), faults=crashing) == ORDERS
    assert logs(Client(SCRIPT, one_at_a_time=False), faults=crashing) == ORDERS


def test_a_client_can_be_taken_further() -> None:
    @dataclass
    class Impatient(Client):
        def start(self) -> None:
            super().start()
            self.set_timer("stop")

        def timeout(self, name: str) -> None:
            if name == "stop":
                for number in self.to_issue:
                    self.cancel_timer(f"operation {number}")
            super().timeout(name)

    assert {"", "x", "zy", "xyz"} <= logs(Impatient(SCRIPT))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("xy", "a Client's script is a list of operations; got 'xy'."),
        (None, "a Client's script is a list of operations; got None."),
        ([("s", 1), "s"], "operation 2 is 's'"),
        ([(1, "s")], "operation 1 is (1, 's')"),
        ([("s", 1, 2)], "operation 1 is ('s', 1, 2)"),
    ],
)
def test_a_script_that_is_none_is_refused(script: Any, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        Client(script)
    assert said in str(caught.value)


def test_an_operation_for_nobody_is_refused() -> None:
    checked = Model("nobody", {"c": Client([Operation("z", 1)])}, properties=[TRUE])
    with pytest.raises(HandlerError, match="send\\(\\) to 'z', but the model has no actor"):
        explore(checked)
