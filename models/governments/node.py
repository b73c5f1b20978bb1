"""An islander to embed in a program: JSON in, JSON out, without I/O and without a clock.

The program carries requests to their addressees and answers back, says what time it is, and takes
what was committed. What comes from the network is checked before it counts, and a call that raises
leaves the node as it was. docs/embedding.md shows a whole program.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeVar

from ...explorer.errors import UsageError
from . import wire
from .errors import ProtocolError
from .islander import Islander
from .json_parts import Part, part_of
from .promises import NULL
from .records import UNREACHABLE, Accept, Answer, Cookie, Packet, Prepare, Sync, Synchronize, Write
from .schedule_format import DEFAULTS, Options
from .wire import Json, WireError
from .wire_decoding import is_like_a_government, read_answer, read_cookie, read_request

Journal = Callable[[Json], None]
Result = TypeVar("Result")

_WELL_ANSWERED = {Synchronize: "synchronized", Write: "receive", Prepare: "promise"} | {
    Accept: "accepted"
}


class Node:
    """One islander, with its log.

    `me` is its id. `journal`, if given, is called with every call that had an effect, as a step of
    a schedule; the nodes of one process can share one, and the schedule of all its steps does the
    same again. It must not raise.

    All calls with a time `now` raise UsageError if it goes back. Bodies, properties, cookies and
    republics are any JSON; WireError is raised for what is none.
    """

    def __init__(
        self, me: str, options: Options = DEFAULTS, journal: Journal | None = None
    ) -> None:
        self.me = Part(me, "the id of a node").text()
        self._islander = Islander(me, *options)
        self._now: float | None = None
        self._sent = 0
        self._packets: list[Json] = []
        self._committed: list[Json] = []
        self._open: Counter[str] = Counter()
        self._journal = journal
        self._handled: set[str] = set()
        self._note({"op": "new", "id": me})

    # -- what it knows ----------------------------------------------------------------------------

    @property
    def log(self) -> list[Json]:
        """The entries that are kept, oldest first: {"promise", "body", "previous"}.

        Entries that everybody has are dropped in time; `committed` misses none. The log of a
        newcomer begins with the government that let it in. Promises that end in /0 are
        governments, all others were enqueued.
        """
        return [wire.entry(one) for one in self._islander.entries if one.previous is not None]

    @property
    def top(self) -> str:
        """The promise of the newest entry; 0/0 before there is one."""
        return str(self._islander.top)

    @property
    def government(self) -> Json:
        """Who governs, as this node knows: the first of "majority" leads."""
        return wire.government(self._islander.government)

    @property
    def leads(self) -> bool:
        """Whether it can enqueue entries, and let others in."""
        return self._islander.leads and not self._islander.collapsed

    def due(self) -> float | None:
        """When to call `tick` next; None if there is nothing to wait for."""
        calendar = self._islander.calendar
        return calendar[0].when if calendar else None

    # -- coming to be -----------------------------------------------------------------------------

    def bootstrap(self, now: float, republic: Json, properties: Json = None) -> None:
        """Found a republic, as its only member. Raises UsageError if it is in one already."""
        self._check_outside()
        named, own = wire.json_value(republic), wire.json_value(properties)
        step = {"op": "bootstrap", "id": self.me, "republic": republic, "properties": properties}
        self._do(now, lambda one: one.bootstrap(named, now, own), step)

    def join(self, republic: Json, cookie: Json) -> None:
        """Wait to be let into a republic, by a leader that is told the same cookie.

        Raises UsageError if it is in one already.
        """
        self._check_outside()
        named, own = wire.json_value(republic), wire.json_value(cookie)
        step = {"op": "join", "id": self.me, "republic": republic, "cookie": cookie}
        self._do(None, lambda one: one.join(named, own), step)

    def embark(
        self,
        now: float,
        id: str,
        cookie: Json,
        properties: Json = None,
        acclimated: bool = False,
    ) -> Json:
        """Let `id` in; `acclimated` says that it is ready to serve in parliament.

        Returns {"enqueued": true}, or false with "leader", who is to be asked instead.
        """
        Part(id, "id").text()
        Part(acclimated, "acclimated").flag()
        told, own = wire.json_value(cookie), wire.json_value(properties)
        named = self._islander.government.republic
        step = {"op": "embark", "at": self.me, "id": id, "republic": wire.plain(named)} | {
            "cookie": cookie,
            "properties": properties,
            "acclimated": acclimated,
        }
        return self._do(
            now,
            lambda one: wire.enqueued(one.embark(now, named, id, told, own, acclimated)),
            step,
        )

    def acclimate(self) -> None:
        """Say that it is ready to serve in parliament."""
        self._do(None, Islander.acclimate, {"op": "acclimate", "id": self.me})

    # -- the log ----------------------------------------------------------------------------------

    def enqueue(self, now: float, body: Json) -> Json:
        """Ask for an entry.

        Returns {"enqueued": true, "leader", "promise"}: it will have that promise, or a later one
        if a government comes first; it may be lost if the government collapses. Or "enqueued" is
        false, with "leader", who is to be asked instead, null if that is not known.
        """
        if is_like_a_government(body):
            raise WireError("body: it could be taken for that of a government.")
        value, republic = wire.json_value(body, "body"), self._islander.government.republic
        step = {"op": "enqueue", "at": self.me, "body": body, "republic": wire.plain(republic)}
        return self._do(now, lambda one: wire.enqueued(one.enqueue(now, republic, value)), step)

    def committed(self) -> list[Json]:
        """The entries that were committed since this was last asked, oldest first."""
        committed, self._committed = self._committed, []
        return committed

    # -- the network ------------------------------------------------------------------------------

    def packets(self) -> list[Json]:
        """What is to be sent since this was last asked.

        A packet has a name "msg", and "requests": [{"to", "request"}]. All answers to it, or null
        for those that do not come, go to `answered`, together with its "cookie".
        """
        packets, self._packets = self._packets, []
        return packets

    def handle(self, now: float, request: Json, msg: str | None = None) -> Json:
        """The answer to a request, which must get back to its sender.

        `msg` is the name of the packet that it came in; only a journal needs it. Raises WireError
        if the request is damaged or not for this node, and ProtocolError if by the protocol it
        cannot be.
        """
        read = read_request(request)
        if self.me not in read.message.to:
            raise WireError(f"request.message.to: it is not to {self.me!r}.")
        self._check_named(msg)
        again = {"again": True} if msg in self._handled else {}
        step = {"op": "deliver", "msg": msg, "to": self.me} | again
        answer = self._do(now, lambda one: wire.answer(one.request(now, read)), step)
        if self._journal and msg:
            self._handled.add(msg)
        return answer

    def answered(
        self,
        now: float,
        cookie: Json,
        answers: Mapping[str, Json],
        msg: str | None = None,
    ) -> None:
        """Take all answers to a packet, by id; those that did not come may be missing or null.

        `cookie` is that of the packet, `msg` its name; only a journal needs that. Raises WireError
        if an answer is damaged or does not fit: the error names it, and null can be given in its
        place. Raises it as well if no such packet waits for its answers, and ProtocolError if
        what they say cannot be.
        """
        read = read_cookie(cookie)
        text = _text_of(read)
        if not self._open[text]:
            raise WireError("cookie: no such packet waits for answers.")
        given = self._given(read, answers)
        self._check_named(msg)
        steps = [{"op": "drop", "msg": msg, "to": to} for to in read.message.to if to not in given]
        steps.append({"op": "respond", "msg": msg})
        self._do(now, lambda one: one.response(now, read, given), *steps)
        self._open -= Counter([text])

    def tick(self, now: float) -> None:
        """Do all that is due."""
        self._do(now, lambda one: one.check(now), {"op": "check", "at": self.me})

    # -- one call ---------------------------------------------------------------------------------

    def _do(self, now: float | None, act: Callable[[Islander], Result], *steps: Json) -> Result:
        """Have a copy of the islander act; it is kept only if nothing is raised. `steps` are what
        the journal is told."""
        if now is not None:
            self._check_clock(now)
        draft = _copied(self._islander)
        try:
            result = act(draft)
        except (AssertionError, LookupError, ValueError) as error:
            raise ProtocolError(f"{self.me} met what cannot be ({error})") from error
        committed = [one for one in draft.entries if one.promise > self._islander.top]
        if committed and self._islander.top not in (NULL, committed[0].previous):
            raise ProtocolError(f"{self.me} was to drop entries that it just learnt of")
        self._committed += map(wire.entry, committed)
        for packet in draft.outbox:
            self._send(packet)
        draft.outbox = ()
        self._islander = draft
        self._now = self._now if now is None else now
        for step in steps:
            self._note(step if now is None else step | {"now": now})
        return result

    def _send(self, packet: Packet) -> None:
        self._sent += 1
        self._open[_text_of(packet.cookie)] += 1
        self._packets.append(wire.packet(packet, f"{self.me}#{self._sent}"))

    def _note(self, step: Json) -> None:
        if self._journal:
            self._journal(copy.deepcopy(step))

    def _check_named(self, msg: str | None) -> None:
        if self._journal and not isinstance(msg, str):
            raise UsageError("a node with a journal needs the name of the packet, msg.")

    def _check_clock(self, now: float) -> None:
        if isinstance(now, bool) or not isinstance(now, (int, float)):
            raise UsageError(f"a time is a number; got {now!r}.")
        if not 0 <= now <= wire.EXACT:
            raise UsageError(f"a time is from 0 to {wire.EXACT:,}; got {now}.")
        if self._now is not None and now < self._now:
            raise UsageError(f"the clock of {self.me} would go back, from {self._now} to {now}.")

    def _check_outside(self) -> None:
        if self._islander.government.promise != NULL:
            raise UsageError(f"{self.me} is in a republic already.")

    def _given(self, cookie: Cookie, answers: Mapping[str, Json]) -> dict[str, Answer | None]:
        """The answers that came, if they can be answers to that packet."""
        if not isinstance(answers, Mapping):
            raise WireError("answers: they must be given by id.")
        given: dict[str, Answer | None] = {}
        for to, json_ in answers.items():
            path = part_of("answers", str(to))
            if to not in cookie.message.to:
                raise WireError(f"{path}: the packet was not to {to!r}.")
            if json_ is not None:
                given[to] = answer = read_answer(json_, path)
                self._check_answer(cookie, answer, path)
        return given

    def _check_answer(self, cookie: Cookie, answer: Answer, path: str) -> None:
        """Refuse an answer to another message, or of one who says to be where nobody was."""
        levels = cookie.synchronize or isinstance(cookie.message, Synchronize)
        kind = Synchronize if levels else type(cookie.message)
        fitting = [_WELL_ANSWERED[kind], "reject", UNREACHABLE, *(["respond"] if levels else [])]
        if answer.said.method not in fitting:
            raise WireError(
                f"{path}.message.method: {answer.said.method} does not answer this packet, but "
                f"{', '.join(fitting)} would."
            )
        if isinstance(answer.sync, Sync):
            reached, kept = answer.sync.committed, self._islander.entries
            known = {NULL, *(entry.promise for entry in kept)}
            if reached not in known and reached > kept[0].promise:
                raise WireError(f"{path}.sync.committed: nobody can have reached {reached}.")


def _copied(islander: Islander) -> Islander:
    """A copy that shares nothing that can change."""
    draft = copy.copy(islander)
    for name, value in vars(islander).items():
        if isinstance(value, (dict, list, set)):
            setattr(draft, name, copy.copy(value))
    return draft


def _text_of(cookie: Cookie) -> str:
    return json.dumps(wire.cookie(cookie), sort_keys=True)
