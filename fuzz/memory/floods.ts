import { turns } from "../oracle/turn-meter.ts";
import type { Scenario } from "../scenario.ts";
import { largest } from "./frames.ts";
import { type FuzzClient, honest } from "./fuzz-client.ts";
import { boundsHistory, type MemoryWorld, smallDetached } from "./memory-world.ts";

/** The most that one client may have the server keep, in bytes: what it holds for it in both directions, and its rooms. */
const maxHeld = 24 * 2 ** 20;

/** Lets the clock run while a client keeps its connection. */
async function run({ application }: MemoryWorld, client: FuzzClient, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    await application.pass(1_000);
    await turns(3);
    client.acknowledge();
  }
}

/** A stream without an end, and credit without an end (V1). */
const hugeCredit: Scenario<MemoryWorld> = {
  name: "huge credit",
  weight: 0.1,
  isHeavy: true,
  async run(world, random) {
    const manners = { ...honest, acknowledges: random.chance(0.5) };
    const client = world.client(random, { manners });
    await client.connect();
    const q = client.nextId();
    const [name, data] = random.pick([
      ["count", { to: 1e9 }],
      ["firehose", 20_000],
    ] as const);
    client.send({ t: "stream", q, name, data });
    client.check.granted(q, largest, largest);
    client.send({ t: "credit", q, n: largest, b: largest });
    for (let turn = 0; turn < 30; turn += 1) {
      await turns();
      client.acknowledge();
    }
    await world.checkBystander();
    world.checkHeld(maxHeld);
    client.send({ t: "cancel", q });
    await turns(2);
  },
};

/** Requests whose replies are never acknowledged (V2). */
const unacknowledged: Scenario<MemoryWorld> = {
  name: "unacknowledged replies",
  weight: 0.05,
  isHeavy: true,
  async run(world, random) {
    const mode = random.pick(["json", "msgpack"] as const);
    const client = world.client(random, { mode, manners: { ...honest, acknowledges: false } });
    await client.connect();
    const length = random.pick([60_000, 30_000]);
    for (let asked = 0; asked < 1_200 && client.isLive; asked += 30) {
      for (let n = 0; n < 30; n += 1)
        client.send({ t: "request", q: client.nextId(), name: "blob", data: length });
      await turns(2);
      world.application.clock.advance(400);
    }
    await turns(3);
    world.checkHeld(maxHeld);
  },
};

/** A client that stops reading, and asks on (V2). */
const stalled: Scenario<MemoryWorld> = {
  name: "a client that does not read",
  weight: 0.05,
  isHeavy: true,
  async run(world, random) {
    const client = world.client(random);
    await client.connect();
    client.wire?.pause();
    for (let asked = 0; asked < 900 && client.isLive; asked += 30) {
      for (let n = 0; n < 30; n += 1)
        client.send({ t: "request", q: client.nextId(), name: "blob", data: 60_000 });
      await turns(2);
      world.application.clock.advance(400);
    }
    world.checkHeld(maxHeld);
    client.wire?.resume();
    await turns();
  },
};

/** Long acknowledgements of many messages (V7). */
const longAcks: Scenario<MemoryWorld> = {
  name: "long acknowledgements",
  weight: 0.05,
  isHeavy: true,
  async run(world, random) {
    const client = world.client(random, {
      mode: random.pick(["json", "msgpack"] as const),
      manners: { ...honest, acknowledges: false },
    });
    await client.connect();
    for (let asked = 0; asked < 950 && client.isLive; asked += 50) {
      for (let n = 0; n < 50; n += 1)
        client.send({ t: "request", q: client.nextId(), name: "echo", data: n });
      await turns(2);
      world.application.clock.advance(700);
    }
    await turns(2);
    const but = Array.from({ length: 26_000 }, () => 1);
    for (let s = 1; s <= client.received; s += 1) but.push(s); // none of them is finished
    for (let n = 0; n < 12; n += 1) client.sendFrame({ t: "ack", a: Math.max(1, client.received), but });
    await turns(2);
  },
};

