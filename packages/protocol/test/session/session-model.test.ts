import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Ack } from "../../src/frames/connection-frames.ts";
import type { Credit } from "../../src/frames/credit.ts";
import type { Stamp } from "../../src/frames/frame.ts";
import type { Lane } from "../../src/session/outbox.ts";
import { Session } from "../../src/session/session.ts";
import { Outlet, settled } from "./outlet.ts";

/** A message of the model; `id` counts what a half says. */
interface Said extends Stamp {
  readonly t: string;
  readonly id: number;
  readonly lane: Lane;
}

/** One end: what it said, what became of it, and what it heard of the other. */
class Half {
  session: Session;
  outlet = new Outlet();
  readonly window: Credit;
  readonly lanes: Lane[] = [];
  /** What became of each: how often it was settled, and how often it failed. */
  readonly fates: { settled: number; failed: number }[] = [];
  /** What it heard of the other half, in order. */
  readonly heard: Said[] = [];
  #holds: (() => void)[] = [];
  /** The highest `a` that the other half has said in this session. */
  acked = 0;

  constructor(window: Credit) {
    this.window = window;
    this.session = new Session({ window });
  }

  say(lane: Lane, size: number, volatile = false): void {
    const id = this.lanes.push(lane) - 1;
    const fate = { settled: 0, failed: 0 };
    this.fates.push(fate);
    const text = JSON.stringify({ t: "said", id, lane, x: "x".repeat(size) });
    this.session.send(text, { lane: volatile ? "volatile" : lane }).then(
      () => (fate.settled += 1),
      () => (fate.failed += 1),
    );
  }

  hears(text: string): void {
    const frame = JSON.parse(text) as Said | Ack;
    const { a = 0 } = frame;
    if (a && a < this.acked) throw new Error(`${a} is acknowledged after ${this.acked}`);
    this.acked = Math.max(a, this.acked);
    if (!("id" in frame)) return this.session.acknowledge(frame.a, frame.but);
    if (!this.session.receive(frame)) return;
    this.heard.push(frame);
    const { s, lane } = frame;
    if (lane !== "answer") this.#holds.push(this.session.hold(s, lane === "event" ? text.length : undefined));
  }

  /** Handles one of what it heard, in any order. */
  finish(which: number): void {
    const [done] = this.#holds.splice(which % (this.#holds.length || 1), 1);
    done?.();
  }

  /** It is another process: nothing of the session is left. */
  restart(): void {
    this.session = new Session({ window: this.window });
    this.#holds = [];
    this.acked = 0;
  }
}

const lane = fc.constantFrom<Lane[]>("event", "event", "event", "call", "answer");
const who = fc.constantFrom(0, 1);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ is: fc.constant("say" as const), who, lane, size: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("hint" as const), who }) },
  { weight: 6, arbitrary: fc.record({ is: fc.constant("deliver" as const), who, count: fc.nat(6) }) },
  { weight: 5, arbitrary: fc.record({ is: fc.constant("finish" as const), who, which: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ is: fc.constant("tick" as const) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("full" as const), who }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("room" as const), who }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant("cut" as const) }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant("join" as const) }) },
);
const restart = fc.record({ is: fc.constant("restart" as const) });
const window = fc.record({ w: fc.integer({ min: 1, max: 6 }), wb: fc.integer({ min: 1, max: 1_500 }) });
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Two halves, and what is on its way between them. */
class Pair {
  readonly halves: readonly [Half, Half];
  readonly #way: [string[], string[]] = [[], []];
  #joined = false;

  constructor(windows: readonly [Credit, Credit]) {
    this.halves = [new Half(windows[0]), new Half(windows[1])];
  }

  async take(now: Step | { readonly is: "restart" }): Promise<void> {
    if (now.is === "say") this.halves[now.who]?.say(now.lane, now.size);
    else if (now.is === "hint") this.halves[now.who]?.say("event", 0, true);
    else if (now.is === "deliver") this.deliver(now.who, now.count);
    else if (now.is === "finish") this.halves[now.who]?.finish(now.which);
    else if (now.is === "full") this.halves[now.who]?.outlet.fills();
    else if (now.is === "room") await this.halves[now.who]?.outlet.drains();
    else if (now.is === "tick") await settled();
    else if (now.is === "cut") this.cut();
    else if (now.is === "join") this.join();
    else this.restart();
  }

  deliver(to: number, count: number): number {
    const from = this.halves[1 - to] as Half;
    const way = this.#way[to] as string[];
    way.push(...from.outlet.said());
    const arrived = way.splice(0, count);
    for (const text of arrived) this.halves[to]?.hears(text);
    return arrived.length;
  }

