import { CloseError } from "@symbolon/protocol";
import type { Hello } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { type TrackedSession, Sessions, type SessionOptions } from "../../src/session/sessions.ts";
import { SessionSecret } from "../../src/session/session-secret.ts";

/** A place for sessions, and how those ended that did. */
function parking(options: SessionOptions = {}) {
  const clock = new Clock();
  const place = new Sessions(clock, { grace: 1_000, ...options });
  const ended: string[] = [];
  const open = (name: string, { size = 0, principal }: { size?: number; principal?: string } = {}) => {
    const line: TrackedSession = {
      owner: { clientId: name, pathname: "/a", principal },
      secret: new SessionSecret(),
      size,
      close: (error: CloseError) => {
        place.remove(line);
        ended.push(`${name} ${error.code}`);
      },
      leave: (error) => Promise.resolve(line.close(error)),
      crash: () => line.close(new CloseError(1006)),
    };
    place.add(line);
    return line;
  };
  const parked = (name: string, options?: { size?: number; principal?: string }) => {
    const line = open(name, options);
    place.detach(line);
    return line;
  };
  return { clock, place, ended, open, parked };
}

/** What a client brings who has been told the session's key. */
function resumeOf({ secret }: TrackedSession): NonNullable<Hello["resume"]> {
  return { ...secret.key, rx: 0, tx0: 1 };
}

describe("a session whose client is away", () => {
  test("waits for the grace time, and then ends", () => {
    const { clock, place, ended, parked } = parking();
    const line = parked("a");
    clock.advance(999);
    expect([place.parked, ended]).toEqual([1, []]);
    expect(place.find(resumeOf(line), line.owner)).toBe(line);
    clock.advance(1);
    expect([place.parked, ended]).toEqual([0, ["a 4902"]]);
    expect(place.find(resumeOf(line), line.owner)).toBeUndefined();
  });

  test("waits no longer when its client is back, and anew when that leaves again", () => {
    const { clock, place, ended, parked } = parking();
    const line = parked("a");
    clock.advance(999);
    place.attach(line);
    clock.advance(5_000);
    expect([place.parked, ended]).toEqual([0, []]);
    place.detach(line);
    clock.advance(999);
    expect(ended).toEqual([]);
    clock.advance(1);
    expect(ended).toEqual(["a 4902"]);
  });

  test("that has ended waits for nobody, and leaves no timer", () => {
    const { clock, place, ended, parked } = parking();
    place.remove(parked("a"));
    clock.advance(5_000);
    expect([place.parked, ended]).toEqual([0, []]);
  });
});

describe("the oldest ends", () => {
  test("when more sessions wait than may", () => {
    const { place, ended, parked } = parking({ maxDetached: 2 });
    for (const name of ["a", "b", "c", "d"]) parked(name);
    expect([place.parked, ended]).toEqual([2, ["a 4902", "b 4902"]]);
  });

  test("when more is kept than may be, of however many", () => {
    const { ended, parked } = parking({ maxDetachedBytes: 100 });
    parked("a", { size: 60 });
    parked("b", { size: 40 });
    expect(ended).toEqual([]);
    parked("c", { size: 70 });
    expect(ended).toEqual(["a 4902", "b 4902"]);
  });

  test("though it is the only one, when it alone is too large", () => {
    const { place, ended, parked } = parking({ maxDetachedBytes: 100 });
    parked("a", { size: 101 });
    expect([place.parked, ended]).toEqual([0, ["a 4902"]]);
    parked("b", { size: 100 });
    expect(place.parked).toBe(1);
  });

  test("when one principal has more than may wait; those of others and of nobody stay", () => {
    const { ended, place, parked } = parking({ detachedPerPrincipal: 2 });
    parked("eve", { principal: "eve" });
    for (const name of ["x", "y", "z"]) parked(name);
    for (const name of ["a", "b", "c"]) parked(name, { principal: "ada" });
    expect([place.parked, ended]).toEqual([6, ["a 4902"]]);
  });

  test("in the order of leaving, not of coming", () => {
    const { ended, open, place } = parking({ maxDetached: 1, detachedPerPrincipal: 1 });
    const a = open("a", { principal: "ada" });
    const b = open("b", { principal: "ada" });
    place.detach(b);
    place.detach(a);
    expect(ended).toEqual(["b 4902"]);
  });

  test("and one that came back counts no more", () => {
    const { ended, place, parked } = parking({
      maxDetached: 2,
      detachedPerPrincipal: 2,
      maxDetachedBytes: 10,
    });
    const ada = { principal: "ada", size: 5 };
    const a = parked("a", ada);
    parked("b", ada);
    place.attach(a);
    parked("c", ada);
    expect(ended).toEqual([]);
  });
});

