/** Holds the sources to ARCHITECTURE.md: which folders exist, what each may import, and what no folder may use. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const packages = ["protocol", "server", "client"] as const;
type PackageName = (typeof packages)[number];

const siblings: Record<PackageName, readonly string[]> = {
  protocol: [],
  server: ["@symbolon/protocol"],
  client: ["@symbolon/protocol"],
};

/** Where a library is that `npm ci` makes of its own source. */
const vendored = /^(?:\.\.\/)+vendor\//;

/** The modules that may use timers. */
const timerModules: readonly string[] = ["client/connection/timer.ts", "server/timing/clock.ts"];

/** The most source files of one folder. */
const filesPerFolder = 15;

/** What @symbolon/protocol must be handed instead: time, chance and platform are arguments there. */
const foreignToProtocol =
  /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bWebSocket\b|\b(?:performance|crypto|process|window|document)\./g;

describe.each(packages)("packages/%s/src", (name) => {
  const rows = listedRooms(name);
  const files = modulesOf(name);
  const rooms = [...new Set(files.map(roomOf))].sort();
  const allowed = new Map(rows.map(({ room, imports }) => [room, imports]));

  test("every folder, and every module beside them, is one row of ARCHITECTURE.md", () => {
    expect(rows.map(({ room }) => room).sort()).toEqual(rooms);
  });

  test("what a folder may import is listed", () => {
    const unlisted = files.flatMap((file) =>
      ownImports(name, file)
        .filter((target) => roomOf(target) !== roomOf(file))
        .filter((target) => !allowed.get(roomOf(file))?.includes(roomOf(target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(unlisted).toEqual([]);
  });

  test("nothing is listed that is not imported", () => {
    const used = new Set(
      files.flatMap((file) => ownImports(name, file).map((target) => `${roomOf(file)} → ${roomOf(target)}`)),
    );
    const unused = rows.flatMap(({ room, imports }) =>
      imports.map((target) => `${room} → ${target}`).filter((edge) => !used.has(edge)),
    );
    expect(unused).toEqual([]);
  });

  test("no folders import each other in a circle, types included", () => {
    expect(circle(allowed)).toEqual([]);
  });

  test(`a folder has at most ${filesPerFolder} files`, () => {
    const folders = files.map((file) => dirname(file));
    const full = [...new Set(folders)].filter(
      (folder) => folders.filter((one) => one === folder).length > filesPerFolder,
    );
    expect(full).toEqual([]);
  });

  test("every relative import leads to a module of this package", () => {
    const lost = files.flatMap((file) =>
      ownImports(name, file)
        .filter((target) => !files.includes(target))
        .map((target) => `${file} imports ${target}`),
    );
    expect(lost).toEqual([]);
  });

  test("no modules import each other in a circle, types included", () => {
    expect(circle(new Map(files.map((file) => [file, ownImports(name, file)])))).toEqual([]);
  });

  test("packages it imports are its declared dependencies, and of ours only @symbolon/protocol", () => {
    const declared = declaredDependencies(name);
    expect(declared.filter((id) => id.startsWith("@symbolon/"))).toEqual(siblings[name]);
    const undeclared = files.flatMap((file) =>
      imports(name, file)
        .filter((id) => !id.startsWith(".") && !(name === "server" && id.startsWith("node:")))
        .filter((id) => !declared.includes(packageOf(id)))
        .map((id) => `${file} imports ${id}`),
    );
    expect(undeclared).toEqual([]);
  });

  test("only the client's timer.ts and the server's clock.ts use timers", () => {
    const elsewhere = files
      .filter((file) => !timerModules.includes(`${name}/${file}`))
      .filter((file) => /\bset(?:Timeout|Interval)\b/.test(code(name, file)));
    expect(elsewhere).toEqual([]);
  });
});

test("@symbolon/protocol knows no clock, no chance and no platform", () => {
  const found = modulesOf("protocol").flatMap((file) =>
    [...code("protocol", file).matchAll(foreignToProtocol)].map((match) => `${file}: ${match[0]}`),
  );
  expect(found).toEqual([]);
});

test("only the entry msgpack.ts loads msgpackr, and no other module loads that entry", () => {
  const loading = packages.flatMap((name) =>
    modulesOf(name)
      .filter((file) => imports(name, file).some((id) => /\bmsgpackr\b|\/msgpack(?:\.ts)?$/.test(id)))
      .map((file) => `${name}/${file}`),
  );
  expect(loading).toEqual(["protocol/frames/msgpack.ts"]);
});

describe("the reader of imports", () => {
  test("sees every form an import takes", () => {
    const source = [
      'import { a } from "./a.ts";',
      'import type { B } from "./b.ts";',
      'import "./c.ts";',
      'export { d } from "./d.ts";',
      'export type { E } from "./e.ts";',
      'import {\n  f,\n  type G,\n} from "./f.ts";',
      'const h = await import("./h.ts");',
      'type I = import("./i.ts").I;',
      'export * from "./j.ts";',
      'import k from "./k.ts";',
      '// import { l } from "./l.ts";',
      '/** import { m } from "./m.ts"; */',
    ].join("\n");
    expect(
      importsIn(source)
        .map((id) => id.slice(2, 3))
        .join(""),
    ).toBe("abcdefhijk");
  });

  test("finds a circle", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["b"]],
    ]);
    expect(circle(graph)).toEqual(["b", "c", "b"]);
  });
});

