/** Refuses two exported declarations of one name: a reader of an import must know which of them it is. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const packages = fileURLToPath(new URL("../packages", import.meta.url));

const declaration =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:class|interface|type|enum|function\*?|const) (\w+)/gm;

/** The files that export a declaration of each name. */
function exportedNames(): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  const sources = readdirSync(packages, { recursive: true, encoding: "utf8" }).filter((file) =>
    /^\w[\w-]*\/src\/.*\.tsx?$/.test(file),
  );
  for (const file of sources)
    for (const [, name = ""] of readFileSync(join(packages, file), "utf8").matchAll(declaration))
      names.set(name, (names.get(name) ?? new Set()).add(file));
  return names;
}

test("each exported name is declared in one file", () => {
  const names = exportedNames();
  expect(names.size).toBeGreaterThan(200);
  const declaredTwice = [...names].filter(([, files]) => files.size > 1);
  expect(declaredTwice.map(([name, files]) => `${name}: ${[...files].join(", ")}`)).toEqual([]);
});
