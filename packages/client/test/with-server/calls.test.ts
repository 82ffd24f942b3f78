import { RequestError, ValidationError } from "@symbolon/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pairing, type Told, waiting } from "./both.ts";
import { undoAll, until, watchCrashes } from "../connection/servers.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

/** Reads a stream to its end; stops after `count` items by leaving the loop. */
async function read(items: AsyncIterable<unknown>, count = Infinity): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) {
    all.push(item);
    if (all.length >= count) break;
  }
  return all;
}

const item = "x".repeat(60 * 1024);

describe.each([
  ["memory", "client"],
  ["memory", "server"],
  ["sockets", "client"],
  ["sockets", "server"],
] as const)("over %s, the %s asks:", (network, asking) => {
  const pair = () => pairing(network, asking);

  test("a request is answered", async () => {
    const { asker, answering } = await pair();
    answering.half = async (n) => n / 2;
    expect(await asker.request("half", 8)).toBe(4);
  });

  test("a request fails: by a declared error, another, or one of which nothing crosses", async () => {
    const told = vi.spyOn(console, "error").mockReturnValue(); // by a client, of what its handlers threw
    const { asker, answering, errors } = await pair();
    const thrown: unknown[] = [
      new RequestError("NO", "no", { at: 1 }),
      new RequestError("WHY"),
      new Error("secret"),
    ];
    answering.half = () => {
      throw thrown.shift();
    };
    await expect(asker.request("half", 0)).rejects.toEqual(new RequestError("NO", "no", { at: 1 }));
    await expect(asker.request("half", 0)).rejects.toEqual(new RequestError("WHY"));
    const internal = new RequestError("INTERNAL", "the handler failed");
    await expect(asker.request("half", 0)).rejects.toEqual(internal);
    expect(asking === "client" ? errors : told.mock.calls.map(([error]) => error)).toEqual([
      new Error("secret"),
    ]);
    told.mockRestore();
  });

  test("input is checked where it is heard, output where it arrives, also by an asynchronous schema", async () => {
    const { asker, answering } = await pair();
    answering.half = (n) => n / 2;
    const refused = new ValidationError([{ message: "not even", path: [] }]);
    await expect(asker.request("half", 3)).rejects.toEqual(refused);
    await expect(asker.request("half", 2)).rejects.toMatchObject({ issues: [{ message: "not even" }] });
    await expect(read(asker.stream("items", 3))).rejects.toEqual(refused);
  });

  test("a stream gives every item in order", async () => {
    const { asker, answering } = await pair();
    answering.items = (to) => Array.from({ length: to }, (_, n) => n);
    expect(await read(asker.stream("items", 100))).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  test("a request given up by its signal reaches the handler", async () => {
    const { asker, answering } = await pair();
    const { wait, has } = waiting();
    answering.half = wait;
    const enough = new AbortController();
    const reply = asker.request("half", 0, { signal: enough.signal });
    await has("waits");
    enough.abort(new Error("enough"));
    await expect(reply).rejects.toThrow("enough");
    await has("given up");
  });

  test("a stream given up by its signal reaches the handler, whose finally runs", async () => {
    const { asker, answering } = await pair();
    const { stream, has } = waiting();
    answering.items = stream;
    const enough = new AbortController();
    const items = read(asker.stream("items", 0, { signal: enough.signal }));
    await has("waits");
    enough.abort(new Error("enough"));
    await expect(items).rejects.toThrow("enough");
    await has("ended");
  });

  test("leaving the loop reaches the handler", async () => {
    const { asker, answering } = await pair();
    const { stream, has, log } = waiting();
    answering.items = stream;
    expect(await read(asker.stream("items", 0), 1)).toEqual([1]);
    await has("ended");
    expect(log).toEqual(["waits", "given up", "ended"]);
  });

  test("a timeout reaches the handler, of a request and of a stream", async () => {
    const { asker, answering, clock } = await pair();
    const one = waiting();
    const two = waiting();
    answering.half = one.wait;
    answering.items = two.stream;
    const timeout = { timeout: 30 };
    const outcome = Promise.allSettled([
      asker.request("half", 0, timeout),
      read(asker.stream("items", 0, timeout)),
    ]);
    await one.has("waits");
    await two.has("waits");
    clock.advance(30); // a server's time; that of a client passes by itself
    const timedOut = { status: "rejected", reason: { code: "TIMEOUT" } };
    expect(await outcome).toMatchObject([timedOut, timedOut]);
    await one.has("given up");
    await two.has("ended");
  });

  test.each(["loses its session", "is closed"])(
    "what is asked when the client %s is unknown, and its handlers end",
    async (how) => {
      const { asker, answering, client, lose } = await pair();
      const one = waiting();
      const two = waiting();
      answering.half = one.wait;
      answering.items = two.stream;
      const reply = asker.request("half", 0);
      const items = read(asker.stream("items", 0));
      const outcome = Promise.allSettled([reply, items]);
      await one.has("waits");
      await two.has("waits");
      if (how === "is closed") client.close();
      else await lose();
      const unknown = { status: "rejected", reason: { code: "OUTCOME_UNKNOWN", sentBefore: true } };
      expect(await outcome).toMatchObject([unknown, unknown]);
      await one.has("given up");
      await two.has("ended");
    },
  );

  test("what is asked goes on when the client loses its connection", async () => {
    const { asker, answering, drop } = await pair();
    const gates: (() => void)[] = [];
    const gate = () => new Promise<void>((resolve) => gates.push(resolve));
    answering.half = async (n) => {
      await gate();
      return n / 2;
    };
    answering.items = async function* (n) {
      yield n;
      await gate();
      yield n + 2;
    };
    const reply = asker.request("half", 8);
    const items = asker.stream("items", 0);
    expect((await items.next()).value).toBe(0);
    const rest = read(items);
    await until(() => gates.length === 2);
    drop();
    for (const open of gates) open();
    expect(await reply).toBe(4);
    expect(await rest).toEqual([2]);
  });

  test("16 overlap, the 17th waits; a call starts after the events before it", async () => {
    const { asker, answering } = await pair();
    const order: string[] = [];
    const gates: (() => void)[] = [];
    answering.note = async (text) => {
      await new Promise(setImmediate);
      order.push(text);
    };
    answering.half = (n) => {
      order.push("half");
      return new Promise((resolve) => gates.push(() => resolve(n)));
    };
    void asker.send("note", "before");
    const replies = Array.from({ length: 17 }, (_, n) => asker.request("half", 2 * n));
    void asker.send("note", "after");
    await until(() => order.includes("after"));
    expect(order).toEqual(["before", ...Array.from({ length: 16 }, () => "half"), "after"]);
    gates[15]?.();
    await until(() => gates.length === 17);
    for (const open of gates) open();
    expect(await Promise.all(replies)).toEqual(replies.map((_, n) => 2 * n));
  });

  test("a thousand at once are all answered", async () => {
    const { asker, answering } = await pair();
    answering.half = (n) => n;
    answering.items = (n) => Array.from({ length: 40 }, () => n);
    const replies = Array.from({ length: 1_000 }, (_, n) => asker.request("half", 2 * n));
    const streams = Array.from({ length: 200 }, (_, n) => read(asker.stream("items", 2 * n)));
    expect(await Promise.all(replies)).toEqual(replies.map((_, n) => 2 * n));
    expect((await Promise.all(streams)).map((items) => items.length)).toEqual(streams.map(() => 40));
  });

  test("an upload is fed to the handler, and its end is told", async () => {
    const { asker, answering } = await pair();
    answering.echo = (_, { upload }) => upload;
    expect(await read(asker.stream("echo", "", { upload: [1, 2, 3] }))).toEqual([1, 2, 3]);
  });

  test("an upload that the handler leaves off reading is returned, while the stream goes on", async () => {
    const { asker, answering } = await pair();
    const log: string[] = [];
    async function* endless() {
      try {
        for (;;) yield 1;
      } finally {
        log.push("returned");
      }
    }
    answering.echo = async function* (_, { upload }) {
      yield (await read(upload, 3)).length;
      await until(() => log.includes("returned"));
      yield "on";
    };
    expect(await read(asker.stream("echo", "", { upload: endless() }))).toEqual([3, "on"]);
  });

  test("an upload that throws ends the stream with it, and the handler is told", async () => {
    const { asker, answering } = await pair();
    const thrown: unknown[] = [];
    let fed = 0;
    answering.echo = async function* (_, { upload }) {
      try {
        for await (const n of upload) yield (fed = Number(n));
      } catch (error) {
        thrown.push(error);
      }
    };
    const upload = (async function* () {
      yield 1;
      await until(() => fed === 1);
      throw new Error("no more");
    })();
    await expect(read(asker.stream("echo", "", { upload }))).rejects.toThrow("no more");
    await until(() => thrown.length > 0);
    expect(thrown).toMatchObject([{ code: "CANCELLED" }]);
  });

  test("items of 60 KiB that nobody reads: five are made, and all arrive in order when it reads on", async () => {
    const { asker, answering } = await pair();
    let made = 0;
    answering.half = (n) => n;
    answering.items = function* () {
      while (made < 40) yield `${(made += 1)}${item}`;
    };
    const items = asker.stream("items", 0);
    const first = items.next();
    await until(() => made === 5);
    for (let trip = 0; trip < 20; trip += 1) await asker.request("half", 0);
    expect(made).toBeLessThanOrEqual(6);
    expect((await first).value).toBe(`1${item}`);
    const rest = await read(items);
    expect(rest).toEqual(Array.from({ length: 39 }, (_, n) => `${n + 2}${item}`));
  });

  test("an upload of 60 KiB items to a handler that does not read: five are made, then all arrive", async () => {
    const { asker, answering } = await pair();
    let made = 0;
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    answering.half = (n) => n;
    answering.echo = async function* (_: string, { upload }: Told & { upload: AsyncIterable<unknown> }) {
      await gate;
      yield* upload;
    };
    const upload = (function* () {
      while (made < 40) yield `${(made += 1)}${item}`;
    })();
    const all = read(asker.stream("echo", "", { upload }));
    await until(() => made === 5);
    for (let trip = 0; trip < 20; trip += 1) await asker.request("half", 0);
    expect(made).toBe(5);
    go();
    expect(await all).toEqual(Array.from({ length: 40 }, (_, n) => `${n + 1}${item}`));
  });
});
