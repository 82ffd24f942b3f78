/** What a program in JavaScript may get wrong when it declares routes. */
import { contract } from "@symbolon/protocol";
import { createApp, listen, listenEach } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test, vi } from "vitest";

const work = contract("/work", { client: {}, server: {} });

test.each<readonly [string, () => unknown, string]>([
  [
    "ws without a handler",
    () => createApp().ws("/a", undefined as never),
    'the handler of the WebSocket route "/a" must be a function, and it is undefined',
  ],
  [
    "ws with options alone",
    () => (createApp().ws as (path: string, options: object) => void)("/a", { idleTimeout: 5 }),
    'the handler of the WebSocket route "/a" must be a function, and it is an object',
  ],
  [
    "ws with options and no handler",
    () => createApp().ws("/a", {}, "echo" as never),
    'the handler of the WebSocket route "/a" must be a function, and it is a string',
  ],
  [
    "ws with a path alone",
    () => (createApp().ws as (path: string) => void)("/a"),
    'the handler of the WebSocket route "/a" must be a function, and it is undefined',
  ],
  [
    "http with a Response",
    () => createApp().http("/a", new Response("a") as never),
    'the handler of the HTTP route "/a" must be a function, and it is an object',
  ],
  [
    "implement with handlers",
    () => createApp().implement(work, {} as never),
    'the setup of the contract "/work" must be a function, and it is an object',
  ],
  [
    "implement without a setup",
    () => createApp().implement(work, {}, undefined as never),
    'the setup of the contract "/work" must be a function, and it is undefined',
  ],
  [
    "use with a promise",
    () => createApp().use(Promise.resolve() as never),
    "the hook of `use` must be a function, and it is an object",
  ],
  [
    "group without a hook",
    () => createApp().group(undefined as never),
    "the hook of `group` must be a function, and it is undefined",
  ],
  [
    "listen with an empty object",
    () => listen({} as never),
    "`message` of the listener of listen must be a function, and it is undefined",
  ],
  [
    "listen with undefined",
    () => listen(undefined as never),
    "`message` of the listener of listen must be a function, and it is undefined",
  ],
  [
    "listen with an `open` that is text",
    () => listen({ message: () => {}, open: "x" } as never),
    "`open` of the listener of listen must be a function, and it is a string",
  ],
  [
    "listen with a `close` that is null",
    () => listen({ message: () => {}, close: null } as never),
    "`close` of the listener of listen must be a function, and it is null",
  ],
  [
    "listenEach with a listener",
    () => listenEach({ message: () => {} } as never),
    "the argument of listenEach must be a function, and it is an object",
  ],
  [
    "createApp with an onError",
    () => createApp({ onError: "log" as never }),
    "onError of createApp must be a function, and it is a string",
  ],
  [
    "createApp with a fetch",
    () => createApp({ fetch: {} as never }),
    "fetch of createApp must be a function, and it is an object",
  ],
])("%s is a TypeError where it is declared", (_what, declare, message) => {
  expect(declare).toThrow(new TypeError(message));
});

test("a listenEach whose function returns no listener refuses the handshake", async () => {
  const onError = vi.fn();
  const app = createApp({ onError });
  app.ws(
    "/",
    listenEach(() => ({}) as never),
  );
  expect((await testNetwork(app).refused("/")).status).toBe(500);
  expect(String(onError.mock.calls[0]?.[0])).toBe(
    "TypeError: `message` of the listener of listenEach must be a function, and it is undefined",
  );
});
