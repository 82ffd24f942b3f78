import { appendFile, copyFile, mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { bootId } from "../../../src/store/file/process-identity.ts";
import { type FileStore, fileStore, type FileStoreOptions } from "../../../src/store/file/file-store.ts";
import { temporaryDirectory } from "./directories.ts";
import { beginning, bringing, keepsPromises, resumed } from "../store-conformance.ts";
import { handsOver } from "../store-shared.ts";

vi.mock(import("../../../src/store/file/process-identity.ts"), { spy: true });

const keep = { messages: 100, ms: 100_000 };
const three = [1, 2, 3].map((sequence) => ({ sequence, data: `m${sequence}` }));
const line = (data: string) => ({ name: "line", data, at: 0 });

keepsPromises("a store in files", async () => fileStore({ directory: await temporaryDirectory() }));
keepsPromises("a store on the disk", async () =>
  fileStore({ directory: await temporaryDirectory(), sync: "disk" }),
);
handsOver("a store in files", async () => {
  const directory = await temporaryDirectory();
  let store: FileStore | undefined;
  const open = async (): Promise<FileStore> => {
    await store?.close();
    return (store = await fileStore({ directory }));
  };
  const lose = async (): Promise<FileStore> => {
    const whole = await readFile(join(directory, "journal"));
    await store?.rooms.append("lost", line("lost"), keep);
    await store?.close();
    store = undefined;
    await damage(directory, whole.length + 20);
    return open();
  };
  return { open, lose };
});

/** Opens a store that is closed when the test has finished. */
async function opened(directory: string, options: Partial<FileStoreOptions> = {}): Promise<FileStore> {
  const store = await fileStore({ directory, ...options });
  onTestFinished(() => store.close().catch(() => {})); // a test may have closed it, or made that fail
  return store;
}

/** A directory as a process leaves it that is killed now. */
async function killed(directory: string): Promise<string> {
  const copy = await temporaryDirectory();
  await copyFile(join(directory, "journal"), join(copy, "journal"));
  return copy;
}

/** Changes a byte of a journal, which it gives as it is then. */
async function damage(directory: string, at: number): Promise<Buffer> {
  const bytes = await readFile(join(directory, "journal"));
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(join(directory, "journal"), bytes);
  return bytes;
}

/** A store with a session, three messages and a room, and the directory of it. */
async function used(options: Partial<FileStoreOptions> = {}) {
  const directory = await temporaryDirectory();
  const store = await opened(directory, options);
  const claim = await store.sessions.create(beginning);
  await store.sessions.commit(claim, { outgoing: three, received: { upTo: 5, pending: [4] }, note: "n" });
  await store.rooms.append("r", line("a"), keep);
  return { directory, store, claim };
}

test.each(["closed", "killed"])("a %s store has everything when it is opened again", async (end) => {
  const { directory, store, claim } = await used();
  const position = await store.rooms.position("r");
  if (end === "closed") await store.close();
  const again = await opened(end === "closed" ? directory : await killed(directory));
  expect(again.report).toEqual({ history: "kept", droppedBytes: 0 });
  expect(again.epoch).toBe(store.epoch);
  expect(await again.sessions.list()).toMatchObject([{ claim, detachedAt: undefined, bytes: 6 }]);
  expect(await again.rooms.read("r", undefined, 9)).toMatchObject({
    ...position,
    entries: [{ offset: 1, previous: 0, ...line("a") }],
  });
  expect(resumed(await again.sessions.attach(bringing(claim))).state).toEqual({
    received: { upTo: 5, pending: [4] },
    acknowledged: { upTo: 0, pending: [] },
    lastSequence: 3,
    unacknowledged: three,
    note: "n",
  });
  expect(await again.rooms.append("r", line("b"), keep)).toEqual({ offset: 2, previous: 1 });
});

test("a new store says that it is new, and its files are for nobody else to read", async () => {
  const directory = join(await temporaryDirectory(), "deep", "inside");
  const { report: told } = await opened(directory);
  expect(told).toEqual({ history: "new", droppedBytes: 0 });
  expect(await readdir(directory)).toEqual(["journal", "lock"]);
});

test("a room and a session may be very long", async () => {
  const { directory, store, claim } = await used();
  const out = Array.from({ length: 150_000 }, (_, index) => ({ sequence: index + 4, data: "" }));
  const message = line("");
  const said = out.map(() => ({ room: "long", message, keep: { messages: 1e9, ms: 1e12 } }));
  expect(await store.sessions.commit(claim, { outgoing: out, roomMessages: said })).toHaveLength(out.length);
  const again = await opened(await killed(directory));
  expect(await again.rooms.position("long")).toMatchObject({ offset: out.length });
  const { state } = resumed(await again.sessions.attach(bringing(claim)));
  expect(state.unacknowledged).toHaveLength(out.length + 3);
}, 60_000);

test("a fence goes on after a restart: the owner of before changes nothing", async () => {
  const { directory, claim, store } = await used();
  const { claim: second } = resumed(await store.sessions.attach(bringing(claim)));
  const again = await opened(await killed(directory));
  const { claim: third } = resumed(await again.sessions.attach(bringing(claim, { attempt: 3 })));
  expect(third).toEqual({ ...claim, fence: 3 });
  expect(await again.sessions.commit(second, {})).toBe(false);
});

test("calls of one tick are one write, and a call that changes nothing is none", async () => {
  const { directory, store, claim } = await used();
  const handle = await import("node:fs/promises").then(({ open }) => open(join(directory, "journal")));
  onTestFinished(() => handle.close());
  const write = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, "write");
  onTestFinished(() => write.mockRestore());
  await Promise.all(["b", "c", "d"].map(async (text) => store.rooms.append("r", line(text), keep)));
  expect(write).toHaveBeenCalledTimes(1);
  await store.sessions.commit({ ...claim, fence: 9 }, {});
  await store.rooms.read("r", undefined, 9);
  await store.rooms.sweep(0, 1e9);
  expect(write).toHaveBeenCalledTimes(1);
});

