import {
  type FrameReceiver,
  type Gap,
  type GapFrame,
  type RoomFrame,
  type SaidFrame,
  type SkipFrame,
} from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { createRooms } from "../../src/rooms/rooms.ts";

/** The rooms of a client, and what the application receives. */
function startRooms() {
  const received: unknown[] = [];
  const rooms = createRooms({
    onEvent: ({ t, name, data }) => void received.push({ t, name, data }),
    onFailed: (failure) => void received.push(failure),
    dial: () => {},
    send: (frame) => void received.push(frame),
    onGap: (gap: Gap) => void received.push(gap),
  });
  const table = rooms.frames;
  const receive = (...frames: (RoomFrame | SaidFrame | SkipFrame | GapFrame)[]): void => {
    for (const frame of frames) (table[frame.t] as FrameReceiver)(frame, 1);
  };
  return { rooms, received, receive };
}

const room = (off: number, ep = "e") =>
  ({ t: "room", room: "tea", ep, off, from: 3, proof: `proof of ${ep}` }) as const;
const said = (o: number, p = o - 1) => ({ t: "said", room: "tea", o, p, name: "said", data: o }) as const;
const event = (data: number) => ({ t: "event", name: "said", data });

describe("a client in a room", () => {
  test("receives the messages, and has its position", () => {
    const { rooms, received, receive } = startRooms();
    expect(rooms.detach()).toEqual([]);
    receive(room(4), said(5), said(6));
    expect(received).toEqual([event(5), event(6)]);
    expect(rooms.detach()).toEqual([["tea", "e", 6, 3, "proof of e"]]);
  });

  test("receives no message twice", () => {
    const { received, receive } = startRooms();
    receive(room(4), said(5), said(4), said(5), said(6));
    expect(received).toEqual([event(5), event(6)]);
  });

  test("refuses a message whose predecessor has not arrived", () => {
    const { rooms, received, receive } = startRooms();
    receive(room(4), said(5));
    for (const frame of [said(7), said(9, 7), { t: "skip", room: "tea", o: 7, p: 6 } as const])
      expect(() => receive(frame)).toThrow(expect.objectContaining({ closeCode: 4902 }));
    expect(received).toEqual([event(5)]);
    expect(rooms.detach()).toEqual([["tea", "e", 5, 3, "proof of e"]]);
  });

  test("skips messages that are not for it", () => {
    const { received, receive } = startRooms();
    receive(room(4), { t: "skip", room: "tea", o: 8, p: 4 }, said(9));
    expect(received).toEqual([event(9)]);
  });

  test("gets a gap, and continues behind it", () => {
    const { received, receive } = startRooms();
    const gap = { room: "tea", from: 5, to: 7 };
    receive(room(4), { t: "gap", ...gap, why: "trimmed" }, said(8));
    expect(received).toEqual([{ ...gap, reason: "trimmed" }, event(8)]);
  });

  test("gets a gap of the session", () => {
    const { rooms, received, receive } = startRooms();
    const gap = { from: 5, to: 7 };
    receive({ t: "gap", ...gap, why: "overflow" });
    expect(received).toEqual([{ ...gap, reason: "overflow" }]);
    expect(rooms.detach()).toEqual([]);
  });

  test("keeps a position that is newer than the one that the server names", () => {
    const { received, receive } = startRooms();
    receive(room(4), said(5), said(6), room(4), said(5), said(6), said(7));
    expect(received).toEqual([event(5), event(6), event(7)]);
  });

  test("counts from the first offset again in another epoch", () => {
    const { rooms, received, receive } = startRooms();
    receive(room(4), said(5), room(0, "f"), said(1));
    expect(received).toEqual([event(5), event(1)]);
    expect(rooms.detach()).toEqual([["tea", "f", 1, 3, "proof of f"]]);
  });

  test("forgets a room that it has left, and receives nothing of it", () => {
    const { rooms, received, receive } = startRooms();
    receive(room(4), { t: "room", room: "tea" }, said(5));
    expect([rooms.detach(), received]).toEqual([[], []]);
  });
});
