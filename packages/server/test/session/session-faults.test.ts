import { once } from "node:events";
import { type Frame, BoundedQueue, SUBPROTOCOL, type Welcome } from "@symbolon/protocol/internal";
import { serve } from "@symbolon/server/node";
import { describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { receiveFrame, hello } from "./connect-session.ts";
import { gate } from "../gate.ts";
import {
  connectTalk,
  resumeHello,
  saidMessage,
  sayMessage,
  startTalkServer,
} from "../contract/talk-server.ts";

describe("how a connection ends", () => {
  test.each([1001, 1006, 1011, 1012, 4500])("%i parks the session", async (code) => {
    const { net, log, changes } = startTalkServer();
    const { socket } = await connectTalk(net);
    if (code === 1006) net.drop();
    else socket.close(code, "");
    await socket.closed;
    await net.settled();
    expect(changes).toEqual([{ type: "detached" }]);
    expect(log).toEqual(["hook", "setup"]);
  });

  test.each([1000, 1008, 4400, 4403])("%i ends the session", async (code) => {
    const { net, log, changes } = startTalkServer();
    const { socket, welcome } = await connectTalk(net);
    socket.close(code, "");
    await net.settled();
    expect(changes).toEqual([{ type: "ended", undelivered: 0 }]);
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    const again = await connectTalk(net, resumeHello(welcome));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });

  test("bye ends the session when what was said before is handled", async () => {
    const heard: string[] = [];
    const { net, log } = startTalkServer({ say: (text) => heard.push(text) });
    const { socket } = await connectTalk(net);
    socket.send(sayMessage(1, "a"));
    socket.send('{"t":"bye"}');
    expect(await socket.closed).toMatchObject({ code: 1000 });
    await net.settled();
    expect(heard).toEqual(["a"]);
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
  });

  test("a client that does not answer its ping is parked", async () => {
    const { net, clock, changes } = startTalkServer();
    const { socket, welcome } = await connectTalk(net);
    clock.advance(25_000);
    expect(await socket.receive()).toBe('{"t":"ping","n":1}');
    clock.advance(10_000);
    await socket.closed;
    await net.settled();
    expect(changes).toEqual([{ type: "detached" }]);
    expect((await connectTalk(net, resumeHello(welcome))).welcome).toMatchObject({ state: "resumed" });
  });

  test("a client that reads too slowly is parked, and goes on where it was", async () => {
    const { app, clock, changes, peers } = startTalkServer();
    await using server = await serve(app, { port: 0, host: "127.0.0.1" });
    const opened = async (first: object) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/talk`, [SUBPROTOCOL]);
      const heard = new BoundedQueue<string>();
      socket.on("message", (data: Buffer) => heard.push(data.toString()));
      await once(socket, "open");
      socket.send(JSON.stringify(first));
      return { socket, heard, welcome: JSON.parse(await heard.pull()) as Welcome };
    };
    const { socket, welcome } = await opened({ ...hello, wb: 2 ** 30 });
    const much = "x".repeat(2 ** 25); // more than the system buffers
    socket.pause();
    peers[0]?.send("said", much);
    await new Promise(setImmediate);
    clock.advance(100);
    clock.advance(9_900);
    expect(changes).toEqual([]);
    clock.advance(100);
    await vi.waitFor(() => expect(changes).toEqual([{ type: "detached" }]));
    const again = await opened(resumeHello(welcome));
    expect(await again.heard.pull()).toBe(saidMessage(1, much));
    for (const one of [socket, again.socket]) one.terminate();
  });

  test("a ping tells what has come, when that was not said", async () => {
    const { net } = startTalkServer();
    const { socket } = await connectTalk(net);
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
    const { net, changes } = startTalkServer({ say: (text) => heard.push(text) });
    const { socket, welcome } = await connectTalk(net);
    socket.send(sayMessage(1, "a"));
    socket.send(sayMessage(3, "c"));
    socket.send(sayMessage(2, "too late"));
    expect(await socket.closed).toMatchObject({ code: 4902, reason: "a message is missing" });
    await net.settled();
    expect(changes).toEqual([{ type: "detached" }]);
    const again = await connectTalk(net, resumeHello(welcome, { tx0: 2 }));
    expect(again.welcome).toMatchObject({ state: "resumed", rx: 1 });
    again.socket.send(sayMessage(2, "b"));
    again.socket.send(sayMessage(3, "c"));
    await vi.waitFor(() => expect(heard).toEqual(["a", "b", "c"]));
    again.socket.close();
  });

  test("more events than there was room for close with 4429: none of them is lost in silence", async () => {
    const handled = gate();
    const { net, log } = startTalkServer({ say: () => handled.passed });
    const { socket, welcome } = await connectTalk(net);
    for (let s = 1; s <= 64; s += 1) socket.send(sayMessage(s, "x"));
    socket.send('{"t":"ping","n":1}');
    expect(await receiveFrame(socket)).toEqual({ t: "pong", n: 1 });
    socket.send(sayMessage(65, "one too many"));
    expect(await socket.closed).toMatchObject({ code: 4429 });
    handled.open();
    await net.settled();
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    const again = await connectTalk(net, resumeHello(welcome, { tx0: 66 }));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });

  test("more characters than there was room for close with 4429", async () => {
    const handled = gate();
    const { net } = startTalkServer({ say: () => handled.passed }, { maxPayload: 2 ** 21 });
    const { socket } = await connectTalk(net);
    socket.send(sayMessage(1, "x".repeat(2 ** 20))); // one may overshoot
    socket.send('{"t":"ping","n":1}');
    expect(await receiveFrame(socket)).toEqual({ t: "pong", n: 1 });
    socket.send(sayMessage(2, "x"));
    expect(await socket.closed).toMatchObject({ code: 4429 });
    handled.open();
  });

  test("what is finished makes room for more", async () => {
    const { net } = startTalkServer();
    const { socket } = await connectTalk(net);
    for (let finished = 0, s = 1; finished < 200;) {
      while (s <= 200 && s - finished <= 64) socket.send(sayMessage(s++, "x"));
      const { a, but = [] } = JSON.parse(String(await socket.receive())) as { a: number; but?: number[] };
      finished = a - but.length;
    }
    socket.send('{"t":"bye"}');
    expect(await socket.closed).toMatchObject({ code: 1000 });
  });

  test("an event without a number is dropped when 64 messages wait, and closes nothing", async () => {
    const handled = gate();
    const heard: string[] = [];
    const { net } = startTalkServer({
      say: async (text) => {
        await handled.passed;
        heard.push(text);
      },
    });
    const { socket } = await connectTalk(net);
    for (let n = 1; n <= 100; n += 1) socket.send({ t: "event", name: "say", data: `${n}`, s: undefined });
    socket.send(sayMessage(1, "numbered"));
    handled.open();
    expect(await socket.receive()).toBe('{"t":"ack","a":1}');
    expect(heard.at(-1)).toBe("numbered");
    expect(heard.slice(0, -1)).toEqual(Array.from({ length: 65 }, (_, n) => `${n + 1}`)); // one was being handled
    socket.close();
  });

  test("an acknowledgement of what was never said closes with 4400, and ends the session", async () => {
    const { net, log } = startTalkServer();
    const { socket } = await connectTalk(net);
    socket.send('{"t":"ack","a":1}');
    expect(await socket.closed).toMatchObject({ code: 4400, reason: "it acknowledges what was never sent" });
    await net.settled();
    expect(log).toContain("finally");
  });

  test.each(["{", '{"t":"ack","a":0}', '{"t":"hello"}', '{"s":1,"t":"nothing"}', '{"s":0,"t":"pong","n":1}'])(
    "%s closes with 4400, and nothing after it is heard",
    async (bad) => {
      const heard: string[] = [];
      const { net } = startTalkServer({ say: (text) => heard.push(text) });
      const { socket } = await connectTalk(net);
      socket.send(sayMessage(1, "before"));
      socket.send(bad);
      socket.send(sayMessage(2, "after"));
      socket.send({ t: "event", name: "say", data: "after too", s: undefined } satisfies Frame);
      expect(await socket.closed).toMatchObject({ code: 4400 });
      await net.settled();
      expect(heard).toEqual(["before"]);
    },
  );
});
