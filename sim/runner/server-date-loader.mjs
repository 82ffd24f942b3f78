// Gives the server's modules a `Date` of their own: it is the wall clock of their machine, which jumps by itself.

/** Node calls this for every module. */
export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!url.includes("/packages/server/src/")) return loaded;
  return { ...loaded, source: `const Date = globalThis.ServerDate; ${String(loaded.source)}` };
}
