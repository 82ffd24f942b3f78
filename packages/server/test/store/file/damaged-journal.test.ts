// S34: a damaged journal opens. What is not damaged continues, and every client learns what is lost.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { type FileStore, fileStore } from "../../../src/store/file/file-store.ts";
import type { RoomPart, RoomPosition } from "../../../src/store/room-log.ts";
import type { AttachRequest, SessionState } from "../../../src/store/session-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { attachRequest, newSession, retain, roomMessage } from "../store-fixtures.ts";
import { temporaryDirectory } from "./directories.ts";
import { slow } from "../../../../../test/time-limits.ts";

const keep = retain(1_000);
const sessionIds = Array.from({ length: 12 }, (_, n) => `session ${n}`);
const roomNames = Array.from({ length: 6 }, (_, n) => `room ${n}`);

/** The numbers of a seed, each from 0 to below `limit` (mulberry32). */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** A record of the journal: where it is, and the sessions and rooms that it is about. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly subjects: readonly string[];
}

/** What a store had, and the request by which each client resumes. */
interface Truth {
  readonly epoch: string;
  readonly requests: ReadonlyMap<string, AttachRequest>;
  readonly states: ReadonlyMap<string, SessionState>;
  readonly positions: ReadonlyMap<string, RoomPosition>;
  readonly parts: ReadonlyMap<string, RoomPart>;
  readonly spans: readonly Span[];
}

let journal: Buffer;
let truth: Truth;

/** Resumes every session and reads every room after the position where its members were. */
async function readAll(store: Store, { requests, positions }: Pick<Truth, "requests" | "positions">) {
  const states = new Map<string, SessionState>();
  for (const [id, request] of requests) {
    const result = await store.sessions.attach(request);
    if (result.type === "resumed") states.set(id, result.state);
    else expect(result.type).toMatch(/^(reset|refused)$/);
  }
  const parts = new Map<string, RoomPart>();
  for (const [room, position] of positions) parts.set(room, await store.rooms.read(room, position, Infinity));
  return { states, parts };
}

beforeAll(async () => {
  const random = createRandom(1);
  const directory = await mkdtemp(join(tmpdir(), "symbolon-store-"));
  const path = join(directory, "journal");
  const store = await fileStore({ directory });
  const spans: Span[] = [{ start: 0, end: (await readFile(path)).length, subjects: [] }];
  const record = async <Result>(
    subjects: readonly string[],
    call: Promise<Result> | Result,
  ): Promise<Result> => {
    const result = await call;
    spans.push({ start: spans.at(-1)?.end ?? 0, end: (await readFile(path)).length, subjects });
    return result;
  };
  const requests = new Map<string, AttachRequest>();
  const claims = [];
  for (const sessionId of sessionIds) {
    const claim = await record([sessionId], store.sessions.create({ ...newSession, sessionId }));
    requests.set(sessionId, attachRequest(claim));
    claims.push({ claim, sequence: 0 });
  }
  const positions = new Map<string, RoomPosition>();
  for (const room of roomNames) positions.set(room, await record([room], store.rooms.position(room)));
  for (let n = 0; n < 150; n += 1) {
    const room = roomNames[random(roomNames.length)] ?? "";
    const message = roomMessage(`message ${n} ${"x".repeat(random(300))}`);
    if (random(3) === 0) await record([room], store.rooms.append(room, message, keep));
    else {
      const own = claims[random(claims.length)];
      if (own === undefined) continue;
      const outgoing = [{ sequence: (own.sequence += 1), data: `to the client ${n}` }];
      const roomMessages = random(2) === 0 ? [{ room, message, keep }] : [];
      const received = { upTo: own.sequence, pending: [] };
      await record(
        [own.claim.sessionId, ...roomMessages.map((append) => append.room)],
        store.sessions.commit(own.claim, { outgoing, received, roomMessages }),
      );
    }
  }
  await record([], store.close());
  journal = await readFile(path);
  const next = await fileStore({ directory });
  truth = {
    epoch: next.epoch,
    requests,
    positions,
    spans,
    ...(await readAll(next, { requests, positions })),
  };
  await next.close();
  await rm(directory, { recursive: true });
  expect([truth.states.size, truth.parts.size]).toEqual([sessionIds.length, roomNames.length]);
});

