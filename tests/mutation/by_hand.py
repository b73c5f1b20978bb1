"""Mutants made by hand: of the kernels, which no tool takes apart in a way that compiles, and of
what a tool does not come to, such as a condition that is left out. Each is a line or two that could
have been written so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .mutants import Mutant
from .targets import (
    BOUNDS,
    COPIES,
    FAULTY,
    GROWING,
    OTHER,
    QUEUES,
    RANDOM,
    ROOT,
    TARGETS,
    VISITED,
)

KERNELS = "explorer/kernels.py"

_PLAIN = (RANDOM, COPIES, GROWING, BOUNDS, OTHER)
_TABLE = (VISITED, RANDOM)
_FAULTS = (FAULTY, OTHER)
_QUEUES = (QUEUES, FAULTY, OTHER)
_DROPS = (FAULTY, "tests/explorer/test_drops.py", OTHER)
_WALKS = ("tests/explorer/test_walks.py",)


class Edit(NamedTuple):
    """`before`, which is in a module exactly once, becomes `after`."""

    what: str
    before: str
    after: str


_KERNELS: Sequence[tuple[Sequence[str], Edit]] = (
    (
        _PLAIN,
        Edit(
            "a state that differs in its first words only is taken for another",
            "                differ |= rows[row + w] ^ words[at + w]\n            if differ == 0:\n"
            "                return slot, entry",
            "                differ = rows[row + w] ^ words[at + w]\n            if differ == 0:\n"
            "                return slot, entry",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "a state is taken for one with the same upper half of the hash",
            "            if differ == 0:\n                return slot, entry",
            "            if True:\n                return slot, entry",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "a probe does not go on to the next line",
            "            return line * LINE + _lowest(empty), np.uint64(0)\n"
            "        line = (line + 1) & mask",
            "            return line * LINE + _lowest(empty), np.uint64(0)\n"
            "        return line * LINE, np.uint64(0)",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "a state met recently is compared by its last word only",
            "            word = batch.words[j * width + w]\n"
            "            differ |= recent[cached + w] ^ word\n"
            "            recent[cached + w] = word\n        hashes[count] = h",
            "            word = batch.words[j * width + w]\n"
            "            differ = recent[cached + w] ^ word\n"
            "            recent[cached + w] = word\n        hashes[count] = h",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "states cut off by the bound stay among those met recently",
            "            _forget(width, batch, k, partly, work)\n",
            "",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "an event sleeps after all events, not only after those of other actors",
            "            batch.asleep[to + w] = earlier[w] & layout.others[actor * width + w]",
            "            batch.asleep[to + w] = earlier[w]",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "an event with several outcomes puts later ones to sleep",
            "            single = tables.records[o * (2 * width + 1) + 2 * width] & "
            "np.uint64(LAST)\n            earlier[w] |= single << np.uint64(low)",
            "            earlier[w] |= np.uint64(1) << np.uint64(low)",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "steps that sleep are not counted",
            "        counters[TAKEN] += k\n"
            "        counters[TRANSITIONS] += k + slept - (counters[CUT] - before)",
            "        counters[TAKEN] += k\n"
            "        counters[TRANSITIONS] += k - (counters[CUT] - before)",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "steps beyond the depth bound are counted",
            "k + slept - (counters[CUT] - before)",
            "k + slept",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "a state of which all steps sleep is terminal",
            "terminal += after == k and left_out == 0",
            "terminal += after == k",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "of several copies the first is taken out",
            "            if (layout.repeated[w] >> np.uint64(low)) & np.uint64(1):\n"
            "                bit = _last_copy(layout, rows, at, bit)\n            delivered",
            "            delivered",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "a further copy of what is in flight is lost",
            "        if clash:\n            event = _send_each",
            "        if False:\n            event = _send_each",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "only the first outcome of a pair is taken",
            "        going = flags & np.uint64(LAST) == 0",
            "        going = False",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "a pair without an entry is no step",
            "            if o < 0:\n                if o == UNKNOWN:\n"
            "                    return MISSING, k, event\n                continue\n"
            "            if (layout.repeated[w]",
            "            if o < 0:\n                continue\n            if (layout.repeated[w]",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "timers do not look whether their pair has an entry",
            "                if o == UNKNOWN:\n                    return MISSING, k, event\n"
            "                if o >= 0:",
            "                if o >= 0:",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "facts of a state that has new ones are not noted",
            "                changed += np.int64((flags >> np.uint64(1)) & np.uint64(1))",
            "                changed += 0",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "the facts of the first actor are not in the union",
            "        for a in range(widths.actors):\n"
            "            number = tables.local_from[a] + _lane(layout, rows, at, a)\n"
            "            word |=",
            "        for a in range(1, widths.actors):\n"
            "            number = tables.local_from[a] + _lane(layout, rows, at, a)\n"
            "            word |=",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "fact sets are compared by their last word only",
            "            differ |= facts.sets[(entry - 1) * width + f] ^ facts.sets[union + f]",
            "            differ = facts.sets[(entry - 1) * width + f] ^ facts.sets[union + f]",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "objections to steps are not noted",
            "                work.objected[o] = 1",
            "                work.objected[o] = 0",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "one state more than the bound is kept",
            "        if states + new >= most:",
            "        if states + new > most:",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "equal successors count twice near the bound",
            "        if known:\n            continue\n        if states",
            "        if states",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "the steps of the state that the bound cut are all taken",
            "                    counters[PARTLY] = k - seen",
            "                    counters[PARTLY] = after",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "a box takes what belongs to the next owner",
            "        owner = _owner(h, widths.owners)\n        count = counts[owner]",
            "        owner = _owner(h >> np.uint64(1), widths.owners)\n"
            "        count = counts[owner]",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "marks of new states stay",
            "            box.marks[p * stride + position] = 0",
            "            box.marks[p * stride + position] = mark",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "counting to large numbers carries nothing",
            "        carry = over | np.uint64(two < one)",
            "        carry = over",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "switches of actor cost nothing",
            "                value = min(best[a], least + 1)",
            "                value = least",
        ),
    ),
    (
        _PLAIN,
        Edit(
            "the last step of a path may be anyone's",
            "                        best[actor] = 0\n",
            "                        best[:] = 0\n",
        ),
    ),
    (
        _TABLE,
        Edit(
            "an entry that passes the end of a table that grows is not set aside",
            "            while slot < places and table[slot] != 0:  # quicker than by lines just "
            "written\n                slot += 1\n            if slot < places:\n"
            "                table[slot] = entry",
            "            if slot < places:\n"
            "                table[_free_slot(table, mask, entry, shift)] = entry",
        ),
    ),
    (
        _TABLE,
        Edit(
            "an entry that grows into a line not yet emptied is not set aside",
            "            slot = home * LINE if home >= line else places\n",
            "            slot = home * LINE\n",
        ),
    ),
    (
        _FAULTS,
        Edit(
            "a fault costs nothing",
            "            batch.words[word] -= np.uint64(1) << layout.lane_shift[lane]",
            "            batch.words[word] -= np.uint64(0) << layout.lane_shift[lane]",
        ),
    ),
    (
        _FAULTS,
        Edit(
            "faults go on when nothing is left",
            "(lane >= 0 and _lane(layout, rows, at, lane) > 0)",
            "(lane >= 0 and _lane(layout, rows, at, lane) >= 0)",
        ),
    ),
    (
        _FAULTS,
        Edit(
            "timers that wait do not",
            "    if kind == WAITING:\n        return quiet",
            "    if kind == WAITING:\n        return True",
        ),
    ),
    (
        _FAULTS,
        Edit(
            "deliveries that sleep do not keep timers waiting",
            "            quiet &= asleep[slept + w] == 0",
            "            quiet &= True",
        ),
    ),
    (
        _FAULTS,
        Edit(
            "messages cross a link that is cut",
            "        left = rows[at + w] & layout.first[w] & ~asleep[slept + w]\n"
            "        if widths.faults:\n            left &= layout.open[cut * width + w]",
            "        left = rows[at + w] & layout.first[w] & ~asleep[slept + w]",
        ),
    ),
    (
        _FAULTS,
        Edit(
            "a network that is cut may be cut again",
            "    if cut > 0:\n        begin, end = widths.faults - 1, widths.faults\n"
            "    elif _is_left",
            "    if cut > 0:\n        begin, end = widths.faults - 1, widths.faults\n"
            "    if _is_left",
        ),
    ),
    (
        _FAULTS,
        Edit(
            "a loss takes nothing away",
            "word, taken = bit >> 6, np.uint64(1) << np.uint64(bit & 63)",
            "word, taken = bit >> 6, np.uint64(0)",
        ),
    ),
    (
        _QUEUES,
        Edit(
            "a message goes to the front of its queue",
            "layout.queues[4 * queue + 1] + length * bits)",
            "layout.queues[4 * queue + 1] + (length * bits if length > 1 else 0))",
        ),
    ),
    (
        _QUEUES,
        Edit(
            "a queue that is full takes one more",
            "    if length >= layout.queues[4 * queue + 3]:\n        return False",
            "    if length > layout.queues[4 * queue + 3]:\n        return False",
        ),
    ),
    (
        _QUEUES,
        Edit(
            "what is duplicated goes without its copy",
            "taken = field ^ ((field << np.uint64(bits)) | first)",
            "taken = field ^ (field << np.uint64(bits))",
        ),
    ),
    (
        _DROPS,
        Edit(
            "what only its sender drops is dropped",
            "        words[to + w] &= ~(sent & received)",
            "        words[to + w] &= ~(sent & flying)",
        ),
    ),
    (
        _DROPS,
        Edit(
            "messages are dropped, or not, unasked",
            "        if unasked:\n            return",
            "        if False:\n            return",
        ),
    ),
    (
        _WALKS,
        Edit(
            "a walk always takes the first step",
            "(((z >> np.uint64(32)) * np.uint64(k)) >> np.uint64(32))",
            "(((z >> np.uint64(32)) * np.uint64(1)) >> np.uint64(32))",
        ),
    ),
    (
        _WALKS,
        Edit(
            "a walk takes one step too few",
            "        if taken == path.shape[0]:",
            "        if taken + 1 == path.shape[0]:",
        ),
    ),
)


_REST: Sequence[tuple[str, Edit]] = (
    (
        "explorer/judging.py",
        Edit(
            "steps that are found deeper are added",
            "if finding.depth == depth and outcome not in finding.outcomes:",
            "if outcome not in finding.outcomes:",
        ),
    ),
    (
        "explorer/judging.py",
        Edit(
            "what is found deeper is added",
            "if item.subject is not subject or (known and known.depth < depth):",
            "if item.subject is not subject:",
        ),
    ),
    (
        "explorer/judging.py",
        Edit(
            "an undecided formula holds",
            '            return Verdict.INCOMPLETE, "undecided: the solver answered unknown"',
            '            return Verdict.HOLDS, ""',
        ),
    ),
    (
        "explorer/judging.py",
        Edit(
            "an unreachable witness holds",
            'return Verdict.VIOLATED if item.somewhere else Verdict.HOLDS, ""',
            'return Verdict.HOLDS, ""',
        ),
    ),
    (
        "explorer/semantics.py",
        Edit(
            "timers that wait do not",
            "if _is_left(state.faults, event) and (quiet or not self.waits(event)):",
            "if _is_left(state.faults, event):",
        ),
    ),
    (
        "explorer/semantics.py",
        Edit(
            "equal initial states are kept twice",
            "                if state in known:\n",
            "                if False:\n",
        ),
    ),
    (
        "explorer/semantics.py",
        Edit(
            "messages cross a link that is cut",
            "        if not state.faults.cut:\n            return may\n",
            "        return may\n",
        ),
    ),
    (
        "explorer/semantics.py",
        Edit(
            "one end suffices to drop a message",
            "return all(self.handlers.drops(",
            "return any(self.handlers.drops(",
        ),
    ),
    (
        "explorer/handlers.py",
        Edit(
            "a timer that fires stays armed",
            "            timers.discard(event.name)\n",
            "            pass\n",
        ),
    ),
    (
        "explorer/handlers.py",
        Edit(
            "handlers that are not deterministic pass",
            "            if first != again and self._comparable(first) != "
            "self._comparable(again):\n"
            "                raise self._nondeterminism(local, event, first, again)\n",
            "",
        ),
    ),
    (
        "explorer/handlers.py",
        Edit(
            "history is forgotten",
            "history = before.history.union(ran.recorded) if ran.recorded else before.history",
            "history = frozenset(ran.recorded)",
        ),
    ),
    (
        "explorer/handlers.py",
        Edit(
            "a crash leaves all fields as they are",
            "now[name] if name in kept else initial[name]",
            "now[name]",
        ),
    ),
    (
        "explorer/handlers.py",
        Edit(
            "sending alone leaves a delivery ignored",
            "ignored = after is local and not ran.sent",
            "ignored = after is local",
        ),
    ),
    (
        "explorer/handlers.py",
        Edit(
            "facts() may change the actor",
            "            if _bare(actor, local.actor, mould) != local.fields:\n"
            '                raise PropertyError("it changed the actor; it may only look.")\n',
            "",
        ),
    ),
    (
        "explorer/freeze.py",
        Edit(
            "True is 1",
            "KNOWN: dict[int, Frozen] = {id(True): (bool, 1), id(False): (bool, 0)}",
            "KNOWN: dict[int, Frozen] = {id(True): 1, id(False): 0}",
        ),
    ),
    (
        "explorer/freeze.py",
        Edit(
            "sets keep the order in which they iterate",
            "        return (kind, *sorted(parts, key=_order_of(parts)))",
            "        return (kind, *parts)",
        ),
    ),
    (
        "explorer/freeze.py",
        Edit(
            "fields that were not declared are lost",
            "        if checked is not None and not value.__dict__.keys() <= checked:\n"
            "            raise _stranger(value, checked, path)\n",
            "",
        ),
    ),
    (
        "explorer/network.py",
        Edit(
            "a queue is read from its end",
            "        return [queue[0] for queue in state]",
            "        return [queue[-1] for queue in state]",
        ),
    ),
    (
        "explorer/network.py",
        Edit(
            "equal copies are delivered twice",
            "        return dict.fromkeys(state)",
            "        return state",
        ),
    ),
    (
        "explorer/faults.py",
        Edit(
            "one fault more than there may be",
            "        return left is None or left > 0",
            "        return left is None or left >= 0",
        ),
    ),
    (
        "explorer/faults.py",
        Edit(
            "a cut parts nobody",
            "        return bool(self.cut) and (one in self.cut) != (other in self.cut)",
            "        return bool(self.cut) and one in self.cut and other not in self.cut",
        ),
    ),
    (
        "explorer/tables.py",
        Edit(
            "facts that are gone are not noted",
            "        flags |= kernels.FACTS * (outcome.after.facts != before.facts)\n",
            "        flags |= kernels.FACTS * (outcome.after.facts > before.facts)\n",
        ),
    ),
    (
        "explorer/tables.py",
        Edit(
            "an envelope that is sent twice is sent once",
            "        flags |= kernels.REPEATS * (one_by_one or "
            "len(set(outcome.sent)) < len(outcome.sent))\n",
            "        flags |= kernels.REPEATS * one_by_one\n",
        ),
    ),
    (
        "invariants/evaluate.py",
        Edit(
            "a negation is what it negates",
            "            column = everywhere ^ parts[0]",
            "            column = parts[0]",
        ),
    ),
    (
        "invariants/solver.py",
        Edit(
            "unknown is a pass",
            "        if outcome == z3.unknown:\n"
            "            return Ruling(Answer.UNKNOWN, reason=self._solver.reason_unknown())\n",
            "        if outcome == z3.unknown:\n            return Ruling(Answer.TRUE)\n",
        ),
    ),
    (
        "invariants/language.py",
        Edit(
            "a value that no fact mentions counts for `exists`",
            "                parts.append(self.formulas.conjunction((somewhere, part)))",
            "                parts.append(part)",
        ),
    ),
    (
        "invariants/consensus.py",
        Edit(
            "one vote of a quorum chooses",
            "quorums, lambda quorum: L.forall(quorum, lambda acceptor: Voted(acceptor, ballot, "
            "value))",
            "quorums, lambda quorum: L.exists(quorum, lambda acceptor: Voted(acceptor, ballot, "
            "value))",
        ),
    ),
    (
        "invariants/consensus.py",
        Edit(
            "any report will do, not the greatest",
            "L.And(d > c, Reported(p, b, a, d, v))",
            "L.And(d >= 0, Reported(p, b, a, d, v))",
        ),
    ),
)


def by_hand() -> list[Mutant]:
    """All of them, those of the kernels last, which takes a compilation each. Raises ValueError if
    the text that one replaces is not there exactly once."""
    rest = [_made(module, edit, TARGETS[module]) for module, edit in _REST]
    return rest + [_made(KERNELS, edit, tests) for tests, edit in _KERNELS]


def _made(module: str, edit: Edit, tests: Sequence[str]) -> Mutant:
    source = (ROOT / module).read_text("utf-8")
    if source.count(edit.before) != 1:
        raise ValueError(
            f"{module}, mutant {edit.what!r}: the text that it replaces is there "
            f"{source.count(edit.before)} times; it must be there once:\n{edit.before}"
        )
    after = source.replace(edit.before, edit.after)
    return Mutant(module, edit.what, source, after, tuple(tests))