/** Many sessions of one address are begun and dropped (V5). */
const detached: Scenario<MemoryWorld> = {
  name: "hello and drop",
  weight: 0.05,
  isHeavy: true,
  async run(world, random) {
    const address = "10.9.9.9";
    const fat = random.chance(0.3);
    for (let n = 0; n < smallDetached + 20; n += 1) {
      const client = world.client(random, { mode: "json", path: "/open/lobby", address });
      await client.connect();
      if (fat) client.send({ t: "event", name: "flood", data: { count: 900 } });
      await turns();
      client.drop();
      await turns();
    }
    world.checkHeld(maxHeld + smallDetached * 2 ** 20);
  },
};

/** One connection after another sends long messages to ever new rooms, which it names (V4). */
const newRooms: Scenario<MemoryWorld> = {
  name: "ever new rooms",
  weight: 0.05,
  isHeavy: true,
  async run(world, random) {
    const text = "r".repeat(60_000);
    for (let connection = 0; connection < 24; connection += 1) {
      const client = world.client(random, { mode: "json", path: "/open/lobby", address: "10.8.8.8" });
      await client.connect();
      for (let n = 0; n < 30; n += 1) {
        const room = `new ${connection} ${n}`;
        client.send({ t: "event", name: "visit", data: { room, text }, q: client.nextId() });
        await turns();
        client.acknowledge();
      }
      client.leave();
      await world.application.pass(500);
    }
    if (boundsHistory && world.isSmall) world.checkHeld(maxHeld);
  },
};

/** 1,100 valid small events in one write, of a plain client: all of them are handled (V11). */
const plainBurst: Scenario<MemoryWorld> = {
  name: "a burst of valid events",
  weight: 0.1,
  isHeavy: true,
  async run(world, random) {
    const client = world.client(random, { mode: "plain" });
    await client.connect();
    const count = random.pick([200, 1_000, 1_100]);
    if (random.chance(0.5)) client.send({ t: "event", name: "question", data: { count: 1 } });
    for (let n = 0; n < count; n += 1) client.send({ t: "event", name: "note", data: { n } });
    const q = client.nextId();
    client.send({ t: "request", q, name: "echo", data: "the last" });
    for (let step = 0; step < 40 && !client.answers.has(q); step += 1) {
      world.application.clock.advance(500);
      await turns(3);
    }
    if (!client.answers.has(q))
      world.findings.report(
        "innocent",
        `${count} valid events in one write were not handled: ${client.closed?.code} ${client.closed?.reason}`,
      );
  },
};

/** A handler sends in a loop that does not wait (O2). */
const loop: Scenario<MemoryWorld> = {
  name: "a loop of sends",
  weight: 0.05,
  isHeavy: true,
  async run(world, random) {
    const client = world.client(random, { manners: { ...honest, acknowledges: random.chance(0.5) } });
    await client.connect();
    client.send({ t: "event", name: "flood", data: { count: random.pick([2_000, 3_000]) } });
    await turns(3);
    client.acknowledge();
    await turns();
    world.checkHeld(maxHeld);
  },
};

/** Handlers that take a second each: the innocent client that waits for them is not closed (L1). */
const slowHandlers: Scenario<MemoryWorld> = {
  name: "slow handlers",
  weight: 0.05,
  async run(world, random) {
    const client = world.client(random);
    await client.connect();
    const count = random.integer(20, 60);
    for (let n = 0; n < count; n += 1) {
      client.send({ t: "event", name: "slow", data: { ms: 1_000 } });
    }
    await run(world, client, count * 1_000 + 2_000);
    if (!client.isLive)
      world.findings.report(
        "innocent",
        `a client whose ${count} events take a second each was closed: ${client.closed?.code} ${client.closed?.reason}`,
      );
  },
};

/** Cases that ask for much work or memory. */
export const floods: readonly Scenario<MemoryWorld>[] = [
  hugeCredit,
  unacknowledged,
  stalled,
  longAcks,
  detached,
  newRooms,
  plainBurst,
  loop,
  slowHandlers,
];
