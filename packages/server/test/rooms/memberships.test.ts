import type { MemberPosition } from "@symbolon/protocol/internal";
import { expect, test } from "vitest";
import { RoomMemberships, type RoomSubscriber } from "../../src/rooms/memberships.ts";
import { TestOutlet } from "./test-outlet.ts";

/** A membership that notes what its client does. */
function createSubscriber() {
  const seen: string[] = [];
  const subscriber: RoomSubscriber = {
    attach: () => void seen.push("attach"),
    detach: () => void seen.push("detach"),
  };
  return { subscriber, seen };
}

test("a client that joins a room while it is disconnected is a member that is away, and one that has not connected yet is not", () => {
  const memberships = new RoomMemberships("s1");
  const [first, second] = [createSubscriber(), createSubscriber()];
  memberships.add("tea", first.subscriber, undefined);
  expect(first.seen).toEqual([]);
  memberships.attach(new TestOutlet(), undefined);
  memberships.detach();
  memberships.add("milk", second.subscriber, undefined);
  expect([first.seen, second.seen]).toEqual([["attach", "detach"], ["detach"]]);
});

test("a client that shows something where it cannot is refused, unless it reads nothing", () => {
  const memberships = new RoomMemberships("s1");
  const outlet = new TestOutlet();
  memberships.attach(outlet, undefined);
  memberships.add("tea", createSubscriber().subscriber, undefined);
  for (const room of ["tea", "milk"]) memberships.receivePresence({ t: "presence", room }, 50);
  expect(outlet.frames).toMatchObject([{ code: "NO_PRESENCE" }, { code: "NOT_A_MEMBER" }]);
  outlet.fill();
  for (const room of ["tea", "milk"]) memberships.receivePresence({ t: "presence", room }, 50);
  expect(outlet.frames).toHaveLength(2);
});

test("where a client begins is found in all its rooms for one welcome, but where the log fails or the client has a position", async () => {
  const memberships = new RoomMemberships("s1");
  const place = (room: string): MemberPosition => [room, "e", 4, 4, "proof"];
  const join = (room: string, find?: RoomSubscriber["place"]): void =>
    memberships.add(room, { ...createSubscriber().subscriber, ...(find && { place: find }) }, undefined);
  join("tea", async () => place("tea"));
  join("milk", async () => place("milk"));
  join("lost", () => Promise.reject(new Error("no connection")));
  join("plain");
  expect(memberships.takePlaces()).toEqual([]);
  await memberships.findPlaces();
  expect(memberships.takePlaces([place("milk")])).toEqual([place("tea")]);
  expect(memberships.takePlaces()).toEqual([]);
});
