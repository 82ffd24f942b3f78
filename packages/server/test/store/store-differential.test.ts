/** Compares stores with a model, over random calls. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type FileStore, fileStore } from "../../src/store/file/file-store.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { temporaryDirectory } from "./file/directories.ts";
import { testModel } from "./model-conformance.ts";
import { ModelledStore, storeCall } from "./modelled-store.ts";
import { slow } from "../../../../test/time-limits.ts";

const readJournal = (directory: string): Promise<Buffer> => readFile(join(directory, "journal"));

testModel("a store in memory", () => memoryStore(), 300);

test(
  "a store in files returns what the model returns, after its last record was cut anywhere too",
  slow,
  async () => {
    const root = await temporaryDirectory();
    let count = 0;
    const life = fc.record({
      calls: fc.array(storeCall, { maxLength: 25 }),
      lastCall: storeCall,
      writtenPart: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
        let directory = join(root, String((count += 1)));
        let store: FileStore = await fileStore({ directory });
        const modelled = new ModelledStore(store);
        for (const { calls, lastCall, writtenPart } of lives) {
          for (const call of calls) {
            const { store, model } = await modelled.call(call);
            expect(store).toEqual(model);
          }
          const before = { model: modelled.model.copy(), journal: await readJournal(directory) };
          await modelled.call(lastCall);
          const record = (await readJournal(directory)).subarray(before.journal.length);
          const recordLength = record.length;
          const writtenLength = Math.floor(writtenPart * recordLength);
          // The process ends while it writes the last record: the file has only a part of it, and does not confirm it.
          const next = join(root, String((count += 1)));
          await mkdir(next, { mode: 0o700 });
          const torn = Buffer.concat([before.journal, record.subarray(0, writtenLength)]);
          await writeFile(join(next, "journal"), torn);
          const isCut = writtenLength < recordLength;
          if (isCut) modelled.model = before.model;
          await store.close();
          directory = next;
          modelled.store = store = await fileStore({ directory });
          modelled.model.restart();
          expect(store.report).toEqual({ history: "kept", droppedBytes: isCut ? writtenLength : 0 });
          for (const { store, model } of await modelled.readAll()) expect(store).toEqual(model);
        }
        await store.close();
      }),
      { numRuns: 60 },
    );
  },
);
