import type { Store } from "./store.ts";
import { newEpoch, Tables } from "./tables.ts";

/** Options of a store in memory. */
export interface MemoryStoreOptions {
  /** What it holds at most, in characters and bytes, roughly. Default: as much as it is given. */
  readonly bytes?: number;
}

/** A store in memory: every call is answered at once, and everything ends with the process. */
export function memoryStore({ bytes: size }: MemoryStoreOptions = {}): Store {
  const epoch = newEpoch();
  const tables = new Tables(
    epoch,
    ({ update: change, result: answer }) => {
      if (change !== undefined) tables.apply(change);
      return answer();
    },
    size,
  );
  return { epoch, sessions: tables.sessions, rooms: tables.rooms };
}
