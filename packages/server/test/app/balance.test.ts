/** Whom an app asks to connect elsewhere when it has far more clients than the other processes of its store. */
import { json } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { Clock } from "../../src/timing/clock.ts";
import { connectNotes, startNotesServer } from "../contract/notes-server.ts";
import { connectSession, hello, keyOf } from "../session/connect-session.ts";

const sessions = { balance: true };
/** The clients of these tests are silent. */
const heartbeat = { interval: 3_600_000, timeout: 3_600_000 };

/** Two processes of a store, of which the first one has so many sessions. */
async function startTwo(count: number, options: { readonly sessions?: object } = { sessions }) {
  const clock = new Clock();
  const store = memoryStore();
  const crowded = startNotesServer({}, { clock, store, heartbeat, ...options });
  const fresh = startNotesServer({}, { clock, store, heartbeat, ...options });
  const clients: TestSocket[] = [];
  for (let n = 0; n < count; n += 1)
    clients.push((await connectNotes(crowded.net, { ...hello, key: keyOf(`client ${n}`) })).socket);
  return { clock, store, crowded, fresh, clients };
}

/** Of each client that was asked: after how long it is to connect elsewhere, in ms. */
async function readAsked(clients: readonly TestSocket[]): Promise<number[]> {
  const asked: number[] = [];
  for (const client of clients)
    while ((await client.peek()) !== undefined) {
      const { t, at, why } = (await client.receive(json())) as { t: string; at: number; why: string };
      if (t !== "goaway") continue;
      expect(why).toBe("other servers have fewer clients");
      asked.push(at);
    }
  return asked;
}

test("an app asks other clients each time, one after another", async () => {
  const { clock, clients } = await startTwo(40);
  clock.advance(5_000);
  expect(await readAsked(clients)).toEqual([0, 2_500]);
  for (let n = 0; n < 19; n += 1) clock.advance(5_000);
  expect(await readAsked(clients)).toHaveLength(38);
});

test("it asks no client by default", async () => {
  const { clock, clients } = await startTwo(40, {});
  clock.advance(5_000);
  expect(await readAsked(clients)).toEqual([]);
});

test("plain clients and raw connections count, and stay", async () => {
  const { clock, crowded, clients } = await startTwo(10);
  crowded.app.ws("/raw", async (socket) => {
    for await (const _ of socket);
  });
  const others = await Promise.all(
    ["/notes", "/notes", "/raw", "/raw"].map((path) => crowded.net.connect(path)),
  );
  clock.advance(5_000);
  expect(await readAsked(clients)).toEqual([0]);
  expect(await readAsked(others)).toEqual([]);
});

test("the clients of a mounted app count and are asked, but not those whose sessions are in no store", async () => {
  const { clock, store, clients } = await startTwo(0);
  const stored = startNotesServer({}, { clock, store, heartbeat });
  const unstored = startNotesServer({}, { clock, heartbeat });
  const outer = createApp({ clock, store, sessions });
  outer.mount("/stored", stored.app);
  outer.mount("/unstored", unstored.app);
  const net = testNetwork(outer);
  for (let n = 0; n < 20; n += 1)
    for (const path of ["/stored", "/unstored"]) {
      const socket = await connectSession(net, `${path}/notes`, { ...hello, key: keyOf(`${path} ${n}`) });
      await socket.receive(json());
      clients.push(socket);
    }
  clock.advance(5_000);
  expect(await readAsked(clients)).toHaveLength(3);
  for (let n = 0; n < 10; n += 1) clock.advance(5_000);
  expect(await readAsked(clients.filter((_, index) => index % 2 === 1))).toEqual([]);
});

test("an app that drains asks no more, and gets no more", async () => {
  const { clock, fresh, clients } = await startTwo(40);
  fresh.app.drain(0);
  clock.advance(5_000);
  expect(await readAsked(clients)).toEqual([]);
});

test("an app without a store cannot compare", () => {
  expect(() => createApp({ sessions })).toThrow(
    "createApp: `sessions.balance` compares the processes of a `store`: set one",
  );
});
