import { BoundedQueue } from "@symbolon/protocol/internal";
import { expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";

test("an app is mounted without a prefix, and its routes run the hooks of the view first", async () => {
  const outer = createApp();
  const inner = createApp();
  const innermost = createApp();
  outer.http("/own", () => new Response("outer"));
  inner.http("/own", () => new Response("inner"));
  inner.http("/", ({ route }) => new Response(route));
  inner.ws("/items/:id", (socket, { route, params }) => socket.send({ route, params }));
  innermost.http("/deep", ({ route }) => new Response(route));
  inner.mount("/", innermost);
  const hooked: string[] = [];
  outer.group(({ route }) => void hooked.push(route)).mount("/", inner);
  const net = testNetwork(outer);
  const body = async (path: string) => (await net.fetch(path)).text();
  expect(await body("/own")).toBe("outer");
  expect(await body("/")).toBe("/");
  expect(await body("/deep")).toBe("/deep");
  expect(await (await net.connect("/items/7")).receive()).toBe('{"route":"/items/:id","params":{"id":"7"}}');
  expect((await net.fetch("/nothing")).status).toBe(404);
  expect(hooked).toEqual(["/", "/deep", "/items/:id"]);
});

test("a mount with a prefix wins over a mount without", async () => {
  const outer = createApp();
  for (const prefix of ["/", "/a"]) {
    const inner = createApp();
    inner.http("/*rest", () => new Response(prefix));
    outer.mount(prefix, inner);
  }
  const net = testNetwork(outer);
  expect(await (await net.fetch("/a/x")).text()).toBe("/a");
  expect(await (await net.fetch("/b/x")).text()).toBe("/");
});

test("an app cannot be mounted below itself, also not by way of another", () => {
  const [outer, inner] = [createApp(), createApp()];
  const error = new TypeError("an app cannot be mounted below itself: make another with createApp");
  expect(() => outer.mount("/", outer)).toThrow(error);
  outer.mount("/v1", inner);
  expect(() =>
    inner.mount(
      "/v2",
      outer.group(() => {}),
    ),
  ).toThrow(error);
});

test("the rooms of raw routes can be reached from outside of handlers, and each app has its own", async () => {
  const [outer, inner] = [createApp(), createApp()];
  const joined = new BoundedQueue<string>();
  for (const [name, app] of Object.entries({ outer, inner }))
    app.ws(`/${name}`, async (socket, { room }) => {
      await socket.accept();
      room("news").join(socket);
      joined.push(name);
      await socket.closed;
    });
  outer.mount("/", inner);
  const net = testNetwork(outer);
  const outside = await net.connect("/outer");
  const inside = await net.connect("/inner");
  expect([await joined.pull(), await joined.pull()]).toEqual(["outer", "inner"]);
  const changes: string[] = [];
  outer.room("news").subscribe(({ type }) => changes.push(type));
  expect([outer.room("news").size, inner.group(() => {}).room("news").size]).toEqual([1, 1]);
  outer.room("news").send("from the outer app");
  inner.room("news").send("from the inner app");
  expect([await outside.receive(), await inside.receive()]).toEqual([
    "from the outer app",
    "from the inner app",
  ]);
  outside.close();
  await outside.closed;
  expect(changes).toEqual(["left"]);
  inside.close();
});
