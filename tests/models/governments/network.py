"""A network of nodes in one process, which can lose messages and be taken apart."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from islander.models.governments.node import Node
from islander.models.governments.schedules import Options

OPTIONS = Options(parliament_size=3, ping=1, timeout=3)


class Asked(NamedTuple):
    """A node, copied before it was given a request."""

    node: Node
    now: float
    request: Any


class Told(NamedTuple):
    """A node, copied before it was given the answers to a packet of its."""

    node: Node
    now: float
    cookie: Any
    answers: Any


class Network:
    """Nodes that are called "0", "1" and so on; all messages go through JSON text.

    `asked` and `told` are all the occasions on which nodes were called, if `watched`; `steps` is
    the common journal.
    """

    def __init__(self, ids: str, watched: bool = False) -> None:
        self.steps: list[Any] = []
        journal = None if watched else self.steps.append
        self.nodes = {id: Node(id, OPTIONS, journal) for id in ids}
        self.now = 0
        self.down: set[str] = set()
        self.lost: Callable[[str, str], bool] = lambda msg, to: False
        self.twice = self.lost
        self.watched = watched
        self.asked: list[Asked] = []
        self.told: list[Told] = []
        self.sent: dict[str, Any] = {}
        self.entries: dict[str, list[Any]] = {id: [] for id in ids}

    def found(self) -> None:
        """Found a republic of all nodes, led by the first."""
        first, *others = self.nodes
        self.nodes[first].bootstrap(self.now, "r", {"name": first})
        for id in others:
            self.nodes[id].join("r", 7)
            self.nodes[first].embark(self.now, id, 7, {"name": id}, acclimated=True)
            self.settle()

    def tick(self, count: int = 1) -> None:
        """Let time pass, with a prompt network."""
        for _ in range(count):
            self.now += 1
            self.settle()

    def settle(self) -> None:
        busy = True
        while busy:
            busy = False
            for id, node in self.nodes.items():
                if id in self.down:
                    continue
                due = node.due()
                busy = busy or (due is not None and due <= self.now)
                node.tick(self.now)
                for packet in node.packets():
                    busy = True
                    self.carry(packet)
                self.entries[id] += node.committed()

    def carry(self, packet: Any) -> None:
        """Deliver a packet to all that are up, and give its sender the answers."""
        msg, answers = packet["msg"], {}
        self.sent[msg] = packet
        for part in packet["requests"]:
            to = part["to"]
            if to not in self.down:
                answer = self.deliver(to, wired(part["request"]), msg)
                answers[to] = None if self.lost(msg, to) else wired(answer)
                if self.twice(msg, to):
                    self.deliver(to, wired(part["request"]), msg)
        sender, cookie = self.nodes[packet["from"]], wired(packet["cookie"])
        if self.watched:
            self.told.append(Told(copy.deepcopy(sender), self.now, cookie, answers))
        sender.answered(self.now, cookie, answers, msg)

    def deliver(self, to: str, request: Any, msg: str) -> Any:
        if self.watched:
            self.asked.append(Asked(copy.deepcopy(self.nodes[to]), self.now, request))
        return self.nodes[to].handle(self.now, request, msg)

    def leader(self) -> Node:
        (leader,) = (n for id, n in self.nodes.items() if n.leads and id not in self.down)
        return leader


def wired(message: Any) -> Any:
    return json.loads(json.dumps(message))


def bodies(entries: Iterable[Any]) -> list[Any]:
    """What users enqueued, among entries."""
    return [entry["body"] for entry in entries if not entry["promise"].endswith("/0")]


def state(node: Node) -> Any:
    """All that a node is, to be compared."""
    return copy.deepcopy(vars(node))


def eventful() -> Network:
    """A network that has seen arrivals, entries, a collapse, a recovery and more entries. Node 0
    is not in the republic any more at the end."""
    network = Network("012", watched=True)
    network.found()
    for body in ({"set": ["colour", "green"]}, [1, None, True]):
        network.leader().enqueue(network.now, body)
        network.settle()
    network.tick(4)
    network.down = {"2"}
    for body in ("while", "away"):
        network.leader().enqueue(network.now, body)
    network.tick()
    network.down = set()
    network.tick(4)
    network.down = {"0"}
    network.tick(12)
    network.down = set()
    network.tick(8)
    network.leader().enqueue(network.now, "after")
    network.tick(6)
    return network
