import { once } from "node:events";
import { contract, request, stream } from "@symbolon/protocol";
import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { hello } from "../session/connect-session.ts";

const crashes: unknown[] = [];
const crashed = (error: unknown): void => void crashes.push(error);

beforeEach(() => void process.on("uncaughtException", crashed).on("unhandledRejection", crashed));
afterEach(() => {
  process.off("uncaughtException", crashed).off("unhandledRejection", crashed);
  if (crashes.length > 0) throw new AggregateError(crashes.splice(0), "the process would have ended");
});

const kinds = {
  note: z.string(),
  echo: request({ input: z.unknown(), output: z.unknown() }),
  never: request({ input: z.unknown(), output: z.unknown() }),
  items: stream({ input: z.unknown(), output: z.unknown() }),
  taken: stream({ input: z.unknown(), upload: z.unknown(), output: z.unknown() }),
};
const calls = contract("/calls", { client: kinds, server: kinds });
const events = contract("/events", { client: { note: z.string() } });

/** A server of calls and of events, what its streams made, and what the server was told of. */
async function serving() {
  const errors: unknown[] = [];
  const log = { made: 0, given: 0, asked: 0 };
  const circle: unknown[] = [];
  circle.push(circle);
  const app = createApp({ onError: (error) => void errors.push(error) });
  app.implement(calls, (peer) => ({
    note: async (what) => {
      log.asked += 1;
      peer.send("note", `${what} ${String(await peer.request("echo", what))}`);
    },
    echo: (value) => (value === "circular" ? circle : value === "bigint" ? 1n : value),
    never: (_, { signal }) => {
      signal.addEventListener("abort", () => (log.given += 1));
      return new Promise(() => {});
    },
    *items(value) {
      try {
        for (;;) {
          log.made += 1;
          yield value;
        }
      } finally {
        log.given += 1;
      }
    },
    taken: () => new Promise(() => {}),
  }));
  app.implement(events, () => ({ note: () => {} }));
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  return { server, errors, log };
}

let clients = 0;

