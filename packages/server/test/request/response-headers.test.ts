import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { contract } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { createApp } from "../../src/app/app.ts";
import { serve } from "../../src/node/index.ts";
import { testNetwork } from "../../src/testing/index.ts";

// CVE-2020-7694
test.each(["é", "日本", "a\u0000b", "a\nb"])(
  "a header value like %j refuses with 500, and is reported",
  async (value) => {
    const app = createApp({ onError: () => {} });
    const caught: unknown[] = [];
    app.ws("/own", (socket) => socket.accept({ headers: { "x-city": value } }));
    app.ws("/caught", async (socket) => {
      await socket.accept({ headers: [["x-city", value]] }).catch((error: unknown) => caught.push(error));
      await socket.accept();
    });
    const net = testNetwork(app);
    await expect(net.connect("/own")).rejects.toMatchObject({ response: { status: 500 } });
    expect(net.errors).toEqual([expect.any(TypeError)]);
    (await net.connect("/caught")).close();
    expect(caught).toEqual([expect.any(TypeError)]);
  },
);

test("a header value beyond ASCII that a hook adds refuses with 500, and is reported", async () => {
  const app = createApp({ onError: () => {} });
  const view = app.group(({ responseHeaders }) => responseHeaders.set("x-city", "Orléans"));
  view.ws("/", (socket) => socket.accept());
  view.implement(contract("/chat", {}), () => ({}));
  const net = testNetwork(app);
  for (const path of ["/", "/chat"])
    await expect(net.connect(path)).rejects.toMatchObject({ response: { status: 500 } });
  const error = new TypeError('the value of the header "x-city" is not ASCII: percent-encode it');
  expect(net.errors).toEqual([error, error]);
});

test.each(["Sec-WebSocket-Protocol", "sec-websocket-extensions", "Connection", "upgrade"])(
  "the app cannot set the header %j of the handshake, in memory and over a port",
  async (name) => {
    const app = createApp({ onError: () => {} });
    app.ws("/own", (socket) => socket.accept({ headers: { [name]: "chat" } }));
    app
      .group(({ responseHeaders }) => responseHeaders.set(name, "chat"))
      .ws("/hook", (socket) => socket.accept());
    const net = testNetwork(app);
    for (const path of ["/own", "/hook"])
      await expect(net.connect(path)).rejects.toMatchObject({ response: { status: 500 } });
    const message = `the handshake sets the header "${name.toLowerCase()}" itself: leave it out, and choose a subprotocol by accept({ subprotocol })`;
    expect(net.errors).toEqual([new TypeError(message), new TypeError(message)]);
    await using server = await serve(app, { port: 0 });
    const socket = new WebSocket(`ws://localhost:${server.port}/own`);
    const [, { statusCode }] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    expect(statusCode).toBe(500);
  },
);

test("a hook and a handler read the offered subprotocols, in memory and over a port", async () => {
  const app = createApp();
  const view = app.group(({ protocols }) => ({ chosen: protocols.find((one) => one.startsWith("v")) }));
  view.ws("/", (socket, { protocols, chosen = "" }) =>
    chosen === "" ? socket.send(protocols) : socket.accept({ subprotocol: chosen }),
  );
  const net = testNetwork(app);
  expect((await net.connect("/", { protocols: ["mqtt", "v2", "v1"] })).protocol).toBe("v2");
  expect(await (await net.connect("/", { protocols: ["mqtt", "soap"] })).receive()).toBe('["mqtt","soap"]');
  expect(await (await net.connect("/")).receive()).toBe("[]");
  await using server = await serve(app, { port: 0 });
  const socket = new WebSocket(`ws://localhost:${server.port}`, ["mqtt", "v2"]);
  await once(socket, "open");
  expect(socket.protocol).toBe("v2");
});
