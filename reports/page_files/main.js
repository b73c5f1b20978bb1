// The wiring: what is drawn when, the keys, the theme, and the address that keeps one's place.

const view = { shown: "steps", asking: new Map(), keeping: 0, arranged: null, folded: null, looking: null };

const KEYS = [
  ["→ or j", "a step forward"],
  ["← or k", "a step back"],
  ["Home, End", "the first and the last state"],
  ["1 … 9", "take that step of what can happen next"],
  ["b", "to the list of what can happen next"],
  ["u", "undo the last step off the trace"],
  ["Esc", "back to the trace"],
  ["n, p", "the next and the previous property"],
  ["s, d, v, g", "steps, diagram, truth table, graph"],
  ["t", "light or dark"],
  ["?", "these keys"],
];

function draw() {
  const at = walk.at;
  view.looking = null;
  const held = document.activeElement;
  const inSteps = byId("steps").contains(held);
  drawSteps();
  markCurrent(drawn.rows, drawn);
  drawState();
  byId("position").max = walk.path.length - 1;
  byId("position").value = at;
  byId("where").textContent = `${at} of ${walk.path.length - 1}`;
  byId("first").disabled = byId("previous").disabled = at === 0;
  byId("last").disabled = byId("next").disabled = at === walk.path.length - 1;
  drawDetour();
  if (view.shown === "diagram") drawDiagram();
  if (view.shown === "truth") drawTruth();
  if (view.shown === "graph") drawGraph();
  const event = at ? eventOf(stepAt(at)) : null;
  byId("known").textContent = store.states.length.toLocaleString("en");
  arrange();
  keepFocus(held, inSteps);
  byId("said").textContent = event ? `Step ${at}: ${event.who} ${event.what}`.slice(0, 300) : "The initial state";
  keepPlace();
  if (data.live && !isOpen(here())) learn(here());
}

// What had the focus may be gone, hidden or disabled now: then the present step has it, or the list of
// what can happen next.
function keepFocus(held, inSteps) {
  if (held === document.body || (held.checkVisibility() && !held.disabled)) return;
  const now = inSteps ? byId("steps").querySelector(".current button") : byId("choices");
  now.focus({ preventScroll: true });
}

// A diagram that is too wide for its column takes that of the properties, which then stand above it.
function arrange() {
  const key = `${view.shown}|${walk.trace}|${innerWidth}`;
  if (view.arranged === key) return;
  view.arranged = key;
  const columns = document.querySelector(".columns");
  columns.classList.remove("drawing");
  const svg = view.shown === "diagram" && document.querySelector("#view-diagram svg");
  const box = byId("view-diagram");
  const wide = svg && !narrow() && 0.95 * svg.viewBox.baseVal.width > box.clientWidth - 24;
  columns.classList.toggle("drawing", Boolean(wide));
  foldProperties(Boolean(wide) || narrow());
}

// Where there is little room only the chosen property shows; the list is a click away.
function foldProperties(fold) {
  if (view.folded === fold) return;
  view.folded = fold;
  byId("choose").open = !fold;
}

// The address follows once one has stopped for a moment: browsers refuse to change it hundreds of
// times in a row.
function keepPlace() {
  clearTimeout(view.keeping);
  view.keeping = setTimeout(() => history.replaceState(null, "", address()), 120);
}

function drawDetour() {
  const off = walk.left !== null;
  byId("detour").hidden = !off;
  if (!off) return;
  const steps = walk.path.length - 1 - Math.max(walk.left, 0);
  const from = data.traces[walk.trace].steps.length ? `Off the trace since step ${Math.max(walk.left, 0)}` : "Your own walk";
  byId("detour-text").textContent = `${from}: ${count(steps, "step")} of your own`;
  byId("back").hidden = !data.traces[walk.trace].steps.length;
}

function drawProperties() {
  byId("properties").replaceChildren(
    ...data.properties.map((property, at) =>
      el(
        "li",
        {},
        el(
          "button",
          { type: "button", class: property.verdict, onclick: () => choosePropertyAndDraw(at) },
          el("span", { class: "mark", "aria-hidden": "true" }, VERDICT_MARKS[property.verdict]),
          el("span", { class: "name" }, property.name),
          el("span", { class: "quiet" }, [
            property.verdict,
            property.steps !== null && !property.nearest ? `${property.witness ? "reached in" : "in"} ${count(property.steps, "step")}` : "",
            property.witness ? "witness" : "",
          ].filter(Boolean).join(" · ")),
        ),
      )),
  );
}