test("a record of which the end was not written is cut, and told", async () => {
  const { directory, claim, store } = await used();
  const whole = (await readFile(join(directory, "journal"))).length;
  await store.rooms.append("r", line("never settled"), keep);
  const copy = await killed(directory);
  await truncate(join(copy, "journal"), whole + 30);
  const again = await opened(copy);
  expect(again.report).toEqual({ history: "kept", droppedBytes: 30 });
  expect((await again.rooms.read("r", undefined, 9)).entries).toMatchObject([line("a")]);
  expect(resumed(await again.sessions.attach(bringing(claim))).state.unacknowledged).toEqual(three);
});

test("zeros at the end are blocks that were never written", async () => {
  const { directory } = await used();
  const copy = await killed(directory);
  await appendFile(join(copy, "journal"), Buffer.alloc(4_096));
  expect((await opened(copy)).report).toEqual({ history: "kept", droppedBytes: 4_096 });
});

test("a damaged file is copied, and its history does not go on: sessions reset, rooms have a gap", async () => {
  const { directory, claim, store } = await used();
  const position = await store.rooms.position("r");
  const whole = await readFile(join(directory, "journal"));
  await store.rooms.append("r", line("b"), keep);
  const copy = await killed(directory);
  const bytes = await damage(copy, whole.length + 20);
  const again = await opened(copy);
  const damaged = join(copy, "journal.damaged");
  expect(again.report).toEqual({
    history: "lost",
    droppedBytes: bytes.length - whole.length,
    damagedCopy: damaged,
  });
  expect(await readFile(damaged)).toEqual(bytes);
  expect(again.epoch).not.toBe(store.epoch);
  expect(await again.sessions.attach(bringing(claim))).toMatchObject({ type: "reset", reason: "lost" });
  expect(await again.rooms.read("r", position, 9)).toMatchObject({ gap: { from: 1, to: 1 }, entries: [] });
  expect((await again.rooms.position("r")).epoch).not.toBe(position.epoch);
  expect(await again.sessions.list()).toMatchObject([{ claim }]);
  expect(await again.sessions.remove(claim)).toBe(true);
});

