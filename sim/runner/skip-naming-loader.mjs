// Keeps tsx from naming functions: it does so whenever one is made, and a world makes many.

/** How it does. */
const naming = '__name=(target,value)=>__defProp(target,"name",{value,configurable:true})';
/** What is done instead; it is as long, so that source maps still fit. */
const nothing = "__name=(target)=>target".padEnd(naming.length);

/** Node calls this for every module. */
export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!url.split("?")[0].endsWith(".ts")) return loaded;
  const source = String(loaded.source);
  if (source.includes("__name=") && !source.includes(naming))
    throw new Error("tsx names functions in another way now: mend sim/names.mjs");
  return { ...loaded, source: source.replace(naming, nothing) };
}