/** One who writes frames by hand: in a session, or plain. */
async function knocking(port: number, { path = "/calls", plain = false } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, plain ? [] : [SUBPROTOCOL]);
  const heard: string[] = [];
  let wake: () => void = () => {};
  socket.on("message", (data: Buffer) => {
    const told = data.toString().replace(/^\{("[sa]":\d+,)+/, "{"); // a session's numbers
    if (told.startsWith('{"t":"ack"')) return;
    heard.push(told);
    wake();
  });
  const closed = once(socket, "close").then(([code]: unknown[]) => code);
  await once(socket, "open");
  let last = 0;
  const say = (...frames: string[]): void => {
    for (const frame of frames) socket.send(plain ? frame : frame.replace(/^\{/, `{"s":${(last += 1)},`));
  };
  const hear = async (): Promise<string> => {
    while (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return heard.shift() ?? "";
  };
  if (!plain) {
    socket.send(JSON.stringify({ ...hello, cid: `client ${(clients += 1)}` }));
    await hear();
  }
  return { socket, say, hear, closed, heard };
}

const ask = (q: number, name = "echo", data: unknown = q): string =>
  JSON.stringify({ t: name === "echo" || name === "never" ? "request" : "stream", q, name, data });
const reply = (re: number, data: unknown = re): string => JSON.stringify({ t: "reply", data, re });

const fatal: [string, number, string[]][] = [
  ["credit of nothing", 4400, ['{"t":"credit","q":1,"n":0,"b":1}']],
  ["negative credit", 4400, ['{"t":"credit","q":1,"n":-1,"b":1}']],
  ["credit beyond safe integers", 4400, ['{"t":"credit","q":1,"n":1e300,"b":1}']],
  ["a number that is in use", 4400, [ask(1, "never"), ask(1)]],
  ["a number that is none", 4400, ['{"t":"request","q":0,"name":"echo"}']],
  ["a request without a number", 4400, ['{"t":"request","name":"echo"}']],
  ["a reply to no number", 4400, ['{"t":"reply","data":1}']],
  ["an item of no call", 4400, ['{"t":"next","data":1}']],
  ["an end of two calls", 4400, ['{"t":"end","q":1,"re":1}']],
  ["a field that is called __proto__", 4400, ['{"t":"request","q":1,"name":"echo","__proto__":1}']],
  ["items beyond credit", 4429, [ask(1, "taken"), ...Array.from({ length: 17 }, () => '{"t":"next","q":1}')]],
  ["65 open calls", 4429, Array.from({ length: 65 }, (_, n) => ask(n + 1, "never"))],
  ["a message of 64 KiB and one byte", 1009, [`"${"x".repeat(65_535)}"`]],
];

describe("what ends the connection, and no other", () => {
  test.each(fatal)("%s: %i", async (_what, code, frames) => {
    const { server, errors } = await serving();
    const other = await knocking(server.port);
    const { say, closed } = await knocking(server.port);
    say(...frames);
    expect([await closed, errors]).toEqual([code, []]);
    other.say(ask(1));
    expect(await other.hear()).toBe(reply(1));
    other.socket.terminate();
    await server.close();
  });

  test.each(fatal.filter(([, code]) => code !== 1009))(
    "%s: a plain client is told, and goes on",
    async (_what, _code, frames) => {
      const { server } = await serving();
      const { say, hear, socket } = await knocking(server.port, { plain: true });
      say(...frames);
      const told = JSON.parse(await hear()) as unknown;
      expect(told).toMatchObject({ t: "error", code: "BAD_FRAME" });
      say('{"t":"event","q":90,"name":"nobody"}');
      expect(JSON.parse(await hear())).toMatchObject({ re: 90, code: "NOT_FOUND" });
      socket.terminate();
      await server.close();
    },
  );
});

describe.each([{ plain: false }, { plain: true }])(
  "what leaves the connection as it is (%o)",
  ({ plain }) => {
    test.each([
      ["a reply to an unknown request", ['{"t":"reply","re":7,"data":1}'], []],
      ["an end of an unknown stream", ['{"t":"end","re":7}', '{"t":"end","q":7}'], []],
      [
        "an item after the end of an upload",
        [ask(1, "taken"), '{"t":"end","q":1}', '{"t":"next","q":1}'],
        [],
      ],
      ["credit for nobody", ['{"t":"credit","q":7,"n":1,"b":1}', '{"t":"cancel","q":7}'], []],
      ["a circular reply", [ask(1, "echo", "circular")], ["INTERNAL"]],
      ["a reply that is no JSON", [ask(1, "echo", "bigint")], ["INTERNAL"]],
      ["a request sent as an event", ['{"t":"event","q":1,"name":"echo"}'], ["NOT_FOUND"]],
      ["an event sent as a request", ['{"t":"request","q":1,"name":"note"}'], ["NOT_FOUND"]],
      ["a stream sent as a request", ['{"t":"request","q":1,"name":"items"}'], ["NOT_FOUND"]],
      ["a request called __proto__", ['{"t":"request","q":1,"name":"__proto__"}'], ["NOT_FOUND"]],
      ["a stream called constructor", ['{"t":"stream","q":1,"name":"constructor"}'], ["NOT_FOUND"]],
      ["credit that goes backwards", [ask(1, "taken"), '{"t":"credit","q":1,"n":1,"b":1}'], []],
      ["handlers that never settle", Array.from({ length: 10 }, (_, n) => ask(n + 1, "never")), []],
    ])("%s", async (_what, frames, codes) => {
      const { server } = await serving();
      const { say, hear, socket } = await knocking(server.port, { plain });
      say(...frames, ask(50));
      for (const code of codes) expect(JSON.parse(await hear())).toMatchObject({ t: "error", re: 1, code });
      expect(await hear()).toBe(reply(50));
      socket.terminate();
      await server.close();
    });

    test("a second reply, and an error after it", async () => {
      const { server } = await serving();
      const { say, hear, socket } = await knocking(server.port, { plain });
      say('{"t":"event","name":"note","data":"a"}');
      const { q } = JSON.parse(await hear()) as { q: number };
      say(reply(q, "yes"), reply(q, "no"), `{"t":"error","re":${q},"code":"NO","message":""}`, ask(50));
      const heard = new Set([await hear(), await hear()].map((told) => told.replace(/,"q":\d+/, "")));
      expect(heard).toEqual(new Set(['{"t":"event","name":"note","data":"a yes"}', reply(50)]));
      socket.terminate();
      await server.close();
    });

    test("a key that is called __proto__ reaches nobody's prototype", async () => {
      const { server } = await serving();
      const { say, hear, socket } = await knocking(server.port, { plain });
      say('{"t":"request","q":1,"name":"echo","data":{"__proto__":{"polluted":1}}}');
      expect(await hear()).toBe('{"t":"reply","data":{"__proto__":{"polluted":1}},"re":1}');
      expect({}).not.toHaveProperty("polluted");
      socket.terminate();
      await server.close();
    });

    test("calls where there are only events", async () => {
      const { server } = await serving();
      const { say, hear, socket } = await knocking(server.port, { plain, path: "/events" });
      say('{"t":"next","q":1}', '{"t":"reply","re":1}', '{"t":"request","q":5,"name":"note"}');
      expect(JSON.parse(await hear())).toMatchObject({ t: "error", re: 5, code: "NOT_FOUND" });
      socket.terminate();
      await server.close();
    });

    test("a stream that nobody reads: 16 items and no more, and its handler ends with the connection", async () => {
      const { server, log } = await serving();
      const { say, hear, socket } = await knocking(server.port, { plain });
      say(ask(1, "items"), ask(2, "never"));
      for (let n = 1; n <= 16; n += 1) expect(await hear()).toBe('{"t":"next","data":1,"re":1}');
      say(ask(50));
      expect(await hear()).toBe(reply(50));
      expect(log).toMatchObject({ made: 16, given: 0 });
      if (plain) socket.terminate();
      else socket.close(1000); // a session would wait for a client that is lost
      await vi.waitUntil(() => log.given === 2);
      await server.close();
    });
  },
);

test("unlimited credit is paced by the socket: a reader that stops stops the generator", async () => {
  const { server, log } = await serving();
  const { say, socket } = await knocking(server.port, { plain: true });
  const other = await knocking(server.port, { plain: true });
  socket.pause();
  say(ask(1, "items", "x".repeat(60_000)), '{"t":"credit","q":1,"n":9007199254740991,"b":9007199254740991}');
  let made = -1;
  let same = 0;
  for (let trip = 1; same < 200; trip += 1) {
    other.say(ask(trip));
    expect(await other.hear()).toBe(reply(trip));
    same = log.made > 16 && made === log.made ? same + 1 : 0;
    made = log.made;
  }
  // 1 MiB here; the rest is in the system's buffers.
  expect(made * 60_000).toBeLessThan(32 * 2 ** 20);
  socket.terminate();
  await vi.waitUntil(() => log.given === 1);
  other.socket.terminate();
  await server.close();
});

test("an event handler that asks is answered, though the client says a lot meanwhile", async () => {
  const { server, log } = await serving();
  const { say, hear, socket } = await knocking(server.port, { plain: true });
  say('{"t":"event","name":"note","data":"a"}');
  const asked = JSON.parse(await hear()) as { q: number };
  expect(asked).toMatchObject({ t: "request", name: "echo", data: "a" });
  for (let n = 1; n <= 200; n += 1) say(`{"t":"event","name":"note","data":"${"b".repeat(2_000)}"}`);
  say(reply(asked.q, "yes"));
  expect(await hear()).toBe('{"t":"event","name":"note","data":"a yes"}');
  expect(log.asked).toBeLessThanOrEqual(2);
  socket.terminate();
  await server.close();
});

test("what waits while the server asks is bounded: 4429", async () => {
  const { server } = await serving();
  const { say, hear, closed } = await knocking(server.port);
  say('{"t":"event","name":"note","data":"a"}');
  await hear();
  for (let n = 1; n <= 1_025; n += 1) say('{"t":"event","name":"note","data":"b"}');
  expect(await closed).toBe(4429);
  await server.close();
});

test("handlers may be called then, constructor and __proto__", async () => {
  // oxlint-disable-next-line unicorn/no-thenable -- the name is what is tested
  const then = "then";
  const names = [then, "constructor", "__proto__"];
  const app = createApp();
  const odd = contract("/odd", { client: Object.fromEntries(names.map((name) => [name, kinds.echo])) });
  app.implement(odd, () => Object.fromEntries(names.map((name) => [name, () => name])));
  app.implement(contract("/yielded", { client: { [then]: kinds.echo } }), function* () {
    yield { [then]: () => "yielded" };
  });
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  const { say, hear, socket } = await knocking(server.port, { path: "/odd" });
  for (const [q, name] of names.entries()) {
    say(JSON.stringify({ t: "request", q: q + 1, name }));
    expect(await hear()).toBe(reply(q + 1, name));
  }
  const yielded = await knocking(server.port, { path: "/yielded" });
  yielded.say('{"t":"request","q":1,"name":"then"}');
  expect(await yielded.hear()).toBe(reply(1, "yielded"));
  socket.terminate();
  yielded.socket.terminate();
  await server.close();
});
