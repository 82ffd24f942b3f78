import type { EventFrame, SaidFrame } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { createRooms, type Gap } from "../src/rooms.ts";

/** The places of a client, and what the application hears. */
function places() {
  const heard: (EventFrame | Gap)[] = [];
  const rooms = createRooms((gap) => void heard.push(gap));
  const hear = (...frames: Parameters<typeof rooms.receive>[0][]): void => {
    for (const frame of frames)
      if (rooms.receive(frame)) {
        const { name, data } = frame as SaidFrame;
        heard.push({ t: "event", name, data });
      }
  };
  return { rooms, heard, hear };
}

const room = (off: number, ep = "e") => ({ t: "room", room: "tea", ep, off }) as const;
const said = (o: number, p = o - 1) => ({ t: "said", room: "tea", o, p, name: "said", data: o }) as const;
const event = (data: number) => ({ t: "event", name: "said", data });

describe("a client in a room", () => {
  test("hears what is said, and knows where it is", () => {
    const { rooms, heard, hear } = places();
    expect(rooms.positions).toEqual([]);
    hear(room(4), said(5), said(6));
    expect(heard).toEqual([event(5), event(6)]);
    expect(rooms.positions).toEqual([["tea", "e", 6]]);
  });

  test("hears nothing twice", () => {
    const { heard, hear } = places();
    hear(room(4), said(5), said(4), said(5), said(6));
    expect(heard).toEqual([event(5), event(6)]);
  });

  test("misses nothing in silence: what was said before has to come first", () => {
    const { rooms, heard, hear } = places();
    hear(room(4), said(5));
    for (const frame of [said(7), said(9, 7), { t: "skip", room: "tea", o: 7, p: 6 } as const])
      expect(() => hear(frame)).toThrow(expect.objectContaining({ closeCode: 4902 }));
    expect(heard).toEqual([event(5)]);
    expect(rooms.positions).toEqual([["tea", "e", 5]]);
  });

  test("goes past what is not for it", () => {
    const { heard, hear } = places();
    hear(room(4), { t: "skip", room: "tea", o: 8, p: 4 }, said(9));
    expect(heard).toEqual([event(9)]);
  });

  test("hears of a gap, and goes on behind it", () => {
    const { heard, hear } = places();
    const gap = { room: "tea", from: 5, to: 7 };
    hear(room(4), { t: "gap", ...gap, why: "trimmed" }, said(8));
    expect(heard).toEqual([{ ...gap, reason: "trimmed" }, event(8)]);
  });

  test("hears of a gap in the session", () => {
    const { rooms, heard, hear } = places();
    const gap = { from: 5, to: 7 };
    hear({ t: "gap", ...gap, why: "overflow" });
    expect(heard).toEqual([{ ...gap, reason: "overflow" }]);
    expect(rooms.positions).toEqual([]);
  });

  test("is not set back: the wire before may have told it more", () => {
    const { heard, hear } = places();
    hear(room(4), said(5), said(6), room(4), said(5), said(6), said(7));
    expect(heard).toEqual([event(5), event(6), event(7)]);
  });

  test("counts anew in another history", () => {
    const { rooms, heard, hear } = places();
    hear(room(4), said(5), room(0, "f"), said(1));
    expect(heard).toEqual([event(5), event(1)]);
    expect(rooms.positions).toEqual([["tea", "f", 1]]);
  });

  test("forgets a room that it left, and hears no more of it", () => {
    const { rooms, heard, hear } = places();
    hear(room(4), { t: "room", room: "tea" }, said(5));
    expect([rooms.positions, heard]).toEqual([[], []]);
  });
});
