import { int, json } from "@symbolon/protocol";
import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { SocketHandler } from "../../src/socket/serve-socket.ts";
import type { Socket } from "../../src/socket/socket.ts";
import { testNetwork } from "../../src/testing/index.ts";

const log = vi.spyOn(console, "error").mockImplementation(() => {});
afterEach(() => void log.mockClear());

/** What is logged of a conversation. */
async function logged(handler: SocketHandler<Socket, unknown>, said: string): Promise<unknown[][]> {
  const app = createApp();
  app.ws("/path", handler);
  const socket = await testNetwork(app)
    .connect("/path?key=secret")
    .catch(() => undefined);
  socket?.send(said);
  await socket?.closed;
  return log.mock.calls;
}

const strict = json(z.strictObject({ n: z.number() }));

test.each<[string, SocketHandler<Socket, unknown>, string, string]>([
  [
    "a codec cannot read",
    async (socket) => void (await socket.receive(int)),
    "x",
    'ValidationError: expected a whole number, got "x"',
  ],
  [
    "a schema refuses, whatever it quotes",
    async (socket) => void (await socket.receive(strict)),
    '{"n":1,"a\\nb\\u001b[2J":2}',
    'ValidationError: Unrecognized key: "a b [2J"',
  ],
  ["was not expected", (socket) => socket.expect("P1"), "P2", 'ProtocolError: expected "P1", got "P2"'],
  [
    "was not offered",
    (socket) => socket.accept({ subprotocol: "mqtt" }),
    "",
    'TypeError: the client did not offer the subprotocol "mqtt"',
  ],
])("what %s is one line of the log, without a stack", async (_, handler, said, line) => {
  expect(await logged(handler, said)).toEqual([[`symbolon: error at "/path": ${line}`]]);
});

test("a line of the log has a limit", async () => {
  const [[line] = []] = await logged(
    async (socket) => void (await socket.receive(json(z.record(z.string(), z.number())))),
    JSON.stringify(Object.fromEntries(["a", "b", "c"].map((key) => [key.repeat(1_000), "x"]))),
  );
  expect(line).toHaveLength('symbolon: error at "/path": '.length + 512);
});

test("what the server does wrong keeps its stack", async () => {
  const app = createApp();
  app.ws("/path", { send: int }, async (socket) => socket.send(1.5));
  await testNetwork(app)
    .connect("/path")
    .catch(() => {});
  expect(log.mock.calls).toEqual([
    ['symbolon: error at "/path"', expect.objectContaining({ name: "ValidationError" })],
  ]);
});
