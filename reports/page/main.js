// The wiring: what is drawn when, the keys, the theme, and the address that keeps one's place.

const view = { shown: "steps", asking: new Map(), keeping: 0 };

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
  byId("said").textContent = event ? `Step ${at}: ${event.who} ${event.what}`.slice(0, 300) : "The initial state";
  keepPlace();
  if (data.live && !isOpen(here())) learn(here());
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
  drawProperty();
  draw();
}

function drawProperty() {
  [...byId("properties").children].forEach((item, at) => {
    item.firstElementChild.toggleAttribute("data-chosen", at === walk.property);
    item.firstElementChild.setAttribute("aria-pressed", String(at === walk.property));
  });
  drawStory();
}

function drawFrame() {
  const badge = byId("verdict");
  badge.classList.add(data.verdict);
  badge.append(el("span", { "aria-hidden": "true" }, `${VERDICT_MARKS[data.verdict]} `), data.verdict);
  byId("command").textContent = data.command ?? (data.model === data.title ? "" : data.model);
  byId("because").hidden = data.verdict !== "incomplete";
  byId("because").textContent = `Incomplete, so nothing is established: ${data.because}`;
  byId("counts").replaceChildren(
    ...data.counts.flatMap(([name, number]) => [el("dt", {}, name), el("dd", {}, number)]),
    el("dt", {}, "network"),
    el("dd", {}, data.network),
    el("dt", {}, data.live ? "this page" : "in this file"),
    el("dd", {}, data.live ? "is live" : count(store.states.length, "state")),
  );
  byId("number").max = data.live ? "" : store.states.length - 1;
  byId("key-list").replaceChildren(...KEYS.flatMap(([key, does]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, does)]));
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
  if (store.states[number] === undefined && data.live) await learn(number);
  if (store.states[number] === undefined) {
    notice(`There is no state ${byId("number").value} here; the last is ${store.states.length - 1}.`);
  } else if (openState(number)) {
    draw();
  } else {
    notice(`No known way leads to state ${number}.`);
  }
}

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
  u: () => { undo(); draw(); },
  Escape: () => { backToTrace(); draw(); },
  n: () => otherProperty(1),
  p: () => otherProperty(-1),
  s: () => show("steps"),
  d: () => show("diagram"),
  v: () => show("truth"),
  g: () => show("graph"),
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
  byId("views").addEventListener("click", (event) => event.target.dataset.view && show(event.target.dataset.view));
  byId("scope").addEventListener("change", drawGraph);
  byId("reach").addEventListener("input", drawGraph);
  byId("every").addEventListener("change", drawGraph);
  byId("explored").open = innerWidth >= 1000;
  byId("open").addEventListener("submit", openByNumber);
  document.addEventListener("keydown", onKey);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawGraph);
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
