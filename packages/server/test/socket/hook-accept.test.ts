/** Hooks that accept a raw handshake before its handler runs. */
import { contract } from "@symbolon/protocol";
import { createApp, listen } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test, vi } from "vitest";
import { gate } from "../gate.ts";

test("a hook accepts, sends something first, and the handler continues on the same socket", async () => {
  const lookup = gate();
  const app = createApp();
  const members = app.group(async ({ accept }) => {
    const socket = await accept?.({ headers: { "x-greeting": "hello" } });
    await socket?.send("one moment");
    await lookup.passed;
    return { user: "ada" };
  });
  members.ws("/raw", async (socket, { user }) => {
    await socket.accept(); // it is accepted already
    await socket.send(`hello, ${user}`);
    for await (const message of socket) await socket.send(`${user} sent ${String(message)}`);
  });
  const net = testNetwork(app);
  const socket = await net.connect("/raw");
  expect(socket.headers.get("x-greeting")).toBe("hello");
  expect(await socket.receive()).toBe("one moment");
  socket.send("early"); // the hook still runs
  lookup.open();
  expect(await socket.receive()).toBe("hello, ada");
  expect(await socket.receive()).toBe("ada sent early");
  socket.close();
  await net.settled();
  expect(net.errors).toEqual([]);
});

test("a hook that refuses after one that accepted closes with 4000 + its status, and the handler does not run", async () => {
  const ran: string[] = [];
  const app = createApp();
  app.use(async function* ({ accept }) {
    const socket = await accept?.();
    await socket?.send("who are you?");
    try {
      yield;
    } finally {
      ran.push("end");
    }
  });
  app.use(() => new Response("sign in first", { status: 401 }));
  app.ws("/raw", () => void ran.push("handler"));
  const net = testNetwork(app);
  const socket = await net.connect("/raw");
  expect(await socket.receive()).toBe("who are you?");
  expect(await socket.closed).toMatchObject({ code: 4401, reason: "sign in first" });
  await net.settled();
  expect(ran).toEqual(["end"]);
  expect(app.gauges()).toMatchObject({ connected: 0, pendingHandshakes: 0 });
});

test("a hook that throws after it has accepted closes, and the error is reported", async () => {
  const onError = vi.fn();
  const app = createApp({ onError });
  app.use(async ({ accept }) => {
    await accept?.();
    throw new Error("a secret");
  });
  app.ws("/raw", () => {});
  const socket = await testNetwork(app).connect("/raw");
  expect(await socket.closed).toMatchObject({ code: 4500, reason: "Internal Server Error" });
  expect(onError.mock.calls.map(([error]) => String(error))).toEqual(["Error: a secret"]);
});

test("an accepted handshake is not undecided, though its hook still runs", async () => {
  const lookup = gate();
  const app = createApp({ handshake: { pending: 1 } });
  app.use(async ({ accept, query }) => {
    if (query["slow"] === undefined) return;
    await accept?.();
    await lookup.passed;
  });
  app.ws(
    "/raw",
    listen((message) => message),
  );
  const net = testNetwork(app);
  const slow = await net.connect("/raw?slow");
  expect(app.gauges().pendingHandshakes).toBe(0);
  const other = await net.connect("/raw");
  other.send("hello");
  expect(await other.receive()).toBe("hello");
  lookup.open();
  slow.send("hello");
  expect(await slow.receive()).toBe("hello");
});

test("HTTP and contracts have no accept: a hook of all routes asks whether there is one", async () => {
  const found: string[] = [];
  const app = createApp();
  app.use(({ route, accept }) => void found.push(`${route} ${typeof accept}`));
  app.http("/page", () => new Response("page"));
  app.ws("/raw", (socket) => socket.send("raw"));
  app.implement(contract("/work", { client: {}, server: {} }), () => ({}));
  const net = testNetwork(app);
  await net.fetch("/page");
  await net.connect("/raw");
  await net.connect("/work");
  expect(found).toEqual(["/page undefined", "/raw function", "/work undefined"]);
});
