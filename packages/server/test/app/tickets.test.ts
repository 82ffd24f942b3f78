// S10
import { describe, expect, expectTypeOf, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { tickets } from "../../src/app/tickets.ts";
import { Clock } from "../../src/testing/index.ts";
import { connectSession, hello, keyOf, openSession, receiveFrame } from "../session/connect-session.ts";
import { createTicketApp, gone, newTicket, origin, statusesOf, ticketOf, tryRaw } from "./ticket-app.ts";

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
    expect(statusesOf(answers)).toEqual([101, ...Array<number>(9).fill(401)]);
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

test("check provides the principal, typed", () => {
  const app = createApp();
  app.group(tickets(app).check).ws("/", (socket, { principal }) => {
    expectTypeOf(principal).toEqualTypeOf<string>();
    return socket.accept();
  });
  expect(app.serves("/")).toBe(true);
});
