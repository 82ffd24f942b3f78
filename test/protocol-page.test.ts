/** Holds PROTOCOL.md to the parser and the table of close codes: what is on one side is on the other. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fromClient } from "../packages/protocol/src/frames/client-frames.ts";
import { closeAdvice, CloseCode } from "../packages/protocol/src/wire/close.ts";
import { jsonFrames } from "../packages/protocol/src/frames/frame-codec.ts";

const page = readFileSync(new URL("../PROTOCOL.md", import.meta.url), "utf8");
const sources = new URL("../packages/protocol/src/", import.meta.url);
/** Every name there is in the sources: whatever the parser knows by name is among them. */
const words = new Set(
  readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => readFileSync(new URL(file, sources), "utf8").match(/\w+/g) ?? []),
);

/** What the page says that no half says: `goaway`, or a field, `welcome.limits`. */
const notYet = new Set(ticked(/^No half says th(?:is|ese) yet: (.*?)\. /ms.exec(page)?.[1] ?? ""));
/** The fields that any frame of a conversation may have. */
const stamps = ["s", "a"];
const shapes = shapesOf(page);
const examples = [...page.matchAll(/^(?:×?[<>] )(\{"?.*\})$/gm)].map(([, line = ""]) => line);

describe("every frame of the page is the parser's, and the other way round", () => {
  test("by its name", () => {
    const known = [...words].filter((word) => !complaint({ t: word }).includes('a known "t"'));
    expect(new Set([...shapes.keys()].filter((t) => !notYet.has(t)))).toEqual(new Set(known));
  });

  test.each([...shapes].filter(([t]) => !notYet.has(t)))("%s, by its fields", (t, fields) => {
    // The parser complains of a field that it does not know before it looks at any value.
    const unknown = (word: string): boolean => complaint({ t, [word]: [] }) === `unknown field "${word}"`;
    const known = [...words].filter((word) => word !== "t" && !unknown(word));
    const said = fields.filter((field) => !notYet.has(`${t}.${field}`));
    expect(new Set([...said, ...stamps])).toEqual(new Set(known));
  });

  test("what is not yet said is nowhere said", () => {
    const said = [...notYet].filter((name) => {
      const [t, field] = name.split(".");
      return field === undefined
        ? !complaint({ t }).includes('a known "t"')
        : complaint({ t, [field]: [] }) !== `unknown field "${field}"`;
    });
    expect(said).toEqual([]);
    expect([...notYet].filter((name) => !shapes.has(name.split(".")[0] ?? ""))).toEqual([]);
  });
});

describe("the examples", () => {
  test("show every frame", () => {
    const shown = examples.map((line) => (JSON.parse(line) as { t: string }).t);
    expect([...shapes.keys()].filter((t) => !shown.includes(t))).toEqual([]);
  });

  test.each(examples)("%s", (line) => {
    const { t, ...fields } = JSON.parse(line) as { t: string };
    expect([...(shapes.get(t) ?? []), ...stamps]).toEqual(expect.arrayContaining(Object.keys(fields)));
    if (notYet.has(t)) return;
    const present = Object.entries(fields).filter(([field]) => !notYet.has(`${t}.${field}`));
    expect(complaint({ t, ...Object.fromEntries(present) })).toBe("");
  });
});

test("every close code has its row, with its name and what it asks of the client", () => {
  const rows = [...page.matchAll(/^\| (\d{4}) +\| `(\w+)` +\| .* \| (\w+) +\|$/gm)].map((row) =>
    row.slice(1),
  );
  expect(rows).toEqual(
    Object.entries(CloseCode).map(([name, code]) => [String(code), name, closeAdvice(code)]),
  );
});

test("the README promises what the page promises, word for word", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  expect(promiseIn(readme)).toMatch(/^> \*\*While a session lives\*\*.*\n(> .*\n){3}$/);
  expect(promiseIn(readme)).toBe(promiseIn(page));
});

/** The promise of a page, without its links. */
function promiseIn(markdown: string): string {
  const [quote = ""] = /(?<=## What is promised\n\n)(> .*\n)+/.exec(markdown) ?? [];
  return quote.replaceAll(/\[(.*?)\]\(.*?\)/g, "$1");
}

/** What the parser says against a frame; the empty string when it takes it. */
function complaint(frame: object): string {
  try {
    jsonFrames.read(JSON.stringify(frame), fromClient);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/** The fields of each frame, by its `t`, as the page's TypeScript has them. */
function shapesOf(markdown: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, body = ""] of markdown.matchAll(/^type \w+ = \{( [^\n]* |\n.*?\n)\};$/gms)) {
    const [, t, rest = ""] = /^\s*t: "(\w+)";(.*)$/s.exec(body) ?? [];
    const flat = rest.replaceAll(/\{[^{}]*\}|\[[^[\]]*\]/g, "");
    if (t)
      found.set(
        t,
        [...flat.matchAll(/(\w+)\??:/g)].map(([, field = ""]) => field),
      );
  }
  return found;
}

function ticked(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}
