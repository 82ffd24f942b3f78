import { type FileHandle, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type FileStore, fileStore } from "../../../src/store/file/file-store.ts";
import { temporaryDirectory } from "./directories.ts";
import { beginning, bringing, resumed } from "../store-conformance.ts";

const keep = { messages: 2, ms: 100_000 };
const line = (data: string) => ({ name: "line", data, at: 0 });
const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
const broken = Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });

type Write = (
  this: FileHandle,
  bytes: Uint8Array,
  at: number,
  length: number,
  position: number,
) => Promise<unknown>;

/** The methods of every open file; a write is told where. */
async function files(): Promise<Omit<FileHandle, "write"> & { write: Write }> {
  const handle = await open("/dev/null");
  await handle.close();
  onTestFinished(() => void vi.restoreAllMocks());
  return Object.getPrototypeOf(handle) as FileHandle & { write: Write };
}

async function used(sync: "os" | "disk" = "os") {
  const directory = await temporaryDirectory();
  const store = await fileStore({ directory, sync });
  onTestFinished(() => store.close());
  const claim = await store.sessions.create(beginning);
  await store.rooms.append("r", line("a"), keep);
  return { directory, store, claim };
}

/** What another process would find in the directory once this one has ended. */
async function found(store: FileStore, directory: string): Promise<FileStore> {
  await store.close();
  const again = await fileStore({ directory });
  onTestFinished(() => again.close());
  return again;
}

test("when the disk is full the calls reject, nothing of them is kept, and they may be made again", async () => {
  const { directory, store, claim } = await used();
  const heard: unknown[] = [];
  store.rooms.subscribe("r", ({ data }) => heard.push(data));
  const before = await readFile(join(directory, "journal"));
  const methods = await files();
  const { write } = methods;
  vi.spyOn(methods, "write").mockImplementationOnce(async function (this: FileHandle, bytes) {
    await write.call(this, bytes, 0, 20, before.length);
    throw full;
  });
  const record = {
    outgoing: [{ sequence: 1, data: "m" }],
    roomMessages: [{ room: "r", message: line("b"), keep }],
  };
  const commit = store.sessions.commit(claim, record);
  const append = store.rooms.append("r", line("c"), keep);
  const attach = store.sessions.attach(bringing(claim));
  const results = await Promise.allSettled([commit, append, attach]);
  for (const result of results)
    expect(result).toMatchObject({
      status: "rejected",
      reason: {
        message: expect.stringMatching(/journal cannot be written.*ENOSPC.*changed nothing/),
        cause: full,
      },
    });
  expect(await readFile(join(directory, "journal"))).toEqual(before);
  expect(heard).toEqual([]);
  expect(await store.sessions.list()).toMatchObject([{ claim, bytes: 0 }]);

  expect(await store.sessions.commit(claim, record)).toEqual([{ offset: 2, previous: 1 }]);
  expect(heard).toEqual(["b"]);
  const again = await found(store, directory);
  expect(again.report).toEqual({ history: "kept", droppedBytes: 0 });
  expect(resumed(await again.sessions.attach(bringing(claim))).state.unacknowledged).toEqual(record.outgoing);
});

test("what was decided while a write failed rejects with it, and is decided anew", async () => {
  const { store, claim } = await used();
  const methods = await files();
  let meanwhile: unknown;
  vi.spyOn(methods, "write").mockImplementationOnce(async () => {
    meanwhile = store.sessions.commit(claim, { outgoing: [{ sequence: 2, data: "second" }] });
    throw full;
  });
  await expect(store.sessions.commit(claim, { outgoing: [{ sequence: 1, data: "first" }] })).rejects.toThrow(
    "ENOSPC",
  );
  await expect(meanwhile).rejects.toThrow("ENOSPC");
  const anew = async () => store.sessions.commit(claim, { outgoing: [{ sequence: 2, data: "second" }] });
  await expect(anew()).rejects.toThrow(RangeError);
});

test("a write that the disk did not confirm is not believed", async () => {
  const { directory, store, claim } = await used("disk");
  const methods = await files();
  vi.spyOn(methods, "datasync").mockRejectedValueOnce(broken);
  await expect(store.sessions.remove(claim)).rejects.toThrow("EIO");
  const again = await found(store, directory);
  expect(await again.sessions.list()).toMatchObject([{ claim }]);
});

