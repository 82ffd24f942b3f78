import type { ResumeKey } from "@symbolon/protocol/internal";
import { CloseError } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { type TrackedSession, Sessions, type SessionOptions } from "../../src/session/sessions.ts";
import { SessionSecret } from "../../src/session/session-secret.ts";

/** A clock that counts its subscribers: one for all detached sessions, and one for each that is lost. */
class CountingClock extends Clock {
  subscribers = 0;

  protected override onSubscribersChange(count: number): void {
    this.subscribers = count;
  }
}

/** The registry, a log of the sessions that have ended, and ways to add a session. */
function createSessions(options: SessionOptions = {}) {
  const clock = new CountingClock();
  const sessions = new Sessions(clock, { grace: 1_000, ...options });
  const ended: string[] = [];
  const add = (name: string, { size = 0, principal }: { size?: number; principal?: string } = {}) => {
    const session: TrackedSession = {
      owner: { keyHash: name, pathname: "/a", principal },
      account: principal ?? "an address",
      secret: new SessionSecret(),
      size,
      close: (error: CloseError) => {
        sessions.remove(session);
        ended.push(`${name} ${error.code}`);
      },
      leave: (error) => Promise.resolve(session.close(error)),
      crash: () => session.close(new CloseError(1006)),
    };
    sessions.add(session);
    return session;
  };
  const addDetached = (name: string, sessionOptions?: { size?: number; principal?: string }) => {
    const session = add(name, sessionOptions);
    sessions.detach(session);
    return session;
  };
  return { clock, sessions, ended, add, addDetached, timers: () => clock.subscribers };
}

/** What the client of a session sends to resume it. */
function credentialOf({ secret: { sessionId, resumeToken, epoch } }: TrackedSession): ResumeKey {
  return { sessionId, resumeToken, epoch };
}

describe("a detached session", () => {
  test("waits for the grace time, and then ends", () => {
    const { clock, sessions, ended, addDetached, timers } = createSessions();
    const session = addDetached("a");
    clock.advance(999);
    expect([timers(), ended]).toEqual([1, []]);
    expect(sessions.find(session.secret, session.owner)).toBe(session);
    clock.advance(1);
    expect([timers(), ended]).toEqual([0, ["a 4902"]]);
    expect(sessions.find(session.secret, session.owner)).toBeUndefined();
  });

  test("stops waiting when its client reconnects, and starts to wait again when the client disconnects again", () => {
    const { clock, sessions, ended, addDetached, timers } = createSessions();
    const session = addDetached("a");
    clock.advance(999);
    sessions.attach(session, "resumed");
    clock.advance(5_000);
    expect([timers(), ended]).toEqual([0, []]);
    sessions.detach(session);
    clock.advance(999);
    expect(ended).toEqual([]);
    clock.advance(1);
    expect(ended).toEqual(["a 4902"]);
  });

  test("has one timer together with all others", () => {
    const { clock, timers, addDetached, ended } = createSessions();
    for (const name of ["a", "b"]) addDetached(name);
    clock.advance(500);
    addDetached("c");
    clock.advance(500);
    expect([timers(), ended]).toEqual([1, ["a 4902", "b 4902"]]);
  });

  test("that has ended does not wait, and leaves no timer", () => {
    const { clock, sessions, ended, addDetached, timers } = createSessions();
    sessions.remove(addDetached("a"));
    clock.advance(5_000);
    expect([timers(), ended]).toEqual([0, []]);
  });
});

test("of many sessions whose grace time passes at once, a few end in each turn; one whose client reconnects meanwhile stays", async () => {
  const { clock, sessions, ended, addDetached } = createSessions();
  const detached = Array.from({ length: 11 }, (_, n) => addDetached(`${n}`));
  clock.advance(1_000);
  expect(ended).toEqual(["0 4902", "1 4902", "2 4902", "3 4902"]);
  sessions.attach(detached[5] as TrackedSession, "resumed");
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended.slice(4)).toEqual(["4 4902", "6 4902", "7 4902", "8 4902"]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended.slice(8)).toEqual(["9 4902", "10 4902"]);
});

