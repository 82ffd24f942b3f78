/**
 * The in-memory `WebSocket` against the web's standards, row by row: what a page calls. WS is WHATWG WebSockets, HTML its event
 * handlers, IDL is Web IDL.
 */
import { expect, test } from "vitest";
import { echo, nameOf, next, recorded, type Routes, type Row, serveRoutes } from "./websocket-routes.ts";

const made =
  (url: string, protocols?: string | string[]) =>
  ({ net }: Routes): string => {
    const socket: { current?: WebSocket } = {};
    const name = nameOf(() => (socket.current = new net.WebSocket(url, protocols)));
    socket.current?.close();
    return name === "none" ? (socket.current?.url ?? "") : name;
  };
const closed =
  (...values: unknown[]) =>
  async ({ open }: Routes): Promise<string> => {
    const socket = await open();
    return nameOf(() => socket.close(...(values as [number, string])));
  };
const closeEvent = async (socket: WebSocket): Promise<unknown[]> => {
  const { code, reason, wasClean } = await next<CloseEvent>(socket, "close");
  return [code, reason, wasClean];
};

const rows: readonly Row[] = [
  ["WS 3.1 constants", "are on the class", ({ net: { WebSocket: C } }) => constants(C), [0, 1, 2, 3]],
  ["WS 3.1 constants", "are on an instance", async ({ open }) => constants(await open()), [0, 1, 2, 3]],

  ["WS 3.1 constructor", "serializes the URL", made("ws://test/a b"), "ws://test/a%20b"],
  ["WS 3.1 constructor", "turns http into ws", made("http://test/echo"), "ws://test/echo"],
  ["WS 3.1 constructor", "turns https into wss", made("https://test/echo"), "wss://test/echo"],
  ["WS 3.1 constructor", "refuses another scheme", made("ftp://test/echo"), "SyntaxError"],
  ["WS 3.1 constructor", "refuses a fragment", made("ws://test/echo#part"), "SyntaxError"],
  ["WS 3.1 constructor", "refuses an empty fragment", made("ws://test/echo#"), "SyntaxError"],
  ["WS 3.1 constructor", "refuses what is no URL", made("/echo"), "SyntaxError"],
  [
    "WS 3.1 constructor",
    "refuses the same subprotocol twice",
    made("ws://test/", ["a", "b", "a"]),
    "SyntaxError",
  ],
  ["WS 3.1 constructor", "refuses an empty subprotocol", made("ws://test/", ""), "SyntaxError"],
  ["WS 3.1 constructor", "refuses a subprotocol with a space", made("ws://test/", ["a b"]), "SyntaxError"],
  ["WS 3.1 constructor", "accepts two subprotocols", made("ws://test/echo", ["a", "b"]), "ws://test/echo"],

  ["WS 3.1 close", "without a code is accepted", closed(), "none"],
  ["WS 3.1 close", "accepts 1000", closed(1000), "none"],
  ["WS 3.1 close", "accepts 3000 to 4999", closed(4999, "x"), "none"],
  ["WS 3.1 close", "refuses 1001", closed(1001), "InvalidAccessError"],
  ["WS 3.1 close", "refuses 2999", closed(2999), "InvalidAccessError"],
  ["WS 3.1 close", "refuses 5000", closed(5000), "InvalidAccessError"],
  ["IDL [Clamp]", "reads null as the code 0", closed(null), "InvalidAccessError"],
  ["IDL [Clamp]", "reads a string as a number", closed("3000"), "none"],
  ["IDL [Clamp]", "does not wrap 65,536 + 1,000", closed(66_536), "InvalidAccessError"],
  ["WS 3.1 close", "accepts a reason of 123 bytes", closed(1000, "é".repeat(61) + "x"), "none"],
  ["WS 3.1 close", "refuses a reason of 124 bytes", closed(1000, "é".repeat(62)), "SyntaxError"],
  [
    "WS 3.1 close",
    "checks before it does nothing",
    async ({ open }) => {
      const socket = await open();
      socket.close();
      return [nameOf(() => socket.close(1)), nameOf(() => socket.close())];
    },
    ["InvalidAccessError", "none"],
  ],
  [
    "WS 3.1 close",
    "without a code is 1005 for both sides",
    async ({ open, ended }) => {
      const socket = await open();
      const event = closeEvent(socket);
      socket.close();
      return [await event, await ended];
    },
    [
      [1005, "", true],
      [1005, ""],
    ],
  ],
  [
    "WS 3.1 close",
    "sends its code and reason",
    async ({ open, ended }) => {
      const socket = await open();
      const event = closeEvent(socket);
      socket.close(3001, "a\ud800b");
      return [await event, await ended];
    },
    [
      [3001, "a\ufffdb", true],
      [3001, "a\ufffdb"],
    ],
  ],
  [
    "WS 3.1 close",
    "while connecting fails the connection",
    ({ net }) => {
      const socket = new net.WebSocket("ws://test/echo");
      const event = closeEvent(socket);
      socket.close();
      return event;
    },
    [1006, "", false],
  ],
  [
    "WS 5 close",
    "gives the code of the server when both sides close at once",
    async ({ net, open }) => {
      const socket = await open("/bye");
      socket.send("go");
      await new Promise<void>((resolve) => queueMicrotask(resolve));
      const release = net.stall();
      await net.settled();
      const event = closeEvent(socket);
      socket.close(4002, "page");
      release();
      return event;
    },
    [4001, "bye", true],
  ],

  [
    "WS 3.1 send",
    "refuses while it connects",
    ({ net }) => {
      const socket = new net.WebSocket("ws://test/echo");
      return nameOf(() => socket.send("early"));
    },
    "InvalidStateError",
  ],
  ["IDL union", "sends 12 as text", async ({ open }) => echo(await open(), 12), "12"],
  ["IDL union", "sends null as text", async ({ open }) => echo(await open(), null), "null"],
  [
    "IDL USVString",
    "replaces lone surrogates",
    async ({ open }) => echo(await open(), "a\ud800b\udc00🙂"),
    "a\ufffdb\ufffd🙂",
  ],
  [
    "WS 3.1 send",
    "sends the bytes of a Blob, and what comes after it in the order of the calls, before the close",
    async ({ net, open }) => {
      const socket = await open("/record");
      socket.send(new Blob([new Uint8Array([1, 2])]));
      socket.send("after");
      socket.close(3000);
      await next(socket, "close");
      await net.settled();
      return recorded.splice(0);
    },
    [new Uint8Array([1, 2]), "after"],
  ],
  [
    "WS 3.1 send",
    "copies a buffer that is changed later",
    async ({ open }) => {
      const socket = await open();
      socket.binaryType = "arraybuffer";
      const bytes = new Uint8Array([1, 2, 3]);
      const received = echo(socket, bytes.subarray(1));
      bytes.fill(0);
      return [...new Uint8Array((await received) as ArrayBuffer)];
    },
    [2, 3],
  ],
  [
    "WS 3.1 bufferedAmount",
    "counts UTF-8 bytes, and falls in a later task",
    async ({ open }) => {
      const socket = await open();
      socket.send("é");
      socket.send(new Uint8Array(5));
      socket.send(new Blob(["123"]));
      const before = socket.bufferedAmount;
      await echo(socket, "");
      for (let turn = 0; socket.bufferedAmount > 0 && turn < 100; turn += 1)
        await new Promise((resolve) => setImmediate(resolve));
      return [before, socket.bufferedAmount];
    },
    [10, 0],
  ],
  [
    "WS 3.1 bufferedAmount",
    "counts what is sent after close, for good",
    async ({ open }) => {
      const socket = await open();
      socket.close();
      socket.send("abc");
      await next(socket, "close");
      socket.send("d");
      return socket.bufferedAmount;
    },
    4,
  ],
];

test.each(rows)("%s: %s", async (_section, _title, run, expected) => {
  expect(await run(serveRoutes())).toEqual(expected);
});

function constants({
  CONNECTING,
  OPEN,
  CLOSING,
  CLOSED,
}: Pick<WebSocket, "CONNECTING" | "OPEN" | "CLOSING" | "CLOSED">): number[] {
  return [CONNECTING, OPEN, CLOSING, CLOSED];
}
