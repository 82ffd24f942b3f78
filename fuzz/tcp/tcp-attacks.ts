import { turns } from "../oracle/turn-meter.ts";
import type { Scenario } from "../scenario.ts";
import { drawFrame, drawHandshake, rawFrame } from "./raw-frames.ts";
import { outboundBytes, type RawClient, type TcpWorld } from "./tcp-world.ts";

const encode = (frame: object): Buffer => rawFrame({ payload: JSON.stringify(frame) });
const event = (name: string, data: unknown): Buffer => encode({ t: "event", name, data });

/** A handshake and frames of any kind, in pieces. */
const anyBytes: Scenario<TcpWorld> = {
  name: "raw frames",
  weight: 90,
  async run(world, random, maxSteps) {
    const client = await world.client();
    const bytes = Buffer.from(drawHandshake(random, world.port), "latin1");
    const cut = random.chance(0.2) ? random.integer(0, bytes.length) : bytes.length;
    client.write(bytes.subarray(0, cut));
    if (cut < bytes.length) await turns(2);
    client.write(bytes.subarray(cut));
    if (random.chance(0.9)) await world.until(() => client.text.length > 0 || client.ended, 10);
    world.findings.count(`raw handshakes: ${/HTTP\/1\.1 (\d+)/.exec(client.text)?.[1] ?? "no answer"}`);
    const isSession = client.text.includes("symbolon.v1.json");
    if (isSession && random.chance(0.8))
      client.write(
        encode({
          t: "hello",
          v: 1,
          cid: "c",
          key: `${random.integer(1, 2 ** 31)}`.padEnd(43, "k"),
          att: 1,
          w: 64,
          wb: 2 ** 20,
        }),
      );
    const steps = Math.min(maxSteps, random.integer(1, 10));
    for (let step = 0; step < steps && !client.ended; step += 1) {
      const frame = drawFrame(random, client);
      const at = random.chance(0.2) ? random.integer(0, frame.length) : frame.length;
      client.write(frame.subarray(0, at));
      if (at < frame.length) {
        await turns();
        client.write(frame.subarray(at));
      }
      world.findings.count("raw frames sent");
      if (random.chance(0.5)) await turns();
      if (random.chance(0.1)) client.socket.pause();
      if (random.chance(0.1)) await world.pass(random.pick([500, 5_000, 20_000]));
    }
    const end = random.next();
    if (end < 0.2) client.socket.resetAndDestroy();
    else if (end < 0.4) client.socket.end();
    await turns(3);
  },
};

/** A fragment, and pongs or empty fragments after it: the message never ends (L7). */
const unfinished: Scenario<TcpWorld> = {
  name: "a message without an end",
  weight: 1,
  async run(world, random) {
    const client = await world.client(random.pick(["/open/a", "/echo"]));
    client.write(rawFrame({ fin: false, payload: '{"t":"ev' }));
    await turns(5);
    const next = random.pick([rawFrame({ opcode: 10 }), rawFrame({ opcode: 10, payload: "x" })]);
    for (let second = 0; second < 45 && !client.isRefused; second += 1) {
      client.write(next);
      await world.pass(1_000);
    }
    if (!(await world.until(() => client.isRefused)))
      world.findings.report("innocent", "a message that does not end keeps its connection for 45 s");
  },
};

/** 200 short messages at once to a handler that takes a second for each: they are paced, and the client is not closed (L1). */
const paced: Scenario<TcpWorld> = {
  name: "messages that wait for a slow handler",
  weight: 0.6,
  async run(world, random) {
    const isRaw = random.chance(0.4);
    const client = await world.client(isRaw ? "/slow" : "/open/a");
    const count = random.integer(100, 150);
    const message = isRaw ? rawFrame({ payload: "m" }) : event("slow", { ms: 1_000 });
    client.write(Buffer.concat(Array.from({ length: count }, () => message)));
    await turns(20);
    for (let second = 0; second < 70 && !client.ended; second += 1) {
      await world.pass(1_000);
    }
    await turns(20);
    if (client.ended)
      world.findings.report("innocent", `a client that sent ${count} messages to a slow handler was closed`);
  },
};

/** 1,100 valid small events in one write: all of them are handled (V11). */
const burst: Scenario<TcpWorld> = {
  name: "a burst of valid events in one write",
  weight: 0.6,
  async run(world, random) {
    const client = await world.client("/open/a");
    const count = random.pick([150, 1_100]);
    const events = Array.from({ length: count }, (_, n) => event("note", { n }));
    client.write(Buffer.concat([...events, encode({ t: "request", q: 1, name: "echo", data: "<last>" })]));
    for (let step = 0; step < 40 && !client.ended && !client.text.includes("<last>"); step += 1)
      await world.pass(500);
    if (!(await world.until(() => client.text.includes("<last>"))))
      world.findings.report("innocent", `${count} valid events in one write were not handled`);
  },
};

/** Plain clients that do not read what handlers send them (V6). */
const stalled: Scenario<TcpWorld> = {
  name: "stalled readers",
  weight: 0.3,
  isHeavy: true,
  async run(world) {
    const clients: RawClient[] = [];
    for (let n = 0; n < 12; n += 1) {
      const client = await world.client("/open/a");
      client.socket.pause();
      clients.push(client);
    }
    for (const client of clients) {
      client.write(event("push", { count: 150, length: 60_000 }));
      await turns(10);
    }
    await world.checkBystander();
    world.memory.checkCase("readers are stalled", 3 * outboundBytes);
  },
};

/** Cases on real sockets. */
export const tcpAttacks: readonly Scenario<TcpWorld>[] = [anyBytes, unfinished, paced, burst, stalled];
