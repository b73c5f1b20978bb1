"""What goes into the log and over the wire: records that cannot be changed.

A *register* is a write chain: entries each of which is the predecessor of the next, oldest first,
with the round in which it was written. Bodies of users are any values that cannot be changed and
can be compared; `wire` makes them of JSON.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from .errors import ProtocolError
from .promises import NULL, Promise, PromiseError

Arrived: TypeAlias = Promise | None
"""What identifies an islander in most tables: the promise of the government that let it in; None
for all that are not known."""


# -- entries --------------------------------------------------------------------------------------


class Arrive(NamedTuple):
    """Who arrives by a government."""

    id: str
    properties: Any
    cookie: Any


class Depart(NamedTuple):
    """Who departs by a government, and where it stood in the lists."""

    id: str
    promise: Promise
    properties: Any
    constituent: int | None
    acclimated: int | None


class Promoted(NamedTuple):
    """A constituent that becomes a member of parliament, and where it stood in the list."""

    id: str
    at: int


class Change(NamedTuple):
    """The body of a government entry: what it changes.

    `map` says how queued proposals were renumbered; None in a government that Paxos made.
    """

    promise: Promise
    majority: tuple[str, ...]
    minority: tuple[str, ...]
    map: tuple[tuple[Promise, Promise], ...] | None = None
    arrive: Arrive | None = None
    depart: Depart | None = None
    promote: tuple[Promoted, ...] = ()
    demote: str | None = None
    acclimate: str | None = None
    founding: Any = None  # the name of the republic, as the only element of a tuple

    def __str__(self) -> str:
        parts = [f"{' '.join(self.majority)} | {' '.join(self.minority)}".rstrip(" |")]
        parts += [f"{self.arrive.id} arrives"] if self.arrive else []
        parts += [f"{self.depart.id} departs"] if self.depart else []
        parts += [f"{one.id} promoted" for one in self.promote]
        parts += [f"{self.demote} demoted"] if self.demote else []
        parts += [f"{self.acclimate} acclimated"] if self.acclimate else []
        return f"<{', '.join(parts)}>"


class Entry(NamedTuple):
    """An entry of the log. The body of a government entry, and of no other, is a Change."""

    promise: Promise
    body: Any
    previous: Promise | None  # None for the entry that every log starts with

    def __str__(self) -> str:
        return f"{self.promise} {self.body if isinstance(self.body, Change) else repr(self.body)}"


START = Entry(NULL, None, None)
"""What every log starts with."""


class Bare(NamedTuple):
    """A body where an entry should be: what a published acceptor starts from. It is that of a
    government, or one of a user's that happens to have a promise in it."""

    body: Any

    @property
    def promise(self) -> Promise:
        """The promise that is in the body. Raises ProtocolError if there is none."""
        if isinstance(self.body, Change):
            return self.body.promise
        said = dict(getattr(self.body, "pairs", ()))  # a JSON object's, as `wire` keeps it
        try:
            return Promise.parse(said["promise"])
        except (KeyError, PromiseError) as error:
            raise ProtocolError("an acceptor would start from a body without a promise") from error


Link: TypeAlias = Entry | Bare


class Register(NamedTuple):
    """A write chain, oldest entry first, and the round in which it was written: the promise of a
    Paxos round, or of the government whose leader wrote it."""

    chain: tuple[Link, ...]
    round: Promise | None = None

    @property
    def head(self) -> Link:
        """The newest entry."""
        return self.chain[-1]

    def __str__(self) -> str:
        return " ← ".join(str(link.promise) for link in self.chain)


# -- governments -----------------------------------------------------------------------------------


