import { type FileHandle, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type FileStore, fileStore } from "../../../src/store/file/file-store.ts";
import { attachRequest, newSession, resumed, retain, roomMessage, watcher } from "../store-fixtures.ts";
import { temporaryDirectory } from "./directories.ts";

const keep = retain(2);
const diskFull = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
const diskFault = Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });

type Write = (
  this: FileHandle,
  bytes: Uint8Array,
  at: number,
  length: number,
  position: number,
) => Promise<unknown>;

/** The methods of every open file, for spies. The one signature of `write` is that which the store uses. */
async function fileMethods(): Promise<Omit<FileHandle, "write"> & { write: Write }> {
  const handle = await open("/dev/null");
  await handle.close();
  onTestFinished(() => void vi.restoreAllMocks());
  return Object.getPrototypeOf(handle) as FileHandle & { write: Write };
}

/** Opens a store in a new directory, with a session and a room. */
async function openFilledStore(sync: "os" | "disk" = "os") {
  const directory = await temporaryDirectory();
  const store = await fileStore({ directory, sync });
  onTestFinished(() => store.close());
  const claim = await store.sessions.create(newSession);
  await store.rooms.append("r", roomMessage("a"), keep);
  return { directory, store, claim };
}

/** Opens a store that the test closes itself. */
async function openUnclosedStore() {
  const directory = await temporaryDirectory();
  return { directory, store: await fileStore({ directory }) };
}

/** Closes a store, and opens its directory again as the next process does. */
async function reopen(store: FileStore, directory: string): Promise<FileStore> {
  await store.close();
  const reopened = await fileStore({ directory });
  onTestFinished(() => reopened.close());
  return reopened;
}

test("when the disk is full calls reject, change nothing, and may be repeated", async () => {
  const { directory, store, claim } = await openFilledStore();
  const received: unknown[] = [];
  store.rooms.watch(
    "r",
    watcher(({ data }) => received.push(data)),
  );
  const before = await readFile(join(directory, "journal"));
  const methods = await fileMethods();
  const { write } = methods;
  vi.spyOn(methods, "write").mockImplementationOnce(async function (this: FileHandle, bytes) {
    await write.call(this, bytes, 0, 20, before.length);
    throw diskFull;
  });
  const record = {
    outgoing: [{ sequence: 1, data: "m" }],
    roomMessages: [{ room: "r", message: roomMessage("b"), keep }],
  };
  const commit = store.sessions.commit(claim, record);
  const append = store.rooms.append("r", roomMessage("c"), keep);
  const attach = store.sessions.attach(attachRequest(claim));
  const results = await Promise.allSettled([commit, append, attach]);
  for (const result of results)
    expect(result).toMatchObject({
      status: "rejected",
      reason: {
        message: expect.stringMatching(/cannot write ".*journal".*ENOSPC.*changed nothing/),
        cause: diskFull,
      },
    });
  expect(await readFile(join(directory, "journal"))).toEqual(before);
  expect(received).toEqual([]);
  expect(await store.sessions.list()).toMatchObject([{ claim, bytes: 0 }]);

  expect(await store.sessions.commit(claim, record)).toBe(true);
  expect(received).toEqual(["b"]);
  const reopened = await reopen(store, directory);
  expect(reopened.report).toEqual({ history: "kept", droppedBytes: 0 });
  expect(resumed(await reopened.sessions.attach(attachRequest(claim))).state.unacknowledged).toEqual(
    record.outgoing,
  );
});

test("a call that is made while a write fails rejects too, and a later call is decided without it", async () => {
  const { store, claim } = await openFilledStore();
  const methods = await fileMethods();
  let meanwhile: unknown;
  vi.spyOn(methods, "write").mockImplementationOnce(async () => {
    meanwhile = store.sessions.commit(claim, { outgoing: [{ sequence: 2, data: "second" }] });
    throw diskFull;
  });
  await expect(store.sessions.commit(claim, { outgoing: [{ sequence: 1, data: "first" }] })).rejects.toThrow(
    "ENOSPC",
  );
  await expect(meanwhile).rejects.toThrow("ENOSPC");
  const later = async () => store.sessions.commit(claim, { outgoing: [{ sequence: 2, data: "second" }] });
  await expect(later()).rejects.toThrow(RangeError);
});

test("a write that the disk did not confirm is not in the store", async () => {
  const { directory, store, claim } = await openFilledStore("disk");
  const methods = await fileMethods();
  vi.spyOn(methods, "datasync").mockRejectedValueOnce(diskFault);
  await expect(store.sessions.remove(claim)).rejects.toThrow("EIO");
  const reopened = await reopen(store, directory);
  expect(await reopened.sessions.list()).toMatchObject([{ claim }]);
});

