// The graph: the states around the present one, laid out by dagre, or all that are here, by levels.
// Cytoscape draws it on a canvas; a click opens a state. The list of choices does the same for keys.

const NEAR_LIMIT = 150;
const WHOLE_LIMIT = 10_000; // more take long to draw, and are a blot
const graph = { cy: null, key: null, whole: null, lines: 0 };

// A colour as the canvas takes it: what the style sheet says, resolved for the present theme.
function colour(name) {
  const probe = byId("canvas");
  probe.style.color = `var(--${name})`;
  const resolved = getComputedStyle(probe).color;
  probe.style.color = "";
  return resolved;
}

function graphStyle(near) {
  const [ink, quiet, line, surface, accent, bad] = ["text", "muted", "edge", "surface", "accent", "violated"].map(colour);
  return [
    { selector: "*", style: { "overlay-opacity": 0 } },
    { selector: "node", style: { width: near ? 30 : 13, height: near ? 30 : 13, "background-color": near ? surface : quiet, "border-width": near ? 1.5 : 0, "border-color": quiet, color: ink, "font-size": 11, "text-valign": "center", "text-halign": "center", label: near ? "data(id)" : "", events: "yes" } },
    { selector: "node.far", style: near ? { "border-style": "dashed" } : { "background-color": line } }, // not by opacity: that is slow to draw
    { selector: "node.end", style: { shape: near ? "round-rectangle" : "rectangle", "border-width": near ? 3 : 0 } },
    { selector: "node.trace", style: near ? { "border-color": accent, "border-width": 2.5 } : { "background-color": accent, width: 22, height: 22, "z-index": 5 } },
    { selector: "node.broken", style: near ? { "border-color": bad, color: bad } : { "background-color": bad } },
    { selector: "node.here", style: { "background-color": accent, "border-color": accent, color: surface, "z-index": 9, ...(near ? {} : { width: 34, height: 34, "border-width": 6, "border-color": ink }) } },
    { selector: "node.here.broken", style: near ? { "border-color": bad, "border-width": 3.5 } : {} },
    { selector: "edge", style: { width: near ? 1.2 : 1, "line-color": line, "curve-style": near ? "bezier" : "haystack", "haystack-radius": 0, "target-arrow-shape": near ? "triangle" : "none", "target-arrow-color": line, "arrow-scale": 0.8, events: "no" } },
    { selector: "edge[label]", style: { "target-label": "data(label)", "target-text-offset": 64, "font-size": 10, "font-family": "system-ui, sans-serif", color: quiet, "text-background-color": surface, "text-background-opacity": 1, "text-background-padding": 2, "text-wrap": "wrap" } },
    { selector: "edge.trace", style: { width: near ? 2.5 : 5, "line-color": accent, "target-arrow-color": accent, color: ink, "z-index": 4 } },
    { selector: "edge.next", style: { color: ink } },
  ];
}

function classesOf(number, walked) {
  const classes = [];
  if (!isOpen(number)) classes.push("far");
  if (isEnd(number)) classes.push("end");
  if (walked.has(number)) classes.push("trace");
  if (broken(number, null).length) classes.push("broken");
  if (number === here()) classes.push("here");
  return classes.join(" ");
}

// The last states of the walk, and what lies so many steps ahead of the present one.
function nearby(reach) {
  const behind = narrow() ? 1 : 2;
  const found = new Set(walk.path.slice(Math.max(walk.at - behind, 0), walk.at + 1).map((place) => place.state));
  let edge = [here()];
  for (let depth = 0; depth < reach; depth += 1) {
    const next = [];
    for (const number of edge) {
      for (const { to } of store.states[number].steps) {
        if (to >= 0 && !found.has(to) && found.size < NEAR_LIMIT) {
          found.add(to);
          next.push(to);
        }
      }
    }
    edge = next;
  }
  return found;
}

