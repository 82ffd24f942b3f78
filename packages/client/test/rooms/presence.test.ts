import { RequestError } from "@symbolon/protocol";
import type { PresenceFrame } from "@symbolon/protocol/internal";
import { expect, onTestFinished, test, vi } from "vitest";
import { createPresence } from "../../src/rooms/presence.ts";

/** The presence of a client that is in the room "tea", and what it sends and reports. */
function startPresence(bounds: { readonly members?: number } = {}) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const sent: PresenceFrame[] = [];
  const failures: unknown[] = [];
  const presence = createPresence(
    {
      ...bounds,
      dial: () => {},
      send: (frame) => void sent.push(frame),
      onFailed: ({ error }) => void failures.push(error),
    },
    () => true,
  );
  const refuse = (code: string): void =>
    presence.frames["presence"]?.({ t: "presence", room: "tea", code, message: "no" } as never, 1);
  return { presence, sent, failures, refuse };
}

test("what the server refuses is reported, but not what it refuses since the client has left the room meanwhile", () => {
  const { presence, sent, failures, refuse } = startPresence();
  presence.of("tea").set("here");
  refuse("INVALID");
  expect(failures).toEqual([new RequestError("INVALID", "no")]);
  presence.place("tea", false);
  refuse("NOT_A_MEMBER");
  expect(failures).toHaveLength(1);
  presence.place("tea", true);
  expect(sent.at(-1)).toEqual({ t: "presence", room: "tea", data: "here" });
});

test("a room that has more members than the client keeps shows those that came first: guests cannot end the client", () => {
  const { presence } = startPresence({ members: 2 });
  const here = presence.of("tea");
  const member = (id: string, connections = 1) => ({ id, state: "here", connections });
  const receive = (frame: object): void =>
    presence.frames["members"]?.({ t: "members", room: "tea", ...frame } as never, 1);
  receive({ self: "a", here: [member("a"), member("b"), member("c")] });
  receive({ here: [member("b", 2)] });
  expect(here.value.map(({ id, connections }) => [id, connections])).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
  receive({ here: [member("d")], gone: ["b"] });
  expect(here.value.map(({ id }) => id)).toEqual(["a", "d"]);
});
