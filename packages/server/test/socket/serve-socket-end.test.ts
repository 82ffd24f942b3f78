import { CloseError, int, json, text } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import type { AcceptInit } from "../../src/request/acceptance.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";
import { connectUntilClosed, serveHandler } from "./raw-routes.ts";

describe("after accept", () => {
  test("a handler that returns closes with 1000", async () => {
    const { closed } = await connectUntilClosed((socket) => socket.accept());
    expect(closed).toEqual({ code: 1000, reason: "", wasClean: true });
  });

  test("accepting twice has no effect", async () => {
    const { closed, onError } = await connectUntilClosed(async (socket) => {
      await socket.accept();
      await socket.accept({});
      await socket.send("still here");
    });
    expect(closed).toMatchObject({ code: 1000 });
    expect(onError).not.toHaveBeenCalled();
  });

  test.each<[string, AcceptInit]>([
    ["headers", { headers: { "x-late": "1" } }],
    ["another subprotocol", { subprotocol: "other" }],
  ])("accepting once more with %s rejects, and says what to do", async (_what, init) => {
    const { net, onError } = serveHandler(async (socket) => {
      await socket.accept({ subprotocol: "chat" });
      const late: unknown = await socket.accept(init).catch((error: unknown) => error);
      await socket.accept({ subprotocol: "chat" });
      await socket.send(String(late));
    });
    const socket = await net.connect("/", { protocols: ["chat"] });
    expect(await socket.receive()).toMatch(
      /^TypeError: the handshake is accepted already: give accept\(\) its headers/,
    );
    expect((await socket.closed).code).toBe(1000);
    expect(onError).not.toHaveBeenCalled();
  });

  test("a handler that throws closes with 1011 without the error's text", async () => {
    const { closed, onError } = await connectUntilClosed(async (socket) => {
      await socket.accept();
      throw new Error("secret");
    });
    expect(closed).toEqual({ code: 1011, reason: "", wasClean: true });
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("secret"), {
      request: expect.any(Request),
      phase: "open",
    });
  });

  test("a thrown CloseError closes with its code and reason", async () => {
    const { closed, onError } = await connectUntilClosed(async (socket) => {
      await socket.accept();
      throw new CloseError(4321, "be nice");
    });
    expect(closed).toMatchObject({ code: 4321, reason: "be nice" });
    expect(onError).not.toHaveBeenCalled();
  });

  // S27
  test("a thrown CloseError whose code may not be sent closes with 1011, which is reported", async () => {
    const { closed, onError } = await connectUntilClosed(async (socket) => {
      await socket.accept();
      throw new CloseError(1006);
    });
    expect(closed).toMatchObject({ code: 1011 });
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(RangeError), expect.anything());
  });

  test("an uncaught ValidationError closes with 1003", async () => {
    const { closed } = await connectUntilClosed(
      async (socket) => void (await socket.receive(int)),
      "not a number",
    );
    expect(closed).toMatchObject({ code: 1003 });
  });

  test("a caught ValidationError leaves the socket open", async () => {
    const { net } = serveHandler(async (socket) => {
      const first = await socket.receive(int).catch(() => -1);
      await socket.send([first, await socket.receive(int)]);
    });
    const socket = await net.connect("/");
    socket.send("not a number");
    socket.send("7");
    expect(await socket.receive(json())).toEqual([-1, 7]);
  });

  test("messages that were sent arrive before the close", async () => {
    const { net } = serveHandler((socket) => {
      for (let n = 0; n < 3; n += 1) socket.send(String(n));
    });
    const socket = await net.connect("/");
    const received: unknown[] = [];
    for await (const message of socket) received.push(message);
    expect(received).toEqual(["0", "1", "2"]);
  });
});

describe("when the client disconnects", () => {
  test("while the handler awaits something else, the signal aborts, closed resolves and the loop ends", async () => {
    const { passed, open } = gate();
    const seen: unknown[] = [];
    const { net, onError } = serveHandler(async (socket) => {
      try {
        await socket.accept();
        await new Promise((resolve) => socket.signal.addEventListener("abort", resolve));
        seen.push(socket.signal.reason, await socket.closed);
        for await (const _ of socket) seen.push("never");
        seen.push(await socket.send("late").then(undefined, (error: unknown) => error));
        await socket.receive();
      } finally {
        open();
      }
    });
    const socket = await net.connect("/");
    socket.close(4002, "away");
    await passed;
    expect(seen).toEqual([
      expect.objectContaining({ code: 4002, reason: "away" }),
      { code: 4002, reason: "away", wasClean: true },
      expect.any(CloseError),
    ]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("its hooks end, and receive no error for a clean close", async () => {
    const { passed, open } = gate();
    const log: string[] = [];
    const app = createApp();
    const view = app.group(function* () {
      try {
        yield;
        log.push("no error");
      } catch {
        log.push("error");
      } finally {
        open();
      }
    });
    view.ws("/", async (socket) => void (await socket.receive()));
    const socket = await testNetwork(app).connect("/");
    socket.close(1001);
    await passed;
    expect(log).toEqual(["no error"]);
  });

  test("by a broken network, the socket ends with 1006", async () => {
    const { passed, open } = gate();
    const seen: unknown[] = [];
    const { net } = serveHandler(async (socket) => {
      await socket.accept();
      seen.push(await socket.closed);
      open();
    });
    await net.connect("/");
    net.drop();
    await passed;
    expect(seen).toEqual([{ code: 1006, reason: "", wasClean: false }]);
  });
});

test("hooks receive the error of the handler once the client is closed", async () => {
  const log: unknown[] = [];
  const { passed, open } = gate();
  const broken = new Error("broken handler");
  const app = createApp({ onError: () => {} });
  const view = app.group(async function* () {
    try {
      yield;
    } catch (error) {
      log.push(error);
      throw error;
    } finally {
      open();
    }
  });
  view.ws("/", { send: text }, async (socket) => {
    await socket.send("one");
    throw broken;
  });
  const socket = await testNetwork(app).connect("/");
  expect(await socket.closed).toMatchObject({ code: 1011 });
  await passed;
  expect(log).toEqual([broken]);
});
