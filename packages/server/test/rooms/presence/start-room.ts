import type { MembersFrame, PresenceFrame } from "@symbolon/protocol/internal";
import { z } from "zod";
import { PresenceRoom } from "../../../src/rooms/presence/presence-room.ts";
import { Clock } from "../../../src/timing/clock.ts";
import { flushPromises } from "../../flush-promises.ts";
import { TestOutlet } from "../test-outlet.ts";

const noReader = { attach: () => {}, detach: () => {} };

/** A room without a store, and functions that add clients which keep the frames that they are sent. */
export function startRoom(data: z.ZodType = z.string()) {
  const clock = new Clock();
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  let empty = 0;
  const options = { definition: { data }, clock, node: "n1", others: undefined, onError };
  const room = new PresenceRoom("tea", options, () => (empty += 1));
  const join = (id: string, plain = false) => {
    const member = room.add({ id, principal: undefined, onError }, noReader);
    const outlet = new TestOutlet({ plain });
    member.attach(outlet, undefined);
    const show = (shown?: unknown, bytes = 50): void =>
      member.onPresence({ t: "presence", room: "tea", data: shown }, bytes);
    return { member, outlet, frames: outlet.frames as (MembersFrame | PresenceFrame)[], show };
  };
  /** Lets the room tell what has changed. */
  const tick = async (): Promise<void> => {
    clock.advance(1_000);
    await flushPromises();
  };
  return { room, join, tick, errors, emptied: () => empty };
}
