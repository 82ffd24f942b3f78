/** Volatile events in the rooms of contracts. */
import { contract, RequestError } from "@symbolon/protocol";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { waitOptions } from "../../../../test/time-limits.ts";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { type TestSocket, testNetwork } from "../../src/testing/index.ts";
import { flushPromises } from "../flush-promises.ts";
import { hello, keyOf, openSession, receiveFrame } from "../session/connect-session.ts";

const board = contract("/board", {
  client: { move: z.string() },
  server: { cursor: z.string(), posted: z.string(), tick: z.void() },
});

const hi = { ...hello, w: 256, wb: 2 ** 20 };
const volatile = true;

/** Starts a server whose handler of `move` sends a cursor to the others, and a line to all; `"wrong"` fails after that. */
function startBoardServer(options: AppOptions = {}) {
  const app = createApp({ onError: () => {}, ...options });
  const service = app.implement(board, (peer, { room }) => {
    room("all").join(peer);
    return {
      move: async (text, call) => {
        await call.room("all").send("cursor", text, { volatile, except: peer });
        await call.room("all").send("posted", text);
        if (text === "wrong") throw new RequestError("NO", "no");
      },
    };
  });
  const net = testNetwork(app);
  /** Opens the session of a client with that name, and waits until it is in the room. */
  async function enter(name: string): Promise<TestSocket> {
    const socket = await openSession(net, "/board", { ...hi, key: keyOf(name) });
    expect(await receiveFrame(socket)).toMatchObject({ t: "room", room: "all" });
    return socket;
  }
  return { net, all: service.room("all"), enter };
}

test("a session and a plain client receive an event without a sequence, and the room does not count it", async () => {
  const { net, all, enter } = startBoardServer();
  const ada = await enter("ada");
  const bob = await net.connect("/board");
  await all.send("cursor", "1", { volatile });
  await all.send("tick", undefined, { volatile });
  await all.send("posted", "a");
  expect([await receiveFrame(ada), await receiveFrame(ada), await receiveFrame(ada)]).toEqual([
    { t: "event", name: "cursor", data: "1" },
    { t: "event", name: "tick" },
    { t: "said", room: "all", o: 1, p: 0, name: "posted", data: "a" },
  ]);
  expect([await receiveFrame(bob), await receiveFrame(bob)]).toEqual([
    { t: "event", name: "cursor", data: "1" },
    { t: "event", name: "tick" },
  ]);
  for (const socket of [ada, bob]) socket.close();
});

test("a client that was disconnected does not receive it later, and gets no gap", async () => {
  const { net, all } = startBoardServer();
  const first = await net.connect("/board", { protocols: ["symbolon.v1.json"] });
  first.send(hi);
  const { sid, rt, ep: session } = (await receiveFrame(first)) as Record<string, string>;
  const { ep, proof } = (await receiveFrame(first)) as { ep: string; proof: string };
  net.drop();
  await first.closed;
  await all.send("cursor", "1", { volatile });
  const resume = { sid, rt, ep: session, rx: 0, tx0: 1 };
  const back = await openSession(net, "/board", {
    ...hi,
    att: 2,
    resume,
    rooms: [["all", ep, 0, 0, proof]],
  });
  await all.send("posted", "a");
  expect([await receiveFrame(back), await receiveFrame(back)]).toEqual([
    { t: "room", room: "all", ep, off: 0, from: 0, proof },
    { t: "said", room: "all", o: 1, p: 0, name: "posted", data: "a" },
  ]);
  back.close();
});

test("call.room sends it when the handler has finished, and drops it when the handler throws", async () => {
  const { enter } = startBoardServer();
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  ada.send({ s: 1, t: "event", name: "move", data: "wrong", q: 1 });
  expect(await receiveFrame(ada)).toMatchObject({ t: "error", re: 1, code: "NO" });
  ada.send({ s: 2, t: "event", name: "move", data: "right" });
  expect([await receiveFrame(bob), await receiveFrame(bob)]).toEqual([
    { t: "event", name: "cursor", data: "right" },
    { t: "said", room: "all", o: 1, p: 0, name: "posted", data: "right" },
  ]);
  expect(await receiveFrame(ada)).toMatchObject({ t: "said", data: "right" }); // not its own cursor
  for (const socket of [ada, bob]) socket.close();
});

test("no store gets it, and it counts to no bound", async () => {
  const store = memoryStore();
  const append = vi.spyOn(store.rooms, "append");
  const hasCapacity = vi.spyOn(store.rooms, "hasCapacity");
  const commit = vi.spyOn(store.sessions, "commit");
  const { all, enter } = startBoardServer({ store });
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  hasCapacity.mockClear();
  await all.send("cursor", "1", { volatile });
  ada.send({ s: 1, t: "event", name: "move", data: "2" });
  expect([await receiveFrame(bob), await receiveFrame(bob)]).toMatchObject([{ data: "1" }, { data: "2" }]);
  await vi.waitFor(() => expect(commit).toHaveBeenCalled(), waitOptions);
  await flushPromises();
  expect(append).not.toHaveBeenCalled();
  const recorded = commit.mock.calls.flatMap(([, { roomMessages = [] }]) => roomMessages);
  expect(recorded.map(({ message }) => message.name)).toEqual(["posted"]);
  expect(hasCapacity).toHaveBeenCalledOnce(); // for "posted"
  for (const socket of [ada, bob]) socket.close();
});

test("data that the codec cannot write throws, though no member is there", () => {
  const { all } = startBoardServer();
  const circle: unknown[] = [];
  circle.push(circle);
  expect(() => all.send("cursor", circle as never, { volatile })).toThrow(TypeError);
});
