// Whatever happens, each message is handed over once and in order, or its sender and its reader are told.
import { contract, type Sent } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect } from "../../src/connect.ts";
import { undo, undoAll, until, watchCrashes } from "../connection/servers.ts";

const counting = contract("/counting", {
  client: { say: z.number() },
  server: { told: z.number(), all: z.number() },
});

beforeEach(() => {
  watchCrashes();
  vi.spyOn(Math, "random").mockReturnValue(0.5); // a client is away for a moment
});
afterEach(async () => {
  await undoAll();
  vi.restoreAllMocks();
});

/** Who has said a number, and what became of it. */
interface Counted {
  readonly n: number;
  readonly sent: Sent;
}

/** A client and a server that count aloud to each other and in a room, and what they have heard. */
function scene() {
  const clock = new Clock();
  const app = createApp({ clock, sessions: { messages: 20, grace: 300_000 }, onError: () => {} });
  const handled: number[] = [];
  let parked = false;
  let tell: (n: number) => Sent = () => new Promise<never>(() => {}) as never;
  const service = app.implement(counting, (peer, { room }) => {
    tell = (n) => peer.send("told", n);
    peer.subscribe(({ type: is }) => (parked = is === "detached"));
    room("tea").join(peer);
    return { say: (n) => void handled.push(n) };
  });
  const net = testNetwork(app);
  const client = connect(counting, { url: "ws://test", WebSocket: net.WebSocket });
  undo.push(() => client.close());
  const heard: number[] = [];
  /** What was heard in the room, or is known to be lost there. */
  const inRoom: number[] = [];
  const alarms: string[] = [];
  client.on("told", (n) => heard.push(n));
  client.on("all", (n) => inRoom.push(n));
  client.onGap(({ from, to, reason: why }) => {
    for (let n = from; n <= to; n += 1) inRoom.push(n); // the room counts as we do
    alarms.push(`gap: ${why}`);
  });
  client.onReset(({ reason: why }) => alarms.push(`reset: ${why}`));
  const said: Counted[] = [];
  const told: Counted[] = [];
  const count = (): void => {
    const n = said.length + 1;
    said.push({ n, sent: client.send("say", n) });
    told.push({ n, sent: tell(n) });
    service.room("tea").send("all", n);
  };
  /** Both halves lose the connection, and know it. */
  const part = async (): Promise<void> => {
    net.drop();
    await until(() => parked);
  };
  return { part, clock, net, client, handled, heard, inRoom, alarms, said, told, count };
}

type Scene = ReturnType<typeof scene>;

const disasters: Readonly<Record<string, readonly [befall: (scene: Scene) => unknown, ...alarms: string[]]>> =
  {
    "the connection breaks": [({ part }) => part()],
    "only the client learns that it broke": [({ net }) => net.drop("client")],
    "the session ends while its client is away": [
      async ({ part, clock }) => {
        await part();
        clock.advance(300_000);
      },
      "reset: unknown",
      "gap: trimmed",
    ],
    "more is said to a client that is away than is kept": [
      async ({ part, count }) => {
        await part();
        for (let n = 0; n < 30; n += 1) count();
      },
      "reset: overflow",
    ],
    "its room remembers less than was said": [
      async ({ part, clock, count }) => {
        await part();
        for (let n = 0; n < 3; n += 1) count();
        clock.advance(121_000);
      },
      "gap: trimmed",
    ],
  };

test.each(Object.keys(disasters))("when %s", async (disaster) => {
  const all = scene();
  const { client, handled, heard, inRoom, alarms, said, told, count } = all;
  const [befall, ...expected] = disasters[disaster] ?? [() => {}];
  await client.opened;
  for (let n = 0; n < 3; n += 1) count();
  await befall(all);
  for (let n = 0; n < 3; n += 1) count();
  await until(() => client.status.value.state === "open" && handled.includes(said.length));
  count();
  const last = said.length;
  await until(() => [handled, heard, inRoom].every((numbers) => numbers.includes(last)));

  expect(alarms).toEqual(expected);
  for (const [counted, taken] of [
    [said, handled],
    [told, heard],
  ] as const) {
    expect(taken).toEqual([...new Set(taken)].toSorted((one, other) => one - other));
    const outcomes = await Promise.allSettled(counted.map(({ sent }) => sent));
    const missing = counted.map(({ n }) => n).filter((n) => !taken.includes(n));
    const refused = counted.map(({ n }) => n).filter((n) => outcomes[n - 1]?.status === "rejected");
    expect(refused).toEqual(expect.arrayContaining(missing));
  }
  expect(inRoom).toEqual(Array.from({ length: last }, (_, at) => at + 1));
});
