"""Random models from seeds, as plain data.

Most are small and finite: phases only climb, and messages are sent only while climbing. Some are
of a special make: free ones (which often have no end, and are looked at to a depth), many kinds of
message, many at once, many actors, many ways to choose, many timers, many facts.
"""

from __future__ import annotations

from random import Random
from typing import Any

from .system import LAST, Claim, Effect, Node, Role, Rule, System

TIMERS = ("t", "u")
WIDTHS = (
    1,
    2,
    3,
    7,
    8,
    9,
    15,
    16,
    17,
    31,
    32,
    33,
    62,
    63,
    64,
    65,
    66,
    100,
    126,
    127,
    128,
    129,
    130,
)
"""Of fields and masks, and around them."""

MAKES = {
    "small": 60,
    "free": 14,
    "chain": 8,
    "burst": 6,
    "copies": 4,
    "choices": 3,
    "timers": 3,
    "crowd": 2,
}
"""The makes, and how often each is taken."""


def random_system(random: Random) -> tuple[str, System]:
    """A model, and its make."""
    (make,) = random.choices(list(MAKES), list(MAKES.values()))
    system = {
        "small": _small,
        "free": lambda one: _small(one, thrifty=False),
        "chain": _chain,
        "burst": _burst,
        "copies": _copies,
        "choices": _choices,
        "timers": _timers,
        "crowd": _crowd,
    }[make](random)
    return make, system


# -- the usual make ----------------------------------------------------------------------------


def _ids(random: Random, count: int) -> list[str]:
    ids = list("abcd")[:count]
    if random.random() < 0.3:
        random.shuffle(ids)
    return ids


def _small(random: Random, thrifty: bool = True) -> System:
    ids = _ids(random, random.choice([1, 2, 2, 2, 3, 3, 4]))
    messages = random.choice([1, 2, 2, 3])
    network = random.choice(["bag", "bag", "set", "fifo"])
    faults = _faults(random, ids)
    roles = {one: _role(random, ids, messages, faults, thrifty) for one in ids}
    if random.random() < (0.1 if network == "fifo" else 0.3):
        roles = {one: role._replace(drops=_drops(random, messages)) for one, role in roles.items()}
    return _whole(random, roles, network, faults)


def _whole(
    random: Random,
    roles: dict[str, Role],
    network: str,
    faults: dict[str, Any],
    facts: int = 6,
) -> System:
    """A system of these roles; the rest is drawn."""
    waits: bool | tuple[str, ...] = False
    if faults.get("timeouts") is None and random.random() < 0.35:
        waits = random.choice([True, tuple(random.sample(list(roles), min(2, len(roles))))])
    return System(
        roles,
        network,
        random.random() < 0.5,
        faults,
        waits,
        tuple(_claims(random, list(roles), facts)),
        random.choice(["str", "int", "tuple", "record", "class"]),
        random.choice(["tuple", "list", "range", "set", "dict", "iterator"]),
    )


def _role(
    random: Random, ids: list[str], messages: int, faults: dict[str, Any], thrifty: bool
) -> Role:
    draw = _Drawn(random, ids, messages, thrifty)
    rules = [draw.rule("receive", random.randrange(messages)) for _ in range(random.randint(1, 4))]
    rules += [draw.rule("timeout", random.choice(TIMERS)) for _ in range(random.randint(0, 3))]
    if random.random() < 0.9:
        rules.append(Rule("start", None, None, None, draw.node("start", sends=True)))
    if faults.get("crashes", 0) != 0:
        rules += [draw.rule("crash", None) for _ in range(random.randint(0, 2))]
        rules += [draw.rule("recover", None) for _ in range(random.randint(0, 2))]
    if random.random() < 0.2:
        rules.append(draw.rule("receive", None))
    facts = [(random.randint(0, LAST), random.randrange(6)) for _ in range(random.randint(0, 3))]
    return Role(
        tuple(rules),
        phase=random.choice([0, 0, 0, 1]),
        kept=random.choice([0, 0, 1]),
        facts=tuple(facts) if random.random() < 0.7 else (),
    )


