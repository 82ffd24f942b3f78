/** Random lives of stores, beside a model that keeps everything. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type FileStore, fileStore } from "../../src/store/file/file-store.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import { temporaryDirectory } from "./file/directories.ts";
import { operation, Pair } from "./store-pair.ts";

const journal = (directory: string): Promise<Buffer> => readFile(join(directory, "journal"));

test("a store in memory does what the model does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
      const pair = new Pair(memoryStore());
      for (const operation of operations) {
        const { store, model } = await pair.do(operation);
        expect(store).toEqual(model);
      }
      for (const { store, model } of await pair.all()) expect(store).toEqual(model);
    }),
    { numRuns: 300 },
  );
});

test("a store in files does what the model does, wherever it is closed or droppedBytes off", async () => {
  const root = await temporaryDirectory();
  let count = 0;
  const life = fc.record({
    operations: fc.array(operation, { maxLength: 25 }),
    last: operation,
    droppedBytes: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
      let directory = join(root, String((count += 1)));
      let store: FileStore = await fileStore({ directory });
      const pair = new Pair(store);
      for (const { operations, last, droppedBytes } of lives) {
        for (const operation of operations) {
          const { store, model } = await pair.do(operation);
          expect(store).toEqual(model);
        }
        const before = { model: pair.model.copy(), length: (await journal(directory)).length };
        await pair.do(last);
        const written = await journal(directory);
        const most = written.length - before.length;
        const kept = Math.floor(droppedBytes * most);
        // The process dies while it writes the last record: of that, so many bytes are there.
        const next = join(root, String((count += 1)));
        await mkdir(next);
        await writeFile(join(next, "journal"), written.subarray(0, before.length + kept));
        if (kept < most) pair.model = before.model;
        await store.close();
        directory = next;
        pair.store = store = await fileStore({ directory });
        expect(store.report).toEqual({ history: "kept", droppedBytes: kept < most ? kept : 0 });
        for (const { store, model } of await pair.all()) expect(store).toEqual(model);
      }
      await store.close();
    }),
    { numRuns: 60 },
  );
}, 60_000);
