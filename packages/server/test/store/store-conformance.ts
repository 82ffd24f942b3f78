/** What every store of sessions and rooms must do: whoever writes one runs this over it, unchanged. */
import { afterEach, describe, expect, test } from "vitest";
import type {
  Attached,
  AttachRequest,
  Claim,
  Commit,
  NewSession,
  SessionState,
  Store,
} from "../../src/store/store.ts";
import { logsRooms } from "./store-rooms.ts";

/** A session that begins. */
export const beginning: NewSession = {
  sid: "s",
  secret: "hash of the secret",
  principal: "ada",
  service: "/chat/lobby",
  cid: "tab",
  att: 1,
};

/** What a client brings that has received nothing and has lost nothing. */
export function bringing(claim: Claim, changes: Partial<AttachRequest> = {}): AttachRequest {
  const { cid: _, ...known } = beginning;
  return { ...known, sid: claim.sid, ep: claim.ep, att: 2, rx: 0, tx0: 1, ...changes };
}

/** The claim and the state of an attempt that succeeded. */
export function resumed(attached: Attached): { readonly claim: Claim; readonly state: SessionState } {
  if (attached.is !== "resumed") throw new Error(`not resumed, but ${attached.is}`);
  return attached;
}

const three = [1, 2, 3].map((s) => ({ s, data: `m${s}` }));
const empty = { upTo: 0, but: [] };

/** What a store keeps of a session, found out by a client that comes back. */
async function left({ sessions }: Store, claim: Claim, rx = 0): Promise<SessionState> {
  return resumed(await sessions.attach(bringing(claim, { att: 99, rx }))).state;
}

/** A call as a promise: a store may throw or reject. */
const trying = async <Value>(call: () => Value | Promise<Value>): Promise<Value> => call();

