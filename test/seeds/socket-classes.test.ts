import { createApp, listen, Socket } from "@symbolon/server";
import { expect, test } from "vitest";
import { covers } from "./covers.ts";
import { serveApp } from "./harness.ts";

test("an app has its own socket class, which may replace the received value", async () => {
  covers({ case: 176, rows: [53] });
  class Fixed extends Socket {
    override async receive(): Promise<never> {
      await super.receive();
      return "Fixed response" as never; // it fits whatever the caller asks for
    }
  }
  const app = createApp({ socket: { Socket: Fixed } });
  app.ws("/handler", async (socket) => socket.send(await socket.receive()));
  app.ws(
    "/listener",
    listen((message) => message),
  );
  const server = await serveApp(app);
  for (const path of ["/handler", "/listener"]) {
    const client = await server.connect(path);
    client.send("anything");
    expect(await client.receive()).toBe("Fixed response");
  }
});

test("a socket has the class of the nearest layer: the route, its view, the app", async () => {
  covers({ case: 176, rows: [53] });
  const of = (layer: string) =>
    class extends Socket {
      readonly layer = layer;
    };
  const inner = createApp({ socket: { Socket: of("mounted app") } });
  inner.ws("/", (socket) => socket.send(socket.layer));
  const app = createApp({ socket: { Socket: of("app") } });
  const part = app.with({ Socket: of("part") }).group(() => ({ hooked: true }));
  app.ws("/app", (socket) => socket.send(socket.layer));
  part.ws("/part", (socket) => socket.send(socket.layer));
  part.ws("/route", { Socket: of("route") }, (socket) => socket.send(socket.layer));
  app.mount("/mounted", inner);
  const server = await serveApp(app);
  const layers = [];
  for (const path of ["/app", "/part", "/route", "/mounted/"])
    layers.push(await (await server.connect(path)).receive());
  expect(layers).toEqual(["app", "part", "route", "mounted app"]);
});