test("what could not be cut off is cut off before the next write", async () => {
  const { directory, store, claim } = await used();
  const before = await readFile(join(directory, "journal"));
  const methods = await files();
  const { write } = methods;
  vi.spyOn(methods, "write").mockImplementationOnce(async function (this: FileHandle, bytes) {
    await write.call(this, bytes, 0, bytes.length, before.length);
    throw full;
  });
  vi.spyOn(methods, "truncate").mockRejectedValueOnce(broken).mockRejectedValueOnce(broken);
  const note = "x".repeat(500);
  await expect(store.sessions.commit(claim, { note })).rejects.toThrow("ENOSPC");
  await expect(store.sessions.detach(claim, 1)).rejects.toThrow("EIO");
  expect(await store.sessions.detach(claim, 2)).toBe(true);
  const again = await found(store, directory);
  expect(again.report.droppedBytes).toBe(0);
  expect(await again.sessions.list()).toMatchObject([{ detachedAt: 2 }]);
  expect(resumed(await again.sessions.attach(bringing(claim))).state.note).toBeUndefined();
});

test("a system that takes less than it is given is given the rest", async () => {
  const { directory, store, claim } = await used();
  const methods = await files();
  const { write } = methods;
  const few = vi.spyOn(methods, "write").mockImplementation(function (
    this: FileHandle,
    bytes,
    at,
    length,
    position,
  ) {
    return write.call(this, bytes, at, Math.min(length, 50), position);
  });
  await store.sessions.commit(claim, { note: "n".repeat(200) });
  few.mockRestore();
  const again = await found(store, directory);
  expect(resumed(await again.sessions.attach(bringing(claim))).state.note).toBe("n".repeat(200));
});

test("a directory in which nothing can be written has no store, and no lock", async () => {
  const directory = await temporaryDirectory();
  vi.spyOn(await files(), "write").mockRejectedValueOnce(full);
  await expect(fileStore({ directory })).rejects.toThrow("ENOSPC");
  expect(await readdir(directory)).toEqual([]);
});

/** Says so much that the file has to be made smaller at least once. */
async function fill({ rooms }: FileStore): Promise<void> {
  for (let round = 0; round < 5; round += 1)
    await Promise.all(
      Array.from({ length: 8 }, async () => rooms.append("r", line("x".repeat(1_000_000)), keep)),
    );
}

test("the file is made smaller when most of it is of no use any more", async () => {
  const { directory, store, claim } = await used();
  await fill(store);
  expect((await readFile(join(directory, "journal"))).length).toBeLessThan(25_000_000);
  expect(await readdir(directory)).toEqual(["journal", "lock"]);
  const position = await store.rooms.position("r");
  const again = await found(store, directory);
  expect(position.offset).toBe(41);
  expect(await again.rooms.position("r")).toEqual(position);
  expect(await again.sessions.list()).toMatchObject([{ claim }]);
});

test("a file that cannot be made smaller grows on, and that is told", async () => {
  const directory = await temporaryDirectory();
  const told: Error[] = [];
  const onError = (error: Error): void => {
    told.push(error);
    throw error; // its own mistake, and nobody else's
  };
  const store = await fileStore({ directory, onError });
  onTestFinished(() => store.close());
  const methods = await files();
  vi.spyOn(methods, "datasync").mockRejectedValueOnce(broken);
  await fill(store);
  expect(told.map(({ message }) => message)).toEqual([expect.stringMatching(/cannot be made smaller.*EIO/)]);
  expect(await store.rooms.append("r", line("last"), keep)).toEqual({ offset: 41, previous: 40 });
  expect(await readdir(directory)).toEqual(["journal", "lock"]);
  const again = await found(store, directory);
  expect((await again.rooms.read("r", undefined, 9)).offset).toBe(41);
});

test("when nobody knows which of two files the disk has, nothing more is taken, and the newer one is found", async () => {
  const { directory, store } = await unclosed();
  vi.spyOn(await files(), "sync").mockRejectedValueOnce(broken);
  await expect(fill(store)).rejects.toThrow("EIO");
  const { offset } = await store.rooms.position("r");
  await expect(store.rooms.append("r", line("late"), keep)).rejects.toThrow("EIO");
  await expect(store.close()).rejects.toThrow("EIO");
  const again = await fileStore({ directory });
  onTestFinished(() => again.close());
  expect(await again.rooms.position("r")).toMatchObject({ offset });
});

test("a store that cannot be closed in order is let go of, and has what was settled", async () => {
  const { directory, store } = await unclosed();
  await store.rooms.append("r", line("a"), keep);
  vi.spyOn(await files(), "write").mockRejectedValueOnce(full);
  await expect(store.close()).rejects.toThrow(/journal cannot be written: .*ENOSPC.*settled is in the file/);
  const again = await fileStore({ directory });
  onTestFinished(() => again.close());
  expect(again.report.history).toBe("kept");
  expect(await again.rooms.position("r")).toMatchObject({ offset: 1 });
});

/** A store that the test closes itself. */
async function unclosed() {
  const directory = await temporaryDirectory();
  return { directory, store: await fileStore({ directory }) };
}
