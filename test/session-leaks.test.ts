/** Connects and drops 10,000 times in sessions, and counts what is left of it: nothing may be. */
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
} from "../packages/server/test/session/connect-session.ts";
import { collect } from "./collect.ts";

const cycles = 10_000;

const chat = contract("/chat", { client: { say: z.string() }, server: { line: z.string() } });

class CountedClock extends Clock {
  watchers = 0;

  protected override onSubscribersChange(watchers: number): void {
    this.watchers = watchers;
  }
}

/** An app with sessions, what its setups were given, and how many of them are not over. */
function serving() {
  const clock = new CountedClock();
  const given: WeakRef<object>[] = [];
  const open = { sessions: 0 };
  const app = createApp({ clock, onError: () => {} });
  const { room } = app
    .use(function* ({ request }) {
      given.push(new WeakRef(request));
      yield;
    })
    .implement(chat, function* (peer, context) {
      given.push(new WeakRef(peer), new WeakRef(context));
      open.sessions += 1;
      peer.subscribe(() => {});
      context.room("all").join(peer);
      try {
        yield { say: (line) => peer.send("line", line) };
      } finally {
        open.sessions -= 1;
      }
    });
  return { app, net: testNetwork(app), clock, given, open, room };
}

test(
  "10,000 connect-and-drop cycles return memory, timers and listeners to where they were",
  {
    timeout: 300_000,
  },
  async () => {
    const { net, clock, given, open, room } = serving();

    async function cycle(cid: string, again: boolean): Promise<void> {
      const socket = await connectSession(net, "/chat", { ...hello, cid });
      const { sid, rt, ep } = JSON.parse(String(await socket.receive())) as Record<string, string>;
      socket.send({ t: "event", name: "say", data: "kept until it is finished" });
      net.drop();
      await socket.closed;
      if (!again) return;
      const resume = { sid, rt, ep, rx: 0, tx0: 1 };
      await openSession(net, "/chat", { ...hello, cid, att: 2, resume });
      net.drop();
    }

    async function run(count: number): Promise<void> {
      for (let n = 0; n < count; n += 1) await cycle(`client ${n}`, n % 2 === 0);
      await net.settled();
      expect(open.sessions).toBe(count);
      clock.advance(120_000);
      while (open.sessions > 0 || room("all").size > 0) await new Promise(setImmediate);
    }

    await run(200); // caches, pools and compiled code are there from now on
    collect();
    const before = process.memoryUsage().heapUsed;
    given.length = 0;
    await run(cycles);
    expect(given.length).toBe(3 * cycles + cycles / 2);
    for (let pass = 0; pass < 3; pass += 1) clock.advance(120_000); // what a room remembers is forgotten
    expect(clock.watchers).toBe(0);
    await new Promise(setImmediate);
    collect();
    expect([net.errors, given.filter((one) => one.deref() !== undefined)]).toEqual([[], []]);
    given.length = 0;
    collect();
    // Less than half a kilobyte of each cycle: what remains is the engine's own.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(cycles * 500);
  },
);

test("a session that is resumed 10,000 times is no larger than before", { timeout: 300_000 }, async () => {
  const { app, net, clock } = serving();
  let peer: Peer | undefined;
  app.implement(contract("/one", { server: { line: z.string() } }), (client) => {
    peer = client;
    return {};
  });
  let rx = 0;
  let resume: object = {};

  async function cycle(att: number): Promise<void> {
    clock.advance(1_000); // who comes back more often is refused
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

  for (let att = 1; att <= 2_000; att += 1) await cycle(att);
  await net.settled();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let att = 2_001; att <= cycles; att += 1) await cycle(att);
  await net.settled();
  expect(clock.watchers).toBe(1); // the grace time
  expect(getEventListeners((peer as Peer).signal, "abort")).toEqual([]);
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(cycles * 100);
  await app.end();
  expect(clock.watchers).toBe(0);
});
