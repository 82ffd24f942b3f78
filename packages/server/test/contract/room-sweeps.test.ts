/** Contracts whose rooms are in one store. */
import { contract } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { Clock } from "../../src/testing/index.ts";

const server = { posted: z.string() };
const prices = contract("/prices", { server });
const chat = contract("/chat", { server });
const lobby = JSON.stringify(["/chat", "lobby"]);

/** Starts a server of two contracts; the rooms of `prices` remember 1 s. */
function startServer() {
  const clock = new Clock();
  const store = memoryStore();
  const app = createApp({ clock, store, onError: () => {} });
  const quick = app.implement(prices, { rooms: { memory: { ms: 1_000 } } }, () => ({}));
  app.implement(chat, () => ({}));
  return { clock, store, gold: quick.room("gold") };
}

test("a contract that remembers little does not have the idle rooms of another forgotten before 120 s", async () => {
  const { clock, store, gold } = startServer();
  const { epoch } = await store.rooms.position(lobby); // as after a restart, before its members are back
  for (let seconds = 0; seconds < 119; seconds += 1) {
    await gold.send("posted", "1");
    clock.advance(1_000);
  }
  expect(await store.rooms.position(lobby)).toMatchObject({ epoch });
});

test("its own rooms lose their messages at its interval, and are forgotten at last", async () => {
  const { clock, store, gold } = startServer();
  await gold.send("posted", "1");
  const key = JSON.stringify(["/prices", "gold"]);
  const { epoch } = await store.rooms.position(key);
  for (let seconds = 0; seconds < 2; seconds += 1) clock.advance(1_000);
  expect(await store.rooms.read(key, {}, 10_000)).toMatchObject({ epoch, entries: [] });
  for (let seconds = 0; seconds < 123; seconds += 1) clock.advance(1_000);
  expect((await store.rooms.position(key)).epoch).not.toBe(epoch);
});
