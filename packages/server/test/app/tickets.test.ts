// S10
import { connect, openSocket } from "@symbolon/client";
import { contract } from "@symbolon/protocol";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createApp } from "../../src/app/app.ts";
import { type TicketOptions, tickets } from "../../src/app/tickets.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { identity } from "../../src/request/identity.ts";
import { serve } from "../../src/node/index.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import { fileStore } from "../../src/store/file/file-store.ts";
import { Clock, type TestNetwork, testNetwork } from "../../src/testing/index.ts";
import { connectSession, hello, keyOf, openSession, receiveFrame } from "../session/connect-session.ts";
import { temporaryDirectory } from "../store/file/directories.ts";

const origin = "http://test";
const notes = contract("/notes", { client: {}, server: { caller: contractText() } });

/** A schema of any text. */
function contractText() {
  return {
    "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value: value as string }) },
  } as const;
}

/** An app that gives tickets to callers with a cookie, and lets in callers with a ticket. */
function createTicketApp(
  options: AppOptions<undefined> = {},
  ticketOptions?: TicketOptions,
  expiresAt?: number,
) {
  const clock = new Clock();
  const app = createApp({ clock, ...options });
  const { issue, check } = tickets(app, ticketOptions);
  const signedIn = app.use(({ cookies: { user } }) =>
    user === undefined
      ? new Response("Sign in first", { status: 401 })
      : identity({ principal: user, expiresAt }),
  );
  signedIn.http("/ticket", issue);
  const members = app.use(check);
  members.ws("/raw", (socket, { principal }) => socket.send(principal));
  members.implement(notes, function* (peer, { principal }) {
    peer.send("caller", principal);
    yield {};
  });
  return { app, clock, net: testNetwork(app) };
}

function requestTicket(net: Pick<TestNetwork, "fetch">, headers: Record<string, string> = {}) {
  return net.fetch("/ticket", { method: "POST", headers: { cookie: "user=ada", origin, ...headers } });
}

async function ticketOf(response: Response): Promise<string> {
  expect(response.status).toBe(200);
  const { ticket } = (await response.json()) as { readonly ticket: string };
  return ticket;
}

async function newTicket(net: Pick<TestNetwork, "fetch">, headers?: Record<string, string>): Promise<string> {
  return ticketOf(await requestTicket(net, headers));
}

/** The status with which `/raw` answers, and its text: the caller's name, or why the server refuses. */
async function tryRaw(net: TestNetwork, ticket: string, from: string | undefined = origin) {
  const options = { query: { ticket }, ...(from !== "" && { headers: { origin: from } }) };
  try {
    const socket = await net.connect("/raw", options);
    return [101, await socket.receive()];
  } catch (error) {
    const { response } = error as { readonly response: Response };
    return [response.status, await response.text()];
  }
}

const gone = "this ticket was used before, has expired or gave way to newer ones: ask for another";

describe("a raw route", () => {
  test("lets the holder of a ticket in as its principal, once", async () => {
    const { net } = createTicketApp();
    const ticket = await newTicket(net);
    expect(await tryRaw(net, ticket)).toEqual([101, "ada"]);
    expect(await tryRaw(net, ticket)).toEqual([401, gone]);
  });

  test("of many handshakes with one ticket at once, accepts one", async () => {
    const { net } = createTicketApp();
    const ticket = await newTicket(net);
    const answers = await Promise.all(Array.from({ length: 10 }, () => tryRaw(net, ticket)));
    expect(answers.map(([status]) => status).sort()).toEqual([101, ...Array<number>(9).fill(401)]);
  });

  test("refuses a ticket of another origin, though that origin may connect, and the ticket is used up", async () => {
    const { net } = createTicketApp({ security: { origins: ["https://a.example", "https://b.example"] } });
    const ticket = await newTicket(net, { origin: "https://a.example" });
    expect(await tryRaw(net, ticket, "https://b.example")).toEqual([
      401,
      "this ticket belongs to another origin",
    ]);
    expect(await tryRaw(net, ticket, "https://a.example")).toEqual([401, gone]);
  });

  test("refuses a page's ticket without an Origin, and a program's ticket with one", async () => {
    const { net } = createTicketApp({ security: { allowCookieWithoutOrigin: true } });
    expect(await tryRaw(net, await newTicket(net), "")).toEqual([
      401,
      "this ticket belongs to another origin",
    ]);
    const answer = await net.fetch("/ticket", { method: "POST", headers: { cookie: "user=ada" } });
    expect(await tryRaw(net, await ticketOf(answer))).toEqual([401, "this ticket belongs to another origin"]);
  });

  test("lets a program in that sends no Origin at all", async () => {
    const { net } = createTicketApp({ security: { allowCookieWithoutOrigin: true } });
    const answer = await net.fetch("/ticket", { method: "POST", headers: { cookie: "user=ada" } });
    expect(await tryRaw(net, await ticketOf(answer), "")).toEqual([101, "ada"]);
  });

  test("refuses a ticket after 30 s, and accepts it before", async () => {
    const { net, clock } = createTicketApp();
    const tickets = [await newTicket(net), await newTicket(net)];
    clock.advance(29_999);
    expect(await tryRaw(net, tickets[0] ?? "")).toEqual([101, "ada"]);
    clock.advance(1);
    expect(await tryRaw(net, tickets[1] ?? "")).toEqual([401, gone]);
  });

  test("the lifetime is an option", async () => {
    const { net, clock } = createTicketApp({}, { lifetime: 5_000 });
    const ticket = await newTicket(net);
    clock.advance(5_000);
    expect(await tryRaw(net, ticket)).toEqual([401, gone]);
  });

  test.each(["", "abc", "x".repeat(10_000), "__proto__"])("refuses the unknown ticket %j", async (ticket) => {
    expect(await tryRaw(createTicketApp().net, ticket)).toEqual([401, gone]);
  });

  test("refuses a client without a ticket, and one with two", async () => {
    const { net } = createTicketApp();
    for (const query of [{}, { ticket: [await newTicket(net), await newTicket(net)] }]) {
      const answer = await net.refused("/raw", { query, headers: { origin } });
      expect([answer.status, await answer.text()]).toEqual([
        401,
        "a ticket is required, as the token or as ?ticket=",
      ]);
    }
  });

  test("reads a ticket from a Bearer token too", async () => {
    const { net } = createTicketApp();
    const socket = await net.connect("/raw", { auth: await newTicket(net), headers: { origin } });
    expect(await socket.receive()).toBe("ada");
  });
});