/** A folder, or a module beside the folders, and what ARCHITECTURE.md allows it to import. */
interface Room {
  readonly room: string;
  readonly imports: readonly string[];
}

/** The rows of the table under the heading that names this package's sources. */
function listedRooms(name: PackageName): Room[] {
  const lines = readFileSync(join(root, "ARCHITECTURE.md"), "utf8").split("\n");
  const heading = lines.findIndex((line) => /^#+\s/.test(line) && line.includes(`packages/${name}/src`));
  if (heading < 0) return [];
  const section = lines.slice(heading + 1);
  const end = section.findIndex((line) => /^#+\s/.test(line));
  return section.slice(0, end < 0 ? undefined : end).flatMap((line) => {
    const [, room, imports = ""] = /^\|\s*`([^`]+)`\s*\|[^|]*\|([^|]*)\|/.exec(line) ?? [];
    return room ? [{ room, imports: Array.from(imports.matchAll(/`([^`]+)`/g), ([, one = ""]) => one) }] : [];
  });
}

/** The folder of a module; a module beside the folders is a room of its own. */
function roomOf(file: string): string {
  const folder = dirname(file);
  return folder === "." ? file : folder;
}

function modulesOf(name: PackageName): string[] {
  return readdirSync(join(root, "packages", name, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .sort();
}

function declaredDependencies(name: PackageName): string[] {
  const manifest: { dependencies?: Record<string, string>; peerDependencies?: Record<string, string> } =
    JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
  return Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
}

function packageOf(id: string): string {
  return id.split("/", id.startsWith("@") ? 2 : 1).join("/");
}

function source(name: PackageName, file: string): string {
  return readFileSync(join(root, "packages", name, "src", file), "utf8");
}

function imports(name: PackageName, file: string): string[] {
  return importsIn(source(name, file));
}

function ownImports(name: PackageName, file: string): string[] {
  return imports(name, file)
    .filter((id) => id.startsWith(".") && !vendored.test(id))
    .map((id) => normalize(join(dirname(file), id)));
}

function importsIn(text: string): string[] {
  const statements = /^\s*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']/gm;
  const bare = /^\s*import\s*["']([^"']+)["']/gm;
  const dynamic = /\bimport\(\s*["']([^"']+)["']/g;
  const bareText = withoutComments(text);
  return [statements, bare, dynamic]
    .flatMap((pattern) => [...bareText.matchAll(pattern)])
    .sort((one, other) => one.index - other.index)
    .flatMap((match) => match[1] ?? []);
}

/** A module without its comments and without what its strings say. */
function code(name: PackageName, file: string): string {
  return withoutComments(source(name, file)).replaceAll(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.)*`/g, '""');
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

/** The first circle met, from a module back to itself; empty where there is none. */
function circle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const finished = new Set<string>();
  const walk = (node: string, trail: readonly string[]): string[] => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node];
    if (finished.has(node)) return [];
    for (const next of graph.get(node) ?? []) {
      const found = walk(next, [...trail, node]);
      if (found.length > 0) return found;
    }
    finished.add(node);
    return [];
  };
  for (const node of graph.keys()) {
    const found = walk(node, []);
    if (found.length > 0) return found;
  }
  return [];
}
