import { accessSync, constants, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** Where Debian has the programs of each version. */
const debianFolder = "/usr/lib/postgresql";

/**
 * The folder with the programs of PostgreSQL: that of POSTGRES_PATH, the one that `postgres` on PATH is in, or the newest of Debian;
 * undefined when it is not there.
 */
export function findPostgres(): string | undefined {
  const chosen = process.env["POSTGRES_PATH"];
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return [...(chosen ? [chosen] : folders), ...debianFolders()].map(folderOf).find((folder) => folder !== "");
}

function debianFolders(): readonly string[] {
  try {
    const versions = readdirSync(debianFolder).sort((one, other) => Number(other) - Number(one));
    return versions.map((version) => join(debianFolder, version, "bin"));
  } catch {
    return [];
  }
}

/** The folder in which `postgres` and `initdb` really are; empty when they are not in this one. */
function folderOf(folder: string): string {
  try {
    const real = dirname(realpathSync(join(folder, "postgres")));
    for (const name of ["postgres", "initdb"]) accessSync(join(real, name), constants.X_OK);
    return real;
  } catch {
    return "";
  }
}
