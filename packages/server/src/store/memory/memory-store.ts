import type { Store } from "../store.ts";
import { newEpoch, newProofKey, Tables } from "./tables.ts";

/** Options of `memoryStore`. */
export interface MemoryStoreOptions {
  /**
   * The most that the store holds, in bytes, estimated: a text counts one byte for each UTF-16 code unit. A full store
   * throws where it would grow.
   *
   * @default Infinity
   */
  readonly bytes?: number;
  /**
   * The clock by which sessions end, in ms since 1970. Several apps that share the store share it.
   *
   * @default the system's clock as it was at the call, which only goes forward from then on
   */
  readonly now?: () => number;
}

/**
 * A store in memory. Every call returns a value and no promise. The data end with the process.
 *
 * @throws RangeError when `bytes` is not a number from 0.
 * @example
 * const app = createApp({ store: memoryStore({ bytes: 64 * 1024 * 1024 }) });
 */
export function memoryStore({ bytes = Infinity, now }: MemoryStoreOptions = {}): Store {
  if (!(bytes >= 0)) throw new RangeError(`memoryStore: \`bytes\` must be a number from 0, not ${bytes}`);
  const tables = new Tables(
    newEpoch(),
    ({ update, result }) => {
      if (update !== undefined) tables.apply(update);
      return result();
    },
    { maxBytes: bytes, now },
  );
  const { sessions, rooms, tickets } = tables;
  const proofKey = newProofKey();
  return { proofKey: () => proofKey, sessions, rooms, tickets };
}
