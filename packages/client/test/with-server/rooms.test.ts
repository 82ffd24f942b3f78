import { contract } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import { msgpack } from "@symbolon/protocol/msgpack";
import { createApp, type RoomsOptions } from "@symbolon/server";
import { memoryStore } from "@symbolon/server/store";
import { testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect } from "../../src/connect.ts";
import { undo, undoAll, until, watchCrashes } from "../connection/servers.ts";
import { type chat, createTeaServer } from "./tea-server.ts";
import { slow, waitOptions } from "../../../../test/time-limits.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

describe.each([jsonFrames, msgpack])("in $protocol", (codec) => {
  test(
    "all members receive the same messages in one order, although their connections break",
    slow,
    async () => {
      const { net, connectMember, reconnected, tea } = createTeaServer();
      const members = [connectMember(codec), connectMember(codec), connectMember(jsonFrames)];
      await Promise.all(members.map(({ client }) => client.opened));
      const sent: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        for (let n = 0; n < 5; n += 1) {
          sent.push(sent.length);
          await tea.send("posted", sent.length - 1);
        }
        net.drop();
        sent.push(sent.length);
        tea.send("posted", sent.length - 1);
        await Promise.all(members.map(({ client }) => reconnected(client)));
      }
      for (const { logged } of members) expect(await logged(sent.length)).toEqual(sent);
      expect(members.map(({ client }) => client.status.value.resumed)).toEqual([true, true, true]);
      expect(tea.size).toBe(3);
    },
  );

  test("each member receives each message once, although the network is chaotic", slow, async () => {
    const { net, connectMember, tea } = createTeaServer();
    const members = [connectMember(codec), connectMember(codec)];
    await Promise.all(members.map(({ client }) => client.opened));
    const endChaos = net.chaos({ seed: 7, cut: 0.04 });
    const sent = Array.from({ length: 60 }, (_, n) => n);
    for (const n of sent) {
      await tea.send("posted", n);
      await new Promise(setImmediate);
    }
    endChaos();
    for (const { logged } of members) expect(await logged(sent.length)).toEqual(sent);
  });
});

test("the other members receive a member's message, and all members receive what follows", async () => {
  const { connectMember, tea } = createTeaServer();
  const [ada, bob] = [connectMember(), connectMember()];
  await Promise.all([ada.client.opened, bob.client.opened]);
  await ada.client.send("post", "hello");
  await bob.client.send("post", "hi");
  tea.send("posted", "to all");
  expect(await ada.logged(2)).toEqual(["hi", "to all"]);
  expect(await bob.logged(2)).toEqual(["hello", "to all"]);
});

test(
  "a member that was disconnected for longer than the room keeps messages gets a gap first",
  slow,
  async () => {
    const { net, clock, connectMember, tea } = createTeaServer({}, { sessions: { grace: 600_000 } });
    const { client, logged } = connectMember();
    await client.opened;
    await tea.send("posted", 0);
    expect(await logged(1)).toEqual([0]);
    net.drop();
    tea.send("posted", "old");
    clock.advance(121_000);
    tea.send("posted", "new");
    expect(await logged(3)).toEqual([0, "gap: tea trimmed", "new"]);
  },
);

test(
  "a gap is reported in order: after the messages before it, and before the messages after it",
  slow,
  async () => {
    const { net, clock, connectMember, tea } = createTeaServer({}, { sessions: { grace: 600_000 } });
    const { client, log } = connectMember();
    let openGate = (): void => {};
    const gate = new Promise<void>((resolve) => (openGate = resolve));
    client.on("posted", (data) => (data === "first" ? gate.then(() => log.push("handled")) : undefined));
    await client.opened;
    tea.send("posted", "first");
    await until(() => log.includes("first"));
    net.drop();
    tea.send("posted", "old");
    clock.advance(121_000);
    tea.send("posted", "new");
    await until(() => client.status.value.resumed);
    openGate();
    await vi.waitFor(() => expect(log).toEqual(["first", "handled", "gap: tea trimmed", "new"]), waitOptions);
  },
);

test("after a restart without a store, a reset and a gap come before the next message", async () => {
  const { net, connectMember, reconnected, tea } = createTeaServer();
  const { client, logged } = connectMember();
  await client.opened;
  await tea.send("posted", "before");
  expect(await logged(1)).toEqual(["before"]);
  await net.restart();
  await until(() => client.status.value.state !== "open");
  await reconnected(client);
  await until(() => tea.size === 1);
  tea.send("posted", "after");
  expect(await logged(4)).toEqual(["before", "reset: unknown", "gap: tea epoch", "after"]);
});

