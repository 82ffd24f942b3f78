import { CloseError } from "@symbolon/protocol";
import { describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { identity } from "../../src/request/identity.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { chat, postFrame } from "./chat-server.ts";
import { notes } from "./notes-server.ts";
import { openSession, receiveFrame, hello, connectSession, keyOf } from "../session/connect-session.ts";
import { gate } from "../gate.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

describe("setup", () => {
  test("runs before any message is handled", async () => {
    const ready = gate();
    const log: string[] = [];
    const app = createApp();
    app.implement(chat, async function* (peer) {
      await ready.passed;
      log.push("ready");
      yield { post: ({ text }) => (log.push(text), peer.send("posted", { text })) };
    });
    await using socket = await connectSession(testNetwork(app), "/chat/a");
    socket.send(postFrame("early"));
    ready.open();
    expect(await receiveFrame(socket)).toMatchObject({ t: "welcome" });
    expect(await receiveFrame(socket)).toMatchObject({ name: "posted" });
    expect(log).toEqual(["ready", "early"]);
  });

  test("may send an event, which arrives after the welcome", async () => {
    const app = createApp();
    app.implement(chat, (peer, { params }) => {
      peer.send("posted", { text: `welcome to ${params.room}` });
      return { post: () => {} };
    });
    await using socket = await openSession(testNetwork(app), "/chat/a%20b");
    expect(await receiveFrame(socket)).toMatchObject({ data: { text: "welcome to a b" } });
  });

  test.each([
    [
      "throwing",
      () => {
        throw new Response("full", { status: 409 });
      },
    ],
    ["rejecting with", () => Promise.reject(new Response("full", { status: 409 }))],
    [
      "throwing before the yield",
      // oxlint-disable-next-line require-yield -- it ends before it yields
      function* (): Generator<{ post: () => void }> {
        throw new Response("full", { status: 409 });
      },
    ],
  ] as [string, () => never][])("refuses by %s a Response, in both modes", async (_, setup) => {
    const onError = vi.fn();
    const ended = vi.fn();
    const app = createApp({ onError });
    app
      .group(function* () {
        try {
          yield;
        } finally {
          ended();
        }
      })
      .implement(chat, setup);
    const net = testNetwork(app);
    await expect(net.connect("/chat/a")).rejects.toMatchObject({ response: { status: 409 } });
    const socket = await connectSession(net, "/chat/a");
    expect(await socket.closed).toMatchObject({ code: 4409, reason: "full" });
    expect(ended).toHaveBeenCalledTimes(2);
    expect(onError).not.toHaveBeenCalled();
  });

  test("that throws is answered by 500 or 4500, and reported to the app", async () => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app.implement(chat, () => {
      throw new Error("secret");
    });
    const net = testNetwork(app);
    await expect(net.connect("/chat/a")).rejects.toMatchObject({ response: { status: 500 } });
    const socket = await connectSession(net, "/chat/a");
    expect(await socket.closed).toMatchObject({ code: 4500, reason: "Internal Server Error" });
    expect(onError).toHaveBeenCalledTimes(2);
  });

  test("that throws CloseError refuses with 403 and the code and reason as its body, and in session mode by that close", async () => {
    const app = createApp();
    app.implement(chat, () => {
      throw new CloseError(4321, "be nice");
    });
    const net = testNetwork(app);
    const { response } = (await net.connect("/chat/a").catch((error: unknown) => error)) as {
      response: Response;
    };
    expect([response.status, await response.json()]).toEqual([403, { code: 4321, reason: "be nice" }]);
    const socket = await connectSession(net, "/chat/a");
    expect(await socket.closed).toMatchObject({ code: 4321, reason: "be nice" });
  });

  test("that ends without yielding is reported to the app", async () => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app.implement(chat, function* () {});
    await expect(testNetwork(app).connect("/chat/a")).rejects.toMatchObject({ response: { status: 500 } });
    expect(onError).toHaveBeenCalledWith(expect.any(TypeError), expect.anything());
  });

  test("that sets two handlers of a request is reported to the app", async () => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app.implement(notes, (peer) => {
      peer.handle("ask", () => "one");
      return { post: () => {}, ask: () => "another", *count() {} };
    });
    await expect(testNetwork(app).connect("/notes")).rejects.toMatchObject({ response: { status: 500 } });
    expect(onError).toHaveBeenCalledWith(new TypeError('"ask" has a handler already'), expect.anything());
  });
});