describe("the session that was detached first ends", () => {
  test("when there are more than maxDetached", () => {
    const { clock, ended, addDetached, timers } = createSessions({ maxDetached: 2 });
    for (const name of ["a", "b", "c", "d"]) addDetached(name);
    expect([timers(), ended]).toEqual([1, ["a 4902", "b 4902"]]);
    clock.advance(1_000);
    expect([timers(), ended.slice(2)]).toEqual([0, ["c 4902", "d 4902"]]);
  });

  test("when they keep more than maxDetachedBytes, however many they are", () => {
    const { ended, addDetached } = createSessions({ maxDetachedBytes: 100 });
    addDetached("a", { size: 60 });
    addDetached("b", { size: 40 });
    expect(ended).toEqual([]);
    addDetached("c", { size: 70 });
    expect(ended).toEqual(["a 4902", "b 4902"]);
  });

  test("when it is the only one, and keeps more than maxDetachedBytes", () => {
    const { ended, addDetached, timers } = createSessions({ maxDetachedBytes: 100 });
    addDetached("a", { size: 101 });
    expect([timers(), ended]).toEqual([0, ["a 4902"]]);
    addDetached("b", { size: 100 });
    expect(timers()).toBe(1);
  });

  test("when one principal has more than detachedPerPrincipal; sessions of other principals, and of none, stay", async () => {
    const { clock, ended, addDetached, timers } = createSessions({ detachedPerPrincipal: 2 });
    addDetached("eve", { principal: "eve" });
    for (const name of ["x", "y", "z"]) addDetached(name);
    for (const name of ["a", "b", "c"]) addDetached(name, { principal: "ada" });
    expect([timers(), ended]).toEqual([1, ["a 4902"]]);
    clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    const rest = ["eve", "x", "y", "z", "b", "c"].map((name) => `${name} 4902`);
    expect([timers(), ended.slice(1)]).toEqual([0, rest]);
  });

  test("also when it was opened later than another", () => {
    const { ended, add, sessions } = createSessions({ maxDetached: 1, detachedPerPrincipal: 1 });
    const a = add("a", { principal: "ada" });
    const b = add("b", { principal: "ada" });
    sessions.detach(b);
    sessions.detach(a);
    expect(ended).toEqual(["b 4902"]);
  });

  test("but a session whose client has reconnected does not count", () => {
    const { ended, sessions, addDetached } = createSessions({
      maxDetached: 2,
      detachedPerPrincipal: 2,
      maxDetachedBytes: 10,
    });
    const ada = { principal: "ada", size: 5 };
    const a = addDetached("a", ada);
    addDetached("b", ada);
    sessions.attach(a, "resumed");
    addDetached("c", ada);
    expect(ended).toEqual([]);
  });
});

describe("finding a session", () => {
  // S13, CVE-2018-1000518
  test("requires its resume token, its client instance, its path and its principal; a client without one of them gets no information", () => {
    const { sessions, add, addDetached } = createSessions();
    const session = addDetached("a", { principal: "ada" });
    const credential = credentialOf(session);
    const { owner } = session;
    const { resumeToken } = add("other").secret;
    expect(sessions.find(credential, owner)).toBe(session);
    expect(sessions.find({ ...credential, sessionId: "unknown" }, owner)).toBeUndefined();
    expect(sessions.find({ ...credential, resumeToken }, owner)).toBeUndefined();
    expect(sessions.find({ ...credential, resumeToken: "short" }, owner)).toBeUndefined();
    expect(sessions.find(credential, { ...owner, principal: "eve" })).toBeUndefined();
    expect(sessions.find(credential, { ...owner, principal: undefined })).toBeUndefined();
    expect(sessions.find(credential, { ...owner, pathname: "/b" })).toBeUndefined();
    expect(sessions.find(credential, { ...owner, keyHash: "another instance" })).toBeUndefined();
  });

  test("gives the reason of its loss, to its client alone and for the grace time", () => {
    const { clock, sessions, addDetached } = createSessions();
    const session = addDetached("a");
    const credential = credentialOf(session);
    const { owner } = session;
    sessions.markLost(session, "overflow");
    sessions.remove(session);
    clock.advance(999);
    expect(sessions.find(credential, owner)).toMatchObject({ lostReason: "overflow" });
    expect(sessions.find({ ...credential, resumeToken: "wrong" }, owner)).toBeUndefined();
    expect(sessions.find(credential, { ...owner, principal: "eve" })).toBeUndefined();
    clock.advance(1);
    expect(sessions.find(credential, owner)).toBeUndefined();
  });

  test("gives the reason of the newest losses alone, when there are more than maxDetached", () => {
    const { sessions, add } = createSessions({ maxDetached: 2 });
    const lost = ["a", "b", "c"].map((name) => add(name));
    for (const session of lost) {
      sessions.markLost(session, "overflow");
      sessions.remove(session);
    }
    const found = lost.map(({ secret, owner }) => sessions.find(secret, owner) !== undefined);
    expect(found).toEqual([false, true, true]);
  });
});

test("removing a session does not remove another that has taken its id", () => {
  const { sessions, addDetached, add } = createSessions();
  const old = addDetached("a");
  const next = { ...add("b"), secret: old.secret };
  sessions.add(next);
  sessions.remove(old);
  expect(sessions.find(old.secret, next.owner)).toBe(next);
});

test("when the server shuts down every session ends with 1001, and no timer is left", async () => {
  const clock = new CountingClock();
  const sessions = new Sessions(clock);
  const codes: number[] = [];
  const names = ["a", "b", "c"];
  const all = names.map((name) => {
    const session: TrackedSession = {
      owner: { keyHash: name, pathname: "/", principal: undefined },
      account: "an address",
      secret: new SessionSecret(),
      size: 0,
      close: () => sessions.remove(session),
      leave: (error) => {
        codes.push(error.code);
        sessions.remove(session);
        return Promise.resolve();
      },
      crash: () => {},
    };
    sessions.add(session);
    if (name === "a") sessions.detach(session);
    if (name === "b") sessions.markLost(session, "overflow");
    return session;
  });
  expect(clock.subscribers).toBe(2);
  await sessions.end();
  expect([codes, clock.subscribers]).toEqual([[1001, 1001, 1001], 0]);
  expect(all.map(({ secret, owner }) => sessions.find(secret, owner))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
