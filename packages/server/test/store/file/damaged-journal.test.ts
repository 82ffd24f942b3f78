// S34: a damaged journal opens. What is not damaged continues, and every client learns what is lost.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { type FileStore, fileStore } from "../../../src/store/file/file-store.ts";
import type { RoomPart, RoomPosition } from "../../../src/store/room-log.ts";
import type { AttachRequest, SessionState } from "../../../src/store/session-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { attachRequest, epochOf, newSession, retain, roomMessage } from "../store-fixtures.ts";
import { temporaryDirectory } from "./directories.ts";
import { createRandom, damages, type Span } from "./journal-damages.ts";
import { slow } from "../../../../../test/time-limits.ts";

const keep = retain(1_000);
const sessionIds = Array.from({ length: 12 }, (_, n) => `session ${n}`);
const roomNames = Array.from({ length: 6 }, (_, n) => `room ${n}`);

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
  }
  const parts = new Map<string, RoomPart>();
  for (const [room, position] of positions) parts.set(room, await store.rooms.read(room, position, 10_000));
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
    epoch: await epochOf(next),
    requests,
    positions,
    spans,
    ...(await readAll(next, { requests, positions })),
  };
  await next.close();
  await rm(directory, { recursive: true });
});

/** Opens a store whose journal has these bytes, and closes it after the test. */
async function openJournal(root: string, name: string, bytes: Buffer): Promise<FileStore> {
  const directory = join(root, name);
  await mkdir(directory, { mode: 0o700 });
  await writeFile(join(directory, "journal"), bytes);
  return fileStore({ directory });
}

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

/** Every session and room that a store does not continue, and every one that is not as it was though no client learns it. */
async function compare(store: Store) {
  const { states, parts } = await readAll(store, truth);
  const lost = new Set(sessionIds.filter((id) => !states.has(id)));
  const wrong = [...states]
    .filter(([id, state]) => !isDeepStrictEqual(state, truth.states.get(id)))
    .map(([id]) => id);
  for (const [room, part] of parts) {
    const { epoch, offset } = truth.positions.get(room) ?? { epoch: "", offset: 0 };
    const continues = part.epoch === epoch;
    const gap = { from: offset, to: part.offset };
    if (!continues) lost.add(room);
    if (!isDeepStrictEqual(part, continues ? truth.parts.get(room) : { ...part, gap, entries: [] }))
      wrong.push(room);
  }
  return { lost, wrong };
}

test("what the test compares with is complete", () => {
  expect([...truth.states.keys(), ...truth.parts.keys()]).toEqual([...sessionIds, ...roomNames]);
});

const rows = Object.keys(damages).map((name, index) => [name, 50, 1_000 * index] as const);
test.each(rows)(
  "a journal with %s opens, and what is lost is reported (%i seeds)",
  slow,
  async (name, seeds, first) => {
    const root = await temporaryDirectory();
    for (let seed = first; seed < first + seeds; seed += 1) {
      const { bytes, range } = damages[name]?.(journal, createRandom(seed), truth.spans) ?? {
        bytes: journal,
        range: [0, 0],
      };
      const store = await openJournal(root, String(seed), bytes);
      const { lost, wrong } = await compare(store);
      const { history, damagedCopy } = store.report;
      const { records, subjects } = subjectsIn(range);
      const [header] = truth.spans;
      const isBetweenRecords = range[0] >= (header?.end ?? 0) && range[1] < (truth.spans.at(-2)?.start ?? 0);
      // A record names the subjects of four records before it.
      const isKnown = isBetweenRecords && records <= 4;
      const expected = isKnown
        ? { history: subjects.size > 0 ? "damaged" : "kept", lost: subjects }
        : { history, lost };
      expect({ seed, wrong, history, lost }).toEqual({ seed, wrong: [], ...expected });
      const everything = lost.size === sessionIds.length + roomNames.length;
      const copied =
        damagedCopy === undefined ? history === "kept" : bytes.equals(await readFile(damagedCopy));
      const epoch = await epochOf(store);
      expect({
        seed,
        copied,
        newEpoch: epoch !== truth.epoch,
        everything: history === "lost" && everything,
      }).toEqual({
        seed,
        copied: true,
        newEpoch: history === "lost",
        everything: history === "lost",
      });
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
    expect({ seed, ...(await compare(store)) }).toMatchObject({ seed, wrong: [] });
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
  expect(await compare(again)).toEqual({ lost: new Set(span?.subjects), wrong: [] });
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
