"""Protocols that ship with Islander, with their seeded bugs."""

from .catalogue import Bug, Entry
from .governments import ENTRY as GOVERNMENTS
from .paxos import ENTRY as PAXOS
from .paxos import paxos

CATALOGUE: dict[str, Entry] = {"paxos": PAXOS, "governments": GOVERNMENTS}
"""The models that can be called by name."""

__all__ = ["CATALOGUE", "Bug", "Entry", "paxos"]
