/** Holds sources and documents to the glossary of ARCHITECTURE.md: private words must not come back. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Words that no identifier, comment, text or title may have, each with the words to use instead. */
const privateWords: Readonly<Record<string, string>> = {
  told: "reported, notified, received",
  untold: "unreported",
  heard: "received",
  unheard: "unhandled, unobserved",
  unsaid: "unsent",
  patience: "timeout, deadline",
  patient: "waits",
  patiently: "settled, waitAtMost",
  roomy: "onDrain, drained",
  ghost: "previous connection, stale member",
  elder: "previous, detached",
  heir: "current, next",
  farewell: "end callback",
  whoever: "name the subject",
  linger: "wait",
  lingering: "pending",
  reception: "handlers",
  visitor: "connection, client",
  visitors: "connections, clients",
  knock: "connect",
  expel: "terminate, close",
  deaf: "stopped",
  crowd: "connections",
  parked: "detached",
  parking: "sessions",
  nobody: "no client, no handler",
  somebody: "a client, a user",
};

/** Phrases without a subject, each with what to write instead. */
const emptyPhrases: Readonly<Record<string, string>> = {
  "the other half": "the client, the server, the remote peer",
  "one half": "one peer",
  "is none": "does not exist, is not …",
  "that is no": "that is not a …",
};

/** Where the vocabulary holds. */
const places = [
  "packages",
  "sim",
  "chaos",
  "interop",
  "e2e",
  "demo",
  "examples",
  "docs",
  "test",
  "bench",
  "README.md",
  "CONTRIBUTING.md",
  "PROTOCOL.md",
  "ARCHITECTURE.md",
  "SECURITY.md",
  ".changeset",
];

const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "--", ...places], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(?:ts|tsx|mts|js|mjs|py|html|css|md)$/.test(file))
  .filter((file) => !file.startsWith("packages/client/vendor/") && file !== "test/words.test.ts");

/** The words of a text in lower case; `isUntoldError` has three. */
function wordsOf(text: string): string[] {
  return text
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);
}

/** The lines in which a text has a word or a phrase that is not to be used. */
function findings(file: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const place = `${file}:${index + 1}`;
    const words = wordsOf(line)
      .filter((word) => Object.hasOwn(privateWords, word))
      .map((word) => `${place}: "${word}", write: ${privateWords[word]}`);
    const phrases = Object.entries(emptyPhrases)
      .filter(([phrase]) => new RegExp(`\\b${phrase}\\b`, "i").test(line))
      .map(([phrase, instead]) => `${place}: "${phrase}", write: ${instead}`);
    return [...words, ...phrases];
  });
}

test("no file uses a private word", () => {
  const found = files.flatMap((file) => findings(file, readFileSync(join(root, file), "utf8")));
  expect(found).toEqual([]);
});

describe("the search for private words", () => {
  test("sees words in identifiers, comments and texts", () => {
    expect(findings("a.ts", "const untoldError = roomyQueue; // nobody waits")).toEqual([
      'a.ts:1: "untold", write: unreported',
      'a.ts:1: "roomy", write: onDrain, drained',
      'a.ts:1: "nobody", write: no client, no handler',
    ]);
    expect(findings("a.md", "\nThe Other Half answers.")).toEqual([
      'a.md:2: "the other half", write: the client, the server, the remote peer',
    ]);
  });

  test("leaves words alone that only contain one", () => {
    expect(findings("a.ts", "withheldLetters, stoldWords, ghosts, a wire that is not open")).toEqual([]);
  });

  test("reads files of every kind in every place", () => {
    expect(files.length).toBeGreaterThan(500);
    for (const place of [
      "packages/server/src/",
      "sim/",
      "chaos/",
      "interop/",
      "e2e/",
      "demo/",
      "examples/",
      "docs/",
    ])
      expect(files.some((file) => file.startsWith(place))).toBe(true);
  });
});
