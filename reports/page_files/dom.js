// Making elements. Text only ever becomes text: nothing here, or elsewhere, parses a string as HTML.

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const byId = (id) => document.getElementById(id);
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

// Whether all is in one column, and the page as a whole scrolls.
const narrow = () => matchMedia("(max-width: 999px)").matches;

const VERDICT_MARKS = { holds: "✓", violated: "✗", incomplete: "?" };

const TOKENS = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu;

// What two texts have in common at both ends, and what is in between.
function difference(old, now) {
  const one = old.match(TOKENS) ?? [];
  const other = now.match(TOKENS) ?? [];
  let head = 0;
  while (head < one.length && head < other.length && one[head] === other[head]) head += 1;
  let tail = 0;
  while (
    tail < one.length - head &&
    tail < other.length - head &&
    one[one.length - 1 - tail] === other[other.length - 1 - tail]
  ) tail += 1;
  const cut = (tokens) => [
    tokens.slice(0, head).join(""),
    tokens.slice(head, tokens.length - tail).join(""),
    tokens.slice(tokens.length - tail).join(""),
  ];
  return [cut(one), cut(other)];
}

// A value that changed: the old one, and the new one; of long ones the part that differs is marked.
function changed(old, now) {
  if (old.length + now.length <= 40) {
    return [el("del", {}, old), " ", el("span", { class: "to" }, el("span", { class: "arrow" }, "→ "), el("ins", {}, now))];
  }
  const [before, after] = difference(old, now);
  const line = (tag, [head, middle, tail]) =>
    el(tag, { class: "long" }, el("span", { class: "same" }, head), el("mark", {}, middle), el("span", { class: "same" }, tail));
  return [line("del", before), el("span", { class: "unseen" }, " → "), line("ins", after)];
}
