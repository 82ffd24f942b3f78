import { contract, request, stream } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { connectFrameClient } from "./frame-client.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown): void => void unhandled.push(error);

beforeEach(() => void process.on("uncaughtException", onUnhandled).on("unhandledRejection", onUnhandled));
afterEach(() => {
  process.off("uncaughtException", onUnhandled).off("unhandledRejection", onUnhandled);
  if (unhandled.length > 0) throw new AggregateError(unhandled.splice(0), "an error was not handled");
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

/** Starts a server of calls and of events; records its errors, and how often its handlers ran. */
async function startCallServer() {
  const errors: unknown[] = [];
  const log = { items: 0, ended: 0, notes: 0 };
  const circle: unknown[] = [];
  circle.push(circle);
  const app = createApp({ onError: (error) => void errors.push(error) });
  app.implement(calls, (peer) => ({
    note: async (what) => {
      log.notes += 1;
      peer.send("note", `${what} ${String(await peer.request("echo", what))}`);
    },
    echo: (value) => (value === "circular" ? circle : value === "bigint" ? 1n : value),
    never: (_, { signal }) => {
      signal.addEventListener("abort", () => (log.ended += 1));
      return new Promise(() => {});
    },
    *items(value) {
      try {
        for (;;) {
          log.items += 1;
          yield value;
        }
      } finally {
        log.ended += 1;
      }
    },
    taken: () => new Promise(() => {}),
  }));
  app.implement(events, () => ({ note: () => {} }));
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  return { server, errors, log };
}

const callFrame = (q: number, name = "echo", data: unknown = q): string =>
  JSON.stringify({ t: name === "echo" || name === "never" ? "request" : "stream", q, name, data });
const reply = (re: number, data: unknown = re): string => JSON.stringify({ t: "reply", data, re });

const fatalFrames: [string, number, string[]][] = [
  ["a credit of 0", 4400, ['{"t":"credit","q":1,"n":0,"b":1}']],
  ["negative credit", 4400, ['{"t":"credit","q":1,"n":-1,"b":1}']],
  ["credit beyond safe integers", 4400, ['{"t":"credit","q":1,"n":1e300,"b":1}']],
  ["a number that is in use", 4400, [callFrame(1, "never"), callFrame(1)]],
  ["an invalid number", 4400, ['{"t":"request","q":0,"name":"echo"}']],
  ["a request without a number", 4400, ['{"t":"request","name":"echo"}']],
  ["a reply without a number", 4400, ['{"t":"reply","data":1}']],
  ["an item without a number", 4400, ['{"t":"next","data":1}']],
  ["an end with two numbers", 4400, ['{"t":"end","q":1,"re":1}']],
  ["a field that is called __proto__", 4400, ['{"t":"request","q":1,"name":"echo","__proto__":1}']],
  [
    "items beyond credit",
    4429,
    [callFrame(1, "taken"), ...Array.from({ length: 17 }, () => '{"t":"next","q":1}')],
  ],
  ["65 open calls", 4429, Array.from({ length: 65 }, (_, n) => callFrame(n + 1, "never"))],
  ["a message of 64 KiB and one byte", 1009, [`"${"x".repeat(65_535)}"`]],
];

// S25
describe("invalid frames that end their connection, and no other", () => {
  test.each(fatalFrames)("%s: %i", async (_what, code, frames) => {
    const { server, errors } = await startCallServer();
    const other = await connectFrameClient(server.port);
    const { send, closed } = await connectFrameClient(server.port);
    send(...frames);
    expect([await closed, errors]).toEqual([code, []]);
    other.send(callFrame(1));
    expect(await other.receive()).toBe(reply(1));
    other.socket.terminate();
    await server.close();
  });

  test.each(fatalFrames.filter(([, code]) => code !== 1009))(
    "%s: a plain client gets an error, and goes on",
    async (_what, _code, frames) => {
      const { server } = await startCallServer();
      const { send, receive, socket } = await connectFrameClient(server.port, { plain: true });
      send(...frames);
      const report = JSON.parse(await receive()) as unknown;
      expect(report).toMatchObject({ t: "error", code: "BAD_FRAME" });
      send('{"t":"event","q":90,"name":"unknown"}');
      expect(JSON.parse(await receive())).toMatchObject({ re: 90, code: "NOT_FOUND" });
      socket.terminate();
      await server.close();
    },
  );
});

describe.each([{ plain: false }, { plain: true }])(
  "frames that leave the connection open (%o)",
  ({ plain }) => {
    test.each([
      ["a reply to an unknown request", ['{"t":"reply","re":7,"data":1}'], []],
      ["an end of an unknown stream", ['{"t":"end","re":7}', '{"t":"end","q":7}'], []],
      [
        "an item after the end of an upload",
        [callFrame(1, "taken"), '{"t":"end","q":1}', '{"t":"next","q":1}'],
        [],
      ],
      ["a credit without a call", ['{"t":"credit","q":7,"n":1,"b":1}', '{"t":"cancel","q":7}'], []],
      ["a circular reply", [callFrame(1, "echo", "circular")], ["INTERNAL"]],
      ["a reply that JSON cannot carry", [callFrame(1, "echo", "bigint")], ["INTERNAL"]],
      ["a request sent as an event", ['{"t":"event","q":1,"name":"echo"}'], ["NOT_FOUND"]],
      ["an event sent as a request", ['{"t":"request","q":1,"name":"note"}'], ["NOT_FOUND"]],
      ["a stream sent as a request", ['{"t":"request","q":1,"name":"items"}'], ["NOT_FOUND"]],
      ["a request called __proto__", ['{"t":"request","q":1,"name":"__proto__"}'], ["NOT_FOUND"]],
      ["a stream called constructor", ['{"t":"stream","q":1,"name":"constructor"}'], ["NOT_FOUND"]],
      ["credit that goes backwards", [callFrame(1, "taken"), '{"t":"credit","q":1,"n":1,"b":1}'], []],
      ["handlers that never settle", Array.from({ length: 10 }, (_, n) => callFrame(n + 1, "never")), []],
    ])("%s", async (_what, frames, codes) => {
      const { server } = await startCallServer();
      const { send, receive, socket } = await connectFrameClient(server.port, { plain });
      send(...frames, callFrame(50));
      for (const code of codes)
        expect(JSON.parse(await receive())).toMatchObject({ t: "error", re: 1, code });
      expect(await receive()).toBe(reply(50));
      socket.terminate();
      await server.close();
    });

    test("a second reply, and an error after it", async () => {
      const { server } = await startCallServer();
      const { send, receive, socket } = await connectFrameClient(server.port, { plain });
      send('{"t":"event","name":"note","data":"a"}');
      const { q } = JSON.parse(await receive()) as { q: number };
      send(
        reply(q, "yes"),
        reply(q, "no"),
        `{"t":"error","re":${q},"code":"NO","message":""}`,
        callFrame(50),
      );
      const received = new Set(
        [await receive(), await receive()].map((frame) => frame.replace(/,"q":\d+/, "")),
      );
      expect(received).toEqual(new Set(['{"t":"event","name":"note","data":"a yes"}', reply(50)]));
      socket.terminate();
      await server.close();
    });

    test("a key __proto__ changes no prototype", async () => {
      const { server } = await startCallServer();
      const { send, receive, socket } = await connectFrameClient(server.port, { plain });
      send('{"t":"request","q":1,"name":"echo","data":{"__proto__":{"polluted":1}}}');
      expect(await receive()).toBe('{"t":"reply","data":{"__proto__":{"polluted":1}},"re":1}');
      expect({}).not.toHaveProperty("polluted");
      socket.terminate();
      await server.close();
    });

    test("calls of a contract of events", async () => {
      const { server } = await startCallServer();
      const { send, receive, socket } = await connectFrameClient(server.port, { plain, path: "/events" });
      send('{"t":"next","q":1}', '{"t":"reply","re":1}', '{"t":"request","q":5,"name":"note"}');
      expect(JSON.parse(await receive())).toMatchObject({ t: "error", re: 5, code: "NOT_FOUND" });
      socket.terminate();
      await server.close();
    });

    test("a stream whose caller reads no item: it sends 16, and its handler ends with the connection", async () => {
      const { server, log } = await startCallServer();
      const { send, receive, socket } = await connectFrameClient(server.port, { plain });
      send(callFrame(1, "items"), callFrame(2, "never"));
      for (let n = 1; n <= 16; n += 1) expect(await receive()).toBe('{"t":"next","data":1,"re":1}');
      send(callFrame(50));
      expect(await receive()).toBe(reply(50));
      expect(log).toMatchObject({ items: 16, ended: 0 });
      if (plain) socket.terminate();
      else socket.close(1000); // a session would wait for its client
      await vi.waitUntil(() => log.ended === 2, waitOptions);
      await server.close();
    });
  },
);

test("a stream with unlimited credit waits for its socket", async () => {
  const { server, log } = await startCallServer();
  const { send, socket } = await connectFrameClient(server.port, { plain: true });
  const other = await connectFrameClient(server.port, { plain: true });
  socket.pause();
  send(
    callFrame(1, "items", "x".repeat(60_000)),
    '{"t":"credit","q":1,"n":9007199254740991,"b":9007199254740991}',
  );
  let items = -1;
  let same = 0;
  for (let trip = 1; same < 200; trip += 1) {
    other.send(callFrame(trip));
    expect(await other.receive()).toBe(reply(trip));
    same = log.items > 16 && items === log.items ? same + 1 : 0;
    items = log.items;
  }
  // 1 MiB is buffered here, the rest by the system.
  expect(items * 60_000).toBeLessThan(32 * 2 ** 20);
  socket.terminate();
  await vi.waitUntil(() => log.ended === 1, waitOptions);
  other.socket.terminate();
  await server.close();
});

test("an event handler gets the reply to its request, however much the client sends meanwhile", async () => {
  const { server, log } = await startCallServer();
  const { send, receive, socket } = await connectFrameClient(server.port, { plain: true });
  send('{"t":"event","name":"note","data":"a"}');
  const call = JSON.parse(await receive()) as { q: number };
  expect(call).toMatchObject({ t: "request", name: "echo", data: "a" });
  for (let n = 1; n <= 200; n += 1) send(`{"t":"event","name":"note","data":"${"b".repeat(2_000)}"}`);
  send(reply(call.q, "yes"));
  expect(await receive()).toBe('{"t":"event","name":"note","data":"a yes"}');
  expect(log.notes).toBeLessThanOrEqual(2);
  socket.terminate();
  await server.close();
});

test("the server closes with 4429 when too many messages wait while it waits for a reply", async () => {
  const { server } = await startCallServer();
  const { send, receive, closed } = await connectFrameClient(server.port);
  send('{"t":"event","name":"note","data":"a"}');
  await receive();
  for (let n = 1; n <= 1_025; n += 1) send('{"t":"event","name":"note","data":"b"}');
  expect(await closed).toBe(4429);
  await server.close();
});

// S20
test("handlers may be called then, constructor and __proto__", async () => {
  // oxlint-disable-next-line unicorn/no-thenable -- the test is about this name
  const then = "then";
  const names = [then, "constructor", "__proto__"];
  const app = createApp();
  const odd = contract("/odd", { client: Object.fromEntries(names.map((name) => [name, kinds.echo])) });
  app.implement(odd, () => Object.fromEntries(names.map((name) => [name, () => name])));
  app.implement(contract("/yielded", { client: { [then]: kinds.echo } }), function* () {
    yield { [then]: () => "yielded" };
  });
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  const { send, receive, socket } = await connectFrameClient(server.port, { path: "/odd" });
  for (const [q, name] of names.entries()) {
    send(JSON.stringify({ t: "request", q: q + 1, name }));
    expect(await receive()).toBe(reply(q + 1, name));
  }
  const yielded = await connectFrameClient(server.port, { path: "/yielded" });
  yielded.send('{"t":"request","q":1,"name":"then"}');
  expect(await yielded.receive()).toBe(reply(1, "yielded"));
  socket.terminate();
  yielded.socket.terminate();
  await server.close();
});