/** Tests a store; `open` gives a new, empty one each time. */
export function keepsPromises(name: string, open: () => Store | Promise<Store>): void {
  const opened: Store[] = [];
  const opening = async (): Promise<Store> => {
    const store = await open();
    opened.push(store);
    return store;
  };
  const begun = async (record?: Commit): Promise<{ readonly store: Store; readonly claim: Claim }> => {
    const store = await opening();
    const claim = await store.sessions.create(beginning);
    if (record !== undefined) expect(await store.sessions.commit(claim, record)).toEqual([]);
    return { store, claim };
  };

  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close?.();
  });

  describe(`${name}: sessions`, () => {
    test("a session begins with the first fence in the store's epoch, and is listed", async () => {
      const { store, claim } = await begun();
      expect(claim).toEqual({ sid: "s", ep: store.epoch, fence: 1 });
      const { service, principal, cid } = beginning;
      expect(await store.sessions.list()).toEqual([
        { claim, service, principal, cid, since: undefined, size: 0 },
      ]);
    });

    test("two stores never have the same epoch", async () => {
      expect((await opening()).epoch).not.toBe((await opening()).epoch);
    });

    test("a session cannot begin twice", async () => {
      const { store, claim } = await begun({ out: three });
      await expect(trying(() => store.sessions.create({ ...beginning, secret: "another" }))).rejects.toThrow(
        'there is a session "s"',
      );
      expect((await left(store, claim)).outgoing).toEqual(three);
    });

    test.each([
      ["an unknown session", { sid: "other" }],
      ["a wrong secret", { secret: "another" }],
      ["a secret of the same length", { secret: beginning.secret.replace("h", "H") }],
      ["another principal", { principal: "eve" }],
      ["no principal", { principal: undefined }],
      ["another service", { service: "/chat/den" }],
      ["a wrong secret for a session that could not go on", { secret: "another", rx: 99, ep: "another" }],
      ["a wrong secret with an old attempt", { secret: "another", att: 1 }],
    ])("%s is refused in the same words, and nothing changes", async (_, changes) => {
      const { store, claim } = await begun({ out: three });
      const before = await store.sessions.list();
      expect(await store.sessions.attach(bringing(claim, changes))).toEqual({ is: "refused" });
      expect(await store.sessions.list()).toEqual(before);
      expect(await left(store, claim)).toMatchObject({ outgoing: three, acked: empty });
    });

    test("an anonymous session is not resumed by somebody", async () => {
      const { sessions } = await opening();
      const claim = await sessions.create({ ...beginning, principal: undefined });
      expect(await sessions.attach(bringing(claim))).toEqual({ is: "refused" });
      expect(await sessions.attach(bringing(claim, { principal: undefined }))).toMatchObject({
        is: "resumed",
      });
    });

    test.each([0, 1])("the attempt %i, not above the last, is stale, and nothing changes", async (att) => {
      const { store, claim } = await begun({ out: three });
      expect(await store.sessions.attach(bringing(claim, { att, rx: 99 }))).toEqual({ is: "stale" });
      expect(await store.sessions.commit(claim, {})).toEqual([]);
      expect((await left(store, claim)).outgoing).toEqual(three);
    });

    test.each([
      ["another epoch", { ep: "another" }, "another history"],
      ["more received than was sent", { rx: 4 }, "received 4"],
      ["less received than was acknowledged", { rx: 0 }, "acknowledged 1"],
      ["something lost that was not received", { rx: 1, tx0: 7 }, "holds from 7"],
    ])("%s resets, and nothing changes", async (_, changes, cause) => {
      const record = { out: three, acked: { upTo: 1, but: [] }, received: { upTo: 5, but: [] } };
      const { store, claim } = await begun(record);
      const attached = await store.sessions.attach(bringing(claim, { ...changes, att: 50 }));
      expect(attached).toEqual({ is: "reset", why: "lost", cause: expect.stringContaining(cause) });
      expect(await store.sessions.commit(claim, {})).toEqual([]);
      expect(await store.sessions.attach(bringing(claim, { att: 2, rx: 1, tx0: 6 }))).toMatchObject({
        is: "resumed",
        claim: { fence: 2 },
      });
    });

    test("a broken session drops its messages, takes more, and never resumes", async () => {
      const { store, claim } = await begun({ out: three });
      expect(await store.sessions.commit(claim, { broken: true })).toEqual([]);
      expect(await store.sessions.commit(claim, { out: [{ s: 4, data: "more" }] })).toEqual([]);
      expect(await store.sessions.list()).toMatchObject([{ claim, size: 0 }]);
      expect(await store.sessions.attach(bringing(claim))).toMatchObject({ is: "reset", why: "overflow" });
      expect(await store.sessions.commit(claim, {})).toEqual([]);
    });

    test("who comes back gets a new fence and everything that is not acknowledged", async () => {
      const { store, claim } = await begun({ out: three, received: { upTo: 7, but: [3, 5] }, note: "n" });
      const { claim: next, state } = resumed(await store.sessions.attach(bringing(claim, { rx: 1, tx0: 3 })));
      expect(next).toEqual({ ...claim, fence: 2 });
      expect(state).toEqual({
        received: { upTo: 7, but: [3, 5] },
        acked: { upTo: 1, but: [1] },
        out: 3,
        outgoing: three.slice(1),
        note: "n",
      });
    });

    test("an old owner changes nothing", async () => {
      const { store, claim } = await begun({ out: three });
      const heard: string[] = [];
      store.rooms.watch("r", ({ name }) => heard.push(name));
      const { claim: next } = resumed(await store.sessions.attach(bringing(claim)));
      const said = [
        { room: "r", message: { name: "n", data: "", at: 0 }, keep: { messages: 9, seconds: 9 } },
      ];
      for (const old of [
        claim,
        { ...next, ep: "another" },
        { ...next, fence: 3 },
        { ...next, sid: "other" },
      ]) {
        expect(await store.sessions.commit(old, { out: [{ s: 9, data: "" }], said, broken: true })).toBe(
          false,
        );
        expect(await store.sessions.park(old, 5)).toBe(false);
        expect(await store.sessions.remove(old)).toBe(false);
      }
      expect(heard).toEqual([]);
      expect((await store.rooms.position("r")).off).toBe(0);
      expect(await store.sessions.list()).toMatchObject([{ claim: next, since: undefined }]);
      expect((await left(store, next)).outgoing).toEqual(three);
    });

    test("of two that come back with one attempt, one succeeds", async () => {
      const { store, claim } = await begun({ out: three });
      const attempts = [1, 2].map(() => trying(() => store.sessions.attach(bringing(claim))));
      expect((await Promise.all(attempts)).map(({ is }) => is).sort()).toEqual(["resumed", "stale"]);
    });

    test("what is committed just before somebody comes back is there, and what comes just after is not", async () => {
      const { store, claim } = await begun();
      const calls = [
        trying(() => store.sessions.commit(claim, { out: three })),
        trying(() => store.sessions.attach(bringing(claim))),
        trying(() => store.sessions.commit(claim, { out: [{ s: 4, data: "late" }] })),
      ] as const;
      const [first, attached, late] = await Promise.all(calls);
      expect([first, late]).toEqual([[], false]);
      expect(resumed(attached).state).toMatchObject({ out: 3, outgoing: three });
    });

    test("an acknowledgement drops what it covers, and says what is not finished", async () => {
      const { store, claim } = await begun({ out: three });
      await store.sessions.commit(claim, { acked: { upTo: 2, but: [1] } });
      expect(await store.sessions.list()).toMatchObject([{ size: 2 }]);
      expect(await left(store, claim, 2)).toMatchObject({
        acked: { upTo: 2, but: [1] },
        outgoing: three.slice(2),
      });
    });

    test("one record says all that a tick did", async () => {
      const { store, claim } = await begun();
      const record = {
        out: three,
        acked: { upTo: 3, but: [2, 3] },
        received: { upTo: 4, but: [4] },
        note: new Uint8Array([1, 2]),
      };
      expect(await store.sessions.commit(claim, record)).toEqual([]);
      const { out: _, ...rest } = record;
      expect(await left(store, claim, 3)).toEqual({ ...rest, out: 3, outgoing: [] });
    });

    test.each<[string, Commit]>([
      ["a sequence twice", { out: [{ s: 3, data: "" }] }],
      ["a sequence left out", { out: [{ s: 5, data: "" }] }],
      ["an acknowledgement of what was not sent", { acked: { upTo: 4, but: [] } }],
      ["an acknowledgement that goes back", { acked: { upTo: 0, but: [] } }],
      ["a receipt that goes back", { received: { upTo: 1, but: [] } }],
      ["exceptions above the mark", { received: { upTo: 2, but: [3] } }],
      ["exceptions in disorder", { received: { upTo: 3, but: [2, 1] } }],
      ["an exception that is no sequence", { received: { upTo: 3, but: [0] } }],
      ["a mark that is no number", { received: { upTo: Number.NaN, but: [] } }],
    ])("%s cannot follow, and nothing changes", async (_, record) => {
      const { store, claim } = await begun({
        out: three,
        acked: { upTo: 1, but: [] },
        received: { upTo: 2, but: [1] },
      });
      const said = [
        { room: "r", message: { name: "n", data: "", at: 0 }, keep: { messages: 9, seconds: 9 } },
      ];
      const commit = trying(() => store.sessions.commit(claim, { note: "no", said, ...record }));
      await expect(commit).rejects.toThrow(RangeError);
      expect((await store.rooms.position("r")).off).toBe(0);
      expect(await left(store, claim, 1)).toEqual({
        received: { upTo: 2, but: [1] },
        acked: { upTo: 1, but: [] },
        out: 3,
        outgoing: three.slice(1),
        note: undefined,
      });
    });

    test("room messages are said with their record", async () => {
      const { store, claim } = await begun();
      const heard: unknown[] = [];
      store.rooms.watch("r", ({ off, data }) => heard.push([off, data]));
      const said = ["r", "q", "r"].map((room) => ({
        room,
        message: { name: "n", data: `to ${room}`, at: 0 },
        keep: { messages: 9, seconds: 9 },
      }));
      const first = { off: 1, prev: 0 };
      expect(await store.sessions.commit(claim, { said })).toEqual([first, first, { off: 2, prev: 1 }]);
      expect(heard).toEqual([1, 2].map((off) => [off, "to r"]));
    });

    test("texts stay texts and bytes stay bytes", async () => {
      const data = ["", "é🙂\u0000", "x".repeat(70_000), new Uint8Array(), new Uint8Array([0, 255, 13, 10])];
      const out = data.map((one, index) => ({ s: index + 1, data: one }));
      const { store, claim } = await begun({ out });
      expect((await left(store, claim)).outgoing.map(({ data }) => data)).toEqual(data);
    });

    test("a parked session says since when, until it is attached", async () => {
      const { store, claim } = await begun();
      expect(await store.sessions.park(claim, 1_700_000_000_000)).toBe(true);
      expect(await store.sessions.list()).toMatchObject([{ since: 1_700_000_000_000 }]);
      const { claim: next } = resumed(await store.sessions.attach(bringing(claim)));
      expect(await store.sessions.list()).toMatchObject([{ claim: next, since: undefined }]);
    });

    test("a session that was removed is as if it had never been", async () => {
      const { store, claim } = await begun({ out: three });
      expect(await store.sessions.remove(claim)).toBe(true);
      expect(await store.sessions.list()).toEqual([]);
      expect(await store.sessions.attach(bringing(claim))).toEqual({ is: "refused" });
      expect(await store.sessions.commit(claim, {})).toBe(false);
      expect(await store.sessions.remove(claim)).toBe(false);
    });
  });

  logsRooms(name, opening);
}
