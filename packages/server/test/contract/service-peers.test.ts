import { contract, json } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { identity } from "../../src/request/identity.ts";
import { createApp } from "../../src/app/app.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";
import { connectSession, hello, keyOf } from "../session/connect-session.ts";
import {
  connectConfirmed,
  connectNotes,
  loseConnection,
  notes,
  postedFrame,
  resumeHello,
  startNotesServer,
} from "./notes-server.ts";

const helloAs = (auth: string, tab = ""): object => ({ ...hello, auth, key: keyOf(auth + tab) });

/** An app that serves the notes to clients, whose token names them, and to those of a second path. */
function startService() {
  const { passed, open } = gate();
  const app = createApp();
  const users = app.group(({ token }) => (token === undefined ? {} : identity({ principal: token })));
  const empty = { post: () => {}, ask: () => "", *count() {} };
  const service = users.implement(notes, async (_peer, { token }) => {
    if (token === "slow") await passed;
    return empty;
  });
  const elsewhere = users.implement(contract("/elsewhere", notes.definition), () => empty);
  return { app, net: testNetwork(app), service, elsewhere, open };
}

describe("the clients of a service", () => {
  test("are those whose setup has finished, also detached ones, until their sessions end", async () => {
    const { net, service, open } = startService();
    const { socket } = await connectConfirmed(net, helloAs("ada"));
    const setUp = connectNotes(net, helloAs("slow"));
    await flushPromises();
    const ids = () => [...service.peers].map(({ id }) => id);
    const [ada] = service.peers;
    expect([service.peers.size, ids()]).toEqual([1, [ada?.id]]);
    open();
    const slow = await setUp;
    expect(service.peers.size).toBe(2);
    await loseConnection(net, socket);
    expect(service.peers.size).toBe(2);
    slow.socket.send('{"t":"bye"}');
    await slow.socket.closed;
    await net.settled();
    expect(ids()).toEqual([ada?.id]);
  });

  test("of a principal are its pages, at this contract alone", async () => {
    const { net, service, elsewhere } = startService();
    const pages = [await connectNotes(net, helloAs("ada")), await connectNotes(net, helloAs("ada", "2"))];
    const bob = await connectNotes(net, helloAs("bob"));
    const other = await connectSession(net, "/elsewhere", helloAs("ada"));
    await other.receive(json());
    expect([service.to("ada").size, service.to("eve").size, elsewhere.peers.size]).toEqual([2, 0, 1]);
    service.to("ada").send("posted", "to ada");
    service.peers.send("posted", "to all");
    expect(await bob.socket.receive()).toBe(postedFrame(1, "to all"));
    for (const { socket } of pages)
      expect([await socket.receive(), await socket.receive()]).toEqual([
        postedFrame(1, "to ada"),
        postedFrame(2, "to all"),
      ]);
    elsewhere.to("ada").send("posted", "elsewhere");
    expect(await other.receive()).toBe(postedFrame(1, "elsewhere"));
  });

  test("settle a send together, and reject it when one of them fails", async () => {
    const { net, service } = startService();
    await service.peers.send("posted", "to no client");
    const { socket } = await connectConfirmed(net, helloAs("ada"));
    const sent = service.peers.send("posted", "a");
    expect(await socket.receive()).toBe(postedFrame(1, "a"));
    socket.send('{"t":"ack","a":1}');
    await sent;
    const lost = service.to("ada").send("posted", "b");
    expect(await socket.receive()).toBe(postedFrame(2, "b"));
    socket.send('{"t":"bye"}');
    await expect(lost).rejects.toThrow("the connection ended before the outcome was known");
  });

  test.each([undefined, 7, null])("a principal %s is refused: it would be all clients", (principal) => {
    const { service } = startService();
    expect(() => service.to(principal as unknown as string)).toThrow(
      "service.to needs the principal of clients, not",
    );
  });
});

test("a store that is overloaded gets no new session, and the sessions that it has go on", async () => {
  const store = memoryStore();
  let isOverloaded = false;
  const sessions = { ...store.sessions, isOverloaded: () => isOverloaded };
  const { net } = startNotesServer({}, { store: { ...store, sessions } });
  const { socket, welcome } = await connectConfirmed(net, helloAs("ada"));
  isOverloaded = true;
  const refused = await connectSession(net, "/notes", helloAs("bob"));
  expect(await refused.closed).toEqual({
    code: 4503,
    reason: "The store is too slow at present: try later",
    wasClean: true,
  });
  await loseConnection(net, socket);
  const back = await connectNotes(net, resumeHello(welcome, { auth: "ada", key: keyOf("ada") }));
  expect(back.welcome.state).toBe("resumed");
});
