/** What an app sets holds for the apps that are mounted in it; the nearest counts. */
import { contract, json, text } from "@symbolon/protocol";
import { msgpack } from "@symbolon/protocol/msgpack";
import { createApp, listen, Socket } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { z } from "zod";

class Loud extends Socket {
  readonly loud = true;
}
class Quiet extends Socket {
  readonly quiet = true;
}

test("the socket options of a view hold in the apps that are mounted in it, at each depth", async () => {
  const [outer, middle, inner] = [createApp({ socket: { Socket: Loud } }), createApp(), createApp()];
  inner.ws("/class", (socket) => socket.send(socket.constructor.name));
  inner.ws(
    "/upper",
    listen((value) => `${typeof value} ${JSON.stringify(value)}`),
  );
  middle.mount("/inner", inner);
  outer.with({ receive: json(z.object({ a: z.number() })), send: text }).mount("/middle", middle);
  const net = testNetwork(outer);
  expect(await (await net.connect("/middle/inner/class")).receive()).toBe("Loud");
  const socket = await net.connect("/middle/inner/upper");
  socket.send('{"a":1}');
  expect(await socket.receive()).toBe('object {"a":1}');
});

test("the nearest options count: those of the route, then of its app, then of the view that mounts it", async () => {
  const inner = createApp({ socket: { Socket: Quiet } });
  inner.ws("/app", (socket) => socket.send(socket.constructor.name));
  inner.ws("/route", { Socket }, (socket) => socket.send(socket.constructor.name));
  const plain = createApp();
  plain.ws("/app", (socket) => socket.send(socket.constructor.name));
  const outer = createApp({ socket: { Socket: Quiet } });
  outer.with({ Socket: Loud }).mount("/inner", inner);
  outer.with({ Socket: Loud }).mount("/plain", plain);
  outer.mount("/bare", plain);
  const net = testNetwork(outer);
  const classAt = async (path: string) => (await net.connect(path)).receive();
  expect(await classAt("/inner/app")).toBe("Quiet");
  expect(await classAt("/inner/route")).toBe("Socket");
  expect(await classAt("/plain/app")).toBe("Loud");
  expect(await classAt("/bare/app")).toBe("Quiet");
  expect(await (await testNetwork(plain).connect("/app")).receive()).toBe("Socket"); // served alone, it is as it was
});

test("an idle timeout of the outer app closes an idle socket of a mounted one", async () => {
  const inner = createApp();
  const clock = new Clock();
  const own = createApp({ clock });
  own.ws("/idle", async (socket) => {
    await socket.accept();
    await socket.closed;
  });
  inner.mount("/own", own);
  const outer = createApp({ socket: { idleTimeout: 5_000 } });
  outer.mount("/inner", inner);
  const socket = await testNetwork(outer).connect("/inner/own/idle");
  clock.advance(5_000);
  expect(await socket.closed).toMatchObject({ code: 1001, reason: "no message for 5000 ms" });
});

test("codecs of the outer app hold for the contracts of a mounted one, and its own count first", async () => {
  const work = contract("/work", { client: {}, server: {} });
  const createInner = (codecs?: readonly [typeof msgpack]) => {
    const app = createApp(codecs === undefined ? {} : { codecs });
    app.implement(work, () => ({}));
    return app;
  };
  const withCodec = createApp({ codecs: [msgpack] });
  withCodec.mount("/inner", createInner());
  const without = createApp();
  without.mount("/inner", createInner([msgpack]));
  without.mount("/plain", createInner());
  const protocolAt = async (app: typeof without, path: string) => {
    const protocols = [msgpack.protocol, "symbolon.v1.json"];
    const socket = new (testNetwork(app).WebSocket)(`ws://test${path}`, protocols);
    await new Promise((resolve) => (socket.onopen = resolve));
    socket.close();
    return socket.protocol;
  };
  expect(await protocolAt(withCodec, "/inner/work")).toBe(msgpack.protocol);
  expect(await protocolAt(without, "/inner/work")).toBe(msgpack.protocol);
  expect(await protocolAt(without, "/plain/work")).toBe("symbolon.v1.json");
});
