/** Rooms of contracts that remember nothing. */
import { contract } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { hello, openSession, receiveFrame } from "../session/connect-session.ts";

const chat = contract("/chat", { client: { post: z.string() }, server: { posted: z.string() } });

function startForgetfulServer(options: AppOptions = {}) {
  const app = createApp({ onError: () => {}, ...options });
  const service = app.implement(chat, { rooms: { memory: false } }, (peer, { room, service: own }) => {
    room("lobby").join(peer);
    own.room("lobby").send("posted", "welcome");
    return { post: (text, call) => void call.room("lobby").send("posted", text) };
  });
  return { lobby: service.room("lobby"), net: testNetwork(app) };
}

const hi = { ...hello, w: 256, wb: 2 ** 20 };

test("a new member receives what its own setup sends, and nothing from before", async () => {
  const { net, lobby } = startForgetfulServer();
  lobby.send("posted", "before");
  const ada = await openSession(net, "/chat", hi);
  expect(await receiveFrame(ada)).toMatchObject({ t: "room", room: "lobby", off: 1 });
  expect(await receiveFrame(ada)).toEqual({
    t: "said",
    room: "lobby",
    o: 2,
    p: 1,
    name: "posted",
    data: "welcome",
  });
  ada.close();
});

test("a client that was disconnected receives a gap for what it missed, and then each message", async () => {
  const { net, lobby } = startForgetfulServer();
  const first = await net.connect("/chat", { protocols: ["symbolon.v1.json"] });
  first.send(hi);
  const { sid, rt, ep: session } = (await receiveFrame(first)) as Record<string, string>;
  const { ep, proof } = (await receiveFrame(first)) as { ep: string; proof: string };
  await receiveFrame(first);
  net.drop();
  await first.closed;
  for (const text of ["a", "b"]) lobby.send("posted", text);
  const resume = { sid, rt, ep: session, rx: 0, tx0: 1 };
  const rooms = [["lobby", ep, 1, 0, proof]];
  const back = await openSession(net, "/chat", { ...hi, att: 2, resume, rooms });
  lobby.send("posted", "c");
  expect([await receiveFrame(back), await receiveFrame(back), await receiveFrame(back)]).toEqual([
    { t: "room", room: "lobby", ep, off: 1, from: 0, proof },
    { t: "gap", room: "lobby", from: 2, to: 3, why: "trimmed" },
    { t: "said", room: "lobby", o: 4, p: 3, name: "posted", data: "c" },
  ]);
  back.close();
});

describe("a broadcast", () => {
  test("leaves nothing in the log", async () => {
    const store = memoryStore();
    const { lobby } = startForgetfulServer({ store });
    for (let n = 0; n < 10; n += 1) await lobby.send("posted", "x".repeat(1_000));
    const key = JSON.stringify(["/chat", "lobby"]);
    expect(await store.rooms.read(key, {}, 10_000)).toMatchObject({ offset: 10, entries: [] });
  });

  test("of a client is not refused when the rooms keep too much", async () => {
    const { net } = startForgetfulServer({ limits: { historyBytes: 8_192 } });
    const ada = await openSession(net, "/chat", hi);
    await receiveFrame(ada);
    await receiveFrame(ada);
    ada.send({ s: 1, t: "event", name: "post", data: "x".repeat(20_000), q: 1 });
    expect(await receiveFrame(ada)).toMatchObject({ t: "said", data: "x".repeat(20_000) });
    ada.close();
  });
});

test("rooms that remember nothing do not conflate", () => {
  const rooms = { memory: false, slow: { conflate: () => 0 } } as const;
  expect(() => createApp().implement(chat, { rooms }, () => ({ post() {} }))).toThrow(
    new TypeError(
      "rooms.slow.conflate chooses from what a room remembers, and rooms.memory is false: leave out one of them",
    ),
  );
});

test.each([
  [{ keep: 100 }, 'rooms has no option "keep": its options are memory, slow, perPeer'],
  [
    { memory: { size: 5 } },
    'rooms.memory has no option "size": its options are messages, ms, bytes, newMembers',
  ],
  ["remember", 'rooms must be an object with the options memory, slow, perPeer, not "remember"'],
])("implement with rooms %j is a TypeError that names the options", (rooms, message) => {
  expect(() => createApp().implement(chat, { rooms: rooms as never }, () => ({ post() {} }))).toThrow(
    new TypeError(message),
  );
});
