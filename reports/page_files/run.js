// The views of the whole run: why it matters, its steps, its sequence diagram, its truth table.

const drawn = { path: [], rows: [], diagram: null, truth: [], growth: 0, property: null, astray: null };

function drawStory() {
  const property = data.properties[walk.property];
  if (!property) return;
  const heading = {
    violated: property.nearest ? "is never reached" : "is violated",
    holds: property.witness ? "is reached" : "holds",
    incomplete: "is incomplete",
  }[property.verdict];
  const after = property.steps === null || property.nearest ? "" : ` after ${count(property.steps, "step")}`;
  const parts = [el("h2", { class: property.verdict }, property.name, el("span", { class: "says" }, ` ${heading}${after}`))];
  if (property.explanation) parts.push(el("p", { class: "why" }, property.explanation));
  if (property.nearest && property.trace !== null) {
    parts.push(el("p", { class: "quiet" }, "The steps below lead to the nearest situation that was reached."));
  } else if (property.trace === null) {
    const holds = property.verdict === "holds" ? "There is no counterexample" : "There is no trace";
    parts.push(el("p", { class: "quiet" }, `${holds}: walk from the initial state, along what can happen next.`));
  }
  if (property.clash.length || property.absent.length) {
    parts.push(
      el(
        "ul",
        { class: "clash-list" },
        ...property.clash.map(({ fact, since }) =>
          el("li", {},
            el("button", { type: "button", onclick: () => { backToTrace(); goTo(since); } }, since ? `step ${since}` : "at first"),
            " ", el("span", {}, store.facts[fact]))),
        ...property.absent.map((text) => el("li", {}, el("i", { class: "quiet" }, "missing"), " ", el("span", {}, text))),
      ),
    );
  }
  byId("story").replaceChildren(...parts);
}

// -- steps ----------------------------------------------------------------------------------------

function stepRow(at) {
  const event = at ? eventOf(stepAt(at)) : null;
  const number = walk.path[at].state;
  const clash = clashing(at);
  const old = at ? new Set(factsOf(walk.path[at - 1].state)) : new Set();
  const made = factsOf(number).filter((fact) => clash.has(fact) && !old.has(fact));
  const off = walk.left !== null && at > walk.left;
  return el(
    "li",
    { class: off ? "off" : null },
    el(
      "button",
      { type: "button", onclick: () => goTo(at) },
      el("span", { class: "number" }, String(at)),
      el("span", { class: "line" }, ...(event ? [el("b", {}, event.who), " ", el("span", { class: "mono what" }, event.what)] : ["The initial state"])),
      event && event.changes.length > 0 && el("span", { class: "changes" }, event.changes.join("; ")),
      made.length > 0 && el("span", { class: "made" }, ...made.map((fact) => el("span", { class: "tag bad" }, store.facts[fact]))),
    ),
  );
}

// Rows that are still right stay: a step off a long trace draws one row.
function drawSteps() {
  const same = drawn.property === walk.property && drawn.left === walk.left;
  let shared = 0;
  while (
    same && shared < drawn.path.length && shared < walk.path.length &&
    drawn.path[shared].state === walk.path[shared].state && drawn.path[shared].step === walk.path[shared].step
  ) shared += 1;
  while (drawn.rows.length > shared) drawn.rows.pop().remove();
  const fresh = [];
  for (let at = shared; at < walk.path.length; at += 1) {
    const row = stepRow(at);
    drawn.rows.push(row);
    fresh.push(row);
  }
  byId("steps").append(...fresh);
  drawn.path = walk.path;
  drawn.left = walk.left;
  drawn.property = walk.property;
}

function markCurrent(rows, keep) {
  const old = keep.current;
  if (old) {
    old.classList.remove("current");
    old.querySelector("button")?.removeAttribute("aria-current");
  }
  const row = rows[walk.at];
  row.classList.add("current");
  row.querySelector("button")?.setAttribute("aria-current", "step");
  keep.current = row;
  reveal(row);
}

// Scroll the box that an element is in, and nothing else, until it shows.
function reveal(element) {
  const box = element.closest(".view, .truth");
  if (!box || box.hidden || box.clientHeight >= box.scrollHeight) return;
  const inner = element.getBoundingClientRect();
  const outer = box.getBoundingClientRect();
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + 40;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + 40;
}

// -- the sequence diagram -------------------------------------------------------------------------

