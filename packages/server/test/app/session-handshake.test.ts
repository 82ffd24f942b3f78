/** The handshake of a session before its `hello`. */
import { contract } from "@symbolon/protocol";
import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { slow } from "../../../../test/time-limits.ts";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { connectSession, hello, openSession, receiveFrame, keyOf } from "../session/connect-session.ts";

const chat = contract("/chat/:room", {});

// S6
describe("a session without hello", () => {
  const open = { protocols: [SUBPROTOCOL] };

  test("is one of at most `handshake.pending`: one more is refused with 503, until one has sent it or is closed", async () => {
    const clock = new Clock();
    const app = createApp({ clock, handshake: { pending: 2 } });
    app.implement(chat, () => ({}));
    app.ws("/raw", (socket) => socket.accept());
    const net = testNetwork(app);
    const first = await net.connect("/chat/a", open);
    const second = await net.connect("/chat/a", open);
    const refused = await net.refused("/chat/a", open);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    await using raw = await net.connect("/raw"); // raw and plain clients have a number of their own
    expect(raw.signal.aborted).toBe(false);
    first.send(hello);
    expect(await receiveFrame(first)).toMatchObject({ t: "welcome" });
    const third = await net.connect("/chat/a", open);
    expect((await net.refused("/chat/a", open)).status).toBe(503);
    clock.advance(5_000);
    expect(await second.closed).toMatchObject({ code: 4903 });
    expect(await third.closed).toMatchObject({ code: 4903 });
    await using fourth = await openSession(net, "/chat/a", { ...hello, key: keyOf("other") });
    expect(fourth.signal.aborted).toBe(false);
    first.close();
  });

  test("is one of at most 1,000 by default", slow, async () => {
    const app = createApp({ clock: new Clock() });
    app.implement(chat, () => ({}));
    const net = testNetwork(app);
    const silent = await Promise.all(Array.from({ length: 1_000 }, () => net.connect("/chat/a", open)));
    expect((await net.refused("/chat/a", open)).status).toBe(503);
    silent[0]?.close();
    await net.settled();
    await using next = await openSession(net, "/chat/a");
    expect(next.signal.aborted).toBe(false);
    for (const socket of silent) socket.close();
  });
});

// S4
describe("a session at a path without a WebSocket route", () => {
  test.each([
    ["/nowhere", 4404, "No WebSocket route is at /nowhere"],
    ["/page", 4400, "No WebSocket route is at /page, which is an HTTP route"],
  ])("%s is closed with %i at once, before its hello", async (path, code, reason) => {
    const app = createApp({ clock: new Clock() });
    app.http("/page", () => new Response("page"));
    const net = testNetwork(app);
    const socket = await net.connect(path, { protocols: [SUBPROTOCOL] });
    expect(await socket.closed).toMatchObject({ code, reason });
    expect((await net.refused(path)).status).toBe(code - 4_000);
  });
});

test("a handshake that a schema refuses is reported in both modes: with the place of each issue, and no value of it", async () => {
  const onError = vi.fn();
  const app = createApp({ onError });
  const rooms = contract("/rooms", {
    query: z.object({
      token: z.string().refine(() => false, { error: ({ input }) => `bad ${String(input)}` }),
    }),
    client: {},
    server: {},
  });
  app.implement(rooms, () => ({}));
  const net = testNetwork(app);
  expect((await net.refused("/rooms?token=secret")).status).toBe(400);
  expect(await (await connectSession(net, "/rooms?token=secret")).closed).toMatchObject({
    code: 4400,
    reason: "bad secret",
  });
  const line = `refused with 400: the route's schema does not accept query "token"`;
  const reported = [
    expect.objectContaining({ kind: "schema", message: line }),
    expect.objectContaining({ phase: "refused" }),
  ];
  expect(onError.mock.calls).toEqual([reported, reported]);
});