class _Drawn:
    """Draws rules and nodes for one actor. If `thrifty`, messages are sent only while climbing."""

    def __init__(self, random: Random, ids: list[str], messages: int, thrifty: bool) -> None:
        self.random, self.ids, self.messages, self.thrifty = random, ids, messages, thrifty

    def rule(self, kind: str, what: int | str | None) -> Rule:
        random = self.random
        phase: int | None = random.choice([None, 0, 0, 1, 1, 2])
        kept = random.choice([None, None, 0, 1])
        if kind == "crash":
            return Rule(kind, what, None, kept, self.node(kind))
        sends = random.random() < 0.6
        if sends and self.thrifty:
            phase = random.choice([0, 0, 1, 2])
        node = self.node(kind, sends)
        if sends:
            node = node._replace(effects=(("climb",), *node.effects))
        return Rule(kind, what, phase, kept, node)

    def node(self, kind: str, sends: bool = False, nested: int = 0) -> Node:
        random = self.random
        count = random.choice([0, 1, 1, 2, 3])
        effects = [self.effect(kind, sends) for _ in range(count)]
        branches = ()
        if nested < 2 and random.random() < (0.3 if kind != "crash" else 0.6):
            among = random.choice([1, 2, 2, 3])
            branches = tuple(self.node(kind, sends, nested + 1) for _ in range(among))
        return Node(tuple(effects), branches)

    def effect(self, kind: str, sends: bool) -> Effect:
        random = self.random
        pure: list[Effect] = [
            ("keep", random.randint(0, 1)),
            ("see", random.randint(0, 1)),
            ("record", random.randrange(6)),
        ]
        if kind == "crash":
            return random.choice(pure)
        effects: list[Effect] = [
            *pure,
            ("climb",),
            ("arm", random.choice(TIMERS)),
            ("arm", random.choice(TIMERS)),
            ("cancel", random.choice(TIMERS)),
        ]
        if not self.thrifty:
            effects.append(("phase", random.randint(0, 2)))
        if sends and random.random() < 0.6:
            message = random.randrange(self.messages)
            some = tuple(random.choices(self.ids, k=random.randint(1, 2)))
            return random.choice(
                [
                    ("send", random.choice(self.ids), message),
                    ("send", random.choice(self.ids), message),
                    ("broadcast", some, message),
                ]
            )
        return random.choice(effects)


def _drops(random: Random, messages: int) -> frozenset[tuple[bool, int, int]] | None:
    if random.random() < 0.15:
        return None
    return frozenset(
        (is_sender, message, phase)
        for is_sender in (True, False)
        for message in range(messages)
        for phase in range(LAST + 1)
        if random.random() < 0.5
    )


# -- faults ------------------------------------------------------------------------------------


def _faults(random: Random, ids: list[str], much: float = 0.5) -> dict[str, Any]:
    """Arguments of `Faults`."""
    if random.random() >= much:
        return {}
    found: dict[str, Any] = {}
    for kind in ("crashes", "stops", "losses", "duplications", "partitions"):
        count = random.choice([0, 0, 0, 1, 1, 2, None])
        if random.random() < 0.03:
            count = random.choice([3, 255, 256, 65535, 65536, 2**32 - 1])
        if count != 0:
            found[kind] = count
    if len(ids) < 2:
        found.pop("partitions", None)
    if random.random() < 0.4:
        found["timeouts"] = random.choice([0, 1, 2, 3])
        if random.random() < 0.5:
            found["timers"] = random.sample(TIMERS, random.randint(0, 2))
    if random.random() < 0.3:
        found["actors"] = random.sample(ids, random.randint(0, len(ids)))
    if "partitions" in found and random.random() < 0.4:
        found["cuts"] = [
            random.sample(ids, random.randint(1, len(ids) - 1)) for _ in range(random.randint(1, 3))
        ]
    return found


# -- special makes -----------------------------------------------------------------------------


def _chain(random: Random) -> System:
    """Message after message, each of another kind; with facts as many."""
    ids = _ids(random, random.choice([1, 2, 2, 3]))
    length = random.choice(WIDTHS)
    records = random.random() < 0.6
    chooses = random.random() < 0.4
    rules = []
    for message in range(length):
        effects: list[Effect] = []
        if records:
            effects.append(("record", message))
        if message + 1 < length:
            effects += [("send", random.choice(ids), message + 1)] * random.choice([1] * 19 + [2])
        if random.random() < 0.1:
            effects.append(("keep", random.randint(0, 1)))
        node = Node(tuple(effects))
        if chooses and random.random() < 0.05:
            node = Node((), (node, Node(tuple(effects[:-1]))))
        rules.append(Rule("receive", message, None, None, node))
    first = Rule("start", None, None, None, Node((("send", ids[-1], 0),)))
    roles = {one: Role((*rules, first) if one == ids[0] else tuple(rules)) for one in ids}
    faults = _faults(random, ids, 0.3)
    return _whole(random, roles, random.choice(["bag", "bag", "set", "fifo"]), faults, length)


