import type { SeededRandom } from "../../sim/virtual/seeded-random.ts";
import { connectionFrame, damaged, garbage, largest, oddValue, validFrame } from "../memory/frames.ts";
import type { AnyFrame } from "../memory/fuzz-client.ts";
import { turns } from "../oracle/turn-meter.ts";
import { pickWeighted, type Scenario } from "../scenario.ts";
import type { HostileServer } from "./hostile-server.ts";
import type { Attack, ServerWorld } from "./server-world.ts";

/** The most that a server may have a client keep, in bytes: what waits for its application, and what it sends. */
const maxHeld = 32 * 2 ** 20;
/** The same of rooms, of which a client keeps 1,000. */
const maxRooms = 6 * 2 ** 20;
const long = "l".repeat(60_000);

type Step = { readonly weight: number; readonly run: (attack: Attack, random: SeededRandom) => unknown };

const steps: readonly Step[] = [
  {
    weight: 4,
    run: ({ client }, random) =>
      void client.send("say", { text: "t".repeat(random.integer(0, 99)) }).catch(() => {}),
  },
  { weight: 3, run: ({ client }, random) => void client.request("echo", oddValue(random)).catch(() => {}) },
  { weight: 2, run: ({ client }) => void read(client.stream("count", { to: 9 })) },
  { weight: 2, run: ({ client }) => void read(client.stream("upload", null, { upload: [1, 2, 3] })) },
  { weight: 3, run: ({ server }) => answer(server, { t: "reply", data: 1 }) },
  { weight: 2, run: ({ server }) => answer(server, { t: "end" }) },
  { weight: 2, run: ({ server }, random) => answer(server, { t: "next", data: oddValue(random) }, false) },
  { weight: 1, run: ({ server }) => answer(server, { t: "error", code: "X", message: "x" }) },
  { weight: 1, run: ({ server }) => answer(server, { t: "credit", n: largest, b: largest }, false) },
  {
    weight: 3,
    run: ({ server }, random) =>
      server.send({ t: "event", name: "tick", data: { n: random.integer(0, 9) }, q: (server.lastId += 1) }),
  },
  {
    weight: 2,
    run: ({ server }) => server.send({ t: "request", q: (server.lastId += 1), name: "asked", data: 1 }),
  },
  {
    weight: 1,
    run: ({ server }) => server.send({ t: "stream", q: (server.lastId += 1), name: "list", data: 1 }),
  },
  { weight: 1, run: ({ server }) => server.send({ t: "credit", q: server.lastId, n: largest, b: largest }) },
  {
    weight: 2,
    run: ({ server }) => server.sendFrame({ t: "room", room: "r", ep: "e", off: 1, from: 1, proof: "p" }),
  },
  {
    weight: 2,
    run: ({ server }, random) =>
      server.sendFrame({
        t: "said",
        room: "r",
        o: random.integer(1, 4),
        p: random.integer(0, 3),
        name: "said",
        data: { text: "x" },
      }),
  },
  {
    weight: 1,
    run: ({ server }) => server.sendFrame({ t: "gap", room: "r", from: 2, to: 9, why: "trimmed" }),
  },
  {
    weight: 1,
    run: ({ server }, random) => server.sendFrame({ t: "goaway", at: random.pick([0, 1, 4_200, largest]) }),
  },
  { weight: 1, run: ({ server }) => server.sendFrame({ t: "reauth", by: 1 }) },
  { weight: 2, run: ({ server }) => server.sendFrame({ t: "ping", n: 1 }) },
  {
    weight: 1,
    run: ({ server }, random) =>
      server.sendFrame({ t: "ack", a: Math.max(1, server.received + random.integer(-1, 1)), but: [1] }),
  },
  { weight: 2, run: ({ server }, random) => server.sendFrame(damaged(random, connectionFrame(random))) },
  { weight: 1, run: ({ server }, random) => server.sendFrame(connectionFrame(random)) },
  { weight: 1, run: ({ server }, random) => server.socket?.deliver(garbage(random)) },
  {
    weight: 1,
    run: ({ server }, random) =>
      server.send(damaged(random, validFrame(random, { nextId: () => (server.lastId += 1) }))),
  },
  {
    weight: 3,
    run: ({ server }, random) =>
      server.socket?.end(random.pick([1006, 1006, 1001, 1012, 4900, 4902, 4429, 4401, 4400]), ""),
  },
  {
    weight: 1,
    run: ({ server }, random) =>
      void (server.manners = {
        dial: random.pick(["accept", "accept", "refuse", "never"] as const),
        welcomes: random.chance(0.9),
      }),
  },
  { weight: 1, run: ({ server }) => void (server.acknowledges = !server.acknowledges) },
];

/** A server that speaks the protocol, and goes wrong at drawn points. */
const conversation: Scenario<ServerWorld> = {
  name: "a server's conversation",
  weight: 85,
  run: (world, random, maxSteps) =>
    world.attack(random, { hangs: random.chance(0.2) }, async (attack) => {
      const count = Math.min(maxSteps, random.integer(1, 15));
      for (let step = 0; step < count; step += 1) {
        await pickWeighted(random, steps).run(attack, random);
        if (random.chance(0.5)) await turns();
        if (random.chance(0.3)) await attack.time.pass(random.pick([10, 1_000, 1_000, 5_000, 40_000]), 200);
      }
      world.checkDials(attack.server, attack.time.now);
    }),
};