// All states, or if they are too many the nearest to an initial one, and those of the walk.
function whole() {
  const all = store.states.filter(Boolean).map((state) => state.number);
  if (all.length <= WHOLE_LIMIT) return new Set(all);
  return new Set([...[...levels().keys()].slice(0, WHOLE_LIMIT), ...walk.path.map((place) => place.state)]);
}

// `every`: all steps between the states, else only those of the walk.
function elementsOf(numbers, near, every) {
  const walked = new Set(walk.path.map((place) => place.state));
  const taken = new Set(walk.path.slice(1).map((place, at) => `${walk.path[at].state}>${place.state}`));
  const nodes = [...numbers].map((number) => ({ group: "nodes", data: { id: String(number) }, classes: classesOf(number, walked) }));
  const edges = new Map();
  for (const number of numbers) {
    for (const step of store.states[number].steps) {
      if (!numbers.has(step.to) || (step.to === number && !near)) continue;
      const id = `${number}>${step.to}`;
      if (!every) continue;
      if (edges.has(id)) {
        edges.get(id).more += 1;
        continue;
      }
      const event = eventOf(step);
      const classes = `${taken.has(id) ? "trace" : ""} ${number === here() ? "next" : ""}`;
      edges.set(id, { more: 0, event, edge: { group: "edges", data: { id, source: String(number), target: String(step.to) }, classes } });
    }
  }
  for (const { more, event, edge } of edges.values()) {
    if (near && edge.classes.trim()) edge.data.label = `${short(event.who)}\n${short(event.what)}${more ? ` +${more}` : ""}`;
  }
  return [...nodes, ...[...edges.values()].map((one) => one.edge)];
}

const short = (text) => (text.length > 22 ? `${text.slice(0, 21)}…` : text);

function layOutNear(elements) {
  const layered = new dagre.Graph();
  layered.setGraph({ rankdir: "LR", nodesep: 30, ranksep: narrow() ? 120 : 150, edgesep: 8 });
  layered.setDefaultEdgeLabel(() => ({}));
  for (const one of elements) {
    if (one.group === "nodes") layered.setNode(one.data.id, { width: 34, height: 30 });
    else if (one.data.source !== one.data.target) layered.setEdge(one.data.source, one.data.target, { weight: one.classes.includes("trace") ? 4 : 1 });
  }
  dagre.layout(layered);
  for (const one of elements) {
    if (one.group !== "nodes") continue;
    const { x, y } = layered.node(one.data.id);
    one.position = { x, y };
  }
}

// By levels: a band for each distance from the initial states, as many rows deep as it needs, its
// states from left to right by where they come from. Thousands are too many for a layout that also
// keeps lines from crossing, in the time that one waits for a page.
function layOutAll(elements) {
  const drawnHere = new Set(elements.filter((one) => one.group === "nodes").map((one) => Number(one.data.id)));
  const level = new Map([...levels()].filter(([number]) => drawnHere.has(number)));
  const bands = [];
  for (const [number, depth] of level) (bands[depth] ??= []).push(number);
  const columns = Math.max(12, Math.round(Math.sqrt(level.size * 1.5)));
  const sources = new Map();
  for (const [number] of level) {
    for (const { to } of store.states[number].steps) {
      if (to < 0 || to === number) continue;
      if (sources.has(to)) sources.get(to).push(number);
      else sources.set(to, [number]);
    }
  }
  const place = new Map();
  let top = 0;
  for (const band of bands) {
    const wish = new Map(band.map((number) => [number, middle(sources.get(number) ?? [], place)]));
    band.sort((one, other) => wish.get(one) - wish.get(other) || one - other);
    const rows = Math.ceil(band.length / columns);
    const across = Math.ceil(band.length / rows);
    band.forEach((number, at) => {
      place.set(number, { x: (Math.floor(at / rows) - (across - 1) / 2) * GAP, y: top + (at % rows) * GAP });
    });
    top += rows * GAP + 1.4 * GAP;
  }
  for (const one of elements) {
    if (one.group === "nodes") one.position = place.get(Number(one.data.id)) ?? { x: 0, y: -4 * GAP };
  }
}