/** Opens a store whose journal has these bytes, and closes it after the test. */
async function openJournal(root: string, name: string, bytes: Buffer): Promise<FileStore> {
  const directory = join(root, name);
  await mkdir(directory, { mode: 0o700 });
  await writeFile(join(directory, "journal"), bytes);
  return fileStore({ directory });
}

/** Changes a journal in one way. @returns the changed bytes, and the range of the original that is damaged, if it is known. */
type Damage = (random: (limit: number) => number) => {
  readonly bytes: Buffer;
  /** Everything in this range may be lost, and nothing else. */
  readonly range: readonly [start: number, end: number];
};

const insertAt = (at: number, inserted: Uint8Array): Buffer =>
  Buffer.concat([journal.subarray(0, at), inserted, journal.subarray(at)]);

const damages: Readonly<Record<string, Damage>> = {
  "a flipped bit": (random) => {
    const at = random(journal.length);
    const bytes = Buffer.from(journal);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random(8)), at);
    return { bytes, range: [at, at + 1] };
  },
  "bytes that are overwritten": (random) => {
    const [at, length] = [random(journal.length), 1 + random(300)];
    const end = Math.min(journal.length, at + length);
    const bytes = Buffer.from(journal);
    for (let index = at; index < end; index += 1) bytes.writeUInt8(random(256), index);
    return { bytes, range: [at, end] };
  },
  "a block of zeros": (random) => {
    const [at, length] = [random(journal.length), 1 + random(300)];
    const bytes = Buffer.from(journal).fill(0, at, at + length);
    return { bytes, range: [at, Math.min(journal.length, at + length)] };
  },
  "inserted garbage": (random) => {
    const at = random(journal.length + 1);
    return {
      bytes: insertAt(
        at,
        Buffer.from({ length: 1 + random(300) }, () => random(256)),
      ),
      range: [at, at],
    };
  },
  "a part that occurs twice": (random) => {
    const [at, from] = [random(journal.length + 1), random(journal.length)];
    return { bytes: insertAt(at, journal.subarray(from, from + random(2_000))), range: [at, at] };
  },
  "a record that occurs twice": (random) => {
    const { start, end } = truth.spans[1 + random(truth.spans.length - 1)] ?? { start: 0, end: 0 };
    return { bytes: insertAt(end, journal.subarray(start, end)), range: [end, end] };
  },
  "a record that is missing": (random) => {
    const { start, end } = truth.spans[1 + random(truth.spans.length - 1)] ?? { start: 0, end: 0 };
    return { bytes: Buffer.concat([journal.subarray(0, start), journal.subarray(end)]), range: [start, end] };
  },
  "an end that was cut off": (random) => {
    const at = random(journal.length);
    return { bytes: Buffer.from(journal.subarray(0, at)), range: [at, journal.length] };
  },
};

/** The sessions and rooms that a range of the journal is about. */
function subjectsIn([start, end]: readonly [number, number]): {
  records: number;
  subjects: ReadonlySet<string>;
} {
  const hit = truth.spans.filter((span) =>
    start === end ? span.start < start && start < span.end : span.start < end && start < span.end,
  );
  return { records: hit.length, subjects: new Set(hit.flatMap(({ subjects }) => subjects)) };
}

/** Checks that nothing is wrong in a store, and what is not there is reported. @returns what is not there. */
async function findLost(store: Store): Promise<ReadonlySet<string>> {
  const { states, parts } = await readAll(store, truth);
  for (const [id, state] of states) expect({ id, ...state }).toEqual({ id, ...truth.states.get(id) });
  const lost = new Set(sessionIds.filter((id) => !states.has(id)));
  for (const [room, part] of parts)
    if (part.epoch === truth.positions.get(room)?.epoch)
      expect({ room, ...part }).toEqual({ room, ...truth.parts.get(room) });
    else {
      expect(part.gap).toEqual({ from: truth.positions.get(room)?.offset, to: part.offset });
      lost.add(room);
    }
  return lost;
}