  cut(): void {
    this.#joined = false;
    for (const [index, half] of this.halves.entries()) {
      half.session.detach();
      half.outlet = new Outlet();
      this.#way[index as 0 | 1] = [];
    }
  }

  join(): void {
    if (this.#joined) this.cut();
    this.#joined = true;
    const [one, two] = this.halves;
    const [first, second] = [one.session.received.upTo, two.session.received.upTo];
    two.session.attach(two.outlet, { rx: first, ...one.window });
    one.session.attach(one.outlet, { rx: second, ...two.window });
  }

  /** The second half is another process; the first is told that it lost the session. */
  restart(): void {
    this.cut();
    const [one, two] = this.halves;
    two.session.end(new Error("gone"));
    two.restart();
    one.session.reset();
    one.acked = 0;
  }

  /** From now on nothing is lost, and everything is handled. */
  async quiet(): Promise<void> {
    this.join();
    for (const { outlet } of this.halves) await outlet.drains();
    for (let moved = 1; moved > 0;) {
      moved = 0;
      for (const to of [0, 1]) {
        moved += this.deliver(to, Infinity);
        for (let n = 0; n < 500; n += 1) this.halves[to]?.finish(0);
      }
      await settled();
    }
    for (const { session } of this.halves) session.flush();
    for (const to of [0, 1]) this.deliver(to, Infinity);
    await settled();
  }
}

const steps = fc.array(step, { maxLength: 120, size: "max" });
const windows = fc.tuple(window, window);

test("over wires that are cut anywhere, everything arrives once and in order, and nothing is kept", async () => {
  const property = fc.asyncProperty(windows, steps, async (granted, taken) => {
    const pair = new Pair(granted);
    pair.join();
    for (const now of taken) await pair.take(now);
    await pair.quiet();
    for (const [index, { session, fates, lanes }] of pair.halves.entries()) {
      const { heard } = pair.halves[1 - index] as Half;
      const ids = heard.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      // Volatile events may be dropped, before and after they are settled; all else arrives.
      const missing = lanes.flatMap((_, id) => (ids.includes(id) || volatile(taken, index, id) ? [] : [id]));
      expect(missing).toEqual([]);
      // Answers overtake; what waits for room or behind that keeps its order, and nothing overtakes an answer.
      const rest = heard.filter((said) => said.lane !== "answer").map(({ id }) => id);
      expect(rest).toEqual(rest.toSorted((a, b) => a - b));
      for (const [at, { id, lane: its }] of heard.entries())
        expect(its === "answer" && ids.slice(0, at).some((before) => before > id)).toBe(false);
      expect(fates.map(({ settled: s, failed: f }) => s + f)).toEqual(fates.map(() => 1));
      expect(fates.filter(({ failed }, id) => failed && !volatile(taken, index, id))).toEqual([]);
      expect([session.undelivered, session.bufferedAmount]).toEqual([0, 0]);
    }
  });
  await expect(fc.assert(property, { numRuns: 300 })).resolves.toBeUndefined();
}, 60_000);

test("over halves that are lost as well, nothing arrives twice, what is settled arrived, and the rest is known to be unknown", async () => {
  const some = fc.array(fc.oneof({ weight: 30, arbitrary: step }, { weight: 1, arbitrary: restart }), {
    maxLength: 120,
    size: "max",
  });
  const property = fc.asyncProperty(windows, some, async (granted, taken) => {
    const pair = new Pair(granted);
    pair.join();
    for (const now of taken) await pair.take(now);
    await pair.quiet();
    for (const [index, { session, fates, lanes }] of pair.halves.entries()) {
      const ids = (pair.halves[1 - index] as Half).heard.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(fates.map(({ settled: s, failed: f }) => s + f)).toEqual(fates.map(() => 1));
      const lied = lanes.filter(
        (its, id) =>
          its === "event" && fates[id]?.settled && !ids.includes(id) && !volatile(taken, index, id),
      );
      expect(lied).toEqual([]);
      expect([session.undelivered, session.bufferedAmount]).toEqual([0, 0]);
    }
  });
  await expect(fc.assert(property, { numRuns: 300 })).resolves.toBeUndefined();
}, 60_000);

/** Whether the `id`th of what a half said was volatile. */
function volatile(taken: readonly { readonly is: string }[], index: number, id: number): boolean {
  const own = taken.filter(
    (one) => (one.is === "say" || one.is === "hint") && "who" in one && one.who === index,
  );
  return own[id]?.is === "hint";
}
