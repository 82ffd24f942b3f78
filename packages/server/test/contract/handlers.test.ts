import { CloseError, contract, RequestError } from "@symbolon/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { chat, echo, postFrame, type PostHandler, startChatServer } from "./chat-server.ts";
import { openSession, receiveFrame } from "../session/connect-session.ts";
import { gate } from "../gate.ts";

describe.each([
  ["session", openSession],
  ["plain", (net: ReturnType<typeof testNetwork>, path: string) => net.connect(path)],
] as const)("in %s mode", (_, open) => {
  // S20
  test.each(["shout", "constructor", "__proto__", "toString"])(
    "an event without a handler fails with NOT_FOUND: %s",
    async (name) => {
      const { net } = startChatServer(echo);
      await using socket = await open(net, "/chat/a");
      socket.send({ t: "event", name, q: 3 });
      expect(await receiveFrame(socket)).toMatchObject({ t: "error", re: 3, code: "NOT_FOUND" });
      socket.send(postFrame("still here"));
      expect(await receiveFrame(socket)).toMatchObject({ name: "posted" });
    },
  );

  test("an event that its schema rejects fails with INVALID and the issues, and the connection stays", async () => {
    const { net, onError } = startChatServer(echo);
    await using socket = await open(net, "/chat/a");
    socket.send(postFrame(5, 9));
    expect(await receiveFrame(socket)).toEqual({
      t: "error",
      re: 9,
      code: "INVALID",
      message: "text: text is needed",
      data: [{ message: "text is needed", path: ["text"] }],
    });
    socket.send(postFrame("still here"));
    expect(await receiveFrame(socket)).toMatchObject({ name: "posted" });
    expect(onError).not.toHaveBeenCalled();
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("secret at /srv/app.ts");
      },
    ],
    ["rejects", () => Promise.reject(new Error("secret at /srv/app.ts"))],
  ] as [string, PostHandler][])(
    // S21
    "an event whose handler %s fails with INTERNAL, without any of the exception",
    async (_name, broken) => {
      const { net, onError } = startChatServer((input) =>
        input.text === "break" ? broken(input) : input.text,
      );
      await using socket = await open(net, "/chat/a");
      socket.send(postFrame("break", 4));
      const report = await receiveFrame(socket);
      expect(report).toEqual({
        t: "error",
        re: 4,
        code: "INTERNAL",
        message: "the handler failed",
        data: { id: expect.stringMatching(/^[0-9a-f]{16}$/) },
      });
      socket.send(postFrame("still here"));
      expect(await receiveFrame(socket)).toMatchObject({ name: "posted" });
      expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("secret at /srv/app.ts"), {
        request: expect.any(Request),
        phase: "open",
        id: (report as { data: { id: string } }).data.id,
      });
    },
  );

  test("the client gets the code, the message and the data of a RequestError that a handler throws", async () => {
    const { net, onError } = startChatServer(() => {
      throw new RequestError("ROOM_FULL", "no seats left", { seats: 0 });
    });
    await using socket = await open(net, "/chat/a");
    socket.send(postFrame("x", 2));
    expect(await receiveFrame(socket)).toEqual({
      t: "error",
      re: 2,
      code: "ROOM_FULL",
      message: "no seats left",
      data: { seats: 0 },
    });
    expect(onError).not.toHaveBeenCalled();
  });

  test("the server closes with the code and the reason of a CloseError that a handler throws", async () => {
    const { net, onError } = startChatServer(() => {
      throw new CloseError(4321, "be nice");
    });
    const socket = await open(net, "/chat/a");
    socket.send(postFrame("x"));
    expect(await socket.closed).toEqual({ code: 4321, reason: "be nice", wasClean: true });
    expect(onError).not.toHaveBeenCalled();
  });

  test("events are handled one after another", async () => {
    const log: string[] = [];
    const first = gate();
    const { net } = startChatServer(async ({ text }) => {
      log.push(`${text} begins`);
      if (text === "a") await first.passed;
      log.push(`${text} ends`);
      return text;
    });
    await using socket = await open(net, "/chat/a");
    socket.send(postFrame("a"));
    socket.send(postFrame("b"));
    socket.send({ t: "ping", n: 1 });
    expect(await receiveFrame(socket)).toEqual({ t: "pong", n: 1 }); // all messages have arrived
    expect(log).toEqual(["a begins"]);
    first.open();
    await receiveFrame(socket);
    await receiveFrame(socket);
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  test("code after the yield runs when the client has disconnected, the signal has aborted and closed has resolved", async () => {
    const ended = gate();
    const seen: unknown[] = [];
    const app = createApp();
    app.implement(chat, async function* (peer) {
      yield { post: () => {} };
      seen.push(peer.signal.aborted, await peer.closed);
      ended.open();
    });
    const socket = await open(testNetwork(app), "/chat/a");
    socket.close(1000, "going");
    await ended.passed;
    expect(seen).toEqual([true, { code: 1000, reason: "going", wasClean: true }]);
  });

  test("a handler's signal aborts as soon as the client disconnects", async () => {
    const began = gate();
    const aborted = gate();
    const app = createApp();
    app.implement(chat, () => ({
      post: (_input, { signal }) => {
        signal.addEventListener("abort", aborted.open);
        began.open();
        return aborted.passed;
      },
    }));
    const socket = await open(testNetwork(app), "/chat/a");
    socket.send(postFrame("x"));
    await began.passed;
    socket.close();
    expect(await aborted.passed).toBeUndefined();
  });

  test("onError gets what code after the yield throws, and the hooks end", async () => {
    const reported = gate();
    const log: string[] = [];
    const app = createApp({ onError: (error) => (log.push((error as Error).message), reported.open()) });
    const ended = gate();
    const view = app.group(function* () {
      yield;
      ended.open();
    });
    view.implement(chat, function* () {
      yield { post: () => {} };
      throw new Error("broken end");
    });
    const socket = await open(testNetwork(app), "/chat/a");
    socket.close();
    await Promise.all([reported.passed, ended.passed]);
    expect(log).toEqual(["broken end"]);
  });

  test("a handler that never settles delays the end by 300 ms at most", async () => {
    const clock = new Clock();
    const began = gate();
    const ended = gate();
    const app = createApp({ clock });
    app.implement(chat, function* (peer) {
      try {
        yield { post: () => (began.open(), new Promise(() => {})) };
      } finally {
        expect(peer.signal.aborted).toBe(true);
        ended.open();
      }
    });
    const socket = await open(testNetwork(app), "/chat/a");
    socket.send(postFrame("x"));
    await began.passed;
    socket.close();
    await socket.closed;
    clock.advance(300);
    await ended.passed;
  });
});