def _burst(random: Random) -> System:
    """Many messages at once."""
    ids = _ids(random, random.choice([2, 2, 3]))
    count = random.choice(WIDTHS)
    sends = [("send", random.choice(ids[1:]), message) for message in range(count)]
    random.shuffle(sends)
    draw = _Drawn(random, ids, min(count, 3), True)
    rules = [
        Rule("receive", None, random.choice([None, 0]), None, draw.node("receive")),
        draw.rule("receive", random.randrange(count)),
    ]
    roles = {one: Role(tuple(rules), facts=((1, 1), (2, 2))) for one in ids}
    roles[ids[0]] = Role((Rule("start", None, None, None, Node(tuple(sends))),))
    if random.random() < 0.2:
        roles = {one: role._replace(drops=_drops(random, count)) for one, role in roles.items()}
    network = random.choice(["bag", "set", "fifo"])
    return _whole(random, roles, network, _faults(random, ids, 0.2))


def _copies(random: Random) -> System:
    """Many equal messages, of few kinds."""
    ids = _ids(random, random.choice([1, 2, 3]))
    sends = [
        ("send", random.choice(ids), message)
        for message in range(random.choice([1, 2, 2]))
        for _ in range(random.choice([2, 3, 5, 9, 17, 33, 65, 70]))
    ]
    draw = _Drawn(random, ids, 2, True)
    rules = [draw.rule("receive", random.choice([None, 0, 1])) for _ in range(2)]
    roles = {one: Role(tuple(rules), facts=((0, 0), (1, 1))) for one in ids}
    start = Rule("start", None, None, None, Node(tuple(sends)))
    roles[ids[0]] = Role((*rules, start))
    faults = _faults(random, ids, 0.3)
    return _whole(random, roles, random.choice(["bag", "bag", "fifo"]), faults)


def _choices(random: Random) -> System:
    """Many ways to choose, in any handler."""
    ids = _ids(random, random.choice([1, 2]))
    count = random.choice([2, 5, 16, 17, 40, 65, 130, 300])
    kind = random.choice(["start", "receive", "timeout", "crash", "recover"])
    differ = random.random() < 0.7
    leaves = tuple(
        Node((("keep", position),) if differ else (("see", position % 2),))
        for position in range(count)
    )
    what = {"receive": 0, "timeout": "t"}.get(kind)
    guard = random.choice([None, 0])
    begin: list[Effect] = [("send", ids[-1], 0), ("arm", "t")]
    if random.random() < 0.5:
        begin.append(("send", ids[0], 0))
    start = Node(tuple(begin), leaves if kind == "start" else ())
    rules = [Rule(kind, what, None, guard, Node((), leaves))] if kind != "start" else []
    rules.append(Rule("start", None, None, None, start))
    roles = {one: Role(tuple(rules) if one == ids[0] or kind != "start" else ()) for one in ids}
    faults = _faults(random, ids, 0.2)
    if kind in ("crash", "recover"):
        faults["crashes"] = 1
    faults.pop("actors", None)
    return _whole(random, roles, random.choice(["bag", "set", "fifo"]), faults)


def _timers(random: Random) -> System:
    """Many timers."""
    ids = _ids(random, random.choice([1, 1, 2]))
    names = [f"t{n}" for n in range(random.choice(WIDTHS))]
    roles = {}
    for one in ids:
        mine = random.sample(names, random.randint(1, len(names)))
        draw = _Drawn(random, ids, 1, True)
        rules = [draw.rule("timeout", random.choice(mine)) for _ in range(random.randint(1, 3))]
        rules.append(Rule("timeout", None, 0, None, Node((("climb",), ("arm", mine[0])))))
        arms = Node(tuple(("arm", name) for name in mine))
        roles[one] = Role((*rules, Rule("start", None, None, None, arms)), facts=((1, 1),))
    faults: dict[str, Any] = _faults(random, ids, 0.2)
    faults.pop("timers", None)
    if random.random() < 0.5:
        faults["timeouts"] = random.choice([1, 2])
        faults["timers"] = random.sample(names, random.randint(0, len(names)))
    return _whole(random, roles, "bag", faults)


