// The walk: the states on the way that is shown, and where on it one stands. It begins as a trace; a
// step that the trace does not take leaves it, and taking the trace's own steps again rejoins it.

const walk = { property: 0, trace: 0, path: [], at: 0, left: null };

function traceOf(property) {
  const at = property === null ? null : data.properties[property].trace;
  return at === null ? 0 : at;
}

function pathOf(trace) {
  const { states, steps } = data.traces[trace];
  return states.map((state, at) => ({ state, step: at ? steps[at - 1] : null }));
}

const here = () => walk.path[walk.at].state;
const stepAt = (at) => (at ? store.states[walk.path[at - 1].state].steps[walk.path[at].step] : null);

function select(property, at) {
  walk.property = property;
  walk.trace = traceOf(property);
  walk.path = pathOf(walk.trace);
  walk.left = null;
  walk.at = Math.min(Math.max(at ?? walk.path.length - 1, 0), walk.path.length - 1);
}

// Where the walk leaves the trace: the number of the last step they share; null if it does not.
function settle() {
  const trace = data.traces[walk.trace];
  let shared = 0;
  while (
    shared + 1 < walk.path.length &&
    walk.path[shared + 1].step === trace.steps[shared] &&
    walk.path[shared].state === trace.states[shared]
  ) shared += 1;
  const on = walk.path[0].state === trace.states[0];
  if (on && shared + 1 === walk.path.length) {
    walk.path = pathOf(walk.trace);
    walk.left = null;
  } else {
    walk.left = on ? shared : -1;
  }
}

// Take a step, by its place among those of this state. False if what it leads to is not known.
function take(position) {
  const next = walk.path[walk.at + 1];
  if (next && next.step === position) {
    walk.at += 1;
    return true;
  }
  const step = store.states[here()].steps[position];
  if (!step || step.to < 0) return false;
  walk.path = [...walk.path.slice(0, walk.at + 1), { state: step.to, step: position }];
  walk.at += 1;
  settle();
  return true;
}

function undo() {
  if (walk.left === null) return;
  walk.path = walk.path.slice(0, -1);
  if (!walk.path.length) walk.path = pathOf(walk.trace).slice(0, 1);
  walk.at = walk.path.length - 1;
  const at = walk.at;
  settle();
  walk.at = Math.min(at, walk.path.length - 1);
}

function backToTrace() {
  if (walk.left === null) return;
  const at = Math.max(walk.left, 0);
  walk.path = pathOf(walk.trace);
  walk.left = null;
  walk.at = at;
}

// Go to a state by its number: where the walk has it, or by the shortest known way from the trace.
function openState(number) {
  const on = walk.path.findIndex((place) => place.state === number);
  if (on >= 0) {
    walk.at = on;
    return true;
  }
  const trace = pathOf(walk.trace);
  const way = wayTo(number, trace.map((place) => place.state).reverse()) ?? wayTo(number, data.initial);
  if (!way) return false;
  const begins = trace.findIndex((place) => place.state === way.start);
  walk.path = begins >= 0 ? trace.slice(0, begins + 1) : [{ state: way.start, step: null }];
  for (const position of way.steps) {
    const from = walk.path[walk.path.length - 1].state;
    walk.path.push({ state: store.states[from].steps[position].to, step: position });
  }
  walk.at = walk.path.length - 1;
  settle();
  walk.at = Math.min(walk.at, walk.path.length - 1);
  return true;
}

// -- the place in the address: property, step, and the steps taken off the trace -------------------

function address() {
  const parts = [`p=${walk.property}`, `s=${walk.at}`];
  if (walk.left !== null) {
    const first = Math.max(walk.left, 0);
    const steps = walk.path.slice(first + 1).map((place) => place.step);
    if (walk.left < 0) parts.push(`i=${data.initial.indexOf(walk.path[0].state)}`);
    parts.push(`d=${first}`, `w=${steps.join(".")}`);
  }
  return `#${parts.join("&")}`;
}

async function goToAddress(hash, more) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (name, otherwise) => {
    const value = Number.parseInt(asked.get(name) ?? "", 10);
    return Number.isNaN(value) ? otherwise : value;
  };
  const property = number("p", firstProperty());
  select(data.properties[property] ? property : firstProperty(), number("s", null));
  if (!asked.has("w")) return;
  const start = data.initial[number("i", -1)];
  if (start !== undefined) walk.path = [{ state: start, step: null }];
  walk.at = Math.min(Math.max(number("d", 0), 0), walk.path.length - 1);
  for (const text of asked.get("w").split(".").filter(Boolean)) {
    const position = Number.parseInt(text, 10);
    if (!take(position) && !((await more(here())) && take(position))) break;
  }
  walk.at = Math.min(Math.max(number("s", walk.at), 0), walk.path.length - 1);
}

// The first that is violated, else one that has a trace, else the first.
function firstProperty() {
  const find = (wanted) => data.properties.findIndex(wanted);
  return Math.max(
    [find((p) => p.verdict === "violated" && p.trace !== null), find((p) => p.trace !== null)].find((at) => at >= 0) ?? 0,
    0,
  );
}