describe("a contract whose setup gives no handler for a message, as JavaScript may", () => {
  const partial = (): { net: ReturnType<typeof testNetwork>; warnings: string[] } => {
    const warnings: string[] = [];
    vi.spyOn(console, "warn").mockImplementation((line: string) => void warnings.push(line));
    const app = createApp();
    const messages = { client: { say: z.string(), wave: z.number() } };
    app.implement(contract("/partial", messages), () => ({ say: () => {} }) as never);
    return { net: testNetwork(app), warnings };
  };
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  test("is warned of once, however many clients connect", async () => {
    const { net, warnings } = partial();
    await using first = await net.connect("/partial");
    await using second = await net.connect("/partial");
    for (const socket of [first, second]) {
      socket.send({ t: "event", name: "wave", data: 1, q: 1 });
      expect(await receiveFrame(socket)).toMatchObject({ code: "NOT_FOUND" });
    }
    expect(warnings).toEqual([
      'symbolon: the setup of /partial gave no handler for "wave": what a client sends there fails with NOT_FOUND',
    ]);
  });

  test("is not warned of in production", async () => {
    vi.stubEnv("NODE_ENV", "production");
    const { net, warnings } = partial();
    await using socket = await net.connect("/partial");
    socket.send({ t: "event", name: "wave", data: 1, q: 1 });
    expect(await receiveFrame(socket)).toMatchObject({ code: "NOT_FOUND" });
    expect(warnings).toEqual([]);
  });
});
