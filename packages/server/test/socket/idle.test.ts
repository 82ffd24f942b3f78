import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";

describe("a route with an idle timeout", () => {
  function echoing(idleTimeout?: number) {
    const clock = new Clock();
    const app = createApp({ clock, ...(idleTimeout !== undefined && { idleTimeout }) });
    app.ws("/", async (socket) => {
      await socket.accept();
      for await (const message of socket) await socket.send(message);
    });
    return { clock, net: testNetwork(app) };
  }

  test("closes a silent client with 1001", async () => {
    const { clock, net } = echoing(200);
    const socket = await net.connect("/");
    clock.advance(200);
    expect(await socket.closed).toEqual({ code: 1001, reason: "no message for 200 ms", wasClean: true });
  });

  test("keeps one that says something in time", async () => {
    const { clock, net } = echoing(500);
    const socket = await net.connect("/");
    for (const line of ["1", "2", "3"]) {
      clock.advance(400);
      socket.send(line);
      expect(await socket.receive()).toBe(line);
    }
    clock.advance(500);
    expect(await socket.closed).toMatchObject({ code: 1001 });
  });

  test("does not blame a client whose messages it has stopped to read", async () => {
    const clock = new Clock();
    const { passed, open } = gate();
    const app = createApp({ clock, idleTimeout: 500 });
    app.ws("/", async (socket) => {
      await socket.accept();
      await passed;
      for await (const message of socket) await socket.send(message);
    });
    const socket = await testNetwork(app).connect("/");
    for (let n = 0; n < 64; n += 1) socket.send(String(n));
    await new Promise(setImmediate);
    clock.advance(1_000);
    open();
    for (let n = 0; n < 64; n += 1) expect(await socket.receive()).toBe(String(n));
    clock.advance(500);
    expect(await socket.closed).toMatchObject({ code: 1001 });
  });

  test("does not count what it sends itself", async () => {
    const clock = new Clock();
    const app = createApp({ clock });
    app.ws("/", { idleTimeout: 500 }, async (socket) => {
      await socket.send("hello");
      await socket.closed;
    });
    const socket = await testNetwork(app).connect("/");
    expect(await socket.receive()).toBe("hello");
    clock.advance(500);
    expect(await socket.closed).toMatchObject({ code: 1001 });
  });

  test("is none unless it says so", async () => {
    const { clock, net } = echoing();
    const socket = await net.connect("/");
    clock.advance(10_000_000);
    socket.send("still here");
    expect(await socket.receive()).toBe("still here");
  });
});