describe("a session", () => {
  const page = { headers: { origin } };

  test("begins with a ticket in hello, as the principal of the ticket", async () => {
    const { net } = createTicketApp();
    const socket = await openSession(net, "/notes", { ...hello, auth: await newTicket(net) }, page);
    expect(await receiveFrame(socket)).toMatchObject({ name: "caller", data: "ada" });
    socket.close();
  });

  test("is refused with 4401 when the ticket was used before, or by another origin", async () => {
    const { net } = createTicketApp();
    const ticket = await newTicket(net);
    await openSession(net, "/notes", { ...hello, auth: ticket }, page);
    const again = await connectSession(net, "/notes", { ...hello, key: keyOf("eve"), auth: ticket }, page);
    expect(await again.closed).toMatchObject({ code: 4401, reason: gone });
    const other = await connectSession(net, "/notes", { ...hello, auth: await newTicket(net) });
    expect(await other.closed).toMatchObject({
      code: 4401,
      reason: "this ticket belongs to another origin",
    });
  });

  test("asks for another ticket before the credential behind the first one expires", async () => {
    const clock = new Clock();
    const { net } = createTicketApp({ clock }, {}, clock.date + 20_000);
    const socket = await openSession(net, "/notes", { ...hello, auth: await newTicket(net) }, page);
    await receiveFrame(socket);
    clock.advance(16_000);
    expect(await receiveFrame(socket)).toMatchObject({ t: "reauth" });
    socket.send({ t: "auth", token: await newTicket(net, { cookie: "user=bob" }) });
    expect(await socket.closed).toMatchObject({ code: 4403 });
  });
});

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
    expect(answers.map(([status]) => status).sort()).toEqual([101, 401, 401]);
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

describe("our client, over real sockets", () => {
  beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.05));
  afterEach(() => void vi.restoreAllMocks());

  /** Serves the app, and fetches tickets from it as a program. */
  async function serveTickets() {
    const { app } = createTicketApp({ security: { allowCookieWithoutOrigin: true } });
    const server = await serve(app, { port: 0, signals: false });
    const fetched: string[] = [];
    const getToken = async (): Promise<string> => {
      const init = { method: "POST", headers: { cookie: "user=ada" } };
      const ticket = await ticketOf(await fetch(`${server.url}/ticket`, init));
      fetched.push(ticket);
      return ticket;
    };
    return { app, server, fetched, getToken };
  }

  test("connect fetches a ticket at each dial, and the session goes on", async () => {
    const { app, server, fetched, getToken } = await serveTickets();
    await using _closing = server;
    const client = connect(notes, { url: server.url, getToken });
    const caller = await new Promise((resolve) => void client.on("caller", resolve));
    expect(caller).toBe("ada");
    expect(fetched).toHaveLength(1);
    app.drain(1); // the client dials another connection, with another ticket
    await new Promise<void>((resolve) => {
      client.status.subscribe(({ resumed }) => resumed && resolve());
    });
    expect(new Set(fetched).size).toBe(2);
    client.close();
    await client.closed;
  });

  test("openSocket asks for a ticket at each dial", async () => {
    const { server, fetched, getToken } = await serveTickets();
    await using _closing = server;
    const socket = openSocket(async () => `${server.url}/raw?ticket=${await getToken()}`);
    expect(await socket.receive()).toBe("ada");
    expect(fetched).toHaveLength(1);
    socket.close();
    await socket.closed;
  });

  test("no line of the log has a ticket", async () => {
    const lines: string[] = [];
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
});

test("check provides the principal, typed", () => {
  const app = createApp();
  app.use(tickets(app).check).ws("/", (socket, { principal }) => {
    expectTypeOf(principal).toEqualTypeOf<string>();
    return socket.accept();
  });
  expect(app.serves("/")).toBe(true);
});
