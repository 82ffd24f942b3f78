import { contract, type FrameCodec } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import { msgpack } from "@symbolon/protocol/msgpack";
import { type AppOptions, createApp, type RoomsOptions } from "@symbolon/server";
import { memoryStore } from "@symbolon/server/store";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect } from "../../src/connect.ts";
import { undo, undoAll, until, watchCrashes } from "../connection/servers.ts";

const chat = contract("/chat", {
  client: { say: z.string(), leave: z.string() },
  server: { said: z.unknown() },
});

beforeEach(watchCrashes);
afterEach(undoAll);

/** An app with one room that everybody is in, and clients that note what they hear. */
function serving(rooms: RoomsOptions<typeof chat> = {}, options: AppOptions = {}) {
  const clock = new Clock();
  const app = createApp({ clock, onError: () => {}, codecs: [msgpack], ...options });
  const service = app.implement(chat, { rooms }, (peer, { room }) => {
    room("tea").join(peer);
    return {
      say: (text, call) => void call.room("tea").send("said", text, { except: peer }),
      leave: (name) => room(name).leave(peer),
    };
  });
  const net = testNetwork(app);
  const enter = (codec: FrameCodec = jsonFrames) => {
    const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, codec });
    undo.push(() => client.close());
    const log: unknown[] = [];
    client.on("said", (data) => log.push(data));
    client.onGap(({ room, reason: why }) => log.push(`gap: ${room} ${why}`));
    client.onReset(({ reason: why }) => log.push(`reset: ${why}`));
    /** What it has heard, when that is so much. */
    const heard = async (count: number): Promise<readonly unknown[]> => {
      await until(() => log.length >= count);
      return log;
    };
    return { client, log, heard };
  };
  const back = async (client: ReturnType<typeof enter>["client"]): Promise<void> => {
    await until(() => client.status.value.state === "open");
  };
  return { app, net, clock, enter, back, tea: service.room("tea") };
}

describe.each([jsonFrames, msgpack])("in $protocol", (codec) => {
  test("members hear the same, in one order, though their connections break", async () => {
    const { net, enter, back, tea } = serving();
    const members = [enter(codec), enter(codec), enter(jsonFrames)];
    await Promise.all(members.map(({ client }) => client.opened));
    const said: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < 5; n += 1) {
        said.push(said.length);
        await tea.send("said", said.length - 1);
      }
      net.drop();
      said.push(said.length);
      tea.send("said", said.length - 1);
      await Promise.all(members.map(({ client }) => back(client)));
    }
    for (const { heard } of members) expect(await heard(said.length)).toEqual(said);
    expect(members.map(({ client }) => client.status.value.resumed)).toEqual([true, true, true]);
    expect(tea.size).toBe(3);
  });

  test("a storm costs nobody a message, and gives none twice", async () => {
    const { net, enter, tea } = serving();
    const members = [enter(codec), enter(codec)];
    await Promise.all(members.map(({ client }) => client.opened));
    const over = net.chaos({ seed: 7, cut: 0.04 });
    const said = Array.from({ length: 60 }, (_, n) => n);
    for (const n of said) {
      await tea.send("said", n);
      await new Promise(setImmediate);
    }
    over();
    for (const { heard } of members) expect(await heard(said.length)).toEqual(said);
  });
});

test("what one member says is heard by the others alone, and each goes on after it", async () => {
  const { enter, tea } = serving();
  const [ada, bob] = [enter(), enter()];
  await Promise.all([ada.client.opened, bob.client.opened]);
  await ada.client.send("say", "hello");
  await bob.client.send("say", "hi");
  tea.send("said", "to all");
  expect(await ada.heard(2)).toEqual(["hi", "to all"]);
  expect(await bob.heard(2)).toEqual(["hello", "to all"]);
});

test("a member that was away for longer than the room remembers is told so first", async () => {
  const { net, clock, enter, tea } = serving({}, { sessions: { grace: 600_000 } });
  const { client, heard } = enter();
  await client.opened;
  await tea.send("said", 0);
  expect(await heard(1)).toEqual([0]);
  net.drop();
  tea.send("said", "old");
  clock.advance(121_000);
  tea.send("said", "new");
  expect(await heard(3)).toEqual([0, "gap: tea trimmed", "new"]);
});

test("a gap is told in its turn: after what was heard before, and before what is said after", async () => {
  const { net, clock, enter, tea } = serving({}, { sessions: { grace: 600_000 } });
  const { client, log } = enter();
  let go = (): void => {};
  const busy = new Promise<void>((resolve) => (go = resolve));
  client.on("said", (data) => (data === "first" ? busy.then(() => log.push("handled")) : undefined));
  await client.opened;
  tea.send("said", "first");
  await until(() => log.includes("first"));
  net.drop();
  tea.send("said", "old");
  clock.advance(121_000);
  tea.send("said", "new");
  await until(() => client.status.value.resumed);
  go();
  await vi.waitFor(() => expect(log).toEqual(["first", "handled", "gap: tea trimmed", "new"]));
});

