import { readFile } from "node:fs/promises";
import type { WelcomeFrame } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { fileStore } from "../../src/store/file/file-store.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { TestSocket } from "../../src/testing/index.ts";
import { temporaryDirectory } from "../store/file/directories.ts";
import { connectConfirmed, connectNotes, resumeHello, startNotesServer } from "../contract/notes-server.ts";
import { flushPromises } from "../flush-promises.ts";
import { hello, keyOf, peerIdOf } from "./connect-session.ts";

const eve = { key: keyOf("eve") };

/** Whether the server still answers on a wire. */
async function answersPing(socket: TestSocket): Promise<boolean> {
  socket.send('{"t":"ping","n":7}');
  return (await socket.receive()) === '{"t":"pong","n":7}';
}

/** What a session of the victim is at the end: whether its client can resume it. */
async function resumeAsVictim(
  net: ReturnType<typeof startNotesServer>["net"],
  welcome: WelcomeFrame,
): Promise<string> {
  const back = await connectNotes(net, resumeHello(welcome, { att: 50 }));
  back.socket.close();
  return back.welcome.state;
}

describe("without a principal", () => {
  test("a client that knows another client's cid gets a session of its own, not the welcome that was sent before", async () => {
    const { net, peers, log } = startNotesServer();
    const victim = await connectNotes(net);
    const attacker = await connectNotes(net, { ...hello, ...eve, att: 9 });
    expect(attacker.welcome).toMatchObject({ state: "new" });
    for (const field of ["sid", "rt", "ep"] as const)
      expect(attacker.welcome[field]).not.toBe(victim.welcome[field]);
    expect(peers).toHaveLength(2);
    expect(log.filter((entry) => entry === "finally")).toEqual([]);
    expect(await answersPing(victim.socket)).toBe(true);
    expect(await resumeAsVictim(net, victim.welcome)).toBe("resumed");
  });

  test("a client that knows another client's cid does not end the session that goes on", async () => {
    const { net, log } = startNotesServer();
    const victim = await connectConfirmed(net);
    const attacker = await connectNotes(net, { ...hello, ...eve, att: 9 });
    attacker.socket.send('{"t":"pong","n":1}');
    await flushPromises();
    expect(log.filter((entry) => entry === "finally")).toEqual([]);
    expect(await answersPing(victim.socket)).toBe(true);
    expect(await resumeAsVictim(net, victim.welcome)).toBe("resumed");
  });

  // S13
  test.each([
    ["in memory", undefined],
    ["in a store", memoryStore()],
  ])("a session %s resumes with sid, rt and key alone", async (_where, store) => {
    const { net } = startNotesServer({}, store && { store });
    const { socket, welcome } = await connectConfirmed(net);
    socket.close(1001, "");
    const thief = await connectNotes(net, resumeHello(welcome, { att: 9, ...eve }));
    expect(thief.welcome).toMatchObject({ state: "reset", why: "unknown" });
    expect(thief.welcome.sid).not.toBe(welcome.sid);
    expect(await resumeAsVictim(net, welcome)).toBe("resumed");
  });

  test("a session that only a store has resumes with sid, rt and key alone", async () => {
    const store = memoryStore();
    const first = startNotesServer({}, { store });
    const { welcome } = await connectConfirmed(first.net);
    await first.app.end();
    const { net } = startNotesServer({}, { store });
    const thief = await connectNotes(net, resumeHello(welcome, { att: 9, ...eve }));
    expect(thief.welcome).toMatchObject({ state: "reset", why: "unknown" });
    expect(await resumeAsVictim(net, welcome)).toBe("resumed");
  });

  test("every new token closes with 4403, and its hooks do not run", async () => {
    const { net, log } = startNotesServer();
    const { socket } = await connectConfirmed(net);
    const hooks = log.filter((entry) => entry === "hook").length;
    socket.send('{"t":"auth","token":"another user"}');
    expect(await socket.closed).toMatchObject({
      code: 4403,
      reason: "this session has no principal: connect again with the credential",
    });
    expect(log.filter((entry) => entry === "hook")).toHaveLength(hooks);
  });
});

describe("the key of a client instance", () => {
  test("is one client for each principal and each path", async () => {
    const { net, log } = startNotesServer();
    const ada = await connectConfirmed(net, { ...hello, auth: "ada" });
    const bob = await connectConfirmed(net, { ...hello, auth: "bob", att: 2 });
    for (const { socket } of [ada, bob]) expect(await answersPing(socket)).toBe(true);
    expect(log.filter((entry) => entry === "finally")).toEqual([]);
    ada.socket.close();
    bob.socket.close();
  });

  test("that is too short to be a secret is refused", async () => {
    const { net } = startNotesServer();
    const socket = await net.connect("/notes", { protocols: ["symbolon.v1.json"] });
    socket.send({ ...hello, key: "k".repeat(42) });
    expect(await socket.closed).toMatchObject({
      code: 4400,
      reason: "hello.key must be 256 random bits: at least 43 characters",
    });
  });

  // S29
  test("is not in a store, and neither are the session's name in peer.id or its secret", async () => {
    const directory = await temporaryDirectory();
    const store = await fileStore({ directory });
    const { net, app, peers } = startNotesServer({}, { store });
    const { socket, welcome } = await connectConfirmed(net);
    expect(peers[0]?.id).toBe(peerIdOf(welcome.sid));
    expect(peers[0]?.id).not.toBe(welcome.sid);
    socket.close(1001, "");
    await app.end();
    await store.close();
    const journal = await readFile(`${directory}/journal`, "latin1");
    for (const secret of [hello.key, welcome.rt]) expect(journal).not.toContain(secret);
  });
});

test("peer.id is the same on the server that takes a session over", async () => {
  const store = memoryStore();
  const first = startNotesServer({}, { store });
  const { welcome } = await connectConfirmed(first.net);
  await first.app.end();
  const next = startNotesServer({}, { store });
  const back = await connectNotes(next.net, resumeHello(welcome));
  expect(back.welcome.state).toBe("resumed");
  expect(next.peers[0]?.id).toBe(first.peers[0]?.id);
  expect(await back.socket.peek()).toBeUndefined();
  back.socket.close();
});
