import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type AckFrame, decodeAck } from "../../src/frames/connection-frames.ts";
import type { Credit } from "../../src/frames/credit.ts";
import type { Stamp } from "../../src/frames/frame.ts";
import type { Lane } from "../../src/session/outbox.ts";
import { Session } from "../../src/session/session.ts";
import { settled, TestSink } from "./session-harness.ts";

/** A message of the model; `id` counts the messages of a peer. */
interface ModelMessage extends Stamp {
  readonly t: string;
  readonly id: number;
  readonly lane: Lane;
}

/** One peer: the messages that it sent, their outcomes, and the messages that it received. */
class ModelPeer {
  session: Session;
  sink = new TestSink();
  readonly window: Credit;
  readonly lanes: Lane[] = [];
  /** How often each message was settled, and how often it failed. */
  readonly outcomes: { settled: number; failed: number }[] = [];
  /** The received messages, in order. */
  readonly received: ModelMessage[] = [];
  #pending: (() => void)[] = [];
  /** The highest acknowledgement that it has received in this session. */
  acknowledged = 0;

  constructor(window: Credit) {
    this.window = window;
    this.session = new Session({ window });
  }

  send(lane: Lane, size: number, volatile = false): void {
    const id = this.lanes.push(lane) - 1;
    const outcome = { settled: 0, failed: 0 };
    this.outcomes.push(outcome);
    const text = JSON.stringify({ t: "model", id, lane, x: "x".repeat(size) });
    this.session.sender.send(text, { lane: volatile ? "volatile" : lane }).then(
      () => (outcome.settled += 1),
      () => (outcome.failed += 1),
    );
  }

  receive(text: string): void {
    const { sender, receiver } = this.session;
    const frame = JSON.parse(text) as ModelMessage | AckFrame;
    const { a = 0 } = frame;
    if (a && a < this.acknowledged) throw new Error(`${a} is acknowledged after ${this.acknowledged}`);
    this.acknowledged = Math.max(a, this.acknowledged);
    const acknowledgement = decodeAck(frame);
    if (acknowledgement !== undefined) sender.acknowledge(acknowledgement);
    if (!("id" in frame)) return;
    const { s, lane } = frame;
    if (s !== undefined && !receiver.accept(s)) return;
    this.received.push(frame);
    const finish =
      lane === "answer" ? undefined : receiver.hold(s, lane === "event" ? text.length : undefined);
    if (finish !== undefined) this.#pending.push(finish);
  }

  /** Handles one of the messages that it has received, in any order. */
  finish(which: number): void {
    const [finish] = this.#pending.splice(which % (this.#pending.length || 1), 1);
    finish?.();
  }

  /** Replaces the process: the new one has nothing of the session. */
  restart(): void {
    this.session = new Session({ window: this.window });
    this.#pending = [];
    this.acknowledged = 0;
  }
}

