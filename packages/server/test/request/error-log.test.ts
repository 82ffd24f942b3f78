import { int, json } from "@symbolon/protocol";
import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { SocketHandler } from "../../src/socket/serve-socket.ts";
import type { Socket } from "../../src/socket/socket.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { chat, postFrame } from "../contract/chat-server.ts";
import { openSession, receiveFrame } from "../session/connect-session.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

const log = vi.spyOn(console, "error").mockImplementation(() => {});
afterEach(() => void log.mockClear());

/** What the app logs when a client sends `message`. */
async function logOf(handler: SocketHandler<Socket, unknown>, message: string): Promise<unknown[][]> {
  const app = createApp();
  app.ws("/path", handler);
  const socket = await testNetwork(app)
    .connect("/path?key=secret")
    .catch(() => undefined);
  socket?.send(message);
  await socket?.closed;
  return log.mock.calls;
}

const strict = json(z.strictObject({ n: z.number() }));

test.each<[string, SocketHandler<Socket, unknown>, string, string]>([
  [
    "a message that a codec cannot read",
    async (socket) => void (await socket.receive(int)),
    "x",
    'ValidationError: expected a whole number, got "x"',
  ],
  [
    "a message that a schema rejects, with control characters in a quote",
    async (socket) => void (await socket.receive(strict)),
    '{"n":1,"a\\nb\\u001b[2J":2}',
    'ValidationError: Unrecognized key: "a b [2J"',
  ],
  [
    "a message that was not expected",
    (socket) => socket.expect("P1"),
    "P2",
    'ProtocolError: expected "P1", got "P2"',
  ],
  [
    "a subprotocol that was not offered",
    (socket) => socket.accept({ subprotocol: "mqtt" }),
    "",
    'TypeError: the client did not offer the subprotocol "mqtt"',
  ],
])("the log has one line without a stack for %s", async (_, handler, message, line) => {
  expect(await logOf(handler, message)).toEqual([[`symbolon: error at "/path": ${line}`]]);
});

// S29, CVE-2020-7694
test("the line of a client's mistake has at most 512 characters of the error", async () => {
  const [[line] = []] = await logOf(
    async (socket) => void (await socket.receive(json(z.record(z.string(), z.number())))),
    JSON.stringify(Object.fromEntries("abcdefgh".split("").map((key) => [key.repeat(1_000), "x"]))),
  );
  expect(line).toHaveLength('symbolon: error at "/path": '.length + 512);
});

// S21
test("the log names what a handler of a contract threw by the id that the client received", async () => {
  const app = createApp();
  app.implement(chat, () => ({
    post: () => {
      throw new Error("secret");
    },
  }));
  await using socket = await testNetwork(app).connect("/chat/a");
  socket.send(postFrame("a"));
  const { data } = (await receiveFrame(socket)) as { data: { id: string } };
  expect(log.mock.calls).toEqual([[`symbolon: error ${data.id} at "/chat/a"`, new Error("secret")]]);
});

// S29
test("the log has one line for what a client reports of an event, without control characters and its end", async () => {
  const app = createApp();
  app.implement(chat, (peer) => {
    peer.send("posted", { text: "hello" });
    return { post: () => {} };
  });
  await using socket = await openSession(testNetwork(app), "/chat/a");
  const { q } = (await receiveFrame(socket)) as { q: number };
  const message = `no\r\nsymbolon: forged \u001b[2J${"x".repeat(1_000)}`;
  socket.send({ t: "error", re: q, code: "NO", message });
  await vi.waitFor(() => expect(log).toHaveBeenCalled(), waitOptions);
  const [[line] = []] = log.mock.calls;
  expect(log.mock.calls).toHaveLength(1);
  expect(line).toBe(
    `symbolon: error at "/chat/a": Error: "posted" failed: ${message.slice(0, 256).replace("\r\n", " ").replace("\u001b", " ")}`,
  );
});

test("a mistake of the server is logged with its stack", async () => {
  const app = createApp();
  app.ws("/path", { send: int }, async (socket) => socket.send(1.5));
  await testNetwork(app)
    .connect("/path")
    .catch(() => {});
  expect(log.mock.calls).toEqual([
    ['symbolon: error at "/path"', expect.objectContaining({ name: "ValidationError" })],
  ]);
});
