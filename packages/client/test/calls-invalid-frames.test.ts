import { contract, request, stream } from "@symbolon/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { connect } from "../src/index.ts";
import { unnumbered } from "../../protocol/test/session/session-harness.ts";
import { fakeSockets, welcome } from "./connection/fakes.ts";
import { startServer, undo, undoAll, until, watchCrashes } from "./connection/servers.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

const messages = {
  note: z.unknown(),
  echo: request({ input: z.unknown(), output: z.unknown() }),
  items: stream({ input: z.unknown(), output: z.unknown() }),
  sum: stream({ input: z.unknown(), upload: z.unknown(), output: z.unknown() }),
};
const calls = contract("/", { client: messages, server: messages });

/** Connects a client to a server whose frames the test writes. */
async function connectClient() {
  const { server, url, received } = await startServer({ handleProtocols: () => "symbolon.v1.json" });
  const client = connect(calls, { url, WebSocket });
  undo.push(() => client.close());
  client.handle("echo", (value) => (value === "bigint" ? 1n : value));
  client.handle("sum", () => new Promise(() => {}));
  await until(() => received.length === 1);
  const serverSends = (...frames: string[]): void => {
    for (const frame of frames) for (const socket of server.clients) socket.send(frame);
  };
  serverSends(welcome());
  await client.opened;
  received.length = 0;
  /** Resolves with the next frame that the client sent, without its sequence. */
  const nextFrame = async (): Promise<string> => {
    await until(() => received.length > 0);
    return unnumbered(received.shift());
  };
  return { client, serverSends, nextFrame };
}

const callFrame = (q: number, name = "echo"): string =>
  `{"t":"${name === "echo" ? "request" : "stream"}","q":${q},"name":"${name}","data":${q}}`;

describe("a client ends when the server breaks the protocol", () => {
  test.each<[string, number, string[]]>([
    ["the server grants a credit of 0", 4400, ['{"t":"credit","re":1,"n":0,"b":1}']],
    ["the server grants credit beyond safe integers", 4400, ['{"t":"credit","re":1,"n":1e300,"b":1}']],
    ["the server calls with a number that is in use", 4400, [callFrame(1, "sum"), callFrame(1, "sum")]],
    ["the server sends a reply without a number", 4400, ['{"t":"reply","data":1}']],
    ["the server sends an end of two calls", 4400, ['{"t":"end","q":1,"re":1}']],
    ["the server sends a field with the name __proto__", 4400, ['{"t":"reply","re":1,"__proto__":1}']],
    [
      "the server sends items of an upload beyond its credit",
      4429,
      [callFrame(1, "sum"), ...Array(17).fill('{"t":"next","q":1}')],
    ],
    ["the server opens 65 calls", 4429, Array.from({ length: 65 }, (_, n) => callFrame(n + 1, "sum"))],
  ])("%s: %i", async (_case, code, frames) => {
    const { client, serverSends } = await connectClient();
    const reply = client.request("echo", 1);
    reply.catch(() => {});
    serverSends(...frames);
    expect(await client.closed).toMatchObject({ code });
    await expect(reply).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  test("the server sends items beyond the credit of a stream that the client does not read: 4429", async () => {
    const { client, serverSends, nextFrame } = await connectClient();
    const items = client.stream("items", 1);
    const first = items.next();
    await nextFrame();
    serverSends('{"t":"next","re":1,"data":1}');
    await first;
    serverSends(...Array.from({ length: 16 }, () => '{"t":"next","re":1,"data":2}'));
    expect(await client.closed).toMatchObject({ code: 4429 });
    for (let n = 2; n <= 16; n += 1) expect(await items.next()).toEqual({ done: false, value: 2 });
    await expect(items.next()).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });
});

describe("a client continues after it received", () => {
  test.each<[string, string[]]>([
    ["a reply to an unknown request", ['{"t":"reply","re":7,"data":1}']],
    ["an error of an unknown request", ['{"t":"error","re":7,"code":"NO","message":""}']],
    ["frames of unknown streams", ['{"t":"next","re":7}', '{"t":"end","re":7}', '{"t":"end","q":7}']],
    ["credit that decreases", ['{"t":"credit","re":1,"n":1,"b":1}']],
    ["a stream's frames for a request", ['{"t":"next","re":1}', '{"t":"end","re":1}']],
  ])("%s, and a second reply", async (_case, frames) => {
    const { client, serverSends, nextFrame } = await connectClient();
    const reply = client.request("echo", 1);
    expect(await nextFrame()).toBe('{"t":"request","q":1,"name":"echo","data":1}');
    serverSends(
      ...frames,
      '{"t":"reply","re":1,"data":"a"}',
      '{"t":"reply","re":1,"data":"b"}',
      callFrame(9),
    );
    expect(await reply).toBe("a");
    expect(await nextFrame()).toBe('{"t":"reply","data":9,"re":9}');
  });

  test.each([
    ["an event in a request frame", '{"t":"request","q":1,"name":"note"}'],
    ["a request in an event frame", '{"t":"event","q":1,"name":"echo"}'],
    ["a stream without a handler", '{"t":"stream","q":1,"name":"items"}'],
    ["a name that every object has", '{"t":"request","q":1,"name":"toString"}'],
    ["a request with the name __proto__", '{"t":"request","q":1,"name":"__proto__"}'],
    ["a stream with the name then", '{"t":"stream","q":1,"name":"then"}'],
  ])("%s, and answers NOT_FOUND", async (_case, frame) => {
    const { serverSends, nextFrame } = await connectClient();
    serverSends(frame, callFrame(2));
    expect(JSON.parse(await nextFrame())).toMatchObject({ t: "error", re: 1, code: "NOT_FOUND" });
    expect(await nextFrame()).toBe('{"t":"reply","data":2,"re":2}');
  });

  test("no frame, since the input of a request, stream or upload cannot be encoded", async () => {
    const { client, serverSends, nextFrame } = await connectClient();
    const circle: unknown[] = [];
    circle.push(circle);
    await expect(client.request("echo", circle)).rejects.toThrow(TypeError);
    await expect(client.stream("items", circle).next()).rejects.toThrow(TypeError);
    await expect(client.stream("sum", 1, { upload: [circle] }).next()).rejects.toThrow(TypeError);
    expect(await nextFrame()).toBe('{"t":"stream","q":3,"name":"sum","data":1}');
    expect(await nextFrame()).toBe('{"t":"cancel","q":3}');
    serverSends(callFrame(9));
    expect(await nextFrame()).toBe('{"t":"reply","data":9,"re":9}');
  });
});

test("an upload pauses while the socket has unsent bytes", async () => {
  const { made, last, WebSocket: Fake } = fakeSockets();
  const client = connect(calls, { url: "ws://test", WebSocket: Fake });
  undo.push(() => client.close());
  const { opened } = client;
  await until(() => made.length > 0);
  const socket = last();
  socket.emitOpen();
  socket.emitMessage(welcome());
  await opened;
  let yielded = 0;
  const upload = (async function* () {
    for (;;) {
      yielded += 1;
      if (yielded % 10 === 0) await new Promise(setImmediate); // lets the test run
      yield yielded;
    }
  })();
  client
    .stream("sum", 1, { upload })
    .next()
    .catch(() => {});
  socket.emitMessage('{"t":"credit","re":1,"n":1000000,"b":1000000000}');
  await until(() => yielded > 100);
  socket.bufferedAmount = 2 ** 20;
  await new Promise(setImmediate);
  const stopped = yielded;
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  expect(yielded).toBe(stopped);
  socket.bufferedAmount = 0;
  await until(() => yielded > stopped + 100);
});
