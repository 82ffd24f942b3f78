import type { SeededRandom } from "../../sim/virtual/seeded-random.ts";
import { turns } from "../oracle/turn-meter.ts";
import { pickWeighted, type Scenario } from "../scenario.ts";
import { dial } from "./dial.ts";
import { garbage } from "./frames.ts";
import { honest, type Manners } from "./fuzz-client.ts";
import type { MemoryWorld } from "./memory-world.ts";
import { correctSteps, wrongSteps } from "./steps.ts";

const rude: readonly Manners[] = [
  { ...honest, acknowledges: false },
  { ...honest, answers: false },
  { ...honest, credit: { w: 1, wb: 1 } },
  { ...honest, credit: { w: 2 ** 53 - 1, wb: 2 ** 53 - 1 } },
];

/** A client that speaks the protocol, and goes wrong at a drawn point, or never. */
const conversation: Scenario<MemoryWorld> = {
  name: "conversation",
  weight: 80,
  async run(world, random, maxSteps) {
    const client = world.client(random, { manners: random.chance(0.6) ? honest : random.pick(rude) });
    await client.connect();
    const steps = Math.min(maxSteps, random.integer(1, 10));
    const wrongFrom = random.integer(0, 14);
    for (let step = 0; step < steps; step += 1) {
      if (!client.isLive) {
        if (!client.isSession || client.refused !== undefined || random.chance(0.4)) return;
        await client.connect();
      }
      const choices = step >= wrongFrom && random.chance(0.5) ? wrongSteps : correctSteps;
      await pickWeighted(random, choices).run(client, random);
      if (random.chance(0.6)) await turns();
      if (random.chance(0.5)) client.acknowledge();
      if (random.chance(0.15)) await world.application.pass(random.pick([10, 500, 2_000]));
      if (random.chance(0.01)) await world.application.pass(40_000);
      if (random.chance(0.03)) client.wire?.[random.chance(0.5) ? "pause" : "resume"]();
    }
    await turns(2);
    client.acknowledge();
    if (random.chance(0.5)) client.leave();
  },
};

const paths = [
  "/open/a",
  "/signed/a",
  "/echo",
  "/slow",
  "/feed",
  "/refuse",
  "/unknown",
  "/open",
  "/open/a/b",
  "/%00",
  "//",
];
const protocols = [
  [],
  ["symbolon.v1.json"],
  ["symbolon.v1.msgpack", "symbolon.v1.json"],
  ["symbolon.v1.msgpack"],
  ["other"],
  ["symbolon.v2.json", "symbolon.v1.json"],
  ["x", "x"],
];

/** A handshake of any kind, and messages without any order. */
const anyBytes: Scenario<MemoryWorld> = {
  name: "any messages",
  weight: 15,
  async run({ application, findings }, random, maxSteps) {
    const wire = await dial(application.app, {
      path: random.pick(paths),
      protocols: random.pick(protocols),
      address: `10.1.0.${random.integer(1, 60)}`,
      token: random.chance(0.3) ? random.pick(["user1", "", " "]) : undefined,
      headers: random.chance(0.2) ? oddHeaders(random) : {},
    });
    if (wire instanceof Response) return findings.count(`handshakes refused with ${wire.status}`);
    findings.count("handshakes accepted, any");
    wire.listen({ message: () => findings.count("frames received: any"), closed: () => {} });
    const steps = Math.min(maxSteps, random.integer(0, 10));
    for (let step = 0; step < steps; step += 1) {
      wire.send(random.chance(0.5) ? garbage(random) : "a message");
      findings.count("frames sent: any");
      if (random.chance(0.4)) await turns();
      if (random.chance(0.1)) wire.pause();
      if (random.chance(0.2)) await application.pass(random.pick([1_000, 5_000, 20_000]));
    }
    await turns(2);
    if (random.chance(0.5)) wire.close(random.pick([1000, 3000, 4000]), "");
    await turns();
    wire.terminate();
    await turns();
  },
};

function oddHeaders(random: SeededRandom): Record<string, string> {
  return random.pick<Record<string, string>>([
    { origin: "http://evil.com" },
    { origin: "null" },
    { origin: "http://test" },
    { cookie: "a=b" },
    { cookie: "a=b; ".repeat(500) },
    { authorization: "Basic eDp5" },
    { authorization: "Bearer" },
    { "x-forwarded-for": "1.2.3.4, ".repeat(100) },
  ]);
}

/** Cases of a few messages. */
export const conversations: readonly Scenario<MemoryWorld>[] = [conversation, anyBytes];
