import { contract } from "@symbolon/protocol";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type AppOptions, createApp } from "../../src/app/app.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { openSession, connectSession } from "../session/connect-session.ts";

const chat = contract("/chat/:room", {
  query: z.object({ name: z.string("a name is needed") }),
  client: { say: z.object({}) },
});

const told = { request: expect.any(Request), phase: "handshake" };

function served(options: AppOptions = {}) {
  const app = createApp(options);
  app.implement(chat, () => ({ say: () => {} }));
  app.ws("/both", (socket) => socket.send("A WebSocket"));
  app.http("/both", () => new Response("An HTTP request"));
  app.http("/page/:id", ({ params, query }) => Response.json({ params, query }));
  return { app, net: testNetwork(app) };
}

describe("HTTP", () => {
  test("and WebSocket live on one path", async () => {
    const { net } = served();
    expect(await (await net.fetch("/both")).text()).toBe("An HTTP request");
    const socket = await net.connect("/both");
    expect(await socket.receive()).toBe("A WebSocket");
  });

  test("at a path that only takes WebSockets is a 426 that names them", async () => {
    const response = await served().net.fetch("/chat/a");
    expect(response.status).toBe(426);
    expect(response.headers.get("upgrade")).toBe("websocket");
  });

  test("at an unknown path is a 404", async () => {
    expect((await served().net.fetch("/nowhere")).status).toBe(404);
  });

  test("gives its handler the parameters and the query", async () => {
    const response = await served().net.fetch("/page/a%20b?x=1");
    expect(await response.json()).toEqual({ params: { id: "a b" }, query: { x: "1" } });
  });

  test("goes to the app's fetch where no route takes it", async () => {
    const { net } = served({ fetch: ({ url }) => new Response(`other ${new URL(url).pathname}`) });
    expect(await (await net.fetch("/else")).text()).toBe("other /else");
    expect(await (await net.fetch("/both")).text()).toBe("An HTTP request");
  });

  test("is a 500 when the app's fetch fails, and the app is told", async () => {
    const onError = vi.fn();
    const { net } = served({ onError, fetch: () => Promise.reject(new Error("secret")) });
    const response = await net.fetch("/else");
    expect([response.status, await response.text()]).toEqual([500, "Internal Server Error"]);
    expect(onError).toHaveBeenCalledWith(new Error("secret"), told);
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
    "is answered when the handler %s, after its hooks saw it",
    async (_, handler, status) => {
      const onError = vi.fn();
      const seen = vi.fn();
      const app = createApp({ onError });
      app
        .use(function* () {
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

  test("is not bound by Origin: that is what pages are for", async () => {
    expect((await served().net.fetch("/both", { headers: { origin: "https://evil.com" } })).status).toBe(200);
  });
});

describe("a handshake in plain mode", () => {
  test("to an unknown path is refused with 404", async () => {
    await expect(served().net.connect("/nowhere")).rejects.toMatchObject({ response: { status: 404 } });
  });

  test("to a path that only takes HTTP is refused with 400", async () => {
    await expect(served().net.connect("/page/1")).rejects.toMatchObject({ response: { status: 400 } });
  });

  test("with an invalid query is refused with a problem listing the issues", async () => {
    const { response } = (await served()
      .net.connect("/chat/a")
      .catch((error: unknown) => error)) as { response: Response };
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
    app.use(() => hook()).ws("/", (socket) => socket.accept());
    await expect(
      testNetwork(app).connect("/", { headers: { origin: "https://evil.com" } }),
    ).rejects.toMatchObject({
      response: { status: 403 },
    });
    expect(hook).not.toHaveBeenCalled();
  });

  test("is refused with a hook's response as it is", async () => {
    const app = createApp();
    app.use(() => new Response("pay", { status: 402, headers: { "x-price": "5" } })).ws("/", () => {});
    const { response } = (await testNetwork(app)
      .connect("/")
      .catch((error: unknown) => error)) as { response: Response };
    expect([response.status, response.headers.get("x-price"), await response.text()]).toEqual([
      402,
      "5",
      "pay",
    ]);
  });

  test("is a 500 when a hook throws, told to the app, with nothing of the error", async () => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app
      .use(() => {
        throw new Error("secret");
      })
      .ws("/", () => {});
    const { response } = (await testNetwork(app)
      .connect("/")
      .catch((error: unknown) => error)) as { response: Response };
    expect([response.status, await response.text()]).toEqual([500, "Internal Server Error"]);
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("secret"), told);
  });
});

describe("a handshake in session mode", () => {
  test("to an unknown path closes with 4404", async () => {
    const socket = await connectSession(served().net, "/nowhere");
    expect(await socket.closed).toMatchObject({ code: 4404, reason: "Not Found" });
  });

  test("to a path that only takes HTTP closes with 4400", async () => {
    const socket = await connectSession(served().net, "/page/1");
    expect(await socket.closed).toMatchObject({ code: 4400 });
  });

  test("with an invalid query closes with 4400 and the issue as its reason", async () => {
    const socket = await connectSession(served().net, "/chat/a");
    expect(await socket.closed).toMatchObject({ code: 4400, reason: "a name is needed" });
  });

  test("S11 › without a hello in 5 s closes with 4903, and runs no hook", async () => {
    const clock = new Clock();
    const hook = vi.fn();
    const app = createApp({ clock });
    app.use(() => hook()).implement(chat, () => ({ say: () => {} }));
    const socket = await testNetwork(app).connect("/chat/a?name=ada", { protocols: ["symbolon.v1.json"] });
    clock.advance(5_000);
    expect(await socket.closed).toMatchObject({ code: 4903 });
    expect(hook).not.toHaveBeenCalled();
  });

  test.each([
    ["S11 › with an event first", { t: "event", name: "say", data: {} }, 4401],
    ["S12 › with another version", { t: "hello", v: 9, cid: "a", att: 1 }, 4400],
  ])("%s closes with a code of its own", async (_, first, code) => {
    const socket = await connectSession(served().net, "/chat/a?name=ada", first);
    expect(await socket.closed).toMatchObject({ code });
  });

  test.each([401, 403, 429, 503])(
    "refused by a hook's response closes with 4000 + %i and its text",
    async (status) => {
      const app = createApp();
      app
        .use(() => new Response(`because ${"é".repeat(100)}`, { status }))
        .implement(chat, () => ({ say: () => {} }));
      const socket = await connectSession(testNetwork(app), "/chat/a?name=ada");
      const { code, reason } = await socket.closed;
      expect(code).toBe(4000 + status);
      expect(reason).toBe(`because ${"é".repeat(57)}`);
    },
  );

  test("from a foreign page is refused by HTTP", async () => {
    const options = { protocols: ["symbolon.v1.json"], headers: { origin: "https://evil.com" } };
    await expect(served().net.connect("/chat/a?name=ada", options)).rejects.toMatchObject({
      response: { status: 403 },
    });
  });

  test("is found among other subprotocols", async () => {
    const socket = await served().net.connect("/chat/a?name=ada", {
      protocols: ["other", "symbolon.v1.json"],
    });
    expect(socket.protocol).toBe("symbolon.v1.json");
  });

  test("with a good query is welcomed", async () => {
    await using socket = await openSession(served().net, "/chat/a?name=ada");
    expect(socket.protocol).toBe("symbolon.v1.json");
  });
});

describe("a mounted app", () => {
  test("is served below its prefix, after the hooks of the view that mounts it", async () => {
    const log: string[] = [];
    const step = (name: string) =>
      function* () {
        log.push(name);
        yield { [name]: true };
        log.push(`${name} ends`);
      };
    const inner = createApp();
    inner.use(step("inner")).http("/items/:id", ({ params }) => Response.json(params));
    const middle = createApp();
    middle.use(step("middle")).mount("/deep", inner);
    const outer = createApp();
    outer.use(step("outer")).mount("/v1", middle);
    const response = await testNetwork(outer).fetch("/v1/deep/items/7");
    expect(await response.json()).toEqual({ id: "7" });
    expect(log).toEqual(["outer", "middle", "inner", "inner ends", "middle ends", "outer ends"]);
  });

  test("has WebSockets and contracts as well", async () => {
    const { app: inner } = served();
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

  test("yields to the longer prefix, and to the outer app's own route", async () => {
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

  test.each(["v1", "//", "/v1/", "/:id", ""])("cannot be at %j", (prefix) => {
    expect(() => createApp().mount(prefix, createApp())).toThrow(TypeError);
  });

  test("has to be an app", () => {
    expect(() => createApp().mount("/v1", {} as never)).toThrow(TypeError);
  });
});
