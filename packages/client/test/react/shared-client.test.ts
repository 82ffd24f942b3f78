import { contract } from "@symbolon/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SharedClient } from "../../src/react/shared-client.ts";
import { fakeSockets, pass } from "../connection/fakes.ts";

const room = contract("/rooms/:room", {});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Options for one room of one server, and the sockets that are made with them. */
function lobby() {
  const { made, WebSocket } = fakeSockets();
  return { made, options: { url: "ws://test", params: { room: "lobby" }, WebSocket } };
}

test("a client connects when it is retained, not when it is made", async () => {
  const { made, options } = lobby();
  const shared = new SharedClient(room, options);
  expect(vi.getTimerCount()).toBe(0);
  const release = shared.retain();
  await pass();
  expect(made.map(({ url }) => url)).toEqual(["ws://test/rooms/lobby"]);
  release();
  await pass();
});

test("a client that is released and retained again at once stays open", async () => {
  const { made, options } = lobby();
  const shared = new SharedClient(room, options);
  shared.retain()();
  const release = shared.retain();
  await pass();
  expect(made).toHaveLength(1);
  expect(shared.ended).toBe(false);
  release();
  await pass();
  expect(shared.ended).toBe(true);
});

test("a client closes in the macrotask after its last release", async () => {
  const { options } = lobby();
  const shared = new SharedClient(room, options);
  const [releaseFirst, releaseSecond] = [shared.retain(), shared.retain()];
  releaseFirst();
  await pass();
  expect(shared.ended).toBe(false);
  releaseSecond();
  expect(shared.ended).toBe(false);
  await pass();
  expect(shared.ended).toBe(true);
  expect(SharedClient.find(room, options)).toBeUndefined();
});

test("a retained client is found by its contract, its WebSocket and the values of url, params and query", async () => {
  const { options } = lobby();
  const shared = new SharedClient(room, options);
  expect(SharedClient.find(room, options)).toBeUndefined(); // it is not retained yet
  const release = shared.retain();
  const equal = { ...options, url: new URL("ws://test"), params: { ...options.params } };
  expect(shared.matches(room, { ...options, params: { ...options.params } })).toBe(true);
  expect(SharedClient.find(room, { ...options, params: { room: "lobby" } })).toBe(shared);
  expect(SharedClient.find(room, { ...equal, params: { room: "den" } })).toBeUndefined();
  expect(SharedClient.find(room, { ...options, query: { name: "Ada" } })).toBeUndefined();
  expect(SharedClient.find(room, { ...options, url: "ws://elsewhere" })).toBeUndefined();
  expect(SharedClient.find(room, { ...options, WebSocket: fakeSockets().WebSocket })).toBeUndefined();
  expect(SharedClient.find(contract("/rooms/:room", {}), options)).toBeUndefined();
  release();
  await pass();
});

test("of two equal clients the one that is retained first serves both, and the other never connects", async () => {
  const { made, options } = lobby();
  const [first, second] = [new SharedClient(room, options), new SharedClient(room, options)];
  const release = first.current.retain();
  void second.client.opened; // used before the other one is found
  expect(second.current).toBe(first);
  const releaseOther = second.current.retain();
  await pass();
  expect(made).toHaveLength(1);
  expect(second.ended).toBe(true);
  release();
  releaseOther();
  await pass();
});

test("a client that has ended is replaced by a new one", async () => {
  const { options } = lobby();
  const shared = new SharedClient(room, options);
  const release = shared.retain();
  shared.client.close(4000, "enough");
  expect(SharedClient.find(room, options)).toBeUndefined();
  const { current } = shared;
  expect(current === shared).toBe(false);
  expect(current.ended).toBe(false);
  release();
  await pass();
});

test("a refusal of a retained client raises no unhandled rejection", async () => {
  const { made, options } = lobby();
  const release = new SharedClient(room, options).retain();
  await pass();
  made[0]?.emitOpen();
  made[0]?.emitClose(4403, "no", true);
  release();
  await pass();
  expect(made).toHaveLength(1);
});

test("the newest getToken is called", async () => {
  const { made, options } = lobby();
  const called: string[] = [];
  const tokenOf = (name: string) => () => {
    called.push(name);
    return name;
  };
  const shared = new SharedClient(room, { ...options, url: "wss://test", getToken: tokenOf("old") });
  shared.getToken = tokenOf("new");
  const release = shared.retain();
  await pass();
  made[0]?.emitOpen();
  expect(called).toEqual(["new"]);
  expect(made[0]?.sent[0]).toContain('"auth":"new"');
  release();
  await pass();
});
