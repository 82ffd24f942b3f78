import { RequestError, ValidationError } from "@symbolon/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { abortableHandlers, type CallOptions, connectPeers } from "./peer-pair.ts";
import { undoAll, until, watchCrashes } from "../connection/servers.ts";
import { slow } from "../../../../test/time-limits.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

/** Reads a stream to its end, or `count` items and breaks the loop. */
async function readItems(items: AsyncIterable<unknown>, count = Infinity): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) {
    all.push(item);
    if (all.length >= count) break;
  }
  return all;
}

const largeText = "x".repeat(60 * 1024);

describe.each([
  ["memory", "client"],
  ["memory", "server"],
  ["sockets", "client"],
  ["sockets", "server"],
] as const)("over %s, when the %s calls", (network, calling) => {
  const pair = () => connectPeers(network, calling);

  test("a request gets a reply", async () => {
    const { caller, handlers } = await pair();
    handlers.halve = async (n) => n / 2;
    expect(await caller.request("halve", 8)).toBe(4);
  });

  test("a request fails with a declared error, another RequestError, or INTERNAL without details", async () => {
    const logged = vi.spyOn(console, "error").mockReturnValue(); // the client logs the errors of its handlers
    const { caller, handlers, errors } = await pair();
    const thrown: unknown[] = [
      new RequestError("NO", "no", { at: 1 }),
      new RequestError("WHY"),
      new Error("secret"),
    ];
    handlers.halve = () => {
      throw thrown.shift();
    };
    await expect(caller.request("halve", 0)).rejects.toEqual(new RequestError("NO", "no", { at: 1 }));
    await expect(caller.request("halve", 0)).rejects.toEqual(new RequestError("WHY"));
    // A server names the error, so that its log can be searched for it.
    const id: unknown = expect.stringMatching(/^[0-9a-f]{16}$/);
    const internal = new RequestError(
      "INTERNAL",
      "the handler failed",
      calling === "client" ? { id } : undefined,
    );
    await expect(caller.request("halve", 0)).rejects.toEqual(internal);
    expect(calling === "client" ? errors : logged.mock.calls.map(([error]) => error)).toEqual([
      new Error("secret"),
    ]);
    logged.mockRestore();
  });

  test("the receiver checks the input and the caller checks the output, also with an asynchronous schema", async () => {
    const { caller, handlers } = await pair();
    handlers.halve = (n) => n / 2;
    const invalid = new ValidationError([{ message: "not even", path: [] }]);
    await expect(caller.request("halve", 3)).rejects.toEqual(invalid);
    await expect(caller.request("halve", 2)).rejects.toMatchObject({ issues: [{ message: "not even" }] });
    await expect(readItems(caller.stream("items", 3))).rejects.toEqual(invalid);
  });

  test("a stream yields its items in order", async () => {
    const { caller, handlers } = await pair();
    handlers.items = (to) => Array.from({ length: to }, (_, n) => n);
    expect(await readItems(caller.stream("items", 100))).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  test("aborting a request aborts the handler", async () => {
    const { caller, handlers } = await pair();
    const { halve, logged } = abortableHandlers();
    handlers.halve = halve;
    const controller = new AbortController();
    const reply = caller.request("halve", 0, { signal: controller.signal });
    await logged("started");
    controller.abort(new Error("enough"));
    await expect(reply).rejects.toThrow("enough");
    await logged("aborted");
  });

  test("aborting a stream aborts the handler, and runs its finally", async () => {
    const { caller, handlers } = await pair();
    const { items: abortable, logged } = abortableHandlers();
    handlers.items = abortable;
    const controller = new AbortController();
    const items = readItems(caller.stream("items", 0, { signal: controller.signal }));
    await logged("started");
    controller.abort(new Error("enough"));
    await expect(items).rejects.toThrow("enough");
    await logged("ended");
  });

  test("breaking the loop aborts the handler", async () => {
    const { caller, handlers } = await pair();
    const { items, logged, log } = abortableHandlers();
    handlers.items = items;
    expect(await readItems(caller.stream("items", 0), 1)).toEqual([1]);
    await logged("ended");
    expect(log).toEqual(["started", "aborted", "ended"]);
  });

  test("a timeout aborts the handlers of a request and of a stream", async () => {
    const { caller, handlers, clock } = await pair();
    const first = abortableHandlers();
    const second = abortableHandlers();
    handlers.halve = first.halve;
    handlers.items = second.items;
    const timeout = { timeout: 30 };
    const outcome = Promise.allSettled([
      caller.request("halve", 0, timeout),
      readItems(caller.stream("items", 0, timeout)),
    ]);
    await first.logged("started");
    await second.logged("started");
    clock.advance(30); // the time of the server; the client uses real time
    const timedOut = { status: "rejected", reason: { code: "TIMEOUT" } };
    expect(await outcome).toMatchObject([timedOut, timedOut]);
    await first.logged("aborted");
    await second.logged("ended");
  });

  test.each(["loses its session", "closes"])(
    "open calls fail as unknown and their handlers end when the client %s",
    slow,
    async (event) => {
      const { caller, handlers, client, loseSession } = await pair();
      const first = abortableHandlers();
      const second = abortableHandlers();
      handlers.halve = first.halve;
      handlers.items = second.items;
      const reply = caller.request("halve", 0);
      const items = readItems(caller.stream("items", 0));
      const outcome = Promise.allSettled([reply, items]);
      await first.logged("started");
      await second.logged("started");
      if (event === "closes") client.close();
      else await loseSession();
      const unknown = { status: "rejected", reason: { code: "OUTCOME_UNKNOWN", sentBefore: true } };
      expect(await outcome).toMatchObject([unknown, unknown]);
      await first.logged("aborted");
      await second.logged("ended");
    },
  );

  test("open calls continue when the client loses its connection", slow, async () => {
    const { caller, handlers, drop } = await pair();
    const gates: (() => void)[] = [];
    const gate = () => new Promise<void>((resolve) => gates.push(resolve));
    handlers.halve = async (n) => {
      await gate();
      return n / 2;
    };
    handlers.items = async function* (n) {
      yield n;
      await gate();
      yield n + 2;
    };
    const reply = caller.request("halve", 8);
    const items = caller.stream("items", 0);
    expect((await items.next()).value).toBe(0);
    const rest = readItems(items);
    await until(() => gates.length === 2);
    drop();
    for (const open of gates) open();
    expect(await reply).toBe(4);
    expect(await rest).toEqual([2]);
  });

  test("16 calls overlap and the 17th waits; a call starts after the events before it", async () => {
    const { caller, handlers } = await pair();
    const order: string[] = [];
    const gates: (() => void)[] = [];
    handlers.note = async (text) => {
      await new Promise(setImmediate);
      order.push(text);
    };
    handlers.halve = (n) => {
      order.push("halve");
      return new Promise((resolve) => gates.push(() => resolve(n)));
    };
    void caller.send("note", "before");
    const replies = Array.from({ length: 17 }, (_, n) => caller.request("halve", 2 * n));
    void caller.send("note", "after");
    await until(() => order.includes("after"));
    expect(order).toEqual(["before", ...Array.from({ length: 16 }, () => "halve"), "after"]);
    gates[15]?.();
    await until(() => gates.length === 17);
    for (const open of gates) open();
    expect(await Promise.all(replies)).toEqual(replies.map((_, n) => 2 * n));
  });

  test("a thousand simultaneous calls all get replies", slow, async () => {
    const { caller, handlers } = await pair();
    handlers.halve = (n) => n;
    handlers.items = (n) => Array.from({ length: 40 }, () => n);
    const replies = Array.from({ length: 1_000 }, (_, n) => caller.request("halve", 2 * n));
    const streams = Array.from({ length: 200 }, (_, n) => readItems(caller.stream("items", 2 * n)));
    expect(await Promise.all(replies)).toEqual(replies.map((_, n) => 2 * n));
    expect((await Promise.all(streams)).map((items) => items.length)).toEqual(streams.map(() => 40));
  });

  test("the handler receives an upload and its end", async () => {
    const { caller, handlers } = await pair();
    handlers.echo = (_, { upload }) => upload;
    expect(await readItems(caller.stream("echo", "", { upload: [1, 2, 3] }))).toEqual([1, 2, 3]);
  });

  test("the upload returns when the handler stops reading it, and the stream continues", async () => {
    const { caller, handlers } = await pair();
    const log: string[] = [];
    async function* endless() {
      try {
        for (;;) yield 1;
      } finally {
        log.push("returned");
      }
    }
    handlers.echo = async function* (_, { upload }) {
      yield (await readItems(upload, 3)).length;
      await until(() => log.includes("returned"));
      yield "continued";
    };
    expect(await readItems(caller.stream("echo", "", { upload: endless() }))).toEqual([3, "continued"]);
  });

  test("an upload that throws ends the stream with its error, and cancels the handler's upload", async () => {
    const { caller, handlers } = await pair();
    const thrown: unknown[] = [];
    let received = 0;
    handlers.echo = async function* (_, { upload }) {
      try {
        for await (const n of upload) yield (received = Number(n));
      } catch (error) {
        thrown.push(error);
      }
    };
    const upload = (async function* () {
      yield 1;
      await until(() => received === 1);
      throw new Error("no more");
    })();
    await expect(readItems(caller.stream("echo", "", { upload }))).rejects.toThrow("no more");
    await until(() => thrown.length > 0);
    expect(thrown).toMatchObject([{ code: "CANCELLED" }]);
  });

  test("a stream makes at most six items of 60 KiB ahead of its reader, and all arrive in order", async () => {
    const { caller, handlers } = await pair();
    let made = 0;
    handlers.halve = (n) => n;
    handlers.items = function* () {
      while (made < 40) yield `${(made += 1)}${largeText}`;
    };
    const items = caller.stream("items", 0);
    const first = items.next();
    await until(() => made === 5);
    for (let n = 0; n < 20; n += 1) await caller.request("halve", 0);
    expect(made).toBeLessThanOrEqual(6);
    expect((await first).value).toBe(`1${largeText}`);
    const rest = await readItems(items);
    expect(rest).toEqual(Array.from({ length: 39 }, (_, n) => `${n + 2}${largeText}`));
  });

  test("an upload makes five items of 60 KiB ahead of a handler that does not read, and then all arrive", async () => {
    const { caller, handlers } = await pair();
    let made = 0;
    let openGate: () => void = () => {};
    const gate = new Promise<void>((resolve) => (openGate = resolve));
    handlers.halve = (n) => n;
    handlers.echo = async function* (
      _: string,
      { upload }: CallOptions & { upload: AsyncIterable<unknown> },
    ) {
      await gate;
      yield* upload;
    };
    const upload = (function* () {
      while (made < 40) yield `${(made += 1)}${largeText}`;
    })();
    const all = readItems(caller.stream("echo", "", { upload }));
    await until(() => made === 5);
    for (let n = 0; n < 20; n += 1) await caller.request("halve", 0);
    expect(made).toBe(5);
    openGate();
    expect(await all).toEqual(Array.from({ length: 40 }, (_, n) => `${n + 1}${largeText}`));
  });
});
