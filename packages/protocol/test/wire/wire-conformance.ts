import { afterEach, describe, expect, test } from "vitest";
import type { Closed, Message } from "@symbolon/protocol";
import { BoundedQueue, type Wire } from "@symbolon/protocol/internal";

/** A wire under test and the wire at its other end. */
export interface Connected {
  readonly near: Wire;
  readonly far: Wire;
  /** Closes what `connect` has opened: a server, a port. */
  readonly close?: () => unknown;
}

/** What the platform of a wire can do. */
export interface WireAbilities {
  /** `far.pause()` makes `near` wait. */
  readonly pauses: boolean;
  /** `near` has a `ping`. */
  readonly pings: boolean;
}

/** The events of `wire`, to be awaited one by one. */
export function recordWire(wire: Wire): BoundedQueue<Message | Closed> {
  const events = new BoundedQueue<Message | Closed>();
  wire.listen({
    message: (message) => events.push(message),
    closed: (closed) => events.push(closed),
  });
  return events;
}

/** Sends on a wire whose other end does not read, until the wire is full. */
export function fill(wire: Wire): { sent: number; drained: Promise<void> } {
  const chunk = new Uint8Array(65_536);
  for (let sent = 1; sent <= 2_000; sent += 1) {
    wire.send(chunk);
    const drained = wire.drained();
    if (drained !== undefined) return { sent, drained };
  }
  throw new Error("the wire is never full");
}

/** What every `Wire` must do, whatever it is made of. */
export function wireConformance(
  name: string,
  connect: (protocol: string) => Connected | Promise<Connected>,
  { pauses, pings }: WireAbilities,
): void {
  describe(`wire: ${name}`, () => {
    let connected: Connected | undefined;

    async function open(): Promise<Connected> {
      connected = await connect("some.protocol");
      return connected;
    }

    afterEach(async () => {
      connected?.near.terminate();
      connected?.far.terminate();
      await connected?.close?.();
      connected = undefined;
    });

    test("both ends have the protocol, and no message waits to be sent", async () => {
      const { near, far } = await open();
      expect([near.protocol, far.protocol]).toEqual(["some.protocol", "some.protocol"]);
      expect([near.bufferedAmount, near.drained()]).toEqual([0, undefined]);
    });

    test("messages arrive whole, in order, each of its kind, both ways", async () => {
      const { near, far } = await open();
      const messages = ["", "a ü 😀", new Uint8Array([0, 255]), new Uint8Array(), "b".repeat(70_000)];
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        const events = recordWire(to);
        for (const message of messages) from.send(message);
        for (const message of messages) {
          const arrived = await events.pull();
          expect(arrived instanceof Uint8Array ? Uint8Array.from(arrived) : arrived).toEqual(message);
        }
      }
    });

    test("messages are counted as they arrive", async () => {
      const { near, far } = await open();
      const events = recordWire(far);
      for (const message of ["1", new Uint8Array([2])]) near.send(message);
      await events.pull();
      await events.pull();
      expect(far.arrivals).toEqual({ messages: 2, pongs: 0 });
      expect(near.arrivals).toEqual({ messages: 0, pongs: 0 });
    });

    test("events without a listener are kept, and delivered first", async () => {
      const { near, far } = await open();
      far.send("1");
      far.send("2");
      far.close(4001, "over");
      expect(await recordWire(far).pull()).toMatchObject({ code: 4001 });
      const events = recordWire(near);
      expect([await events.pull(), await events.pull()]).toEqual(["1", "2"]);
      expect(await events.pull()).toEqual({ code: 4001, reason: "over", wasClean: true });
    });

    test("a listener that was removed gets no more events, and the next one gets the rest", async () => {
      const { near, far } = await open();
      const received: Message[] = [];
      const first = new Promise<void>((resolve) => {
        near.listen({
          message(message) {
            received.push(message);
            near.listen(undefined);
            resolve();
          },
          closed: () => {},
        });
      });
      far.send("1");
      far.send("2");
      await first;
      expect(await recordWire(near).pull()).toBe("2");
      expect(received).toEqual(["1"]);
    });

    test.each(["near", "far"] as const)(
      "a close by the %s end reaches both, after the messages before it",
      async (end) => {
        const { near, far } = await open();
        const [by, to] = end === "near" ? [near, far] : [far, near];
        const [remote, own] = [recordWire(to), recordWire(by)];
        const closed = { code: 4001, reason: "é".repeat(61), wasClean: true };
        by.send("last");
        by.close(closed.code, closed.reason);
        by.close(4002, "again");
        by.send("late");
        expect(await remote.pull()).toBe("last");
        expect(await remote.pull()).toEqual(closed);
        expect(await own.pull()).toEqual(closed);
      },
    );

    test("on an ended wire every call does nothing, and no event follows", async () => {
      const { near, far } = await open();
      const [nearEvents, farEvents] = [recordWire(near), recordWire(far)];
      near.close(1000, "");
      await Promise.all([nearEvents.pull(), farEvents.pull()]);
      for (const wire of [near, far]) {
        wire.send("late");
        wire.close(4001, "late");
        wire.pause();
        wire.resume();
        wire.ping?.();
        wire.terminate();
        expect(wire.drained()).toBeUndefined();
      }
      await new Promise(setImmediate);
      expect([nearEvents.size, farEvents.size]).toEqual([0, 0]);
    });

    test("terminate ends both ends with 1006, once", async () => {
      const { near, far } = await open();
      const [nearEvents, farEvents] = [recordWire(near), recordWire(far)];
      near.terminate();
      near.terminate();
      const broken = { code: 1006, reason: "", wasClean: false };
      expect(await nearEvents.pull()).toEqual(broken);
      expect(await farEvents.pull()).toEqual(broken);
      await new Promise(setImmediate);
      expect([nearEvents.size, farEvents.size]).toEqual([0, 0]);
    });

    if (pauses) testPause(open);
    if (pings) testPing(open);
  });
}

function testPause(open: () => Promise<Connected>): void {
  test("a paused wire makes the other end wait, and loses no message", async () => {
    const { near, far } = await open();
    const events = recordWire(far);
    far.pause();
    far.pause();
    const { sent, drained } = fill(near);
    near.send("last");
    far.resume();
    await drained;
    for (let chunk = 0; chunk < sent; chunk += 1) expect(await events.pull()).toHaveLength(65_536);
    expect(await events.pull()).toBe("last");
  });

  test.each(["near", "far"] as const)(
    "a writer that waits is released when the %s end breaks",
    async (end) => {
      const connection = await open();
      connection.far.pause();
      const { drained } = fill(connection.near);
      connection[end].terminate();
      await expect(drained).resolves.toBeUndefined();
    },
  );
}

function testPing(open: () => Promise<Connected>): void {
  test("a ping is answered", async () => {
    const { near, far } = await open();
    const [events, farEvents] = [recordWire(near), recordWire(far)];
    near.ping?.();
    near.send("after the ping");
    expect(await farEvents.pull()).toBe("after the ping");
    far.send("after the pong");
    expect(await events.pull()).toBe("after the pong");
    expect(near.arrivals).toEqual({ messages: 1, pongs: 1 });
  });
}
