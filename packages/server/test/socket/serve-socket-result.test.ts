import { expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";
import { type Handler, connectRefused, serveHandler } from "./raw-routes.ts";

const anything: [string, unknown][] = [
  ["a string", "abc"],
  ["a number", 3],
  ["an object", { a: 1 }],
  ["an object", new Map([[1, 2]])],
  ["an object", new Uint8Array([1, 2])],
  ["null", null],
];

test.each(anything)("a handler that returns %s has a mistake: %o", async (kind, value) => {
  const error = new TypeError(
    `a handler returned ${kind}: send it, or return a Response, a generator or an array of values to send`,
  );
  for (const handler of [() => value, async () => value] as Handler[]) {
    const { response, onError } = await connectRefused(handler);
    expect(response.status).toBe(500);
    expect(onError).toHaveBeenCalledExactlyOnceWith(error, expect.anything());
  }
  const { net, onError } = serveHandler(async (socket) => {
    await socket.accept();
    return value as never;
  });
  const socket = await net.connect("/");
  expect(await socket.closed).toMatchObject({ code: 1011 });
  expect(onError).toHaveBeenCalledExactlyOnceWith(error, expect.anything());
});

test("the result of a handler is ignored when the socket has ended", async () => {
  const ended = gate();
  const app = createApp({ onError: () => {} });
  const view = app.group(function* () {
    yield;
    ended.open();
  });
  view.ws("/", async (socket) => {
    await socket.accept();
    return socket.closed;
  });
  const net = testNetwork(app);
  (await net.connect("/")).close();
  await ended.passed;
  expect(net.errors).toEqual([]);
});

test.each<[string, Handler]>([
  ["an array", () => ["a", "b"]],
  ["a generator", () => ["a", "b"].values()],
  ["an async iterable", () => new ReadableStream({ start: (stream) => stream.enqueue("a") })],
])("the values of %s are sent one by one", async (_, handler) => {
  const { net } = serveHandler(handler);
  const socket = await net.connect("/");
  expect(await socket.receive()).toBe("a");
  socket.close();
});
