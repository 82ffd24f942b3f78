/** A client that joins several rooms at once joins all of them or none. */
import { contract, RequestError } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import type { RoomsOptions } from "../../src/contract/contract-room.ts";
import type { Service } from "../../src/contract/setup.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { hello, openSession, receiveFrame } from "../session/connect-session.ts";

const chat = contract("/chat", { client: { join: z.array(z.string()) }, server: { posted: z.string() } });

const hi = { ...hello, w: 256, wb: 2 ** 20 };
const all = ["lobby", "attic", "cellar", "yard"];

function startRoomServer(rooms: RoomsOptions<typeof chat> = {}, options: AppOptions = {}) {
  const app = createApp({ onError: () => {}, ...options });
  const service = app.implement(chat, { rooms }, (peer, { room, service: own }) => {
    room("lobby").join(peer);
    return { join: (names) => own.join(peer, names, { since: 0 }) };
  });
  const net = testNetwork(app);
  return { net, service, enter: async () => openSession(net, "/chat", hi) };
}

const sizesOf = (service: Service<typeof chat>) => all.map((name) => service.room(name).size);
const joinFrame = (names: readonly string[]) => ({ s: 1, t: "event", name: "join", data: names, q: 1 });

test("it joins each of them, and those twice that it names twice only once", async () => {
  const { enter, service } = startRoomServer({ perPeer: 3 });
  const ada = await enter();
  expect(await receiveFrame(ada)).toMatchObject({ t: "room", room: "lobby" });
  ada.send(joinFrame(["lobby", "attic", "cellar", "attic"]));
  expect([await receiveFrame(ada), await receiveFrame(ada)]).toMatchObject([
    { t: "room", room: "attic" },
    { t: "room", room: "cellar" },
  ]);
  expect(sizesOf(service)).toEqual([1, 1, 1, 0]);
  ada.close();
});

test.each([
  [
    "they exceed `perPeer`",
    { perPeer: 3 },
    {},
    ["attic", "cellar", "yard"],
    "TOO_MANY_ROOMS",
    "a client is in 3 rooms at most, and would be in 4: leave some, or raise `perPeer` in app.implement(contract, { rooms: { perPeer: 3 } }, setup)",
  ],
  [
    "they exceed what its account may begin",
    {},
    { limits: { historyBytes: 4_096 } },
    ["attic", "cellar", "yard"],
    "TOO_MANY_ROOMS",
    "the rooms keep too much of this client: leave some, or raise limits.historyBytes",
  ],
  [
    "one of them has an invalid name",
    {},
    {},
    ["attic", "*"],
    "INVALID_ROOM",
    "the name of a room has no control character and no *",
  ],
])("it joins none of them when %s", async (_, rooms, options, names, code, message) => {
  const { enter, service } = startRoomServer(rooms, options);
  const ada = await enter();
  expect(await receiveFrame(ada)).toMatchObject({ t: "room", room: "lobby" });
  ada.send(joinFrame(names));
  expect(await receiveFrame(ada)).toMatchObject({ t: "error", re: 1, code, message });
  expect(sizesOf(service)).toEqual([1, 0, 0, 0]);
  ada.close();
});

// The first rooms that begin leave less for the next ones: the bound is checked once, for all of them.
test("it joins all of them or none, whatever its account may still begin", async () => {
  const sizes = new Set<string>();
  for (let historyBytes = 3_072; historyBytes <= 16_384; historyBytes += 512) {
    const { enter, service } = startRoomServer({}, { limits: { historyBytes } });
    const ada = await enter();
    expect(await receiveFrame(ada)).toMatchObject({ t: "room", room: "lobby" });
    ada.send(joinFrame(["attic", "cellar", "yard"]));
    const frames = [await receiveFrame(ada)];
    if ((frames[0] as { t: string }).t !== "error")
      frames.push(await receiveFrame(ada), await receiveFrame(ada));
    sizes.add(
      `${sizesOf(service).join(" ")}: ${frames.map((frame) => (frame as { t: string }).t).join(" ")}`,
    );
    ada.close();
  }
  expect([...sizes]).toEqual(["1 0 0 0: error", "1 1 1 1: room room room"]);
});

test("only a peer of the contract joins, and names are a list", () => {
  const { service } = startRoomServer();
  const stranger = {} as never;
  expect(() => service.join(stranger, ["lobby"])).toThrow(
    new TypeError("only the peers of this contract can join its rooms"),
  );
  expect(() => service.join(stranger, "lobby" as never)).toThrow(
    new TypeError('the names of rooms are an array, not "lobby": use room(name).join(peer) for one'),
  );
  expect(() => service.join(stranger, [7 as never])).toThrow(
    new RequestError("INVALID_ROOM", "the name of a room is a string"),
  );
});
