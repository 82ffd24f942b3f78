import { contract } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { Clock } from "../../src/timing/clock.ts";
import { Peer } from "../../src/contract/peer.ts";
import type { RoomsOptions } from "../../src/contract/contract-room.ts";
import { type TestSocket, testNetwork } from "../../src/testing/index.ts";
import { openSession, receiveFrame, hello, keyOf } from "../session/connect-session.ts";
import { flushPromises } from "../flush-promises.ts";

const chat = contract("/chat/:room", {
  client: { post: z.string(), join: z.string(), leave: z.string() },
  server: { posted: z.string(), left: z.string() },
});

const hi = { ...hello, w: 256, wb: 2 ** 20 };

function startRoomServer(rooms: RoomsOptions<typeof chat> = {}, options: AppOptions = {}) {
  const clock = new Clock();
  const app = createApp({ clock, onError: () => {}, ...options });
  const service = app.implement(
    chat,
    { rooms },
    async function* (peer, { params, query, room, service: own }) {
      const name = String(query["name"]);
      const since = query["since"] === undefined ? {} : { since: Number(query["since"]) };
      room(params.room).join(peer, since);
      yield {
        post: (text, call) => void call.room(params.room).send("posted", text, { except: peer }),
        join: (other) => room(other).join(peer),
        leave: (other) => room(other).leave(peer),
      };
      own.room(params.room).send("left", name);
    },
  );
  return { service, clock, net: testNetwork(app) };
}

/** Opens the session of a client with that name, and waits until it is in the lobby. */
async function enterLobby(net: ReturnType<typeof testNetwork>, name: string, more = ""): Promise<TestSocket> {
  const socket = await openSession(net, `/chat/lobby?name=${name}${more}`, { ...hi, key: keyOf(name) });
  expect(await receiveFrame(socket)).toMatchObject({ t: "room", room: "lobby" });
  return socket;
}

const event = (name: string, data: string) => ({ t: "event", name, data });

/** Receives frames that are not acknowledgements. */
async function receiveFrames(socket: TestSocket, count: number): Promise<unknown[]> {
  const frames: unknown[] = [];
  while (frames.length < count) frames.push(await receiveFrame(socket));
  return frames;
}

