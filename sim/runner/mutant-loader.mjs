// A module loader that applies the patches of one mutant.

/** @type {import("../mutants/mutant.ts").Mutant} */
let mutant;

/** Node calls this function with the data of `register`. */
export function initialize(data) {
  mutant = data;
}

/** Node calls this function for every module. */
export async function load(url, context, next) {
  const loaded = await next(url, context);
  const patches = [mutant, ...(mutant.also ?? [])].filter(({ file }) =>
    url.split("?")[0].endsWith(`/packages/${file}`),
  );
  if (patches.length === 0) return loaded;
  return { ...loaded, source: patches.reduce(applyPatch, String(loaded.source)) };
}

function applyPatch(source, { file, find, replace }) {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(
    `mutant "${mutant.name}": ${file} must contain this text once, but contains it ${parts.length - 1} times: ${find}`,
  );
}
