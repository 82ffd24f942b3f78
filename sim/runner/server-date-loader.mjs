// A module loader that gives the server's modules a `Date` of their own. The server's wall clock can jump while the
// client's does not.

/** Node calls this function for every module. */
export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!url.includes("/packages/server/src/")) return loaded;
  return { ...loaded, source: `const Date = globalThis.ServerDate; ${String(loaded.source)}` };
}