class Government(NamedTuple):
    """Who governs, all changes up to `promise` taken together. `arrived` and `properties` are by
    id, in the order of arrival."""

    republic: Any
    promise: Promise = NULL
    majority: tuple[str, ...] = ()
    minority: tuple[str, ...] = ()
    constituents: tuple[str, ...] = ()
    acclimated: tuple[str, ...] = ()
    properties: tuple[tuple[str, Any], ...] = ()
    arrived: tuple[tuple[str, Promise], ...] = ()

    @property
    def leader(self) -> str | None:
        return self.majority[0] if self.majority else None

    @property
    def parliament(self) -> tuple[str, ...]:
        return self.majority + self.minority

    @property
    def population(self) -> tuple[str, ...]:
        return self.majority + self.minority + self.constituents

    def arrival(self, id: str) -> Arrived:
        """The arrival promise of `id`."""
        return next((promise for one, promise in self.arrived if one == id), None)

    def arrived_at(self, promise: Arrived) -> str | None:
        """Whose arrival promise this is."""
        return next((one for one, at in self.arrived if at == promise), None)

    def knows(self, id: str) -> bool:
        return any(one == id for one, _ in self.properties)

    def properties_of(self, id: str) -> Any:
        return next((properties for one, properties in self.properties if one == id), None)

    def __str__(self) -> str:
        lists = (self.majority, self.minority, self.constituents)
        return " | ".join(map(" ".join, lists)).rstrip(" |")


class Kept(NamedTuple):
    """An entry in a log, with the government after it if it is one."""

    entry: Entry
    government: Government | None


# -- messages --------------------------------------------------------------------------------------


class Minimum(NamedTuple):
    """Up to where the log has reached everybody. Entries before `propagated` are dropped."""

    propagated: Promise = NULL
    version: Promise = NULL
    reduced: Promise = NULL


class Sync(NamedTuple):
    """How far the sender is, and what the addressee lacks. `promise` is the sender's arrival;
    `synced` says that with `commits` the addressee is level."""

    republic: Any
    promise: Arrived
    sender: str
    minimum: Minimum
    government: Promise
    collapsed: bool
    committed: Promise
    commits: tuple[Entry, ...]
    synced: bool


class Synchronize(NamedTuple):
    """The message that only levels logs; `key` is that of the timer it came from."""

    to: tuple[str, ...]
    collapsible: bool
    key: str


class Write(NamedTuple):
    """The leader's message of the first of two phases."""

    to: tuple[str, ...]
    entry: Entry
    round: Promise | None

    def __str__(self) -> str:
        return f"Write {self.entry} after {self.entry.previous}"


class Prepare(NamedTuple):
    """The first message of a Paxos round."""

    to: tuple[str, ...]
    promise: Promise

    def __str__(self) -> str:
        return f"Prepare {self.promise}"


class Accept(NamedTuple):
    """The second: a register, the chain that was found with a new government on top of it."""

    to: tuple[str, ...]
    promise: Promise
    register: Register

    def __str__(self) -> str:
        return f"Accept {self.promise}: {self.register}"


Message: TypeAlias = Synchronize | Write | Prepare | Accept


class Cookie(NamedTuple):
    """What the sender of a packet is given back with the answers."""

    message: Message
    synchronize: bool
    government: Promise
    collapsed: bool


class Request(NamedTuple):
    """What one addressee is sent. With `synchronize` it is to level its log and no more."""

    message: Message
    government: Government | None
    synchronize: bool
    sync: Sync


class Packet(NamedTuple):
    """A message to a whole quorum: a pulse."""

    sender: str
    cookie: Cookie
    requests: tuple[tuple[str, Request], ...]


class Said(NamedTuple):
    """The message of an answer. Only a promise carries a register."""

    method: str
    promise: Promise | None = None
    register: Register | None = None


class Reached(NamedTuple):
    """The sync of an answer that says how far its sender is; `commits` are what its addressee
    lacks, if that is why it was refused."""

    promise: Arrived
    committed: Promise | None
    commits: tuple[Entry, ...] = ()


class Answer(NamedTuple):
    """What an addressee answers. `known` is False for islanders that did not arrive yet;
    `minimum`, `acclimating` and `unreachable` are what else its leader is to know."""

    said: Said
    sync: Sync | Reached | None = None
    government: Promise | None = None
    minimum: Minimum | None = None
    acclimating: tuple[Arrived, ...] | None = None
    unreachable: tuple[Arrived, ...] | None = None


UNREACHABLE = "unreachable"
