import { fileURLToPath } from "node:url";
import { parseSync, type Plugin } from "vite";
import { functionsOf, type Node } from "./functions.ts";

const packages = fileURLToPath(new URL("../../packages/", import.meta.url));

/**
 * Makes each function in the sources of the packages report its calls to `globalThis.trace`: when it is entered and left,
 * and when it pauses at an `await` and goes on.
 */
export function traceCalls(): Plugin {
  return {
    name: "trace-calls",
    enforce: "pre",
    transform(code, id) {
      const [path = ""] = id.split("?");
      const [, name, file] = /^(\w+)\/src\/(.*\.tsx?)$/.exec(path.slice(packages.length)) ?? [];
      if (!path.startsWith(packages) || file === undefined) return undefined;
      return { code: instrument(code, `${name}/${file}`), map: null };
    },
  };
}

/** Text to put around a part of a module. */
interface Wrap {
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
}

function instrument(code: string, file: string): string {
  const wraps: Wrap[] = [];
  for (const { names, body, forwards, awaits, iterates } of functionsOf(parseSync(file, code).program)) {
    if (iterates) continue; // each of its steps has another caller
    const enter = `const traced = globalThis.trace?.enter(${JSON.stringify({ file, names, forwards })}); try {`;
    const leave = "} finally { globalThis.trace?.leave(traced); }";
    const [start, end] = [body.start + 1, body.end - 1];
    if (body.type === "BlockStatement")
      wraps.push(
        start === end
          ? { start, end, before: enter + leave, after: "" }
          : { start, end, before: enter, after: leave },
      );
    else
      wraps.push({
        start: body.start,
        end: body.end,
        before: `{ ${enter} return (`,
        after: `); ${leave} }`,
      });
    for (const { start, end, argument } of awaits) {
      wraps.push({ start, end, before: "resumeTraced(traced, ", after: ")" });
      const { start: from, end: to } = argument as Node;
      wraps.push({ start: from, end: to, before: "pauseTraced(traced, ", after: ")" });
    }
  }
  const steps = ["pause", "resume"].map(
    (step) => `function ${step}Traced(call, value) { globalThis.trace?.${step}(call); return value; }`,
  );
  return [wrapAll(code, wraps), ...steps].join("\n");
}

/** Wraps parts that may be nested; of two with the same place, the first is outside. */
function wrapAll(code: string, wraps: readonly Wrap[]): string {
  const inserts = wraps.flatMap(({ start, end, before, after }, index) => [
    { at: start, text: before, order: [1, -end, index] },
    { at: end, text: after, order: [0, -start, -index] },
  ]);
  inserts.sort((one, other) => {
    const [a, b] = [
      [one.at, ...one.order],
      [other.at, ...other.order],
    ] as const;
    const first = a.findIndex((value, index) => value !== b[index]);
    return first < 0 ? 0 : (a[first] ?? 0) - (b[first] ?? 0);
  });
  let result = "";
  let from = 0;
  for (const { at, text } of inserts) {
    result += code.slice(from, at) + text;
    from = at;
  }
  return result + code.slice(from);
}
