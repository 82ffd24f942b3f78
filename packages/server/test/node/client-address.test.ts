/** What hooks and handlers learn of the client from Node: its address, and the request as Node has read it. */
import { IncomingMessage, ServerResponse } from "node:http";
import { type AppOptions, createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { expect, test, vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";
import { connectRawClient } from "./raw-client.ts";

const listen = { port: 0, host: "127.0.0.1", signals: false };
const forwarded = { "X-Forwarded-For": "192.0.2.9, 192.0.2.1" };

test.each<[string, AppOptions, string]>([
  ["the socket", {}, "127.0.0.1"],
  ["the proxy", { limits: { trustProxy: true } }, "192.0.2.1"],
])("the context has the client's address, by %s", async (_by, options, address) => {
  const hooked: unknown[] = [];
  const app = createApp(options);
  app.use((context) => void hooked.push(context.address));
  app.ws("/raw", (socket, context) => socket.send(String(context.address)));
  app.http("/page", (context) => new Response(context.address));
  await using server = await serve(app, listen);
  using client = await connectRawClient(server.port);
  await client.open("/raw", forwarded);
  expect(await client.text()).toBe(address);
  const page = await fetch(`http://127.0.0.1:${server.port}/page`, { headers: forwarded });
  expect(await page.text()).toBe(address);
  expect(hooked).toEqual([address, address]);
});

test("a hook runs middleware of Node on the request, whose socket it is", async () => {
  // As Express's sessions do: they read the request, and change it.
  const session = (
    request: IncomingMessage & { session?: { user: string } },
    _response: ServerResponse,
    next: () => void,
  ): void => {
    request.session = { user: `${request.headers.cookie} from ${request.socket.remoteAddress}` };
    setImmediate(next);
  };
  const app = createApp();
  const members = app.group(async ({ node }) => {
    const request = node?.request as Parameters<typeof session>[0];
    await new Promise<void>((next) => session(request, new ServerResponse(request), next));
    return { user: request.session?.user };
  });
  members.ws("/raw", (socket, { user }) => socket.send(String(user)));
  members.http("/page", ({ user }) => new Response(user));
  await using server = await serve(app, listen);
  using client = await connectRawClient(server.port);
  await client.open("/raw", { Cookie: "id=1", Origin: "http://localhost" });
  expect(await client.text()).toBe("id=1 from 127.0.0.1");
  const page = await fetch(`http://127.0.0.1:${server.port}/page`, { headers: { cookie: "id=2" } });
  expect(await page.text()).toBe("id=2 from 127.0.0.1");
});

test("the request of Node is dropped when its connection closes, though the context stays", async () => {
  const nodes: ({ readonly request: IncomingMessage | undefined } | undefined)[] = [];
  const app = createApp();
  app.ws("/raw", async (socket, { node }) => {
    nodes.push(node);
    await socket.accept();
    await socket.closed;
  });
  app.http("/page", ({ node }) => {
    nodes.push(node);
    return new Response("page");
  });
  await using server = await serve(app, listen);
  using client = await connectRawClient(server.port);
  await client.open("/raw");
  expect(nodes[0]?.request).toBeInstanceOf(IncomingMessage);
  client.reset();
  await vi.waitFor(() => expect(nodes[0]).toEqual({ request: undefined }), waitOptions);
  await (await fetch(`http://127.0.0.1:${server.port}/page`)).text();
  await vi.waitFor(() => expect(nodes[1]).toEqual({ request: undefined }), waitOptions);
});
