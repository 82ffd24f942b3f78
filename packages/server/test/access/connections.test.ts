import { contract } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { identity } from "../../src/request/identity.ts";
import { Clock, testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { receiveFrame, hello as first, connectSession, keyOf } from "../session/connect-session.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";

const note = contract("/note", { client: { post: z.string() }, server: {} });

/** An app whose clients have their token as principal: a contract at /note, which `post` handles, and a raw route at /raw. */
function serveMembers(post: (text: string) => unknown = () => {}, options: AppOptions = {}) {
  const clock = new Clock();
  const app = createApp({ clock, ...options });
  const log: string[] = [];
  const members = app.group(async function* ({ token }) {
    yield token === undefined ? undefined : identity({ principal: token });
    log.push(`${token} ended`);
  });
  members.implement(note, (peer) => {
    peer.subscribe(({ type }) => type !== "ended" && log.push(type));
    return { post };
  });
  members.ws("/raw", async (socket) => {
    for await (const _ of socket);
  });
  return { clock, log, app, members, net: testNetwork(app) };
}

type Members = ReturnType<typeof serveMembers>;

const post = (text: string, s: number): object => ({ t: "event", name: "post", data: text, s });

function hello(instance: string, auth = instance): object {
  return { ...first, key: keyOf(instance), auth, w: 64, wb: 2 ** 20 };
}

/** Opens a session, a plain connection and a raw socket of one principal. */
async function connectAll({ net }: Members, auth: string): Promise<TestSocket[]> {
  const session = await connectSession(net, "/note", hello(auth));
  expect(await receiveFrame(session)).toMatchObject({ t: "welcome" });
  return [session, await net.connect("/note", { auth }), await net.connect("/raw", { auth })];
}

describe("revoke", () => {
  // S30
  test("ends every connection of a principal with 4403, and none of others", async () => {
    const served = serveMembers();
    const adas = await connectAll(served, "ada");
    const bobs = await connectAll(served, "bob");
    served.app.revoke("ada");
    for (const socket of adas) expect(await socket.closed).toMatchObject({ code: 4403, reason: "revoked" });
    await served.net.settled();
    expect(served.log).toEqual(["ada ended", "ada ended", "ada ended"]);
    for (const socket of bobs) expect(socket.signal.aborted).toBe(false);
  });

  // S30
  test("ends a detached session: a client that reconnects begins a new one, if the hooks accept it", async () => {
    const served = serveMembers();
    const socket = await connectSession(served.net, "/note", hello("ada"));
    const { sid, rt, ep } = (await receiveFrame(socket)) as { sid: string; rt: string; ep: string };
    socket.close(1001);
    await flushPromises();
    expect(served.log).toEqual(["detached"]);
    served.app.revoke("ada");
    await flushPromises();
    expect(served.log).toEqual(["detached", "ada ended"]);
    const resume = { sid, rt, ep, rx: 0, tx0: 1 };
    await using again = await connectSession(served.net, "/note", { ...hello("ada"), att: 2, resume });
    expect(await receiveFrame(again)).toMatchObject({ t: "welcome", state: "reset", why: "unknown" });
  });

  test("drops messages that were received but not handled", async () => {
    const began = gate();
    const { open, passed } = gate();
    const handled: string[] = [];
    const served = serveMembers((text) => {
      handled.push(text);
      began.open();
      return passed;
    });
    const [session] = (await connectAll(served, "ada")) as [TestSocket];
    for (const [index, text] of ["one", "two"].entries()) session.send(post(text, index + 1));
    await began.passed;
    served.app.revoke("ada");
    session.send(post("three", 3));
    open();
    expect(await session.closed).toMatchObject({ code: 4403 });
    await served.net.settled();
    expect(handled).toEqual(["one"]);
  });

  test("refuses a client whose hooks have run and that is not accepted yet", async () => {
    const { open, passed } = gate();
    const served = serveMembers();
    const began = gate();
    served.members.ws("/slow", async (socket) => {
      began.open();
      await passed;
      await socket.accept();
    });
    const refused = served.net.refused("/slow", { auth: "ada" });
    await began.passed;
    served.app.revoke("ada");
    open();
    const response = await refused;
    expect([response.status, await response.json()]).toEqual([403, { code: 4403, reason: "revoked" }]);
  });

  test("ends connections of a mounted app too, with the given code", async () => {
    const served = serveMembers();
    const outer = createApp();
    outer.mount("/in", served.app);
    const net = testNetwork(outer);
    const socket = await net.connect("/in/raw", { auth: "ada" });
    outer.revoke("ada", { code: 4401, reason: "sign in again" });
    expect(await socket.closed).toMatchObject({ code: 4401, reason: "sign in again" });
    expect(() => outer.revoke("ada", { code: 1006 })).toThrow(RangeError);
  });

  test("of an unknown principal, or of one without connections, does nothing", async () => {
    const served = serveMembers();
    const [session] = (await connectAll(served, "ada")) as [TestSocket];
    served.app.revoke("eve");
    session.close(1000);
    await served.net.settled();
    served.app.revoke("ada");
    expect(served.log).toEqual(["ada ended"]);
  });
});

describe("drain", () => {
  test("asks sessions to go, one after another, and closes other connections with 1012 at such times", async () => {
    const served = serveMembers();
    const adas = await connectAll(served, "ada");
    const bobs = await connectAll(served, "bob");
    served.app.drain(6_000);
    expect(await receiveFrame(adas[0]!)).toEqual({ t: "goaway", at: 0, why: "shutting down" });
    expect(await receiveFrame(bobs[0]!)).toEqual({ t: "goaway", at: 2_400, why: "shutting down" });
    for (const [socket, at] of [
      [adas[1]!, 800],
      [adas[2]!, 1_600],
      [bobs[1]!, 3_200],
      [bobs[2]!, 4_000],
    ] as const) {
      served.clock.advance(at - 1 - served.clock.now);
      await flushPromises();
      expect(socket.signal.aborted).toBe(false);
      served.clock.advance(1);
      expect(await socket.closed).toMatchObject({ code: 1012, reason: "shutting down" });
    }
    served.clock.advance(10_000);
    await flushPromises();
    for (const session of [adas[0]!, bobs[0]!]) expect(session.signal.aborted).toBe(false);
  });

  test("closes a plain client once its messages are handled", async () => {
    const handled: string[] = [];
    const served = serveMembers((text) => void handled.push(text));
    const plain = await served.net.connect("/note", { auth: "ada" });
    plain.send({ t: "event", name: "post", data: "last message" });
    await flushPromises();
    served.app.drain(1_000);
    served.clock.advance(0);
    expect(await plain.closed).toMatchObject({ code: 1012 });
    expect(handled).toEqual(["last message"]);
  });

  test("leaves a detached session as it is", async () => {
    const served = serveMembers();
    const session = await connectSession(served.net, "/note", hello("ada"));
    await receiveFrame(session);
    session.close(1001);
    await flushPromises();
    served.app.drain(1_000);
    served.clock.advance(1_000);
    await flushPromises();
    expect(served.log).toEqual(["detached"]);
  });
});

describe("the number of connections", () => {
  // S7
  test("of one principal is limited: one more is refused with 429, a session with 4429", async () => {
    const served = serveMembers(undefined, { limits: { perPrincipal: 3 } });
    const [session] = (await connectAll(served, "ada")) as [TestSocket];
    expect((await served.net.refused("/raw", { auth: "ada" })).status).toBe(429);
    expect((await served.net.refused("/note", { auth: "ada" })).status).toBe(429);
    const more = await connectSession(served.net, "/note", hello("tab", "ada"));
    expect(await more.closed).toMatchObject({
      code: 4429,
      reason: "Too many connections of this principal: createApp({ limits: { perPrincipal } })",
    });
    await connectAll(served, "bob");
    session.close(1001); // a detached session does not count
    await flushPromises();
    await using raw = await served.net.connect("/raw", { auth: "ada" });
    expect(raw.signal.aborted).toBe(false);
  });

  // S7
  test("without a principal is not limited", async () => {
    const served = serveMembers(undefined, { limits: { perPrincipal: 1 } });
    await using one = await served.net.connect("/raw");
    await using two = await served.net.connect("/raw");
    expect([one.signal.aborted, two.signal.aborted]).toEqual([false, false]);
  });

  test("is in the gauges, with the connections of mounted apps", async () => {
    const { open, passed } = gate();
    const began = gate();
    const served = serveMembers();
    const outer = createApp({ onError: () => {} });
    outer.mount("/in", served.app);
    outer.ws("/slow", async (socket) => {
      began.open();
      await passed;
      await socket.accept();
    });
    expect(outer.gauges()).toEqual({
      connected: 0,
      detached: 0,
      detachedBytes: 0,
      pendingHandshakes: 0,
    });
    const [session] = (await connectAll(served, "ada")) as [TestSocket];
    session.close(1001);
    await flushPromises();
    const { detachedBytes, ...others } = outer.gauges();
    expect(others).toEqual({ connected: 2, detached: 1, pendingHandshakes: 0 });
    expect(detachedBytes).toBeGreaterThan(10_000);
    const response = outer.handshake(new Request("http://test/slow"), () =>
      Promise.reject(new Error("disconnected")),
    );
    await began.passed;
    expect(outer.gauges()).toMatchObject({ connected: 3, pendingHandshakes: 1 });
    open();
    await response;
  });

  // S33
  test("of one client is limited in time: one that reconnects too often is closed with 4429", async () => {
    const errors: unknown[] = [];
    const served = serveMembers(undefined, { onError: (error) => void errors.push(error) });
    let socket = await connectSession(served.net, "/note", hello("ada"));
    const { sid, rt, ep } = (await receiveFrame(socket)) as { sid: string; rt: string; ep: string };
    const resume = { sid, rt, ep, rx: 0, tx0: 1 };
    for (let att = 2; att <= 101; att += 1) {
      socket = await connectSession(served.net, "/note", { ...hello("ada"), att, resume });
      expect(await receiveFrame(socket)).toMatchObject({ t: "welcome", state: "resumed" });
    }
    socket = await connectSession(served.net, "/note", { ...hello("ada"), att: 102, resume });
    expect(await socket.closed).toMatchObject({ code: 4429, reason: "reconnects too often" });
    expect(errors).toEqual([expect.objectContaining({ kind: "session.resumes", status: 429 })]);
  });
});
