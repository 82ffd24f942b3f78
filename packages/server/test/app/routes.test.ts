import { contract } from "@symbolon/protocol";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { openSession, connectSession, hello } from "../session/connect-session.ts";

const chat = contract("/chat/:room", {
  query: z.object({ name: z.string("a name is needed") }),
  client: { post: z.object({}) },
});

const duringHandshake = { request: expect.any(Request), phase: "handshake" };

/** An app with a contract, and routes of both kinds. */
function createMixedApp(options: AppOptions = {}) {
  const app = createApp(options);
  app.implement(chat, () => ({ post: () => {} }));
  app.ws("/both", (socket) => socket.send("A WebSocket"));
  app.http("/both", () => new Response("An HTTP request"));
  app.http("/page/:id", ({ params, query }) => Response.json({ params, query }));
  return { app, net: testNetwork(app) };
}

describe("HTTP", () => {
  test("and WebSocket may have routes at one path", async () => {
    const { net } = createMixedApp();
    expect(await (await net.fetch("/both")).text()).toBe("An HTTP request");
    const socket = await net.connect("/both");
    expect(await socket.receive()).toBe("A WebSocket");
  });

  test("at a path with a WebSocket route only is a 426 that names the upgrade", async () => {
    const response = await createMixedApp().net.fetch("/chat/a");
    expect(response.status).toBe(426);
    expect(response.headers.get("upgrade")).toBe("websocket");
  });

  test("at an unknown path is a 404", async () => {
    expect((await createMixedApp().net.fetch("/nowhere")).status).toBe(404);
  });

  test("gives its handler the parameters and the query", async () => {
    const response = await createMixedApp().net.fetch("/page/a%20b?x=1");
    expect(await response.json()).toEqual({ params: { id: "a b" }, query: { x: "1" } });
  });

  test("goes to the app's fetch where no route is", async () => {
    const { net } = createMixedApp({ fetch: ({ url }) => new Response(`other ${new URL(url).pathname}`) });
    expect(await (await net.fetch("/else")).text()).toBe("other /else");
    expect(await (await net.fetch("/both")).text()).toBe("An HTTP request");
  });

  test("is a 500 when the app's fetch fails, which is reported", async () => {
    const onError = vi.fn();
    const { net } = createMixedApp({ onError, fetch: () => Promise.reject(new Error("secret")) });
    const response = await net.fetch("/else");
    expect([response.status, await response.text()]).toEqual([500, "Internal Server Error"]);
    expect(onError).toHaveBeenCalledWith(new Error("secret"), duringHandshake);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("secret");
      },
      500,
    ],
    [
      "throws a Response",
      () => {
        throw new Response("no", { status: 402 });
      },
      402,
    ],
  ] as [string, () => Response, number][])(
    "is answered when the handler %s, and its hooks receive the error",
    async (_, handler, status) => {
      const onError = vi.fn();
      const seen = vi.fn();
      const app = createApp({ onError });
      app
        .group(function* () {
          try {
            yield;
          } catch (error) {
            seen();
            throw error;
          }
        })
        .http("/", handler);
      const response = await testNetwork(app).fetch("/");
      expect([response.status, await response.text()]).toEqual([status, expect.any(String)]);
      expect(seen).toHaveBeenCalledTimes(1);
      expect(onError).toHaveBeenCalledTimes(status === 500 ? 1 : 0);
    },
  );

  test("is answered for each Origin: CORS of the page decides there", async () => {
    expect(
      (await createMixedApp().net.fetch("/both", { headers: { origin: "https://evil.com" } })).status,
    ).toBe(200);
  });
});

describe("a handshake in plain mode", () => {
  test("to an unknown path is refused with 404", async () => {
    await expect(createMixedApp().net.connect("/nowhere")).rejects.toMatchObject({
      response: { status: 404 },
    });
  });

  test("to a path with an HTTP route only is refused with 400", async () => {
    await expect(createMixedApp().net.connect("/page/1")).rejects.toMatchObject({
      response: { status: 400 },
    });
  });

  test("with an invalid query is refused with a problem that lists the issues", async () => {
    const response = await createMixedApp().net.refused("/chat/a");
    expect([response.status, response.headers.get("content-type")]).toEqual([
      400,
      "application/problem+json",
    ]);
    expect(await response.json()).toMatchObject({
      issues: [{ in: "query", path: "name", message: "a name is needed" }],
    });
  });

  test("from a foreign page is refused before any hook runs", async () => {
    const hook = vi.fn();
    const app = createApp();
    app.group(() => hook()).ws("/", (socket) => socket.accept());
    const response = await testNetwork(app).refused("/", { headers: { origin: "https://evil.com" } });
    expect(response.status).toBe(403);
    expect(hook).not.toHaveBeenCalled();
  });

  test("is refused with a hook's own response", async () => {
    const app = createApp();
    app.group(() => new Response("pay", { status: 402, headers: { "x-price": "5" } })).ws("/", () => {});
    const response = await testNetwork(app).refused("/");
    expect([response.status, response.headers.get("x-price"), await response.text()]).toEqual([
      402,
      "5",
      "pay",
    ]);
  });

  test("is a 500 without the error's text when a hook throws, which is reported", async () => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app
      .group(() => {
        throw new Error("secret");
      })
      .ws("/", () => {});
    const response = await testNetwork(app).refused("/");
    expect([response.status, await response.text()]).toEqual([500, "Internal Server Error"]);
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("secret"), duringHandshake);
  });
});

