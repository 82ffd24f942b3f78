import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { SessionOptions } from "../../src/session/sessions.ts";
import type { TestConnectOptions, TestSocket } from "../../src/testing/index.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";
import { verySlow } from "../../../../test/time-limits.ts";
import { hello, keyOf, peerIdOf } from "./connect-session.ts";
import {
  connectConfirmed,
  connectNotes,
  loseConnection,
  resumeHello,
  postFrame,
  postedFrame,
  startNotesServer,
} from "../contract/notes-server.ts";

/** More bytes than two sessions keep here, and less than three. */
const twoSessions = 2.5 * 18_000;
const text = "x".repeat(1_000);
const threePrincipals = ["ada", "bob", "eve"];

// S32
test.each<[string, SessionOptions, readonly string[], ReturnType<typeof memoryStore>?]>([
  ["sessions", { maxDetached: 2 }, threePrincipals],
  ["sessions of one principal", { detachedPerPrincipal: 2 }, ["ada", "ada", "ada"]],
  ["bytes of sessions", { maxDetachedBytes: twoSessions }, threePrincipals],
  ["sessions in a store", { maxDetached: 2 }, threePrincipals, memoryStore()],
])(
  "when more %s are detached than may, the first of them ends, and its client receives a reset when it reconnects",
  async (_what, sessions, principals, store) => {
    const { app, net, peers, changes } = startNotesServer({}, { sessions, ...(store && { store }) });
    const clients = [];
    for (const [at, auth] of principals.entries()) {
      const as = { key: keyOf(`client ${at}`), auth };
      const { socket, welcome } = await connectConfirmed(net, { ...hello, ...as });
      peers[at]?.send("posted", text);
      await socket.receive();
      clients.push({ socket, back: resumeHello(welcome, as) });
    }
    for (const { socket } of clients) await loseConnection(net, socket);
    expect(app.gauges()).toMatchObject({ connected: 0, detached: 2 });
    expect(await peers[0]?.closed).toMatchObject({ code: 4902, reason: "session expired" });
    expect(changes.filter(({ type }) => type === "ended")).toEqual([{ type: "ended", undelivered: 1 }]);
    const [expired, ...kept] = clients;
    const anew = await connectNotes(net, expired?.back);
    expect(anew.welcome).toMatchObject({ state: "reset", why: "unknown", rx: 0 });
    expect(await anew.socket.peek()).toBeUndefined();
    expect(peerIdOf(anew.welcome.sid)).toBe(peers[3]?.id);
    anew.socket.close();
    for (const { back } of kept) {
      const { socket, welcome } = await connectNotes(net, back);
      expect(welcome).toMatchObject({ state: "resumed" });
      expect(await socket.receive()).toBe(postedFrame(1, text));
      socket.close();
    }
    await net.settled();
    expect(app.gauges()).toMatchObject({ connected: 0, detached: 0, detachedBytes: 0 });
  },
);

/** Opens a session from an address, and disconnects: the session is detached. */
async function helloAndDrop(
  { net }: Pick<ReturnType<typeof startNotesServer>, "net">,
  instance: string,
  options?: TestConnectOptions,
) {
  const { socket, welcome } = await connectNotes(net, { ...hello, key: keyOf(instance) }, options);
  socket.close(1001, "");
  await socket.closed;
  return resumeHello(welcome, { key: keyOf(instance) });
}

// S32, CVE-2026-56170
test(
  "10,000 sessions that one address opens and drops end none of another address or principal",
  verySlow,
  async () => {
    const server = startNotesServer({}, { sessions: { maxDetached: 1_000 } });
    const { app, net } = server;
    const addresses = Array.from({ length: 20 }, (_, n) => `192.0.2.${n}`);
    const others = [];
    for (const address of addresses)
      others.push({ address, back: await helloAndDrop(server, `client of ${address}`, { address }) });
    const ada = { key: keyOf("client of ada"), auth: "ada" };
    const { socket, welcome } = await connectConfirmed(net, { ...hello, ...ada });
    await loseConnection(net, socket);
    others.push({ address: "192.0.2.99", back: resumeHello(welcome, ada) });

    for (let n = 0; n < 10_000; n += 1)
      await helloAndDrop(server, `attack ${n}`, { address: "198.51.100.1" });
    await net.settled();
    expect(app.gauges()).toMatchObject({ connected: 0, detached: 1_000 });

    for (const { address, back } of others) {
      const again = await connectNotes(net, back, { address });
      expect(again.welcome).toMatchObject({ state: "resumed" });
      again.socket.close();
    }
  },
);

// S32
test("the bytes of all detached sessions end those of the address that keeps the most", async () => {
  const server = startNotesServer({}, { sessions: { maxDetachedBytes: 2 ** 20 } });
  const { app, net, peers } = server;
  const back = await helloAndDrop(server, "tab", { address: "192.0.2.1" });
  for (let n = 0; n < 30; n += 1) {
    await helloAndDrop(server, `attack ${n}`, { address: "198.51.100.1" });
    peers.at(-1)?.send("posted", "x".repeat(100_000));
    await flushPromises();
  }
  await net.settled();
  expect(app.gauges().detachedBytes).toBeGreaterThan(2 ** 19);
  expect(app.gauges().detachedBytes).toBeLessThanOrEqual(2 ** 20);
  const { socket, welcome } = await connectNotes(net, back, { address: "192.0.2.1" });
  expect(welcome).toMatchObject({ state: "resumed" });
  socket.close();
});

describe("the gauge of detached bytes counts", () => {
  test.each<[string, number, (socket: TestSocket) => void]>([
    [
      "events that a handler has not finished",
      120_000,
      (socket) => {
        for (const s of [1, 2, 3]) socket.send(postFrame(s, "x".repeat(40_000)));
      },
    ],
    [
      "requests that a handler has not answered",
      120_000,
      (socket) => {
        for (const s of [1, 2, 3])
          socket.send(JSON.stringify({ s, t: "request", q: s, name: "ask", data: "x".repeat(40_000) }));
      },
    ],
    [
      "answers that the client has not acknowledged",
      16 * 256,
      (socket) => socket.send('{"s":1,"t":"stream","q":1,"name":"count","data":100}'),
    ],
  ])("%s", async (_what, bytes, send) => {
    const hang = gate();
    const { app, net } = startNotesServer({
      post: () => hang.passed,
      ask: (text) => hang.passed.then(() => text),
    });
    const idle = await connectConfirmed(net, { ...hello, key: keyOf("idle") });
    await loseConnection(net, idle.socket);
    const before = app.gauges().detachedBytes;
    expect(before).toBeGreaterThan(0);
    const { socket } = await connectNotes(net);
    send(socket);
    await new Promise(setImmediate);
    await loseConnection(net, socket);
    expect(app.gauges().detachedBytes - before).toBeGreaterThan(before + bytes);
    hang.open();
  });

  test("messages that are sent while the client is disconnected", async () => {
    const { app, net, peers } = startNotesServer();
    const { socket } = await connectNotes(net);
    await loseConnection(net, socket);
    const before = app.gauges().detachedBytes;
    peers[0]?.send("posted", "x".repeat(50_000));
    expect(app.gauges().detachedBytes - before).toBeGreaterThan(50_000);
  });
});