function drawDiagram() {
  const view = byId("view-diagram");
  const text = data.traces[walk.trace].diagram;
  if (drawn.diagram !== walk.trace) {
    drawn.diagram = walk.trace;
    drawn.marks = new Map();
    drawn.lit = null;
    drawn.astray = el("p", { class: "astray", id: "astray" });
    view.replaceChildren(...(text ? [drawn.astray, picture(text)] : [el("p", { class: "quiet pad" }, data.traces[walk.trace].steps.length ? "This page was made without diagrams; the steps say the same." : "There is no trace to draw. Your own walk is told by the steps.")]));
    for (const group of view.querySelectorAll("[data-step]")) {
      const step = Number(group.getAttribute("data-step"));
      drawn.marks.set(step, group);
      group.addEventListener("click", () => { backToTrace(); goTo(step); });
    }
  }
  if (drawn.lit) drawn.lit.classList.remove("current");
  const off = walk.left !== null && walk.at > walk.left;
  drawn.lit = drawn.marks.get(off ? walk.left : walk.at) ?? null;
  drawAstray();
  if (drawn.lit) {
    drawn.lit.classList.add("current");
    reveal(drawn.lit);
  }
}

// Only the trace is drawn: whoever has left it is told so, and where.
function drawAstray() {
  const off = walk.left !== null;
  drawn.astray.hidden = !off;
  if (!off) return;
  const mark = walk.left >= 0 && walk.at > walk.left ? ", the marked row," : "";
  const where = walk.left < 0 ? "begins elsewhere" : `left it ${walk.left ? `after step ${walk.left}` : "at the start"}${mark}`;
  drawn.astray.textContent = `This is the trace. Your own walk ${where} and is not drawn.`;
}

function picture(text) {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
  const svg = document.importNode(parsed.documentElement, true);
  const width = svg.viewBox.baseVal.width; // it shrinks to fit, as far as it is still read
  Object.assign(svg.style, { width: "100%", maxWidth: `${width}px`, minWidth: `${LEGIBLE * width}px` });
  return el("div", { class: "diagram", tabindex: "0", role: "group", "aria-label": "Sequence diagram" }, svg);
}

const LEGIBLE = 0.8;

// -- the truth table ------------------------------------------------------------------------------

function truthAt(property, at) {
  if (data.properties[property].subject !== "local step") return store.states[walk.path[at].state].truth[property];
  return at ? eventOf(stepAt(at)).truth[property] : "-";
}

const TRUTH = {
  invariant: { 1: ["✓", "holds", "true"], 0: ["✗", "violated", "false"], "?": ["?", "incomplete", "unknown"], "-": ["–", "none", "no step yet"] },
  witness: { 1: ["✓", "reached", "reached"], 0: ["·", "none", "not reached"], "?": ["?", "incomplete", "unknown"], "-": ["–", "none", "no step yet"] },
};

function drawTruth() {
  if (drawn.truthPath !== walk.path) {
    drawn.truthPath = walk.path;
    const columns = walk.path.map(() => []);
    const head = walk.path.map((_, at) => {
      const cell = el("th", { scope: "col" }, String(at));
      columns[at].push(cell);
      return cell;
    });
    const rows = data.properties.map((property, row) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, property.name),
        ...walk.path.map((_, at) => {
          const [mark, kind, word] = TRUTH[property.witness ? "witness" : "invariant"][truthAt(row, at)];
          const button = el("button", { type: "button", tabindex: "-1", class: kind, "aria-label": `${property.name}, step ${at}: ${word}`, onclick: () => goTo(at) }, mark);
          const cell = el("td", {}, button);
          columns[at].push(cell);
          return cell;
        }),
      ));
    drawn.columns = columns;
    drawn.column = null;
    byId("view-truth").replaceChildren(
      el("div", { class: "truth" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Step"), ...head)), el("tbody", {}, ...rows))),
      el("p", { class: "quiet pad" }, "✓ true, ✗ false, ? unknown; of a witness ✓ reached, · not yet; – says nothing of the initial state. A cell opens its state."),
    );
  }
  for (const cell of drawn.column ?? []) {
    cell.classList.remove("current");
    if (cell.firstElementChild) cell.firstElementChild.tabIndex = -1;
  }
  drawn.column = drawn.columns[walk.at];
  for (const cell of drawn.column) {
    cell.classList.add("current");
    if (cell.firstElementChild) cell.firstElementChild.tabIndex = 0;
  }
  const box = byId("view-truth").firstElementChild;
  const cell = drawn.column[0];
  const stuck = box.querySelector("th").offsetWidth;
  if (cell.offsetLeft - stuck < box.scrollLeft) box.scrollLeft = cell.offsetLeft - stuck - 40;
  else if (cell.offsetLeft + cell.offsetWidth > box.scrollLeft + box.clientWidth) {
    box.scrollLeft = cell.offsetLeft + cell.offsetWidth - box.clientWidth + 40;
  }
}
