import { contract } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type AppOptions, createApp } from "../../src/app/app.ts";
import { Clock, testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { receiveFrame, hello as first, connectSession } from "../session/connect-session.ts";
import { gate } from "../gate.ts";

const note = contract("/note", { client: { say: z.string() }, server: {} });

/** An app of which everyone is who their token says. */
function serving(say: (text: string) => unknown = () => {}, options: AppOptions = {}) {
  const clock = new Clock();
  const app = createApp({ clock, ...options });
  const log: string[] = [];
  const members = app.use(async function* ({ token }) {
    yield { principal: token };
    log.push(`${token} ended`);
  });
  members.implement(note, (peer) => {
    peer.subscribe(({ type: is }) => is !== "ended" && log.push(is));
    return { say };
  });
  members.ws("/raw", async (socket) => {
    for await (const _ of socket);
  });
  return { clock, log, app, members, net: testNetwork(app) };
}

type Serving = ReturnType<typeof serving>;

const say = (text: string, s: number): object => ({ t: "event", name: "say", data: text, s });

function hello(cid: string, auth = cid): object {
  return { ...first, cid, auth, w: 64, wb: 2 ** 20 };
}

/** Opens a session, a plain connection and a raw socket. */
async function enter({ net }: Serving, auth: string): Promise<TestSocket[]> {
  const session = await connectSession(net, "/note", hello(auth));
  expect(await receiveFrame(session)).toMatchObject({ t: "welcome" });
  return [session, await net.connect("/note", { auth }), await net.connect("/raw", { auth })];
}

/** Whatever was said in memory has arrived. */
const settled = (): Promise<void> => new Promise(setImmediate);

describe("revoke", () => {
  test("S30 › ends everything of a principal with 4403, and nothing of others", async () => {
    const serve = serving();
    const adas = await enter(serve, "ada");
    const bobs = await enter(serve, "bob");
    serve.app.revoke("ada");
    for (const socket of adas) expect(await socket.closed).toMatchObject({ code: 4403, reason: "revoked" });
    await serve.net.settled();
    expect(serve.log).toEqual(["ada ended", "ada ended", "ada ended"]);
    for (const socket of bobs) expect(socket.signal.aborted).toBe(false);
  });

  test("S30 › deletes a session whose client is away: who comes back begins anew, if hooks agree", async () => {
    const serve = serving();
    const socket = await connectSession(serve.net, "/note", hello("ada"));
    const { sid, rt, ep } = (await receiveFrame(socket)) as { sid: string; rt: string; ep: string };
    socket.close(1001);
    await settled();
    expect(serve.log).toEqual(["detached"]);
    serve.app.revoke("ada");
    await settled();
    expect(serve.log).toEqual(["detached", "ada ended"]);
    const resume = { sid, rt, ep, rx: 0, tx0: 1 };
    await using back = await connectSession(serve.net, "/note", { ...hello("ada"), att: 2, resume });
    expect(await receiveFrame(back)).toMatchObject({ t: "welcome", state: "reset", why: "unknown" });
  });

  test("drops what was said and not handled", async () => {
    const began = gate();
    const { open, passed } = gate();
    const heard: string[] = [];
    const serve = serving((text) => {
      heard.push(text);
      began.open();
      return passed;
    });
    const [session] = (await enter(serve, "ada")) as [TestSocket];
    for (const [index, text] of ["one", "two"].entries()) session.send(say(text, index + 1));
    await began.passed;
    serve.app.revoke("ada");
    session.send(say("three", 3));
    open();
    expect(await session.closed).toMatchObject({ code: 4403 });
    await serve.net.settled();
    expect(heard).toEqual(["one"]);
  });

  test("refuses who was let in by the hooks, and is not accepted yet", async () => {
    const { open, passed } = gate();
    const serve = serving();
    const began = gate();
    serve.members.ws("/slow", async (socket) => {
      began.open();
      await passed;
      await socket.accept();
    });
    const refused = serve.net.refused("/slow", { auth: "ada" });
    await began.passed;
    serve.app.revoke("ada");
    open();
    const response = await refused;
    expect([response.status, await response.json()]).toEqual([403, { code: 4403, reason: "revoked" }]);
  });

  test("ends at a mounted app too, with the code that is given", async () => {
    const serve = serving();
    const outer = createApp();
    outer.mount("/in", serve.app);
    const net = testNetwork(outer);
    const socket = await net.connect("/in/raw", { auth: "ada" });
    outer.revoke("ada", { code: 4401, reason: "sign in again" });
    expect(await socket.closed).toMatchObject({ code: 4401, reason: "sign in again" });
    expect(() => outer.revoke("ada", { code: 1006 })).toThrow(RangeError);
  });

  test("of nobody does nothing", async () => {
    const serve = serving();
    const [session] = (await enter(serve, "ada")) as [TestSocket];
    serve.app.revoke("eve");
    session.close(1000);
    await serve.net.settled();
    serve.app.revoke("ada");
    expect(serve.log).toEqual(["ada ended"]);
  });
});

describe("drain", () => {
  test("tells sessions when to go, one after another, and closes the others with 1012 at such times", async () => {
    const serve = serving();
    const adas = await enter(serve, "ada");
    const bobs = await enter(serve, "bob");
    serve.app.drain(6_000);
    expect(await receiveFrame(adas[0]!)).toEqual({ t: "goaway", at: 0, why: "shutting down" });
    expect(await receiveFrame(bobs[0]!)).toEqual({ t: "goaway", at: 2_400, why: "shutting down" });
    for (const [socket, at] of [
      [adas[1]!, 800],
      [adas[2]!, 1_600],
      [bobs[1]!, 3_200],
      [bobs[2]!, 4_000],
    ] as const) {
      serve.clock.advance(at - 1 - serve.clock.now);
      await settled();
      expect(socket.signal.aborted).toBe(false);
      serve.clock.advance(1);
      expect(await socket.closed).toMatchObject({ code: 1012, reason: "shutting down" });
    }
    serve.clock.advance(10_000);
    await settled();
    for (const session of [adas[0]!, bobs[0]!]) expect(session.signal.aborted).toBe(false);
  });

  test("lets a plain client's messages be handled first", async () => {
    const heard: string[] = [];
    const serve = serving((text) => void heard.push(text));
    const plain = await serve.net.connect("/note", { auth: "ada" });
    plain.send({ t: "event", name: "say", data: "last words" });
    await settled();
    serve.app.drain(1_000);
    serve.clock.advance(0);
    expect(await plain.closed).toMatchObject({ code: 1012 });
    expect(heard).toEqual(["last words"]);
  });

  test("leaves a session whose client is away as it is", async () => {
    const serve = serving();
    const session = await connectSession(serve.net, "/note", hello("ada"));
    await receiveFrame(session);
    session.close(1001);
    await settled();
    serve.app.drain(1_000);
    serve.clock.advance(1_000);
    await settled();
    expect(serve.log).toEqual(["detached"]);
  });
});

describe("how many there are", () => {
  test("S7 › one more of a principal than may be is refused with 429, a session with 4429", async () => {
    const serve = serving(undefined, { limits: { perPrincipal: 3 } });
    const [session] = (await enter(serve, "ada")) as [TestSocket];
    expect((await serve.net.refused("/raw", { auth: "ada" })).status).toBe(429);
    expect((await serve.net.refused("/note", { auth: "ada" })).status).toBe(429);
    const more = await connectSession(serve.net, "/note", hello("tab", "ada"));
    expect(await more.closed).toMatchObject({ code: 4429, reason: "Too many connections of yours" });
    await enter(serve, "bob");
    session.close(1001); // one that waits takes no place
    await settled();
    await using raw = await serve.net.connect("/raw", { auth: "ada" });
    expect(raw.signal.aborted).toBe(false);
  });

  test("S7 › those who have no principal are not counted together", async () => {
    const serve = serving(undefined, { limits: { perPrincipal: 1 } });
    await using one = await serve.net.connect("/raw");
    await using two = await serve.net.connect("/raw");
    expect([one.signal.aborted, two.signal.aborted]).toEqual([false, false]);
  });

  test("is told to a monitor, with those of mounted apps", async () => {
    const { open, passed } = gate();
    const began = gate();
    const serve = serving();
    const outer = createApp({ onError: () => {} });
    outer.mount("/in", serve.app);
    outer.ws("/slow", async (socket) => {
      began.open();
      await passed;
      await socket.accept();
    });
    expect(outer.gauges()).toEqual({ connected: 0, detached: 0, detachedBytes: 0, pendingHandshakes: 0 });
    const [session] = (await enter(serve, "ada")) as [TestSocket];
    session.close(1001);
    await settled();
    expect(outer.gauges()).toEqual({ connected: 2, detached: 1, detachedBytes: 0, pendingHandshakes: 0 });
    const response = outer.handshake(new Request("http://test/slow"), () =>
      Promise.reject(new Error("left")),
    );
    await began.passed;
    expect(outer.gauges()).toMatchObject({ connected: 3, pendingHandshakes: 1 });
    open();
    await response;
  });

  test("S33 › a client that comes back too often is sent away with 4429", async () => {
    const serve = serving();
    let socket = await connectSession(serve.net, "/note", hello("ada"));
    const { sid, rt, ep } = (await receiveFrame(socket)) as { sid: string; rt: string; ep: string };
    const resume = { sid, rt, ep, rx: 0, tx0: 1 };
    for (let att = 2; att <= 101; att += 1) {
      socket = await connectSession(serve.net, "/note", { ...hello("ada"), att, resume });
      expect(await receiveFrame(socket)).toMatchObject({ t: "welcome", state: "resumed" });
    }
    socket = await connectSession(serve.net, "/note", { ...hello("ada"), att: 102, resume });
    expect(await socket.closed).toMatchObject({ code: 4429, reason: "reconnects too often" });
  });
});
