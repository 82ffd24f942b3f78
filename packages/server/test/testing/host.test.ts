/** The host and the headers of requests in memory. */
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";

/** An app that answers with the headers that it received. */
function createHeadersApp(hosts?: readonly string[]) {
  const app = createApp({ security: hosts === undefined ? {} : { hosts } });
  app.ws("/headers", (socket, { request }) =>
    socket.send({ url: request.url, ...Object.fromEntries(request.headers) }),
  );
  app.http("/page", ({ request }) => new Response(`${request.url} ${request.headers.get("host")}`));
  app.implement(contract("/work", { client: {}, server: {} }), () => ({}));
  return app;
}

const headersOf = async (
  net: ReturnType<typeof testNetwork>,
  options?: Parameters<typeof net.connect>[1],
): Promise<Record<string, string>> =>
  JSON.parse(String(await (await net.connect("/headers", options)).receive())) as Record<string, string>;

test("an app with host names is reached by its first one", async () => {
  const net = testNetwork(createHeadersApp(["app.example.com", "other.example.com"]));
  expect(await headersOf(net)).toMatchObject({
    url: "http://app.example.com/headers",
    host: "app.example.com",
  });
  expect(await (await net.fetch("/page")).text()).toBe("http://app.example.com/page app.example.com");
});

test("a test names the host of its network, and of one handshake", async () => {
  const net = testNetwork(createHeadersApp(["app.example.com", "other.example.com"]), {
    host: "other.example.com:8080",
  });
  expect((await headersOf(net))["host"]).toBe("other.example.com:8080");
  expect((await headersOf(net, { host: "app.example.com" }))["url"]).toBe("http://app.example.com/headers");
  expect((await headersOf(net, { headers: { host: "app.example.com" } }))["host"]).toBe("app.example.com");
  expect((await net.refused("/headers", { host: "evil.example" })).status).toBe(421);
});

test("a handshake in memory has the headers of a real one", async () => {
  const net = testNetwork(createHeadersApp());
  const headers = await headersOf(net, { headers: { "x-own": "1" } });
  expect(headers).toEqual({
    url: "http://test/headers",
    host: "test",
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": expect.stringMatching(/^[+/0-9A-Za-z]{22}==$/),
    "x-own": "1",
  });
});

test("the context has the address that a test names", async () => {
  const app = createApp();
  app.ws("/", (socket, { address, node }) => socket.send([address ?? "none", node ?? "none"]));
  const net = testNetwork(app);
  expect(await (await net.connect("/", { address: "192.0.2.1" })).receive()).toBe('["192.0.2.1","none"]');
  expect(await (await net.connect("/")).receive()).toBe('["none","none"]');
});
