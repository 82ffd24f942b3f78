import { appendFile, mkdir, open, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { currentBootId } from "../../../src/store/file/process-identity.ts";
import { type FileStore, fileStore, type FileStoreOptions } from "../../../src/store/file/file-store.ts";
import { testHandover } from "../handover-conformance.ts";
import { testStore } from "../store-conformance.ts";
import {
  attachRequest,
  epochOf,
  newSession,
  resumed,
  retain,
  roomMessage,
  threeMessages,
} from "../store-fixtures.ts";
import { copyAsKilled, temporaryDirectory } from "./directories.ts";
import { slow } from "../../../../../test/time-limits.ts";

vi.mock(import("../../../src/store/file/process-identity.ts"), { spy: true });

const keep = retain(100);

testStore("a store in files", async () => fileStore({ directory: await temporaryDirectory() }));
testStore("a store in files with sync disk", async () =>
  fileStore({ directory: await temporaryDirectory(), sync: "disk" }),
);
testHandover("a store in files", async () => {
  const directory = await temporaryDirectory();
  let store: FileStore | undefined;
  const reopen = async (): Promise<FileStore> => {
    await store?.close();
    return (store = await fileStore({ directory }));
  };
  const lose = async (): Promise<FileStore> => {
    const before = await readFile(join(directory, "journal"));
    await store?.rooms.append("lost", roomMessage("lost"), keep);
    await store?.close();
    store = undefined;
    await truncate(join(directory, "journal"), before.length);
    return reopen();
  };
  return { open: reopen, lose };
});

/** Opens a store, and closes it after the test. */
async function openStore(directory: string, options: Partial<FileStoreOptions> = {}): Promise<FileStore> {
  const store = await fileStore({ directory, ...options });
  onTestFinished(() => store.close().catch(() => {})); // the test may have closed it, or made close reject
  return store;
}

/** Changes one byte of a journal, and returns the changed journal. */
async function damageJournal(directory: string, at: number): Promise<Buffer> {
  const bytes = await readFile(join(directory, "journal"));
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(join(directory, "journal"), bytes);
  return bytes;
}

/** Opens a store in a new directory, with a session, three messages and a room. */
async function openFilledStore(options: Partial<FileStoreOptions> = {}) {
  const directory = await temporaryDirectory();
  const store = await openStore(directory, options);
  const claim = await store.sessions.create(newSession);
  const record = { outgoing: threeMessages, received: { upTo: 5, pending: [4] }, note: "n" };
  await store.sessions.commit(claim, record);
  await store.rooms.append("r", roomMessage("a"), keep);
  return { directory, store, claim };
}

test.each(["closed", "killed"])("a store that was %s has everything when it is opened again", async (end) => {
  const { directory, store, claim } = await openFilledStore();
  const position = await store.rooms.position("r");
  if (end === "closed") await store.close();
  const reopened = await openStore(end === "closed" ? directory : await copyAsKilled(directory));
  expect(reopened.report).toEqual({ history: "kept", droppedBytes: 0 });
  expect(await epochOf(reopened)).toBe(claim.epoch);
  expect(await reopened.sessions.list()).toMatchObject([
    { claim, owner: undefined, endsAt: undefined, bytes: 6 },
  ]);
  expect(await reopened.rooms.read("r", {}, 9)).toMatchObject({
    ...position,
    entries: [{ offset: 1, previous: 0, ...roomMessage("a") }],
  });
  expect(resumed(await reopened.sessions.attach(attachRequest(claim))).state).toEqual({
    received: { upTo: 5, pending: [4] },
    acknowledged: { upTo: 0, pending: [] },
    lastSequence: 3,
    unacknowledged: threeMessages,
    note: "n",
  });
  expect(await reopened.rooms.append("r", roomMessage("b"), keep)).toEqual({ offset: 2, previous: 1 });
});

test("the report of a new store is new, and its directory has a journal and a lock", async () => {
  const directory = join(await temporaryDirectory(), "deep", "inside");
  const { report } = await openStore(directory);
  expect(report).toEqual({ history: "new", droppedBytes: 0 });
  expect(await readdir(directory)).toEqual(["journal", "lock"]);
});

test("a commit may have 150,000 messages to the client and to a room", slow, async () => {
  const { directory, store, claim } = await openFilledStore();
  const outgoing = Array.from({ length: 150_000 }, (_, index) => ({ sequence: index + 4, data: "" }));
  const message = roomMessage("");
  const roomMessages = outgoing.map(() => ({ room: "long", message, keep: retain(1e9, 1e12) }));
  expect(await store.sessions.commit(claim, { outgoing, roomMessages })).toBe(true);
  const reopened = await openStore(await copyAsKilled(directory));
  expect(await reopened.rooms.position("long")).toMatchObject({ offset: outgoing.length });
  const { state } = resumed(await reopened.sessions.attach(attachRequest(claim)));
  expect(state.unacknowledged).toHaveLength(outgoing.length + 3);
});

test("the fence continues after a restart: a claim from before changes nothing", async () => {
  const { directory, claim, store } = await openFilledStore();
  const { claim: second } = resumed(await store.sessions.attach(attachRequest(claim)));
  const reopened = await openStore(await copyAsKilled(directory));
  const { claim: third } = resumed(await reopened.sessions.attach(attachRequest(claim, { attempt: 3 })));
  expect(third).toEqual({ ...claim, fence: 3 });
  expect(await reopened.sessions.commit(second, {})).toBe(false);
});

test("the calls of one tick cause one write, and calls that change nothing cause none", async () => {
  const { directory, store, claim } = await openFilledStore();
  const handle = await open(join(directory, "journal"));
  onTestFinished(() => handle.close());
  type Write = (bytes: Uint8Array, at: number, length: number, position: number) => Promise<unknown>;
  const write = vi.spyOn(Object.getPrototypeOf(handle) as { write: Write }, "write");
  onTestFinished(() => write.mockRestore());
  const { length } = await readFile(join(directory, "journal"));
  await Promise.all(["b", "c", "d"].map(async (text) => store.rooms.append("r", roomMessage(text), keep)));
  const confirmationBytes = 12;
  expect(write.mock.calls.map(([bytes, , , position]) => [position < length, bytes.length])).toEqual([
    [false, expect.any(Number)],
    [true, confirmationBytes],
  ]);
  write.mockClear();
  await store.sessions.commit({ ...claim, fence: 9 }, {});
  await store.rooms.read("r", {}, 9);
  await store.rooms.sweep(0, 1e9);
  expect(write).not.toHaveBeenCalled();
});

test("a record whose end was not written is dropped, and reported", async () => {
  const { directory, claim, store } = await openFilledStore();
  const before = await readFile(join(directory, "journal"));
  const copy = await copyAsKilled(directory);
  await store.rooms.append("r", roomMessage("never settled"), keep);
  const after = await readFile(join(directory, "journal"));
  await appendFile(join(copy, "journal"), after.subarray(before.length, before.length + 30));
  const reopened = await openStore(copy);
  expect(reopened.report).toEqual({ history: "kept", droppedBytes: 30 });
  expect((await reopened.rooms.read("r", {}, 9)).entries).toMatchObject([roomMessage("a")]);
  expect(resumed(await reopened.sessions.attach(attachRequest(claim))).state.unacknowledged).toEqual(
    threeMessages,
  );
});

test("zeros at the end of the file are dropped as blocks that were never written", async () => {
  const { directory } = await openFilledStore();
  const copy = await copyAsKilled(directory);
  await appendFile(join(copy, "journal"), Buffer.alloc(4_096));
  expect((await openStore(copy)).report).toEqual({ history: "kept", droppedBytes: 4_096 });
});

test("a damaged file is copied, sessions reset, and rooms have a gap", async () => {
  const { directory, claim, store } = await openFilledStore();
  const position = await store.rooms.position("r");
  const before = await readFile(join(directory, "journal"));
  await store.rooms.append("r", roomMessage("b"), keep);
  const copy = await copyAsKilled(directory);
  const bytes = await damageJournal(copy, before.length + 20);
  const reopened = await openStore(copy);
  const damagedCopy = join(copy, "journal.damaged");
  expect(reopened.report).toEqual({
    history: "lost",
    droppedBytes: bytes.length - before.length,
    damagedCopy,
  });
  expect(await readFile(damagedCopy)).toEqual(bytes);
  expect(await epochOf(reopened)).not.toBe(claim.epoch);
  expect(await reopened.sessions.attach(attachRequest(claim))).toMatchObject({
    type: "reset",
    reason: "lost",
  });
  expect(await reopened.rooms.read("r", position, 9)).toMatchObject({
    gap: { from: 1, to: 1 },
    entries: [],
  });
  expect((await reopened.rooms.position("r")).epoch).not.toBe(position.epoch);
  expect(await reopened.sessions.list()).toMatchObject([{ claim }]);
  expect(await reopened.sessions.remove(claim)).toBe(true);
});

test.each([
  ["os", "another", "kept", "closed"],
  ["os", "another", "lost", "killed"],
  ["os", undefined, "lost", "killed"],
  ["disk", "another", "kept", "killed"],
  ["disk", undefined, "kept", "killed"],
] as const)(
  "with sync %s and the boot id %s after a restart, history is %s when the store was %s",
  async (sync, bootId, history, end) => {
    vi.mocked(currentBootId).mockReturnValue(bootId === undefined ? undefined : "one");
    onTestFinished(() => void vi.mocked(currentBootId).mockReset());
    const { directory, store, claim } = await openFilledStore({ sync });
    if (end === "closed") await store.close();
    const copy = await copyAsKilled(directory);
    vi.mocked(currentBootId).mockReturnValue(bootId);
    const reopened = await openStore(copy);
    expect(reopened.report.history).toBe(history);
    expect((await epochOf(reopened)) === claim.epoch).toBe(history === "kept");
    const type = history === "kept" ? "resumed" : "reset";
    expect(await reopened.sessions.attach(attachRequest(claim))).toMatchObject({ type });
    expect((await reopened.rooms.read("r", {}, 9)).entries).toHaveLength(1);
  },
);

test("a lost epoch does not come back when the store is opened once more", async () => {
  const { directory, claim } = await openFilledStore();
  vi.mocked(currentBootId).mockReturnValue("another");
  onTestFinished(() => void vi.mocked(currentBootId).mockReset());
  const second = await openStore(await copyAsKilled(directory));
  const secondEpoch = await epochOf(second);
  await second.close();
  const third = await openStore(await copyAsKilled(directory));
  expect(new Set([claim.epoch, secondEpoch, await epochOf(third)]).size).toBe(3);
  expect(await third.sessions.attach(attachRequest(claim))).toMatchObject({ type: "reset", reason: "lost" });
});

test.each([
  ["something else", "some text\n"],
  ["something else, which is long", "some text\n".repeat(10_000)],
  ["zeros", "\0".repeat(100_000)],
  ["another version", "symbolon journal 2\n"],
])("a file with %s is rejected, and stays as it is", async (_, content) => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "journal"), content);
  await expect(fileStore({ directory })).rejects.toThrow(/cannot read ".*journal": .*; move the file away/);
  expect(await readFile(join(directory, "journal"), "utf8")).toBe(content);
  expect(await readdir(directory)).toEqual(["journal"]);
});

