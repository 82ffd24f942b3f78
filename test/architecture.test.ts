/** Checks the sources against ARCHITECTURE.md: the folders that exist, the imports of each, and the globals that none may use. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const packages = ["protocol", "server", "client"] as const;
/** The packages beside those: two stores, and documents. */
const otherPackages = ["redis", "postgres", "docs"] as const;
type MainPackage = (typeof packages)[number];
type PackageName = MainPackage | (typeof otherPackages)[number];

/** The packages of this repository that each package may import. */
const allowedSiblings: Record<MainPackage, readonly string[]> = {
  protocol: [],
  server: ["@symbolon/protocol"],
  client: ["@symbolon/protocol"],
};

/** Imports of a library that `npm ci` builds from its published source. */
const vendored = /^(?:\.\.\/)+vendor\//;

/** The only modules that may use timers. */
const timerModules: readonly string[] = ["client/connection/timer.ts", "server/timing/clock.ts"];

/** The maximum number of source files in one folder. */
const maxFilesPerFolder = 15;

/** The most lines of ARCHITECTURE.md: three screens. */
const maxLines = 185;

/** The most folders in packages/server/src, and the most modules beside them. */
const serverBounds = { folders: 12, modules: 2 };

/** Time, chance and platform: @symbolon/protocol gets them as arguments, and may not use them by these names. */
const forbiddenInProtocol =
  /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bWebSocket\b|\b(?:performance|crypto|process|window|document)\./g;

