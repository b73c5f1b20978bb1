"""The compiled kernels: every loop over states, on integers; no other module knows numba, but that
for their checked build.

The kernels take arrays and learn all widths at run time, so they are compiled once for all models
and load from numba's cache afterwards; those of the inner loop have versions besides for states of
one and of two words. They release the GIL and know no Python object. They share this one file
since numba's cache looks for changes in the file of a kernel only, not in those it calls.

*State*: a row of `W` 64-bit words, laid out by a `Layout`; `tables` decide what happens to it.
*Order*: states are numbered in the order in which a breadth-first search with one queue finds them,
whatever the number of threads.

*Visited set*: each of `P` owners keeps the states that hash to it, as rows in the order of their
numbers, and an open-addressing table of 64-bit entries, each 32 bits of the hash and 32 bits of
one more than the row (0: empty). Eight entries are a cache line; a state is entered in the first
line with a free place from the line on that the upper end of its hash names. These bits are in the
entry, too, so a table grows in place, by one pass over it, back to front. A probe compares a line
at a time; it ends at a row that is equal word for word, so that no state is ever taken for another.
Lines and rows are prefetched a block ahead.

*Sleep sets* (Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996):
events of different actors commute, so most steps end where another order of the same events has
led before. With each state of the frontier lies a set of deliveries that need not be made from it,
because what they lead to has been found already; these steps are counted, and not made. No state is
left out, and the order in which states are found stays: docs/tabulated-engine.md proves it.

*Recent*: many of the remaining successors were met a moment ago. A small direct-mapped cache of
whole states sorts these out before they cost a probe.

One thread runs `search`: expand a batch, settle it, and so on. Several run `expand` on parts of the
frontier, each with a box for every owner, then `settle`, an owner each, boxes in order, and then
`number` what is new of each part. Nobody writes what another one reads, so no locks are needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import event
from numba.extending import intrinsic, overload

from .stopwatch import Stopwatch

# How a kernel ended.
DONE = 0  # all that was asked for
MISSING = 1  # a pair of local state and event has no entry
COPIES = 2  # an envelope, its delivery being counters[EVENT], needs a bit for one more copy
ROOM = 3  # rows, table or fact sets are too full for another batch
BUFFER = 4  # one state has more successors than a batch holds, or a box is full
BOUND = 5  # one state more than may be kept was found
OVERFLOW = 6  # a count needs more words than it has
PAUSE = 7  # as many states were worked on as asked for
UNASKED = 8  # an actor was not asked yet whether it drops a message, its delivery being [EVENT]
LOST = 9  # a step leads to a state that is not in the visited set, which holds all there are

# Entries of a page: the first outcome of a pair, or one of these.
UNKNOWN = -1
NO_STEP = -2
PAGE_BITS = 6
PAGE = 1 << PAGE_BITS
"""Local states to a page of the table of pairs."""

# Flags of an outcome.
LAST = 1  # no further outcome of the same pair
FACTS = 2  # the local states before and after have different facts
REPEATS = 4  # it sends an envelope twice
OBJECTION = 8  # a step property objects to it

LARGEST = 7 << 29
"""The most states that one owner can number: entries have 32 bits for it, and 7/8 are used."""

# Places in an array of counters.
NEXT, TRANSITIONS, TERMINAL, EVENT, STATES, FACT_SETS, CUT, SEED, PARTLY, TAKEN = range(10)
COUNTERS = 10

RECENT = 1 << 13
"""States in the cache of recent ones."""

LINE = 8
"""Entries of the table to a cache line."""

_BLOCK = 64
"""Probes that are prefetched together."""

_MIX = 0xD6E8FEB86659FD93
_SEED = 0x9E3779B97F4A7C15
_LOW = 0xFFFFFFFF
_LINE_BITS = (1 << LINE) - 1


class Widths(NamedTuple):
    """How much of what there is."""

    words: int  # of a state
    facts: int  # words of a fact set
    actors: int
    own: int  # entries in the table of own events; 0 if there are none
    owners: int
    faults: int  # ways to cut the network, and one more; 0 if there are no faults
    queues: int  # 0 if the network has none
    drops: int  # whether actors may drop messages


# Lanes of a state beyond those of its actors, if there may be faults: what is left of each kind,
# and which cut divides the network, 0 for none.
CRASHES, STOPS, LOSSES, DUPLICATIONS, PARTITIONS, TIMEOUTS, CUT_LANE = range(7)

WAITING = -2
"""The kind of a timer that fires only while nothing can be delivered."""

# Budgets that are not counted in a lane.
ANY_NUMBER = -1
NONE_AT_ALL = -2


class Layout(NamedTuple):
    """Where the parts of a state lie in its words. `A` actors, `E` events, `B = 64 W` bits, `K`
    ways to cut the network.

    lane_word, lane_shift, lane_mask  (A + 7,) the actor's local state, or what is left of a kind of
                fault: its word, shift and mask
    first       (W,) the bits that stand for the first copy of an envelope
    repeated    (W,) those of them with a bit for a second copy
    bit_event   (B,) the event of delivering the envelope that a first bit stands for
    bit_next    (B,) the bit of the next copy, -1 for none; the same bit if copies do not count
    event_bit   (E,) the bit of the first copy, -1 for a timer
    leaves      (W,) the bits that a delivery takes away
    others      (A + 1, W) the bits of the envelopes that are not for the actor; the last row, for
                the network, is empty
    open        (K + 1, W) the bits of the envelopes whose link is not cut
    queues      (Q, 4) each queue's word, shift, bits of a message, and how many messages fit: the
                numbers of its messages, from 1 on, lie side by side, the oldest lowest
    queue_order (Q,) the queues in the order in which their messages are delivered
    queue_bits  (Q,) in that order the bits of each in its word
    queue_from, queue_event  (Q,) where the queue's events begin, and the events of delivering its
                messages, from number 1 on, at the places after that
    event_queue (E, 2) the queue, and the number in it, of the message that an event delivers

    Where there are queues, sleep sets, `others` and `open` have a bit for each place in that order.
    """

    lane_word: Any
    lane_shift: Any
    lane_mask: Any
    first: Any
    repeated: Any
    bit_event: Any
    bit_next: Any
    event_bit: Any
    leaves: Any
    others: Any
    open: Any
    queues: Any
    queue_order: Any
    queue_bits: Any
    queue_from: Any
    queue_event: Any
    event_queue: Any


class Tables(NamedTuple):
    """What Python has decided. `O` outcomes, `L` local states of all actors, `F` fact words.

    event_actor  (E,) the actor that takes the step
    event_pages  (E,) where the event's row in `page_of` begins
    page_of      the page for each PAGE local states of the actor; page 0 is all UNKNOWN
    pages        first outcome of each pair, UNKNOWN or NO_STEP
    records      (O, 2 W + 1) for each outcome the words XORed onto the state, the first bits of
                 what is sent, and flags
    sent_from, sent      (O + 1,) and the events of the envelopes that an outcome sends
    local_from   (A,) the number, among all local states, of the actor's local state 0
    own_of, own  (L, 2) from where to where the events are that are possible in a local state by
                 itself: its timers, and faults
    facts        (L, F) the facts of a local state, a bit each
    kind_of      (E,) the kind of fault that an event is, -1 for none, or WAITING
    lanes        (6,) for each kind of fault the lane of what is left, ANY_NUMBER or NONE_AT_ALL
    lost, duplicated     (E,) the outcome of the envelope being lost or duplicated that an event
                 delivers
    cuts         (K + 1,) the outcome of each way to cut the network, and then that of healing
    dropped      (L, 2, W) the bits of the messages that an actor drops in a local state: of those
                 it sent, and of those to it; of no use if no actor ever does, as are
    asked        (L, 2, W) those that it was asked about, and
    concerned    (A, 2, W) those that an actor is to be asked about
    """

    event_actor: Any
    event_pages: Any
    page_of: Any
    pages: Any
    records: Any
    sent_from: Any
    sent: Any
    local_from: Any
    own_of: Any
    own: Any
    facts: Any
    kind_of: Any
    lanes: Any
    lost: Any
    duplicated: Any
    cuts: Any
    dropped: Any
    asked: Any
    concerned: Any


class Visited(NamedTuple):
    """The visited set, by owner. `P` owners.

    rows, tables  (P, 2) addresses of the rows, (n, W), and of the table of entries, and how many
                  words are there
    shifts        (P,) 64 less the binary logarithm of how many lines the table has
    owners        (n,) who owns a state, by its number; empty if there is one owner only
    asleep, asleep_from  (P, 2) the same of the sleep sets, (n, W), of the states of the level being
                  expanded, and (P,) the row of the first of them
    falling, falling_from  (P,) the same of the next level
    """

    rows: Any
    tables: Any
    shifts: Any
    owners: Any
    asleep: Any
    asleep_from: Any
    falling: Any
    falling_from: Any


class FactSets(NamedTuple):
    """Distinct fact sets: `sets` (capacity, F), and a hash table of one more than their numbers."""

    sets: Any
    table: Any


class Batch(NamedTuple):
    """Successors as they are made: their words (K, W), the outcomes (K,) that made them, and their
    sleep sets (K, W)."""

    words: Any
    outcomes: Any
    asleep: Any


class Box(NamedTuple):
    """Successors for each of `P` owners, `C` places each.

    words, outcomes, hashes, asleep  (P, C, W), (P, C), (P, C), (P, C, W)
    order   (P, C) the position among the successors in all boxes; if there is one box only, the
            place in the batch
    counts  (P,) places taken
    marks   (P, P C) by owner and position, whether the successor was new
    """

    words: Any
    outcomes: Any
    hashes: Any
    order: Any
    counts: Any
    asleep: Any
    marks: Any


class Work(NamedTuple):
    """Room that a kernel works in."""

    lanes: Any  # (A,)
    recent: Any  # (RECENT, W)
    cursors: Any  # (P,) for each owner, the row of its next state in the order of numbers
    slots: Any  # (C,)
    objected: Any  # (O,) whether an outcome with an objection was taken
    awake: Any  # (W,) zero: a sleep set with nothing in it
    earlier: Any  # (W,)
    nonempty: Any  # (W,)


@contextmanager
def compiling(watch: Stopwatch, tell: Callable[[], None] | None) -> Iterator[None]:
    """While this is open the time in which kernels are compiled, and not just loaded, is set aside;
    `tell` is called once if any is."""
    with event.install_listener("numba:compile", _Compiling(watch, tell)):
        yield


class _Compiling(event.Listener):
    def __init__(self, watch: Stopwatch, tell: Callable[[], None] | None) -> None:
        self._watch = watch
        self._tell = tell
        self._open = 0  # a kernel that calls others has them compiled on the way
        self._began = 0.0

    def on_start(self, event: Any) -> None:
        if self._tell:
            self._tell()
        self._tell = None
        if self._open == 0:
            self._began = self._watch.clock()
        self._open += 1

    def on_end(self, event: Any) -> None:
        self._open -= 1
        if self._open == 0:
            self._watch.aside += self._watch.clock() - self._began


@intrinsic
def _pointers(typingctx: Any, arrays: Any) -> Any:
    """The NamedTuple of the bare pointers to the data of a NamedTuple of arrays.

    Arrays are counted references, and counting them in inner loops takes nine tenths of the time.
    Whoever calls a kernel holds the arrays while the pointers are in use."""
    kinds = [types.CPointer(array.dtype) for array in arrays.types]
    made = types.NamedTuple(kinds, arrays.instance_class)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointers = []
        for at, kind in enumerate(signature.args[0].types):
            array = builder.extract_value(arguments[0], at)
            pointers.append(context.make_array(kind)(context, builder, array).data)
        return context.make_tuple(builder, signature.return_type, pointers)

    return made(arrays), generate


@intrinsic
def _pointer(typingctx: Any, array: Any) -> Any:
    """The bare pointer to the data of an array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), generate


