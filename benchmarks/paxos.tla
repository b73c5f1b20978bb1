(***************************************************************************)
(* Single-decree Paxos with the semantics of models/paxos.py, for TLC: the *)
(* messages in flight are part of the state, a message that nobody heeds   *)
(* is consumed, which is a step (or, with KeepIgnored, stays), and what    *)
(* was voted, proposed and reported is history.                            *)
(*                                                                         *)
(*   java -cp tla2tools.jar tlc2.TLC -deadlock -config paxos.cfg paxos.tla *)
(*                                                                         *)
(* "Distinct states" are Islander's states; "states generated" are its     *)
(* transitions and the one initial state; TLC's depth counts states, so it *)
(* is Islander's plus one. README.md has the counts.                       *)
(***************************************************************************)
------------------------------- MODULE paxos -------------------------------
EXTENDS Integers, FiniteSets, TLC

CONSTANTS
    Proposers,    \* how many proposers; they are 1, 2, ...
    Acceptors,    \* how many acceptors; they are 1, 2, ...
    Rounds,       \* how many ballots each proposer may try
    KeepIgnored   \* TRUE: an ignored message stays in flight, without a step

ASSUME Proposers >= 1 /\ Acceptors >= 1 /\ Rounds >= 1 /\ KeepIgnored \in BOOLEAN

P == 1..Proposers
A == 1..Acceptors
Quorum == Acceptors \div 2 + 1
Ballot(p, r) == r * Proposers + p
NoVote == <<0, 0>>                  \* a vote is <<ballot, value>>; p's own value is p

VARIABLES
    net,        \* the messages in flight
    promised,   \* acceptor -> the greatest ballot it promised or voted at; 0 before
    voted,      \* acceptor -> its last vote
    votes,      \* acceptor -> every vote it ever gave (history)
    round,      \* proposer -> its round, from 0
    promises,   \* proposer -> set of <<acceptor, reported vote>>
    writing,    \* proposer -> whether it has proposed in this round
    log         \* proposer -> what it recorded when it proposed (history)

acceptorVars == <<promised, voted, votes>>
proposerVars == <<round, promises, writing, log>>
vars == <<net, promised, voted, votes, round, promises, writing, log>>

\* Messages: <<kind, proposer, acceptor, ballot, vote>>. The kind says which of the two sent it.
Prepare(p, a, b)    == <<"prepare", p, a, b, NoVote>>
Promise(p, a, b, v) == <<"promise", p, a, b, v>>
Accept(p, a, b, v)  == <<"accept", p, a, b, <<b, v>> >>

\* The network is a multiset. No two equal messages are ever in flight together, which Send
\* checks, so a set is enough.
Send(rest, new) ==
    IF rest \cap new = {} THEN rest \cup new
    ELSE Assert(FALSE, <<"two equal messages in flight", rest \cap new>>)

Init ==
    /\ net = {Prepare(p, a, Ballot(p, 0)) : p \in P, a \in A}
    /\ promised = [a \in A |-> 0]
    /\ voted = [a \in A |-> NoVote]
    /\ votes = [a \in A |-> {}]
    /\ round = [p \in P |-> 0]
    /\ promises = [p \in P |-> {}]
    /\ writing = [p \in P |-> FALSE]
    /\ log = [p \in P |-> {}]

-----------------------------------------------------------------------------

OnPrepare(m) ==
    LET p == m[2]  a == m[3]  b == m[4] IN
    /\ net' = Send(net \ {m}, {Promise(p, a, b, voted[a])})
    /\ promised' = [promised EXCEPT ![a] = b]
    /\ UNCHANGED <<voted, votes>>
    /\ UNCHANGED proposerVars

OnAccept(m) ==
    LET a == m[3]  b == m[4] IN
    /\ net' = net \ {m}
    /\ promised' = [promised EXCEPT ![a] = b]
    /\ voted' = [voted EXCEPT ![a] = m[5]]
    /\ votes' = [votes EXCEPT ![a] = @ \cup {m[5]}]
    /\ UNCHANGED proposerVars

\* The value of the greatest ballot among the reported votes, or else p's own.
Selected(p, reported) ==
    IF reported = {} THEN p
    ELSE (CHOOSE v \in reported : \A w \in reported : w[1] <= v[1])[2]

OnPromise(m) ==
    LET p == m[2]
        b == m[4]
        counted == promises[p] \cup {<<m[3], m[5]>>}
        reports == {c \in counted : c[2] # NoVote}
        value == Selected(p, {c[2] : c \in reports})
    IN
    /\ IF Cardinality(counted) >= Quorum
       THEN /\ net' = Send(net \ {m}, {Accept(p, a, b, value) : a \in A})
            /\ promises' = [promises EXCEPT ![p] = {}]
            /\ writing' = [writing EXCEPT ![p] = TRUE]
            /\ log' = [log EXCEPT ![p] = @ \cup {<<"proposed", b, 0, <<b, value>> >>}
                                           \cup {<<"reported", b, c[1], c[2]>> : c \in reports}]
       ELSE /\ net' = net \ {m}
            /\ promises' = [promises EXCEPT ![p] = counted]
            /\ UNCHANGED <<writing, log>>
    /\ UNCHANGED round
    /\ UNCHANGED acceptorVars

Heeded(m) ==
    IF m[1] = "promise"
    THEN m[4] = Ballot(m[2], round[m[2]]) /\ ~writing[m[2]]
    ELSE m[4] >= promised[m[3]]

Deliver(m) ==
    IF Heeded(m)
    THEN CASE m[1] = "prepare" -> OnPrepare(m)
           [] m[1] = "promise" -> OnPromise(m)
           [] m[1] = "accept"  -> OnAccept(m)
    ELSE /\ ~KeepIgnored
         /\ net' = net \ {m}
         /\ UNCHANGED acceptorVars
         /\ UNCHANGED proposerVars

\* A proposer gives up on its ballot, at any time, and tries its next.
Timeout(p) ==
    /\ round[p] + 1 < Rounds
    /\ round' = [round EXCEPT ![p] = @ + 1]
    /\ promises' = [promises EXCEPT ![p] = {}]
    /\ writing' = [writing EXCEPT ![p] = FALSE]
    /\ net' = Send(net, {Prepare(p, a, Ballot(p, round[p] + 1)) : a \in A})
    /\ UNCHANGED log
    /\ UNCHANGED acceptorVars

Next ==
    \/ \E m \in net : Deliver(m)
    \/ \E p \in P : Timeout(p)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------

AllVotes == UNION {votes[a] : a \in A}
Chosen == {v \in AllVotes : Cardinality({a \in A : v \in votes[a]}) >= Quorum}

Agreement == \A v, w \in Chosen : v[2] = w[2]
=============================================================================
