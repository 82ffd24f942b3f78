import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";

/** A network to an app with routes for each case. */
function serveRoutes() {
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  app.ws("/proto", (socket) => socket.accept({ subprotocol: "chat" }));
  app.ws("/bye", async (socket) => {
    await socket.accept();
    socket.close(4000, "bye");
  });
  return testNetwork(app);
}

/** The next event of a type. */
function next<Type extends Event = Event>(socket: WebSocket, type: string): Promise<Type> {
  return new Promise((resolve) =>
    socket.addEventListener(type, (event) => resolve(event as Type), { once: true }),
  );
}

describe("a WebSocket in memory", () => {
  test("opens, sends and receives text and bytes, and closes, like a browser's", async () => {
    const net = serveRoutes();
    const socket = new net.WebSocket("ws://test/echo");
    expect(socket.readyState).toBe(0);
    expect(() => socket.send("too early")).toThrow(DOMException);
    await next(socket, "open");
    expect([socket.readyState, socket.url, socket.protocol]).toEqual([1, "ws://test/echo", ""]);
    socket.binaryType = "arraybuffer";
    socket.send("hello");
    expect((await next<MessageEvent>(socket, "message")).data).toBe("hello");
    socket.send(new Uint8Array([1, 2, 3]).subarray(1));
    expect(new Uint8Array((await next<MessageEvent<ArrayBuffer>>(socket, "message")).data)).toEqual(
      new Uint8Array([2, 3]),
    );
    socket.send(new Uint8Array([9]).buffer);
    expect(new Uint8Array((await next<MessageEvent<ArrayBuffer>>(socket, "message")).data)).toEqual(
      new Uint8Array([9]),
    );
    socket.close(4001, "done");
    expect(socket.readyState).toBe(2);
    expect(await next(socket, "close")).toMatchObject({ code: 4001, reason: "done", wasClean: true });
    expect(socket.readyState).toBe(3);
  });

  test("calls its on… handlers as well", async () => {
    const net = serveRoutes();
    const socket = new net.WebSocket("ws://test/bye");
    const log: string[] = [];
    socket.onopen = () => log.push("open");
    socket.onclose = ({ code, reason }) => log.push(`close ${code} ${reason}`);
    await next(socket, "close");
    expect(log).toEqual(["open", "close 4000 bye"]);
  });

  test.each(["chat", ["mail", "chat"]])(
    "has the subprotocol that the server chose from its offer: %j",
    async (offer) => {
      const net = serveRoutes();
      const socket = new net.WebSocket("ws://test/proto", offer);
      await next(socket, "open");
      expect(socket.protocol).toBe("chat");
    },
  );

  test("reports a refusal as an error event and 1006 only", async () => {
    const net = serveRoutes();
    const socket = new net.WebSocket("ws://test/nowhere");
    const log: string[] = [];
    socket.onerror = () => log.push("error");
    expect(await next(socket, "close")).toMatchObject({ code: 1006, wasClean: false });
    expect(log).toEqual(["error"]);
  });

  test("closed while connecting never opens, and fails once", async () => {
    const net = serveRoutes();
    const socket = new net.WebSocket("ws://test/echo");
    const log: string[] = [];
    for (const type of ["open", "error", "close"]) socket.addEventListener(type, () => log.push(type));
    socket.close();
    socket.close();
    await next(socket, "close");
    const other = new net.WebSocket("ws://test/echo");
    await next(other, "open"); // by now the first one would have opened too
    expect(log).toEqual(["error", "close"]);
    other.close();
  });

  test("breaks when the network does", async () => {
    const net = serveRoutes();
    const socket = new net.WebSocket("ws://test/echo");
    await next(socket, "open");
    net.drop();
    expect(await next(socket, "close")).toMatchObject({ code: 1006, wasClean: false });
  });
});
