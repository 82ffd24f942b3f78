/** Lets the bench measure a server: every server of `servers/` calls `serveBench` once it listens. */

/** What a server process measures of itself. */
export interface Measures {
  /** CPU time of the process, in µs. */
  readonly cpu: number;
  /** Memory of the process, in bytes. */
  readonly rss: number;
  /** Bytes in V8's heap and in buffers, after a garbage collection if one was asked for. */
  readonly heap: number;
}

/** A command of the bench: its name, and a number that it needs. */
export interface Command {
  readonly id: number;
  readonly name: string;
  readonly argument?: number;
}

/** The answer to a command. */
export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  /** Why the command has failed. */
  readonly error?: string;
}

/** Commands of one server besides `measure` and `collect`. */
export type Commands = Readonly<Record<string, (argument: number) => unknown>>;

/** Reports the port, and answers the commands of the bench. */
export function serveBench(port: number, commands: Commands = {}): void {
  const all: Commands = {
    measure: () => measure(),
    collect() {
      globalThis.gc?.();
      globalThis.gc?.();
      return measure();
    },
    ...commands,
  };
  process.on("message", (command: Command) => {
    const run = all[command.name];
    const answer = (outcome: Omit<Answer, "id">): void =>
      void process.send?.({ id: command.id, ...outcome } satisfies Answer);
    const result = new Promise((resolve) => resolve(run?.(command.argument ?? 0)));
    result.then(
      (value) => answer({ result: value }),
      (error: unknown) => answer({ error: String(error) }),
    );
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ port });
}

function measure(): Measures {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { cpu: user + system, rss, heap: heapUsed + external };
}