describe.each(packages)("packages/%s/src", (name) => {
  const rows = listedFolders(name);
  const files = modulesOf(name);
  const folders = [...new Set(files.map(folderOf))].sort();
  const allowed = new Map(rows.map(({ folder, imports }) => [folder, imports]));

  test("ARCHITECTURE.md has one row for each folder, and for each module beside the folders", () => {
    expect(rows.map(({ folder }) => folder).sort()).toEqual(folders);
  });

  test("a folder imports only what its row lists", () => {
    const unlisted = files.flatMap((file) =>
      ownImports(name, file)
        .filter((target) => folderOf(target) !== folderOf(file))
        .filter((target) => !allowed.get(folderOf(file))?.includes(folderOf(target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(unlisted).toEqual([]);
  });

  test("a row lists only what the folder imports", () => {
    const used = new Set(
      files.flatMap((file) =>
        ownImports(name, file).map((target) => `${folderOf(file)} → ${folderOf(target)}`),
      ),
    );
    const unused = rows.flatMap(({ folder, imports }) =>
      imports.map((target) => `${folder} → ${target}`).filter((edge) => !used.has(edge)),
    );
    expect(unused).toEqual([]);
  });

  test("no folders import each other in a cycle, types included", () => {
    expect(findCycle(allowed)).toEqual([]);
  });

  test(`a folder has at most ${maxFilesPerFolder} files`, () => {
    const folderOfEachFile = files.map((file) => dirname(file));
    const tooLarge = [...new Set(folderOfEachFile)].filter(
      (folder) => folderOfEachFile.filter((other) => other === folder).length > maxFilesPerFolder,
    );
    expect(tooLarge).toEqual([]);
  });

  test("each relative import names a module of this package", () => {
    const broken = files.flatMap((file) =>
      ownImports(name, file)
        .filter((target) => !files.includes(target))
        .map((target) => `${file} imports ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test("no modules import each other in a cycle, types included", () => {
    expect(findCycle(new Map(files.map((file) => [file, ownImports(name, file)])))).toEqual([]);
  });

  test("each imported package is a declared dependency, and the only sibling among them is @symbolon/protocol", () => {
    const declared = declaredDependencies(name);
    expect(declared.filter((id) => id.startsWith("@symbolon/"))).toEqual(allowedSiblings[name]);
    const undeclared = files.flatMap((file) =>
      imports(name, file)
        .filter((id) => !/^[.#]/.test(id) && !(name === "server" && id.startsWith("node:")))
        .filter((id) => !declared.includes(packageOf(id)))
        .map((id) => `${file} imports ${id}`),
    );
    expect(undeclared).toEqual([]);
  });

  test("only the client's timer.ts and the server's clock.ts use timers", () => {
    const others = files
      .filter((file) => !timerModules.includes(`${name}/${file}`))
      .filter((file) => /\bset(?:Timeout|Interval)\b/.test(code(name, file)));
    expect(others).toEqual([]);
  });
});

test.each(otherPackages)("no modules of packages/%s/src import each other in a cycle", (name) => {
  const modules = modulesOf(name).map((file) => [file, ownImports(name, file)] as const);
  expect(modules.length).toBeGreaterThan(10);
  expect(findCycle(new Map(modules))).toEqual([]);
});

test("@symbolon/protocol uses no clock, no random numbers and no platform", () => {
  const found = modulesOf("protocol").flatMap((file) =>
    [...code("protocol", file).matchAll(forbiddenInProtocol)].map((match) => `${file}: ${match[0]}`),
  );
  expect(found).toEqual([]);
});

test("only msgpack.ts imports msgpackr, and no other module imports msgpack.ts", () => {
  const importing = packages.flatMap((name) =>
    modulesOf(name)
      .filter((file) => imports(name, file).some((id) => /\bmsgpackr\b|\/msgpack(?:\.ts)?$/.test(id)))
      .map((file) => `${name}/${file}`),
  );
  expect(importing).toEqual(["protocol/frames/msgpack.ts"]);
});

test(`ARCHITECTURE.md has at most ${maxLines} lines`, () => {
  expect(readFileSync(join(root, "ARCHITECTURE.md"), "utf8").split("\n").length - 1).toBeLessThanOrEqual(
    maxLines,
  );
});

test("each file that ARCHITECTURE.md names exists", () => {
  const named = readFileSync(join(root, "ARCHITECTURE.md"), "utf8").matchAll(
    /`((?:protocol|server|client)\/[\w/-]+\.tsx?|test\/[\w.-]+)`/g,
  );
  const missing = Array.from(named, ([, file = ""]) =>
    file.startsWith("test/") ? file : join("packages", file.replace("/", "/src/")),
  ).filter((file) => !existsSync(join(root, file)));
  expect(missing).toEqual([]);
});

test("packages/server/src has about a dozen folders and two modules", () => {
  const entries = readdirSync(join(root, "packages/server/src"), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory());
  expect(folders.length).toBeLessThanOrEqual(serverBounds.folders);
  expect(entries.length - folders.length).toBeLessThanOrEqual(serverBounds.modules);
});

describe("the parser of imports", () => {
  test("finds each form of import", () => {
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

  test("finds a cycle", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["b"]],
    ]);
    expect(findCycle(graph)).toEqual(["b", "c", "b"]);
  });
});

/** A folder, or a module beside the folders, and what ARCHITECTURE.md allows it to import. */
interface FolderRow {
  readonly folder: string;
  readonly imports: readonly string[];
}

/** The rows of the table under the heading that names this package's sources. */
function listedFolders(name: PackageName): FolderRow[] {
  const lines = readFileSync(join(root, "ARCHITECTURE.md"), "utf8").split("\n");
  const heading = lines.findIndex((line) => /^#+\s/.test(line) && line.includes(`packages/${name}/src`));
  if (heading < 0) return [];
  const section = lines.slice(heading + 1);
  const end = section.findIndex((line) => /^#+\s/.test(line));
  return section.slice(0, end < 0 ? undefined : end).flatMap((line) => {
    const [, folder, imports = ""] = /^\|\s*`([^`]+)`\s*\|[^|]*\|([^|]*)\|/.exec(line) ?? [];
    return folder
      ? [{ folder, imports: Array.from(imports.matchAll(/`([^`]+)`/g), ([, one = ""]) => one) }]
      : [];
  });
}

/** The folder of a module; a module beside the folders counts as a folder. */
function folderOf(file: string): string {
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

/** The code of a module without comments and without the contents of strings. */
function code(name: PackageName, file: string): string {
  return withoutComments(source(name, file)).replaceAll(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.)*`/g, '""');
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

/** The first cycle found, from a module back to itself; empty if there is no cycle. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] {
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
