import type { SeededRandom } from "../../sim/virtual/seeded-random.ts";
import { turns } from "../oracle/turn-meter.ts";
import { connectionFrame, damaged, garbage, largest, nameOf, oddValue, validFrame } from "./frames.ts";
import type { FuzzClient } from "./fuzz-client.ts";

/** Something that a client does. */
export interface Step {
  readonly weight: number;
  readonly run: (client: FuzzClient, random: SeededRandom) => void | Promise<void>;
}

function event(weight: number, name: string, data: (random: SeededRandom) => unknown): Step {
  return {
    weight,
    run: (client, random) => client.send({ t: "event", name, data: data(random), q: client.nextId() }),
  };
}

function request(weight: number, name: string, data: (random: SeededRandom) => unknown): Step {
  return {
    weight,
    run: (client, random) => client.send({ t: "request", q: client.nextId(), name, data: data(random) }),
  };
}

function stream(weight: number, name: string, data: (random: SeededRandom) => unknown): Step {
  return {
    weight,
    run(client, random) {
      const q = client.nextId();
      client.streams.push(q);
      client.send({ t: "stream", q, name, data: data(random) });
    },
  };
}

/** Does something in a stream of the client, if it has one. */
function inStream(weight: number, run: (client: FuzzClient, q: number, random: SeededRandom) => void): Step {
  return {
    weight,
    run(client, random) {
      if (client.streams.length > 0) run(client, random.pick(client.streams), random);
    },
  };
}

function grant(client: FuzzClient, q: number, n: number, b: number): void {
  client.check.granted(q, n, b);
  client.send({ t: "credit", q, n, b });
}

const roomName = (random: SeededRandom): string => `room${random.integer(1, 120)}`;

/** What a correct client may do. */
export const correctSteps: readonly Step[] = [
  event(4, "say", () => ({ text: "hello" })),
  event(3, "visit", (random) => ({ room: roomName(random), text: "x".repeat(random.integer(0, 200)) })),
  event(1, "leave", (random) => ({ room: roomName(random) })),
  event(4, "note", (random) => ({ n: random.integer(1, 9) })),
  event(1, "slow", (random) => ({ ms: random.integer(0, 5_000) })),
  event(1, "flood", (random) => ({ count: random.pick([1, 5, 5, 20, 20, 300]) })),
  event(1, "question", (random) => ({ count: random.pick([1, 2, 4, 4, 90]) })),
  request(4, "echo", oddValue),
  request(2, "blob", (random) => random.pick([10, 10, 10, 1_000, 60_000])),
  request(1, "fail", oddValue),
  stream(3, "count", (random) => ({ to: random.pick([0, 3, 40, 1e9]) })),
  stream(1, "firehose", (random) => random.pick([0, 10, 10, 10_000])),
  stream(2, "upload", oddValue),
  stream(1, "hold", oddValue),
  inStream(2, (client, q) => client.send({ t: "next", q, data: "item" })),
  inStream(1, (client, q) => client.send({ t: "end", q })),
  inStream(2, (client, q, random) =>
    grant(client, q, random.integer(17, 60), random.integer(2 ** 18, 2 ** 19)),
  ),
  inStream(2, (client, q) => {
    client.streams.splice(client.streams.indexOf(q), 1);
    client.send({ t: "cancel", q });
  }),
  { weight: 2, run: (client, random) => client.sendFrame({ t: "ping", n: random.integer(1, 9) }) },
  { weight: 1, run: (client) => client.sendFrame({ t: "event", name: "note", data: { n: 1 } }) },
  {
    weight: 5,
    async run(client) {
      if (!client.isSession || client.welcome === undefined) return;
      client.drop();
      await turns(2);
      await client.connect();
    },
  },
];