describe("a client that reconnects with the same key", () => {
  function startRecordingServer() {
    const log: string[] = [];
    let count = 0;
    const app = createApp();
    app
      .group(({ token }) => (token === undefined ? undefined : identity({ principal: token })))
      .implement(chat, async function* (peer) {
        count += 1;
        const name = count;
        log.push(`${name} begins`);
        try {
          yield { post: ({ text }) => peer.send("posted", { text }) };
        } finally {
          await Promise.resolve();
          log.push(`${name} ends`);
        }
      });
    return { log, net: testNetwork(app) };
  }

  test("ends its old connection with 4900; the new setup begins when the old one has ended", async () => {
    const { log, net } = startRecordingServer();
    const old = await openSession(net, "/chat/a");
    old.send({ t: "pong", n: 1 }); // it has received the welcome
    await using again = await openSession(net, "/chat/a", { ...hello, att: 2 });
    expect(log).toEqual(["1 begins", "1 ends", "2 begins"]);
    expect(await old.closed).toMatchObject({ code: 4900, reason: "a newer connection took over" });
    again.send(postFrame("me"));
    expect(await receiveFrame(again)).toMatchObject({ data: { text: "me" } });
  });

  test("as another principal ends no connection", async () => {
    const { log, net } = startRecordingServer();
    await using ada = await openSession(net, "/chat/a", { ...hello, auth: "ada" });
    await using eve = await openSession(net, "/chat/a", { ...hello, auth: "eve" });
    ada.send(postFrame("here"));
    expect(await receiveFrame(ada)).toMatchObject({ data: { text: "here" } });
    eve.send(postFrame("too"));
    expect(await receiveFrame(eve)).toMatchObject({ data: { text: "too" } });
    expect(log).toEqual(["1 begins", "2 begins"]);
  });

  test("waits until the setup of its older connection has ended", async () => {
    const names = new Set<string>();
    const gates: (() => void)[] = [];
    const app = createApp();
    app.implement(chat, async function* () {
      if (names.has("Ada")) throw new Response("taken", { status: 409 });
      names.add("Ada");
      try {
        await new Promise<void>((resolve) => gates.push(resolve));
        yield { post: () => {} };
      } finally {
        names.delete("Ada");
      }
    });
    const net = testNetwork(app);
    const older = await connectSession(net, "/chat/a");
    await vi.waitFor(() => expect(gates).toHaveLength(1), waitOptions);
    const newer = await connectSession(net, "/chat/a", { ...hello, att: 2 });
    gates[0]?.();
    expect(await older.closed).toMatchObject({ code: 4900 });
    await vi.waitFor(() => expect(gates).toHaveLength(2), waitOptions);
    gates[1]?.();
    expect(await newer.receive()).toContain('"welcome"');
    newer.close();
  });

  test("is refused, and the error is reported, when a hook provides a principal that is not a string", async () => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app.group(() => identity({ principal: { id: 1 } as never })).implement(chat, () => ({ post: () => {} }));
    const socket = await connectSession(testNetwork(app), "/chat/a");
    expect(await socket.closed).toMatchObject({ code: 4500 });
    expect(onError).toHaveBeenCalledWith(expect.any(TypeError), expect.anything());
  });

  test("does not affect clients with another key", async () => {
    const { log, net } = startRecordingServer();
    await using one = await openSession(net, "/chat/a", { ...hello, key: keyOf("one") });
    await using two = await openSession(net, "/chat/a", { ...hello, key: keyOf("two") });
    expect(log).toEqual(["1 begins", "2 begins"]);
    expect([one.signal.aborted, two.signal.aborted]).toEqual([false, false]);
  });
});
