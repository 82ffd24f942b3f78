// V4: what clients cause in rooms is bounded, and refuses its cause alone.
import { contract, json, RequestError, request, stream } from "@symbolon/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { identity } from "../../src/request/identity.ts";
import { fileStore } from "../../src/store/file/file-store.ts";
import type { Store } from "../../src/store/store.ts";
import { Clock, testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { hello, openSession, receiveFrame, keyOf } from "../session/connect-session.ts";
import { temporaryDirectory } from "../store/file/directories.ts";

const talk = contract("/talk", {
  client: {
    say: request({ input: z.object({ room: z.string(), text: z.string() }), output: z.null() }),
    join: request({ input: z.string(), output: z.null() }),
    pour: stream({ input: z.string(), output: z.number() }),
  },
  server: { said: z.string() },
});

/** Another contract, whose rooms have the same names. */
const chat = contract("/chat", { client: talk.definition.client, server: talk.definition.server });

const text = "x".repeat(1_000);

function startTalkServer(options: AppOptions) {
  const errors: unknown[] = [];
  const clock = new Clock();
  const app = createApp({
    clock,
    onError: (error) => void errors.push(error),
    ...options,
    limits: { messagesPerSecond: Infinity, bytesPerSecond: Infinity, ...options.limits },
  });
  const memory = { newMembers: { messages: 1_000, ms: 120_000 } };
  const authenticated = app.group(({ token }) =>
    token === undefined ? undefined : identity({ principal: token }),
  );
  const [service] = [talk, chat].map((served) =>
    authenticated.implement(served, { rooms: { memory } }, (peer, { room }) => ({
      say: ({ room: name, text: said }, call) => {
        void call.room(name).send("said", said);
        return null;
      },
      join: (name) => {
        room(name).join(peer);
        return null;
      },
      async *pour(name, call) {
        for (let n = 1; ; n += 1) {
          await call.room(`${name} ${n}`).send("said", text);
          if (n % 100 === 0) yield n;
        }
      },
    })),
  );
  if (service === undefined) throw new Error("there are two");
  return { app, net: testNetwork(app), service, errors, clock };
}

type TalkServer = ReturnType<typeof startTalkServer>;

let clients = 0;
const open = (
  { net }: TalkServer,
  options: { address?: string; token?: string; path?: string } = {},
): Promise<TestSocket> => {
  const { address = "192.0.2.1", token: auth, path = "/talk" } = options;
  const key = keyOf(`client ${(clients += 1)}`);
  return openSession(net, path, { ...hello, key, ...(auth !== undefined && { auth }) }, { address });
};

let calls = 0;
/** Makes a request. Returns its answer. */
async function ask(socket: TestSocket, name: string, data: unknown): Promise<Record<string, unknown>> {
  calls += 1;
  socket.send({ t: "request", q: calls, name, data });
  for (;;) {
    const frame = (await socket.receive(json())) as Record<string, unknown>;
    if (frame["s"] !== undefined) socket.send({ t: "ack", a: frame["s"] });
    if (frame["t"] === "reply" || frame["t"] === "error") return frame;
  }
}

/** Sends to ever new rooms until the server refuses. Returns how many messages it accepted, and the refusal. */
async function fill(server: TalkServer, socket: TestSocket) {
  for (let n = 0; n < 3_000; n += 1) {
    const answer = await ask(socket, "say", { room: `room ${(calls += 1)}`, text });
    if (answer["t"] === "error") return { accepted: n, answer };
  }
  throw new Error("nothing was refused");
}

describe.each<[string, number, () => Promise<{ store?: Store }>, string]>([
  ["in memory", 2 ** 20, async () => ({}), "limits.historyBytes"],
  [
    "in a file store",
    2 ** 20,
    async () => {
      const store = await fileStore({ directory: await temporaryDirectory(), bytes: 2 ** 20 });
      onTestFinished(() => store.close());
      return { store };
    },
    "the `bytes` of the store",
  ],
])("a client that sends to ever new rooms %s", (_name, historyBytes, options, option) => {
  test("is refused with an error, and so are others of its address; other addresses, principals and the application are not", async () => {
    const server = startTalkServer({ limits: { historyBytes }, ...(await options()) });
    const attacker = await open(server, { address: "198.51.100.1" });
    const { accepted, answer } = await fill(server, attacker);
    expect(accepted).toBeGreaterThan(150);
    expect(answer).toMatchObject({
      code: "TOO_MUCH_HISTORY",
      message: `the rooms keep too much of this client: send later, or raise ${option}`,
    });
    attacker.send({ t: "ping", n: 1 });
    expect(await receiveFrame(attacker)).toEqual({ t: "pong", n: 1 }); // its session goes on

    for (const other of [{ address: "192.0.2.7" }, { address: "198.51.100.1", token: "ada" }]) {
      const socket = await open(server, other);
      expect(await ask(socket, "join", "lobby")).toMatchObject({ t: "reply" });
      expect(await ask(socket, "say", { room: "lobby", text })).toMatchObject({ t: "reply" });
      socket.close();
    }
    await server.service.room("lobby").send("said", "by the application");
    expect(server.errors.filter((error) => !(error instanceof RequestError))).toEqual([]);
    attacker.close();
    await server.net.settled();
  });
});

describe("in memory", () => {
  test("a client that comes again and again with a new session fills no more", async () => {
    const server = startTalkServer({ limits: { historyBytes: 2 ** 20 } });
    let accepted = 0;
    for (let n = 0; n < 20; n += 1) {
      const socket = await open(server, { address: "198.51.100.1" });
      for (let sent = 0; sent < 50; sent += 1)
        if ((await ask(socket, "say", { room: `${n} ${sent}`, text }))["t"] === "reply") accepted += 1;
      socket.send({ t: "bye" });
      await socket.closed;
    }
    expect(accepted).toBeGreaterThan(150);
    expect(accepted).toBeLessThan(2 ** 19 / 1_000);
  });

  test("a stream that sends to ever new rooms ends with the error", async () => {
    const server = startTalkServer({ limits: { historyBytes: 2 ** 20 } });
    const socket = await open(server);
    socket.send({ t: "stream", q: 1, name: "pour", data: "room" });
    let frame: unknown;
    do frame = await receiveFrame(socket);
    while ((frame as { t: string }).t === "next");
    expect(frame).toMatchObject({ t: "error", re: 1, code: "TOO_MUCH_HISTORY" });
    socket.close();
  });

  test("a client that joins and leaves ever new rooms is refused at last, and another is not", async () => {
    const server = startTalkServer({ limits: { historyBytes: 2 ** 17 } });
    const attacker = await open(server, { address: "198.51.100.1" });
    let answer: Record<string, unknown> = {};
    for (let n = 0; n < 200 && answer["t"] !== "error"; n += 1)
      answer = await ask(attacker, "join", `room ${n}`.padEnd(200, "x"));
    expect(answer).toMatchObject({
      code: "TOO_MANY_ROOMS",
      message: expect.stringContaining("limits.historyBytes"),
    });
    const other = await open(server, { address: "192.0.2.7" });
    expect(await ask(other, "join", "lobby")).toMatchObject({ t: "reply" });
    for (const socket of [attacker, other]) socket.close();
  });

  test("what was refused is accepted when the rooms have forgotten their messages", async () => {
    const server = startTalkServer({ limits: { historyBytes: 2 ** 20 } });
    const socket = await open(server);
    await fill(server, socket);
    for (let minutes = 0; minutes < 8; minutes += 2) {
      server.clock.advance(120_000);
      socket.send({ t: "ping", n: 1 });
      await receiveFrame(socket);
    }
    expect(await ask(socket, "say", { room: "again", text })).toMatchObject({ t: "reply" });
    socket.close();
  });

  test("one room keeps 4 MiB, the newest messages, and refuses none", async () => {
    const server = startTalkServer({ limits: { historyBytes: 2 ** 24 } });
    const socket = await open(server);
    for (let n = 1; n <= 200; n += 1)
      expect(await ask(socket, "say", { room: "lobby", text: `${n} `.padEnd(60_000, "y") })).toMatchObject({
        t: "reply",
      });
    const reader = await open(server, { address: "192.0.2.7" });
    reader.send({ t: "request", q: 1, name: "join", data: "lobby" });
    const received: number[] = [];
    while (received.at(-1) !== 200) {
      const frame = (await receiveFrame(reader)) as { t: string; data?: string };
      if (frame.t === "said") received.push(Number.parseInt(String(frame.data), 10));
    }
    expect(received).toEqual(Array.from({ length: 69 }, (_, n) => 132 + n));
    for (const one of [socket, reader]) one.close();
  });

  test("the rooms of all contracts of an app share the bytes", async () => {
    const server = startTalkServer({ limits: { historyBytes: 2 ** 20 } });
    const socket = await open(server);
    await fill(server, socket);
    const other = await open(server, { path: "/chat" });
    expect(await ask(other, "say", { room: "r", text })).toMatchObject({ code: "TOO_MUCH_HISTORY" });
    for (const one of [socket, other]) one.close();
  });

  test("messages of the application drop the oldest of the largest rooms, and leave something free for clients", async () => {
    const server = startTalkServer({ limits: { historyBytes: 2 ** 20 } });
    for (let n = 0; n < 3_000; n += 1) await server.service.room(`room ${n % 10}`).send("said", text);
    const socket = await open(server);
    expect(await ask(socket, "join", "room 1")).toMatchObject({ t: "reply" });
    expect(await ask(socket, "say", { room: "room 1", text: "hello" })).toMatchObject({ t: "reply" });
    expect(server.errors).toEqual([]);
    socket.close();
  });
});