const rows = Object.keys(damages).map((name, index) => [name, 50, 1_000 * index] as const);
test.each(rows)(
  "a journal with %s opens, and what is lost is reported (%i seeds)",
  slow,
  async (name, seeds, first) => {
    const root = await temporaryDirectory();
    for (let seed = first; seed < first + seeds; seed += 1) {
      const { bytes, range } = damages[name]?.(createRandom(seed)) ?? { bytes: journal, range: [0, 0] };
      const store = await openJournal(root, String(seed), bytes);
      const lost = await findLost(store);
      const { history, damagedCopy } = store.report;
      const { records, subjects } = subjectsIn(range);
      const [header] = truth.spans;
      const isCut = name === "an end that was cut off";
      const isHeader = range[0] < (header?.end ?? 0);
      // A record names the subjects of four records before it.
      if (!isCut && !isHeader && records <= 4 && range[1] < (truth.spans.at(-2)?.start ?? 0)) {
        expect({ seed, history, lost }).toEqual({
          seed,
          history: subjects.size > 0 ? "damaged" : "kept",
          lost: subjects,
        });
        expect(store.epoch).toBe(truth.epoch);
      }
      if (history === "lost") {
        expect(store.epoch).not.toBe(truth.epoch);
        expect(lost.size).toBe(sessionIds.length + roomNames.length);
      }
      if (damagedCopy === undefined)
        expect({ seed, history, lost }).toEqual({ seed, history: "kept", lost: new Set() });
      else
        expect({ seed, copied: bytes.equals(await readFile(damagedCopy)) }).toEqual({ seed, copied: true });
      await store.close();
    }
  },
);

test("several damages at once: the journal opens, and what is lost is reported", slow, async () => {
  const root = await temporaryDirectory();
  const histories = new Set<string>();
  for (let seed = 0; seed < 100; seed += 1) {
    const random = createRandom(90_000 + seed);
    const bytes = Buffer.from(journal);
    for (let flips = 1 + random(8); flips > 0; flips -= 1) {
      const at = random(bytes.length);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random(8)), at);
    }
    const store = await openJournal(root, String(seed), bytes);
    await findLost(store);
    histories.add(store.report.history);
    await store.close();
  }
  expect(histories).toEqual(new Set(["damaged", "lost"]));
});

test("what was lost once stays lost, and the rest stays when the store is opened again", async () => {
  const root = await temporaryDirectory();
  const [span] = truth.spans.filter(({ subjects }) => subjects.length === 2).slice(-20);
  const bytes = Buffer.from(journal);
  bytes.writeUInt8(bytes.readUInt8((span?.end ?? 0) - 1) ^ 1, (span?.end ?? 0) - 1);
  const store = await openJournal(root, "store", bytes);
  await store.close();
  const again = await fileStore({ directory: join(root, "store") });
  onTestFinished(() => again.close());
  expect(again.report).toEqual({ history: "kept", droppedBytes: 0 });
  expect(await findLost(again)).toEqual(new Set(span?.subjects));
});

test("a message with the bytes of a record does not forge one when its own record is damaged", async () => {
  const attacker = await temporaryDirectory();
  const foreign = await fileStore({ directory: attacker });
  const { length } = await readFile(join(attacker, "journal"));
  await foreign.sessions.create({ ...newSession, sessionId: "forged" });
  const record = (await readFile(join(attacker, "journal"))).subarray(length);
  await foreign.close();

  const directory = await temporaryDirectory();
  const store = await fileStore({ directory });
  await store.sessions.create(newSession);
  await store.rooms.append("r", { ...roomMessage(""), data: new Uint8Array(record) }, keep);
  await store.rooms.append("r", roomMessage("after"), keep);
  await store.close();
  const bytes = await readFile(join(directory, "journal"));
  const at = bytes.indexOf(record);
  bytes.writeUInt8(bytes.readUInt8(at - 1) ^ 1, at - 1);
  const damaged = await openJournal(await temporaryDirectory(), "store", bytes);
  onTestFinished(() => damaged.close());
  expect(damaged.report.history).toBe("damaged");
  expect((await damaged.sessions.list()).map(({ claim }) => claim.sessionId)).toEqual([newSession.sessionId]);
});