describe("who may go on with a session", () => {
  test("is who has its secret, at its path, as its principal; anybody else learns nothing", () => {
    const { place, open, parked } = parking();
    const line = parked("a", { principal: "ada" });
    const { rt } = open("other").secret.key;
    const resume = resumeOf(line);
    expect(place.find(resume, line.owner)).toBe(line);
    expect(place.find({ ...resume, sid: "unknown" }, line.owner)).toBeUndefined();
    expect(place.find({ ...resume, rt }, line.owner)).toBeUndefined();
    expect(place.find({ ...resume, rt: "short" }, line.owner)).toBeUndefined();
    expect(place.find(resume, { ...line.owner, principal: "eve" })).toBeUndefined();
    expect(place.find(resume, { ...line.owner, principal: undefined })).toBeUndefined();
    expect(place.find(resume, { ...line.owner, pathname: "/b" })).toBeUndefined();
  });

  test("may be another instance of the client", () => {
    const { place, parked } = parking();
    const line = parked("a");
    expect(place.find(resumeOf(line), { ...line.owner, clientId: "b" })).toBe(line);
  });

  test("is told why it cannot, for the grace time; nobody else is", () => {
    const { clock, place, parked } = parking();
    const line = parked("a");
    place.markLost(line, "overflow");
    place.remove(line);
    clock.advance(999);
    expect(place.find(resumeOf(line), line.owner)).toMatchObject({ why: "overflow" });
    expect(place.find({ ...resumeOf(line), rt: "wrong" }, line.owner)).toBeUndefined();
    expect(place.find(resumeOf(line), { ...line.owner, principal: "eve" })).toBeUndefined();
    clock.advance(1);
    expect(place.find(resumeOf(line), line.owner)).toBeUndefined();
  });

  test("is told why of the newest only, when more have broken than may wait", () => {
    const { place, open } = parking({ maxDetached: 2 });
    const lines = ["a", "b", "c"].map((name) => open(name));
    for (const line of lines) {
      place.markLost(line, "overflow");
      place.remove(line);
    }
    const told = lines.map((line) => place.find(resumeOf(line), line.owner) !== undefined);
    expect(told).toEqual([false, true, true]);
  });
});

test("a session that has another's name by now is left alone when the old one is removed", () => {
  const { place, parked, open } = parking();
  const old = parked("a");
  const next = { ...open("b"), secret: old.secret };
  place.add(next);
  place.remove(old);
  expect(place.find(resumeOf(old), next.owner)).toBe(next);
});

test("when the server leaves every session ends with 1001, and nothing is left", async () => {
  const clock = new WatchedClock();
  const place = new Sessions(clock);
  const codes: number[] = [];
  for (const name of ["a", "b", "c"]) {
    const line: TrackedSession = {
      owner: { clientId: name, pathname: "/", principal: undefined },
      secret: new SessionSecret(),
      size: 0,
      close: () => place.remove(line),
      leave: (error) => {
        codes.push(error.code);
        place.remove(line);
        return Promise.resolve();
      },
      crash: () => {},
    };
    place.add(line);
    if (name === "a") place.detach(line);
    if (name === "b") place.markLost(line, "overflow");
  }
  expect(clock.watchers).toBe(2);
  await place.end();
  expect([codes, place.parked, clock.watchers]).toEqual([[1001, 1001, 1001], 0, 0]);
});

class WatchedClock extends Clock {
  watchers = 0;

  protected override onSubscribersChange(watchers: number): void {
    this.watchers = watchers;
  }
}
