import { type Frame, SUBPROTOCOL } from "@symbolon/protocol";
import { describe, expect, test, vi } from "vitest";
import { frame, hello, knock } from "./frames.ts";
import { gate } from "./gate.ts";
import { confirmed, dial, lose, resuming, said, saying, talking } from "./talk.ts";

describe("a client that comes back", () => {
  test("is welcomed to where it was: what it said has come", async () => {
    const { net } = talking({}, { sessions: { grace: 5_000 } });
    const { socket, welcome } = await dial(net);
    for (const s of [1, 2]) {
      socket.send(saying(s, "a"));
      expect(await socket.receive()).toBe(`{"t":"ack","a":${s}}`);
    }
    await lose(net, socket);
    const again = await dial(net, resuming(welcome, { tx0: 3 }));
    expect(again.socket.protocol).toBe(SUBPROTOCOL);
    expect(again.welcome).toEqual({ ...welcome, state: "resumed", rx: 2, ttl: 5_000 });
    expect(await again.socket.receive()).toBe('{"t":"ack","a":2}');
    again.socket.close();
  });

  test("hears again what it does not have, with the same numbers, then what was said meanwhile", async () => {
    const { net, peers } = talking();
    const { socket, welcome } = await dial(net);
    for (const text of ["a", "b", "c"]) peers[0]?.send("said", text);
    expect(await socket.receive()).toBe(said(1, "a"));
    await lose(net, socket);
    peers[0]?.send("said", "d");
    const again = await dial(net, resuming(welcome, { rx: 1 }));
    for (const [at, text] of ["b", "c", "d"].entries())
      expect(await again.socket.receive()).toBe(said(at + 2, text));
    await lose(net, again.socket);
    const third = await dial(net, resuming(welcome, { att: 3, rx: 4 }));
    expect(await third.socket.peek()).toBeUndefined();
    third.socket.close();
  });

  test("is not told again what it has finished, though it had not when it left", async () => {
    const { net, peers } = talking();
    const { socket, welcome } = await dial(net);
    const sent = ["a", "b", "c"].map((text) => peers[0]?.send("said", text));
    for (let n = 0; n < 3; n += 1) await socket.receive();
    socket.send('{"t":"ack","a":3,"but":[2]}');
    await Promise.all([sent[0], sent[2]]);
    await lose(net, socket);
    const again = await dial(net, resuming(welcome, { rx: 3 }));
    expect(await again.socket.peek()).toBeUndefined(); // the second has come there, and is being handled
    again.socket.send('{"t":"ack","a":3}');
    await sent[1];
    again.socket.close();
  });

  test("what it says again is handled once, and acknowledged again", async () => {
    const heard: string[] = [];
    const { net } = talking({ say: (text) => heard.push(text) });
    const { socket, welcome } = await dial(net);
    socket.send(saying(1, "a"));
    expect(await socket.receive()).toBe('{"t":"ack","a":1}');
    socket.send(saying(1, "a"));
    expect(await socket.receive()).toBe('{"t":"ack","a":1}');
    await lose(net, socket);
    const again = await dial(net, resuming(welcome));
    await again.socket.receive(); // the ack of a welcome
    again.socket.send(saying(1, "a"));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1}');
    again.socket.send(saying(2, "b"));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":2}');
    expect(heard).toEqual(["a", "b"]);
    again.socket.close();
  });

  test("what it says again while it is still handled is acknowledged as unfinished", async () => {
    const handled = gate();
    const { net } = talking({ say: () => handled.passed });
    const { socket, welcome } = await dial(net);
    socket.send(saying(1, "a"));
    await lose(net, socket);
    const again = await dial(net, resuming(welcome));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1,"but":[1]}');
    again.socket.send(saying(1, "a"));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1,"but":[1]}');
    handled.open();
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1}');
    again.socket.close();
  });

  test("while its old wire lives ends that, of which nothing is heard any more", async () => {
    const heard: string[] = [];
    const { net, log, changes } = talking({ say: (text) => heard.push(text) });
    const { socket, welcome } = await dial(net);
    const again = await dial(net, resuming(welcome));
    socket.send(saying(1, "from the past"));
    expect(again.welcome).toMatchObject({ state: "resumed", sid: welcome.sid });
    again.socket.send(saying(1, "now"));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1}');
    expect(await socket.closed).toMatchObject({ code: 4900 });
    expect(heard).toEqual(["now"]);
    expect(changes).toEqual([{ is: "resumed" }]);
    expect(log).toEqual(["hook", "setup", "hook", "hook ends"]);
    again.socket.close();
  });

  test("what it had said on the old wire before is handled", async () => {
    const heard: string[] = [];
    const { net } = talking({ say: (text) => heard.push(text) });
    const { socket, welcome } = await dial(net);
    socket.send(saying(1, "a"));
    await socket.receive();
    const again = await dial(net, resuming(welcome, { tx0: 2 }));
    expect(again.welcome).toMatchObject({ rx: 1 });
    expect(heard).toEqual(["a"]);
    again.socket.close();
  });
});

