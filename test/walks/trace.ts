/** A function of a package. */
interface TracedFunction {
  /** As `server/node/upgrade.ts`. */
  readonly file: string;
  /** Its name, then the names of what it is declared in, the nearest first. */
  readonly names: readonly string[];
  /** Whether it is one call: it passes on what it gets. */
  readonly forwards: boolean;
}

/** A call of a function, or one that goes on after an `await`. */
export interface Call extends TracedFunction {
  /** The call during which it was made; undefined when no function of a package made it, or when it goes on. */
  readonly caller: Call | undefined;
  /** Whether it goes on. */
  readonly resumed: boolean;
}

/** The function that is called, as its instrumented code keeps it. */
interface Running {
  readonly traced: TracedFunction;
  call: Call;
}

/** Records the calls of all functions of the packages, in order, as the plugin of this test project has them reported. */
class Trace {
  readonly calls: Call[] = [];
  readonly #running: Call[] = [];

  /** A function is called. */
  enter(traced: TracedFunction): Running {
    return { traced, call: this.#add({ ...traced, caller: this.#running.at(-1), resumed: false }) };
  }

  /** It has returned. */
  leave({ call }: Running): void {
    const index = this.#running.lastIndexOf(call);
    if (index >= 0) this.#running.length = index;
  }

  /** It waits for a promise. */
  pause(running: Running): void {
    this.leave(running);
  }

  /** The promise has settled. */
  resume(running: Running): void {
    running.call = this.#add({ ...running.traced, caller: undefined, resumed: true });
  }

  #add(call: Call): Call {
    this.calls.push(call);
    this.#running.push(call);
    return call;
  }
}

declare global {
  /** The trace to which the functions of the packages report their calls. */
  var trace: Trace | undefined;
}

const trace = new Trace();
globalThis.trace = trace;

/** Runs `work`, and returns the calls that were made meanwhile. */
export async function traceCalls(work: () => Promise<void>): Promise<readonly Call[]> {
  const from = trace.calls.length;
  await work();
  return trace.calls.slice(from);
}
