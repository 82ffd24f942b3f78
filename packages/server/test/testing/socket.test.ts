import { CloseError, int } from "@symbolon/protocol";
import { joinedWires } from "@symbolon/protocol/internal";
import { expect, test } from "vitest";
import { Clock, TestSocket, TimeoutError } from "../../src/testing/index.ts";

function socket(timeout?: number) {
  const clock = new Clock();
  const [near, far] = joinedWires();
  return { clock, far, socket: new TestSocket(near, new Headers(), { timeout, clock }) };
}

test("seeds › 189 a message that does not come in time rejects with a TimeoutError that says how long", async () => {
  const { clock, socket: waiting } = socket();
  const message = waiting.receive({ timeout: 50 });
  clock.advance(49);
  clock.advance(1);
  await expect(message).rejects.toThrow(TimeoutError);
  await expect(message).rejects.toMatchObject({
    code: "TIMEOUT",
    message: "a message did not come within 50 ms",
  });
});

test("the timeout of the connection holds for every receive that names none, also of a loop", async () => {
  const { clock, far, socket: waiting } = socket(50);
  far.send("one");
  expect(await waiting.receive()).toBe("one");
  const loop = (async () => {
    for await (const message of waiting) expect(message).toBe("two");
  })();
  far.send("two");
  expect(await waiting.peek()).toBeUndefined();
  clock.advance(50);
  await expect(loop).rejects.toThrow(TimeoutError);
});

test("a message that came too late is not lost", async () => {
  const { clock, far, socket: waiting } = socket();
  const late = waiting.receive({ timeout: 50 });
  clock.advance(50);
  await expect(late).rejects.toThrow(TimeoutError);
  far.send("7");
  far.send("8");
  expect(await waiting.receive(int, { timeout: 50 })).toBe(7);
  expect(await waiting.receive(int)).toBe(8);
});

test("messages that came too late keep their order, whoever gave up first", async () => {
  const { clock, far, socket: waiting } = socket();
  const first = waiting.receive({ timeout: 50 });
  const second = waiting.receive({ timeout: 30 });
  clock.advance(30);
  await expect(second).rejects.toThrow(TimeoutError);
  clock.advance(20);
  await expect(first).rejects.toThrow(TimeoutError);
  for (const word of ["one", "two", "three"]) far.send(word);
  expect([await waiting.receive(), await waiting.receive(), await waiting.receive()]).toEqual([
    "one",
    "two",
    "three",
  ]);
});

test("receiving twice at once gives two messages, in order", async () => {
  const { far, socket: waiting } = socket();
  const both = Promise.all([waiting.receive(), waiting.receive()]);
  far.send("one");
  far.send("two");
  expect(await both).toEqual(["one", "two"]);
});

test("a look says what is there, or that nothing is, and leaves it", async () => {
  const { far, socket: looking } = socket();
  expect(await looking.peek()).toBeUndefined();
  far.send("one");
  expect([await looking.peek(), await looking.peek(), await looking.receive()]).toEqual([
    "one",
    "one",
    "one",
  ]);
  expect(await looking.peek()).toBeUndefined();
});

test("what waits is rejected when the socket ends", async () => {
  const { far, socket: waiting } = socket();
  const message = waiting.receive({ timeout: 50 });
  far.close(4000, "bye");
  await expect(message).rejects.toEqual(new CloseError(4000, "bye"));
  await expect(waiting.peek()).rejects.toEqual(new CloseError(4000, "bye"));
});
