// Breaks one module on its way into a thread.

/** @type {{ name: string, file: string, find: string, replace: string }} */
let mutant;

/** Node calls this with what was registered. */
export function initialize(data) {
  mutant = data;
}

/** Node calls this for every module. */
export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!url.split("?")[0].endsWith(`/packages/${mutant.file}`)) return loaded;
  const pieces = String(loaded.source).split(mutant.find);
  if (pieces.length !== 2)
    throw new Error(
      `mutant "${mutant.name}": its place is ${pieces.length - 1} times in ${mutant.file}, not once`,
    );
  return { ...loaded, source: pieces.join(mutant.replace) };
}