test("after a restart that has lost everything, a reset and a gap are told before what is said then", async () => {
  const { net, enter, back, tea } = serving();
  const { client, heard } = enter();
  await client.opened;
  await tea.send("said", "before");
  expect(await heard(1)).toEqual(["before"]);
  await net.restart();
  await until(() => client.status.value.state !== "open");
  await back(client);
  await until(() => tea.size === 1);
  tea.send("said", "after");
  expect(await heard(4)).toEqual(["before", "reset: unknown", "gap: tea epoch", "after"]);
});

test("a room that was lost in a restart is left with the last of its members, and is there for the next", async () => {
  const { net, enter, back, tea } = serving();
  const { client, heard } = enter();
  await client.opened;
  await net.restart();
  await until(() => client.status.value.state !== "open");
  await back(client);
  tea.send("said", 1);
  expect((await heard(3)).at(-1)).toBe(1);
  client.close();
  await until(() => tea.size === 0);
  const next = enter();
  await next.client.opened;
  tea.send("said", 2);
  expect(await next.heard(1)).toEqual([2]);
});

test("a restart costs nothing where a store has the room", async () => {
  const { net, enter, back, tea } = serving({}, { store: memoryStore() });
  const { client, heard } = enter();
  await client.opened;
  await tea.send("said", 1);
  expect(await heard(1)).toEqual([1]);
  const restarted = net.restart();
  tea.send("said", 2);
  await restarted;
  await until(() => client.status.value.state !== "open");
  await back(client);
  tea.send("said", 3);
  expect(await heard(3)).toEqual([1, 2, 3]);
  expect(client.status.value.resumed).toBe(true);
});

test("a session that is lost does not cost the room's messages: the position is the client's", async () => {
  const { net, app, enter, back, tea } = serving();
  const { client, heard } = enter();
  await client.opened;
  await tea.send("said", 1);
  expect(await heard(1)).toEqual([1]);
  const ended = app.end(); // every session ends; the app goes on here
  net.drop();
  tea.send("said", 2);
  await ended;
  tea.send("said", 3);
  await back(client);
  expect(await heard(4)).toEqual([1, "reset: unknown", 2, 3]);
});

test("who has left a room heard no more of it, and comes back to nothing", async () => {
  const { net, enter, back, tea } = serving();
  const { client, heard } = enter();
  await client.opened;
  await tea.send("said", 1);
  await client.send("leave", "tea");
  tea.send("said", 2);
  net.drop();
  await until(() => client.status.value.state !== "open");
  await back(client);
  expect(tea.size).toBe(0);
  expect(await heard(1)).toEqual([1]);
});

test("a member whose wire takes no more is told the rest when it does", async () => {
  const { net, enter, tea } = serving();
  const { client, log, heard } = enter();
  await client.opened;
  const flow = net.stall();
  const said = Array.from({ length: 300 }, (_, n) => n);
  for (const n of said) tea.send("said", n);
  await new Promise(setImmediate);
  expect(log).toEqual([]);
  flow();
  expect(await heard(said.length)).toEqual(said);
});

test("a newcomer is told what the room keeps, then what is said", async () => {
  const { enter, tea } = serving({ keep: { messages: 2, ms: 60_000 } });
  for (const n of [1, 2, 3]) tea.send("said", n);
  const { client, heard } = enter();
  await client.opened;
  tea.send("said", 4);
  expect(await heard(3)).toEqual([2, 3, 4]);
});

test.each<[RoomsOptions<typeof chat>, "position" | "read", unknown[]]>([
  [{}, "position", [1, 2]],
  [{ keep: { messages: 1, ms: 60_000 } }, "read", [0, 1, 2]],
])(
  "a log that fails as somebody joins costs nobody what is said from then on",
  async (rooms, fails, said) => {
    const store = memoryStore();
    const { clock, enter, tea } = serving(rooms, { store });
    for (const old of [-1, 0]) await tea.send("said", old);
    clock.advance(1);
    const asked = vi.spyOn(store.rooms, fails).mockImplementationOnce(() => {
      for (const early of [1, 2]) tea.send("said", early);
      return Promise.reject(new Error("the log is away"));
    });
    const { client, heard } = enter();
    await client.opened;
    await tea.send("said", 3);
    expect(await heard(said.length + 1)).toEqual([...said, 3]);
    expect(asked).toHaveBeenCalled();
  },
);

test("what a room says that is not as the contract has it is told where it is heard", async () => {
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
  const heard: number[] = [];
  client.on("count", (count) => heard.push(count));
  await client.opened;
  const all = service.room("all");
  for (const count of ["one", 2, "three"]) all.send("count", count as never);
  await until(() => error.mock.calls.length === 2);
  expect(heard).toEqual([2]);
  expect(error.mock.calls).toEqual([
    [expect.objectContaining({ code: "INVALID" }), "count"],
    [expect.objectContaining({ code: "INVALID" }), "count"],
  ]);
});
