/** Compares PROTOCOL.md with the parser of frames and the table of close codes, in both directions. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fromClient } from "../packages/protocol/src/frames/client-frames.ts";
import { closeAdvice, CloseCode } from "../packages/protocol/src/wire/close.ts";
import { jsonFrames } from "../packages/protocol/src/frames/frame-codec.ts";

const page = readFileSync(new URL("../PROTOCOL.md", import.meta.url), "utf8");
const sources = new URL("../packages/protocol/src/", import.meta.url);
/** All names in the sources, which include the names that the parser knows. */
const sourceNames = new Set(
  readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => readFileSync(new URL(file, sources), "utf8").match(/\w+/g) ?? []),
);

const shapes = shapesOf(page);
/** The frames of the conversation, which alone may have the fields of `Sequenced`. */
const sequenced = shapesOf(/### Of the conversation\n.*?### /s.exec(page)?.[0] ?? "");
const examples = [...page.matchAll(/^(?:×?[<>] )(\{"?.*\})$/gm)].map(([, line = ""]) => line);

describe("the page and the parser have the same frames", () => {
  test("with the same names", () => {
    const known = [...sourceNames].filter((name) => !parseError({ t: name }).includes('a known "t"'));
    expect(new Set(shapes.keys())).toEqual(new Set(known));
  });

  test.each([...shapes])("with the same fields: %s", (t, fields) => {
    // The parser rejects an unknown field before it checks any value.
    const unknown = (field: string): boolean => parseError({ t, [field]: [] }) === `unknown field "${field}"`;
    const known = [...sourceNames].filter((name) => name !== "t" && !unknown(name));
    expect(new Set([...fields, ...stampOf(t)])).toEqual(new Set(known));
  });
});

describe("the examples of the page", () => {
  test("include each frame", () => {
    const shown = examples.map((line) => (JSON.parse(line) as { t: string }).t);
    expect([...shapes.keys()].filter((t) => !shown.includes(t))).toEqual([]);
  });

  test.each(examples)("%s", (line) => {
    const { t, ...fields } = JSON.parse(line) as { t: string };
    expect([...(shapes.get(t) ?? []), ...stampOf(t)]).toEqual(expect.arrayContaining(Object.keys(fields)));
    expect(parseError({ t, ...fields })).toBe("");
  });
});

test("the page has a row for each close code, with its name and its advice to the client", () => {
  const rows = [...page.matchAll(/^\| (\d{4}) +\| `(\w+)` +\| .* \| (\w+) +\|$/gm)].map((row) =>
    row.slice(1),
  );
  expect(rows).toEqual(
    Object.entries(CloseCode).map(([name, code]) => [String(code), name, closeAdvice(code)]),
  );
});

test("the README has the same promise as the page, word for word", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  expect(promiseIn(readme)).toMatch(/^> \*\*While a session lives\*\*.*\n(> .*\n){3}$/);
  expect(promiseIn(readme)).toBe(promiseIn(page));
});

function stampOf(t: string): string[] {
  return sequenced.has(t) ? ["s", "a"] : [];
}

/** The promise of a page, without its links. */
function promiseIn(markdown: string): string {
  const [quote = ""] = /(?<=## What is promised\n\n)(> .*\n)+/.exec(markdown) ?? [];
  return quote.replaceAll(/\[(.*?)\]\(.*?\)/g, "$1");
}

/** The error of the parser for a frame; an empty string if it accepts the frame. */
function parseError(frame: object): string {
  try {
    jsonFrames.read(JSON.stringify(frame), fromClient);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/** The fields of each frame by its `t`, from the TypeScript of the page. */
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
