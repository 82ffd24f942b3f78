/**
 * The in-memory `WebSocket` against the web's standards, row by row: what a page receives. WS is WHATWG WebSockets, HTML its event
 * handlers, IDL is Web IDL.
 */
import { expect, test } from "vitest";
import { echo, next, type Row, serveRoutes } from "./websocket-routes.ts";

const rows: readonly Row[] = [
  ["WS 3.1 binaryType", "is blob at first", async ({ open }) => (await open()).binaryType, "blob"],
  [
    "IDL enumeration",
    "ignores another value",
    async ({ open }) => {
      const socket = await open();
      socket.binaryType = "nodebuffer" as BinaryType;
      return socket.binaryType;
    },
    "blob",
  ],
  [
    "WS 5 message",
    "gives a Blob",
    async ({ open }) => {
      const data = await echo(await open(), new Uint8Array([104, 105]));
      return data instanceof Blob ? data.text() : data;
    },
    "hi",
  ],
  [
    "WS 5 message",
    "gives an ArrayBuffer",
    async ({ open }) => {
      const socket = await open();
      socket.binaryType = "arraybuffer";
      return (await echo(socket, new Uint8Array([1]))) instanceof ArrayBuffer;
    },
    true,
  ],
  [
    "WS 5 message",
    "has the origin of the URL",
    async ({ open }) => {
      const socket = await open();
      const event = next<MessageEvent>(socket, "message");
      socket.send("x");
      return (await event).origin;
    },
    "ws://test",
  ],
  [
    "WS 5 message",
    "is not dispatched after close",
    async ({ open }) => {
      const socket = await open("/talk");
      const received: unknown[] = [];
      socket.onmessage = ({ data }: MessageEvent) => {
        received.push(data);
        socket.close();
      };
      await next(socket, "close");
      return received;
    },
    ["0"],
  ],
  [
    "WS 5 close",
    "is dispatched when the state is CLOSED, and error before it",
    async ({ net }) => {
      const socket = new net.WebSocket("ws://test/nowhere");
      const log: unknown[] = [];
      socket.onerror = () => log.push(["error", socket.readyState]);
      socket.onclose = () => log.push(["close", socket.readyState]);
      await next(socket, "close");
      return log;
    },
    [
      ["error", 3],
      ["close", 3],
    ],
  ],

  [
    "HTML event handlers",
    "run in the order of registration",
    async ({ net }) => {
      const socket = new net.WebSocket("ws://test/echo");
      const log: number[] = [];
      socket.addEventListener("open", () => log.push(1));
      socket.onopen = () => log.push(0);
      socket.addEventListener("open", () => log.push(3));
      socket.onopen = () => log.push(2); // keeps the place
      await next(socket, "open");
      return log;
    },
    [1, 2, 3],
  ],
  [
    "HTML event handlers",
    "lose their place when they are null",
    async ({ net }) => {
      const socket = new net.WebSocket("ws://test/echo");
      const log: number[] = [];
      socket.onopen = () => log.push(0);
      socket.addEventListener("open", () => log.push(1));
      socket.onopen = null;
      socket.onopen = () => log.push(2);
      await next(socket, "open");
      return [log, socket.onmessage, typeof socket.onopen];
    },
    [[1, 2], null, "function"],
  ],
  [
    "HTML event handlers",
    "are null for what is no function",
    async ({ open }) => {
      const socket = await open();
      socket.onmessage = "no function" as never;
      return [socket.onmessage, await echo(socket, "x")];
    },
    [null, "x"],
  ],
  [
    "HTML event handlers",
    "have the socket as `this`",
    async ({ net }) => {
      const socket = new net.WebSocket("ws://test/echo");
      const seen: unknown[] = [];
      socket.onopen = function () {
        seen.push(this);
      };
      await next(socket, "open");
      return seen[0] === socket;
    },
    true,
  ],
];

test.each(rows)("%s: %s", async (_section, _title, run, expected) => {
  expect(await run(serveRoutes())).toEqual(expected);
});
