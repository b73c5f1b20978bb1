-- Single-decree Paxos with the semantics of models/paxos.py, one ballot for each proposer, written
-- plainly, for Rumur.
--
--     rumur --deadlock-detection off --output paxos.c paxos.m
--     gcc -std=c11 -O3 -march=native -mcx16 -o paxos paxos.c -lpthread && ./paxos
--
-- Its states are Islander's states, its rules fired Islander's transitions. README.md has the
-- counts.

const
  PROPOSERS: 3;
  ACCEPTORS: 3;
  KEEP_IGNORED: false;
  QUORUM: ACCEPTORS / 2 + 1;

type
  -- One ballot for each proposer, so a ballot names its proposer, and so does a value: p's own
  -- value is p. 0 stands for none.
  proposer: 1 .. PROPOSERS;
  ballot: 0 .. PROPOSERS;
  acceptor: 1 .. ACCEPTORS;
  votes: record b: ballot; value: ballot; end;
  report: record there: boolean; vote: votes; end;
  sent: record there: boolean; vote: votes; end;

var
  prepare: array [proposer] of array [acceptor] of boolean;  -- in flight
  promise: array [proposer] of array [acceptor] of sent;
  accept: array [proposer] of array [acceptor] of sent;

  promised: array [acceptor] of ballot;
  voted: array [acceptor] of votes;
  history: array [acceptor] of array [proposer] of ballot;  -- the value voted for at a ballot

  promises: array [proposer] of array [acceptor] of report;
  writing: array [proposer] of boolean;
  proposed: array [proposer] of ballot;                     -- history, as is the next
  reported: array [proposer] of array [acceptor] of votes;

function none(): votes;
var v: votes;
begin
  v.b := 0;
  v.value := 0;
  return v;
end;

function chosen(b: proposer; v: proposer): boolean;
var n: 0 .. ACCEPTORS;
begin
  n := 0;
  for a: acceptor do
    if history[a][b] = v then n := n + 1; end;
  end;
  return n >= QUORUM;
end;

startstate
begin
  for p: proposer do
    for a: acceptor do
      prepare[p][a] := true;
      promise[p][a].there := false;
      promise[p][a].vote := none();
      accept[p][a].there := false;
      accept[p][a].vote := none();
      promises[p][a].there := false;
      promises[p][a].vote := none();
      reported[p][a] := none();
    end;
    writing[p] := false;
    proposed[p] := 0;
  end;
  for a: acceptor do
    promised[a] := 0;
    voted[a] := none();
    for p: proposer do history[a][p] := 0; end;
  end;
end;

ruleset p: proposer; a: acceptor do

  rule "prepare arrives"
    prepare[p][a] & (p >= promised[a] | !KEEP_IGNORED)
  ==>
  begin
    prepare[p][a] := false;
    if p >= promised[a] then
      promised[a] := p;
      promise[p][a].there := true;
      promise[p][a].vote := voted[a];
    end;
  end;

  rule "promise arrives"
    promise[p][a].there & (!writing[p] | !KEEP_IGNORED)
  ==>
  var
    n: 0 .. ACCEPTORS;
    greatest: votes;
  begin
    if !writing[p] then
      promises[p][a].there := true;
      promises[p][a].vote := promise[p][a].vote;
      n := 0;
      greatest := none();
      for q: acceptor do
        if promises[p][q].there then
          n := n + 1;
          if promises[p][q].vote.b > greatest.b then greatest := promises[p][q].vote; end;
        end;
      end;
      if n >= QUORUM then
        proposed[p] := greatest.b = 0 ? p : greatest.value;
        for q: acceptor do
          if promises[p][q].there then reported[p][q] := promises[p][q].vote; end;
          promises[p][q].there := false;
          promises[p][q].vote := none();
          accept[p][q].there := true;
          accept[p][q].vote.b := p;
          accept[p][q].vote.value := proposed[p];
        end;
        writing[p] := true;
      end;
    end;
    promise[p][a].there := false;
    promise[p][a].vote := none();
  end;

  rule "accept arrives"
    accept[p][a].there & (p >= promised[a] | !KEEP_IGNORED)
  ==>
  begin
    if p >= promised[a] then
      promised[a] := p;
      voted[a] := accept[p][a].vote;
      history[a][p] := accept[p][a].vote.value;
    end;
    accept[p][a].there := false;
    accept[p][a].vote := none();
  end;

end;

invariant "agreement"
  forall b: proposer do forall v: proposer do
    chosen(b, v) -> forall c: proposer do forall w: proposer do chosen(c, w) -> v = w end end
  end end;
