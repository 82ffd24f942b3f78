/** The package of a contract may resolve another copy of `@symbolon/protocol` than the server and the client do. */
import * as own from "@symbolon/protocol";
import { msgpack as ownMsgpack } from "@symbolon/protocol/msgpack";
import { createApp, type OnError } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect } from "../../src/index.ts";

type Protocol = typeof own;

/** The other copy: the same sources, loaded again. */
vi.resetModules();
const other: Protocol = await import("@symbolon/protocol");
const { msgpack: otherMsgpack } = await import("@symbolon/protocol/msgpack");
const otherServer = await import("@symbolon/server");
const { memoryStore: otherMemoryStore } = await import("@symbolon/server/store");
const { testNetwork: otherNetwork } = await import("@symbolon/server/testing");
const { tickets: otherTickets } = await import("@symbolon/server/tickets");

const copies = [
  { contractOf: "the other copy", errorOf: "the copy of the server", declaring: other, throwing: own },
  { contractOf: "the copy of the server", errorOf: "the other copy", declaring: own, throwing: other },
  { contractOf: "the other copy", errorOf: "the other copy", declaring: other, throwing: other },
];

/** A contract that one copy has made; its handlers throw what the test gives them. */
function declareWork({ contract, request, stream }: Protocol) {
  const errors = { FULL: z.object({ seats: z.number() }) };
  return contract("/work", {
    client: {
      post: z.string(),
      ask: request({ input: z.string(), output: z.string(), errors }),
      watch: stream({ input: z.string(), output: z.string(), errors }),
    },
    server: { confirm: request({ input: z.string(), output: z.string() }) },
  });
}

const reported = vi.fn<OnError>();
beforeEach(() => reported.mockReset());

/** A client of a server whose handlers throw `error`. */
function startThrowing(protocol: Protocol, error: unknown) {
  const work = declareWork(protocol);
  const app = createApp({ onError: reported });
  app.implement(work, (peer) => ({
    post: async (text) => {
      if (text === "confirm") await peer.request("confirm", text);
      throw error;
    },
    ask: () => {
      throw error;
    },
    watch: async function* (text) {
      yield text;
      throw error;
    },
  }));
  const client = connect(work, { url: "ws://test", WebSocket: testNetwork(app).WebSocket });
  return { work, client };
}

/** What a promise rejects with. */
function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).then(
    () => expect.unreachable("the promise was to reject"),
    (error: unknown) => error,
  );
}

test("the copies are two", () => {
  expect(other.RequestError).not.toBe(own.RequestError);
  expect(otherMsgpack).not.toBe(ownMsgpack);
});

describe.each(copies)("a contract of $contractOf, an error of $errorOf", ({ declaring, throwing }) => {
  test("a declared error keeps its code and data, from an event, a request and a stream", async () => {
    const { work, client } = startThrowing(
      declaring,
      new throwing.RequestError("FULL", "full", { seats: 3 }),
    );
    const items = client.stream("watch", "first");
    expect(await items.next()).toEqual({ done: false, value: "first" });
    for (const promise of [client.send("post", "a"), client.request("ask", "a"), items.next()]) {
      const error = await rejection(promise);
      expect(error).toMatchObject({ code: "FULL", message: "full", data: { seats: 3 } });
      expect(error).toBeInstanceOf(own.RequestError);
      expect(error).toBeInstanceOf(other.RequestError);
      expect(own.isDeclared(work.definition.client.ask, error)).toBe(true);
    }
    expect(reported).not.toHaveBeenCalled();
    client.close();
  });

  test("an error of a user's own class keeps its code", async () => {
    class Full extends throwing.RequestError {
      override readonly name = "Full";
    }
    const { client } = startThrowing(declaring, new Full("FULL", "full", { seats: 3 }));
    expect(await rejection(client.request("ask", "a"))).toMatchObject({ code: "FULL", data: { seats: 3 } });
    expect(await rejection(client.send("post", "a"))).toMatchObject({ code: "FULL" });
    client.close();
  });

  test("CloseError closes with its code and reason, and the client ends", async () => {
    const { client } = startThrowing(declaring, new throwing.CloseError(4403, "enough"));
    client.send("post", "a");
    expect(await client.closed).toMatchObject({ code: 4403, reason: "enough" });
    expect(reported).not.toHaveBeenCalled();
  });

  test("what a schema rejects is INVALID, with its issues", async () => {
    const { client } = startThrowing(declaring, new Error("unused"));
    const error = await rejection(client.request("ask", 5 as never));
    expect(error).toMatchObject({ code: "INVALID", issues: [{ path: [] }] });
    expect(error).toBeInstanceOf(own.ValidationError);
    expect(error).toBeInstanceOf(other.ValidationError);
    expect(reported).not.toHaveBeenCalled();
    client.close();
  });

  test("a handler of the client fails with its code too", async () => {
    const work = declareWork(declaring);
    const app = createApp({ onError: reported });
    const failed = new Promise((resolve) => {
      app.implement(work, (peer) => ({
        post: async (text) => resolve(await rejection(peer.request("confirm", text))),
        ask: (text) => text,
        watch: () => [],
      }));
    });
    const client = connect(work, { url: "ws://test", WebSocket: testNetwork(app).WebSocket });
    client.handle("confirm", () => {
      throw new throwing.RequestError("NO", "no", { why: 1 });
    });
    client.send("post", "a");
    expect(await failed).toMatchObject({ code: "NO", data: { why: 1 } });
    client.close();
  });

  test("a hook and a setup refuse with the code and reason of their CloseError", async () => {
    const work = declareWork(declaring);
    const app = createApp({ onError: reported });
    app.use(({ query }) => {
      if (query["from"] === "hook") throw new throwing.CloseError(4403, "hook");
    });
    app.implement(work, () => {
      throw new throwing.CloseError(4404, "setup");
    });
    const { WebSocket } = testNetwork(app);
    for (const [url, code] of [
      ["ws://test/?from=hook", 4403],
      ["ws://test/", 4404],
    ] as const) {
      const client = connect(work, { url, WebSocket });
      client.send("post", "a");
      expect(await client.closed).toMatchObject({ code });
    }
    expect(reported).not.toHaveBeenCalled();
  });

  test.each([
    ["the copy of the server", ownMsgpack],
    ["the other copy", otherMsgpack],
  ])("MessagePack of %s carries rich values", async (_, codec) => {
    const { contract, request } = declaring;
    const Rich = z.map(z.string(), z.set(z.bigint()));
    const rich = contract("/rich", { codec, client: { echo: request({ input: Rich, output: Rich }) } });
    const app = createApp({ codecs: [ownMsgpack] });
    app.implement(rich, () => ({ echo: (value) => value }));
    const client = connect(rich, { url: "ws://test", WebSocket: testNetwork(app).WebSocket });
    const value = new Map([["a", new Set([1n])]]);
    expect(await client.request("echo", value)).toEqual(value);
    client.close();
  });
});

