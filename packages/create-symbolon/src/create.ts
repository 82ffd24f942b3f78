import { cpSync, existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const packageFolder = new URL("../", import.meta.url);

interface Manifest {
  name: string;
  version: string;
  readonly dependencies?: Record<string, string>;
}

/**
 * Writes the app to a folder, which is made if it does not exist.
 * @param folder An absolute path.
 * @throws Error when the path is a file, or a folder that is not empty.
 */
export function createProject(folder: string): void {
  checkEmpty(folder);
  cpSync(fileURLToPath(new URL("template", packageFolder)), folder, { recursive: true });
  renameSync(join(folder, "gitignore"), join(folder, ".gitignore")); // npm publishes no `.gitignore`
  const manifest = join(folder, "package.json");
  const { version } = readManifest(fileURLToPath(new URL("package.json", packageFolder)));
  const { dependencies, ...rest } = readManifest(manifest);
  const ours = Object.entries(dependencies ?? {}).map(([name, range]) => [
    name,
    name.startsWith("@symbolon/") ? `^${version}` : range, // all packages of symbolon have one version
  ]);
  const result = { ...rest, name: packageName(folder), dependencies: Object.fromEntries(ours) };
  writeFileSync(manifest, `${JSON.stringify(result, null, 2)}\n`);
}

/** A folder that has nothing but a repository is empty. */
function checkEmpty(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is a file: name another folder`);
  const [file] = readdirSync(folder).filter((name) => name !== ".git");
  if (file !== undefined)
    throw new Error(`${folder} is not empty, it has ${file}: name a new folder, or an empty one`);
}

/** The name that a package in this folder has: npm allows no capitals and few other characters. */
function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return name || "symbolon-app";
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}
