import { createApp, listen, Socket } from "@symbolon/server";
import { expect, test } from "vitest";
import { serveApp } from "./harness.ts";

test("seeds › 176 has sockets of a class of its own, which may replace what is received [rows 53]", async () => {
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
  const site = await serveApp(app);
  for (const path of ["/handler", "/listener"]) {
    const client = await site.open(path);
    client.send("anything");
    expect(await client.next()).toBe("Fixed response");
  }
});

test("seeds › 176 takes the class of the nearest layer: of the route, of its part, of the app [rows 53]", async () => {
  const of = (layer: string) =>
    class extends Socket {
      readonly layer = layer;
    };
  const inner = createApp({ socket: { Socket: of("mounted app") } });
  inner.ws("/", (socket) => socket.send(socket.layer));
  const app = createApp({ socket: { Socket: of("app") } });
  const part = app.with({ Socket: of("part") }).use(() => ({ hooked: true }));
  app.ws("/app", (socket) => socket.send(socket.layer));
  part.ws("/part", (socket) => socket.send(socket.layer));
  part.ws("/route", { Socket: of("route") }, (socket) => socket.send(socket.layer));
  app.mount("/mounted", inner);
  const site = await serveApp(app);
  const layers = [];
  for (const path of ["/app", "/part", "/route", "/mounted/"])
    layers.push(await (await site.open(path)).next());
  expect(layers).toEqual(["app", "part", "route", "mounted app"]);
});
