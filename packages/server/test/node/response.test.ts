import { once } from "node:events";
import { request } from "node:http";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { gate } from "../gate.ts";
import { handshake, connectRawClient } from "./raw-client.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** An app and a view of it whose hook provides `open()`: true until the hook has ended. */
function createHoldingApp(clock?: Clock) {
  const log: string[] = [];
  const ended = gate();
  const app = createApp({ onError: () => {}, ...(clock && { clock }) });
  const view = app.group(function* () {
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

/** A body that has one chunk and does not end. */
function endlessBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("more")) });
}

describe("the ends of hooks, over a network", () => {
  // seeds 53, 66
  test("run after a streamed refusal, which arrives whole", async () => {
    const { app, view, ended } = createHoldingApp();
    view.ws("/", (_socket, { open }) => {
      const chunks = ["hello", "world"];
      const body = new ReadableStream(
        {
          pull: (controller) => {
            const chunk = chunks.shift();
            if (chunk === undefined) controller.close();
            else controller.enqueue(new TextEncoder().encode(`${chunk} ${open()} `));
          },
        },
        { highWaterMark: 0 },
      );
      return new Response(body, { status: 403 });
    });
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(handshake("/"));
    expect((await client.response()).status).toBe(403);
    expect((await client.rest()).toString()).toBe("hello true world true ");
    await ended;
  });

  test.each([
    ["a response", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["a refusal", handshake("/")],
  ])("run when the client disconnects before the end of %s", async (_, request) => {
    const { app, view, log, ended } = createHoldingApp();
    const answered = gate();
    const answer = () => {
      answered.open();
      return new Response(endlessBody(), { status: 403 });
    };
    view.http("/", answer);
    view.ws("/", answer);
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(request);
    await answered.passed;
    expect(log).toEqual([]);
    client.reset();
    await ended;
    expect(log).toEqual(["ended"]);
  });

  test("run for HEAD, whose body is not sent", async () => {
    const { app, view, ended } = createHoldingApp();
    view.http("/", () => new Response(endlessBody()));
    await using server = await serve(app, { port: 0 });
    expect((await fetch(server.url, { method: "HEAD" })).status).toBe(200);
    await ended;
  });

  test("run when the client disconnects while a hook decides", async () => {
    const { app, view, log, ended } = createHoldingApp();
    const deciding = gate();
    const decide = gate();
    view
      .group(async () => {
        deciding.open();
        await decide.passed;
      })
      .ws("/", (socket) => socket.accept());
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
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

// S6
test("a hook that never settles is refused with 503 in time, and does not keep a server from closing", async () => {
  const clock = new Clock();
  const { app, view, ended } = createHoldingApp(clock);
  const deciding = gate();
  view
    .group(() => {
      deciding.open();
      return new Promise<void>(() => {});
    })
    .ws("/", () => {});
  const server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  client.write(handshake("/"));
  await deciding.passed;
  const closed = server.close();
  clock.advance(10_000);
  expect((await client.response()).status).toBe(503);
  await closed;
  await ended;
});

// seeds 132
test("headers that hooks add are on the wire, each cookie in a separate line", async () => {
  const app = createApp();
  const view = app.group(({ responseHeaders }) => {
    responseHeaders.set("x-test", "hook");
    responseHeaders.append("set-cookie", "a=1");
    responseHeaders.append("set-cookie", "b=2");
  });
  view.ws("/", (socket) => socket.accept({ headers: { "set-cookie": "c=3" } }));
  view.http("/", () => new Response("page", { headers: { "set-cookie": "c=3" } }));
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  const { headers } = await client.open("/");
  expect([headers.get("x-test"), headers.getSetCookie()]).toEqual(["hook", ["a=1", "b=2", "c=3"]]);
  const page = await fetch(server.url);
  expect([page.headers.get("x-test"), page.headers.getSetCookie()]).toEqual(["hook", ["a=1", "b=2", "c=3"]]);
});

// S3
test("a request for a host that the app does not have is a 421 on the wire", async () => {
  const app = createApp({ security: { hosts: ["localhost"] } });
  app.http("/", () => new Response("page"));
  app.ws("/", (socket) => socket.accept());
  await using server = await serve(app, { port: 0 });
  const incoming = request(server.url, { headers: { host: "evil.test" } }).end();
  const [answer] = (await once(incoming, "response")) as [{ statusCode: number; resume: () => void }];
  answer.resume();
  expect(answer.statusCode).toBe(421);
  using client = await connectRawClient(server.port);
  client.write(handshake("/", { Host: "evil.test" }));
  expect((await client.response()).status).toBe(421);
  expect((await fetch(server.url)).status).toBe(200);
});

describe("a closing server", () => {
  /** A server with a hook that still waits for `go`: its client has disconnected. */
  async function serveEndingHook(go: Promise<void>) {
    const log: string[] = [];
    const began = gate();
    const app = createApp({ clock: new Clock() });
    const view = app.group(async function* () {
      yield;
      began.open();
      await go;
      log.push("ended");
    });
    view.ws("/", (socket) => socket.send("hello"));
    const server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    await client.open("/");
    await began.passed;
    return { server, log };
  }

  test("waits for the ends of hooks", async () => {
    const go = gate();
    const { server, log } = await serveEndingHook(go.passed);
    const closed = server.close().then(() => log.push("closed"));
    go.open();
    await closed;
    expect(log).toEqual(["ended", "closed"]);
  });

  test("waits at most 3 s for a hook that does not end", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const waiting = gate();
    const { setInterval } = globalThis;
    vi.spyOn(globalThis, "setInterval").mockImplementation((...timer) => {
      waiting.open();
      return setInterval(...timer);
    });
    const { server, log } = await serveEndingHook(new Promise(() => {}));
    const closed = server.close().then(() => log.push("closed"));
    await waiting.passed;
    await vi.advanceTimersByTimeAsync(2_900);
    expect(log).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    await closed;
    expect([log, vi.getTimerCount()]).toEqual([["closed"], 0]);
  });
});