/** Moves and closes that a client could follow without an end (V8). */
const moves: Scenario<ServerWorld> = {
  name: "endless moves",
  weight: 6,
  run: (world, random) =>
    world.attack(random, { hangs: false }, async ({ server, time }) => {
      const at = random.pick([0, 0, 1, largest, 2 ** 31]);
      const codes = [1001, 1006, 1012, 4902, 4900];
      const welcome = random.pick<object>([
        {},
        { heartbeat: { i: 1, t: 1 } },
        { ttl: 0 },
        { limits: { message: 1 } },
      ]);
      const closes = random.chance(0.3);
      server.manners = {
        dial: "accept",
        welcome,
        afterWelcome: ({ socket }) =>
          closes ? socket?.end(random.pick(codes), "") : server.sendFrame({ t: "goaway", at }),
      };
      server.socket?.end(1006, "");
      await time.pass(60_000, 3_000);
      world.checkDials(server, time.now);
    }),
};

/** Rooms, messages and gaps without an end (V9). */
const endless: Scenario<ServerWorld> = {
  name: "endless rooms, messages and gaps",
  weight: 0.3,
  isHeavy: true,
  run: (world, random) =>
    world.attack(random, { hangs: true }, async ({ server, time }) => {
      const kind = random.pick(["rooms", "messages", "gaps", "events", "volatile"]);
      for (let n = 1; n <= (kind === "messages" ? 900 : 30_000); n += 1) {
        if (n % 100 === 0) await turns();
        if (server.socket?.readyState !== 1) break;
        if (kind === "rooms" || n === 1)
          server.sendFrame({
            t: "room",
            room: `${n}`.padEnd(200, "r"),
            ep: "e".repeat(128),
            off: 0,
            from: 0,
            proof: "p".repeat(128),
          });
        const room = "1".padEnd(200, "r");
        if (kind === "messages")
          server.sendFrame({ t: "said", room, o: n, p: n - 1, name: "tick", data: { n: 1, long } });
        if (kind === "gaps") server.sendFrame({ t: "gap", room, from: n, to: n, why: "w".repeat(128) });
        if (kind === "events") server.send({ t: "event", name: "tick", data: { n: 1, long } });
        if (kind === "volatile")
          server.sendFrame({ t: "event", name: "tick", data: { n: 1, long: long.slice(0, 3_000) } });
      }
      world.memory.checkCase("a hostile server floods a client", kind === "rooms" ? maxRooms : maxHeld);
      await time.pass(1_000);
    }),
};

/** An application that sends without waiting, while its server is away or acknowledges nothing (O1, O3). */
const sends: Scenario<ServerWorld> = {
  name: "an application that does not wait",
  weight: 0.4,
  isHeavy: true,
  async run(world, random) {
    const isPacked = random.chance(0.4);
    const atOnce = isPacked ? 1_000 : 2_000; // to write messages takes time, too
    await world.attack(random, { hangs: false, isPacked }, async ({ server, time, client }) => {
      const isAway = random.chance(0.6);
      if (isAway) {
        server.manners = { dial: random.pick(["refuse", "never"]) };
        server.socket?.end(1006, "");
      } else server.acknowledges = false;
      await time.pass(10);
      const kind = random.pick(["events", "awaited", "requests"] as const);
      if (kind === "events")
        for (let n = 0; n < 1_000; n += 1) {
          void client.send("say", { text: long });
          if (n % 50 === 0) await turns(); // to write so much JSON takes time
        }
      else if (kind === "awaited")
        for (let n = 0; n < 20_000; n += 1) {
          client.send("note", { n }).catch(() => {});
          if (n % atOnce === 0) await turns();
        }
      else
        for (let n = 0; n < 1_000; n += 1) {
          void client.request("echo", long).catch(() => {});
          if (n % 50 === 0) await turns();
        }
      await turns(3);
      world.memory.checkCase("an application sends and does not wait", maxHeld);
      await time.pass(100);
    });
  },
};

/** A raw socket whose server floods it, or closes again and again. */
const raw: Scenario<ServerWorld> = {
  name: "a raw socket",
  weight: 8,
  run: (world, random) =>
    world.attackSocket(random, async (server, time, socket) => {
      const reads = random.chance(0.7);
      if (reads) void read(socket);
      const count = random.integer(1, 12);
      for (let step = 0; step < count; step += 1) {
        const length = random.chance(0.02) ? 500 : random.integer(1, 5);
        for (let n = 0; n < length; n += 1)
          server.socket?.deliver(random.chance(0.3) ? garbage(random) : long);
        if (random.chance(0.3))
          try {
            socket.send(long);
          } catch {} // the queue is full
        if (random.chance(0.2)) server.socket?.end(random.pick([1006, 1012, 4400]), "");
        await time.pass(random.pick([1, 500, 5_000]));
      }
      world.checkDials(server, time.now);
    }),
};

/** Cases with a hostile server. */
export const attacks: readonly Scenario<ServerWorld>[] = [conversation, moves, endless, sends, raw];

/** Sends a frame in the oldest call of the client. */
function answer(server: HostileServer, frame: AnyFrame, isLast = true): void {
  const [call] = server.calls;
  if (call === undefined) return;
  if (isLast) server.calls.shift();
  server.send({ ...frame, re: call["q"] });
}

async function read(values: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of values);
  } catch {} // the call or the connection has ended
}
