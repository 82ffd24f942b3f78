import type { Closed, Message } from "@symbolon/protocol";
import { joinedWires } from "@symbolon/protocol/internal";
import { expect, test } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { readHello } from "../../src/session/hello.ts";
import { hello } from "./connect-session.ts";

function waiting() {
  const clock = new Clock();
  const [client, server] = joinedWires();
  const closed = new Promise<Closed>((resolve) => client.listen({ message: () => {}, closed: resolve }));
  return { clock, client, server, closed, hello: readHello(server, clock) };
}

const good = { ...hello, auth: "secret" };

test("a hello is read", async () => {
  const { client, hello } = waiting();
  client.send(JSON.stringify(good));
  expect(await hello).toEqual(good);
});

test("what follows a hello is kept for whoever listens next", async () => {
  const { client, server, hello } = waiting();
  client.send(JSON.stringify(good));
  client.send("one");
  client.send("two");
  await hello;
  const heard: Message[] = [];
  await new Promise<void>((resolve) => {
    server.listen({
      message: (message) => (heard.push(message), message === "two" && resolve()),
      closed: () => {},
    });
  });
  expect(heard).toEqual(["one", "two"]);
});

test("S11 › no hello in 5 s closes with 4903, and not before", async () => {
  const { clock, server, closed, hello } = waiting();
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

test("S11 › a hello of more than 16 KiB closes with 4400", async () => {
  const { client, closed, hello } = waiting();
  client.send(JSON.stringify({ ...good, auth: "é".repeat(8 * 1024) }));
  expect(await hello).toBeUndefined();
  expect(await closed).toMatchObject({ code: 4400, reason: "hello has at most 16384 bytes" });
});

test("a hello in time is not closed later", async () => {
  const { clock, client, server, closed, hello } = waiting();
  client.send(JSON.stringify(good));
  await hello;
  clock.advance(60_000);
  server.close(1000, "done");
  expect(await closed).toMatchObject({ code: 1000, reason: "done" });
});

const noFrame = 'a frame is a JSON object with a known "t", sent as text';

test.each([
  ["S11 › another frame", '{"t":"event","name":"say"}', 4401, "say hello first"],
  ["S12 › another version", JSON.stringify({ ...good, v: 2 }), 4400, "this server speaks version 1"],
  ["S18 › no JSON", "hello", 4400, noFrame],
  ["S18 › no object", "[1]", 4400, noFrame],
  ["S18 › a hello without a cid", '{"t":"hello","v":1,"att":1}', 4400, 'missing or wrong field "cid"'],
  ["S18 › a hello without a window", JSON.stringify({ ...good, w: 0 }), 4400, 'missing or wrong field "w"'],
  [
    "S18 › a hello whose session is none",
    JSON.stringify({ ...good, resume: { sid: "a", rt: "b", ep: "c", rx: -1, tx0: 1 } }),
    4400,
    'missing or wrong field "resume"',
  ],
  ["S18 › an unknown field", JSON.stringify({ ...good, x: 1 }), 4400, 'unknown field "x"'],
  [
    "S19 › a field called __proto__",
    '{"t":"hello","v":1,"cid":"a","att":1,"__proto__":{"polluted":1}}',
    4400,
    'unknown field "__proto__"',
  ],
])("%s first closes", async (_, first, code, reason) => {
  const { client, closed, hello } = waiting();
  client.send(first);
  expect(await hello).toBeUndefined();
  expect(await closed).toMatchObject({ code, reason });
});

test("a binary message first closes with 4400", async () => {
  const { client, closed } = waiting();
  client.send(new Uint8Array([1]));
  expect(await closed).toMatchObject({ code: 4400 });
});

test("a client that leaves before its hello is waited for no longer", async () => {
  const { client, hello } = waiting();
  client.close(1001, "");
  expect(await hello).toBeUndefined();
});
