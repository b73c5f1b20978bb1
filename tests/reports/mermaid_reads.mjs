// What Mermaid reads in the diagram on standard input, as JSON; the argument is the directory in
// which `npm install mermaid jsdom` was run.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const modules = join(process.argv[2], 'node_modules');
const { JSDOM } = createRequire(join(modules, 'x'))('jsdom');
const page = new JSDOM('<!doctype html><body></body>');
globalThis.window = page.window;
globalThis.document = page.window.document;
const entry = join(modules, 'mermaid', 'dist', 'mermaid.core.mjs');
const { default: mermaid } = await import(pathToFileURL(entry));
mermaid.initialize({ startOnLoad: false });

const text = readFileSync(0, 'utf-8');
const { diagramType } = await mermaid.parse(text);
const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
console.log(JSON.stringify({
  type: diagramType,
  title: db.getDiagramTitle(),
  actors: [...db.getActors().values()].map((actor) => actor.description),
  texts: db.getMessages().map((message) => message.message),
  arrows: db.getMessages().filter((message) => message.type !== db.LINETYPE.NOTE)
    .map((message) => [message.from, message.to, message.type === db.LINETYPE.DOTTED_CROSS]),
}));
