// The panels about the state where one stands: actors, what can happen next, facts, messages.

function drawState() {
  const number = here();
  const state = store.states[number];
  const before = walk.at ? store.states[walk.path[walk.at - 1].state] : null;
  const event = walk.at ? eventOf(stepAt(walk.at)) : null;
  byId("state-title").textContent = walk.at ? `After step ${walk.at}` : "At first";
  byId("number").value = number;
  byId("event").replaceChildren(
    ...(event
      ? [el("b", {}, event.who), " ", el("span", { class: "mono" }, event.what)]
      : [el("span", { class: "quiet" }, "The initial state, before any step.")]),
  );
  byId("failure").hidden = !state.failure;
  byId("failure").textContent = state.failure ? `A step from here cannot be taken: ${state.failure}` : "";
  byId("actors").replaceChildren(
    ...data.actors.map((name, at) => actorCard(name, state.locals[at], before && before.locals[at])),
    ...(store.faults[state.faults].length ? [faultsCard(state, before)] : []),
  );
  drawSteady(state);
  drawChoices(state);
  drawFacts(number, before);
  drawFlying(state, before);
}

// Fields that are the same in every state that is known stand apart, below; an actor with long values
// gets a whole row, in every state, so that nothing jumps from step to step.
const shape = { growth: 0, steady: new Map(), broad: new Set() };

function learnShape() {
  if (shape.growth === store.growth) return;
  shape.growth = store.growth;
  const kinds = new Map(); // actors with the same fields are shown alike
  data.actors.forEach((name, at) => {
    const values = new Map();
    for (const number of new Set(store.states.filter(Boolean).map((state) => state.locals[at]))) {
      for (const [field, text] of store.locals[number].fields) {
        if (!values.has(field)) values.set(field, new Set());
        values.get(field).add(text);
      }
    }
    const kind = JSON.stringify([...values.keys()]);
    if (!kinds.has(kind)) kinds.set(kind, { names: [], moving: new Set(), broad: false });
    const alike = kinds.get(kind);
    alike.names.push(name);
    for (const [field, texts] of values) {
      if (texts.size < 2) continue;
      alike.moving.add(field);
      alike.broad ||= [...texts].some((text) => text.length > 24);
    }
  });
  for (const [kind, { names, moving, broad }] of kinds) {
    for (const name of names) {
      shape.steady.set(name, new Set(JSON.parse(kind).filter((field) => !moving.has(field))));
      if (broad) shape.broad.add(name);
    }
  }
}

function steadyFields() {
  learnShape();
  return shape.steady;
}

function wideActors() {
  learnShape();
  return shape.broad;
}

function drawSteady(state) {
  const rows = data.actors.flatMap((name, at) => {
    const steady = steadyFields().get(name);
    const fields = store.locals[state.locals[at]].fields.filter(([field]) => steady.has(field));
    return fields.length ? [el("dt", {}, name), el("dd", { class: "mono" }, ...fields.map(([field, text]) => el("div", {}, el("span", { class: "quiet" }, field), ` ${text}`)))] : [];
  });
  byId("steady").hidden = !rows.length;
  byId("steady-fields").replaceChildren(...rows);
}

function actorCard(name, now, old) {
  const local = store.locals[now];
  const previous = old === null || old === undefined ? local : store.locals[old];
  const known = new Map(previous.fields);
  const moved = now !== old && old !== null && old !== undefined;
  const steady = steadyFields().get(name) ?? new Set();
  const rows = local.fields.filter(([field]) => !steady.has(field)).map(([field, text]) => {
    const was = known.get(field);
    const differs = was !== undefined && was !== text;
    return [
      el("dt", { class: differs ? "changed" : null }, field),
      el("dd", { class: "mono" }, ...(differs ? changed(was, text) : [text])),
    ];
  });
  const timers = [
    ...local.timers.map((timer) =>
      el("li", { class: previous.timers.includes(timer) ? null : "new" }, `⏲ ${timer}`)),
    ...previous.timers
      .filter((timer) => !local.timers.includes(timer))
      .map((timer) => el("li", { class: "gone" }, `⏲ ${timer}`)),
  ];
  return el(
    "section",
    { class: `actor${moved ? " moved" : ""}${wideActors().has(name) ? " broad" : ""}` },
    el(
      "h3",
      {},
      name,
      local.status !== "up" && el("span", { class: "tag bad" }, local.status),
      previous.status !== local.status && local.status === "up" && el("span", { class: "tag good" }, "up again"),
    ),
    rows.length > 0 && el("dl", { class: "fields" }, ...rows.flat()),
    timers.length > 0 && el("ul", { class: "timers", "aria-label": "Timers" }, ...timers),
  );
}

function faultsCard(state, before) {
  const old = before ? store.faults[before.faults] : store.faults[state.faults];
  return el(
    "section",
    { class: "actor" },
    el("h3", {}, "Faults"),
    el(
      "ul",
      { class: "plain" },
      ...store.faults[state.faults].map((text) => el("li", { class: old.includes(text) ? null : "new" }, text)),
    ),
  );
}

// -- what can happen next -------------------------------------------------------------------------

