import type { Clock } from "../timing/clock.ts";

/** How long the end of a connection waits for the streams it broke off, in ms: as long as a contract's for its handlers. */
const patience = 300;

const ends = new WeakMap<object, Set<Promise<void>>>();

/** Notes that a stream of `socket` was broken off and is ending. */
export function addStreamEnd(socket: object, end: Promise<void>): void {
  const all = ends.get(socket) ?? new Set();
  ends.set(socket, all.add(end));
  end.then(
    () => all.delete(end),
    () => {},
  );
}

/** Waits a while for the streams that a socket broke off, so that what they use outlives them. Resolves with what their endings failed with. */
export async function waitForStreamEnds(socket: object, clock: Clock): Promise<unknown[]> {
  const failures: unknown[] = [];
  const all = Array.from(ends.get(socket) ?? [], (end) =>
    end.catch((error: unknown) => failures.push(error)),
  );
  if (all.length > 0) await clock.settled(Promise.all(all), patience);
  return failures;
}
