import type { PresenceFrame } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { gate } from "../../gate.ts";
import { TestOutlet } from "../test-outlet.ts";
import { startRoom } from "./start-room.ts";

describe("a client", () => {
  test("is sent nothing before it asks; then all members and its own id, and after that what has changed", async () => {
    const { join, tick } = startRoom();
    const [a, b] = [join("a"), join("b")];
    await tick();
    expect(a.frames).toEqual([]);
    a.show();
    await tick();
    const here = [a, b].map(({ member }) => ({ id: member.client.id, state: "here", connections: 1 }));
    expect(a.frames).toEqual([{ t: "members", room: "tea", here, self: "a" }]);
    b.show("hello");
    await tick();
    b.member.leave(false);
    await tick();
    expect(a.frames.slice(1)).toEqual([
      { t: "members", room: "tea", here: [{ id: "b", state: "here", connections: 1, data: "hello" }] },
      { t: "members", room: "tea", here: [], gone: ["b"] },
    ]);
  });

  test("that shows much at once is validated, and shown, once: the newest counts", async () => {
    const validated: unknown[] = [];
    const { join, tick } = startRoom(z.string().transform((text) => (validated.push(text), text)));
    const [a, b] = [join("a"), join("b")];
    b.show();
    for (let n = 0; n < 1_000; n += 1) a.show(`${n}`);
    a.show(); // only follows
    await tick();
    expect(validated).toEqual(["999"]);
    expect(b.frames).toMatchObject([{ here: [{ data: "999" }, { id: "b" }] }]);
  });

  test("is refused aloud: what is too large, what the schema refuses, and what its code cannot do", async () => {
    const { join, tick, errors } = startRoom(
      z.string().transform((text) => {
        if (text === "throw") throw new Error("schema");
        return text;
      }),
    );
    const a = join("a");
    a.show("x", 4_097);
    await tick();
    a.show(1);
    await tick();
    a.show("throw");
    await tick();
    const refusals = a.frames.filter((frame): frame is PresenceFrame => frame.t === "presence");
    expect(a.frames[1]).toMatchObject({ self: "a" });
    expect(refusals.map(({ code }) => code)).toEqual(["TOO_LARGE", "INVALID", "INTERNAL"]);
    expect(errors).toEqual([new Error("schema")]);
  });

  test.each([
    [["slow", "quick"], "quick"],
    [["quick", "slow"], "slow"],
  ])("whose schema is asynchronous shows what it set last: %j", async (texts, last) => {
    const { passed, open } = gate();
    const { room, join, tick } = startRoom(
      z.string().transform(async (text) => {
        if (text === "slow") await passed;
        return text;
      }),
    );
    const a = join("a");
    for (const text of texts) {
      a.show(text);
      a.member.apply();
    }
    await tick();
    open();
    await tick();
    await tick();
    expect(room.members).toMatchObject([{ data: last }]);
  });

  test("whose schema is asynchronous is validated once at a time: of what it shows meanwhile the newest counts", async () => {
    const { passed, open } = gate();
    const validated: string[] = [];
    const { room, join, tick } = startRoom(
      z.string().transform(async (text) => {
        validated.push(text);
        await passed;
        return text;
      }),
    );
    const a = join("a");
    for (const text of ["1", "2", "3"]) {
      a.show(text);
      await tick();
    }
    open();
    await tick();
    await tick();
    expect([validated, room.members]).toMatchObject([["1", "3"], [{ data: "3" }]]);
  });

  test.each([false, true])(
    "that leaves while its data is validated is gone; its session moves: %j",
    async (moved) => {
      const { passed, open } = gate();
      const { room, join, tick, emptied } = startRoom(
        z.string().transform(async (text) => {
          await passed;
          return text;
        }),
      );
      const a = join("a");
      a.show("late");
      await tick();
      a.show("later");
      a.member.detach();
      a.member.leave(moved);
      open();
      for (let passes = 0; passes < 10; passes += 1) await tick();
      expect([room.members, emptied()]).toEqual([[], 1]);
    },
  );

  test("whose schema makes later what JSON cannot carry is refused, and the server goes on", async () => {
    const { join, tick, errors } = startRoom(z.string().transform(async (text) => BigInt(text)));
    const a = join("a");
    a.show("1");
    await tick();
    await tick();
    expect(a.frames).toMatchObject([{ t: "members" }, { t: "presence", code: "INTERNAL" }]);
    expect(errors).toEqual([expect.any(TypeError)]);
  });

  test("that shows too much is sent the members all the same", async () => {
    const { join, tick } = startRoom();
    const a = join("a");
    a.show("x", 4_097);
    await tick();
    expect(a.frames).toMatchObject([
      { t: "presence", code: "TOO_LARGE" },
      { self: "a", here: [{ id: "a" }] },
    ]);
  });

  test("keeps the bytes of what it shows, also when it only asks who is there", async () => {
    const { join, tick } = startRoom(z.string().transform((text) => text.repeat(100)));
    const a = join("a");
    a.show("ab");
    await tick();
    a.show();
    await tick();
    expect(a.member.bytes).toBe(202);
  });

  test("that reads nothing is sent no refusals", () => {
    const { join } = startRoom();
    const a = join("a");
    a.outlet.fill();
    for (let n = 0; n < 10; n += 1) a.show("x", 4_097);
    expect(a.frames).toEqual([]);
  });

  test("that comes on another wire before the one before is lost is sent all members", async () => {
    const { join, tick } = startRoom();
    const a = join("a");
    a.show();
    await tick();
    const outlet = new TestOutlet();
    a.member.attach(outlet, undefined);
    await tick();
    join("b");
    await tick();
    expect(outlet.frames).toEqual([]);
    a.show();
    await tick();
    expect(outlet.frames).toMatchObject([{ self: "a", here: [{ id: "a" }, { id: "b" }] }]);
  });

  test("shows what it set last, though another process has set the same member's data by a clock that is ahead", async () => {
    const { room, join, tick } = startRoom();
    const a = join("a");
    const ahead = Date.now() + 1_000_000;
    room.receive({ node: "n2", here: [{ id: "a", away: false, at: ahead, data: "before" }] });
    a.show("after");
    await tick();
    expect(room.members).toMatchObject([{ data: "after" }]);
  });

  test("that reads slowly is sent no difference until it has read, and then one", async () => {
    const { join, tick } = startRoom();
    const [slow, a] = [join("slow"), join("a")];
    slow.show();
    await tick();
    slow.outlet.fill();
    for (const text of ["1", "2", "3"]) {
      a.show(text);
      await tick();
    }
    expect(slow.frames).toHaveLength(1);
    slow.outlet.drain();
    await tick();
    expect(slow.frames.slice(1)).toMatchObject([{ here: [{ data: "3" }] }]);
  });

  test("that is disconnected while it is sent to gets nothing more, and all members when it is back", async () => {
    const { join, tick } = startRoom();
    const a = join("a");
    a.outlet.fill();
    a.show();
    await tick();
    a.member.detach();
    a.outlet.drain();
    await tick();
    expect(a.frames).toEqual([]);
    a.member.attach(a.outlet, undefined);
    a.show();
    await tick();
    expect(a.frames).toMatchObject([{ self: "a", here: [{ id: "a", state: "here" }] }]);
  });

  test("without a session is a member, and is sent nothing", async () => {
    const { room, join, tick } = startRoom();
    const plain = join("p", true);
    await tick();
    expect([room.members.length, plain.frames]).toEqual([1, []]);
  });
});