function choosePropertyAndDraw(at) {
  select(at, null);
  if (view.folded) byId("choose").open = false;
  drawProperty();
  draw();
}

function drawProperty() {
  [...byId("properties").children].forEach((item, at) => {
    item.firstElementChild.toggleAttribute("data-chosen", at === walk.property);
    item.firstElementChild.setAttribute("aria-pressed", String(at === walk.property));
  });
  const chosen = data.properties[walk.property];
  byId("chosen").className = chosen?.verdict ?? "";
  byId("chosen").replaceChildren(
    ...(chosen ? [el("span", { class: "mark", "aria-hidden": "true" }, VERDICT_MARKS[chosen.verdict]), ` ${chosen.name} `, el("span", { class: "quiet" }, `${walk.property + 1} of ${data.properties.length}`)] : []),
  );
  drawStory();
}

function drawFrame() {
  const badge = byId("verdict");
  badge.classList.add(data.verdict);
  badge.append(el("span", { "aria-hidden": "true" }, `${VERDICT_MARKS[data.verdict]} `), data.verdict);
  byId("command").textContent = data.command ?? (data.model === data.title ? "" : data.model);
  byId("because").hidden = data.verdict === "violated" || data.whole;
  byId("because").textContent = `${data.verdict === "holds" ? "Holds" : "Incomplete"}: ${data.conclusion}`;
  byId("notes").hidden = data.notes.length === 0;
  byId("notes").textContent = data.notes.map((note) => `Note: ${note}`).join("\n");
  byId("counts").replaceChildren(
    ...data.counts.flatMap(([name, number]) => [el("dt", {}, name), el("dd", {}, number)]),
    el("dt", {}, "network"),
    el("dd", {}, data.network),
    el("dt", {}, data.live ? "states known" : "states here"),
    el("dd", { id: "known" }),
  );
  byId("number").max = data.live ? "" : store.states.length - 1;
  const numbers = `The numbers of states are this page's own: first the initial states, then those on the traces, then the others as they were found, the nearest first.${data.live ? " One that is not known yet is looked for." : ""}`;
  byId("number").title = byId("numbers").textContent = numbers;
  byId("key-list").replaceChildren(...KEYS.flatMap(([key, does]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, does)]));
}

// Show a view and, where the page as a whole scrolls, go there: else nothing would seem to happen.
function turnTo(name) {
  show(name);
  if (narrow()) byId("views").scrollIntoView({ block: "start", behavior: "instant" });
}

function show(name) {
  view.shown = name;
  for (const button of byId("views").children) button.setAttribute("aria-pressed", String(button.dataset.view === name));
  for (const one of ["steps", "diagram", "truth", "graph"]) byId(`view-${one}`).hidden = one !== name;
  if (name === "graph") redrawGraph();
  draw();
}

function notice(text) {
  byId("notice").hidden = !text;
  byId("notice").textContent = text;
}

// -- moving ---------------------------------------------------------------------------------------

function goTo(at) {
  walk.at = Math.min(Math.max(at, 0), walk.path.length - 1);
  notice("");
  draw();
}

async function choose(position) {
  const within = byId("choices").contains(document.activeElement);
  const step = store.states[here()].steps[position];
  if (!step) return;
  notice("");
  if (step.to < 0 && data.live) {
    const from = here();
    if (!(await learn(from)) || here() !== from) return;
  }
  if (!take(position)) {
    if (!data.live) notice("The states exported to this file end here. Export more (--html-states), or go on with a live engine: islander serve.");
    return;
  }
  draw();
  if (within) (byId("choices").querySelector("button") ?? byId("choices")).focus();
}

// Ask the live engine for what lies beyond a state, once at a time.
async function learn(number) {
  if (!data.live) return false;
  if (!view.asking.has(number)) view.asking.set(number, fetchState(number));
  try {
    await view.asking.get(number);
  } catch (error) {
    notice(`The engine behind this page says: ${error.message}`);
    return false;
  } finally {
    view.asking.delete(number);
  }
  if (walk.path.length && here() === number) {
    drawState();
    if (view.shown === "graph") drawGraph();
  }
  return true;
}

async function openByNumber(event) {
  event.preventDefault();
  const number = Number.parseInt(byId("number").value, 10);
  notice("");
  if (data.live && store.states[number] === undefined) {
    if (!(await lookFor(number))) return;
  }
  if (store.states[number] === undefined) {
    notice(`There is no state ${byId("number").value} in this file; its last is ${store.states.length - 1}. A file holds the states on the traces and the nearest around them; islander serve goes on from there.`);
  } else if (openState(number)) {
    draw();
  } else {
    notice(`No known way leads to state ${number}.`);
  }
}