test.each([
  ["os", "another", "kept", "closed"],
  ["os", "another", "lost", "killed"],
  ["os", undefined, "lost", "killed"],
  ["disk", "another", "kept", "killed"],
  ["disk", undefined, "kept", "killed"],
] as const)(
  "with sync %s, when the machine was started as %s, the history is %s if the store was %s",
  async (sync, boot, history, end) => {
    vi.mocked(bootId).mockReturnValue(boot === undefined ? undefined : "one");
    onTestFinished(() => void vi.mocked(bootId).mockReset());
    const { directory, store, claim } = await used({ sync });
    if (end === "closed") await store.close();
    const copy = await killed(directory);
    vi.mocked(bootId).mockReturnValue(boot);
    const again = await opened(copy);
    expect(again.report.history).toBe(history);
    expect(again.epoch === store.epoch).toBe(history === "kept");
    const is = history === "kept" ? "resumed" : "reset";
    expect(await again.sessions.attach(bringing(claim))).toMatchObject({ type: is });
    expect((await again.rooms.read("r", undefined, 9)).entries).toHaveLength(1);
  },
);

test("an epoch that was lost does not come back when the store is opened once more", async () => {
  const { directory, store, claim } = await used();
  vi.mocked(bootId).mockReturnValue("another");
  onTestFinished(() => void vi.mocked(bootId).mockReset());
  const second = await opened(await killed(directory));
  await second.close();
  const third = await opened(await killed(directory));
  expect(new Set([store.epoch, second.epoch, third.epoch]).size).toBe(3);
  expect(await third.sessions.attach(bringing(claim))).toMatchObject({ type: "reset", reason: "lost" });
});

test.each([
  ["nothing", ""],
  ["something else", "some text\n"],
  ["a signature alone", "symbolon journal 1\n"],
])("a file with %s is not taken for a journal, and left alone", async (_, content) => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "journal"), content);
  await expect(fileStore({ directory })).rejects.toThrow(/journal" cannot be read: .*; move it away/);
  expect(await readFile(join(directory, "journal"), "utf8")).toBe(content);
  expect(await readdir(directory)).toEqual(["journal"]);
});

test("a store in a place where none can be says so", async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, "journal"));
  await expect(fileStore({ directory })).rejects.toThrow("EISDIR");
  expect(await readdir(directory)).toEqual(["journal"]);
});

test.each([
  [{ directory: undefined }, TypeError, "the directory of a store is a path, not undefined"],
  [{ directory: "" }, TypeError, 'the directory of a store is a path, not ""'],
  [{ sync: "fast" }, TypeError, 'the sync of a store is "os" or "disk", not "fast"'],
  [{ bytes: 0 }, RangeError, "the size of a store is a positive number, not 0"],
  [{ bytes: NaN }, RangeError, "the size of a store is a positive number, not NaN"],
])("a store with %o is none, and no file of it is made", async (wrong, type, message) => {
  const directory = await temporaryDirectory();
  const options = { directory, ...wrong } as FileStoreOptions;
  await expect(fileStore(options)).rejects.toThrow(new type(message));
  expect(await readdir(directory)).toEqual([]);
});

test("a closed store has written what was under way, and takes nothing more", async () => {
  const { directory, store, claim } = await used();
  const append = store.rooms.append("r", line("b"), keep);
  await Promise.all([store.close(), store.close()]);
  expect(await append).toEqual({ offset: 2, previous: 1 });
  await expect(store.sessions.commit(claim, {})).rejects.toThrow("was closed");
  await expect(store.rooms.position("r")).rejects.toThrow("was closed");
  const again = await opened(directory);
  expect((await again.rooms.read("r", undefined, 9)).entries).toHaveLength(2);
});