test("bytes of a failed write that could not be cut off are cut off before the next write", async () => {
  const { directory, store, claim } = await openFilledStore();
  const before = await readFile(join(directory, "journal"));
  const methods = await fileMethods();
  const { write } = methods;
  vi.spyOn(methods, "write").mockImplementationOnce(async function (this: FileHandle, bytes) {
    await write.call(this, bytes, 0, bytes.length, before.length);
    throw diskFull;
  });
  vi.spyOn(methods, "truncate").mockRejectedValueOnce(diskFault).mockRejectedValueOnce(diskFault);
  const note = "x".repeat(500);
  await expect(store.sessions.commit(claim, { note })).rejects.toThrow("ENOSPC");
  await expect(store.sessions.detach(claim, 60_000)).rejects.toThrow("EIO");
  const detachedAt = Date.now();
  expect(await store.sessions.detach(claim, 120_000)).toBe(true);
  const reopened = await reopen(store, directory);
  expect(reopened.report.droppedBytes).toBe(0);
  const [session] = await reopened.sessions.list();
  expect(session?.endsAt).toBeGreaterThanOrEqual(detachedAt + 120_000);
  expect(resumed(await reopened.sessions.attach(attachRequest(claim))).state.note).toBeUndefined();
});

test("when the system writes a part of the bytes the store writes the rest", async () => {
  const { directory, store, claim } = await openFilledStore();
  const methods = await fileMethods();
  const { write } = methods;
  const partial = vi.spyOn(methods, "write").mockImplementation(function (
    this: FileHandle,
    bytes,
    at,
    length,
    position,
  ) {
    return write.call(this, bytes, at, Math.min(length, 50), position);
  });
  await store.sessions.commit(claim, { note: "n".repeat(200) });
  partial.mockRestore();
  const reopened = await reopen(store, directory);
  expect(resumed(await reopened.sessions.attach(attachRequest(claim))).state.note).toBe("n".repeat(200));
});

test("fileStore rejects when it cannot write, and leaves no file and no lock", async () => {
  const directory = await temporaryDirectory();
  vi.spyOn(await fileMethods(), "write").mockRejectedValueOnce(diskFull);
  await expect(fileStore({ directory })).rejects.toThrow("ENOSPC");
  expect(await readdir(directory)).toEqual([]);
});

/** Appends 40 MB to a room that retains 2 MB, so that the store compacts its file at least once. */
async function appendUntilCompacted({ rooms }: FileStore): Promise<void> {
  for (let round = 0; round < 5; round += 1)
    await Promise.all(
      Array.from({ length: 8 }, async () => rooms.append("r", roomMessage("x".repeat(1_000_000)), keep)),
    );
}

test("the store compacts its file, and keeps all that is not dropped", async () => {
  const { directory, store, claim } = await openFilledStore();
  await appendUntilCompacted(store);
  expect((await readFile(join(directory, "journal"))).length).toBeLessThan(25_000_000);
  expect(await readdir(directory)).toEqual(["journal", "lock"]);
  const position = await store.rooms.position("r");
  const reopened = await reopen(store, directory);
  expect(position.offset).toBe(41);
  expect(await reopened.rooms.position("r")).toEqual(position);
  expect(await reopened.sessions.list()).toMatchObject([{ claim }]);
});

test("onError receives the error of a failed compaction, and the file grows on", async () => {
  const directory = await temporaryDirectory();
  const errors: Error[] = [];
  const onError = (error: Error): void => {
    errors.push(error);
    throw error; // must not disturb the store
  };
  const store = await fileStore({ directory, onError });
  onTestFinished(() => store.close());
  const methods = await fileMethods();
  vi.spyOn(methods, "datasync").mockRejectedValueOnce(diskFault);
  await appendUntilCompacted(store);
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(/cannot compact ".*journal".*EIO/),
  ]);
  expect(await store.rooms.append("r", roomMessage("last"), keep)).toEqual({ offset: 41, previous: 40 });
  expect(await readdir(directory)).toEqual(["journal", "lock"]);
  const reopened = await reopen(store, directory);
  expect((await reopened.rooms.read("r", {}, 9)).offset).toBe(41);
});

test("after a rename that the disk did not confirm every call rejects, and the newer file is opened", async () => {
  const { directory, store } = await openUnclosedStore();
  vi.spyOn(await fileMethods(), "sync").mockRejectedValueOnce(diskFault);
  await expect(appendUntilCompacted(store)).rejects.toThrow("EIO");
  const { offset } = await store.rooms.position("r");
  await expect(store.rooms.append("r", roomMessage("late"), keep)).rejects.toThrow("EIO");
  await expect(store.close()).rejects.toThrow("EIO");
  const reopened = await fileStore({ directory });
  onTestFinished(() => reopened.close());
  expect(await reopened.rooms.position("r")).toMatchObject({ offset });
});

test("a close that rejects releases the directory, and everything that settled is in the file", async () => {
  const { directory, store } = await openUnclosedStore();
  await store.rooms.append("r", roomMessage("a"), keep);
  vi.spyOn(await fileMethods(), "write").mockRejectedValueOnce(diskFull);
  await expect(store.close()).rejects.toThrow(/cannot write ".*journal": .*ENOSPC.*settled is in the file/);
  const reopened = await fileStore({ directory });
  onTestFinished(() => reopened.close());
  expect(reopened.report.history).toBe("kept");
  expect(await reopened.rooms.position("r")).toMatchObject({ offset: 1 });
});