def _crowd(random: Random) -> System:
    """Many actors, most of which do nothing."""
    count = random.choice([31, 33, 63, 64, 65, 127, 128, 129, 250, 255, 256, 257])
    ids = [f"a{n}" for n in range(count)]
    to = random.choice([1, count // 2, count - 1])
    receive = Rule("receive", 0, None, None, Node((("climb",), ("record", 1))))
    start = Rule("start", None, None, None, Node((("send", ids[to], 0),)))
    roles = {one: Role(()) for one in ids}
    roles[ids[0]] = Role((start,))
    roles[ids[to]] = Role((receive,))
    kind = random.choice(["crashes", "stops", "losses", "duplications", "partitions"])
    faults: dict[str, Any] = {kind: 1}
    if kind == "partitions":
        faults["cuts"] = [random.sample(ids, 3), [ids[to]], ids[: count // 2]]
    if random.random() < 0.3:
        faults["actors"] = random.sample(ids, 4)
    if random.random() < 0.1:
        faults = {}
    return _whole(random, roles, random.choice(["bag", "set", "fifo"]), faults)


# -- properties --------------------------------------------------------------------------------


def _claims(random: Random, ids: list[str], facts: int) -> list[Claim]:
    kinds = ["FactInvariant", "Witness", "StateInvariant", "StateWitness", "StepInvariant"]
    count = random.choice([1, 2, 3, 3, 4])
    drawn = random.choices([*kinds, "Invariant"], [2, 2, 2, 2, 2, 1], k=count)
    return [
        Claim(f"claim {number}", kind, _about(random, kind, ids, facts))
        for number, kind in enumerate(drawn)
    ]


def _about(random: Random, kind: str, ids: list[str], facts: int) -> tuple[Any, ...]:
    if kind == "StepInvariant":
        about = _of_step(random)
    elif kind.startswith("State"):
        about = _of_state(random, ids, facts)
    else:
        about = _of_facts(random, facts, formula=kind == "Invariant")
    # Invariants that are violated at once, or never, are of little use; most are "not …".
    negative = 0.8 if kind.endswith("Invariant") else 0.2
    return ("not", about) if random.random() < negative else about


def _of_facts(random: Random, facts: int, formula: bool) -> tuple[Any, ...]:
    some = tuple(random.choices(range(facts), k=random.randint(1, 2)))
    drawn: list[tuple[Any, ...]] = [("all", some), ("any", some[:1])]
    drawn.append(("evens at most", random.randrange(facts)))
    if not formula:
        drawn.append(("not", ("at most", random.randint(0, 4))))
    return random.choice(drawn)


def _of_state(random: Random, ids: list[str], facts: int) -> tuple[Any, ...]:
    actor = random.choice(ids)
    budget = random.choice(["crashes", "losses", "timeouts", "duplications", "partitions"])
    return random.choice(
        [
            ("not", ("flying at most", random.randint(1, 4))),
            ("not", ("copies at most", random.randint(1, 2))),
            ("in phase", actor, random.randint(1, LAST)),
            ("armed", actor, random.choice(TIMERS)),
            ("is", actor, random.choice(["down", "stopped"])),
            ("left", budget, random.choice([0, 1])),
            ("cut off", actor),
            ("saw", actor, random.randint(0, 1)),
            ("facts", _of_facts(random, facts, formula=False)),
        ]
    )


def _of_step(random: Random) -> tuple[Any, ...]:
    one: tuple[Any, ...] = random.choice(
        [
            ("from to", random.randint(0, 2), random.randint(1, 3)),
            ("kind", random.choice(["deliver", "timeout", "recover"])),
            ("about", random.choice([0, 1, "t"])),
            ("not", ("keeps",)),
        ]
    )
    if random.random() < 0.4:
        return ("both", one, random.choice([("keeps",), ("kind", "deliver"), ("about", 0)]))
    return one
