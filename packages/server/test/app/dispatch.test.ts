import { contract } from "@symbolon/protocol";
import { describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { connectSession } from "../session/connect-session.ts";
import { gate } from "../gate.ts";
import { slow } from "../../../../test/time-limits.ts";

const chat = contract("/chat/:room", {});

/** The status by which a handshake is refused. */
async function refusalStatus(connecting: Promise<unknown>): Promise<number> {
  const error: unknown = await connecting.catch((error: unknown) => error);
  return (error as { readonly response: Response }).response.status;
}

// seeds 121
describe("context.route", () => {
  test("is the path of the route as it was declared, for hooks and handlers", async () => {
    const app = createApp();
    const view = app.group(({ route }) => ({ seen: route }));
    view.ws("/items/:item_id", (socket, { route, seen }) => socket.send([route, seen]));
    view.implement(chat, (_peer, { route }) => {
      throw new Response(route, { status: 403 });
    });
    const net = testNetwork(app);
    expect(await (await net.connect("/items/7")).receive()).toBe('["/items/:item_id","/items/:item_id"]');
    expect(await (await connectSession(net, "/chat/a")).closed).toMatchObject({ reason: "/chat/:room" });
  });

  test("begins with the prefixes of the mounts", async () => {
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

// seeds 122
test("a prefix that is percent-encoded in the request is the same prefix", async () => {
  const inner = createApp();
  inner.http("/:id", ({ params }) => new Response(params.id));
  const outer = createApp();
  outer.mount("/a b/é", inner);
  const net = testNetwork(outer);
  expect(await (await net.fetch("/a%20b/%C3%A9/2%2F3")).text()).toBe("2/3");
  expect((await net.fetch("/2")).status).toBe(404);
});

// seeds 97
test("a path with one slash more is another path: the server does not redirect", async () => {
  const app = createApp();
  app.ws("/room/", (socket) => socket.accept());
  const net = testNetwork(app);
  expect(await refusalStatus(net.connect("/room"))).toBe(404);
  expect((await net.connect("/room/")).protocol).toBe("");
});

// seeds 101
test("the fallback for HTTP does not answer WebSocket handshakes", async () => {
  const fetch = vi.fn(() => new Response("page"));
  expect(await refusalStatus(testNetwork(createApp({ fetch })).connect("/"))).toBe(404);
  expect(fetch).not.toHaveBeenCalled();
});

// seeds 98, 99
test("no hook runs for an unknown path, nor for a path of the other kind", async () => {
  const hook = vi.fn();
  const app = createApp();
  const view = app.group(() => hook());
  view.http("/page", () => new Response());
  view.ws("/socket", () => {});
  const net = testNetwork(app);
  expect(await refusalStatus(net.connect("/nowhere"))).toBe(404);
  expect(await refusalStatus(net.connect("/page"))).toBe(400);
  expect((await net.fetch("/socket")).status).toBe(426);
  expect(hook).not.toHaveBeenCalled();
});

// S3
test("a request for a host that the app does not have is refused with 421, before other checks", async () => {
  const app = createApp({ security: { hosts: ["app.test"] } });
  const foreign = new Request("http://evil.test/nowhere", { headers: { origin: "http://other.test" } });
  expect((await app.fetch(foreign)).status).toBe(421);
  expect((await app.handshake(foreign, () => Promise.reject(new Error("accepted"))))?.status).toBe(421);
});

test("an HTTP handler that returns no Response is a mistake, which is reported", async () => {
  const onError = vi.fn();
  const app = createApp({ onError });
  app.http("/page", (() => "text") as never);
  expect((await testNetwork(app).fetch("/page")).status).toBe(500);
  expect(onError).toHaveBeenCalledWith(
    new TypeError('the HTTP handler at "/page" returned no Response'),
    expect.anything(),
  );
});

// S6
describe("a hook or handler that does not decide a handshake within 10 s", () => {
  /** A network to an app whose hooks and handlers may wait for `decide()`. */
  function serveHanging() {
    const clock = new Clock();
    const log: unknown[] = [];
    const { passed, open } = gate();
    const app = createApp({ clock, onError: (error) => void log.push(["reported", (error as Error).name]) });
    const view = app.group(function* () {
      try {
        yield;
      } catch (error) {
        log.push(["ended", (error as Error).name]);
        throw error;
      }
    });
    const called = gate();
    /** Waits until `decide` is called; `called` resolves when it waits. */
    const hang = (): Promise<void> => (called.open(), passed);
    return { clock, log, view, net: testNetwork(app), decide: open, hang, called: called.passed };
  }

  test.each(["hook", "handler"])(
    "is a %s: the server refuses with 503, and earlier hooks end",
    async (kind) => {
      const { clock, log, view, net, hang, called } = serveHanging();
      view.group(hang).ws("/hook", (socket) => socket.accept());
      view.ws("/handler", hang);
      const refused = refusalStatus(net.connect(`/${kind}`));
      await called;
      clock.advance(9_999);
      expect(log).toEqual([]);
      clock.advance(1);
      expect(await refused).toBe(503);
      expect(log).toEqual([
        ["ended", "HandshakeTimeout"],
        ["reported", "HandshakeTimeout"],
      ]);
    },
  );

  test("closes a session with 4503", async () => {
    const { clock, view, net, hang, called } = serveHanging();
    view.group(hang).implement(chat, () => ({}));
    const socket = await connectSession(net, "/chat/a");
    await called;
    clock.advance(10_000);
    expect(await socket.closed).toMatchObject({ code: 4503, reason: "The handshake took too long" });
  });

  test("starts nothing when it continues: later hooks and the handler do not run, and its own end does", async () => {
    const { clock, view, net, decide, hang, called } = serveHanging();
    const later = vi.fn();
    const ended = gate();
    view
      .group(async function* () {
        await hang();
        try {
          yield;
        } finally {
          ended.open();
        }
      })
      .group(() => later())
      .ws("/", later);
    const refused = refusalStatus(net.connect("/"));
    await called;
    clock.advance(10_000);
    expect(await refused).toBe(503);
    decide();
    await ended.passed;
    expect(later).not.toHaveBeenCalled();
  });

  test("may still return a response, which is dropped: its body is cancelled, unless it was read before", async () => {
    const { clock, view, net, decide, hang, called } = serveHanging();
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
    const refused = Promise.all([
      refusalStatus(net.connect("/streamed")),
      refusalStatus(net.connect("/read")),
    ]);
    await called;
    clock.advance(10_000);
    expect(await refused).toEqual([503, 503]);
    decide();
    await cancelled.passed;
  });

  test("cannot accept any more", async () => {
    const { clock, view, net, decide, hang, called } = serveHanging();
    const failed = gate();
    const errors: unknown[] = [];
    view.ws("/", async (socket) => {
      await hang();
      await socket.accept().catch((error: unknown) => errors.push(error));
      failed.open();
    });
    const refused = refusalStatus(net.connect("/"));
    await called;
    clock.advance(10_000);
    expect(await refused).toBe(503);
    decide();
    await failed.passed;
    expect(errors).toMatchObject([{ name: "CloseError", code: 1006 }]);
  });

  test("does not limit a handler that has accepted, nor HTTP", async () => {
    const { clock, view, net, decide, hang } = serveHanging();
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

  test(
    "is one of at most 1,000: one more is refused at once with 503, until one has decided",
    slow,
    async () => {
      const { clock, view, net, hang } = serveHanging();
      view.ws("/wait", hang);
      view.ws("/now", (socket) => socket.accept());
      const waiting = Array.from({ length: 1_000 }, () => refusalStatus(net.connect("/wait")));
      const error = (await net.connect("/now").catch((error: unknown) => error)) as { response: Response };
      expect([error.response.status, error.response.headers.get("retry-after")]).toEqual([503, "1"]);
      clock.advance(10_000);
      expect(new Set(await Promise.all(waiting))).toEqual(new Set([503]));
      expect((await net.connect("/now")).signal.aborted).toBe(false);
    },
  );

  test("has the time and the number of the app's options", async () => {
    const clock = new Clock();
    const app = createApp({ clock, onError: () => {}, handshake: { timeout: 50, pending: 1 } });
    app.ws("/", () => new Promise<void>(() => {}));
    const net = testNetwork(app);
    const first = refusalStatus(net.connect("/"));
    expect(await refusalStatus(net.connect("/"))).toBe(503);
    clock.advance(50);
    expect(await first).toBe(503);
  });
});
