import { afterEach, describe, expect, test } from "vitest";
import type { Closed, Message } from "@symbolon/protocol";
import { BoundedQueue, type Wire } from "@symbolon/protocol/internal";

/** A wire under test and the wire at its other end. */
export interface Connected {
  readonly near: Wire;
  readonly far: Wire;
  /** Frees what `connect` took: a server, a port. */
  readonly done?: () => unknown;
}

/** What the platform of a wire can do. */
export interface Abilities {
  /** `far.pause()` makes `near` wait. */
  readonly pauses: boolean;
  /** `near` has a `ping`. */
  readonly pings: boolean;
}

/** Everything that is told on `wire`, to be awaited piece by piece. */
export function hearing(wire: Wire): BoundedQueue<Message | Closed> {
  const heard = new BoundedQueue<Message | Closed>();
  wire.listen({
    message: (message) => heard.push(message),
    closed: (closed) => heard.push(closed),
    pong: () => heard.push("a pong"),
  });
  return heard;
}

/** Sends to a wire that does not read until there is no more room. */
export function fill(wire: Wire): { sent: number; drained: Promise<void> } {
  const chunk = new Uint8Array(65_536);
  for (let sent = 1; sent <= 2_000; sent += 1) {
    wire.send(chunk);
    const drained = wire.drained();
    if (drained !== undefined) return { sent, drained };
  }
  throw new Error("there is always room for more");
}

/** What every `Wire` must do, whatever it is made of. */
export function wireConformance(
  name: string,
  connect: (protocol: string) => Connected | Promise<Connected>,
  { pauses, pings }: Abilities,
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
      await connected?.done?.();
      connected = undefined;
    });

    test("both ends know the protocol, and nothing waits to be sent", async () => {
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
        const heard = hearing(to);
        for (const message of messages) from.send(message);
        for (const message of messages) {
          const arrived = await heard.pull();
          expect(arrived instanceof Uint8Array ? Uint8Array.from(arrived) : arrived).toEqual(message);
        }
      }
    });

    test("messages are counted as they arrive", async () => {
      const { near, far } = await open();
      const heard = hearing(far);
      for (const message of ["1", new Uint8Array([2])]) near.send(message);
      await heard.pull();
      await heard.pull();
      expect(far.arrivals).toEqual({ messages: 2, pongs: 0 });
      expect(near.arrivals).toEqual({ messages: 0, pongs: 0 });
    });

    test("what arrives while nobody listens is kept and told first", async () => {
      const { near, far } = await open();
      far.send("1");
      far.send("2");
      far.close(4001, "over");
      expect(await hearing(far).pull()).toMatchObject({ code: 4001 });
      const heard = hearing(near);
      expect([await heard.pull(), await heard.pull()]).toEqual(["1", "2"]);
      expect(await heard.pull()).toEqual({ code: 4001, reason: "over", wasClean: true });
    });

    test("a listener that leaves is told nothing more, the next one is told the rest", async () => {
      const { near, far } = await open();
      const told: Message[] = [];
      const first = new Promise<void>((resolve) => {
        near.listen({
          message(message) {
            told.push(message);
            near.listen(undefined);
            resolve();
          },
          closed: () => {},
        });
      });
      far.send("1");
      far.send("2");
      await first;
      expect(await hearing(near).pull()).toBe("2");
      expect(told).toEqual(["1"]);
    });

    test.each(["near", "far"] as const)(
      "a close by the %s end is told to both, after what was sent",
      async (end) => {
        const { near, far } = await open();
        const [by, to] = end === "near" ? [near, far] : [far, near];
        const [told, toldToo] = [hearing(to), hearing(by)];
        const closed = { code: 4001, reason: "é".repeat(61), wasClean: true };
        by.send("last");
        by.close(closed.code, closed.reason);
        by.close(4002, "again");
        by.send("late");
        expect(await told.pull()).toBe("last");
        expect(await told.pull()).toEqual(closed);
        expect(await toldToo.pull()).toEqual(closed);
      },
    );

    test("on an ended wire everything does nothing, and nothing is told", async () => {
      const { near, far } = await open();
      const [told, toldToo] = [hearing(near), hearing(far)];
      near.close(1000, "");
      await Promise.all([told.pull(), toldToo.pull()]);
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
      expect([told.size, toldToo.size]).toEqual([0, 0]);
    });

    test("terminate ends both ends with 1006, once", async () => {
      const { near, far } = await open();
      const [told, toldToo] = [hearing(near), hearing(far)];
      near.terminate();
      near.terminate();
      const broken = { code: 1006, reason: "", wasClean: false };
      expect(await told.pull()).toEqual(broken);
      expect(await toldToo.pull()).toEqual(broken);
      await new Promise(setImmediate);
      expect([told.size, toldToo.size]).toEqual([0, 0]);
    });

    if (pauses) pausing(open);
    if (pings) pinging(open);
  });
}

function pausing(open: () => Promise<Connected>): void {
  test("a paused wire makes the other end wait, and loses nothing", async () => {
    const { near, far } = await open();
    const heard = hearing(far);
    far.pause();
    far.pause();
    const { sent, drained } = fill(near);
    near.send("last");
    far.resume();
    await drained;
    for (let chunk = 0; chunk < sent; chunk += 1) expect(await heard.pull()).toHaveLength(65_536);
    expect(await heard.pull()).toBe("last");
  });

  test.each(["near", "far"] as const)(
    "one who waits for room is released when the %s end breaks",
    async (end) => {
      const connection = await open();
      connection.far.pause();
      const { drained } = fill(connection.near);
      connection[end].terminate();
      await expect(drained).resolves.toBeUndefined();
    },
  );
}

function pinging(open: () => Promise<Connected>): void {
  test("a ping is answered", async () => {
    const { near } = await open();
    const heard = hearing(near);
    near.ping?.();
    expect(await heard.pull()).toBe("a pong");
    expect(near.arrivals).toEqual({ messages: 0, pongs: 1 });
  });
}
