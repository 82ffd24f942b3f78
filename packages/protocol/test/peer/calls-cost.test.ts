// What a request costs is counted: frames, and objects that few handlers read.
import { expect, onTestFinished, test, vi } from "vitest";
import { startPeer } from "./calls-harness.ts";
import { settled, unnumbered } from "../session/session-harness.ts";

const ask = (q: number, room = "a"): string =>
  `{"s":${q},"t":"request","q":${q},"name":"join","data":{"room":"${room}"}}`;

test("a reply carries the acknowledgement of its request", async () => {
  const { peer, receive, receiver, wire } = startPeer();
  const sent = vi.spyOn(wire, "send");
  peer.handle("join", () => 1);
  for (const q of [1, 2, 3]) {
    receiver.accept(q);
    receive(ask(q));
  }
  await settled();
  expect(sent.mock.calls).toEqual([
    ['{"s":1,"t":"reply","data":1,"re":1}'],
    ['{"s":2,"t":"reply","data":1,"re":2}'],
    ['{"s":3,"a":3,"t":"reply","data":1,"re":3}'],
  ]);
});

test("a request has no AbortController unless its signal is read", async () => {
  let made = 0;
  vi.stubGlobal(
    "AbortController",
    class extends AbortController {
      constructor() {
        super();
        made += 1;
      }
    },
  );
  onTestFinished(() => void vi.unstubAllGlobals());
  const { peer, receive, sent } = startPeer();
  peer.handle("join", ({ room }: { room: string }, call: { signal: AbortSignal }) =>
    room === "a" ? 1 : Number(call.signal === call.signal),
  );
  receive(unnumbered(ask(1)));
  expect(await sent()).toHaveLength(1);
  expect(made).toBe(0);
  receive(unnumbered(ask(2, "b")));
  expect(await sent()).toEqual(['{"t":"reply","data":1,"re":2}']);
  expect(made).toBe(1);
});
