/** A call of a function. */
export interface Call {
  readonly file: string;
  /** The function's name, then the names of what it is declared in, the nearest first. */
  readonly names: readonly string[];
  /** The call during which it was made; undefined when no traced function made it. */
  readonly caller: Call | undefined;
}

/** Records the calls of all functions of the packages, in order, as the plugin of this test project reports them. */
export class Trace {
  readonly calls: Call[] = [];
  #running: Call[] = [];

  enter(file: string, names: readonly string[]): Call {
    const call = { file, names, caller: this.#running.at(-1) };
    this.calls.push(call);
    this.#running.push(call);
    return call;
  }

  leave(call: Call | undefined): void {
    const index = call === undefined ? -1 : this.#running.lastIndexOf(call);
    if (index >= 0) this.#running.length = index;
  }

  pause(call: Call | undefined): void {
    this.leave(call);
  }

  resume(call: Call | undefined): void {
    if (call !== undefined) this.#running.push(call);
  }
}

declare global {
  /** The trace that calls are reported to. */
  var trace: Trace | undefined;
}

/** Runs `work`, and returns the calls that were made meanwhile. */
export async function traceCalls(work: () => Promise<void>): Promise<readonly Call[]> {
  const trace = new Trace();
  globalThis.trace = trace;
  try {
    await work();
  } finally {
    globalThis.trace = undefined;
  }
  return trace.calls;
}