/** What a client does wrong. */
export const wrongSteps: readonly Step[] = [
  inStream(3, (client, q) => grant(client, q, largest, largest)),
  inStream(1, (client, q, random) => grant(client, q, random.pick([1, 17, largest]), 1)),
  inStream(1, (client, q) => {
    for (let item = 0; item < 20; item += 1) client.send({ t: "next", q, data: "i".repeat(10_000) });
  }),
  { weight: 3, run: (client, random) => client.send(damaged(random, validFrame(random, client))) },
  { weight: 3, run: (client, random) => client.sendFrame(damaged(random, connectionFrame(random))) },
  { weight: 3, run: (client, random) => client.sendFrame(connectionFrame(random)) },
  { weight: 2, run: (client, random) => client.sendFrame(validFrame(random, client)) },
  { weight: 3, run: (client, random) => client.sendRaw(garbage(random)) },
  {
    weight: 2,
    run: (client, random) => client.send({ t: "event", name: nameOf(random), data: oddValue(random) }),
  },
  { weight: 1, run: (client, random) => client.send({ t: "request", q: 1, name: nameOf(random), data: 1 }) },
  { weight: 1, run: (client, random) => client.send({ t: "stream", q: 1, name: nameOf(random), data: 1 }) },
  {
    weight: 1,
    run(client, random) {
      const q = client.nextId();
      const room = random.pick(["", "*", "a\u0000", "r".repeat(200), "r".repeat(5_000), "é".repeat(101)]);
      client.send({ t: "event", name: "visit", data: { room, text: "x" }, q });
    },
  },
  {
    weight: 2,
    run: (client, random) => client.sendFrame({ t: "ack", a: client.received + random.integer(-2, 2) }),
  },
  {
    weight: 2,
    run(client, random) {
      const but = Array.from({ length: random.pick([1, 3, 30, 3_000]) }, (_, index) => index + 1);
      client.sendFrame({ t: "ack", a: Math.max(1, client.received), but });
    },
  },
  {
    // A number that the server has had, or one too far.
    weight: 2,
    run(client, random) {
      client.sequence = Math.max(0, client.sequence + random.integer(-3, 2));
      client.send({ t: "event", name: "note", data: { n: 1 } });
    },
  },
  {
    // More events than the server's credit.
    weight: 0.5,
    run(client, random) {
      client.send({ t: "event", name: "slow", data: { ms: 10_000 } });
      const text = "e".repeat(random.pick([1, 1, 30_000]));
      for (let n = 0; n < 80; n += 1) client.send({ t: "event", name: "say", data: { text } });
    },
  },
  {
    // More calls than may be open.
    weight: 0.5,
    run(client) {
      for (let n = 0; n < 70; n += 1)
        client.send({ t: "stream", q: client.nextId(), name: "hold", data: null });
    },
  },
  {
    weight: 0.2,
    run(client) {
      for (let n = 0; n < 1_100; n += 1) client.sendFrame({ t: "event", name: "note", data: { n } });
    },
  },
  {
    weight: 1,
    run: (client) =>
      Array.from({ length: 30 }, (_, n) => client.sendFrame({ t: "ping", n: n + 1 })).length as never,
  },
  {
    // A second wire while the first is open, then both.
    weight: 1,
    async run(client) {
      if (client.isSession) await client.connect();
    },
  },
  {
    weight: 3,
    async run(client, random) {
      if (!client.isSession || client.welcome === undefined) return;
      client.drop();
      await turns(2);
      await client.connect(alteredHello(client, random));
    },
  },
  { weight: 1, run: (client) => client.sendFrame({ t: "auth", token: "user3" }) },
  { weight: 1, run: (client, random) => client.wire?.close(random.pick([1000, 1001, 3000, 4400, 4999]), "") },
];

/** A `hello` with something wrong. */
function alteredHello(client: FuzzClient, random: SeededRandom): object {
  const { resume, rooms } = client.hello as unknown as {
    readonly resume: Readonly<Record<string, unknown>>;
    readonly rooms: readonly (readonly unknown[])[];
  };
  return random.pick<() => object>([
    () => ({ att: 1 }),
    () => ({ key: "z".repeat(43) }),
    () => ({ key: "short" }),
    () => ({ v: 2 }),
    () => ({ w: 1, wb: 1 }),
    () => ({ resume: { ...resume, rt: "wrong" } }),
    () => ({ resume: { ...resume, sid: "wrong" } }),
    () => ({ resume: { ...resume, ep: "wrong" } }),
    () => ({ resume: { ...resume, rx: random.pick([0, 1, largest]) } }),
    () => ({ resume: { ...resume, tx0: random.pick([1, 2, largest]) } }),
    () => ({ resume: damaged(random, resume as never) }),
    () => ({ resume: undefined }),
    () => ({ rooms: rooms.map(([room, ep, , from, proof]) => [room, ep, 0, from, proof]) }),
    () => ({ rooms: rooms.map(([room, ep, off, from]) => [room, ep, off, from, "forged"]) }),
    () => ({ rooms: rooms.map(([room, ep, , , proof]) => [room, ep, largest, 0, proof]) }),
    () => ({ rooms: Array.from({ length: 400 }, (_, n) => [`other${n}`, "e", 0, 0, "p"]) }),
    () => ({ auth: "user1" }),
    () => ({ extra: "h".repeat(50_000) }),
    () => damaged(random, { t: "hello" }),
  ])();
}
