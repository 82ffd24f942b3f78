import { contract } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { Clock } from "../../src/timing/clock.ts";
import { Peer } from "../../src/contract/peer.ts";
import type { RoomsOptions } from "../../src/contract/setup.ts";
import { type TestSocket, testNetwork } from "../../src/testing/index.ts";
import { enter, frame, hello } from "../session/frames.ts";
import { quiet } from "../rooms/outlets.ts";

const chat = contract("/chat/:room", {
  client: { say: z.string(), join: z.string(), leave: z.string() },
  server: { said: z.string(), left: z.string() },
});

const hi = { ...hello, w: 256, wb: 2 ** 20 };

function served(rooms: RoomsOptions<typeof chat> = {}, options: AppOptions = {}) {
  const clock = new Clock();
  const app = createApp({ clock, onError: () => {}, ...options });
  const service = app.implement(chat, { rooms }, async function* (peer, { params, query, room }) {
    const name = String(query["name"]);
    const since = query["since"] === undefined ? {} : { since: Number(query["since"]) };
    room(params.room).join(peer, since);
    yield {
      say: (text, call) => void call.room(params.room).send("said", text, { except: peer }),
      join: (other) => room(other).join(peer),
      leave: (other) => room(other).leave(peer),
    };
    room(params.room).send("left", name);
  });
  return { service, clock, net: testNetwork(app) };
}

/** A client in a room, when its membership was told; a session without `cid` is the client's of that name. */
async function inside(net: ReturnType<typeof testNetwork>, name: string, more = ""): Promise<TestSocket> {
  const socket = await enter(net, `/chat/lobby?name=${name}${more}`, { ...hi, cid: name });
  expect(await frame(socket)).toMatchObject({ t: "room", room: "lobby" });
  return socket;
}

const event = (name: string, data: string) => ({ t: "event", name, data });

/** The next things that a socket is told, but for acknowledgements. */
async function next(socket: TestSocket, count: number): Promise<unknown[]> {
  const heard: unknown[] = [];
  while (heard.length < count) {
    const one = (await frame(socket)) as { t: string };
    if (one.t !== "ack") heard.push(one);
  }
  return heard;
}

describe("a room of a contract", () => {
  test("is the same for session and plain clients", async () => {
    const { net, service } = served();
    const ada = await inside(net, "ada");
    const bob = await net.connect("/chat/lobby?name=bob");
    ada.send({ s: 1, ...event("say", "hello") });
    expect(await frame(bob)).toEqual(event("said", "hello"));
    bob.send(event("say", "hi"));
    const [skipped, said] = await next(ada, 2);
    expect(skipped).toEqual({ t: "skip", room: "lobby", o: 1, p: 0 });
    expect(said).toEqual({ t: "said", room: "lobby", o: 2, p: 1, name: "said", data: "hi" });
    expect(service.room("lobby").size).toBe(2);
    ada.send({ t: "bye" });
    expect(await frame(bob)).toEqual(event("left", "ada"));
    expect(service.room("lobby").size).toBe(1);
    bob.close();
  });

  test("can be watched, and spoken to, from anywhere", async () => {
    const { net, service } = served();
    const changes = new BoundedQueue<string>();
    const lobby = service.room("lobby");
    lobby.subscribe(({ type: is, member }) => changes.push(`${is} ${member instanceof Peer}`));
    const ada = await inside(net, "ada");
    expect(await changes.pull()).toBe("joined true");
    await lobby.send("said", "back in 5");
    expect(await frame(ada)).toMatchObject({ t: "said", data: "back in 5" });
    ada.send({ t: "bye" });
    expect(await changes.pull()).toBe("left true");
  });

  test("has one member of a name, which is its own in each contract", async () => {
    const app = createApp();
    const other = contract("/other", { server: { said: z.string() } });
    const join = app.implement(other, (peer, { room }) => {
      room("lobby").join(peer);
      return {};
    });
    const elsewhere = app.implement(contract("/elsewhere", { server: { said: z.string() } }), () => ({}));
    const net = testNetwork(app);
    const ada = await net.connect("/other");
    elsewhere.room("lobby").send("said", "not here");
    join.room("lobby").send("said", "here");
    expect(await frame(ada)).toEqual(event("said", "here"));
    ada.close();
  });

  test("is joined before what is said next, and left before what is said then", async () => {
    const { net, service } = served();
    const ada = await inside(net, "ada");
    ada.send({ s: 1, ...event("join", "attic") });
    const [joined] = await next(ada, 1);
    expect(joined).toEqual({ t: "room", room: "attic", ep: expect.any(String), off: 0 });
    service.room("attic").send("said", "a");
    ada.send({ s: 2, ...event("leave", "attic") });
    const [said, left] = await next(ada, 2);
    expect([said, left]).toMatchObject([{ data: "a", o: 1 }, {}]);
    expect(left).toEqual({ t: "room", room: "attic" });
    service.room("attic").send("said", "b");
    service.room("lobby").send("said", "c");
    expect(await next(ada, 1)).toMatchObject([{ room: "lobby", data: "c" }]);
    ada.close();
  });

  test("refuses a client that is in too many", async () => {
    const { net, service } = served({ perPeer: 2 });
    const ada = await inside(net, "ada");
    ada.send({ s: 1, ...event("join", "attic") });
    ada.send({ s: 2, ...event("join", "cellar"), q: 1 });
    const [, refused] = await next(ada, 2);
    expect(refused).toMatchObject({ t: "error", re: 1, code: "TOO_MANY_ROOMS" });
    expect([service.room("attic").size, service.room("cellar").size]).toEqual([1, 0]);
    ada.close();
  });

  test.each([{ keep: { messages: 0, seconds: 1 } }, { keep: { messages: 1, seconds: NaN } }, { perPeer: 0 }])(
    "is not made with the bound %j",
    (rooms) => {
      expect(() =>
        createApp().implement(chat, { rooms }, () => ({ say() {}, join() {}, leave() {} })),
      ).toThrow(RangeError);
    },
  );

  test("takes nothing that its codec cannot write", () => {
    const { service } = served();
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => service.room("lobby").send("said", circle as never)).toThrow(TypeError);
  });
});