test("a room with many members comes in pages, and each change costs each member one frame", async () => {
  const { join, tick } = startRoom();
  const members = Array.from({ length: 250 }, (_, n) => join(`m${n}`));
  const [first] = members;
  first?.show();
  await tick();
  expect(first?.frames).toMatchObject([{ self: "m0", more: true }, { more: true }, {}]);
  expect(first?.frames.map((frame) => ("here" in frame ? frame.here.length : 0))).toEqual([100, 100, 50]);
  for (const { show } of members) show("here");
  await tick();
  const sent = members.reduce((sum, { frames }) => sum + frames.length, 0);
  expect(sent).toBe(250 * 3 + 3);
});

test("many clients that come at once are sent all members as they are written once", async () => {
  const { room, join, tick } = startRoom();
  let written = 0;
  const data = { toJSON: () => (written += 1) };
  room.receive({ node: "n2", here: [{ id: "other", away: false, at: 1, data }] });
  const clients = Array.from({ length: 50 }, (_, n) => join(`m${n}`));
  for (const { show } of clients) show();
  await tick();
  const ids = clients.map(({ frames: [frame] }) => frame && "self" in frame && frame.self);
  expect([written, ids]).toEqual([1, clients.map(({ member }) => member.client.id)]);
});

test("a room tells its subscribers of changes until they leave, and is empty when no one is left", async () => {
  const { room, join, tick, emptied, errors } = startRoom();
  const seen: string[][] = [];
  const unsubscribe = room.subscribe((members) => {
    seen.push(members.map(({ id }) => id));
    if (members.length === 0) throw new Error("listener");
  });
  const a = join("a");
  await tick();
  a.member.leave(false);
  await tick();
  expect([seen, errors, emptied()]).toEqual([[["a"], []], [new Error("listener")], 0]);
  unsubscribe();
  await tick();
  expect(emptied()).toBe(1);
});
