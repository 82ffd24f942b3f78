/** Several processes that share a store. */
import { CloseCode } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { Clock } from "../../src/timing/clock.ts";
import {
  connectConfirmed,
  connectNotes,
  postFrame,
  resumeHello,
  startNotesServer,
} from "../contract/notes-server.ts";
import { flushPromises } from "../flush-promises.ts";
import { hello, keyOf } from "./connect-session.ts";

const helloAs = (auth: string): object => ({ ...hello, auth, key: keyOf(auth) });

describe("the nodes of a store", () => {
  /** Two nodes that share a store; `pass` lets the time of all of them pass, a second at a time. */
  function startNodes() {
    let now = 1_700_000_000_000;
    const store = memoryStore({ now: () => now });
    const options = { store, heartbeat: { interval: 3_600_000 } };
    const [a, b] = [startNotesServer({}, options), startNotesServer({}, options)];
    const pass = async (ms: number, nodes: readonly { readonly clock: Clock }[] = [a, b]): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        now += 1_000;
        for (const { clock } of nodes) clock.advance(1_000);
        await flushPromises();
      }
    };
    return { store, a, b, pass };
  }

  test("none ends a session of another one that is connected, however long", async () => {
    const { store, a, b, pass } = startNodes();
    const { socket } = await connectConfirmed(a.net, helloAs("ada"));
    await pass(600_000);
    const late = startNotesServer({}, { store, heartbeat: { interval: 3_600_000 } });
    await pass(600_000, [a, b, late]);
    expect(await store.sessions.list()).toMatchObject([{ principal: "ada", endsAt: undefined }]);
    socket.send(postFrame(1, "still here"));
    await flushPromises();
    expect(a.log).toEqual(["hook", "setup"]);
    socket.close(1000);
    await a.net.settled();
  });

  test("end the sessions of one that has died, once its lease and the grace time are over", async () => {
    const { store, a, b, pass } = startNodes();
    await connectConfirmed(a.net, helloAs("ada"));
    await pass(15_000, [b]); // a stands still
    expect(await store.sessions.list()).toHaveLength(1);
    await pass(115_000, [b]);
    expect(await store.sessions.list()).toHaveLength(1);
    await pass(10_000, [b]);
    expect(await store.sessions.list()).toEqual([]);
  });

  test("a session that has moved to another node ends at the first one within a beat", async () => {
    const { store, a, b, pass } = startNodes();
    const { socket, welcome } = await connectConfirmed(a.net, helloAs("ada"));
    const back = await connectNotes(b.net, resumeHello(welcome, { auth: "ada", key: keyOf("ada") }));
    expect(back.welcome).toMatchObject({ state: "resumed" });
    expect(a.log).toEqual(["hook", "setup"]);
    await pass(5_000);
    expect(await socket.closed).toMatchObject({ code: CloseCode.SessionLost });
    expect(a.log).toEqual(["hook", "setup", "finally", "hook ends"]);
    expect(b.log).toEqual(["hook", "setup"]);
    expect(await store.sessions.list()).toMatchObject([{ claim: { fence: 2 }, endsAt: undefined }]);
    back.socket.close(1000);
    await b.net.settled();
  });
});
