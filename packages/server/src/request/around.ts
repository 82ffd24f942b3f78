import type { BaseContext } from "./context.ts";

type Surround = <Value>(context: BaseContext, run: () => Value) => Value;

let surround: Surround = (_context, run) => run();

/** Runs what serves one request: hooks, handlers and endings. */
export function runInContext<Value>(context: BaseContext, run: () => Value): Value {
  return surround(context, run);
}

/** Has everything that serves a request run inside `next`; until then it runs by itself, at no cost. */
export function setContextRunner(next: Surround): void {
  surround = next;
}
