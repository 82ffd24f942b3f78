import { once } from "node:events";
import { type Frame, BoundedQueue, SUBPROTOCOL, type WelcomeFrame } from "@symbolon/protocol/internal";
import { serve } from "@symbolon/server/node";
import { describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { receiveFrame, hello } from "./connect-session.ts";
import { gate } from "../gate.ts";
import {
  connectNotes,
  resumeHello,
  postedFrame,
  postFrame,
  startNotesServer,
} from "../contract/notes-server.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

describe("how a connection ends", () => {
  test.each([1001, 1006, 1011, 1012, 4500])("%i detaches the session", async (code) => {
    const { net, log, changes } = startNotesServer();
    const { socket } = await connectNotes(net);
    if (code === 1006) net.drop();
    else socket.close(code, "");
    await socket.closed;
    await net.settled();
    expect(changes).toEqual([{ type: "detached" }]);
    expect(log).toEqual(["hook", "setup"]);
  });

  test.each([1000, 1008, 4400, 4403])("%i ends the session", async (code) => {
    const { net, log, changes } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    socket.close(code, "");
    await net.settled();
    expect(changes).toEqual([{ type: "ended", undelivered: 0 }]);
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    const again = await connectNotes(net, resumeHello(welcome));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });

  test("bye ends the session when the messages before it are handled", async () => {
    const received: string[] = [];
    const { net, log } = startNotesServer({ post: (text) => received.push(text) });
    const { socket } = await connectNotes(net);
    socket.send(postFrame(1, "a"));
    socket.send('{"t":"bye"}');
    expect(await socket.closed).toMatchObject({ code: 1000 });
    await net.settled();
    expect(received).toEqual(["a"]);
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
  });

  test("a client that does not answer its ping is detached", async () => {
    const { net, clock, changes } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    clock.advance(25_000);
    expect(await socket.receive()).toBe('{"t":"ping","n":1}');
    clock.advance(10_000);
    await socket.closed;
    await net.settled();
    expect(changes).toEqual([{ type: "detached" }]);
    expect((await connectNotes(net, resumeHello(welcome))).welcome).toMatchObject({ state: "resumed" });
  });

  // S26
  test("a client that reads too slowly is detached, and can resume", async () => {
    const { app, clock, changes, peers } = startNotesServer();
    await using server = await serve(app, { port: 0, host: "127.0.0.1" });
    const opened = async (first: object) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/notes`, [SUBPROTOCOL]);
      const frames = new BoundedQueue<string>();
      socket.on("message", (data: Buffer) => frames.push(data.toString()));
      await once(socket, "open");
      socket.send(JSON.stringify(first));
      return { socket, frames, welcome: JSON.parse(await frames.pull()) as WelcomeFrame };
    };
    const { socket, welcome } = await opened({ ...hello, wb: 2 ** 30 });
    const much = "x".repeat(2 ** 25); // more than the system buffers
    socket.pause();
    peers[0]?.send("posted", much);
    await new Promise(setImmediate);
    clock.advance(100);
    clock.advance(9_900);
    expect(changes).toEqual([]);
    clock.advance(100);
    await vi.waitFor(() => expect(changes).toEqual([{ type: "detached" }]), waitOptions);
    const again = await opened(resumeHello(welcome));
    expect(await again.frames.pull()).toBe(postedFrame(1, much));
    for (const one of [socket, again.socket]) one.terminate();
  });

  test("a ping is answered with an acknowledgement, if one is due", async () => {
    const { net } = startNotesServer();
    const { socket } = await connectNotes(net);
    socket.send('{"s":1,"t":"cancel","q":7}');
    socket.send('{"t":"ping","n":1}');
    expect(await socket.receive()).toBe('{"t":"pong","n":1}');
    expect(await socket.receive()).toBe('{"t":"ack","a":1}');
    socket.close();
  });
});

describe("messages that are refused", () => {
  test("a sequence whose predecessor is missing closes with 4902, and the client can resume", async () => {
    const received: string[] = [];
    const { net, changes } = startNotesServer({ post: (text) => received.push(text) });
    const { socket, welcome } = await connectNotes(net);
    socket.send(postFrame(1, "a"));
    socket.send(postFrame(3, "c"));
    socket.send(postFrame(2, "too late"));
    expect(await socket.closed).toMatchObject({ code: 4902, reason: "a message is missing" });
    await net.settled();
    expect(changes).toEqual([{ type: "detached" }]);
    const again = await connectNotes(net, resumeHello(welcome, { tx0: 2 }));
    expect(again.welcome).toMatchObject({ state: "resumed", rx: 1 });
    again.socket.send(postFrame(2, "b"));
    again.socket.send(postFrame(3, "c"));
    await vi.waitFor(() => expect(received).toEqual(["a", "b", "c"]), waitOptions);
    again.socket.close();
  });

  // S25
  test("an event beyond the credit closes with 4429, and ends the session", async () => {
    const handled = gate();
    const { net, log } = startNotesServer({ post: () => handled.passed });
    const { socket, welcome } = await connectNotes(net);
    for (let s = 1; s <= 64; s += 1) socket.send(postFrame(s, "x"));
    socket.send('{"t":"ping","n":1}');
    expect(await receiveFrame(socket)).toEqual({ t: "pong", n: 1 });
    socket.send(postFrame(65, "one too many"));
    expect(await socket.closed).toMatchObject({ code: 4429 });
    handled.open();
    await net.settled();
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    const again = await connectNotes(net, resumeHello(welcome, { tx0: 66 }));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });

  // S25
  test("an event beyond the bytes of the credit closes with 4429", async () => {
    const handled = gate();
    const { net } = startNotesServer({ post: () => handled.passed }, { maxPayload: 2 ** 21 });
    const { socket } = await connectNotes(net);
    socket.send(postFrame(1, "x".repeat(2 ** 20))); // the last event may exceed the credit
    socket.send('{"t":"ping","n":1}');
    expect(await receiveFrame(socket)).toEqual({ t: "pong", n: 1 });
    socket.send(postFrame(2, "x"));
    expect(await socket.closed).toMatchObject({ code: 4429 });
    handled.open();
  });

  test("a finished event frees its credit", async () => {
    const { net } = startNotesServer();
    const { socket } = await connectNotes(net);
    for (let finished = 0, s = 1; finished < 200;) {
      while (s <= 200 && s - finished <= 64) socket.send(postFrame(s++, "x"));
      const { a, but = [] } = JSON.parse(String(await socket.receive())) as { a: number; but?: number[] };
      finished = a - but.length;
    }
    socket.send('{"t":"bye"}');
    expect(await socket.closed).toMatchObject({ code: 1000 });
  });

  test("a volatile event is dropped when 64 messages wait, and closes nothing", async () => {
    const handled = gate();
    const received: string[] = [];
    const { net } = startNotesServer({
      post: async (text) => {
        await handled.passed;
        received.push(text);
      },
    });
    const { socket } = await connectNotes(net);
    for (let n = 1; n <= 100; n += 1) socket.send({ t: "event", name: "post", data: `${n}`, s: undefined });
    socket.send(postFrame(1, "numbered"));
    handled.open();
    expect(await socket.receive()).toBe('{"t":"ack","a":1}');
    expect(received.at(-1)).toBe("numbered");
    expect(received.slice(0, -1)).toEqual(Array.from({ length: 65 }, (_, n) => `${n + 1}`)); // one was being handled
    socket.close();
  });

  // S25
  test("the acknowledgement of an unsent message closes with 4400, and ends the session", async () => {
    const { net, log } = startNotesServer();
    const { socket } = await connectNotes(net);
    socket.send('{"t":"ack","a":1}');
    expect(await socket.closed).toMatchObject({ code: 4400, reason: "acknowledged an unsent message" });
    await net.settled();
    expect(log).toContain("finally");
  });

  test.each(["{", '{"t":"ack","a":0}', '{"t":"hello"}', '{"s":1,"t":"nothing"}', '{"s":0,"t":"pong","n":1}'])(
    "%s closes with 4400, and no message after it is received",
    async (bad) => {
      const received: string[] = [];
      const { net } = startNotesServer({ post: (text) => received.push(text) });
      const { socket } = await connectNotes(net);
      socket.send(postFrame(1, "before"));
      socket.send(bad);
      socket.send(postFrame(2, "after"));
      socket.send({ t: "event", name: "post", data: "after too", s: undefined } satisfies Frame);
      expect(await socket.closed).toMatchObject({ code: 4400 });
      await net.settled();
      expect(received).toEqual(["before"]);
    },
  );
});