describe("a room of a contract", () => {
  test("is the same for session and plain clients", async () => {
    const { net, service } = startRoomServer();
    const ada = await enterLobby(net, "ada");
    const bob = await net.connect("/chat/lobby?name=bob");
    ada.send({ s: 1, ...event("post", "hello") });
    expect(await receiveFrame(bob)).toEqual(event("posted", "hello"));
    bob.send(event("post", "hi"));
    const [skipped, roomMessage] = await receiveFrames(ada, 2);
    expect(skipped).toEqual({ t: "skip", room: "lobby", o: 1, p: 0 });
    expect(roomMessage).toEqual({ t: "said", room: "lobby", o: 2, p: 1, name: "posted", data: "hi" });
    expect(service.room("lobby").size).toBe(2);
    ada.send({ t: "bye" });
    expect(await receiveFrame(bob)).toEqual(event("left", "ada"));
    expect(service.room("lobby").size).toBe(1);
    bob.close();
  });

  test("can be subscribed to, and sent to, from anywhere", async () => {
    const { net, service } = startRoomServer();
    const changes = new BoundedQueue<string>();
    const lobby = service.room("lobby");
    lobby.subscribe(({ type: is, member }) => changes.push(`${is} ${member instanceof Peer}`));
    const ada = await enterLobby(net, "ada");
    expect(await changes.pull()).toBe("joined true");
    await lobby.send("posted", "back in 5");
    expect(await receiveFrame(ada)).toMatchObject({ t: "said", data: "back in 5" });
    ada.send({ t: "bye" });
    expect(await changes.pull()).toBe("left true");
  });

  // CVE-2023-35391
  test("is not the room of the same name in another contract", async () => {
    const app = createApp();
    const other = contract("/other", { server: { posted: z.string() } });
    const join = app.implement(other, (peer, { room }) => {
      room("lobby").join(peer);
      return {};
    });
    const elsewhere = app.implement(contract("/elsewhere", { server: { posted: z.string() } }), () => ({}));
    const net = testNetwork(app);
    const ada = await net.connect("/other");
    elsewhere.room("lobby").send("posted", "not here");
    join.room("lobby").send("posted", "here");
    expect(await receiveFrame(ada)).toEqual(event("posted", "here"));
    ada.close();
  });

  test("sends a member the messages between its join and its leave, and reports both", async () => {
    const { net, service } = startRoomServer();
    const ada = await enterLobby(net, "ada");
    ada.send({ s: 1, ...event("join", "attic") });
    const [joined] = await receiveFrames(ada, 1);
    expect(joined).toEqual({
      t: "room",
      room: "attic",
      ep: expect.any(String),
      off: 0,
      from: 0,
      proof: expect.stringMatching(/^[\w-]{22}$/),
    });
    service.room("attic").send("posted", "a");
    ada.send({ s: 2, ...event("leave", "attic") });
    const [roomMessage, left] = await receiveFrames(ada, 2);
    expect([roomMessage, left]).toMatchObject([{ data: "a", o: 1 }, {}]);
    expect(left).toEqual({ t: "room", room: "attic" });
    service.room("attic").send("posted", "b");
    service.room("lobby").send("posted", "c");
    expect(await receiveFrames(ada, 1)).toMatchObject([{ room: "lobby", data: "c" }]);
    ada.close();
  });

  // S23, CVE-2026-35526
  test("refuses a client that is in too many rooms", async () => {
    const { net, service } = startRoomServer({ perPeer: 2 });
    const ada = await enterLobby(net, "ada");
    ada.send({ s: 1, ...event("join", "attic") });
    ada.send({ s: 2, ...event("join", "cellar"), q: 1 });
    expect(await receiveFrames(ada, 2)).toContainEqual(
      expect.objectContaining({
        t: "error",
        re: 1,
        code: "TOO_MANY_ROOMS",
        message:
          "a client is in 2 rooms at most, and would be in 3: leave some, or raise `perPeer` in app.implement(contract, { rooms: { perPeer: 2 } }, setup)",
      }),
    );
    expect([service.room("attic").size, service.room("cellar").size]).toEqual([1, 0]);
    ada.close();
  });

  test.each([{ memory: { messages: 0 } }, { memory: { newMembers: { ms: NaN } } }, { perPeer: 0 }])(
    "is not created with the bound %j",
    (rooms) => {
      expect(() =>
        createApp().implement(chat, { rooms }, () => ({ post() {}, join() {}, leave() {} })),
      ).toThrow(RangeError);
    },
  );

  test("throws for data that its codec cannot write", () => {
    const { service } = startRoomServer();
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => service.room("lobby").send("posted", circle as never)).toThrow(TypeError);
  });
});