describe("a client that comes back", () => {
  /** A client in the lobby, and the history that it counts in. */
  async function there() {
    const all = served();
    const ada = await enter(all.net, "/chat/lobby?name=ada", hi);
    const { ep } = (await frame(ada)) as { ep: string };
    return { ...all, ada, ep };
  }

  test("goes on where it was, in each room that it is in; others it is to forget", async () => {
    const { net, service } = served();
    const knocking = await net.connect("/chat/lobby?name=ada", { protocols: ["symbolon.v1.json"] });
    knocking.send(hi);
    const { sid, rt, ep: session } = (await frame(knocking)) as Record<string, string>;
    const { ep } = (await frame(knocking)) as { ep: string };
    knocking.send({ s: 1, ...event("join", "attic") });
    await next(knocking, 1);
    knocking.send({ s: 2, ...event("leave", "attic") });
    await next(knocking, 1);
    const lobby = service.room("lobby");
    for (const text of ["a", "b"]) lobby.send("said", text);
    net.drop();
    await knocking.closed;
    lobby.send("said", "c");
    const rooms = [
      ["lobby", ep, 1],
      ["attic", "whichever", 7],
    ];
    const resume = { sid, rt, ep: session, rx: 0, tx0: 3 };
    const back = await enter(net, "/chat/lobby?name=ada", { ...hi, att: 2, resume, rooms });
    expect(await next(back, 4)).toEqual([
      { t: "room", room: "attic" },
      { t: "room", room: "lobby", ep, off: 1 },
      { t: "said", room: "lobby", o: 2, p: 1, name: "said", data: "b" },
      { t: "said", room: "lobby", o: 3, p: 2, name: "said", data: "c" },
    ]);
    expect(lobby.size).toBe(1);
    back.close();
  });

  test("goes on where it was in a new session too, in rooms that it joins again", async () => {
    const { net, service, ada, ep } = await there();
    const lobby = service.room("lobby");
    for (const text of ["a", "b"]) lobby.send("said", text);
    ada.send({ t: "bye" });
    await ada.closed;
    await net.settled();
    const rooms = [
      ["lobby", ep, 1],
      ["attic", "another", 3],
    ];
    const back = await enter(net, "/chat/lobby?name=ada", { ...hi, cid: "again", rooms });
    expect(await next(back, 3)).toMatchObject([{ t: "room", off: 1 }, { data: "b" }, { data: "ada" }]);
    service.room("attic").send("said", "c");
    back.send({ s: 1, ...event("join", "attic") });
    const [gap, joined] = await next(back, 2);
    expect(joined).toMatchObject({ t: "room", room: "attic", off: 1 });
    expect(gap).toEqual({ t: "gap", room: "attic", from: 0, to: 1, why: "epoch" });
    back.close();
  });
});

describe("a newcomer", () => {
  test("is told nothing of the past", async () => {
    const { net, service } = served();
    service.room("lobby").send("said", "before");
    const ada = await inside(net, "ada");
    service.room("lobby").send("said", "a");
    expect(await next(ada, 1)).toMatchObject([{ data: "a", p: 1 }]);
    ada.close();
  });

  test.each([
    ["as many messages as it keeps", "", 5, ["b", "c"]],
    ["of as many seconds as it keeps", "", 31, ["c"]],
    ["no more than it asks for", "&since=20000", 5, ["c"]],
    ["nothing, when it asks for that", "&since=0", 5, []],
    ["no more than it keeps, whatever it asks for", "&since=1000000", 31, ["c"]],
  ])("is told %s, where a room keeps something", async (_, more, seconds, told) => {
    const { net, service, clock } = served({ keep: { messages: 2, seconds: 60 } });
    const lobby = service.room("lobby");
    lobby.send("said", "a");
    lobby.send("said", "b");
    clock.advance(30_000);
    lobby.send("said", "c");
    clock.advance(seconds * 1_000);
    const ada = await inside(net, "ada", more);
    lobby.send("said", "now");
    const heard = (await next(ada, told.length + 1)) as { data: string }[];
    expect(heard.map(({ data }) => data)).toEqual([...told, "now"]);
    ada.close();
  });

  test("who is plain is told it too", async () => {
    const { net, service } = served({ keep: { messages: 10, seconds: 60 } });
    service.room("lobby").send("said", "a");
    const ada = await net.connect("/chat/lobby?name=ada");
    expect(await frame(ada)).toEqual(event("said", "a"));
    ada.close();
  });

  test("finds nothing of a room that nobody has used for long", async () => {
    const { net, service, clock } = served();
    const ada = await enter(net, "/chat/lobby?name=ada", hi);
    const { ep } = (await frame(ada)) as { ep: string };
    ada.send({ t: "bye" });
    await ada.closed;
    await net.settled();
    for (let n = 0; n < 4; n += 1) {
      clock.advance(120_000);
      await quiet();
    }
    const bob = await enter(net, "/chat/lobby?name=bob", { ...hi, cid: "bob" });
    expect(await frame(bob)).not.toMatchObject({ ep });
    service.room("lobby").send("said", "a");
    expect(await next(bob, 1)).toMatchObject([{ o: 1, p: 0 }]);
    bob.close();
  });
});
