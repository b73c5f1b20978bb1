"""Settled governments: where runs of the model begin.

A republic is founded and grown over a network that delivers at once, until nobody has anything new
to tell anyone.
"""

from __future__ import annotations

from .islander import Islander
from .rules import Rules

REPUBLIC = 1
COOKIE = 0
PING, TIMEOUT = 1, 3
PINGS = 6
"""Pings after which everyone knows how far everyone is."""


def settled(members: int, newcomers: int, rules: Rules) -> dict[str, Islander]:
    """Islanders "0", "1" and so on: `members` that have settled in a government, as many of them
    in parliament as fit, and `newcomers` that have joined and wait to be let in."""
    everyone = {
        str(n): Islander(str(n), ping=PING, timeout_after=TIMEOUT, rules=rules)
        for n in range(members + newcomers)
    }
    founder, *others = everyone.values()
    founder.bootstrap(REPUBLIC, 0, None)
    for one in others:
        one.join(REPUBLIC, COOKIE)
    now = 0
    for one in others[: members - 1]:
        founder.embark(now, REPUBLIC, one.me, COOKIE, None, True)
        now = _settle(everyone, now)
    _settle(everyone, now)
    return everyone


def _settle(everyone: dict[str, Islander], now: int) -> int:
    for _ in range(PINGS):
        busy = True
        while busy:
            busy = False
            for one in everyone.values():
                one.check(now)
                while one.outbox:
                    busy = True
                    packet, *rest = one.outbox
                    one.outbox = tuple(rest)
                    answers = {
                        to: everyone[to].request(now, asked) for to, asked in packet.requests
                    }
                    one.response(now, packet.cookie, answers)
        now += PING
    return now
