import { contract } from "@symbolon/protocol";
import { describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { connectSession } from "../session/connect-session.ts";
import { gate } from "../gate.ts";

const chat = contract("/chat/:room", {});

async function status(knocking: Promise<unknown>): Promise<number> {
  const error: unknown = await knocking.catch((error: unknown) => error);
  return (error as { readonly response: Response }).response.status;
}

describe("seeds › 121 the route that was found", () => {
  test("is known to hooks and handlers by its path as it was declared", async () => {
    const app = createApp();
    const view = app.use(({ route }) => ({ seen: route }));
    view.ws("/items/:item_id", (socket, { route, seen }) => socket.send([route, seen]));
    view.implement(chat, (_peer, { route }) => {
      throw new Response(route, { status: 403 });
    });
    const net = testNetwork(app);
    expect(await (await net.connect("/items/7")).receive()).toBe('["/items/:item_id","/items/:item_id"]');
    expect(await (await connectSession(net, "/chat/a")).closed).toMatchObject({ reason: "/chat/:room" });
  });

  test("begins with the prefixes it is mounted at", async () => {
    const inner = createApp();
    inner.http("/", ({ route }) => new Response(route));
    inner.http("/*rest", ({ route, params }) => new Response(`${route} ${params.rest}`));
    const middle = createApp();
    middle.mount("/b", inner);
    const outer = createApp();
    outer.mount("/a", middle);
    const net = testNetwork(outer);
    expect(await (await net.fetch("/a/b")).text()).toBe("/a/b");
    expect(await (await net.fetch("/a/b/c/d")).text()).toBe("/a/b/*rest c/d");
  });
});

test("seeds › 122 a prefix that is percent-encoded in the request is the same prefix", async () => {
  const inner = createApp();
  inner.http("/:id", ({ params }) => new Response(params.id));
  const outer = createApp();
  outer.mount("/a b/é", inner);
  const net = testNetwork(outer);
  expect(await (await net.fetch("/a%20b/%C3%A9/2%2F3")).text()).toBe("2/3");
  expect((await net.fetch("/2")).status).toBe(404);
});

test("seeds › 97 a slash more or less is another path: nothing redirects", async () => {
  const app = createApp();
  app.ws("/room/", (socket) => socket.accept());
  const net = testNetwork(app);
  expect(await status(net.connect("/room"))).toBe(404);
  expect((await net.connect("/room/")).protocol).toBe("");
});

test("seeds › 101 a fallback for HTTP answers no WebSocket", async () => {
  const fetch = vi.fn(() => new Response("page"));
  expect(await status(testNetwork(createApp({ fetch })).connect("/"))).toBe(404);
  expect(fetch).not.toHaveBeenCalled();
});

test("seeds › 98, 99 no hook runs for what is not found, or is of the other kind", async () => {
  const hook = vi.fn();
  const app = createApp();
  const view = app.use(() => hook());
  view.http("/page", () => new Response());
  view.ws("/socket", () => {});
  const net = testNetwork(app);
  expect(await status(net.connect("/nowhere"))).toBe(404);
  expect(await status(net.connect("/page"))).toBe(400);
  expect((await net.fetch("/socket")).status).toBe(426);
  expect(hook).not.toHaveBeenCalled();
});

test("S3 › a name that is not the app's is a 421, over HTTP and to handshakes, before anything else", async () => {
  const app = createApp({ allowedHosts: ["app.test"] });
  const foreign = new Request("http://evil.test/nowhere", { headers: { origin: "http://other.test" } });
  expect((await app.fetch(foreign)).status).toBe(421);
  expect((await app.handshake(foreign, () => Promise.reject(new Error("accepted"))))?.status).toBe(421);
});

test("an HTTP handler that gives no Response is a mistake the app is told of", async () => {
  const onError = vi.fn();
  const app = createApp({ onError });
  app.http("/page", (() => "text") as never);
  expect((await testNetwork(app).fetch("/page")).status).toBe(500);
  expect(onError).toHaveBeenCalledWith(
    new TypeError('the HTTP handler at "/page" gave no Response'),
    expect.anything(),
  );
});

describe("S6 › what does not decide a handshake within 10 s", () => {
  function hanging() {
    const clock = new Clock();
    const log: unknown[] = [];
    const { passed, open } = gate();
    const app = createApp({ clock, onError: (error) => void log.push(["told", (error as Error).name]) });
    const view = app.use(function* () {
      try {
        yield;
      } catch (error) {
        log.push(["ended", (error as Error).name]);
        throw error;
      }
    });
    const asked = gate();
    /** Says that it was asked, and decides when `decide` is called. */
    const hang = (): Promise<void> => (asked.open(), passed);
    return { clock, log, view, net: testNetwork(app), decide: open, hang, asked: asked.passed };
  }

  test.each(["hook", "handler"])(
    "is refused with 503 when it is a %s, and earlier hooks end",
    async (what) => {
      const { clock, log, view, net, hang, asked } = hanging();
      view.use(hang).ws("/hook", (socket) => socket.accept());
      view.ws("/handler", hang);
      const refused = status(net.connect(`/${what}`));
      await asked;
      clock.advance(9_999);
      expect(log).toEqual([]);
      clock.advance(1);
      expect(await refused).toBe(503);
      expect(log).toEqual([
        ["ended", "Overdue"],
        ["told", "Overdue"],
      ]);
    },
  );

  test("closes a session with 4503", async () => {
    const { clock, view, net, hang, asked } = hanging();
    view.use(hang).implement(chat, () => ({}));
    const socket = await connectSession(net, "/chat/a");
    await asked;
    clock.advance(10_000);
    expect(await socket.closed).toMatchObject({ code: 4503, reason: "The handshake took too long" });
  });

  test("starts nothing when it goes on: later hooks and the handler do not run, and its own ending does", async () => {
    const { clock, view, net, decide, hang, asked } = hanging();
    const later = vi.fn();
    const ended = gate();
    view
      .use(async function* () {
        await hang();
        try {
          yield;
        } finally {
          ended.open();
        }
      })
      .use(() => later())
      .ws("/", later);
    const refused = status(net.connect("/"));
    await asked;
    clock.advance(10_000);
    expect(await refused).toBe(503);
    decide();
    await ended.passed;
    expect(later).not.toHaveBeenCalled();
  });

  test("may still give a response, which nobody reads: its body is given up, were it read already", async () => {
    const { clock, view, net, decide, hang, asked } = hanging();
    const cancelled = gate();
    const read = new Response("once");
    await read.text();
    view.ws("/streamed", async () => {
      await hang();
      return new Response(new ReadableStream({ cancel: cancelled.open }), { status: 403 });
    });
    view.ws("/read", async () => {
      await hang();
      return read;
    });
    const refused = Promise.all([status(net.connect("/streamed")), status(net.connect("/read"))]);
    await asked;
    clock.advance(10_000);
    expect(await refused).toEqual([503, 503]);
    decide();
    await cancelled.passed;
  });

  test("can accept no more", async () => {
    const { clock, view, net, decide, hang, asked } = hanging();
    const failed = gate();
    const errors: unknown[] = [];
    view.ws("/", async (socket) => {
      await hang();
      await socket.accept().catch((error: unknown) => errors.push(error));
      failed.open();
    });
    const refused = status(net.connect("/"));
    await asked;
    clock.advance(10_000);
    expect(await refused).toBe(503);
    decide();
    await failed.passed;
    expect(errors).toMatchObject([{ name: "CloseError", code: 1006 }]);
  });

  test("is no limit for what has accepted, nor for HTTP", async () => {
    const { clock, view, net, decide, hang } = hanging();
    view.ws("/", async (socket) => {
      await socket.accept();
      await hang();
      await socket.send("late");
    });
    view.http("/", () => hang().then(() => new Response("late")));
    const socket = await net.connect("/");
    const response = net.fetch("/");
    clock.advance(10_000);
    decide();
    expect(await socket.receive()).toBe("late");
    expect(await (await response).text()).toBe("late");
  });

  test("is one of 1,000 at most: one more is refused at once with 503, until one has decided", async () => {
    const { clock, view, net, hang } = hanging();
    view.ws("/wait", hang);
    view.ws("/now", (socket) => socket.accept());
    const waiting = Array.from({ length: 1_000 }, () => status(net.connect("/wait")));
    const error = (await net.connect("/now").catch((error: unknown) => error)) as { response: Response };
    expect([error.response.status, error.response.headers.get("retry-after")]).toEqual([503, "1"]);
    clock.advance(10_000);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([503]));
    expect((await net.connect("/now")).signal.aborted).toBe(false);
  });

  test("has the time and the number that the app says", async () => {
    const clock = new Clock();
    const app = createApp({ clock, onError: () => {}, handshake: { timeout: 50, pending: 1 } });
    app.ws("/", () => new Promise<void>(() => {}));
    const net = testNetwork(app);
    const first = status(net.connect("/"));
    expect(await status(net.connect("/"))).toBe(503);
    clock.advance(50);
    expect(await first).toBe(503);
  });
});
