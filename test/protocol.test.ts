/** Sends the messages of the transcript in PROTOCOL.md to a real server, and compares the answers. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type RunningServer, startServer } from "../interop/start.ts";

const document = readFileSync(new URL("../PROTOCOL.md", import.meta.url), "utf8");
let server: RunningServer | undefined;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

test("a server answers each line of the wscat transcript as PROTOCOL.md shows it", async () => {
  const match = /```wscat\n\$ wscat -c ws:\/\/localhost:3000(\S*)\n(.*?)```/s.exec(document);
  const [path = "", transcript = ""] = match?.slice(1) ?? [];
  const socket = new WebSocket(`${server?.url.replace("http", "ws")}${path}`);
  await once(socket, "open");
  const received: string[] = [];
  socket.on("message", (data: Buffer) => received.push(data.toString()));
  const actual: string[] = [];
  for (const line of transcript.trimEnd().split("\n")) {
    if (line.startsWith("> ")) {
      socket.send(line.slice(2));
      actual.push(line);
    } else {
      if (received.length === 0) await once(socket, "message");
      actual.push(`< ${received.shift()}`);
    }
  }
  socket.close();
  await once(socket, "close");
  expect(actual.join("\n")).toBe(transcript.trimEnd());
  expect(actual.at(-1)).toBe('< {"t":"end","re":5}');
  expect(received).toEqual([]);
});