test.each([
  ["nothing", ""],
  ["a part of the signature", "symbolon jour"],
  ["the signature alone", "symbolon journal 3\n"],
  ["a damaged signature alone", "symbolon\0journal 3\n"],
])("a journal that was cut to %s is opened as lost, and copied", async (_, content) => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "journal"), content);
  const { report, sessions } = await openStore(directory);
  const damagedCopy = join(directory, "journal.damaged");
  expect(report).toEqual({ history: "lost", droppedBytes: content.length, damagedCopy });
  expect(await readFile(damagedCopy, "utf8")).toBe(content);
  expect(await sessions.list()).toEqual([]);
});

test("a journal of version 1 is rejected by its version, and stays as it is", async () => {
  const directory = await temporaryDirectory();
  const journal = join(directory, "journal");
  await writeFile(journal, "symbolon journal 1\nrecords");
  await expect(fileStore({ directory })).rejects.toThrow(
    `the store cannot read ${JSON.stringify(journal)}: it is a journal of version 1, and this release reads version 3 alone; move the file away to begin with an empty store`,
  );
  expect(await readFile(journal, "utf8")).toBe("symbolon journal 1\nrecords");
});

test("fileStore rejects when the journal is a directory", async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, "journal"));
  await expect(fileStore({ directory })).rejects.toThrow("EISDIR");
  expect(await readdir(directory)).toEqual(["journal"]);
});