describe("an older dial of a client that is here by a newer one", () => {
  test.each([1, 2])("is superseded, and nothing changes: att %i", async (att) => {
    const { net, log, changes } = talking();
    const { socket, welcome } = await dial(net);
    const newest = await dial(net, resuming(welcome, { att: 2 }));
    const late = await knock(net, "/talk", resuming(welcome, { att }));
    expect(await late.closed).toMatchObject({ code: 4900, reason: "a newer connection took over" });
    newest.socket.send('{"t":"ping","n":5}');
    expect(await newest.socket.receive()).toBe('{"t":"pong","n":5}');
    expect(changes).toEqual([{ is: "resumed" }]);
    expect(log.filter((what) => what === "finally")).toEqual([]);
    await net.settled();
    expect(log.filter((what) => what === "hook ends")).toHaveLength(2);
    socket.close();
    newest.socket.close();
  });

  test("is superseded too without a session of its own", async () => {
    const { net } = talking();
    const { socket } = await confirmed(net);
    const late = await knock(net, "/talk");
    expect(await late.closed).toMatchObject({ code: 4900 });
    socket.send('{"t":"ping","n":5}');
    expect(await socket.receive()).toBe('{"t":"pong","n":5}');
    socket.close();
    await net.settled();
  });

  test("does not keep the server from settling", async () => {
    const { net } = talking();
    const { socket } = await dial(net);
    const late = await knock(net, "/talk");
    await late.closed;
    await net.settled();
    socket.close();
  });
});

describe("a client that cannot go on begins anew", () => {
  const wrong = { rt: "x".repeat(43) };

  test.each([
    ["with a wrong secret", wrong, {}],
    ["in a session that never was", { sid: "never" }, {}],
    ["as somebody else", {}, { auth: "eve" }],
  ])("%s: the session it aimed at lives on", async (_what, key, others) => {
    const { net, peers, changes } = talking();
    const ada = { ...hello, auth: "ada" };
    const { socket, welcome } = await confirmed(net, ada);
    const eve = await dial(
      net,
      resuming({ ...welcome, ...key }, { att: 9, cid: "eve", auth: "ada", ...others }),
    );
    expect(eve.welcome).toMatchObject({ state: "reset", why: "unknown", rx: 0 });
    expect([eve.welcome.sid, eve.welcome.rt]).not.toContain(welcome.sid);
    peers[0]?.send("said", "to ada");
    expect(await socket.receive()).toBe(said(1, "to ada"));
    expect(changes).toEqual([]);
    await lose(net, socket);
    const again = await dial(net, resuming(welcome, { auth: "ada", rx: 1 }));
    expect(again.welcome).toMatchObject({ state: "resumed", sid: welcome.sid });
    eve.socket.close();
    again.socket.close();
  });

  test("with a wrong secret and the name of the client, too", async () => {
    const { net, peers } = talking();
    const { socket, welcome } = await confirmed(net);
    const eve = await dial(net, resuming({ ...welcome, ...wrong }, { att: 9 }));
    expect(eve.welcome).toMatchObject({ state: "reset", why: "unknown" });
    peers[0]?.send("said", "still here");
    expect(await socket.receive()).toBe(said(1, "still here"));
    eve.socket.close();
    socket.close();
  });

  test.each([
    ["it has heard what was never said", { rx: 3 }],
    ["it has lost what it had acknowledged", { rx: 0 }],
    ["it holds less than what is missing here", { rx: 2, tx0: 3 }],
    ["it counts in another history", { rx: 2, ep: "another" }],
  ])("when the positions do not fit: %s", async (_what, at) => {
    const { net, peers, log } = talking();
    const { socket, welcome } = await dial(net);
    const sent = ["a", "b"].map((text) => peers[0]?.send("said", text));
    socket.send(saying(1, "one"));
    for (let n = 0; n < 3; n += 1) await socket.receive();
    socket.send('{"t":"ack","a":1}');
    await sent[0];
    await lose(net, socket);
    const { ep = welcome.ep, ...rest } = at as { ep?: string };
    const again = await dial(net, resuming({ ...welcome, ep }, { tx0: 2, ...rest }));
    expect(again.welcome).toMatchObject({ state: "reset", why: "lost", rx: 0 });
    expect(again.welcome.sid).not.toBe(welcome.sid);
    expect(log).toEqual(["hook", "setup", "hook", "finally", "hook ends", "setup"]);
    await expect(sent[1]).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", sentBefore: true });
    again.socket.send(saying(1, "anew"));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1}');
    again.socket.close();
  });

  test.each([
    { rx: 2, tx0: 2 },
    { rx: 1, tx0: 1 },
  ])("and one whose positions just fit goes on: %o", async (at) => {
    const { net, peers } = talking();
    const { socket, welcome } = await dial(net);
    const sent = ["a", "b"].map((text) => peers[0]?.send("said", text));
    socket.send(saying(1, "one"));
    for (let n = 0; n < 3; n += 1) await socket.receive();
    socket.send('{"t":"ack","a":1}');
    await sent[0];
    await lose(net, socket);
    expect((await dial(net, resuming(welcome, at))).welcome).toMatchObject({ state: "resumed", rx: 1 });
  });

  test("after the grace time", async () => {
    const { net, clock, log } = talking({}, { sessions: { grace: 1_000 } });
    const { socket, welcome } = await dial(net);
    await lose(net, socket);
    clock.advance(1_000);
    await vi.waitFor(() => expect(log).toContain("hook ends"));
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    const again = await dial(net, resuming(welcome));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });
});

