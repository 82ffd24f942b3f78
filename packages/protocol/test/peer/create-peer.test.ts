import { expect, test } from "vitest";
import { z } from "zod";
import { RpcPeer } from "../../src/peer/rpc-peer.ts";
import { createPeer } from "../../src/peer/create-peer.ts";
import { ProtocolError } from "../../src/errors.ts";
import { jsonFrames } from "../../src/frames/frame-codec.ts";
import { type EventFailure, EventPeer, type PeerOptions } from "../../src/peer/peer.ts";
import { request } from "../../src/peer/request.ts";
import { Session } from "../../src/session/session.ts";
import { ample, TestSink } from "../session/session-harness.ts";

const post = z.number();
const ask = request({ input: z.unknown(), output: z.unknown() });

/** A peer that `createPeer` made, and the events that failed. */
function startCreatedPeer(options: Partial<PeerOptions>) {
  const failures: EventFailure[] = [];
  const { sender, receiver } = new Session({ window: ample.credit });
  sender.attach(new TestSink(), { ...ample, credit: { messages: 1_000, bytes: 2 ** 20 } });
  const peer = createPeer<{ post: typeof post; ask: typeof ask }>({
    receives: {},
    sends: {},
    outbox: sender,
    receiver,
    after: () => () => {},
    onEventFailed: (failure) => failures.push(failure),
    ...options,
  });
  return { peer, failures };
}

test("a peer of events alone has no calls, and does not read their frames", () => {
  const { peer } = startCreatedPeer({ sends: { post }, receives: { post } });
  expect(peer).toBeInstanceOf(EventPeer);
  expect(peer).not.toBeInstanceOf(RpcPeer);
  expect(() => jsonFrames.read('{"t":"request","q":1,"name":"ask"}', peer.readOptions)).toThrow(
    ProtocolError,
  );
});

test.each([{ sends: { post, ask } }, { receives: { ask } }])(
  "a request of either peer brings calls: %j",
  (options) => {
    const { peer } = startCreatedPeer(options);
    expect(peer).toBeInstanceOf(RpcPeer);
    const frame = { t: "request", q: 1, name: "ask" };
    expect(jsonFrames.read(JSON.stringify(frame), peer.readOptions)).toEqual(frame);
  },
);

test("a report finds each event that has not settled, although requests have taken numbers meanwhile", () => {
  const { peer, failures } = startCreatedPeer({ sends: { post, ask } });
  for (let n = 1; n <= 600; n += 1) {
    peer.send("post", n);
    for (let requests = 0; requests < n % 3; requests += 1) peer.request("ask", n).catch(() => {});
  }
  for (let re = 1; re <= 1_200; re += 1) {
    const frame = { t: "error", re, code: "NO", message: "" } as const;
    peer.receive(frame, 1);
  }
  expect(failures.map(({ data }) => data)).toEqual(Array.from({ length: 600 }, (_, n) => n + 1));
});
