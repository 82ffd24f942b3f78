import { expect, test } from "vitest";
import { CloseError, RequestError } from "../../src/errors.ts";
import { settled } from "../session/session-harness.ts";
import { startPeer } from "./calls-harness.ts";

const ask = '{"t":"request","q":1,"name":"join","data":{"room":"a"}}';
const cancel = '{"t":"cancel","q":1}';

// reports.md, fault 3
test.each([
  ["is cancelled", (receive: (frame: string) => void) => receive(cancel)],
  ["loses its session", (_: unknown, peer: ReturnType<typeof startPeer>["peer"]) => peer.sessionLost()],
  ["is over with its peer", (_: unknown, peer: ReturnType<typeof startPeer>["peer"]) => peer.end()],
])("a request that %s reports the late error of its handler, once", async (_how, end) => {
  const { peer, receive, sent, handlerErrors } = startPeer();
  let fail: (error: unknown) => void = () => {};
  peer.handle("join", () => new Promise((_resolve, reject) => (fail = reject)));
  receive(ask);
  await settled();
  end(receive, peer);
  fail(new Error("late"));
  expect([await sent(), handlerErrors]).toEqual([[], [new Error("late")]]);
});

test.each([
  ["the abort itself", new DOMException("aborted", "AbortError")],
  ["an answer to the caller", new RequestError("FULL")],
  ["a close", new CloseError(4000)],
])("a request that is cancelled does not report %s as a failure", async (_what, error) => {
  const { peer, receive, sent, handlerErrors } = startPeer();
  let fail: (error: unknown) => void = () => {};
  peer.handle("join", () => new Promise((_resolve, reject) => (fail = reject)));
  receive(ask);
  await settled();
  receive(cancel);
  fail(error);
  expect([await sent(), handlerErrors]).toEqual([[], []]);
});
