// Each message is delivered once and in order, or the sender and the receiver get a report that it is lost.
import { contract, type Sent } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect } from "../../src/connect.ts";
import { undo, undoAll, until, watchCrashes } from "../connection/servers.ts";
import { slow } from "../../../../test/time-limits.ts";

const numbers = contract("/numbers", {
  client: { post: z.number() },
  server: { direct: z.number(), broadcast: z.number() },
});

beforeEach(() => {
  watchCrashes();
  vi.spyOn(Math, "random").mockReturnValue(0.5); // the client waits a moment before it retries
});
afterEach(async () => {
  await undoAll();
  vi.restoreAllMocks();
});

/** A number that was sent, and its outcome. */
interface SentNumber {
  readonly n: number;
  readonly sent: Sent;
}

/** A client, a server and a room that send increasing numbers, and the numbers that each received. */
function createScenario() {
  const clock = new Clock();
  const app = createApp({ clock, sessions: { messages: 20, grace: 300_000 }, onError: () => {} });
  const handled: number[] = [];
  let detached = false;
  let sendDirect: (n: number) => Sent = () => new Promise<never>(() => {}) as never;
  const service = app.implement(numbers, (peer, { room }) => {
    sendDirect = (n) => peer.send("direct", n);
    peer.subscribe(({ type }) => (detached = type === "detached"));
    room("tea").join(peer);
    return { post: (n) => void handled.push(n) };
  });
  const net = testNetwork(app);
  const client = connect(numbers, { url: "ws://test", WebSocket: net.WebSocket });
  undo.push(() => client.close());
  const received: number[] = [];
  /** The numbers that the client received in the room, or knows to be lost there. */
  const inRoom: number[] = [];
  const reports: string[] = [];
  client.on("direct", (n) => received.push(n));
  client.on("broadcast", (n) => inRoom.push(n));
  client.onGap(({ from, to, reason }) => {
    for (let n = from; n <= to; n += 1) inRoom.push(n); // the offsets of the room are the numbers
    reports.push(`gap: ${reason}`);
  });
  client.onReset(({ reason }) => reports.push(`reset: ${reason}`));
  const posted: SentNumber[] = [];
  const direct: SentNumber[] = [];
  /** Sends the next number in each way. */
  const sendNext = (): void => {
    const n = posted.length + 1;
    posted.push({ n, sent: client.send("post", n) });
    direct.push({ n, sent: sendDirect(n) });
    service.room("tea").send("broadcast", n);
  };
  /** Breaks the connection, and waits until the server detects it. */
  const disconnect = async (): Promise<void> => {
    net.drop();
    await until(() => detached);
  };
  return {
    disconnect,
    clock,
    net,
    client,
    handled,
    received,
    inRoom,
    reports,
    posted,
    direct,
    sendNext,
  };
}

type Scenario = ReturnType<typeof createScenario>;

/** What happens, by name, and the reports that the client gets. */
const failures: Readonly<
  Record<string, readonly [fail: (scenario: Scenario) => unknown, ...reports: string[]]>
> = {
  "the connection breaks": [({ disconnect }) => disconnect()],
  "only the client detects that the connection broke": [({ net }) => net.drop("client")],
  "the session expires while the client is disconnected": [
    async ({ disconnect, sendNext, clock }) => {
      await disconnect();
      sendNext();
      clock.advance(300_000);
    },
    "reset: unknown",
    "gap: trimmed",
  ],
  "the server sends more to a disconnected client than it keeps": [
    async ({ disconnect, sendNext }) => {
      await disconnect();
      for (let n = 0; n < 30; n += 1) sendNext();
    },
    "reset: overflow",
  ],
  "the room keeps less than a disconnected client missed": [
    async ({ disconnect, clock, sendNext }) => {
      await disconnect();
      for (let n = 0; n < 3; n += 1) sendNext();
      clock.advance(121_000);
    },
    "gap: trimmed",
  ],
};

test.each(Object.keys(failures))("no message is lost silently when %s", slow, async (failure) => {
  const scenario = createScenario();
  const { client, handled, received, inRoom, reports, posted, direct, sendNext } = scenario;
  const [fail, ...expected] = failures[failure] ?? [() => {}];
  await client.opened;
  sendNext();
  await until(() => inRoom.includes(1)); // the client has its position in the room
  for (let n = 0; n < 2; n += 1) sendNext();
  await fail(scenario);
  for (let n = 0; n < 3; n += 1) sendNext();
  await until(() => client.status.value.state === "open" && handled.includes(posted.length));
  sendNext();
  const last = posted.length;
  await until(() => [handled, received, inRoom].every((numbers) => numbers.includes(last)));

  expect(reports).toEqual(expected);
  for (const [sentNumbers, delivered] of [
    [posted, handled],
    [direct, received],
  ] as const) {
    expect(delivered).toEqual([...new Set(delivered)].toSorted((one, other) => one - other));
    const outcomes = await Promise.allSettled(sentNumbers.map(({ sent }) => sent));
    const missing = sentNumbers.map(({ n }) => n).filter((n) => !delivered.includes(n));
    const rejected = sentNumbers.map(({ n }) => n).filter((n) => outcomes[n - 1]?.status === "rejected");
    expect(rejected).toEqual(expect.arrayContaining(missing));
  }
  expect(inRoom).toEqual(Array.from({ length: last }, (_, at) => at + 1));
});
