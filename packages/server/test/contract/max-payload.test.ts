// S14: the largest message of a client; a route may have a lower limit than its app.
import { CloseCode, contract, request, stream } from "@symbolon/protocol";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { hello, openSession, receiveFrame, connectSession } from "../session/connect-session.ts";

const any = z.string();
const texts = contract("/texts", {
  client: {
    event: any,
    request: request({ input: any, output: z.number() }),
    stream: stream({ input: any, upload: any, output: z.number() }),
  },
  server: { length: z.number(), ask: request({ input: z.null(), output: any }) },
});
const maxPayload = 200;

/** Starts a server whose route has a limit of 200 bytes, and whose handlers answer with the length of the text. */
function startTextServer() {
  const onError = vi.fn();
  const app = createApp({ onError });
  app.implement(texts, { maxPayload }, (peer) => ({
    event: (text) => void peer.send("length", text.length),
    request: (text) => text.length,
    async *stream(text, { upload }) {
      yield text.length;
      for await (const item of upload) yield item.length;
    },
  }));
  return { app, net: testNetwork(app), onError };
}

/** A frame in JSON of so many bytes; in a session its sequence, one digit here, counts too. */
function frameOf(bytes: number, mode: "session" | "plain", frame: object): object {
  const stamp = mode === "session" ? '"s":1,'.length : 0;
  const data = "x".repeat(bytes - stamp - JSON.stringify({ ...frame, data: "" }).length);
  return { ...frame, data };
}

test.each(
  (["session", "plain"] as const).flatMap((mode) =>
    (["event", "request", "stream"] as const).map((t) => [mode, t] as const),
  ),
)(
  "in %s mode, a %s above the limit of its route fails with TOO_LARGE in its turn, and one of the limit is handled",
  async (mode, t) => {
    const { net, onError } = startTextServer();
    await using socket = await (mode === "plain" ? net.connect("/texts") : openSession(net, "/texts"));
    const name = t;
    socket.send({ t: "event", name: "event", q: 1, data: "first" });
    socket.send(frameOf(maxPayload + 1, mode, { t, name, q: 2 }));
    socket.send(frameOf(maxPayload, mode, { t, name, q: 3 }));
    expect(await receiveFrame(socket)).toMatchObject({ t: "event", data: 5 });
    expect(await receiveFrame(socket)).toEqual({
      t: "error",
      re: 2,
      code: "TOO_LARGE",
      message: "a message to this path has at most 200 bytes",
    });
    expect(await receiveFrame(socket)).toMatchObject({ data: expect.any(Number) });
    expect(onError).not.toHaveBeenCalled();
  },
);

test("an item above the limit of its route closes a session with 1009", async () => {
  const { net } = startTextServer();
  const socket = await openSession(net, "/texts");
  socket.send({ t: "stream", name: "stream", q: 1, data: "" });
  socket.send({ t: "next", q: 1, data: "x".repeat(maxPayload) });
  expect(await socket.closed).toMatchObject({
    code: CloseCode.TooLarge,
    reason: "a message to this path has at most 200 bytes",
  });
});

test("an acknowledgement covers an event that was too large, after its error", async () => {
  const { net } = startTextServer();
  await using socket = await openSession(net, "/texts");
  socket.send(frameOf(maxPayload + 1, "session", { t: "event", name: "event", q: 2 }));
  const frames = [await socket.receive(), await socket.receive()].map(
    (frame) => JSON.parse(String(frame)) as object,
  );
  expect(frames).toEqual([expect.objectContaining({ t: "error", re: 2 }), { t: "ack", a: 1 }]);
});

test("welcome has the limit of the route", async () => {
  const { net } = startTextServer();
  await using socket = await connectSession(net, "/texts", hello);
  expect(await receiveFrame(socket)).toMatchObject({ t: "welcome", limits: { message: maxPayload } });
});

test("a raw route closes with 1009 for a message above its limit, and receives one of the limit", async () => {
  const app = createApp();
  const received: unknown[] = [];
  app.ws("/raw", { maxPayload: 10 }, async (socket) => {
    for await (const message of socket) {
      received.push(message);
      await socket.send("more");
    }
  });
  for (const message of ["éééééx", new Uint8Array(11)]) {
    const socket = await testNetwork(app).connect("/raw");
    socket.send("ééééé");
    expect(await socket.receive()).toBe("more");
    socket.send(message);
    expect(await socket.closed).toMatchObject({
      code: 1009,
      reason: "a message to this path has at most 10 bytes",
    });
  }
  expect(received).toEqual(["ééééé", "ééééé"]);
});

test("a view and an app may have a limit for their raw routes, and the nearest counts", async () => {
  const app = createApp({ socket: { maxPayload: 5 } });
  app.ws("/app", async (socket) => void (await socket.receive()));
  app.with({ maxPayload: 10 }).ws("/view", async (socket) => void (await socket.receive()));
  const net = testNetwork(app);
  for (const [path, code] of [
    ["/app", 1009],
    ["/view", 1000],
  ] as const) {
    const socket = await net.connect(path);
    socket.send("123456");
    expect(await socket.closed).toMatchObject({ code });
  }
});

test.each([0, -1, 1.5, NaN, 65_537])("maxPayload of a route cannot be %s", (invalid) => {
  const app = createApp();
  const reason = `is from 1 to the maxPayload of the app (65536), not ${invalid}: raise that of createApp`;
  expect(() => app.ws("/raw", { maxPayload: invalid }, () => {})).toThrow(
    new RangeError(`maxPayload of a route ${reason}`),
  );
  expect(() => app.implement(texts, { maxPayload: invalid }, () => ({}) as never)).toThrow(
    new RangeError(`maxPayload of a contract ${reason}`),
  );
});
