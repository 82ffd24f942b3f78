import { contract, request, RequestError, stream } from "@symbolon/protocol";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { SessionCommit } from "../../src/store/session-store.ts";
import type { Store } from "../../src/store/store.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";
import { hello, openSession, receiveFrame } from "../session/connect-session.ts";

const chat = contract("/chat/:room", {
  client: {
    post: z.string(),
    ask: request({ input: z.string(), output: z.string() }),
    follow: stream({ input: z.string(), output: z.string() }),
  },
  server: { posted: z.string() },
});

const event = (name: string, data: string) => ({ t: "event", name, data });

/** Starts a server whose handler of `post` sends to the room as `handle` does. `follow` waits for a gate after its `send`. */
function startLobbyServer(
  handle: (send: (text: string) => PromiseLike<void>) => unknown,
  options: AppOptions = {},
) {
  const app = createApp({ onError: () => {}, ...options });
  const later = vi.fn<(text: string) => void>();
  const followed = gate();
  const service = app.implement(chat, (peer, { room }) => {
    room("lobby").join(peer);
    return {
      post: (text, call) => {
        later.mockImplementation((more) => void call.room("lobby").send("posted", more));
        return handle((more) => call.room("lobby").send("posted", `${text}${more}`));
      },
      ask: async (text, call) => {
        await call.room("lobby").send("posted", text);
        if (text === "wrong") throw new RequestError("NO", "no");
        return "asked";
      },
      follow: async function* (text, call) {
        await call.room("lobby").send("posted", text);
        await followed.passed;
        yield "followed";
        throw new RequestError("NO", "no");
      },
    };
  });
  return { net: testNetwork(app), service, later, followed };
}

test("what a handler sends by call.room is sent in order when the handler has settled; its send settles before", async () => {
  const log: string[] = [];
  const { net, service } = startLobbyServer(async (send) => {
    await send("1");
    await send("2");
    log.push("settled");
  });
  const bob = await net.connect("/chat/lobby");
  bob.send(event("post", "a"));
  expect([await receiveFrame(bob), await receiveFrame(bob)]).toEqual([
    event("posted", "a1"),
    event("posted", "a2"),
  ]);
  expect(log).toEqual(["settled"]);
  service.room("lobby").send("posted", "b");
  expect(await receiveFrame(bob)).toEqual(event("posted", "b"));
  bob.close();
});

test("it is dropped when the handler throws; what the handler sends later is sent at once", async () => {
  const { net, later } = startLobbyServer((send) => {
    void send("1");
    throw new RequestError("NO", "no");
  });
  const bob = await net.connect("/chat/lobby");
  bob.send({ ...event("post", "a"), q: 1 });
  expect(await receiveFrame(bob)).toMatchObject({ t: "error", re: 1, code: "NO" });
  later("after");
  expect(await receiveFrame(bob)).toEqual(event("posted", "after"));
  bob.close();
});

test("what a request handler sends is sent before its reply", async () => {
  const { net } = startLobbyServer(() => {});
  const bob = await net.connect("/chat/lobby");
  bob.send({ t: "request", q: 1, name: "ask", data: "a" });
  expect([await receiveFrame(bob), await receiveFrame(bob)]).toEqual([
    event("posted", "a"),
    { t: "reply", re: 1, data: "asked" },
  ]);
  bob.close();
});

test("what a request handler sends is dropped when it throws", async () => {
  const { net, service } = startLobbyServer(() => {});
  const bob = await net.connect("/chat/lobby");
  bob.send({ t: "request", q: 1, name: "ask", data: "wrong" });
  expect(await receiveFrame(bob)).toMatchObject({ t: "error", re: 1, code: "NO" });
  service.room("lobby").send("posted", "b");
  expect(await receiveFrame(bob)).toEqual(event("posted", "b"));
  bob.close();
});

test("what a stream handler sends is sent at once, also when the handler throws later", async () => {
  const { net, followed } = startLobbyServer(() => {});
  const bob = await net.connect("/chat/lobby");
  bob.send({ t: "stream", q: 1, name: "follow", data: "a" });
  expect(await receiveFrame(bob)).toEqual(event("posted", "a"));
  followed.open();
  expect(await receiveFrame(bob)).toMatchObject({ t: "next", re: 1, data: "followed" });
  expect(await receiveFrame(bob)).toMatchObject({ t: "error", re: 1, code: "NO" });
  bob.close();
});

/** A store in memory, and what it commits. */
function createRecordedStore(): { readonly store: Store; readonly commits: SessionCommit[] } {
  const memory = memoryStore();
  const commits: SessionCommit[] = [];
  const commit: Store["sessions"]["commit"] = (claim, record) => {
    commits.push(record);
    return memory.sessions.commit(claim, record);
  };
  return { store: { ...memory, sessions: { ...memory.sessions, commit } }, commits };
}

test("the store records what an event handler sends together with the event", async () => {
  const { store, commits } = createRecordedStore();
  const { net } = startLobbyServer((send) => send("1"), { store });
  await using ada = await openSession(net, "/chat/lobby", hello);
  ada.send(event("post", "a"));
  expect(await receiveFrame(ada)).toMatchObject({ t: "room" });
  expect(await receiveFrame(ada)).toMatchObject({ t: "said", data: "a1" });
  expect(commits.filter(({ roomMessages = [] }) => roomMessages.length > 0)).toMatchObject([
    {
      received: { upTo: 1, pending: [] },
      roomMessages: [{ message: { name: "posted", data: '{"name":"posted","data":"a1"}' } }],
    },
  ]);
});

test("the store records what a request handler sends together with the reply", async () => {
  const { store, commits } = createRecordedStore();
  const { net } = startLobbyServer(() => {}, { store });
  await using ada = await openSession(net, "/chat/lobby", hello);
  ada.send({ t: "request", q: 1, name: "ask", data: "a" });
  const frames = [await receiveFrame(ada), await receiveFrame(ada), await receiveFrame(ada)];
  expect(frames).toContainEqual({ t: "reply", re: 1, data: "asked" });
  expect(commits.filter(({ roomMessages = [] }) => roomMessages.length > 0)).toMatchObject([
    {
      outgoing: [{ sequence: 1, data: expect.stringContaining('"t":"reply"') }],
      roomMessages: [{ message: { name: "posted", data: '{"name":"posted","data":"a"}' } }],
    },
  ]);
});

test("when the log fails for a part of what a handler sent, the message fails and the app learns how many are lost", async () => {
  const store = memoryStore();
  const append = store.rooms.append.bind(store.rooms);
  const full = new Error("the store is full");
  vi.spyOn(store.rooms, "append").mockImplementation((room, message, keep) =>
    String(message.data).includes("a2") ? Promise.reject(full) : append(room, message, keep),
  );
  const onError = vi.fn<(error: unknown) => void>();
  const { net } = startLobbyServer(
    async (send) => {
      for (const text of ["1", "2", "3"]) await send(text);
    },
    { store, onError },
  );
  const bob = await net.connect("/chat/lobby");
  bob.send({ ...event("post", "a"), q: 1 });
  expect([await receiveFrame(bob), await receiveFrame(bob)]).toEqual([
    event("posted", "a1"),
    event("posted", "a3"),
  ]);
  expect(await receiveFrame(bob)).toMatchObject({ t: "error", re: 1, code: "INTERNAL" });
  const lost =
    "1 of the 3 messages that a handler sent in rooms may be lost, and the others are sent: the store has failed";
  expect(onError.mock.calls.map(([error]) => error)).toEqual([new Error(lost, { cause: full })]);
  bob.close();
});
