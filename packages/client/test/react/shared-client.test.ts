import { contract } from "@symbolon/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SharedClient } from "../../src/react/shared-client.ts";
import { fakeSockets, pass } from "../connection/fakes.ts";

const room = contract("/rooms/:room", {});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Options for the same room of the same server, and the sockets that are made for it. */
function lobby() {
  const { made, WebSocket } = fakeSockets();
  return { made, options: { url: "ws://test", params: { room: "lobby" }, WebSocket } };
}

test("a client opens when it is held, not when it is made", async () => {
  const { made, options } = lobby();
  const held = new SharedClient(room, options);
  expect(vi.getTimerCount()).toBe(0);
  const release = held.retain();
  await pass();
  expect(made.map(({ url }) => url)).toEqual(["ws://test/rooms/lobby"]);
  release();
  await pass();
});

test("a client that is let go and held again at once stays", async () => {
  const { made, options } = lobby();
  const held = new SharedClient(room, options);
  held.retain()();
  const release = held.retain();
  await pass();
  expect(made).toHaveLength(1);
  expect(held.ended).toBe(false);
  release();
  await pass();
  expect(held.ended).toBe(true);
});

test("a client is closed when the last of its holders lets go, in the next macrotask", async () => {
  const { options } = lobby();
  const held = new SharedClient(room, options);
  const [one, other] = [held.retain(), held.retain()];
  one();
  await pass();
  expect(held.ended).toBe(false);
  other();
  expect(held.ended).toBe(false);
  await pass();
  expect(held.ended).toBe(true);
  expect(SharedClient.find(room, options)).toBeUndefined();
});

test("a held client is found by its contract, its WebSocket and the values of url, params and query", async () => {
  const { options } = lobby();
  const held = new SharedClient(room, options);
  expect(SharedClient.find(room, options)).toBeUndefined(); // nobody holds it yet
  const release = held.retain();
  const equal = { ...options, url: new URL("ws://test"), params: { ...options.params } };
  expect(held.matches(room, { ...options, params: { ...options.params } })).toBe(true);
  expect(SharedClient.find(room, { ...options, params: { room: "lobby" } })).toBe(held);
  expect(SharedClient.find(room, { ...equal, params: { room: "den" } })).toBeUndefined();
  expect(SharedClient.find(room, { ...options, query: { name: "Ada" } })).toBeUndefined();
  expect(SharedClient.find(room, { ...options, url: "ws://elsewhere" })).toBeUndefined();
  expect(SharedClient.find(room, { ...options, WebSocket: fakeSockets().WebSocket })).toBeUndefined();
  expect(SharedClient.find(contract("/rooms/:room", {}), options)).toBeUndefined();
  release();
  await pass();
});

test("of two that were made at the same time the first that is held is used by both, and the other never dials", async () => {
  const { made, options } = lobby();
  const [first, second] = [new SharedClient(room, options), new SharedClient(room, options)];
  const release = first.current.retain();
  void second.client.opened; // used before it is known that there is another
  expect(second.current).toBe(first);
  const releaseToo = second.current.retain();
  await pass();
  expect(made).toHaveLength(1);
  expect(second.ended).toBe(true);
  release();
  releaseToo();
  await pass();
});

test("one that has ended is followed by a new one", async () => {
  const { options } = lobby();
  const held = new SharedClient(room, options);
  const release = held.retain();
  held.client.close(4000, "enough");
  expect(SharedClient.find(room, options)).toBeUndefined();
  const { current: heir } = held;
  expect(heir === held).toBe(false);
  expect(heir.ended).toBe(false);
  release();
  await pass();
});

test("a refusal that nobody waits for ends no process", async () => {
  const { made, options } = lobby();
  const release = new SharedClient(room, options).retain();
  await pass();
  made[0]?.opens();
  made[0]?.falls(4403, "no", true);
  release();
  await pass();
  expect(made).toHaveLength(1);
});

test("the newest getToken is asked", async () => {
  const { made, options } = lobby();
  const asked: string[] = [];
  const ask = (name: string) => () => {
    asked.push(name);
    return name;
  };
  const held = new SharedClient(room, { ...options, getToken: ask("old") });
  held.getToken = ask("new");
  const release = held.retain();
  await pass();
  made[0]?.opens();
  expect(asked).toEqual(["new"]);
  expect(made[0]?.sent[0]).toContain('"auth":"new"');
  release();
  await pass();
});