describe("hello again, without a session", () => {
  test("from a client that never heard the welcome: it is given again, with all that was said", async () => {
    const { net, peers, log } = talking();
    const { socket, welcome } = await dial(net);
    peers[0]?.send("said", "a");
    expect(await socket.receive()).toBe(said(1, "a"));
    await lose(net, socket);
    const again = await dial(net, { ...hello, att: 2 });
    expect(again.welcome).toEqual(welcome);
    expect(await again.socket.receive()).toBe(said(1, "a"));
    expect(log).toEqual(["hook", "setup", "hook", "hook ends"]);
    again.socket.close();
  });

  test("whoever watches is told that it is back", async () => {
    const { net, changes } = talking();
    const { socket } = await dial(net);
    await lose(net, socket);
    const again = await dial(net, { ...hello, att: 2 });
    expect(changes).toEqual([{ is: "parked" }, { is: "resumed" }]);
    again.socket.close();
  });

  test("from a client that has said something since: the old session ends first", async () => {
    const { net, log, changes } = talking();
    const { socket, welcome } = await confirmed(net);
    await lose(net, socket);
    const again = await dial(net, { ...hello, att: 2 });
    expect(again.welcome).toMatchObject({ state: "new" });
    expect(again.welcome.sid).not.toBe(welcome.sid);
    expect(log).toEqual(["hook", "setup", "hook", "finally", "hook ends", "setup"]);
    expect(changes).toEqual([{ is: "parked" }, { is: "ended", undelivered: 0 }]);
    again.socket.close();
  });
});

describe("how a connection ends", () => {
  test.each([1001, 1006, 1011, 1012, 4500])("%i parks the session", async (code) => {
    const { net, log, changes } = talking();
    const { socket } = await dial(net);
    if (code === 1006) net.drop();
    else socket.close(code, "");
    await socket.closed;
    await net.settled();
    expect(changes).toEqual([{ is: "parked" }]);
    expect(log).toEqual(["hook", "setup"]);
  });

  test.each([1000, 1008, 4400, 4403])("%i ends the session", async (code) => {
    const { net, log, changes } = talking();
    const { socket, welcome } = await dial(net);
    socket.close(code, "");
    await net.settled();
    expect(changes).toEqual([{ is: "ended", undelivered: 0 }]);
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    const again = await dial(net, resuming(welcome));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });

  test("bye ends the session when what was said before is handled", async () => {
    const heard: string[] = [];
    const { net, log } = talking({ say: (text) => heard.push(text) });
    const { socket } = await dial(net);
    socket.send(saying(1, "a"));
    socket.send('{"t":"bye"}');
    expect(await socket.closed).toMatchObject({ code: 1000 });
    await net.settled();
    expect(heard).toEqual(["a"]);
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
  });

  test("a client that does not answer its ping is parked", async () => {
    const { net, clock, changes } = talking();
    const { socket, welcome } = await dial(net);
    clock.advance(25_000);
    expect(await socket.receive()).toBe('{"t":"ping","n":1}');
    clock.advance(10_000);
    await socket.closed;
    await net.settled();
    expect(changes).toEqual([{ is: "parked" }]);
    expect((await dial(net, resuming(welcome))).welcome).toMatchObject({ state: "resumed" });
  });

  test("a ping tells what has come, when that was not said", async () => {
    const { net } = talking();
    const { socket } = await dial(net);
    socket.send('{"s":1,"t":"cancel","q":7}');
    socket.send('{"t":"ping","n":1}');
    expect(await socket.receive()).toBe('{"t":"pong","n":1}');
    expect(await socket.receive()).toBe('{"t":"ack","a":1}');
    socket.close();
  });
});

