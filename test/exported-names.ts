import { readFileSync } from "node:fs";
import { expect } from "vitest";

/** The names that an entry exports, types too: it has nothing but `export { … } from …`. */
export function exportedNames(entry: URL): { readonly values: string[]; readonly types: string[] } {
  const source = readFileSync(entry, "utf8");
  const statement = /export (type )?\{([^}]*)\} from "[^"]+";\n/g;
  expect(source.replaceAll(statement, "")).toBe("");
  const names = { values: [] as string[], types: [] as string[] };
  for (const [, isType, list = ""] of source.matchAll(statement))
    names[isType === undefined ? "values" : "types"].push(...list.match(/\w+/g)!);
  return { values: names.values.sort(), types: names.types.sort() };
}