// Have the engine find states, the nearest first, until there are as many as this number needs, or for
// as long as one waits; it gives them out a part at a time.
async function lookFor(number) {
  const asked = view.looking = {}; // whoever asks for another, meanwhile, ends this
  const until = performance.now() + PATIENCE;
  while (store.states[number] === undefined) {
    const known = () => `${count(store.states.length, "state")} ${store.states.length === 1 ? "is" : "are"} known`;
    if (performance.now() > until) {
      notice(`State ${number} was not reached in ${PATIENCE / 1000} seconds; ${known()} by now. Open it again to go on.`);
      return false;
    }
    notice(`Looking for state ${number}: ${known()} so far.`);
    if (!(await learn(number)) || view.looking !== asked) return false;
  }
  notice("");
  return true;
}

const PATIENCE = 10_000;

function otherProperty(by) {
  const all = data.properties.length;
  if (all) choosePropertyAndDraw((walk.property + by + all) % all);
}

// -- keys and theme -------------------------------------------------------------------------------

const ACTIONS = {
  ArrowRight: () => goTo(walk.at + 1),
  j: () => goTo(walk.at + 1),
  ArrowLeft: () => goTo(walk.at - 1),
  k: () => goTo(walk.at - 1),
  Home: () => goTo(0),
  End: () => goTo(walk.path.length - 1),
  b: () => (byId("choices").querySelector("button") ?? byId("choices")).focus(),
  u: () => {
    undo();
    draw();
    if (document.activeElement === document.body) byId("choices").focus({ preventScroll: true });
  },
  Escape: () => { backToTrace(); draw(); },
  n: () => otherProperty(1),
  p: () => otherProperty(-1),
  s: () => turnTo("steps"),
  d: () => turnTo("diagram"),
  v: () => turnTo("truth"),
  g: () => turnTo("graph"),
  t: () => changeTheme(),
  "?": () => byId("keys").showModal(),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  if (event.target.matches("input, select")) {
    if (event.target.type !== "range" || /^(Arrow|Home|End|Page)/.test(event.key)) return;
  }
  const list = event.target.closest(".steps, .choices");
  if (list && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    buttons[at]?.focus();
    if (list.id === "steps" && buttons[at]) goTo(at);
    return;
  }
  if (/^[1-9]$/.test(event.key)) {
    event.preventDefault();
    choose(Number(event.key) - 1);
    return;
  }
  const action = ACTIONS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function changeTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("islander theme", root.dataset.theme);
  } catch { /* a file that may keep nothing: the choice lasts as long as the page */ }
  redrawGraph();
}

function recallTheme() {
  try {
    const kept = localStorage.getItem("islander theme");
    if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
  } catch { /* nothing is kept, so the system decides */ }
}

// -- begin ----------------------------------------------------------------------------------------

async function begin() {
  recallTheme();
  absorb(data.neighbourhood);
  drawFrame();
  drawProperties();
  const clicks = {
    first: ACTIONS.Home, last: ACTIONS.End, next: ACTIONS.j, previous: ACTIONS.k,
    undo: ACTIONS.u, back: ACTIONS.Escape, theme: changeTheme, help: ACTIONS["?"],
    fit: () => graph.cy?.fit(undefined, 24),
    closer: () => zoomBy(1.4), farther: () => zoomBy(1 / 1.4),
  };
  for (const [id, action] of Object.entries(clicks)) byId(id).addEventListener("click", action);
  byId("position").addEventListener("input", (event) => goTo(Number(event.target.value)));
  byId("views").addEventListener("click", (event) => event.target.dataset.view && turnTo(event.target.dataset.view));
  byId("scope").addEventListener("change", drawGraph);
  byId("reach").addEventListener("input", drawGraph);
  byId("every").addEventListener("change", drawGraph);
  byId("explored").open = innerWidth >= 1000;
  byId("open").addEventListener("submit", openByNumber);
  document.addEventListener("keydown", onKey);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawGraph);
  addEventListener("resize", arrange);
  addEventListener("hashchange", async () => {
    if (location.hash === address()) return;
    await goToAddress(location.hash, learn);
    drawProperty();
    draw();
  });
  await goToAddress(location.hash, learn);
  drawProperty();
  show("steps");
}

function zoomBy(factor) {
  const canvas = byId("canvas");
  graph.cy?.zoom({ level: graph.cy.zoom() * factor, renderedPosition: { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 } });
}

begin();