test("a codec of the other copy closes a raw route with 1003 for what it rejects", async () => {
  const app = createApp({ onError: reported });
  app.ws("/n", { receive: other.json(z.number()) }, async (socket) => {
    for await (const n of socket) await socket.send(n + 1);
  });
  const socket = await testNetwork(app).connect("/n");
  socket.send("1");
  expect(await socket.receive()).toBe("2");
  socket.send('"a"');
  expect(await socket.closed).toMatchObject({ code: 1003 });
});

test("a CloseError of the other copy closes a raw route with its code, and refuses it", async () => {
  const app = createApp({ onError: reported });
  app.ws("/late", async (socket) => {
    await socket.accept();
    throw new other.CloseError(4005, "late");
  });
  const socket = await testNetwork(app).connect("/late");
  expect(await socket.closed).toMatchObject({ code: 4005, reason: "late" });
  expect(reported).not.toHaveBeenCalled();
});

describe("a part of another copy of the server", () => {
  const talk = own.contract("/talk", {
    client: { ask: own.request({ input: z.string(), output: z.string() }), post: z.string() },
    server: { posted: z.string() },
  });

  test("hooks, identities and tickets name the caller", async () => {
    expect(otherServer.createApp).not.toBe(createApp);
    const otherApp = otherServer.createApp();
    const { issue, check } = otherTickets(otherApp);
    otherApp.use(() => otherServer.identity({ principal: "ada" })).http("/ticket", issue);
    const response = await otherNetwork(otherApp).fetch("/ticket", { method: "POST" });
    const { ticket } = (await response.json()) as { readonly ticket: string };
    const app = createApp();
    app.use(check).implement(talk, (_, { principal }) => ({ ask: () => principal, post: () => {} }));
    const { WebSocket } = testNetwork(app);
    const client = connect(talk, { url: "wss://test", WebSocket, getToken: () => ticket });
    expect(await client.request("ask", "who?")).toBe("ada");
    client.close();
  });

  test("a store keeps sessions and rooms", async () => {
    const app = createApp({ store: otherMemoryStore() });
    app.implement(talk, (peer, { room }) => {
      room("all").join(peer);
      return { ask: (text) => text, post: (text, call) => void call.room("all").send("posted", text) };
    });
    const net = testNetwork(app);
    const client = connect(talk, { url: "wss://test", WebSocket: net.WebSocket });
    const posted: string[] = [];
    client.on("posted", (text) => void posted.push(text));
    client.onReset(() => void posted.push("reset"));
    await client.send("post", "a");
    await net.restart();
    await client.send("post", "b");
    await client.request("ask", "is it here?");
    expect(posted).toEqual(["a", "b"]);
    expect(net.errors).toEqual([]);
    client.close();
  });
});

describe("a contract of another version", () => {
  const work = declareWork(own);
  const setup = () => expect.unreachable("setup is not called");

  const newer = { ...work, [Symbol.for("symbolon.contract")]: 2 };
  const { path, definition, url } = work;
  const unbranded = { path, definition, url };
  const otherVersion = new TypeError(
    'the contract "/work" was made by another version of @symbolon/protocol (revision 2, not 1): install one version, see `npm ls @symbolon/protocol`',
  );
  const noContract = new TypeError(
    "this is no contract, or an older version of @symbolon/protocol made it: make it by `contract` of @symbolon/protocol",
  );

  test("is refused by implement, which names the versions and what to do", () => {
    expect(() => createApp().implement(newer, setup)).toThrow(otherVersion);
    expect(() => createApp().implement(unbranded, setup)).toThrow(noContract);
  });

  test("is refused by connect, which names the versions and what to do", () => {
    expect(() => connect(newer, { url: "ws://test" })).toThrow(otherVersion);
    expect(() => connect(unbranded, { url: "ws://test" })).toThrow(noContract);
    expect(() => connect(undefined as never, {} as never)).toThrow(noContract);
  });
});