describe("a client that reconnects", () => {
  /** Starts a server, with a client in the lobby and the epoch of its position. */
  async function startServerWithAda() {
    const all = startRoomServer();
    const ada = await openSession(all.net, "/chat/lobby?name=ada", hi);
    const { ep, proof } = (await receiveFrame(ada)) as { ep: string; proof: string };
    return { ...all, ada, ep, proof };
  }

  test("resumes at its position in each room; for other rooms it receives that it has left them", async () => {
    const { net, service } = startRoomServer();
    const first = await net.connect("/chat/lobby?name=ada", { protocols: ["symbolon.v1.json"] });
    first.send(hi);
    const { sid, rt, ep: session } = (await receiveFrame(first)) as Record<string, string>;
    const { ep, proof } = (await receiveFrame(first)) as { ep: string; proof: string };
    first.send({ s: 1, ...event("join", "attic") });
    await receiveFrames(first, 1);
    first.send({ s: 2, ...event("leave", "attic") });
    await receiveFrames(first, 1);
    const lobby = service.room("lobby");
    for (const text of ["a", "b"]) lobby.send("posted", text);
    net.drop();
    await first.closed;
    lobby.send("posted", "c");
    const rooms = [
      ["lobby", ep, 1, 0, proof],
      ["attic", "any", 7, 0, "any"],
    ];
    const resume = { sid, rt, ep: session, rx: 0, tx0: 3 };
    const back = await openSession(net, "/chat/lobby?name=ada", { ...hi, att: 2, resume, rooms });
    expect(await receiveFrames(back, 4)).toEqual([
      { t: "room", room: "attic" },
      { t: "room", room: "lobby", ep, off: 1, from: 0, proof },
      { t: "said", room: "lobby", o: 2, p: 1, name: "posted", data: "b" },
      { t: "said", room: "lobby", o: 3, p: 2, name: "posted", data: "c" },
    ]);
    expect(lobby.size).toBe(1);
    back.close();
  });

  test("resumes at its position in a new session too, in rooms that it joins again", async () => {
    const { net, service, ada, ep, proof } = await startServerWithAda();
    const lobby = service.room("lobby");
    for (const text of ["a", "b"]) lobby.send("posted", text);
    ada.send({ t: "bye" });
    await ada.closed;
    await net.settled();
    const rooms = [
      ["lobby", ep, 1, 0, proof],
      ["attic", "another", 3, 0, "any"],
    ];
    const back = await openSession(net, "/chat/lobby?name=ada", { ...hi, rooms });
    expect(await receiveFrames(back, 3)).toMatchObject([
      { t: "room", off: 1 },
      { data: "b" },
      { data: "ada" },
    ]);
    service.room("attic").send("posted", "c");
    back.send({ s: 1, ...event("join", "attic") });
    const [gap, joined] = await receiveFrames(back, 2);
    expect(joined).toMatchObject({ t: "room", room: "attic", off: 1 });
    expect(gap).toEqual({ t: "gap", room: "attic", from: 0, to: 1, why: "epoch" });
    back.close();
  });
});

describe("a new member", () => {
  test("receives no earlier messages", async () => {
    const { net, service } = startRoomServer();
    service.room("lobby").send("posted", "before");
    const ada = await enterLobby(net, "ada");
    service.room("lobby").send("posted", "a");
    expect(await receiveFrames(ada, 1)).toMatchObject([{ data: "a", p: 1 }]);
    ada.close();
  });

  test.each([
    ["as many messages as the room keeps", "", 5_000, ["b", "c"]],
    ["messages as old as the room keeps", "", 31_000, ["c"]],
    ["only messages that are young enough for `since`", "&since=20000", 5_000, ["c"]],
    ["no messages with `since` 0", "&since=0", 5_000, []],
    ["no older messages than the room keeps, whatever `since` is", "&since=1000000", 31_000, ["c"]],
  ])("receives %s", async (_, more, wait, kept) => {
    const { net, service, clock } = startRoomServer({ memory: { newMembers: { messages: 2, ms: 60_000 } } });
    const lobby = service.room("lobby");
    lobby.send("posted", "a");
    lobby.send("posted", "b");
    clock.advance(30_000);
    lobby.send("posted", "c");
    clock.advance(wait);
    const ada = await enterLobby(net, "ada", more);
    lobby.send("posted", "now");
    const frames = (await receiveFrames(ada, kept.length + 1)) as { data: string }[];
    expect(frames.map(({ data }) => data)).toEqual([...kept, "now"]);
    ada.close();
  });

  test("that is plain receives kept messages too", async () => {
    const { net, service } = startRoomServer({ memory: { newMembers: { messages: 10, ms: 60_000 } } });
    service.room("lobby").send("posted", "a");
    const ada = await net.connect("/chat/lobby?name=ada");
    expect(await receiveFrame(ada)).toEqual(event("posted", "a"));
    ada.close();
  });

  test("receives nothing of a room that has not been used for long", async () => {
    const { net, service, clock } = startRoomServer();
    const ada = await openSession(net, "/chat/lobby?name=ada", hi);
    const { ep } = (await receiveFrame(ada)) as { ep: string };
    ada.send({ t: "bye" });
    await ada.closed;
    await net.settled();
    for (let n = 0; n < 4; n += 1) {
      clock.advance(120_000);
      await flushPromises();
    }
    const bob = await openSession(net, "/chat/lobby?name=bob", { ...hi, key: keyOf("bob") });
    expect(await receiveFrame(bob)).not.toMatchObject({ ep });
    service.room("lobby").send("posted", "a");
    expect(await receiveFrames(bob, 1)).toMatchObject([{ o: 1, p: 0 }]);
    bob.close();
  });
});
