import { once } from "node:events";
import { request } from "node:http";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { gate } from "../gate.ts";
import { handshake, rawClient } from "./raw-client.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** An app whose hook provides `open()`, true until its ending has run. */
function holding(clock?: Clock) {
  const log: string[] = [];
  const ended = gate();
  const app = createApp({ onError: () => {}, ...(clock && { clock }) });
  const view = app.use(function* () {
    let open = true;
    try {
      yield { open: () => open };
    } finally {
      open = false;
      log.push("ended");
      ended.open();
    }
  });
  return { app, view, log, ended: ended.passed };
}

/** A body that says `more` and then waits for its reader to leave. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("more")) });
}

describe("the endings of hooks, over a network", () => {
  test("seeds › 53, 66 run after a streamed denial, which arrives whole", async () => {
    const { app, view, ended } = holding();
    view.ws("/", (_socket, { open }) => {
      const words = ["hello", "world"];
      const body = new ReadableStream(
        {
          pull: (controller) => {
            const word = words.shift();
            if (word === undefined) controller.close();
            else controller.enqueue(new TextEncoder().encode(`${word} ${open()} `));
          },
        },
        { highWaterMark: 0 },
      );
      return new Response(body, { status: 403 });
    });
    await using server = await serve(app, { port: 0 });
    using client = await rawClient(server.port);
    client.write(handshake("/"));
    expect((await client.answer()).status).toBe(403);
    expect((await client.rest()).toString()).toBe("hello true world true ");
    await ended;
  });

  test.each([
    ["a response", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["a denial", handshake("/")],
  ])("run when the client leaves before %s has come to its end", async (_, asked) => {
    const { app, view, log, ended } = holding();
    const answering = gate();
    const answer = () => {
      answering.open();
      return new Response(endless(), { status: 403 });
    };
    view.http("/", answer);
    view.ws("/", answer);
    await using server = await serve(app, { port: 0 });
    using client = await rawClient(server.port);
    client.write(asked);
    await answering.passed;
    expect(log).toEqual([]);
    client.reset();
    await ended;
    expect(log).toEqual(["ended"]);
  });

  test("run for HEAD, whose body nobody wants", async () => {
    const { app, view, ended } = holding();
    view.http("/", () => new Response(endless()));
    await using server = await serve(app, { port: 0 });
    expect((await fetch(server.url, { method: "HEAD" })).status).toBe(200);
    await ended;
  });

  test("run when the client leaves while a hook decides", async () => {
    const { app, view, log, ended } = holding();
    const deciding = gate();
    const decide = gate();
    view
      .use(async () => {
        deciding.open();
        await decide.passed;
      })
      .ws("/", (socket) => socket.accept());
    await using server = await serve(app, { port: 0 });
    using client = await rawClient(server.port);
    client.write(handshake("/"));
    await deciding.passed;
    client.reset();
    await once(client.socket, "close");
    expect(log).toEqual([]);
    decide.open();
    await ended;
    expect(log).toEqual(["ended"]);
  });
});

test("S6 › a hook that never settles is refused with 503 in time, and holds no closing server", async () => {
  const clock = new Clock();
  const { app, view, ended } = holding(clock);
  const deciding = gate();
  view
    .use(() => {
      deciding.open();
      return new Promise<void>(() => {});
    })
    .ws("/", () => {});
  const server = await serve(app, { port: 0 });
  using client = await rawClient(server.port);
  client.write(handshake("/"));
  await deciding.passed;
  const closed = server.close();
  clock.advance(10_000);
  expect((await client.answer()).status).toBe(503);
  await closed;
  await ended;
});

test("seeds › 132 headers that hooks add are on the wire, each cookie in a line of its own", async () => {
  const app = createApp();
  const view = app.use(({ responseHeaders: answer }) => {
    answer.set("x-test", "hook");
    answer.append("set-cookie", "a=1");
    answer.append("set-cookie", "b=2");
  });
  view.ws("/", (socket) => socket.accept({ headers: { "set-cookie": "c=3" } }));
  view.http("/", () => new Response("page", { headers: { "set-cookie": "c=3" } }));
  await using server = await serve(app, { port: 0 });
  using client = await rawClient(server.port);
  const { headers } = await client.open("/");
  expect([headers.get("x-test"), headers.getSetCookie()]).toEqual(["hook", ["a=1", "b=2", "c=3"]]);
  const page = await fetch(server.url);
  expect([page.headers.get("x-test"), page.headers.getSetCookie()]).toEqual(["hook", ["a=1", "b=2", "c=3"]]);
});

test("S3 › a name that is not the app's is a 421 on the wire", async () => {
  const app = createApp({ allowedHosts: ["localhost"] });
  app.http("/", () => new Response("page"));
  app.ws("/", (socket) => socket.accept());
  await using server = await serve(app, { port: 0 });
  const asking = request(server.url, { headers: { host: "evil.test" } }).end();
  const [answer] = (await once(asking, "response")) as [{ statusCode: number; resume: () => void }];
  answer.resume();
  expect(answer.statusCode).toBe(421);
  using client = await rawClient(server.port);
  client.write(handshake("/", { Host: "evil.test" }));
  expect((await client.answer()).status).toBe(421);
  expect((await fetch(server.url)).status).toBe(200);
});

describe("a closing server", () => {
  /** A server whose hook has one client, which has left, and an ending that waits for `go`. */
  async function ending(go: Promise<void>) {
    const log: string[] = [];
    const began = gate();
    const app = createApp({ clock: new Clock() });
    const view = app.use(async function* () {
      yield;
      began.open();
      await go;
      log.push("ended");
    });
    view.ws("/", (socket) => socket.send("hello"));
    const server = await serve(app, { port: 0 });
    using client = await rawClient(server.port);
    await client.open("/");
    await began.passed;
    return { server, log };
  }

  test("waits for the endings of hooks, though they take their time", async () => {
    const go = gate();
    const { server, log } = await ending(go.passed);
    const closed = server.close().then(() => log.push("closed"));
    go.open();
    await closed;
    expect(log).toEqual(["ended", "closed"]);
  });

  test("does not wait for ever for one that never ends", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const waiting = gate();
    const { setInterval } = globalThis;
    vi.spyOn(globalThis, "setInterval").mockImplementation((...timer) => {
      waiting.open();
      return setInterval(...timer);
    });
    const { server, log } = await ending(new Promise(() => {}));
    const closed = server.close().then(() => log.push("closed"));
    await waiting.passed;
    await vi.advanceTimersByTimeAsync(2_900);
    expect(log).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    await closed;
    expect([log, vi.getTimerCount()]).toEqual([["closed"], 0]);
  });
});
