// The data: tables, and states by number. Rows never change their place; a live engine adds to them.

const data = JSON.parse(document.getElementById("data").textContent);
const TABLES = ["locals", "messages", "facts", "fact_sets", "events", "faults"];
const store = { states: [], growth: 0 };
for (const name of TABLES) store[name] = [];

function absorb(part) {
  for (const name of TABLES) {
    part[name].forEach((row, at) => { store[name][part.from[name] + at] = row; });
  }
  const columns = part.states;
  columns.number.forEach((number, at) => {
    const flat = columns.steps[at];
    const steps = [];
    for (let k = 0; k < flat.length; k += 2) steps.push({ event: flat[k], to: flat[k + 1] });
    store.states[number] = {
      number,
      locals: columns.locals[at],
      messages: pairs(columns.messages[at]), // in queues on their order, so that one may come again
      facts: columns.facts[at],
      faults: columns.faults[at],
      truth: columns.truth[at],
      away: columns.away[at],
      failure: columns.failure[at],
      steps,
    };
  });
  store.growth += 1;
}

function pairs(flat) {
  const found = [];
  for (let k = 0; k < flat.length; k += 2) found.push([flat[k], flat[k + 1]]);
  return found;
}

const factsOf = (number) => store.fact_sets[store.states[number].facts];
const eventOf = (step) => store.events[step.event];
const isOpen = (number) => store.states[number].steps.every((step) => step.to >= 0);
const isEnd = (number) => store.states[number].steps.length === 0 && !store.states[number].failure;

// Which invariants are not true in a state, by the steps of properties that lead there as well.
function broken(number, event) {
  const of = [];
  data.properties.forEach((property, at) => {
    const says = property.subject === "local step" ? event && event.truth[at] : store.states[number].truth[at];
    if (!property.witness && says === "0") of.push(at);
  });
  return of;
}

// The shortest known way from one of `starts` to a state: [start, steps…], null if there is none.
function wayTo(wanted, starts) {
  const from = new Map(starts.map((number) => [number, null]));
  const queue = [...starts];
  for (let head = 0; head < queue.length && !from.has(wanted); head += 1) {
    const here = queue[head];
    store.states[here].steps.forEach((step, at) => {
      if (step.to >= 0 && !from.has(step.to)) {
        from.set(step.to, [here, at]);
        queue.push(step.to);
      }
    });
  }
  if (!from.has(wanted)) return null;
  const steps = [];
  let here = wanted;
  while (from.get(here)) {
    const [before, at] = from.get(here);
    steps.unshift(at);
    here = before;
  }
  return { start: here, steps };
}

// How many steps each state is from an initial one, at the least, by the steps that are known.
function levels() {
  const level = new Map(data.initial.map((number) => [number, 0]));
  const queue = [...data.initial];
  for (let head = 0; head < queue.length; head += 1) {
    for (const step of store.states[queue[head]].steps) {
      if (step.to >= 0 && !level.has(step.to)) {
        level.set(step.to, level.get(queue[head]) + 1);
        queue.push(step.to);
      }
    }
  }
  return level;
}

// Ask the engine behind the page for a state and all that its steps lead to.
async function fetchState(number) {
  const known = [...TABLES.map((name) => store[name].length), store.states.length].join(",");
  const answer = await fetch(`/api/state/${number}?known=${known}`, { cache: "no-store" });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  absorb(said);
}
