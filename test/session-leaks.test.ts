/** Connects and drops sessions 10,000 times, and checks that no object, timer, listener or memory of them remains. */
import { getEventListeners } from "node:events";
import { contract } from "@symbolon/protocol";
import { createApp, type Peer } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  openSession,
  receiveFrame,
  hello,
  connectSession,
  keyOf,
} from "../packages/server/test/session/connect-session.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { verySlow } from "./time-limits.ts";

const cycles = 10_000;

const chat = contract("/chat", { client: { post: z.string() }, server: { line: z.string() } });

/** A clock that counts its subscribers. */
class CountingClock extends Clock {
  subscribers = 0;

  protected override onSubscribersChange(subscribers: number): void {
    this.subscribers = subscribers;
  }
}

/** An app with sessions, the objects that its handlers received, and the number of sessions that have not ended. */
function createChatNetwork() {
  const clock = new CountingClock();
  const handed: WeakRef<object>[] = [];
  const open = { sessions: 0 };
  const app = createApp({ clock, onError: () => {} });
  const { room } = app
    .group(function* ({ request }) {
      handed.push(new WeakRef(request));
      yield;
    })
    .implement(chat, function* (peer, context) {
      handed.push(new WeakRef(peer), new WeakRef(context));
      open.sessions += 1;
      peer.subscribe(() => {});
      context.room("all").join(peer);
      try {
        yield { post: (line) => peer.send("line", line) };
      } finally {
        open.sessions -= 1;
      }
    });
  return { app, net: testNetwork(app), clock, handed, open, room };
}

test(
  "10,000 dropped and expired sessions leave no object, timer, listener or memory behind",
  verySlow,
  async () => {
    const { net, clock, handed, open, room } = createChatNetwork();

    async function connectAndDrop(instance: string, resumed: boolean): Promise<void> {
      const socket = await connectSession(net, "/chat", { ...hello, key: keyOf(instance) });
      const { sid, rt, ep } = JSON.parse(String(await socket.receive())) as Record<string, string>;
      socket.send({ t: "event", name: "post", data: "stored until the handler has finished" });
      net.drop();
      await socket.closed;
      if (!resumed) return;
      const resume = { sid, rt, ep, rx: 0, tx0: 1 };
      await openSession(net, "/chat", { ...hello, key: keyOf(instance), att: 2, resume });
      net.drop();
    }

    async function runCycles(count: number): Promise<void> {
      for (let n = 0; n < count; n += 1) await connectAndDrop(`client ${n}`, n % 2 === 0);
      await net.settled();
      expect(open.sessions).toBe(count);
      clock.advance(120_000);
      while (open.sessions > 0 || room("all").size > 0) await new Promise(setImmediate);
    }

    await runCycles(200); // fills caches and pools, and compiles code
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    handed.length = 0;
    await runCycles(cycles);
    expect(handed.length).toBe(3 * cycles + cycles / 2);
    for (let n = 0; n < 3; n += 1) clock.advance(120_000); // the room forgets its history
    expect(clock.subscribers).toBe(0);
    await new Promise(setImmediate);
    collectGarbage();
    expect([net.errors, handed.filter((reference) => reference.deref() !== undefined)]).toEqual([[], []]);
    handed.length = 0;
    collectGarbage();
    // Below 500 bytes for each cycle: V8 itself keeps some memory.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(cycles * 500);
  },
);

test("a session that is resumed 10,000 times does not grow", verySlow, async () => {
  const { app, net, clock } = createChatNetwork();
  let peer: Peer | undefined;
  app.implement(contract("/one", { server: { line: z.string() } }), (client) => {
    peer = client;
    return {};
  });
  let rx = 0;
  let resume: object = {};

  async function resumeAndDrop(att: number): Promise<void> {
    clock.advance(1_000); // the server refuses a client that resumes more often
    const socket = await connectSession(net, "/one", {
      ...hello,
      att,
      ...(att > 1 && { resume: { ...resume, rx, tx0: 1 } }),
    });
    const { sid, rt, ep } = JSON.parse(String(await socket.receive())) as Record<string, string>;
    resume = { sid, rt, ep };
    (peer as Peer<{ line: z.ZodString }>).send("line", "x".repeat(1_000));
    expect(await receiveFrame(socket)).toMatchObject({ name: "line" });
    rx += 1;
    socket.send({ t: "ack", a: rx });
    net.drop();
    await socket.closed;
  }

  for (let att = 1; att <= 2_000; att += 1) await resumeAndDrop(att);
  await net.settled();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let att = 2_001; att <= cycles; att += 1) await resumeAndDrop(att);
  await net.settled();
  expect(clock.subscribers).toBe(1); // the timer of the grace time
  expect(getEventListeners((peer as Peer).signal, "abort")).toEqual([]);
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(cycles * 100);
  await app.end();
  expect(clock.subscribers).toBe(0);
});
