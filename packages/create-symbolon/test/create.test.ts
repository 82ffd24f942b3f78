import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { slow } from "../../../test/time-limits.ts";
import { createProject } from "../src/create.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));
const template = join(root, "packages/create-symbolon/template");
let parent = "";
let folder = "";

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "create-symbolon-"));
  folder = join(parent, "my-app");
});
afterEach(() => rmSync(parent, { recursive: true }));

/** The files of a folder and of its folders, sorted. */
function filesOf(path: string): string[] {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();
}

const read = (path: string): Manifest => JSON.parse(readFileSync(path, "utf8")) as Manifest;

describe("a new app", () => {
  test("has the files of the template, unchanged but for package.json", () => {
    createProject(folder);
    const written = filesOf(folder);
    expect(written).toEqual([
      ".gitignore",
      "README.md",
      "index.html",
      "package.json",
      "src/app.test.ts",
      "src/app.ts",
      "src/chat.ts",
      "src/page.ts",
      "src/server.ts",
      "tsconfig.json",
      "vite.config.ts",
    ]);
    const textOf = (path: string) => readFileSync(path, "utf8");
    for (const file of written.filter((name) => name !== "package.json"))
      expect(textOf(join(folder, file))).toBe(textOf(join(template, file.replace(/^\./, ""))));
  });

  test("is an ES module named as its folder, with the packages of this version", () => {
    createProject(folder);
    const { name, type, dependencies } = read(join(folder, "package.json"));
    expect([name, type]).toEqual(["my-app", "module"]);
    for (const own of ["client", "protocol", "server"])
      expect(dependencies[`@symbolon/${own}`]).toBe(
        `^${read(join(root, "packages", own, "package.json")).version}`,
      );
  });

  test("uses the other packages in the versions that this repository is tested with", () => {
    createProject(folder);
    const { dependencies, devDependencies } = read(join(folder, "package.json"));
    const shared = ["@types/node", "tsx", "typescript", "vite", "zod"];
    const { devDependencies: ours } = read(join(root, "package.json"));
    const theirs = { ...dependencies, ...devDependencies };
    expect(shared.map((name) => theirs[name])).toEqual(shared.map((name) => ours[name]));
  });

  test.each([
    ["My App!", "my-app"],
    ["Größe", "gr-e"],
    ["日本", "symbolon-app"],
  ])("in the folder %j has a name that npm accepts", (name, expected) => {
    createProject(join(parent, name));
    expect(read(join(parent, name, "package.json")).name).toBe(expected);
  });

  test("may go into an empty folder, and into one that is only a repository", () => {
    mkdirSync(join(folder, ".git"), { recursive: true });
    createProject(folder);
    expect(existsSync(join(folder, "src/chat.ts"))).toBe(true);
  });

  test("goes into no folder that has a file, and leaves that folder as it was", () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "notes.txt"), "mine");
    expect(() => createProject(folder)).toThrow(
      `${folder} is not empty, it has notes.txt: name a new folder, or an empty one`,
    );
    expect(filesOf(folder)).toEqual(["notes.txt"]);
  });

  test("does not replace a file", () => {
    writeFileSync(folder, "mine");
    expect(() => createProject(folder)).toThrow(`${folder} is a file: name another folder`);
  });
});

describe("the command", slow, () => {
  test.each([
    { args: ["my-app"], name: "my-app", enter: "cd my-app" },
    { args: ["apps/my app"], name: "apps/my app", enter: 'cd "apps/my app"' },
    { args: [], name: "symbolon-app", enter: "cd symbolon-app" },
  ])("with $args asks nothing and prints what to run next", async ({ args, name, enter }) => {
    expect(await command(...args)).toEqual({
      code: 0,
      stdout: `Wrote a chat to ${name}. Now run\n\n  ${enter}\n  npm install\n  npm run dev\n\n`,
      stderr: "",
    });
    expect(existsSync(join(parent, name, "package.json"))).toBe(true);
  });

  test("with . writes to the present folder", async () => {
    const { code, stdout } = await command(".");
    expect([code, stdout]).toEqual([
      0,
      "Wrote a chat to this folder. Now run\n\n  npm install\n  npm run dev\n\n",
    ]);
    expect(existsSync(join(parent, "package.json"))).toBe(true);
  });

  test.each([
    { args: ["--yes"], argument: "--yes" },
    { args: ["my-app", "other"], argument: "other" },
  ])("with $args writes nothing and prints how to use it", async ({ args, argument }) => {
    expect(await command(...args)).toEqual({
      code: 1,
      stdout: "",
      stderr: `unexpected argument ${argument}; usage: npm create symbolon [folder]\n`,
    });
    expect(readdirSync(parent)).toEqual([]);
  });

  test("with a folder that is not empty prints one line and exits with 1", async () => {
    mkdirSync(join(folder, "src"), { recursive: true });
    const { code, stderr } = await command("my-app");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^\S+my-app is not empty, it has src: name a new folder, or an empty one\n$/);
  });
});

test("the README shows the files of the template", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```\w+ title="(src\/[^"]+)"\n([\s\S]*?)^```$/gm)];
  expect(blocks.map(([, name = ""]) => name).sort()).toEqual(
    filesOf(template).filter((file) => file.startsWith("src/")),
  );
  for (const [, name = "", text] of blocks) expect(text).toBe(readFileSync(join(template, name), "utf8"));
});

/** Runs the command in the parent of the new folder. */
function command(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const main = join(root, "packages/create-symbolon/src/main.ts");
  const tsx = import.meta.resolve("tsx");
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", tsx, main, ...args], { cwd: parent }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}
