import { contract } from "@symbolon/protocol";
import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { hello } from "../session/connect-session.ts";
import { gate } from "../gate.ts";
import { opcodes, connectRawClient, rawFrame } from "./raw-client.ts";

// S11
test("the server stops reading from a client that is not authenticated yet after 16 KiB", async () => {
  const paused = gate();
  const go = gate();
  const pause = vi.spyOn(WebSocket.prototype, "pause").mockImplementationOnce(function (this: WebSocket) {
    pause.mockRestore();
    this.pause();
    paused.open();
  });
  const app = createApp({ maxPayload: 32 * 1024 });
  const received: string[] = [];
  const all = gate();
  app
    .group(() => go.passed)
    .implement(contract("/", { client: { post: z.string() } }), () => ({
      post: (text) => {
        received.push(text);
        if (text === "last") all.open();
      },
    }));
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/", { "Sec-WebSocket-Protocol": SUBPROTOCOL });
  client.write(rawFrame(opcodes.text, JSON.stringify(hello)));
  for (const data of ["x".repeat(16 * 1024), "last"])
    client.write(rawFrame(opcodes.text, JSON.stringify({ t: "event", name: "post", data })));
  await paused.passed;
  go.open();
  await all.passed;
  expect(received).toEqual(["x".repeat(16 * 1024), "last"]);
});
