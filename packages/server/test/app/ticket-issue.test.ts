// S10
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createApp } from "../../src/app/app.ts";
import { tickets } from "../../src/app/tickets.ts";
import { serve } from "../../src/node/index.ts";
import { fileStore } from "../../src/store/file/file-store.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { temporaryDirectory } from "../store/file/directories.ts";
import { createTicketApp, gone, newTicket, origin, requestTicket, statusesOf, tryRaw } from "./ticket-app.ts";

describe("a request for a ticket", () => {
  test("is answered with JSON that no cache keeps", async () => {
    const answer = await requestTicket(createTicketApp().net);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toEqual({ ticket: expect.stringMatching(/^[\w-]{22}$/) });
  });

  test("is refused by the hooks before it", async () => {
    const { net } = createTicketApp();
    expect((await net.fetch("/ticket", { method: "POST", headers: { origin } })).status).toBe(401);
  });

  test.each(["GET", "HEAD", "PUT"])("is refused with 405 when its method is %s", async (method) => {
    const { net } = createTicketApp();
    const answer = await net.fetch("/ticket", { method, headers: { cookie: "user=ada", origin } });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test.each(["https://evil.example", "null", "http://test.evil.example"])(
    "of a page of %s is refused with 403: it cannot use up the caller's tickets",
    async (foreign) => {
      const { net } = createTicketApp();
      expect((await requestTicket(net, { origin: foreign })).status).toBe(403);
    },
  );

  test("with a cookie and without an Origin is refused with 403", async () => {
    const { net } = createTicketApp();
    const answer = await net.fetch("/ticket", { method: "POST", headers: { cookie: "user=ada" } });
    expect(answer.status).toBe(403);
  });

  test("without a principal is an error, and the compiler rejects the route", async () => {
    const app = createApp({ onError: () => {} });
    // @ts-expect-error no hook has named a principal
    app.http("/ticket", tickets(app).issue);
    const net = testNetwork(app);
    expect((await requestTicket(net)).status).toBe(500);
    expect(net.errors).toEqual([
      new TypeError(
        "a ticket needs a principal: a hook before `issue` has to return identity({ principal })",
      ),
    ]);
  });

  test("fails with 500 when the store fails", async () => {
    const failure = new Error("the store is away");
    const fail = (): never => {
      throw failure;
    };
    const store = { ...memoryStore(), tickets: { put: fail, take: fail } };
    const { net } = createTicketApp({ store, onError: () => {} });
    expect((await requestTicket(net)).status).toBe(500);
    expect((await tryRaw(net, "ticket"))[0]).toBe(500);
    expect(net.errors).toEqual([failure, failure]);
  });
});

describe("bounds", () => {
  test("a principal with too many unused tickets loses its oldest; another principal loses none", async () => {
    const { net } = createTicketApp({}, { perPrincipal: 2 });
    const bob = await newTicket(net, { cookie: "user=bob" });
    const mine = [await newTicket(net), await newTicket(net), await newTicket(net)];
    expect(await Promise.all([bob, ...mine].map(async (ticket) => (await tryRaw(net, ticket))[0]))).toEqual([
      101, 401, 101, 101,
    ]);
  });

  test("100 clients of one principal that fetch a ticket at once, and connect then, are all let in", async () => {
    const { net } = createTicketApp({ limits: { perPrincipal: 20 } });
    const all = await Promise.all(Array.from({ length: 100 }, () => newTicket(net)));
    for (const ticket of all) expect((await tryRaw(net, ticket))[0]).toBe(101);
  });

  test.each([{ lifetime: 0 }, { lifetime: NaN }, { perPrincipal: -1 }])("rejects %j", (options) => {
    expect(() => tickets(createApp(), options)).toThrow(RangeError);
  });

  test("rejects an app that createApp did not make", () => {
    expect(() => tickets({} as never)).toThrow("tickets needs an app made by createApp");
  });
});

describe("several processes", () => {
  test("that share a store accept a ticket of each other, and one of them accepts it once", async () => {
    const store = memoryStore();
    const [one, other] = [createTicketApp({ store }).net, createTicketApp({ store }).net];
    const ticket = await newTicket(one);
    const answers = await Promise.all([one, other, other].map((net) => tryRaw(net, ticket)));
    expect(statusesOf(answers)).toEqual([101, 401, 401]);
  });

  test("without a shared store accept no ticket of each other", async () => {
    const [one, other] = [createTicketApp().net, createTicketApp().net];
    expect(await tryRaw(other, await newTicket(one))).toEqual([401, gone]);
  });

  test("one after another with a store in files: after a restart no ticket of before is accepted", async () => {
    const directory = await temporaryDirectory();
    const first = await fileStore({ directory });
    const before = createTicketApp({ store: first }).net;
    const [used, unused] = [await newTicket(before), await newTicket(before)];
    expect(await tryRaw(before, used)).toEqual([101, "ada"]);
    await first.close();
    await using second = Object.assign(await fileStore({ directory }), {
      [Symbol.asyncDispose]: () => second.close(),
    });
    const after = createTicketApp({ store: second }).net;
    expect(await tryRaw(after, used)).toEqual([401, gone]);
    expect(await tryRaw(after, unused)).toEqual([401, gone]);
    expect(await tryRaw(after, await newTicket(after))).toEqual([101, "ada"]);
  });
});

test("no line of the log has a ticket", async () => {
  const lines: string[] = [];
  onTestFinished(() => void vi.restoreAllMocks());
  for (const level of ["error", "warn", "log", "info"] as const)
    vi.spyOn(console, level).mockImplementation((...parts) => void lines.push(parts.map(String).join(" ")));
  const app = createApp({ limits: { perAddress: 1 } });
  app.ws("/broken", () => {
    throw new Error("broken");
  });
  app.ws("/open", async (socket) => {
    await socket.accept();
    await socket.closed;
  });
  const net = testNetwork(app);
  await net.refused("/broken?ticket=SECRET");
  await net.refused("/nowhere?ticket=SECRET");
  await using server = await serve(app, { port: 0, signals: false });
  const url = `${server.url.replace("http", "ws")}/open?ticket=SECRET`;
  const first = new WebSocket(url);
  await new Promise((resolve) => first.addEventListener("open", resolve));
  const second = new WebSocket(url);
  await new Promise((resolve) => second.addEventListener("error", resolve));
  first.close();
  expect(lines.length).toBeGreaterThanOrEqual(2);
  expect(lines.join("\n")).not.toContain("SECRET");
});
