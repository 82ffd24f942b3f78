/** Holds the sources to ARCHITECTURE.md: what exists, who may import whom, and what no room may touch. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
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
const vendored = "../vendor/";

const timerRooms: readonly string[] = ["client/alarm.ts", "server/clock.ts"];

/** What @symbolon/protocol must be handed instead: time, chance and platform are arguments there. */
const foreignToProtocol =
  /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bWebSocket\b|\b(?:performance|crypto|process|window|document)\./g;

describe.each(packages)("packages/%s/src", (name) => {
  const rows = listedModules(name);
  const files = modulesOf(name);

  test("every module is a row of ARCHITECTURE.md, and every row a module", () => {
    expect([...rows].sort()).toEqual(files);
  });

  test("a module is listed once", () => {
    expect(rows).toEqual([...new Set(rows)]);
  });

  test("modules import only from rows below their own", () => {
    const upward = files.flatMap((file) =>
      ownImports(name, file)
        .filter((target) => rows.indexOf(target) <= rows.indexOf(file))
        .map((target) => `${file} imports ${target}`),
    );
    expect(upward).toEqual([]);
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

  test("timers live in the client's alarm.ts and the server's clock.ts alone", () => {
    const elsewhere = files
      .filter((file) => !timerRooms.includes(`${name}/${file}`))
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

test("msgpackr is loaded by the entry msgpack.ts alone, and that by no other module", () => {
  const loading = packages.flatMap((name) =>
    modulesOf(name)
      .filter((file) => imports(name, file).some((id) => /\bmsgpackr\b|\/msgpack(?:\.ts)?$/.test(id)))
      .map((file) => `${name}/${file}`),
  );
  expect(loading).toEqual(["protocol/msgpack.ts"]);
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

/** The names in the table under a heading that names this package's sources. */
function listedModules(name: PackageName): string[] {
  const path = join(root, "ARCHITECTURE.md");
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  const heading = lines.findIndex((line) => /^#+\s/.test(line) && line.includes(`packages/${name}/src`));
  if (heading < 0) return [];
  const section = lines.slice(heading + 1);
  const end = section.findIndex((line) => /^#+\s/.test(line));
  return section.slice(0, end < 0 ? undefined : end).flatMap((line) => {
    const row = /^\|\s*`([^`]+\.tsx?)`/.exec(line);
    return row?.[1] ? [row[1]] : [];
  });
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
    .filter((id) => id.startsWith(".") && !id.startsWith(vendored))
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