describe("what should not be said", () => {
  test("a number too high closes with 4902, and the client goes on where it was", async () => {
    const heard: string[] = [];
    const { net, changes } = talking({ say: (text) => heard.push(text) });
    const { socket, welcome } = await dial(net);
    socket.send(saying(1, "a"));
    socket.send(saying(3, "c"));
    socket.send(saying(2, "too late"));
    expect(await socket.closed).toMatchObject({ code: 4902, reason: "message 3 came after 1" });
    await net.settled();
    expect(changes).toEqual([{ is: "parked" }]);
    const again = await dial(net, resuming(welcome, { tx0: 2 }));
    expect(again.welcome).toMatchObject({ state: "resumed", rx: 1 });
    again.socket.send(saying(2, "b"));
    again.socket.send(saying(3, "c"));
    await vi.waitFor(() => expect(heard).toEqual(["a", "b", "c"]));
    again.socket.close();
  });

  test("more events than there was room for close with 4429: none of them is lost in silence", async () => {
    const handled = gate();
    const { net, log } = talking({ say: () => handled.passed });
    const { socket, welcome } = await dial(net);
    for (let s = 1; s <= 64; s += 1) socket.send(saying(s, "x"));
    socket.send('{"t":"ping","n":1}');
    expect(await frame(socket)).toEqual({ t: "pong", n: 1 });
    socket.send(saying(65, "one too many"));
    expect(await socket.closed).toMatchObject({ code: 4429 });
    handled.open();
    await net.settled();
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    const again = await dial(net, resuming(welcome, { tx0: 66 }));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });

  test("more characters than there was room for close with 4429", async () => {
    const handled = gate();
    const { net } = talking({ say: () => handled.passed }, { maxPayload: 2 ** 21 });
    const { socket } = await dial(net);
    socket.send(saying(1, "x".repeat(2 ** 20))); // one may overshoot
    socket.send('{"t":"ping","n":1}');
    expect(await frame(socket)).toEqual({ t: "pong", n: 1 });
    socket.send(saying(2, "x"));
    expect(await socket.closed).toMatchObject({ code: 4429 });
    handled.open();
  });

  test("what is finished makes room for more", async () => {
    const { net } = talking();
    const { socket } = await dial(net);
    for (let finished = 0, s = 1; finished < 200;) {
      while (s <= 200 && s - finished <= 64) socket.send(saying(s++, "x"));
      const { a, but = [] } = JSON.parse(String(await socket.receive())) as { a: number; but?: number[] };
      finished = a - but.length;
    }
    socket.send('{"t":"bye"}');
    expect(await socket.closed).toMatchObject({ code: 1000 });
  });

  test("an event without a number is dropped when 64 messages wait, and closes nothing", async () => {
    const handled = gate();
    const heard: string[] = [];
    const { net } = talking({
      say: async (text) => {
        await handled.passed;
        heard.push(text);
      },
    });
    const { socket } = await dial(net);
    for (let n = 1; n <= 100; n += 1) socket.send({ t: "event", name: "say", data: `${n}`, s: undefined });
    socket.send(saying(1, "numbered"));
    handled.open();
    expect(await socket.receive()).toBe('{"t":"ack","a":1}');
    expect(heard.at(-1)).toBe("numbered");
    expect(heard.slice(0, -1)).toEqual(Array.from({ length: 65 }, (_, n) => `${n + 1}`)); // one was being handled
    socket.close();
  });

  test("an acknowledgement of what was never said closes with 4400, and ends the session", async () => {
    const { net, log } = talking();
    const { socket } = await dial(net);
    socket.send('{"t":"ack","a":1}');
    expect(await socket.closed).toMatchObject({ code: 4400, reason: "it acknowledges what was never sent" });
    await net.settled();
    expect(log).toContain("finally");
  });

  test.each(["{", '{"t":"ack","a":0}', '{"t":"hello"}', '{"s":1,"t":"nothing"}', '{"s":0,"t":"pong","n":1}'])(
    "%s closes with 4400, and nothing after it is heard",
    async (bad) => {
      const heard: string[] = [];
      const { net } = talking({ say: (text) => heard.push(text) });
      const { socket } = await dial(net);
      socket.send(saying(1, "before"));
      socket.send(bad);
      socket.send(saying(2, "after"));
      socket.send({ t: "event", name: "say", data: "after too", s: undefined } satisfies Frame);
      expect(await socket.closed).toMatchObject({ code: 4400 });
      await net.settled();
      expect(heard).toEqual(["before"]);
    },
  );
});
