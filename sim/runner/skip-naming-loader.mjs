// A module loader that keeps tsx from naming functions. tsx sets the name of each function when it is created, and a
// simulation creates so many that this costs time.

/** The code with which tsx names a function. */
const namingCode = '__name=(target,value)=>__defProp(target,"name",{value,configurable:true})';
/** Replaces that code. It is as long, so source maps still fit. */
const replacement = "__name=(target)=>target".padEnd(namingCode.length);

/** Node calls this function for every module. */
export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!url.split("?")[0].endsWith(".ts")) return loaded;
  const source = String(loaded.source);
  if (source.includes("__name=") && !source.includes(namingCode))
    throw new Error("tsx names functions with other code now: update sim/runner/skip-naming-loader.mjs");
  return { ...loaded, source: source.replace(namingCode, replacement) };
}