const lane = fc.constantFrom<Lane[]>("event", "event", "event", "call", "answer");
const peer = fc.constantFrom(0, 1);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("send" as const), peer, lane, size: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("send volatile" as const), peer }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("deliver" as const), peer, count: fc.nat(6) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("finish" as const), peer, which: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("tick" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("fill" as const), peer }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("drain" as const), peer }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("cut" as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("join" as const) }) },
);
const restart = fc.record({ type: fc.constant("restart" as const) });
const window = fc.record({
  messages: fc.integer({ min: 1, max: 6 }),
  bytes: fc.integer({ min: 1, max: 1_500 }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Two peers, and the messages on their way between them. */
class Pair {
  readonly peers: readonly [ModelPeer, ModelPeer];
  readonly #inFlight: [string[], string[]] = [[], []];
  #joined = false;

  constructor(windows: readonly [Credit, Credit]) {
    this.peers = [new ModelPeer(windows[0]), new ModelPeer(windows[1])];
  }

  async run(next: Step | { readonly type: "restart" }): Promise<void> {
    if (next.type === "send") this.peers[next.peer]?.send(next.lane, next.size);
    else if (next.type === "send volatile") this.peers[next.peer]?.send("event", 0, true);
    else if (next.type === "deliver") this.deliver(next.peer, next.count);
    else if (next.type === "finish") this.peers[next.peer]?.finish(next.which);
    else if (next.type === "fill") this.peers[next.peer]?.sink.fill();
    else if (next.type === "drain") await this.peers[next.peer]?.sink.drain();
    else if (next.type === "tick") await settled();
    else if (next.type === "cut") this.cut();
    else if (next.type === "join") this.join();
    else this.restart();
  }

  deliver(to: number, count: number): number {
    const from = this.peers[1 - to] as ModelPeer;
    const inFlight = this.#inFlight[to] as string[];
    inFlight.push(...from.sink.sent());
    const arrived = inFlight.splice(0, count);
    for (const text of arrived) this.peers[to]?.receive(text);
    return arrived.length;
  }

  cut(): void {
    this.#joined = false;
    for (const [index, one] of this.peers.entries()) {
      one.session.sender.detach();
      one.sink = new TestSink();
      this.#inFlight[index as 0 | 1] = [];
    }
  }

  join(): void {
    if (this.#joined) this.cut();
    this.#joined = true;
    const [one, two] = this.peers;
    const [first, second] = this.peers.map(({ session }) => session.receiver.received.upTo);
    two.session.sender.attach(two.sink, { upTo: Number(first), pending: [], credit: one.window });
    one.session.sender.attach(one.sink, { upTo: Number(second), pending: [], credit: two.window });
  }

  /** Replaces the second peer's process, and resets the session of the first peer. */
  restart(): void {
    this.cut();
    const [one, two] = this.peers;
    two.session.sender.end(new Error("gone"));
    two.restart();
    one.session.sender.reset();
    one.acknowledged = 0;
  }

  /** Delivers and handles all messages, without another loss. */
  async quiet(): Promise<void> {
    this.join();
    for (const { sink } of this.peers) await sink.drain();
    for (let moved = 1; moved > 0;) {
      moved = 0;
      for (const to of [0, 1]) {
        moved += this.deliver(to, Infinity);
        for (let n = 0; n < 500; n += 1) this.peers[to]?.finish(0);
      }
      await settled();
    }
    for (const { session } of this.peers) session.receiver.flush();
    for (const to of [0, 1]) this.deliver(to, Infinity);
    await settled();
  }
}

const steps = fc.array(step, { maxLength: 120, size: "max" });
const windows = fc.tuple(window, window);

test("over wires that break anywhere, each message arrives once and in order, and no message is kept", async () => {
  const property = fc.asyncProperty(windows, steps, async (granted, performed) => {
    const pair = new Pair(granted);
    pair.join();
    for (const next of performed) await pair.run(next);
    await pair.quiet();
    for (const [
      index,
      {
        session: { sender },
        outcomes,
        lanes,
      },
    ] of pair.peers.entries()) {
      const { received } = pair.peers[1 - index] as ModelPeer;
      const ids = received.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      // Volatile events may be dropped, before and after they are settled; all else arrives.
      const missing = lanes.flatMap((_, id) =>
        ids.includes(id) || volatile(performed, index, id) ? [] : [id],
      );
      expect(missing).toEqual([]);
      // Answers overtake; messages that wait keep their order, and no message overtakes an answer.
      const rest = received.filter((one) => one.lane !== "answer").map(({ id }) => id);
      expect(rest).toEqual(rest.toSorted((a, b) => a - b));
      for (const [at, { id, lane: its }] of received.entries())
        expect(its === "answer" && ids.slice(0, at).some((before) => before > id)).toBe(false);
      expect(outcomes.map(({ settled: s, failed: f }) => s + f)).toEqual(outcomes.map(() => 1));
      expect(outcomes.filter(({ failed }, id) => failed && !volatile(performed, index, id))).toEqual([]);
      expect([sender.undelivered, sender.bufferedAmount]).toEqual([0, 0]);
    }
  });
  await expect(fc.assert(property, { numRuns: 300 })).resolves.toBeUndefined();
}, 60_000);

test("over peers that are lost as well, no message arrives twice, settled messages have arrived, and the others fail", async () => {
  const some = fc.array(fc.oneof({ weight: 30, arbitrary: step }, { weight: 1, arbitrary: restart }), {
    maxLength: 120,
    size: "max",
  });
  const property = fc.asyncProperty(windows, some, async (granted, performed) => {
    const pair = new Pair(granted);
    pair.join();
    for (const next of performed) await pair.run(next);
    await pair.quiet();
    for (const [
      index,
      {
        session: { sender },
        outcomes,
        lanes,
      },
    ] of pair.peers.entries()) {
      const ids = (pair.peers[1 - index] as ModelPeer).received.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(outcomes.map(({ settled: s, failed: f }) => s + f)).toEqual(outcomes.map(() => 1));
      const wronglySettled = lanes.filter(
        (its, id) =>
          its === "event" && outcomes[id]?.settled && !ids.includes(id) && !volatile(performed, index, id),
      );
      expect(wronglySettled).toEqual([]);
      expect([sender.undelivered, sender.bufferedAmount]).toEqual([0, 0]);
    }
  });
  await expect(fc.assert(property, { numRuns: 300 })).resolves.toBeUndefined();
}, 60_000);

/** Whether the `id`th message of a peer was volatile. */
function volatile(performed: readonly { readonly type: string }[], index: number, id: number): boolean {
  const own = performed.filter(
    (one) => (one.type === "send" || one.type === "send volatile") && "peer" in one && one.peer === index,
  );
  return own[id]?.type === "send volatile";
}
