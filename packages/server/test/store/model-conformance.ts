import * as fc from "fast-check";
import { expect, test } from "vitest";
import { slow } from "../../../../test/time-limits.ts";
import type { Awaitable } from "../../src/store/awaitable.ts";
import type { Store } from "../../src/store/store.ts";
import { ModelledStore, storeCall } from "./modelled-store.ts";

/** Compares a store with the model, over random calls; `create` returns a new, empty one each time. */
export function testModel(name: string, create: () => Awaitable<Store>, numRuns = 100): void {
  test(`${name} returns what the model returns`, slow, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(storeCall, { maxLength: 60 }), async (calls) => {
        const modelled = new ModelledStore(await create());
        for (const call of calls) {
          const { store, model } = await modelled.call(call);
          expect(store).toEqual(model);
        }
        for (const { store, model } of await modelled.readAll()) expect(store).toEqual(model);
        await modelled.store.close?.();
      }),
      { numRuns },
    );
  });
}
