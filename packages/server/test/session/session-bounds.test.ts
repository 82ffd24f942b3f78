import { expect, test } from "vitest";
import { memoryStore } from "../../src/store/memory-store.ts";
import type { SessionOptions } from "../../src/session/sessions.ts";
import { hello, keyOf, peerIdOf } from "./connect-session.ts";
import {
  connectConfirmed,
  connectNotes,
  loseConnection,
  resumeHello,
  postedFrame,
  startNotesServer,
} from "../contract/notes-server.ts";

const text = "x".repeat(1_000);
const threePrincipals = ["ada", "bob", "eve"];

test.each<[string, SessionOptions, readonly string[], ReturnType<typeof memoryStore>?]>([
  ["sessions", { maxDetached: 2 }, threePrincipals],
  ["sessions of one principal", { detachedPerPrincipal: 2 }, ["ada", "ada", "ada"]],
  ["bytes of sessions", { maxDetachedBytes: 2_500 }, threePrincipals],
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
