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

const kinds = {
  note: z.unknown(),
  echo: request({ input: z.unknown(), output: z.unknown() }),
  items: stream({ input: z.unknown(), output: z.unknown() }),
  taken: stream({ input: z.unknown(), upload: z.unknown(), output: z.unknown() }),
};
const calls = contract("/", { client: kinds, server: kinds });

/** A client whose server says by hand what the test wants. */
async function answering() {
  const { server, url, received: heard } = await startServer({ handleProtocols: () => "symbolon.v1.json" });
  const client = connect(calls, { url, WebSocket });
  undo.push(() => client.close());
  client.handle("echo", (value) => (value === "bigint" ? 1n : value));
  client.handle("taken", () => new Promise(() => {}));
  await until(() => heard.length === 1);
  const say = (...frames: string[]): void => {
    for (const frame of frames) for (const socket of server.clients) socket.send(frame);
  };
  say(welcome());
  await client.opened;
  heard.length = 0;
  /** The next thing that the client said, without its number. */
  const hear = async (): Promise<string> => {
    await until(() => heard.length > 0);
    return unnumbered(heard.shift());
  };
  return { client, say, hear };
}

const ask = (q: number, name = "echo"): string =>
  `{"t":"${name === "echo" ? "request" : "stream"}","q":${q},"name":"${name}","data":${q}}`;

describe("a server that breaks the protocol is left", () => {
  test.each<[string, number, string[]]>([
    ["credit of nothing", 4400, ['{"t":"credit","re":1,"n":0,"b":1}']],
    ["credit beyond safe integers", 4400, ['{"t":"credit","re":1,"n":1e300,"b":1}']],
    ["a number that is in use", 4400, [ask(1, "taken"), ask(1, "taken")]],
    ["a reply to no number", 4400, ['{"t":"reply","data":1}']],
    ["an end of two calls", 4400, ['{"t":"end","q":1,"re":1}']],
    ["a field called __proto__", 4400, ['{"t":"reply","re":1,"__proto__":1}']],
    ["items of an upload beyond credit", 4429, [ask(1, "taken"), ...Array(17).fill('{"t":"next","q":1}')]],
    ["65 open calls", 4429, Array.from({ length: 65 }, (_, n) => ask(n + 1, "taken"))],
  ])("%s: %i", async (_what, code, frames) => {
    const { client, say } = await answering();
    const reply = client.request("echo", 1);
    reply.catch(() => {});
    say(...frames);
    expect(await client.closed).toMatchObject({ code });
    await expect(reply).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  test("items beyond credit of a stream that nobody reads: 4429", async () => {
    const { client, say, hear } = await answering();
    const items = client.stream("items", 1);
    const first = items.next();
    await hear();
    say('{"t":"next","re":1,"data":1}');
    await first;
    say(...Array.from({ length: 16 }, () => '{"t":"next","re":1,"data":2}'));
    expect(await client.closed).toMatchObject({ code: 4429 });
    for (let n = 2; n <= 16; n += 1) expect(await items.next()).toEqual({ done: false, value: 2 });
    await expect(items.next()).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });
});

describe("a client goes on after", () => {
  test.each<[string, string[]]>([
    ["a reply to an unknown request", ['{"t":"reply","re":7,"data":1}']],
    ["an error about nothing", ['{"t":"error","re":7,"code":"NO","message":""}']],
    ["frames of unknown streams", ['{"t":"next","re":7}', '{"t":"end","re":7}', '{"t":"end","q":7}']],
    ["credit that goes backwards", ['{"t":"credit","re":1,"n":1,"b":1}']],
    ["a stream's frames for a request", ['{"t":"next","re":1}', '{"t":"end","re":1}']],
  ])("%s, and a second reply", async (_what, frames) => {
    const { client, say, hear } = await answering();
    const reply = client.request("echo", 1);
    expect(await hear()).toBe('{"t":"request","q":1,"name":"echo","data":1}');
    say(...frames, '{"t":"reply","re":1,"data":"a"}', '{"t":"reply","re":1,"data":"b"}', ask(9));
    expect(await reply).toBe("a");
    expect(await hear()).toBe('{"t":"reply","data":9,"re":9}');
  });

  test.each([
    ["an event asked as a request", '{"t":"request","q":1,"name":"note"}'],
    ["a request said as an event", '{"t":"event","q":1,"name":"echo"}'],
    ["a stream without a handler", '{"t":"stream","q":1,"name":"items"}'],
    ["a name that everything has", '{"t":"request","q":1,"name":"toString"}'],
    ["a request called __proto__", '{"t":"request","q":1,"name":"__proto__"}'],
    ["a stream called then", '{"t":"stream","q":1,"name":"then"}'],
  ])("%s, which is not there", async (_what, frame) => {
    const { say, hear } = await answering();
    say(frame, ask(2));
    expect(JSON.parse(await hear())).toMatchObject({ t: "error", re: 1, code: "NOT_FOUND" });
    expect(await hear()).toBe('{"t":"reply","data":2,"re":2}');
  });

  test("what cannot be written: a request, a stream, an upload", async () => {
    const { client, say, hear } = await answering();
    const circle: unknown[] = [];
    circle.push(circle);
    await expect(client.request("echo", circle)).rejects.toThrow(TypeError);
    await expect(client.stream("items", circle).next()).rejects.toThrow(TypeError);
    await expect(client.stream("taken", 1, { upload: [circle] }).next()).rejects.toThrow(TypeError);
    expect(await hear()).toBe('{"t":"stream","q":3,"name":"taken","data":1}');
    expect(await hear()).toBe('{"t":"cancel","q":3}');
    say(ask(9));
    expect(await hear()).toBe('{"t":"reply","data":9,"re":9}');
  });
});

test("an upload is paced by what the socket has not sent", async () => {
  const { made, last, WebSocket: Fake } = fakeSockets();
  const client = connect(calls, { url: "ws://test", WebSocket: Fake });
  undo.push(() => client.close());
  const { opened } = client;
  await until(() => made.length > 0);
  const socket = last();
  socket.emitOpen();
  socket.emitMessage(welcome());
  await opened;
  let given = 0;
  const upload = (async function* () {
    for (;;) {
      given += 1;
      if (given % 10 === 0) await new Promise(setImmediate); // lets the test look
      yield given;
    }
  })();
  client
    .stream("taken", 1, { upload })
    .next()
    .catch(() => {});
  socket.emitMessage('{"t":"credit","re":1,"n":1000000,"b":1000000000}');
  await until(() => given > 100);
  socket.bufferedAmount = 2 ** 20;
  await new Promise(setImmediate);
  const stopped = given;
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  expect(given).toBe(stopped);
  socket.bufferedAmount = 0;
  await until(() => given > stopped + 100);
});
