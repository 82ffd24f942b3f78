import { CloseError, int } from "@symbolon/protocol";
import { joinedWires } from "@symbolon/protocol/internal";
import { expect, test } from "vitest";
import { Clock, TestSocket, TimeoutError } from "../../src/testing/index.ts";

/** A test socket, and the far end of its wire. */
function createTestSocket(timeout?: number) {
  const clock = new Clock();
  const [near, far] = joinedWires();
  return { clock, far, socket: new TestSocket(near, new Headers(), { timeout, clock }) };
}

// seeds 189
test("receive rejects with a TimeoutError that names the limit when no message arrives in time", async () => {
  const { clock, socket } = createTestSocket();
  const message = socket.receive({ timeout: 50 });
  clock.advance(49);
  clock.advance(1);
  await expect(message).rejects.toThrow(TimeoutError);
  await expect(message).rejects.toMatchObject({
    code: "TIMEOUT",
    message: "a message did not arrive within 50 ms",
  });
});

test("the timeout of the connection limits every receive without its own, also in a loop", async () => {
  const { clock, far, socket } = createTestSocket(50);
  far.send("one");
  expect(await socket.receive()).toBe("one");
  const loop = (async () => {
    for await (const message of socket) expect(message).toBe("two");
  })();
  far.send("two");
  expect(await socket.peek()).toBeUndefined();
  clock.advance(50);
  await expect(loop).rejects.toThrow(TimeoutError);
});

test("a message that arrives too late is not lost", async () => {
  const { clock, far, socket } = createTestSocket();
  const late = socket.receive({ timeout: 50 });
  clock.advance(50);
  await expect(late).rejects.toThrow(TimeoutError);
  far.send("7");
  far.send("8");
  expect(await socket.receive(int, { timeout: 50 })).toBe(7);
  expect(await socket.receive(int)).toBe(8);
});

test("messages that arrive too late keep their order, in any order of the timeouts", async () => {
  const { clock, far, socket } = createTestSocket();
  const first = socket.receive({ timeout: 50 });
  const second = socket.receive({ timeout: 30 });
  clock.advance(30);
  await expect(second).rejects.toThrow(TimeoutError);
  clock.advance(20);
  await expect(first).rejects.toThrow(TimeoutError);
  for (const message of ["one", "two", "three"]) far.send(message);
  expect([await socket.receive(), await socket.receive(), await socket.receive()]).toEqual([
    "one",
    "two",
    "three",
  ]);
});

test("receiving twice at once gives two messages, in order", async () => {
  const { far, socket } = createTestSocket();
  const both = Promise.all([socket.receive(), socket.receive()]);
  far.send("one");
  far.send("two");
  expect(await both).toEqual(["one", "two"]);
});

test("peek returns the next message, or undefined, and leaves it", async () => {
  const { far, socket } = createTestSocket();
  expect(await socket.peek()).toBeUndefined();
  far.send("one");
  expect([await socket.peek(), await socket.peek(), await socket.receive()]).toEqual(["one", "one", "one"]);
  expect(await socket.peek()).toBeUndefined();
});

test("a receive that waits rejects when the socket ends", async () => {
  const { far, socket } = createTestSocket();
  const message = socket.receive({ timeout: 50 });
  far.close(4000, "bye");
  await expect(message).rejects.toEqual(new CloseError(4000, "bye"));
  await expect(socket.peek()).rejects.toEqual(new CloseError(4000, "bye"));
});