test(
  "a room that was lost in a restart ends with its last member, and starts again with the next",
  slow,
  async () => {
    const { net, connectMember, reconnected, tea } = createTeaServer();
    const { client, logged } = connectMember();
    await client.opened;
    tea.send("posted", 1);
    expect(await logged(1)).toEqual([1]);
    await net.restart();
    await until(() => client.status.value.state !== "open");
    await reconnected(client);
    tea.send("posted", 2);
    expect((await logged(4)).at(-1)).toBe(2);
    client.close();
    await until(() => tea.size === 0);
    const next = connectMember();
    await next.client.opened;
    tea.send("posted", 3);
    expect(await next.logged(1)).toEqual([3]);
  },
);

test("a restart loses no message of a room that is in a store", async () => {
  const { net, connectMember, reconnected, tea } = createTeaServer({}, { store: memoryStore() });
  const { client, logged } = connectMember();
  await client.opened;
  await tea.send("posted", 1);
  expect(await logged(1)).toEqual([1]);
  const restarted = net.restart();
  tea.send("posted", 2);
  await restarted;
  await until(() => client.status.value.state !== "open");
  await reconnected(client);
  tea.send("posted", 3);
  expect(await logged(3)).toEqual([1, 2, 3]);
  expect(client.status.value.resumed).toBe(true);
});

test("a client that loses its session loses no message of a room, since it knows its position", async () => {
  const { net, app, connectMember, reconnected, tea } = createTeaServer();
  const { client, logged } = connectMember();
  await client.opened;
  await tea.send("posted", 1);
  expect(await logged(1)).toEqual([1]);
  const ended = app.end(); // all sessions end, and the test network still serves the app
  net.drop();
  tea.send("posted", 2);
  await ended;
  tea.send("posted", 3);
  await reconnected(client);
  expect(await logged(4)).toEqual([1, "reset: unknown", 2, 3]);
});

test("a client that left a room receives no more of it, also after it reconnects", slow, async () => {
  const { net, connectMember, reconnected, tea } = createTeaServer();
  const { client, logged } = connectMember();
  await client.opened;
  await tea.send("posted", 1);
  await client.send("leaveRoom", "tea");
  tea.send("posted", 2);
  net.drop();
  await until(() => client.status.value.state !== "open");
  await reconnected(client);
  expect(tea.size).toBe(0);
  expect(await logged(1)).toEqual([1]);
});

test("a member whose wire was full receives the rest when it has drained", async () => {
  const { net, connectMember, tea } = createTeaServer();
  const { client, log, logged } = connectMember();
  await client.opened;
  const endStall = net.stall();
  const sent = Array.from({ length: 300 }, (_, n) => n);
  for (const n of sent) tea.send("posted", n);
  await new Promise(setImmediate);
  expect(log).toEqual([]);
  endStall();
  expect(await logged(sent.length)).toEqual(sent);
});

test("a new member receives the messages that the room keeps, then the new ones", async () => {
  const { connectMember, tea } = createTeaServer({ memory: { newMembers: { messages: 2, ms: 60_000 } } });
  for (const n of [1, 2, 3]) tea.send("posted", n);
  const { client, logged } = connectMember();
  await client.opened;
  tea.send("posted", 4);
  expect(await logged(3)).toEqual([2, 3, 4]);
});

test.each<[RoomsOptions<typeof chat>, "position" | "read", unknown[]]>([
  [{}, "position", [1, 2]],
  [{ memory: { newMembers: { messages: 1, ms: 60_000 } } }, "read", [0, 1, 2]],
])(
  "a member that joins while the log fails receives all messages from then on",
  async (rooms, failingMethod, expected) => {
    const store = memoryStore();
    const { clock, connectMember, tea } = createTeaServer(rooms, { store });
    for (const old of [-1, 0]) await tea.send("posted", old);
    clock.advance(1);
    const method = vi.spyOn(store.rooms, failingMethod).mockImplementationOnce(() => {
      for (const early of [1, 2]) tea.send("posted", early);
      return Promise.reject(new Error("the log failed"));
    });
    const { client, logged } = connectMember();
    await client.opened;
    await tea.send("posted", 3);
    expect(await logged(expected.length + 1)).toEqual([...expected, 3]);
    expect(method).toHaveBeenCalled();
  },
);

test("the receiver reports a message of a room that does not match the contract", async () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  undo.push(() => error.mockRestore());
  const counts = contract("/counts", { server: { count: z.number() } });
  const app = createApp({ onError: () => {} });
  const service = app.implement(counts, (peer, { room }) => {
    room("all").join(peer);
    return {};
  });
  const { WebSocket } = testNetwork(app);
  const client = connect(counts, { url: "ws://test", WebSocket });
  undo.push(() => client.close());
  const received: number[] = [];
  client.on("count", (count) => received.push(count));
  await client.opened;
  const all = service.room("all");
  for (const count of ["one", 2, "three"]) all.send("count", count as never);
  await until(() => error.mock.calls.length === 2);
  expect(received).toEqual([2]);
  expect(error.mock.calls).toEqual([
    [expect.objectContaining({ code: "INVALID" }), "count"],
    [expect.objectContaining({ code: "INVALID" }), "count"],
  ]);
});
