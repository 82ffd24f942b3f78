import type { Closed, Message } from "@symbolon/protocol";
import { joinedWires } from "@symbolon/protocol/internal";
import { expect, test } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { readHello } from "../../src/session/hello.ts";
import { hello } from "./connect-session.ts";

/** A wire on which the server waits for `hello`. */
function startHandshake() {
  const clock = new Clock();
  const [client, server] = joinedWires();
  const closed = new Promise<Closed>((resolve) => client.listen({ message: () => {}, closed: resolve }));
  return { clock, client, server, closed, hello: readHello(server, clock) };
}

const good = { ...hello, auth: "secret" };

test("the server reads a hello", async () => {
  const { client, hello } = startHandshake();
  client.send(JSON.stringify(good));
  expect(await hello).toEqual({
    clientId: good.cid,
    instanceKey: good.key,
    attempt: good.att,
    token: "secret",
    credit: { messages: good.w, bytes: good.wb },
  });
});

test("messages after a hello are kept for the next listener", async () => {
  const { client, server, hello } = startHandshake();
  client.send(JSON.stringify(good));
  client.send("one");
  client.send("two");
  await hello;
  const received: Message[] = [];
  await new Promise<void>((resolve) => {
    server.listen({
      message: (message) => (received.push(message), message === "two" && resolve()),
      closed: () => {},
    });
  });
  expect(received).toEqual(["one", "two"]);
});

// S11
test("the server closes with 4903 when there is no hello after 5 s", async () => {
  const { clock, server, closed, hello } = startHandshake();
  let ended = false;
  void closed.then(() => (ended = true));
  clock.advance(4_999);
  await Promise.resolve();
  expect(ended).toBe(false);
  clock.advance(1);
  expect(await hello).toBeUndefined();
  expect(await closed).toMatchObject({ code: 4903 });
  server.terminate();
});

// S11
test("the server closes with 4400 when a hello has more than 40 KiB", async () => {
  const { client, closed, hello } = startHandshake();
  client.send(JSON.stringify({ ...good, auth: "é".repeat(20 * 1024) }));
  expect(await hello).toBeUndefined();
  expect(await closed).toMatchObject({ code: 4400, reason: "hello has at most 40960 bytes" });
});

test("the server does not close after a hello in time", async () => {
  const { clock, client, server, closed, hello } = startHandshake();
  client.send(JSON.stringify(good));
  await hello;
  clock.advance(60_000);
  server.close(1000, "done");
  expect(await closed).toMatchObject({ code: 1000, reason: "done" });
});

const notFrame = 'a frame is a JSON object with a known "t", sent as text';

// S11, S12, S18, S19
test.each([
  ["the first frame is another one", '{"t":"event","name":"post"}', 4401, "the first frame must be hello"],
  ["the version is another one", JSON.stringify({ ...good, v: 2 }), 4400, "this server supports version 1"],
  ["the first message is not JSON", "hello", 4400, notFrame],
  ["it is not an object", "[1]", 4400, notFrame],
  ["a hello has no cid", '{"t":"hello","v":1,"att":1}', 4400, 'missing or wrong field "cid"'],
  ["a hello grants no credit", JSON.stringify({ ...good, w: 0 }), 4400, 'missing or wrong field "w"'],
  [
    "a hello has an invalid session",
    JSON.stringify({ ...good, resume: { sid: "a", rt: "b", ep: "c", rx: -1, tx0: 1 } }),
    4400,
    'missing or wrong field "resume"',
  ],
  ["a hello has an unknown field", JSON.stringify({ ...good, x: 1 }), 4400, 'unknown field "x"'],
  [
    "a hello has a field __proto__",
    '{"t":"hello","v":1,"cid":"a","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":1,"__proto__":{"polluted":1}}',
    4400,
    'unknown field "__proto__"',
  ],
])("the server closes when %s", async (_, first, code, reason) => {
  const { client, closed, hello } = startHandshake();
  client.send(first);
  expect(await hello).toBeUndefined();
  expect(await closed).toMatchObject({ code, reason });
});

test("the server closes with 4400 when the first message is binary", async () => {
  const { client, closed } = startHandshake();
  client.send(new Uint8Array([1]));
  expect(await closed).toMatchObject({ code: 4400 });
});

test("the server does not wait for a client that has disconnected", async () => {
  const { client, hello } = startHandshake();
  client.close(1001, "");
  expect(await hello).toBeUndefined();
});