test.each([
  [{ directory: undefined }, TypeError, "fileStore: `directory` must be a path, not undefined"],
  [{ directory: "" }, TypeError, 'fileStore: `directory` must be a path, not ""'],
  [{ sync: "fast" }, TypeError, 'fileStore: `sync` must be "os" or "disk", not "fast"'],
  [{ bytes: 0 }, RangeError, "fileStore: `bytes` must be a positive number, not 0"],
  [{ bytes: NaN }, RangeError, "fileStore: `bytes` must be a positive number, not NaN"],
])("fileStore rejects the option %o, and writes no file", async (invalid, type, message) => {
  const directory = await temporaryDirectory();
  const options = { directory, ...invalid } as FileStoreOptions;
  await expect(fileStore(options)).rejects.toThrow(new type(message));
  expect(await readdir(directory)).toEqual([]);
});

test("close writes the calls in progress, and later calls reject", async () => {
  const { directory, store, claim } = await openFilledStore();
  const append = store.rooms.append("r", roomMessage("b"), keep);
  await Promise.all([store.close(), store.close()]);
  expect(await append).toEqual({ offset: 2, previous: 1 });
  await expect(store.sessions.commit(claim, {})).rejects.toThrow("the store is closed");
  await expect(store.rooms.position("r")).rejects.toThrow("the store is closed");
  const reopened = await openStore(directory);
  expect((await reopened.rooms.read("r", {}, 9)).entries).toHaveLength(2);
});
