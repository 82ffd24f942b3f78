import { expect, test } from "vitest";
import { z } from "zod";
import { RpcPeer } from "../../src/peer/rpc-peer.ts";
import { createPeer } from "../../src/peer/create-peer.ts";
import { ProtocolError } from "../../src/errors.ts";
import { jsonFrames } from "../../src/frames/frame.ts";
import { type EventFailure, EventPeer, type PeerOptions } from "../../src/peer/peer.ts";
import { request } from "../../src/peer/request.ts";
import { Session } from "../../src/session/session.ts";
import { ample, Outlet } from "../session/outlet.ts";

const say = z.number();
const ask = request({ input: z.unknown(), output: z.unknown() });

function created(options: Partial<PeerOptions>) {
  const failures: EventFailure[] = [];
  const session = new Session({ window: ample });
  session.attach(new Outlet(), { ...ample, w: 1_000 });
  const peer = createPeer<{ say: typeof say; ask: typeof ask }>({
    receives: {},
    sends: {},
    session,
    after: () => () => {},
    onEventFailed: (failure) => failures.push(failure),
    ...options,
  });
  return { peer, failures };
}

test("where there are only events a peer has no calls, and does not know their frames", () => {
  const { peer } = created({ sends: { say }, receives: { say } });
  expect(peer).toBeInstanceOf(EventPeer);
  expect(peer).not.toBeInstanceOf(RpcPeer);
  expect(() => jsonFrames.read('{"t":"request","q":1,"name":"ask"}', peer.frames)).toThrow(ProtocolError);
});

test.each([{ sends: { say, ask } }, { receives: { ask } }])(
  "a request on either half brings calls: %j",
  (options) => {
    const { peer } = created(options);
    expect(peer).toBeInstanceOf(RpcPeer);
    const frame = { t: "request", q: 1, name: "ask" };
    expect(jsonFrames.read(JSON.stringify(frame), peer.frames)).toEqual(frame);
  },
);

test("every event that was sent and is not settled is remembered, though numbers went to requests meanwhile", () => {
  const { peer, failures } = created({ sends: { say, ask } });
  for (let n = 1; n <= 600; n += 1) {
    peer.send("say", n);
    for (let asked = 0; asked < n % 3; asked += 1) peer.request("ask", n).catch(() => {});
  }
  for (let re = 1; re <= 1_200; re += 1) peer.receive({ t: "error", re, code: "NO", message: "" }, 1);
  expect(failures.map(({ data }) => data)).toEqual(Array.from({ length: 600 }, (_, n) => n + 1));
});
