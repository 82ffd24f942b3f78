import { contract } from "@symbolon/protocol";
import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { hello } from "../session/connect-session.ts";
import { gate, opcodes, rawClient, rawFrame } from "./raw-client.ts";

test("S11 › a client that nobody knows yet is read no further after 16 KiB", async () => {
  const paused = gate();
  const go = gate();
  const pause = vi.spyOn(WebSocket.prototype, "pause").mockImplementationOnce(function (this: WebSocket) {
    pause.mockRestore();
    this.pause();
    paused.pass();
  });
  const app = createApp({ maxPayload: 32 * 1024 });
  const heard: string[] = [];
  const all = gate();
  app
    .use(() => go.passed)
    .implement(contract("/", { client: { say: z.string() } }), () => ({
      say: (text) => {
        heard.push(text);
        if (text === "last") all.pass();
      },
    }));
  await using server = await serve(app, { port: 0 });
  using client = await rawClient(server.port);
  await client.open("/", { "Sec-WebSocket-Protocol": SUBPROTOCOL });
  client.write(rawFrame(opcodes.text, JSON.stringify(hello)));
  for (const data of ["x".repeat(16 * 1024), "last"])
    client.write(rawFrame(opcodes.text, JSON.stringify({ t: "event", name: "say", data })));
  await paused.passed;
  go.pass();
  await all.passed;
  expect(heard).toEqual(["x".repeat(16 * 1024), "last"]);
});
