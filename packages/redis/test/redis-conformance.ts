import { testHandover } from "../../server/test/store/handover-conformance.ts";
import { testPresence } from "../../server/test/store/presence-conformance.ts";
import { testSharedStore } from "../../server/test/store/shared-store-conformance.ts";
import { testStore } from "../../server/test/store/store-conformance.ts";
import type { RedisStore } from "../src/index.ts";

/** Opens a store with a client of one kind. */
export type OpenStore = (prefix: string) => RedisStore;

let prefixes = 0;

/** A prefix that no store has had. */
export function newPrefix(): string {
  prefixes += 1;
  return `test-${prefixes}`;
}

/** Tests the stores that `open` opens, on a Redis that `erase` empties. */
export function testRedisStore(name: string, open: OpenStore, erase: () => Promise<void>): void {
  testStore(name, () => open(newPrefix()));
  for (const testData of [testSharedStore, testPresence])
    testData(name, () => {
      const prefix = newPrefix();
      return { open: () => open(prefix), lose: () => open(prefix) };
    });
  testHandover(name, () => {
    const prefix = newPrefix();
    return {
      open: () => open(prefix),
      lose: async () => {
        await erase();
        return open(prefix);
      },
    };
  });
}
