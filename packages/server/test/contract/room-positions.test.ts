import { contract } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { identity } from "../../src/request/identity.ts";
import { fileStore } from "../../src/store/file/file-store.ts";
import type { Store } from "../../src/store/store.ts";
import { testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { hello, keyOf, connectSession, receiveFrame } from "../session/connect-session.ts";
import { temporaryDirectory } from "../store/file/directories.ts";

const chat = contract("/chat", {
  client: { join: z.string(), leave: z.string(), post: z.string() },
  server: { posted: z.string() },
});

/** Starts a chat that each client joins by `join`. A token names the principal. */
function startChat(store?: Store) {
  const app = createApp({ onError: () => {}, ...(store && { store }) });
  const service = app
    .group(({ token }) => (token === undefined ? undefined : identity({ principal: token })))
    .implement(chat, (peer, { room }) => ({
      join: (name) => room(name).join(peer),
      leave: (name) => room(name).leave(peer),
      post: (text, { room: own }) => void own("lobby").send("posted", text),
    }));
  return { app, service, net: testNetwork(app) };
}

type Chat = ReturnType<typeof startChat>;
type Position = readonly [room: string, ep: string, off: number, from: number, proof: string];

/** Opens a session, with positions from an earlier one. */
async function open({ net }: Chat, own: object = {}, rooms: readonly Position[] = []): Promise<TestSocket> {
  const socket = await connectSession(net, "/chat", { ...hello, ...own, rooms });
  expect(await receiveFrame(socket)).toMatchObject({ t: "welcome" });
  return socket;
}

/** Joins the lobby, and returns the position that the server gives. */
async function join(socket: TestSocket): Promise<Position> {
  socket.send({ t: "event", name: "join", data: "lobby" });
  return readPosition(await receiveFrame(socket));
}

function readPosition(frame: unknown): Position {
  const { t, room, ep, off, from, proof } = frame as {
    t: string;
    room: string;
    ep: string;
    off: number;
    from: number;
    proof: string;
  };
  expect({ t, room }).toEqual({ t: "room", room: "lobby" });
  return [room, ep, off, from, proof];
}

/** Ends a session whose client does not come back to it. */
async function end({ net }: Chat, socket: TestSocket): Promise<void> {
  socket.send({ t: "bye" });
  await socket.closed;
  await net.settled();
}

/** Sends messages in the lobby, and waits until its log has them. */
async function post({ service }: Chat, ...texts: string[]): Promise<void> {
  for (const text of texts) await service.room("lobby").send("posted", text);
}

const said = (o: number, data: string) => ({ t: "said", room: "lobby", o, p: o - 1, name: "posted", data });
const trimmed = (from: number, to: number) => ({ t: "gap", room: "lobby", from, to, why: "trimmed" });
const eve = { key: keyOf("eve") };

describe("a client that sends a position in a room", () => {
  test("and was never a member receives nothing from before it joined, and a gap first", async () => {
    const server = startChat();
    const ada = await open(server);
    const [room, ep] = await join(ada);
    await post(server, "a", "b", "c");
    const attacker = await open(server, eve, [[room, ep, 0, 0, ""]]);
    attacker.send({ t: "event", name: "join", data: "lobby" });
    expect(await receiveFrame(attacker)).toEqual(trimmed(1, 3));
    expect(readPosition(await receiveFrame(attacker)).slice(2, 4)).toEqual([3, 3]);
    await post(server, "d");
    expect(await receiveFrame(attacker)).toEqual(said(4, "d"));
  });

  test.each<[string, object, object]>([
    ["of another instance", {}, eve],
    ["of another principal", { auth: "ada" }, { auth: "eve" }],
    ["of a principal, and has none", { auth: "ada" }, {}],
    ["of an instance, and has a principal", {}, { auth: hello.key }],
  ])("with the proof %s, receives nothing from before it joined", async (_whose, owner, other) => {
    const server = startChat();
    const ada = await open(server, owner);
    const proven = await join(ada);
    await post(server, "a", "b");
    const attacker = await open(server, other, [proven]);
    attacker.send({ t: "event", name: "join", data: "lobby" });
    expect(await receiveFrame(attacker)).toEqual(trimmed(1, 2));
    expect(readPosition(await receiveFrame(attacker)).slice(2, 4)).toEqual([2, 2]);
  });

  test.each<[string, (position: Position) => Position]>([
    ["an offset before its proof", ([room, ep, off, from, proof]) => [room, ep, off - 1, from, proof]],
    ["another start than its proof", ([room, ep, , from, proof]) => [room, ep, 0, from - 1, proof]],
    ["a part of its proof", ([room, ep, off, from, proof]) => [room, ep, off, from, proof.slice(1)]],
    ["a proof with more", ([room, ep, off, from, proof]) => [room, ep, off, from, `${proof}A`]],
  ])("and %s, receives nothing from before it joins again", async (_what, change) => {
    const server = startChat();
    await post(server, "before");
    const first = await open(server);
    const proven = await join(first);
    expect(proven.slice(2, 4)).toEqual([1, 1]);
    await end(server, first);
    await post(server, "missed");
    const back = await open(server, {}, [change(proven)]);
    back.send({ t: "event", name: "join", data: "lobby" });
    expect(await receiveFrame(back)).toMatchObject({ t: "gap", to: 2, why: "trimmed" });
    expect(readPosition(await receiveFrame(back)).slice(2, 4)).toEqual([2, 2]);
  });

  test.each<[string, object, object]>([
    ["an instance", {}, {}],
    ["a principal on another device", { auth: "ada" }, { auth: "ada", ...eve }],
  ])(
    "with a proof of %s continues there in another session, and the proof stays valid",
    async (_w, owner, again) => {
      const server = startChat();
      await post(server, "before");
      const first = await open(server, owner);
      const proven = await join(first);
      await end(server, first);
      for (const offset of [2, 4]) {
        await post(server, `${offset}`, `${offset + 1}`);
        const [room, ep, , from, proof] = proven;
        const back = await open(server, again, [[room, ep, offset, from, proof]]);
        back.send({ t: "event", name: "join", data: "lobby" });
        expect(readPosition(await receiveFrame(back))).toEqual([room, ep, offset, from, proof]);
        expect(await receiveFrame(back)).toEqual(said(offset + 1, `${offset + 1}`));
        await end(server, back);
      }
    },
  );

  test("that left the room cannot continue from before it left, in any later session", async () => {
    const server = startChat();
    const first = await open(server);
    const before = await join(first);
    first.send({ t: "event", name: "leave", data: "lobby" });
    expect(await receiveFrame(first)).toEqual({ t: "room", room: "lobby" });
    const again = await join(first);
    expect(again.slice(0, 4)).toEqual(before.slice(0, 4));
    expect(again[4]).not.toBe(before[4]);
    await end(server, first);
    await post(server, "a");
    for (const [position, received] of [
      [before, trimmed(1, 1)],
      [again, { t: "room", off: 0, proof: again[4] }],
    ] as const) {
      const back = await open(server, {}, [position]);
      back.send({ t: "event", name: "join", data: "lobby" });
      expect(await receiveFrame(back)).toMatchObject(received);
      await end(server, back);
    }
  });

  test("with a proof continues on a server that opened the store of another", async () => {
    const directory = await temporaryDirectory();
    const before = await fileStore({ directory });
    const first = startChat(before);
    const ada = await open(first);
    const left = await open(first, eve);
    const [proven, void_] = [await join(ada), await join(left)];
    left.send({ t: "event", name: "leave", data: "lobby" });
    expect(await receiveFrame(left)).toEqual({ t: "room", room: "lobby" });
    for (const socket of [ada, left]) await end(first, socket);
    await post(first, "a");
    await first.app.end();
    await before.close();
    const store = await fileStore({ directory });
    const next = startChat(store);
    const back = await open(next, {}, [proven]);
    back.send({ t: "event", name: "join", data: "lobby" });
    expect(readPosition(await receiveFrame(back))).toEqual(proven);
    expect(await receiveFrame(back)).toEqual(said(1, "a"));
    const refused = await open(next, eve, [void_]);
    refused.send({ t: "event", name: "join", data: "lobby" });
    expect(await receiveFrame(refused)).toEqual(trimmed(1, 1));
    await next.app.end();
    await store.close();
  });
});

// S23
describe("the name of a room", () => {
  test("has 200 bytes at most; a client in 100 rooms of such names resumes its session", async () => {
    const server = startChat();
    const auth = "t".repeat(8_000);
    const socket = await connectSession(server.net, "/chat", { ...hello, auth });
    const { sid, rt, ep } = (await receiveFrame(socket)) as Record<string, string>;
    const rooms: Position[] = [];
    for (let n = 100; n < 200; n += 1) {
      socket.send({ t: "event", name: "join", data: `${n}a${'"'.repeat(98)}` });
      const {
        room,
        proof,
        ep: epoch,
      } = (await receiveFrame(socket)) as Record<"room" | "proof" | "ep", string>;
      rooms.push([room, epoch, 2 ** 53 - 1, 2 ** 53 - 1, proof]);
    }
    server.net.drop();
    const resume = { sid, rt, ep, rx: 0, tx0: 101 };
    const back = await connectSession(server.net, "/chat", { ...hello, att: 2, auth, resume, rooms });
    expect(await receiveFrame(back)).toMatchObject({ t: "welcome", state: "resumed" });
    back.close();
  });

  test.each([
    ["é".repeat(101), "the name of a room has at most 200 bytes"],
    ['"'.repeat(101), "the name of a room has at most 200 bytes"],
    ["a\r\nb", "the name of a room has no control character and no *"],
    ["\0", "the name of a room has no control character and no *"],
    ["all.*", "the name of a room has no control character and no *"],
  ])("is not %j: the client that chose it receives the error", async (name, message) => {
    const server = startChat();
    const socket = await open(server);
    socket.send({ t: "event", name: "join", data: name, q: 1 });
    expect(await receiveFrame(socket)).toEqual({ t: "error", re: 1, code: "INVALID_ROOM", message });
    socket.close();
  });

  test.each(["", "lobby", "Zürich #1", "a/b:c.d-e_f", "é".repeat(100), "🎲"])("may be %j", async (name) => {
    const server = startChat();
    const socket = await open(server);
    socket.send({ t: "event", name: "join", data: name });
    expect(await receiveFrame(socket)).toMatchObject({ t: "room", room: name });
    socket.close();
  });
});
