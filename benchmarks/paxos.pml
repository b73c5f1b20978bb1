/* Single-decree Paxos with the semantics of models/paxos.py, one ballot for each proposer, for
   SPIN, in the fastest encoding known to us: one process, a d_step for each delivery, and a state
   that is words of bits, a bit for each (ballot, acceptor).

       spin -a -DP=3 -DA=3 paxos.pml
       gcc -O3 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -m10000 -w24

   "States, stored" are Islander's states, "transitions" its transitions and one for the initial
   state; -DKEEP=1 keeps ignored messages in flight. README.md has the counts.

   What an acceptor promised and voted, and what a promise reports, is not stored where the words
   tell it: an acceptor votes at a ballot before it engages in a greater one or never, so a promise
   reports the greatest vote below its ballot; `late` marks promises of acceptors that voted at
   the ballot first, through an Accept that overtook the Prepare. */
#ifndef P
#define P 3
#endif
#ifndef A
#define A 3
#endif
#ifndef KEEP
#define KEEP 0
#endif
#if P < 1 || P > 3 || A < 1 || A > 4
#error "P must be 1 to 3 and A 1 to 4"
#endif
#if P * A <= 9
#define WIDTH 9
#else
#define WIDTH 12
#endif

#define BIT(b, a) (1 << ((b) * A + (a)))
#define ROW(b) (((1 << A) - 1) << ((b) * A))
#define ALL ((1 << (P * A)) - 1)
#define ABOVE(b, a) ((BIT(0, a) | BIT(1, a) | BIT(2, a)) & ALL & ~((1 << (((b) + 1) * A)) - 1))

unsigned prepare : WIDTH = ALL;
unsigned promise : WIDTH = 0;
unsigned accept  : WIDTH = 0;
unsigned value0  : 2 = 0;
#if P > 1
unsigned value1  : 2 = 0;
#endif
unsigned counted : WIDTH = 0;
unsigned voted   : WIDTH = 0;
unsigned late    : WIDTH = 0;
#if P > 2
unsigned value2  : 2 = 0;
#endif
/* A row as a number; how many acceptors are in it. */
#define OF(word, b) (((word) >> ((b) * A)) & ((1 << A) - 1))
#if A < 4
#define HOW_MANY(r) (((r) & 1) + (((r) >> 1) & 1) + ((r) >> 2))
#else
#define HOW_MANY(r) (((r) & 1) + (((r) >> 1) & 1) + (((r) >> 2) & 1) + ((r) >> 3))
#endif
#define IS_QUORUM(r) (HOW_MANY(r) >= A / 2 + 1)

/* a is engaged at a ballot whose Prepare it took or at which it voted: what it promised is the
   greatest of these. */
#define HEEDS(b, a) (((~prepare | voted) & ABOVE(b, a)) == 0)

#if KEEP
#define PREPARE_ARRIVES(b, a) (prepare & BIT(b, a)) && HEEDS(b, a)
#define PROMISE_ARRIVES(b, a) (promise & BIT(b, a)) && value##b == 0
#define ACCEPT_ARRIVES(b, a) (accept & BIT(b, a)) && HEEDS(b, a)
#else
#define PREPARE_ARRIVES(b, a) prepare & BIT(b, a)
#define PROMISE_ARRIVES(b, a) promise & BIT(b, a)
#define ACCEPT_ARRIVES(b, a) accept & BIT(b, a)
#endif

#define PREPARE(b, a) \
    :: d_step { PREPARE_ARRIVES(b, a) -> \
        if \
        :: HEEDS(b, a) -> \
            promise = promise | BIT(b, a); \
            late = late | (voted & BIT(b, a)) \
        :: else \
        fi; \
        prepare = prepare & ~BIT(b, a) \
    }

#define PROMISE(b, a) \
    :: d_step { PROMISE_ARRIVES(b, a) -> \
        promise = promise & ~BIT(b, a); \
        late = late & ~BIT(b, a); \
        if \
        :: value##b == 0 -> \
            counted = counted | BIT(b, a); \
            if \
            :: IS_QUORUM(OF(counted, b)) -> \
                accept = accept | ROW(b); \
                PROPOSE##b \
            :: else \
            fi \
        :: else \
        fi \
    }

#define ACCEPT(b, a) \
    :: d_step { ACCEPT_ARRIVES(b, a) -> \
        accept = accept & ~BIT(b, a); \
        if \
        :: HEEDS(b, a) -> \
            voted = voted | BIT(b, a); \
            assert(AGREEMENT) \
        :: else \
        fi \
    }

/* The value of the greatest ballot reported, or its own. Of what was counted, the reports of
   votes remain. */
#define PROPOSE0 \
    value0 = 1; \
    counted = counted & ~ROW(0)

#define PROPOSE1 \
    counted = counted & (~ROW(1) | (OF(voted, 0) << A)); \
    if \
    :: counted & ROW(1) -> value1 = value0 \
    :: else -> value1 = 2 \
    fi

#define PROPOSE2 \
    if \
    :: OF(counted, 2) & OF(voted, 1) -> value2 = value1 \
    :: else -> \
        if \
        :: OF(counted, 2) & OF(voted, 0) -> value2 = value0 \
        :: else -> value2 = 3 \
        fi \
    fi; \
    counted = counted & (~ROW(2) | ((OF(voted, 0) | OF(voted, 1)) << (2 * A)))

#define CHOSEN(b) IS_QUORUM(OF(voted, b))
#define AGREE(b, c) (value##b == value##c || !(CHOSEN(b) && CHOSEN(c)))
#if P == 1
#define AGREEMENT true
#elif P == 2
#define AGREEMENT AGREE(0, 1)
#else
#define AGREEMENT AGREE(0, 1) && AGREE(0, 2) && AGREE(1, 2)
#endif

#if A == 1
#define EACH(message, b) message(b, 0)
#elif A == 2
#define EACH(message, b) message(b, 0) message(b, 1)
#elif A == 3
#define EACH(message, b) message(b, 0) message(b, 1) message(b, 2)
#else
#define EACH(message, b) message(b, 0) message(b, 1) message(b, 2) message(b, 3)
#endif

active proctype paxos() {
end:
    do
    EACH(PREPARE, 0) EACH(PROMISE, 0) EACH(ACCEPT, 0)
#if P > 1
    EACH(PREPARE, 1) EACH(PROMISE, 1) EACH(ACCEPT, 1)
#endif
#if P > 2
    EACH(PREPARE, 2) EACH(PROMISE, 2) EACH(ACCEPT, 2)
#endif
    od
}