function drawChoices(state) {
  const onward = walk.path[walk.at + 1];
  const bad = broken(state.number, walk.at ? eventOf(stepAt(walk.at)) : null);
  const items = state.steps.map((step, position) => {
    const event = eventOf(step);
    const follows = onward && onward.step === position;
    const ends = step.to < 0 && !data.live;
    const breaks = step.to < 0 ? [] : broken(step.to, event).filter((at) => !bad.includes(at));
    const tags = [];
    if (follows) tags.push(el("span", { class: "tag path" }, walk.left !== null && walk.at >= walk.left ? "your way" : "the trace"));
    if (breaks.length) tags.push(el("span", { class: "tag bad" }, `✗ ${breaks.map((at) => data.properties[at].name).join(", ")}`));
    if (step.to === state.number) tags.push(el("span", { class: "tag" }, "changes nothing"));
    if (ends) tags.push(el("span", { class: "tag" }, "not in this file"));
    return el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          class: `choice${follows ? " follows" : ""}${ends ? " ends" : ""}`,
          "aria-disabled": ends ? "true" : null,
          onclick: () => choose(position),
        },
        el("kbd", {}, position < 9 ? String(position + 1) : "·"),
        el("span", { class: "line" }, el("b", {}, event.who), " ", el("span", { class: "mono what" }, event.what)),
        event.changes.length > 0 && el("span", { class: "changes" }, event.changes.join("; ")),
        tags.length > 0 && el("span", { class: "tags" }, ...tags),
      ),
    );
  });
  byId("choices-title").textContent = state.steps.length
    ? `What can happen next (${state.steps.length})`
    : "What can happen next";
  const missing = state.failure ? "Unknown: see above." : "Nothing: this state is terminal.";
  const held = [...byId("choices").querySelectorAll("button")].indexOf(document.activeElement);
  byId("choices").replaceChildren(...(items.length ? items : [el("li", { class: "quiet" }, missing)]));
  if (held >= 0) {
    const buttons = byId("choices").querySelectorAll("button");
    (buttons[Math.min(held, buttons.length - 1)] ?? byId("choices")).focus({ preventScroll: true });
  }
}

// -- facts and messages ---------------------------------------------------------------------------

// Which facts clash at a place of the walk: on the trace those that the explanation names; off it none,
// unless all of them are there and the property is false there as well.
function clashing(at) {
  const { clash = [], absent = [] } = data.properties[walk.property] ?? {};
  const facts = new Set(clash.map((one) => one.fact));
  if (walk.left === null || at <= walk.left || !facts.size) return facts;
  const now = factsOf(walk.path[at].state);
  const texts = new Set(now.map((fact) => store.facts[fact]));
  const same = clash.every((one) => now.includes(one.fact)) && !absent.some((text) => texts.has(text));
  return same && !data.properties[walk.property].witness && truthAt(walk.property, at) === "0" ? facts : new Set();
}

function drawFacts(number, before) {
  const now = factsOf(number);
  const old = before ? new Set(store.fact_sets[before.facts]) : new Set(now);
  const current = new Set(now);
  const clash = clashing(walk.at);
  const row = (fact, state) =>
    el(
      "li",
      { class: [state, clash.has(fact) ? "clash" : ""].join(" ").trim() || null },
      store.facts[fact],
      state && el("span", { class: "tag" }, state),
      clash.has(fact) && el("span", { class: "tag bad" }, "clashes"),
    );
  const rank = (fact) => (old.has(fact) ? 1 : 0);
  const rows = [
    ...[...now].sort((one, other) => rank(one) - rank(other)).map((fact) => row(fact, old.has(fact) ? "" : "new")),
    ...[...old].filter((fact) => !current.has(fact)).map((fact) => row(fact, "gone")),
  ];
  byId("facts").replaceChildren(...(rows.length ? rows : [el("li", { class: "quiet" }, "None yet.")]));
}

function counts(messages) {
  const found = new Map();
  for (const [message, copies] of messages) found.set(message, (found.get(message) ?? 0) + copies);
  return found;
}

function drawFlying(state, before) {
  const now = counts(state.messages);
  const old = before ? counts(before.messages) : now;
  const rows = [];
  const add = (message, copies, change) => {
    const [from, to, text] = store.messages[message];
    rows.push(
      el(
        "li",
        { class: change || null },
        el("b", {}, `${from} → ${to}`),
        " ",
        el("span", { class: "mono" }, text),
        copies > 1 && el("span", { class: "quiet" }, ` ×${copies}`),
        change && el("span", { class: "tag" }, change),
      ),
    );
  };
  const changed = (message) => Math.sign(now.get(message) - (old.get(message) ?? 0));
  const told = { 1: "new", 0: "", "-1": "one fewer" };
  const listed = data.queued // as they wait, else what is new first
    ? state.messages
    : [true, false].flatMap((fresh) => state.messages.filter(([one]) => changed(one) > 0 === fresh));
  for (const [message, copies] of listed) add(message, copies, told[changed(message)]);
  for (const [message, copies] of old) {
    if (!now.has(message)) add(message, copies, "gone");
  }
  byId("flying").replaceChildren(...(rows.length ? rows : [el("li", { class: "quiet" }, "Nothing.")]));
}
