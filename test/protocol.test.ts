/** Says what PROTOCOL.md says by hand, to a real server, and hears what it hears. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Running, startServer } from "../interop/start.ts";

const document = readFileSync(new URL("../PROTOCOL.md", import.meta.url), "utf8");
let server: Running | undefined;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

test("the transcript of wscat is what happens, line by line", async () => {
  const lines = /```wscat\n\$ wscat -c ws:\/\/localhost:3000(\S*)\n(.*?)```/s.exec(document);
  const [path = "", transcript = ""] = lines?.slice(1) ?? [];
  const socket = new WebSocket(`${server?.url.replace("http", "ws")}${path}`);
  await once(socket, "open");
  const heard: string[] = [];
  socket.on("message", (data: Buffer) => heard.push(data.toString()));
  const happened: string[] = [];
  for (const line of transcript.trimEnd().split("\n")) {
    if (line.startsWith("> ")) {
      socket.send(line.slice(2));
      happened.push(line);
    } else {
      if (heard.length === 0) await once(socket, "message");
      happened.push(`< ${heard.shift()}`);
    }
  }
  socket.close();
  await once(socket, "close");
  expect(happened.join("\n")).toBe(transcript.trimEnd());
  expect(happened.at(-1)).toBe('< {"t":"end","re":5}');
  expect(heard).toEqual([]);
});