const GAP = 22;

function middle(numbers, place) {
  const known = numbers.filter((number) => place.has(number));
  return known.length ? known.reduce((sum, number) => sum + place.get(number).x, 0) / known.length : 0;
}

function drawGraph() {
  if (typeof cytoscape === "undefined") return; // the libraries stand at the end of the page
  const near = byId("scope").value === "near";
  byId("reach-label").hidden = !near;
  byId("every-label").hidden = near;
  const key = `${near}|${byId("reach").value}|${near ? here() : ""}|${address()}|${store.growth}|${byId("every").checked}`;
  if (graph.key === key) return;
  graph.key = key;
  const numbers = near ? nearby(Number(byId("reach").value)) : whole();
  const drawing = `${numbers.size}|${store.growth}|${byId("every").checked}`;
  if (!near && graph.whole === drawing) {
    markGraph();
    return;
  }
  graph.whole = near ? null : drawing;
  const elements = elementsOf(numbers, near, near || byId("every").checked);
  if (near) layOutNear(elements);
  else layOutAll(elements);
  graph.cy?.destroy();
  drawLegend(); // first, as it takes room from the canvas
  graph.cy = cytoscape({
    container: byId("canvas"),
    elements,
    style: graphStyle(near),
    layout: { name: "preset", fit: true, padding: 24 },
    autoungrabify: true,
    autounselectify: true,
    boxSelectionEnabled: false,
    hideEdgesOnViewport: !near,
    minZoom: 0.01,
    maxZoom: 4,
  });
  graph.cy.on("tap", "node", (tap) => {
    if (openState(Number(tap.target.id()))) draw();
  });
  if (!near) markGraph();
  if (near) frame();
  const all = store.states.filter(Boolean).length;
  byId("graph-size").textContent = numbers.size < all ? `${numbers.size.toLocaleString("en")} of ${count(all, "state")}` : count(all, "state");
}

// Neither so large that it is clumsy, nor so small that it cannot be read: then the present state is
// in sight, with more ahead of it than behind, and the rest a drag away. On a narrow screen it fits,
// as a drag there is what scrolls the page.
function frame() {
  if (graph.cy.zoom() > 1.15) graph.cy.zoom(1.15).center();
  if (graph.cy.zoom() >= READABLE || narrow()) return;
  graph.cy.zoom(READABLE);
  graph.cy.center(graph.cy.getElementById(String(here())));
  graph.cy.panBy({ x: -graph.cy.width() * 0.12, y: 0 });
}

const READABLE = 0.8;

// Of all states only the marks change from step to step, and the lines of the walk: new ones with new
// names, as in a batch one that is gone and one of its name would be taken for the same.
function markGraph() {
  const walked = walk.path.map((place) => String(place.state));
  graph.cy.batch(() => {
    graph.cy.elements(".here, .trace").removeClass("here trace");
    graph.cy.elements("edge.walk").remove();
    for (const id of walked) graph.cy.getElementById(id).addClass("trace");
    const lines = walked.slice(1).map((to, at) => ({ group: "edges", data: { id: `walk ${graph.lines += 1}`, source: walked[at], target: to }, classes: "trace walk" }));
    graph.cy.add(lines.filter(({ data: { source, target } }) => source !== target));
    graph.cy.getElementById(String(here())).addClass("here");
  });
}

function drawLegend() {
  const entry = (kind, text) => el("li", {}, el("span", { class: `dot ${kind}` }), text);
  byId("legend").replaceChildren(
    entry("here", "this state"),
    entry("trace", "on the way"),
    entry("broken", "an invariant is false"),
    entry("end", "terminal"),
    entry("far", "goes on elsewhere"),
  );
}

function redrawGraph() {
  graph.key = null;
  graph.whole = null;
  if (view.shown === "graph") drawGraph();
}