@intrinsic
def _words_at(typingctx: Any, blocks: Any, owner: Any) -> Any:
    """The pointer to the 64-bit words of an owner's block: (P, 2) addresses, and how many words lie
    there, which only the checked build asks."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.mul(arguments[1], ir.IntType(64)(2))
        address = builder.load(builder.gep(arguments[0], [place]))
        return builder.inttoptr(address, ir.IntType(64).as_pointer())

    return types.CPointer(types.uint64)(blocks, types.int64), generate


@intrinsic
def _prefetch(typingctx: Any, pointer: Any, index: Any) -> Any:
    """Begin to load `pointer[index]` (llvm.prefetch, for reading, into all cache levels)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        function = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        address = builder.bitcast(builder.gep(arguments[0], [arguments[1]]), byte)
        builder.call(function, [address, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(pointer, types.int64), generate


@intrinsic
def _ones(typingctx: Any, word: Any) -> Any:
    """How many bits of a word are set (llvm.ctpop)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@intrinsic
def _leading(typingctx: Any, word: Any) -> Any:
    """How many bits above the highest one set of a word are not; 64 for zero (llvm.ctlz)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.IntType(1)(0))

    return types.int64(types.uint64), generate


@intrinsic
def _lowest(typingctx: Any, word: Any) -> Any:
    """The position of the lowest bit of a word that is not zero (llvm.cttz)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return types.int64(types.uint64), generate


@intrinsic
def _compare_line(typingctx: Any, table: Any, line: Any, tag: Any) -> Any:
    """Compare all entries of a line: bit i of what is returned is set if entry i has this tag in
    its upper half, bit LINE + i if it is empty."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word, kind = ir.IntType(64), ir.VectorType(ir.IntType(64), LINE)
        first = builder.gep(arguments[0], [builder.mul(arguments[1], word(LINE))])
        entries = builder.load(builder.bitcast(first, kind.as_pointer()), align=8)
        zeros, halves = ir.Constant(kind, [0] * LINE), ir.Constant(kind, [32] * LINE)
        tags = builder.insert_element(zeros, arguments[2], ir.IntType(32)(0))
        same = ir.Constant(ir.VectorType(ir.IntType(32), LINE), [0] * LINE)
        tags = builder.shuffle_vector(tags, zeros, same)
        bits = ir.IntType(LINE)
        equal = builder.icmp_unsigned("==", builder.lshr(entries, halves), tags)
        empty = builder.icmp_unsigned("==", entries, zeros)
        low = builder.zext(builder.bitcast(equal, bits), word)
        high = builder.zext(builder.bitcast(empty, bits), word)
        return builder.or_(low, builder.shl(high, word(LINE)))

    return types.uint64(table, types.int64, types.uint64), generate


CHECKED = os.environ.get("ISLANDER_CHECKED_KERNELS", "0") not in ("", "0")
"""Whether all that follows is compiled with every index checked: see `bounds`."""

NARROW = 0 if CHECKED else 2
"""The most words of a state that there are versions of the inner loop for, see `_narrowed`."""

if CHECKED:
    from . import bounds

    njit = bounds.njit
    _pointers, _pointer, _words_at = bounds.pointers, bounds.pointer, bounds.words_at
    _prefetch, _compare_line = bounds.prefetch, bounds.compare_line(_compare_line, LINE)

# `width` is passed beside `widths` so that the compiler sees 1 and 2, by far the most frequent, as
# constants: that makes the loops over words a quarter faster. What it is to see, it learns from the
# type of `narrow`, so each of the fast versions is compiled when a model needs it, not before.
#
# Numbers that begin as a literal begin as np.int64(0) where they are passed on: else all that they
# are passed to is compiled once more, for this literal.


def _narrowed(narrow, widths):
    """The width of a state, and all widths: with `narrow`, a tuple as long as a state has words,
    the compiler knows the former, and that there are neither faults nor queues; None tells it
    nothing."""
    raise NotImplementedError


@overload(_narrowed)
def _(narrow, widths):
    if isinstance(narrow, types.NoneType):
        return lambda narrow, widths: (widths.words, widths)

    def known(narrow, widths):
        return len(narrow), Widths(
            widths.words, widths.facts, widths.actors, widths.own, widths.owners, 0, 0, 0
        )

    return known


@njit(forceinline=True)
def _hash(words, at, width):
    h = np.uint64(_SEED)
    for w in range(width):
        h ^= words[at + w]
        h *= np.uint64(_MIX)
        h ^= h >> np.uint64(32)
    h *= np.uint64(_MIX)
    return h ^ (h >> np.uint64(29))


@njit(forceinline=True)
def _owner(h, owners):
    return np.int64(((h & np.uint64(_LOW)) * np.uint64(owners)) >> np.uint64(32))


@njit(forceinline=True)
def _line(h, shift):
    """The line that the upper bits of a hash name, those left when it is shifted so far: by one bit
    on its own, since no word can be shifted by 64, as one line would need."""
    return np.int64((h >> (shift - np.uint64(1))) >> np.uint64(1))


@njit(forceinline=True)
def _first_outcome(tables, event, local):
    page = np.int64(tables.page_of[tables.event_pages[event] + (local >> PAGE_BITS)])
    return np.int64(tables.pages[(page << PAGE_BITS) + (local & (PAGE - 1))])


@njit(forceinline=True)
def _lane(layout, rows, at, actor):
    word = rows[at + layout.lane_word[actor]]
    return np.int64((word >> layout.lane_shift[actor]) & layout.lane_mask[actor])


@njit(forceinline=True)
def _last_copy(layout, rows, at, bit):
    """The bit of the last copy in flight of the envelope whose first bit is `bit`."""
    after = np.int64(layout.bit_next[bit])
    while after >= 0 and (rows[at + (after >> 6)] >> np.uint64(after & 63)) & np.uint64(1):
        bit = after
        after = np.int64(layout.bit_next[bit])
    return bit


@njit(forceinline=True)
def _queue(layout, rows, at, queue):
    """The messages in a queue, side by side."""
    shift, bits = np.uint64(layout.queues[4 * queue + 1]), layout.queues[4 * queue + 2]
    unused = np.uint64(64 - bits * layout.queues[4 * queue + 3])
    field = rows[at + layout.queues[4 * queue]] >> shift
    return (field << unused) >> unused


@njit(forceinline=True)
def _length(field, bits):
    """How many messages are in a queue."""
    return (64 - _leading(field) + bits - 1) // bits


@njit(nogil=True)
def _enqueue(layout, event, words, to):
    """Let the message that an event delivers be the last in its queue; False if none more fits."""
    queue = np.int64(layout.event_queue[2 * event])
    bits = layout.queues[4 * queue + 2]
    length = _length(_queue(layout, words, to, queue), bits)
    if length >= layout.queues[4 * queue + 3]:
        return False
    number = np.uint64(layout.event_queue[2 * event + 1])
    place = np.uint64(layout.queues[4 * queue + 1] + length * bits)
    words[to + layout.queues[4 * queue]] |= number << place
    return True


@njit(nogil=True)
def _send_each(width, layout, tables, rows, at, o, word, delivered, words, to):
    """Write the successor when some envelope that is sent is in flight already: a further copy is
    a further bit. Returns the event of an envelope that has too few, else -1."""
    record = o * (2 * width + 1)
    for w in range(width):
        sent = tables.records[record + width + w]
        words[to + w] = rows[at + w] ^ tables.records[record + w] ^ sent
    words[to + word] ^= delivered
    for s in range(tables.sent_from[o], tables.sent_from[o + 1]):
        event = np.int64(tables.sent[s])
        bit = np.int64(layout.event_bit[event])
        if bit < 0:
            if not _enqueue(layout, event, words, to):
                return event
            continue
        while (words[to + (bit >> 6)] >> np.uint64(bit & 63)) & np.uint64(1):
            after = np.int64(layout.bit_next[bit])
            if after < 0:
                return event
            if after == bit:
                break
            bit = after
        words[to + (bit >> 6)] |= np.uint64(1) << np.uint64(bit & 63)
    return -1


@njit(forceinline=True)
def _drop(width, widths, layout, tables, words, to):
    """Take out of a state the messages that both their senders and their receivers drop. Returns
    the event of one that they are to be asked about first, else -1."""
    for w in range(width):
        # There may be further copies in a word without a first one.
        flying = words[to + w] & layout.first[w]
        sent, received, unasked = np.uint64(0), np.uint64(0), np.uint64(0)
        for a in range(widths.actors):
            at = 2 * (tables.local_from[a] + _lane(layout, words, to, a)) * width + w
            sent |= tables.dropped[at]
            unasked |= flying & tables.concerned[2 * a * width + w] & ~tables.asked[at]
        for a in range(widths.actors if words[to + w] & sent else 0):
            at = (2 * (tables.local_from[a] + _lane(layout, words, to, a)) + 1) * width + w
            received |= tables.dropped[at]
            wanted = flying & sent & tables.concerned[(2 * a + 1) * width + w]
            unasked |= wanted & ~tables.asked[at]
        if unasked:
            return np.int64(layout.bit_event[w * 64 + _lowest(unasked)])
        words[to + w] &= ~(sent & received)
    return np.int64(-1)


@njit(forceinline=True)
def _apply(
    width, widths, layout, tables, rows, at, o, word, delivered, earlier, actor, batch, k, room
):
    """Write the state after each outcome of one pair, `o` being the first, and its sleep set."""
    records, words = tables.records, batch.words
    status, event = DONE, np.int64(-1)
    going = True
    while going:
        if k >= room:
            status = BUFFER
            break
        record = o * (2 * width + 1)
        flags = records[record + 2 * width]
        clash = flags & np.uint64(REPEATS)
        to = k * width
        for w in range(width):
            base = rows[at + w]
            if w == word:
                base ^= delivered
            clash |= base & records[record + width + w]
            words[to + w] = base ^ records[record + w]
            batch.asleep[to + w] = earlier[w] & layout.others[actor * width + w]
        batch.outcomes[k] = o
        if clash:
            event = _send_each(width, layout, tables, rows, at, o, word, delivered, words, to)
            if event >= 0:
                status = COPIES
                break
        if widths.drops:
            event = _drop(width, widths, layout, tables, words, to)
            if event >= 0:
                status = UNASKED
                break
        k += 1
        o += 1
        going = flags & np.uint64(LAST) == 0
    return status, k, event


@njit(forceinline=True)
def _is_left(layout, tables, rows, at, kind):
    """Whether there may be one more fault of this kind."""
    lane = np.int64(tables.lanes[kind])
    return lane == ANY_NUMBER or (lane >= 0 and _lane(layout, rows, at, lane) > 0)


@njit(forceinline=True)
def _may_happen(layout, tables, rows, at, kind, quiet):
    """Whether an actor's own event, of this kind, may happen; `quiet` if nothing can be
    delivered."""
    if kind == WAITING:
        return quiet
    return kind < 0 or _is_left(layout, tables, rows, at, kind)


@njit(forceinline=True)
def _spend(width, layout, tables, kind, batch, begin, end):
    """Take one from what is left of this kind, in successors `begin` to `end`."""
    lane = np.int64(tables.lanes[kind])
    if lane >= 0:
        for j in range(begin, end):
            word = j * width + layout.lane_word[lane]
            batch.words[word] -= np.uint64(1) << layout.lane_shift[lane]


@njit(forceinline=True)
def _head(layout, rows, at, queue):
    """Of a queue that is not empty its messages, the event of delivering the first, and what is
    XORed onto the word when that is taken out."""
    field = _queue(layout, rows, at, queue)
    bits = np.uint64(layout.queues[4 * queue + 2])
    number = np.int64(field & ((np.uint64(1) << bits) - np.uint64(1)))
    event = np.int64(layout.queue_event[layout.queue_from[queue] + number])
    return field, event, (field ^ (field >> bits)) << np.uint64(layout.queues[4 * queue + 1])


@njit(forceinline=True)
def _find_nonempty(width, widths, layout, rows, at, work):
    """Set in `work.nonempty` the bits of the queues with messages, by their places in the order."""
    for w in range(width):
        some = np.uint64(0)
        for place in range(64 * w, min(64 * w + 64, widths.queues)):
            word = rows[at + layout.queues[4 * layout.queue_order[place]]]
            holds = (word & layout.queue_bits[place]) != 0
            some |= np.uint64(holds) << np.uint64(place & 63)
        work.nonempty[w] = some


@njit(nogil=True)
def _from_queues(width, widths, layout, tables, rows, at, cut, asleep, slept, work, batch, k, room):
    """Write the successors by deliveries from queues, as `_successors` does the others."""
    _find_nonempty(width, widths, layout, rows, at, work)
    for w in range(width):
        left = work.nonempty[w] & ~asleep[slept + w]
        if widths.faults:
            left &= layout.open[cut * width + w]
        while left:
            low = _lowest(left)
            left &= left - np.uint64(1)
            queue = layout.queue_order[w * 64 + low]
            _, event, taken = _head(layout, rows, at, queue)
            actor = np.int64(tables.event_actor[event])
            o = _first_outcome(tables, event, work.lanes[actor])
            if o < 0:
                if o == UNKNOWN:
                    return MISSING, k, event
                continue
            status, k, about = _apply(
                width,
                widths,
                layout,
                tables,
                rows,
                at,
                o,
                layout.queues[4 * queue],
                taken,
                work.earlier,
                actor,
                batch,
                k,
                room,
            )
            if status != DONE:
                return status, k, np.int64(about)
            single = tables.records[o * (2 * width + 1) + 2 * width] & np.uint64(LAST)
            work.earlier[w] |= single << np.uint64(low)
    return DONE, k, np.int64(-1)


@njit(nogil=True)
def _network_faults(width, widths, layout, tables, rows, at, cut, work, batch, k, room):
    """Write the successors by faults of the network, as `_successors` does the others."""
    actor, nothing = widths.actors, np.uint64(0)
    for kind in (LOSSES, DUPLICATIONS):
        if not _is_left(layout, tables, rows, at, kind):
            continue
        for w in range(width):
            left = rows[at + w] & layout.first[w]
            while left:
                low = _lowest(left)
                left &= left - np.uint64(1)
                bit = w * 64 + low
                event = np.int64(layout.bit_event[bit])
                word, taken = np.int64(0), nothing
                if kind == LOSSES:
                    o = np.int64(tables.lost[event])
                    if (layout.repeated[w] >> np.uint64(low)) & np.uint64(1):
                        bit = _last_copy(layout, rows, at, bit)
                    word, taken = bit >> 6, np.uint64(1) << np.uint64(bit & 63)
                else:
                    o = np.int64(tables.duplicated[event])
                if o < 0:
                    continue
                status, after, about = _apply(
                    width,
                    widths,
                    layout,
                    tables,
                    rows,
                    at,
                    o,
                    word,
                    taken,
                    work.earlier,
                    actor,
                    batch,
                    k,
                    room,
                )
                _spend(width, layout, tables, kind, batch, k, after)
                if status != DONE:
                    return status, after, np.int64(about)
                k = after
        for place in range(widths.queues):
            if not (work.nonempty[place >> 6] >> np.uint64(place & 63)) & np.uint64(1):
                continue
            queue = layout.queue_order[place]
            field, event, taken = _head(layout, rows, at, queue)
            o = np.int64(tables.lost[event])
            if kind == DUPLICATIONS:
                o, bits = np.int64(tables.duplicated[event]), layout.queues[4 * queue + 2]
                if _length(field, bits) >= layout.queues[4 * queue + 3]:
                    return COPIES, k, event
                first = field & ((np.uint64(1) << np.uint64(bits)) - np.uint64(1))
                taken = field ^ ((field << np.uint64(bits)) | first)
                taken <<= np.uint64(layout.queues[4 * queue + 1])
            status, after, about = _apply(
                width,
                widths,
                layout,
                tables,
                rows,
                at,
                o,
                layout.queues[4 * queue],
                taken,
                work.earlier,
                actor,
                batch,
                k,
                room,
            )
            _spend(width, layout, tables, kind, batch, k, after)
            if status != DONE:
                return status, after, np.int64(about)
            k = after
    lane = actor + CUT_LANE
    begin, end = np.int64(0), np.int64(0)
    if cut > 0:
        begin, end = widths.faults - 1, widths.faults
    elif _is_left(layout, tables, rows, at, PARTITIONS):
        end = widths.faults - 1
    for number in range(begin, end):
        status, after, about = _apply(
            width,
            widths,
            layout,
            tables,
            rows,
            at,
            np.int64(tables.cuts[number]),
            np.int64(0),
            nothing,
            work.earlier,
            actor,
            batch,
            k,
            room,
        )
        if status != DONE:
            return status, after, np.int64(about)
        word = k * width + layout.lane_word[lane]
        batch.words[word] &= ~(layout.lane_mask[lane] << layout.lane_shift[lane])
        if cut == 0:
            batch.words[word] |= np.uint64(number + 1) << layout.lane_shift[lane]
            _spend(width, layout, tables, PARTITIONS, batch, k, after)
        k = after
    return DONE, k, np.int64(-1)


@njit(forceinline=True)
def _successors(width, widths, layout, tables, rows, at, asleep, slept, work, batch, k, room):
    """Write the successors of the state at `rows[at]` from place `k` of the batch on: deliveries in
    the order of their bits, those in the sleep set at `asleep[slept]` left out, then timers.

    Returns (status, place after the last one, event that the status is about)."""
    lanes, earlier = work.lanes, work.earlier
    cut, first = np.int64(0), k
    if widths.faults:
        cut = _lane(layout, rows, at, widths.actors + CUT_LANE)
    for a in range(widths.actors):
        lanes[a] = _lane(layout, rows, at, a)
    for w in range(width):
        earlier[w] = asleep[slept + w]
    for w in range(width):
        left = rows[at + w] & layout.first[w] & ~asleep[slept + w]
        if widths.faults:
            left &= layout.open[cut * width + w]
        while left:
            low = _lowest(left)
            left &= left - np.uint64(1)
            bit = w * 64 + low
            event = np.int64(layout.bit_event[bit])
            actor = np.int64(tables.event_actor[event])
            o = _first_outcome(tables, event, lanes[actor])
            if o < 0:
                if o == UNKNOWN:
                    return MISSING, k, event
                continue
            if (layout.repeated[w] >> np.uint64(low)) & np.uint64(1):
                bit = _last_copy(layout, rows, at, bit)
            delivered = np.uint64(1) << np.uint64(bit & 63) & layout.leaves[bit >> 6]
            status, k, about = _apply(
                width,
                widths,
                layout,
                tables,
                rows,
                at,
                o,
                bit >> 6,
                delivered,
                earlier,
                actor,
                batch,
                k,
                room,
            )
            if status != DONE:
                return status, k, about
            single = tables.records[o * (2 * width + 1) + 2 * width] & np.uint64(LAST)
            earlier[w] |= single << np.uint64(low)
    if widths.queues:
        status, k, about = _from_queues(
            width, widths, layout, tables, rows, at, cut, asleep, slept, work, batch, k, room
        )
        if status != DONE:
            return status, k, about
    if widths.own:
        quiet = k == first
        for w in range(width):
            quiet &= asleep[slept + w] == 0
        for a in range(widths.actors):
            number = tables.local_from[a] + lanes[a]
            for t in range(tables.own_of[2 * number], tables.own_of[2 * number + 1]):
                event = np.int64(tables.own[t])
                kind = np.int64(tables.kind_of[event])
                if not _may_happen(layout, tables, rows, at, kind, quiet):
                    continue
                o = _first_outcome(tables, event, lanes[a])
                if o == UNKNOWN:
                    return MISSING, k, event
                if o >= 0:
                    before = k
                    status, k, about = _apply(
                        width,
                        widths,
                        layout,
                        tables,
                        rows,
                        at,
                        o,
                        np.int64(0),
                        np.uint64(0),
                        earlier,
                        a,
                        batch,
                        k,
                        room,
                    )
                    if kind >= 0:
                        _spend(width, layout, tables, kind, batch, before, k)
                    if status != DONE:
                        return status, k, about
    if widths.faults:
        return _network_faults(width, widths, layout, tables, rows, at, cut, work, batch, k, room)
    return DONE, k, np.int64(-1)


@njit(forceinline=True)
def _expand_batch(width, widths, layout, tables, visited, batch, work, at, end, room, waking):
    """Expand states from number `at` on until `end` or until the batch is full. `waking`: take the
    steps in their sleep sets, too.

    Returns (status, next state, successors, those of the state that could not be expanded whole
    included, steps left out, states without any step, event)."""
    k, after, slept, terminal, begun = np.int64(0), np.int64(0), 0, 0, at
    status, event = DONE, np.int64(-1)
    while at < end:
        owner, row = np.int64(0), at
        if widths.owners > 1:
            owner = np.int64(visited.owners[at])
            row = work.cursors[owner]
        rows = _words_at(visited.rows, owner)
        asleep, sleeper = work.awake, np.int64(0)
        if not waking:
            asleep = _words_at(visited.asleep, owner)
            sleeper = (row - visited.asleep_from[owner]) * width
        status, after, event = _successors(
            width, widths, layout, tables, rows, row * width, asleep, sleeper, work, batch, k, room
        )
        if status != DONE:
            break
        if widths.owners > 1:
            work.cursors[owner] = row + 1
        left_out = 0
        for w in range(width):
            left_out += _ones(asleep[sleeper + w])
        terminal += after == k and left_out == 0
        slept += left_out
        k = after
        at += 1
    if status == BUFFER and at > begun:
        status = DONE
    return status, at, k, after, slept, terminal, event


@njit(forceinline=True)
def _list_all(width, batch, k, box, work, everything):
    """List the first `k` successors of a batch, those met recently left out, in the one box that
    there is: their hashes, and in `order` their places in the batch. `everything`: leave out none.
    """
    recent, hashes, order = work.recent, box.hashes, box.order
    force = np.uint64(1) if everything else np.uint64(0)
    count = 0
    for j in range(k):
        h = _hash(batch.words, j * width, width)
        cached = np.int64(h & np.uint64(RECENT - 1)) * width
        differ = force
        for w in range(width):
            word = batch.words[j * width + w]
            differ |= recent[cached + w] ^ word
            recent[cached + w] = word
        hashes[count] = h
        order[count] = j
        count += differ != 0
    box.counts[0] = count


@njit(nogil=True)
def _forget(width, batch, begin, end, work):
    """Take these successors of a batch, which are not settled, out of those met recently."""
    for j in range(begin, end):
        h = _hash(batch.words, j * width, width)
        cached = np.int64(h & np.uint64(RECENT - 1)) * width
        for w in range(width):
            work.recent[cached + w] = 0


@njit(forceinline=True)
def _sort_out(width, widths, batch, k, box, capacity, work, everything):
    """Put the first `k` successors of a batch, those met recently left out, into their boxes.

    `everything`: leave out none."""
    recent, counts = work.recent, box.counts
    position = 0
    for p in range(widths.owners):
        position += counts[p]
    force = np.uint64(1) if everything else np.uint64(0)
    for j in range(k):
        h = _hash(batch.words, j * width, width)
        cached = np.int64(h & np.uint64(RECENT - 1)) * width
        owner = _owner(h, widths.owners)
        count = counts[owner]
        place = owner * capacity + count
        differ = force
        for w in range(width):
            word = batch.words[j * width + w]
            differ |= recent[cached + w] ^ word
            recent[cached + w] = word
            box.words[place * width + w] = word
            box.asleep[place * width + w] = batch.asleep[j * width + w]
        box.hashes[place] = h
        box.outcomes[place] = batch.outcomes[j]
        box.order[place] = position
        counts[owner] = count + (differ != 0)
        position += differ != 0


@njit(forceinline=True)
def _probe(width, rows, table, mask, line, tag, words, at):
    """Follow a probe from `line` on. Returns (slot, entry), entry 0 if the state is not there, and
    then the slot where it is to be entered."""
    while True:
        found = _compare_line(table, line, tag)
        empty = found >> np.uint64(LINE)
        same = found & ~empty & np.uint64(_LINE_BITS)
        while same:
            slot = line * LINE + _lowest(same)
            entry = table[slot]
            row = np.int64((entry & np.uint64(_LOW)) - np.uint64(1)) * width
            differ = np.uint64(0)
            for w in range(width):
                differ |= rows[row + w] ^ words[at + w]
            if differ == 0:
                return slot, entry
            same &= same - np.uint64(1)
        if empty:
            return line * LINE + _lowest(empty), np.uint64(0)
        line = (line + 1) & mask


@njit(forceinline=True)
def _look_ahead(width, rows, table, shift, mask, hashes, lines, begin, until):
    """Prefetch what the probes of these hashes need, and leave in `lines` where they stand."""
    for i in range(begin, until):
        _prefetch(table, _line(hashes[i], shift) * LINE)
    for i in range(begin, until):
        line, tag = _line(hashes[i], shift), hashes[i] >> np.uint64(32)
        found = _compare_line(table, line, tag)
        while not found:  # the line is full, and of other states
            line = (line + 1) & mask
            found = _compare_line(table, line, tag)
        lines[i] = line
        entry = table[line * LINE + _lowest(found) % LINE]
        _prefetch(rows, np.int64((entry & np.uint64(_LOW)) - np.uint64(1)) * width)


@njit(forceinline=True)
def _free_slot(table, mask, h, shift):
    """Where a state with this hash, which is not in the table, is to be entered."""
    line = _line(h, shift)
    empty = _compare_line(table, line, np.uint64(0)) >> np.uint64(LINE)
    while not empty:
        line = (line + 1) & mask
        empty = _compare_line(table, line, np.uint64(0)) >> np.uint64(LINE)
    return line * LINE + _lowest(empty)


@njit(forceinline=True)
def _settle_box(
    width,
    widths,
    layout,
    tables,
    visited,
    facts,
    owner,
    words,
    outcomes,
    asleep,
    box,
    capacity,
    work,
    counters,
    fact_mask,
    closed,
):
    """Put the successors in one box of `owner` into its part of the visited set, in order. With one
    owner they are those of a batch that the box lists, `words`, `outcomes` and `asleep` being the
    batch's.

    `closed`: a new state is left out, and its step counted in CUT. With several owners the new ones
    are marked."""
    rows, table = _words_at(visited.rows, owner), _words_at(visited.tables, owner)
    shift = np.uint64(visited.shifts[owner])
    mask = (np.int64(1) << np.int64(np.uint64(64) - shift)) - 1
    states = counters[STATES]
    falling, falling_from = _words_at(visited.falling, owner), visited.falling_from[owner]
    base = owner * capacity
    count = np.int64(box.counts[owner])
    changed = base  # the rows whose fact sets are to be noted, kept where slots are done with
    for begin in range(base, base + count, _BLOCK):
        until = min(begin + _BLOCK, base + count)
        _look_ahead(width, rows, table, shift, mask, box.hashes, work.slots, begin, until)
        for i in range(begin, until):
            tag = box.hashes[i] >> np.uint64(32)
            m = np.int64(box.order[i]) if widths.owners == 1 else i
            slot, entry = _probe(
                width, rows, table, mask, np.int64(work.slots[i]), tag, words, m * width
            )
            o = np.int64(outcomes[m])
            flags = tables.records[o * (2 * width + 1) + 2 * width]
            if entry == 0:
                if closed:
                    counters[CUT] += 1
                    continue
                table[slot] = (tag << np.uint64(32)) | np.uint64(states + 1)
                for w in range(width):
                    rows[states * width + w] = words[m * width + w]
                    falling[(states - falling_from) * width + w] = asleep[m * width + w]
                if widths.owners > 1:
                    box.marks[base * widths.owners + box.order[i]] = 1
                work.slots[changed] = states
                changed += np.int64((flags >> np.uint64(1)) & np.uint64(1))
                states += 1
            if flags & np.uint64(OBJECTION):
                work.objected[o] = 1
    counters[STATES] = states
    known = counters[FACT_SETS]
    for i in range(base, changed):
        row = np.int64(work.slots[i]) * width
        known = _note_facts(widths, layout, tables, facts, rows, row, known, fact_mask)
    counters[FACT_SETS] = known


@njit(forceinline=True)
def _note_facts(widths, layout, tables, facts, rows, at, count, mask):
    """Intern the union of the facts of the state at `rows[at]`; returns the number of fact sets."""
    width = widths.facts
    union = count * width  # it is made where it will stay if it is new
    h = np.uint64(_SEED)
    for f in range(width):
        word = np.uint64(0)
        for a in range(widths.actors):
            number = tables.local_from[a] + _lane(layout, rows, at, a)
            word |= tables.facts[number * width + f]
        facts.sets[union + f] = word
        h ^= word
        h *= np.uint64(_MIX)
        h ^= h >> np.uint64(32)
    slot = np.int64(h & mask)
    while True:
        entry = np.int64(facts.table[slot])
        if entry == 0:
            facts.table[slot] = count + 1
            return count + 1
        differ = np.uint64(0)
        for f in range(width):
            differ |= facts.sets[(entry - 1) * width + f] ^ facts.sets[union + f]
        if differ == 0:
            return count
        slot = (slot + 1) & np.int64(mask)


@njit(forceinline=True)
def _search(
    width,
    widths,
    layout,
    tables,
    visited,
    facts,
    batch,
    box,
    work,
    counters,
    room,
    row_room,
    table_room,
    fact_room,
    fact_mask,
    end,
    most,
    closed,
    everything,
):
    status = DONE
    while counters[NEXT] < end and status == DONE:
        if (
            counters[STATES] + room > row_room
            or (counters[STATES] + room) * 8 > table_room * 7
            or counters[FACT_SETS] + room >= fact_room
        ):
            return ROOM
        begin = counters[NEXT]
        waking = closed or counters[STATES] + room > most  # so that each step has its place
        status, at, k, partly, slept, terminal, event = _expand_batch(
            width, widths, layout, tables, visited, batch, work, begin, end, room, waking
        )
        counters[EVENT] = event
        careful = counters[STATES] + partly > most and not closed
        if careful:  # the bound may be reached even before what could not be expanded
            _list_all(width, batch, partly, box, work, True)
            cut = _first_too_many(width, visited, batch, box, work, counters[STATES], most)
            if cut >= 0:
                k, status = cut, BOUND
            box.counts[0] = k
            _forget(width, batch, k, partly, work)
        else:
            _list_all(width, batch, k, box, work, everything)
        before = counters[CUT]
        _settle_box(
            width,
            widths,
            layout,
            tables,
            visited,
            facts,
            0,
            batch.words,
            batch.outcomes,
            batch.asleep,
            box,
            room,
            work,
            counters,
            fact_mask,
            closed,
        )
        if status == BOUND:  # which state did it come from?
            terminal, seen, at = 0, 0, begin
            while True:
                _, after, _ = _successors(
                    width,
                    widths,
                    layout,
                    tables,
                    _words_at(visited.rows, 0),
                    at * width,
                    work.awake,
                    np.int64(0),
                    work,
                    batch,
                    np.int64(0),
                    room,
                )
                at += 1
                if seen + after > k:
                    counters[PARTLY] = k - seen
                    break
                seen += after
                terminal += after == 0
        counters[TAKEN] += k
        counters[TRANSITIONS] += k + slept - (counters[CUT] - before)
        counters[TERMINAL] += terminal
        counters[NEXT] = at
    return status


@njit(nogil=True)
def _first_too_many(width, visited, batch, box, work, states, most):
    """The position of the successor, all being in one box, with which there would be more than
    `most` states; -1 if none. Successors that are equal to one before are compared with it."""
    rows, table = _words_at(visited.rows, 0), _words_at(visited.tables, 0)
    shift = np.uint64(visited.shifts[0])
    mask = (np.int64(1) << np.int64(np.uint64(64) - shift)) - 1
    new = 0
    for i in range(box.counts[0]):
        line, tag = _line(box.hashes[i], shift), box.hashes[i] >> np.uint64(32)
        _, entry = _probe(width, rows, table, mask, line, tag, batch.words, i * width)
        if entry != 0:
            continue
        known = False
        for j in range(new):
            m = np.int64(work.slots[j])
            same = True
            for w in range(width):
                same &= batch.words[m * width + w] == batch.words[i * width + w]
            known |= same
        if known:
            continue
        if states + new >= most:
            return i
        work.slots[new] = i
        new += 1
    return -1


@njit(cache=True, nogil=True)
def search(
    narrow,
    widths,
    layout_,
    tables_,
    visited_,
    facts_,
    batch_,
    box_,
    work_,
    counters_,
    row_room,
    table_room,
    end,
    most,
    closed,
    everything,
):
    """Expand the states from counters[NEXT] up to number `end`, with one owner and one thread.

    narrow      see `_narrowed`
    most        how many states may be kept
    closed      leave out new states, and count their steps in counters[CUT] only
    everything  do not pass over successors that were met recently (as objections, and closed
                levels, need)

    Returns how it ended; counters[NEXT] is the first state that was not expanded. If it ended with
    BOUND, then the state before that was expanded partly: counters[PARTLY] steps were taken."""
    layout, tables = _pointers(layout_), _pointers(tables_)
    visited, facts, batch = _pointers(visited_), _pointers(facts_), _pointers(batch_)
    box, work, counters = _pointers(box_), _pointers(work_), _pointer(counters_)
    room, fact_room = batch_.outcomes.shape[0], facts_.sets.shape[0]
    fact_mask = np.uint64(facts_.table.shape[0] - 1)
    width, widths = _narrowed(narrow, widths)
    return _search(
        width,
        widths,
        layout,
        tables,
        visited,
        facts,
        batch,
        box,
        work,
        counters,
        room,
        row_room,
        table_room,
        fact_room,
        fact_mask,
        end,
        most,
        closed,
        everything,
    )


@njit(forceinline=True)
def _expand(
    width,
    widths,
    layout,
    tables,
    visited,
    batch,
    box,
    work,
    counters,
    room,
    capacity,
    end,
    everything,
    closed,
):
    status = DONE
    while counters[NEXT] < end and status == DONE:
        for p in range(widths.owners):
            if box.counts[p] + room > capacity:
                return BUFFER
        status, at, k, _, slept, terminal, event = _expand_batch(
            width, widths, layout, tables, visited, batch, work, counters[NEXT], end, room, closed
        )
        _sort_out(width, widths, batch, k, box, capacity, work, everything)
        counters[EVENT] = event
        counters[TAKEN] += k
        counters[TRANSITIONS] += k + slept
        counters[TERMINAL] += terminal
        counters[NEXT] = at
    return status


@njit(cache=True, nogil=True)
def expand(
    narrow,
    widths,
    layout_,
    tables_,
    visited_,
    batch_,
    box_,
    work_,
    counters_,
    end,
    everything,
    closed,
):
    """Put the successors of the states from counters[NEXT] up to number `end` into the boxes; what
    several threads do at a time, each with a batch, box, work and counters of its own."""
    layout, tables, visited = _pointers(layout_), _pointers(tables_), _pointers(visited_)
    batch, box, work, counters = (
        _pointers(batch_),
        _pointers(box_),
        _pointers(work_),
        _pointer(counters_),
    )
    room, capacity = batch_.outcomes.shape[0], box_.outcomes.shape[1]
    width, widths = _narrowed(narrow, widths)
    return _expand(
        width,
        widths,
        layout,
        tables,
        visited,
        batch,
        box,
        work,
        counters,
        room,
        capacity,
        end,
        everything,
        closed,
    )


@njit(cache=True, nogil=True)
def settle(
    narrow, widths, layout_, tables_, visited_, facts_, box_, work_, counters_, owner, closed
):
    """Put what is in the box of `owner` into its part of the visited set. Returns how many of these
    states are new."""
    layout, tables, visited = _pointers(layout_), _pointers(tables_), _pointers(visited_)
    facts, box, work, counters = (
        _pointers(facts_),
        _pointers(box_),
        _pointers(work_),
        _pointer(counters_),
    )
    capacity = box_.outcomes.shape[1]
    fact_mask = np.uint64(facts_.table.shape[0] - 1)
    before = counters[STATES]
    width, widths = _narrowed(narrow, widths)
    _settle_box(
        width,
        widths,
        layout,
        tables,
        visited,
        facts,
        owner,
        box.words,
        box.outcomes,
        box.asleep,
        box,
        capacity,
        work,
        counters,
        fact_mask,
        closed,
    )
    return counters[STATES] - before


# -- keeping house: between runs of the search --------------------------------------------------


@njit(cache=True, nogil=True)
def scan(widths, layout_, tables_, visited_, work_, at, end, seen, found):
    """Collect the pairs of event and local state that have no entry yet, over the states from
    number `at` up to `end`, in the order in which they are met.

    seen   (power of two,) hash table of the pairs found, filled with -1
    found  (capacity, 2) event and local state

    Returns (pairs found, first state not scanned); it stops when `found` is full."""
    layout, tables, visited = _pointers(layout_), _pointers(tables_), _pointers(visited_)
    work = _pointers(work_)
    mask, count = seen.shape[0] - 1, 0
    while at < end and count + 64 * widths.words < found.shape[0]:
        owner, row = 0, at
        if widths.owners > 1:
            owner = np.int64(visited.owners[at])
            row = work.cursors[owner]
            work.cursors[owner] = row + 1
        rows, row = _words_at(visited.rows, owner), row * widths.words
        for a in range(widths.actors):
            work.lanes[a] = _lane(layout, rows, row, a)
        cut, quiet = np.int64(0), True
        if widths.faults:
            cut = _lane(layout, rows, row, widths.actors + CUT_LANE)
        for w in range(widths.words):
            left = rows[row + w] & layout.first[w]
            if widths.faults:
                left &= layout.open[cut * widths.words + w]
            while left:
                event = np.int64(layout.bit_event[w * 64 + _lowest(left)])
                left &= left - np.uint64(1)
                local = work.lanes[tables.event_actor[event]]
                outcome = _first_outcome(tables, event, local)
                quiet &= outcome == NO_STEP
                if outcome == UNKNOWN:
                    count = _request(seen, mask, found, count, event, local)
        if widths.queues:
            _find_nonempty(widths.words, widths, layout, rows, row, work)
            for w in range(widths.words):
                left = work.nonempty[w] & layout.open[cut * widths.words + w]
                while left:
                    queue = layout.queue_order[w * 64 + _lowest(left)]
                    left &= left - np.uint64(1)
                    _, event, _ = _head(layout, rows, row, queue)
                    local = work.lanes[tables.event_actor[event]]
                    outcome = _first_outcome(tables, event, local)
                    quiet &= outcome == NO_STEP
                    if outcome == UNKNOWN:
                        count = _request(seen, mask, found, count, event, local)
        if widths.own:
            for a in range(widths.actors):
                number = tables.local_from[a] + work.lanes[a]
                for t in range(tables.own_of[2 * number], tables.own_of[2 * number + 1]):
                    event = np.int64(tables.own[t])
                    kind = np.int64(tables.kind_of[event])
                    if not _may_happen(layout, tables, rows, row, kind, quiet):
                        continue
                    if _first_outcome(tables, event, work.lanes[a]) == UNKNOWN:
                        if count == found.shape[0]:
                            return count, at
                        count = _request(seen, mask, found, count, event, work.lanes[a])
        at += 1
    return count, at


@njit(cache=True, nogil=True)
def unasked(widths, layout_, tables_, visited_, batch_, work_, at, end, seen, found):
    """Collect whom to ask whether it drops what, after the steps from the states from number `at`
    up to `end`, in the order in which that is met; receivers only of what its sender drops.

    seen   (power of two,) hash table of what was found, filled with -1
    found  (capacity, 3) the event of the delivery, twice the number of the local state and one more
           if it is the receiver's, and the state that the step is from

    Returns (how many were found, first state that was not looked at, or not whole); it stops when
    `found` is full."""
    layout, tables, visited = _pointers(layout_), _pointers(tables_), _pointers(visited_)
    batch, work = _pointers(batch_), _pointers(work_)
    width, mask, count = widths.words, seen.shape[0] - 1, 0
    keeping = Widths(
        width, widths.facts, widths.actors, widths.own, widths.owners, widths.faults, 0, 0
    )
    room = batch_.outcomes.shape[0]
    while at < end:
        owner, row = np.int64(0), at
        if widths.owners > 1:
            owner = np.int64(visited.owners[at])
            row = work.cursors[owner]
            work.cursors[owner] = row + 1
        rows = _words_at(visited.rows, owner)
        _, after, _ = _successors(
            width,
            keeping,
            layout,
            tables,
            rows,
            row * width,
            work.awake,
            np.int64(0),
            work,
            batch,
            np.int64(0),
            room,
        )
        for k in range(after):
            for w in range(width):
                flying, sent = batch.words[k * width + w] & layout.first[w], np.uint64(0)
                for side in range(2 if flying else 0):
                    if side:
                        flying &= sent
                    for a in range(widths.actors):
                        number = tables.local_from[a] + _lane(layout, batch.words, k * width, a)
                        which = 2 * number + side
                        place = which * width + w
                        sent |= tables.dropped[place] if side == 0 else np.uint64(0)
                        left = flying & tables.concerned[(2 * a + side) * width + w]
                        left &= ~tables.asked[place]
                        while left:
                            event = np.int64(layout.bit_event[w * 64 + _lowest(left)])
                            left &= left - np.uint64(1)
                            if count == found.shape[0]:
                                return count, at
                            before = count
                            count = _request(seen, mask, found, count, event, which)
                            if count > before:
                                found[before, 2] = at
        at += 1
    return count, at


@njit(nogil=True)
def _request(seen, mask, found, count, event, local):
    slot = (event * 31 + local * 1000003) & mask
    while seen[slot] >= 0:
        if found[seen[slot], 0] == event and found[seen[slot], 1] == local:
            return count
        slot = (slot + 1) & mask
    seen[slot] = count
    found[count, 0] = event
    found[count, 1] = local
    return count + 1


@njit(cache=True, nogil=True)
def encode(widths, layout_, records, begin, steps, sent_from, sent):
    """Write the records of the outcomes from number `begin` on, as they are in this layout.

    steps  (n, 4) for each the actor, its local states before and after the step, and flags"""
    layout = _pointers(layout_)
    width = widths.words
    for i in range(steps.shape[0]):
        o, a = begin + i, steps[i, 0]
        records[o, :] = 0
        change = np.uint64(steps[i, 1] ^ steps[i, 2]) << layout.lane_shift[a]
        records[o, layout.lane_word[a]] = change
        records[o, 2 * width] = steps[i, 3]
        for s in range(sent_from[o], sent_from[o + 1]):
            bit = np.int64(layout.event_bit[sent[s]])
            if bit < 0:  # it goes into a queue, one by one
                continue
            flag = np.uint64(1) << np.uint64(bit & 63)
            records[o, bit >> 6] |= flag
            records[o, width + (bit >> 6)] |= flag


@njit(cache=True, nogil=True)
def repack(lanes, queues, old_layout_, new_layout_, new_bit, old, new, begin, end):
    """Write rows `begin` to `end` of `old` into `new` in another layout.

    new_bit  (64 W,) where a bit of an envelope's copy moves to, -1 for bits of lanes"""
    old_layout, new_layout = _pointers(old_layout_), _pointers(new_layout_)
    source, width = _pointer(old), old.shape[1]
    for at in range(begin, end):
        new[at, :] = 0
        for a in range(lanes):
            lane = np.uint64(_lane(old_layout, source, at * width, a))
            new[at, new_layout.lane_word[a]] |= lane << new_layout.lane_shift[a]
        for w in range(width):
            left = old[at, w]
            while left:
                bit = new_bit[w * 64 + _lowest(left)]
                left &= left - np.uint64(1)
                if bit >= 0:
                    new[at, bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
        for queue in range(queues):
            field = _queue(old_layout, source, at * width, queue)
            bits = np.uint64(old_layout.queues[4 * queue + 2])
            shift = np.uint64(new_layout.queues[4 * queue + 1])
            while field:
                number = field & ((np.uint64(1) << bits) - np.uint64(1))
                new[at, new_layout.queues[4 * queue]] |= number << shift
                field >>= bits
                shift += np.uint64(new_layout.queues[4 * queue + 2])


@njit(nogil=True)
def _shift_of(lines):
    """How far a hash is shifted to name one of so many lines, a power of two."""
    shift = np.uint64(64)
    while lines > 1:
        lines >>= 1
        shift -= np.uint64(1)
    return shift


@njit(cache=True, nogil=True)
def spread(table_, old):
    """Spread the entries of a table, which were in its first `old` places, over all of it.

    It is done in place, back to front. An entry is entered at once if its probe stays within the
    lines from `line` on, since no others are done with. The rest wait aside until all are. They are
    few: the line that an entry goes to now is hardly ever one before the line where it was, and
    hardly any probe passes the end of the table."""
    table, places = _pointer(table_), table_.shape[0]
    lines = places // LINE
    shift, mask, waiting = _shift_of(lines), lines - 1, 0
    aside, moving = np.empty(old, np.uint64), np.empty(LINE, np.uint64)
    for line in range(old // LINE - 1, -1, -1):
        for i in range(LINE):
            moving[i] = table[line * LINE + i]
            table[line * LINE + i] = 0
        for i in range(LINE):
            entry = moving[i]
            if entry == 0:
                break
            home = _line(entry, shift)
            slot = home * LINE if home >= line else places
            while slot < places and table[slot] != 0:  # quicker than by lines just written
                slot += 1
            if slot < places:
                table[slot] = entry
            else:
                aside[waiting] = entry
                waiting += 1
    for at in range(waiting):
        table[_free_slot(table, mask, aside[at], shift)] = aside[at]


@njit(cache=True, nogil=True)
def count_found(table_):
    """How many entries of a table a probe comes to: those before which all lines are full, from the
    one on that their hash names."""
    table, lines = _pointer(table_), table_.shape[0] // LINE
    shift, mask, found = _shift_of(lines), lines - 1, 0
    gap = np.int64(-1)  # the last line, going round, that has a free place
    while gap > -lines and not _compare_line(table, lines + gap, np.uint64(0)) >> np.uint64(LINE):
        gap -= 1
    for line in range(lines):
        full = True
        for i in range(LINE):
            entry = table[line * LINE + i]
            full &= entry != 0
            passed = (line - _line(entry, shift)) & mask
            found += np.int64((entry != 0) & (passed < line - gap))
        if not full:
            gap = np.int64(line)
    return found


@njit(cache=True, nogil=True)
def shares(rows, count, owners, owned):
    """Count in `owned` how many of the first `count` rows belong to each owner, and write who."""
    source, width = _pointer(rows), rows.shape[1]
    for at in range(count):
        owner = _owner(_hash(source, at * width, width), owned.shape[0])
        owned[owner] += 1
        if owned.shape[0] > 1:
            owners[at] = owner


@njit(cache=True, nogil=True)
def deal(rows, count, visited_, owned, copy):
    """Enter the first `count` of `rows`, all different, into the visited set, in order; with
    `copy`, into the rows of their owners too. `owned` counts what each has."""
    visited = _pointers(visited_)
    source, width, owners = _pointer(rows), rows.shape[1], owned.shape[0]
    for at in range(count):
        if at + 16 < count:
            h = _hash(source, (at + 16) * width, width)
            owner = _owner(h, owners)
            table = _words_at(visited.tables, owner)
            _prefetch(table, _line(h, np.uint64(visited.shifts[owner])) * LINE)
        h = _hash(source, at * width, width)
        owner = _owner(h, owners)
        table, shift = _words_at(visited.tables, owner), np.uint64(visited.shifts[owner])
        mask = (np.int64(1) << np.int64(np.uint64(64) - shift)) - 1
        row = owned[owner]
        owned[owner] = row + 1
        table[_free_slot(table, mask, h, shift)] = (
            (h >> np.uint64(32)) << np.uint64(32)
        ) | np.uint64(row + 1)
        if copy:
            to = _words_at(visited.rows, owner)
            for w in range(width):
                to[row * width + w] = source[at * width + w]


@njit(cache=True, nogil=True)
def count_owners(owners_, begin, end, counts):
    """Add to `counts` how many of the states from `begin` to `end` each owner has."""
    owners = _pointer(owners_)
    for owner in range(counts.shape[0]):  # a loop for each, which is vectorised, is faster
        count, who = 0, np.uint8(owner)
        for at in range(begin, end):
            count += np.int64(owners[at] == who)
        counts[owner] += count


@njit(cache=True, nogil=True)
def number(box_, owners_, at, end):
    """Number the new states of one part of the frontier: write who owns each, in the order of their
    positions, into `owners` from number `at` up to `end`. Wipes the marks."""
    box, owners, stride = _pointers(box_), _pointer(owners_), box_.marks.shape[1]
    for position in range(box_.counts.sum()):
        new, owner = 0, 0
        for p in range(box_.counts.shape[0]):
            mark = np.int64(box.marks[p * stride + position])
            box.marks[p * stride + position] = 0
            new |= mark
            owner += mark * p
        if at < end:  # which is soon foreseen; whether the next one is new is not
            owners[at] = owner
        at += new


@njit(cache=True, nogil=True)
def gather(widths, visited_, cursors, at, end, to):
    """Copy the rows of the states from number `at` up to `end`."""
    visited = _pointers(visited_)
    width = widths.words
    for number in range(at, end):
        owner = np.int64(visited.owners[number])
        rows, row = _words_at(visited.rows, owner), cursors[owner] * width
        cursors[owner] += 1
        for w in range(width):
            to[number - at, w] = rows[row + w]


@njit(cache=True, nogil=True)
def note_facts(widths, layout_, tables_, facts_, row, counters):
    """Note the facts of one state, given as (1, W)."""
    facts = _pointers(facts_)
    mask = np.uint64(facts_.table.shape[0] - 1)
    counters[FACT_SETS] = _note_facts(
        widths,
        _pointers(layout_),
        _pointers(tables_),
        facts,
        _pointer(row),
        0,
        counters[FACT_SETS],
        mask,
    )


@njit(cache=True, nogil=True)
def index_facts(sets, count, table):
    """Enter the first `count` fact sets, all different, into a hash table for them."""
    source, width, mask = _pointer(sets), sets.shape[1], table.shape[0] - 1
    for at in range(count):
        slot = np.int64(_fact_hash(source, at * width, width) & np.uint64(mask))
        while table[slot] != 0:
            slot = (slot + 1) & mask
        table[slot] = at + 1


@njit(forceinline=True)
def _fact_hash(sets, at, width):
    h = np.uint64(_SEED)
    for f in range(width):
        h ^= sets[at + f]
        h *= np.uint64(_MIX)
        h ^= h >> np.uint64(32)
    return h


@njit(cache=True, nogil=True)
def with_facts(widths, layout_, tables_, visited_, facts_, cursors, at, end, chosen):
    """Write for each state from number `at` up to `end` whether its facts are among `facts_`, a set
    with room for one more; returns how many are."""
    layout, tables, visited = _pointers(layout_), _pointers(tables_), _pointers(visited_)
    facts = _pointers(facts_)
    mask = np.uint64(facts_.table.shape[0] - 1)
    count, known = 0, facts_.sets.shape[0] - 1
    for number in range(at, end):
        owner, row = 0, number
        if widths.owners > 1:
            owner = np.int64(visited.owners[number])
            row = cursors[owner]
            cursors[owner] = row + 1
        rows = _words_at(visited.rows, owner)
        for f in range(widths.facts):
            facts.sets[known * widths.facts + f] = 0
            for a in range(widths.actors):
                local = tables.local_from[a] + _lane(layout, rows, row * widths.words, a)
                facts.sets[known * widths.facts + f] |= tables.facts[local * widths.facts + f]
        slot = np.int64(_fact_hash(facts.sets, known * widths.facts, widths.facts) & mask)
        chosen[number - at] = 0
        while facts.table[slot] != 0:
            entry = np.int64(facts.table[slot]) - 1
            same = True
            for f in range(widths.facts):
                same &= facts.sets[entry * widths.facts + f] == facts.sets[known * widths.facts + f]
            if same:
                chosen[number - at] = 1
                count += 1
                break
            slot = (slot + 1) & np.int64(mask)
    return count


# -- after the search: what the graph says ---------------------------------------------------------
#
# Steps are not kept. Whoever needs them makes them again, and looks up their ends. A *handle* names
# a state wherever it is: row * P + owner.


@njit(forceinline=True)
def _look_up(widths, visited, words, hashes, slots, k, handles):
    """Find the handles of the first `k` states in `words`; -1 for one that was not found."""
    width = widths.words
    for i in range(k):
        h = _hash(words, i * width, width)
        hashes[i] = h
        owner = _owner(h, widths.owners)
        table = _words_at(visited.tables, owner)
        _prefetch(table, _line(h, np.uint64(visited.shifts[owner])) * LINE)
    for i in range(k):
        h = hashes[i]
        owner = _owner(h, widths.owners)
        rows, table = _words_at(visited.rows, owner), _words_at(visited.tables, owner)
        shift = np.uint64(visited.shifts[owner])
        mask = (np.int64(1) << np.int64(np.uint64(64) - shift)) - 1
        _, entry = _probe(
            width, rows, table, mask, _line(h, shift), h >> np.uint64(32), words, i * width
        )
        handles[i] = -1
        if entry != 0:
            handles[i] = np.int64((entry & np.uint64(_LOW)) - np.uint64(1)) * widths.owners + owner


@njit(cache=True, nogil=True)
def _expand_one(widths, layout, tables, visited, handle, work, batch, k, room):
    rows = _words_at(visited.rows, handle % widths.owners)
    row = handle // widths.owners * widths.words
    status, after, _ = _successors(
        widths.words,
        widths,
        layout,
        tables,
        rows,
        row,
        work.awake,
        np.int64(0),
        work,
        batch,
        k,
        room,
    )
    return status, after


@njit(cache=True, nogil=True)
def steps_of(widths, layout_, tables_, visited_, batch_, box_, work_, handles, handle):
    """The steps of one state: (status, their number), up to where it ended if not all can be made.
    Their outcomes are left in the batch, where they lead in `handles`."""
    batch, box, work = _pointers(batch_), _pointers(box_), _pointers(work_)
    visited = _pointers(visited_)
    status, k = _expand_one(
        widths,
        _pointers(layout_),
        _pointers(tables_),
        visited,
        handle,
        work,
        batch,
        np.int64(0),
        batch_.outcomes.shape[0],
    )
    _look_up(widths, visited, batch.words, box.hashes, work.slots, k, _pointer(handles))
    return status, k


@njit(cache=True, nogil=True)
def switches_to_go(
    widths,
    layout_,
    tables_,
    visited_,
    batch_,
    box_,
    work_,
    handles_,
    at,
    end,
    level,
    actor_of,
    wanted,
    to_go,
    partly,
):
    """For the states from number `at` up to `end`, all of one level, find how few switches of actor
    a shortest path from there to what is wanted needs, for each actor that took the step before.

    level     (P, 2) for each owner the rows of the next level, on which shortest paths go on
    actor_of  (O,) the actor that takes the step
    wanted    (O,) nonzero for the outcomes by which such a path ends; empty if it ends in a state
    to_go     (handles, A or A + 1) what is found; the greatest value of its type for no path
    partly    how many steps the last of the states has, if the search ended before it had taken all
              of them; -1 if it had

    Returns DONE, or how it ended at a state whose steps could not be made, such as BUFFER."""
    layout, tables, visited = _pointers(layout_), _pointers(tables_), _pointers(visited_)
    batch, box, work = _pointers(batch_), _pointers(box_), _pointers(work_)
    handles, room = _pointer(handles_), batch_.outcomes.shape[0]
    movers = widths.actors + (widths.faults > 0)  # the network takes steps, too
    best = np.empty(movers, np.int64)
    far = np.int64(1) << 60
    none = np.iinfo(to_go.dtype).max
    ends, owned = np.empty(room + 1, np.int64), np.empty(room, np.int64)
    while at < end:
        k, count = np.int64(0), 0
        while at < end and count < room:
            owner, row = np.int64(0), at
            if widths.owners > 1:
                owner = np.int64(visited.owners[at])
                row = work.cursors[owner]
            handle = row * widths.owners + owner
            status, after = _expand_one(
                widths, layout, tables, visited, handle, work, batch, k, room
            )
            whole = partly < 0 or at + 1 < end
            if status != DONE and (whole or after - k < partly):
                if count == 0 or status != BUFFER:
                    return status
                break
            if widths.owners > 1:
                work.cursors[owner] = row + 1
            k = after if whole else k + partly
            ends[count], owned[count] = k, handle
            count += 1
            at += 1
        _look_up(widths, visited, batch.words, box.hashes, work.slots, k, handles)
        first = 0
        for i in range(count):
            best[:] = far
            for j in range(first, ends[i]):
                o = np.int64(batch.outcomes[j])
                actor = actor_of[o]
                if wanted.shape[0]:
                    if wanted[o]:
                        best[actor] = 0
                elif handles[j] >= 0:
                    target = np.int64(handles[j])
                    owner, row = target % widths.owners, target // widths.owners
                    if level[owner, 0] <= row < level[owner, 1] and to_go[target, actor] != none:
                        best[actor] = min(best[actor], np.int64(to_go[target, actor]))
            first = ends[i]
            least = best.min()
            for a in range(movers):
                value = min(best[a], least + 1)
                to_go[owned[i], a] = none if value >= far else value
    return DONE


@njit(cache=True, nogil=True)
def count_arrivals(
    widths, layout_, tables_, visited_, batch_, box_, work_, handles_, at, end, owned, arrivals
):
    """Add to `arrivals`, by handle, the steps from the states with handles from `at` up to `end`.

    `owned` says how many states each owner has. Returns (status, the first handle that was not come
    to), the status being DONE, LOST, or that of a state whose steps could not be made."""
    layout, tables, visited = _pointers(layout_), _pointers(tables_), _pointers(visited_)
    batch, box, work = _pointers(batch_), _pointers(box_), _pointers(work_)
    handles, room = _pointer(handles_), batch_.outcomes.shape[0]
    while at < end:
        k, begun = np.int64(0), at
        while at < end:
            if at // widths.owners < owned[at % widths.owners]:
                status, after = _expand_one(
                    widths, layout, tables, visited, at, work, batch, k, room
                )
                if status != DONE:
                    if at == begun or status != BUFFER:
                        return status, at
                    break
                k = after
            at += 1
        _look_up(widths, visited, batch.words, box.hashes, work.slots, k, handles)
        for j in range(k):
            if handles[j] < 0:
                return LOST, at
            arrivals[handles[j]] += 1
    return DONE, at


@njit(cache=True, nogil=True)
def add_ways(
    widths,
    layout_,
    tables_,
    visited_,
    batch_,
    box_,
    work_,
    handles_,
    arrivals,
    ways,
    stack,
    held,
    complete,
    most,
):
    """Count paths in topological order (Kahn 1962): settle at most `most` states.

    arrivals  steps into a state that were not followed yet, by handle
    ways      (handles, digits) the paths to a state, in 64-bit digits, lowest first
    stack     handles of states to which all steps were followed; the first `held` are in use
    complete  (digits,) the paths to terminal states

    Returns (status, held, states settled): PAUSE if there are more to settle, OVERFLOW if the
    digits do not suffice, or the status of a state whose steps could not be made, which is held."""
    layout, tables, visited = _pointers(layout_), _pointers(tables_), _pointers(visited_)
    batch, box, work = _pointers(batch_), _pointers(box_), _pointers(work_)
    handles, room, digits = _pointer(handles_), batch_.outcomes.shape[0], ways.shape[1]
    settled = 0
    while held > 0 and settled < most:
        held -= 1
        state = stack[held]
        status, k = _expand_one(
            widths, layout, tables, visited, state, work, batch, np.int64(0), room
        )
        if status != DONE:
            return status, held + 1, settled
        _look_up(widths, visited, batch.words, box.hashes, work.slots, k, handles)
        if k == 0 and _add(complete, ways[state], digits):
            return OVERFLOW, held, settled
        for j in range(k):
            target = np.int64(handles[j])
            if _add(ways[target], ways[state], digits):
                return OVERFLOW, held, settled
            arrivals[target] -= 1
            if arrivals[target] == 0:
                stack[held] = target
                held += 1
        settled += 1
    return PAUSE if held else DONE, held, settled


@njit(nogil=True)
def _add(total, number, digits):
    """Add `number` to `total`; whether it did not fit."""
    carry = np.uint64(0)
    for d in range(digits):
        one = total[d] + number[d]
        over = np.uint64(one < number[d])
        two = one + carry
        carry = over | np.uint64(two < one)
        total[d] = two
    return carry != 0


# -- random walks ----------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def walk(widths, layout_, tables_, facts_, batch_, work_, counters_, state_, path, known):
    """Take random steps from `state_`, (1, W), which they change, until it has none or `path` is
    full.

    path    (n,) what is found: the outcomes of the steps
    known   (n,) and how many fact sets were known after each

    Every step of a state is equally likely. counters[SEED] is the state of the generator
    (SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    Returns (status, steps taken): DONE if the state has no step, PAUSE if `path` is full."""
    layout, tables, facts = _pointers(layout_), _pointers(tables_), _pointers(facts_)
    batch, work, state = _pointers(batch_), _pointers(work_), _pointer(state_)
    counters = _pointer(counters_)
    width, room = widths.words, batch_.outcomes.shape[0]
    fact_mask, taken = np.uint64(facts_.table.shape[0] - 1), 0
    while True:
        if counters[FACT_SETS] + 2 > facts_.sets.shape[0]:
            return ROOM, taken
        status, k, event = _successors(
            width,
            widths,
            layout,
            tables,
            state,
            np.int64(0),
            work.awake,
            np.int64(0),
            work,
            batch,
            np.int64(0),
            room,
        )
        if status != DONE:
            counters[EVENT] = event
            return status, taken
        if k == 0:
            return DONE, taken
        if taken == path.shape[0]:
            return PAUSE, taken
        seed = np.uint64(counters[SEED]) + np.uint64(_SEED)
        counters[SEED] = np.int64(seed)
        z = (seed ^ (seed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
        chosen = np.int64(((z >> np.uint64(32)) * np.uint64(k)) >> np.uint64(32))
        o = np.int64(batch.outcomes[chosen])
        for w in range(width):
            state[w] = batch.words[chosen * width + w]
        flags = tables.records[o * (2 * width + 1) + 2 * width]
        if flags & np.uint64(FACTS):
            counters[FACT_SETS] = _note_facts(
                widths, layout, tables, facts, state, 0, counters[FACT_SETS], fact_mask
            )
        path[taken], known[taken] = o, counters[FACT_SETS]
        taken += 1
