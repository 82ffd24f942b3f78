// Breaks one module on its way into a thread.

/** @type {import("../mutants/mutants.ts").Mutant} */
let mutant;

/** Node calls this with what was registered. */
export function initialize(data) {
  mutant = data;
}

/** Node calls this for every module. */
export async function load(url, context, next) {
  const loaded = await next(url, context);
  const patches = [mutant, ...(mutant.also ?? [])].filter(({ file }) =>
    url.split("?")[0].endsWith(`/packages/${file}`),
  );
  if (patches.length === 0) return loaded;
  return { ...loaded, source: patches.reduce(patched, String(loaded.source)) };
}

function patched(source, { file, find, replace }) {
  const pieces = source.split(find);
  if (pieces.length === 2) return pieces.join(replace);
  throw new Error(
    `mutant "${mutant.name}": what it breaks is ${pieces.length - 1} times in ${file}, not once: ${find}`,
  );
}