describe("a handshake in session mode", () => {
  test("to an unknown path closes with 4404", async () => {
    const socket = await connectSession(createMixedApp().net, "/nowhere");
    expect(await socket.closed).toMatchObject({ code: 4404, reason: "No WebSocket route is at /nowhere" });
  });

  test("to a path with an HTTP route only closes with 4400", async () => {
    const socket = await connectSession(createMixedApp().net, "/page/1");
    expect(await socket.closed).toMatchObject({ code: 4400 });
  });

  test("with an invalid query closes with 4400 and the issue as its reason", async () => {
    const socket = await connectSession(createMixedApp().net, "/chat/a");
    expect(await socket.closed).toMatchObject({ code: 4400, reason: "a name is needed" });
  });

  // S11
  test("without a hello in 5 s closes with 4903, and runs no hook", async () => {
    const clock = new Clock();
    const hook = vi.fn();
    const app = createApp({ clock });
    app.group(() => hook()).implement(chat, () => ({ post: () => {} }));
    const socket = await testNetwork(app).connect("/chat/a?name=ada", { protocols: ["symbolon.v1.json"] });
    clock.advance(5_000);
    expect(await socket.closed).toMatchObject({ code: 4903 });
    expect(hook).not.toHaveBeenCalled();
  });

  // S11, S12
  test.each([
    ["with an event first", { t: "event", name: "post", data: {} }, 4401],
    ["with another version", { ...hello, v: 9 }, 4400],
  ])("%s closes with the code for this mistake", async (_, first, code) => {
    const socket = await connectSession(createMixedApp().net, "/chat/a?name=ada", first);
    expect(await socket.closed).toMatchObject({ code });
  });

  test.each([401, 403, 429, 503])(
    "refused by a hook's response closes with 4000 + %i and its text",
    async (status) => {
      const app = createApp();
      app
        .group(() => new Response(`because ${"é".repeat(100)}`, { status }))
        .implement(chat, () => ({ post: () => {} }));
      const socket = await connectSession(testNetwork(app), "/chat/a?name=ada");
      const { code, reason } = await socket.closed;
      expect(code).toBe(4000 + status);
      expect(reason).toBe(`because ${"é".repeat(57)}`);
    },
  );

  test("from a foreign page is refused by HTTP", async () => {
    const options = { protocols: ["symbolon.v1.json"], headers: { origin: "https://evil.com" } };
    await expect(createMixedApp().net.connect("/chat/a?name=ada", options)).rejects.toMatchObject({
      response: { status: 403 },
    });
  });

  test("chooses its subprotocol among others", async () => {
    const socket = await createMixedApp().net.connect("/chat/a?name=ada", {
      protocols: ["other", "symbolon.v1.json"],
    });
    expect(socket.protocol).toBe("symbolon.v1.json");
  });

  test("with a valid query gets a welcome", async () => {
    await using socket = await openSession(createMixedApp().net, "/chat/a?name=ada");
    expect(socket.protocol).toBe("symbolon.v1.json");
  });
});

describe("a mounted app", () => {
  test("serves its routes below its prefix, after the hooks of the view that mounts it", async () => {
    const log: string[] = [];
    const step = (name: string) =>
      function* () {
        log.push(name);
        yield { [name]: true };
        log.push(`${name} ends`);
      };
    const inner = createApp();
    inner.group(step("inner")).http("/items/:id", ({ params }) => Response.json(params));
    const middle = createApp();
    middle.group(step("middle")).mount("/deep", inner);
    const outer = createApp();
    outer.group(step("outer")).mount("/v1", middle);
    const response = await testNetwork(outer).fetch("/v1/deep/items/7");
    expect(await response.json()).toEqual({ id: "7" });
    expect(log).toEqual(["outer", "middle", "inner", "inner ends", "middle ends", "outer ends"]);
  });

  test("has WebSockets and contracts as well", async () => {
    const { app: inner } = createMixedApp();
    const outer = createApp();
    outer.mount("/v1", inner);
    const net = testNetwork(outer);
    expect(await (await net.connect("/v1/both")).receive()).toBe("A WebSocket");
    await using socket = await openSession(net, "/v1/chat/a?name=ada");
    expect(socket.signal.aborted).toBe(false);
    await expect(net.connect("/both")).rejects.toMatchObject({ response: { status: 404 } });
  });

  test("is below its prefix only as a whole segment", async () => {
    const inner = createApp();
    inner.http("/", () => new Response("root"));
    const outer = createApp();
    outer.mount("/v1", inner);
    const net = testNetwork(outer);
    expect((await net.fetch("/v1")).status).toBe(200);
    expect((await net.fetch("/v1/")).status).toBe(200);
    expect((await net.fetch("/v1x")).status).toBe(404);
  });

  test("is found after an app with a longer prefix, and after the outer app's own route", async () => {
    const outer = createApp();
    for (const prefix of ["/a", "/a/b"]) {
      const inner = createApp();
      inner.http("/*rest", () => new Response(prefix));
      outer.mount(prefix, inner);
    }
    outer.http("/a/own", () => new Response("own"));
    const net = testNetwork(outer);
    expect(await (await net.fetch("/a/b/c")).text()).toBe("/a/b");
    expect(await (await net.fetch("/a/c")).text()).toBe("/a");
    expect(await (await net.fetch("/a/own")).text()).toBe("own");
  });

  test.each(["v1", "//", "/v1/", "/:id", ""])("cannot be mounted at %j", (prefix) => {
    expect(() => createApp().mount(prefix, createApp())).toThrow(TypeError);
  });

  test("must be an app that createApp made", () => {
    expect(() => createApp().mount("/v1", {} as never)).toThrow(TypeError);
  });
});
