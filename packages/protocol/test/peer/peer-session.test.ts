import { describe, expect, test } from "vitest";
import { decodeAck } from "../../src/frames/connection-frames.ts";
import { RpcPeer } from "../../src/peer/rpc-peer.ts";
import { CloseError, RequestError } from "../../src/errors.ts";
import { jsonFrames } from "../../src/frames/frame-codec.ts";
import type { Dispatch, EventFailure } from "../../src/peer/peer.ts";
import { messages } from "./calls-harness.ts";
import { settled, startSession, TestSink } from "../session/session-harness.ts";

/** A peer over a session, which receives frames with their numbers; `dispatch` handles its events. */
function startPeerInSession(dispatch: Dispatch, options: Parameters<typeof startSession>[0] = {}) {
  const all = startSession(options);
  const { sender, receiver } = all;
  const failures: EventFailure[] = [];
  const peer = new RpcPeer<typeof messages>({
    receives: messages,
    sends: messages,
    outbox: sender,
    receiver,
    after: () => () => {},
    onEventFailed: (failure) => failures.push(failure),
  });
  peer.serve(dispatch);
  const receive = (...frames: string[]): void => {
    for (const text of frames) {
      const frame = jsonFrames.read(text, peer.readOptions);
      const acknowledgement = decodeAck(frame);
      if (acknowledgement !== undefined) sender.acknowledge(acknowledgement);
      if (frame.t === "ack") continue;
      if (frame.s === undefined || receiver.accept(frame.s)) peer.receive(frame, text.length);
    }
  };
  return { ...all, peer, receive, failures };
}

/** Handlers that wait until the test lets them go on, by their input. */
function gates() {
  const waiting = new Map<
    unknown,
    { resolve: (value?: unknown) => void; reject: (error: unknown) => void }
  >();
  const wait = (input: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => waiting.set(input, { resolve, reject }));
  const open = async (input: unknown, error?: unknown): Promise<void> => {
    await settled();
    if (error === undefined) waiting.get(input)?.resolve(1);
    else waiting.get(input)?.reject(error);
    await settled();
  };
  return { wait, open };
}

const note = (s: number, data: string): string =>
  `{"s":${s},"t":"event","name":"note","data":"${data}","q":${s}}`;

describe("a message is finished:", () => {
  test("an event when its handler has settled, or failed", async () => {
    const { wait, open } = gates();
    const { receive, sink } = startPeerInSession((_, text) => wait(text));
    receive(note(1, "a"), note(2, "b"));
    await open("a");
    expect(sink.sent()).toEqual(['{"t":"ack","a":2,"but":[2]}']);
    await open("b", new RequestError("NO", "no"));
    expect(sink.sent()).toEqual([
      '{"s":1,"t":"error","re":2,"code":"NO","message":"no"}',
      '{"t":"ack","a":2}',
    ]);
  });

  test("a request when it was answered or cancelled; it holds back no other message", async () => {
    const { wait, open } = gates();
    const { peer, receive, receiver, sink } = startPeerInSession(() => {});
    peer.handle("join", ({ room }: { room: string }) => wait(room));
    const join = (s: number, room: string): string =>
      `{"s":${s},"t":"request","q":${s},"name":"join","data":{"room":"${room}"}}`;
    receive(join(1, "a"), join(2, "b"), note(3, "c"));
    await settled();
    expect(receiver.received).toEqual({ upTo: 3, pending: [1, 2] });
    expect(sink.sent()).toEqual(['{"t":"ack","a":3,"but":[1,2]}']);
    await open("b");
    receive('{"s":4,"t":"cancel","q":1}');
    await settled();
    expect(receiver.received).toEqual({ upTo: 4, pending: [] });
    expect(sink.sent()).toEqual([
      '{"s":1,"t":"reply","data":1,"re":2}',
      '{"t":"ack","a":3,"but":[1]}',
      '{"t":"ack","a":4}',
    ]);
  });

  test("a stream when it arrives, and so are its frames: after a restart none of them arrives again", async () => {
    const { wait, open } = gates();
    const { peer, receive, receiver } = startPeerInSession((_, text) => wait(text));
    peer.handle("count", () => wait("never"));
    receive(note(1, "a"), '{"s":2,"t":"stream","q":1,"name":"count","data":3}');
    receive('{"s":3,"t":"credit","q":1,"n":20,"b":300000}', '{"s":4,"t":"next","q":1,"data":3}');
    await settled();
    expect(receiver.received).toEqual({ upTo: 4, pending: [1] });
    expect(peer.openCalls.streams).toEqual([1]);
    await open("a");
    expect(receiver.received).toEqual({ upTo: 4, pending: [] });
  });

  test("a message that has no handler, when it was rejected", async () => {
    const { receive, receiver } = startPeerInSession(() => {});
    receive('{"s":1,"t":"event","name":"toString"}', '{"s":2,"t":"event","name":"note","data":1,"q":1}');
    receive(
      '{"s":3,"t":"request","q":2,"name":"then"}',
      '{"s":4,"t":"stream","q":3,"name":"count","data":"x"}',
    );
    receive('{"s":5,"t":"reply","re":9}', '{"s":6,"t":"error","code":"NO","message":""}');
    await settled();
    expect(receiver.received).toEqual({ upTo: 6, pending: [] });
  });
});

describe("a failed event is never acknowledged before its error is sent:", () => {
  const failed = '{"s":1,"t":"error","re":1,"code":"NO","message":"no"}';

  /** A peer that has received an event which will fail. */
  function failing() {
    const { wait, open } = gates();
    const all = startPeerInSession((_, text) => wait(text));
    all.receive(note(1, "a"));
    const fails = () => open("a", new RequestError("NO", "no"));
    return { ...all, fails };
  }

  test("when it fails while there is no wire", async () => {
    const { sender, reattach, fails } = failing();
    sender.detach();
    await fails();
    const next = reattach();
    await settled();
    expect(next.sent()).toEqual(['{"t":"ack","a":1,"but":[1]}', failed, '{"t":"ack","a":1}']);
  });

  test("when the error is lost", async () => {
    const { sink, reattach, fails } = failing();
    await fails();
    expect(sink.sent()).toEqual([failed, '{"t":"ack","a":1}']);
    const next = reattach();
    await settled();
    expect(next.sent()).toEqual([failed, '{"t":"ack","a":1}']);
  });

  test("when the wire is full", async () => {
    const { receiver, sink, fails } = failing();
    sink.fill();
    await fails();
    receiver.flush();
    expect(sink.sent()).toEqual(['{"t":"ack","a":1,"but":[1]}']);
    await sink.drain();
    expect(sink.sent()).toEqual([failed, '{"t":"ack","a":1}']);
  });

  test("and the messages after it are handled meanwhile", async () => {
    const handled: unknown[] = [];
    const { sender, receiver, receive } = startPeerInSession((_, text) => {
      handled.push(text);
      if (text === "a") throw new RequestError("NO");
    });
    receive(note(1, "a"), note(2, "b"));
    sender.detach();
    await settled();
    expect([handled, receiver.received.pending]).toEqual([["a", "b"], [1]]);
  });

  test("its sender gets the error, not the acknowledgement", async () => {
    const { peer, receive, failures } = startPeerInSession(() => {});
    const sent = peer.send("note", "a");
    peer.send("note", "b");
    const outcome = sent.then(null, (error: unknown) => error);
    receive('{"s":1,"t":"error","re":1,"code":"NO","message":""}');
    receive('{"s":2,"t":"error","re":2,"code":"WHY","message":""}', '{"t":"ack","a":2}');
    expect(await outcome).toEqual(new RequestError("NO", ""));
    expect(failures).toEqual([{ name: "note", data: "b", error: new RequestError("WHY", "") }]);
  });
});

test("events beyond the credit are refused, also where there are calls", () => {
  const { receive } = startPeerInSession(() => new Promise(() => {}), {
    window: { messages: 2, bytes: 1_000 },
  });
  receive(note(1, "a"), note(2, "b"), '{"s":3,"t":"request","q":3,"name":"join"}');
  const more = (): void => receive(note(4, "c"));
  expect(more).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4429 }));
});

describe("when the session is lost", () => {
  test("the reset comes after the messages of the lost session, and before those of the next", async () => {
    const { wait, open } = gates();
    const order: unknown[] = [];
    const { peer, sender, receive, attach } = startPeerInSession(async (_, text) => {
      if (text === "slow") await wait(text);
      order.push(text);
    });
    receive(note(1, "slow"), note(2, "old"));
    sender.reset();
    peer.sessionLost(() => order.push("lost"));
    attach({}, new TestSink());
    receive(note(1, "new"));
    await settled();
    expect(order).toEqual([]);
    await open("slow");
    expect(order).toEqual(["slow", "old", "lost", "new"]);
  });

  test("a failure is not reported in the next session, where its number belongs to another event", async () => {
    const { wait, open } = gates();
    const { peer, sender, receive, attach } = startPeerInSession((_, text) => wait(text));
    receive(note(1, "a"));
    await settled();
    sender.reset();
    peer.sessionLost();
    const next = attach({}, new TestSink());
    await open("a", new RequestError("NO"));
    expect([next.sent(), sender.undelivered]).toEqual([[], 0]);
  });

  test("events that were sent fail as unknown, and are reported if they were left alone", async () => {
    const { peer, sender, failures } = startPeerInSession(() => {});
    const outcome = peer.send("note", "a").then(null, (error: unknown) => error);
    peer.send("note", "b");
    sender.reset();
    expect(await outcome).toMatchObject({ code: "OUTCOME_UNKNOWN", sentBefore: true });
    expect(failures).toMatchObject([{ name: "note", data: "b", error: { code: "OUTCOME_UNKNOWN" } }]);
  });
});

describe("at the end", () => {
  test("calls that were sent are unknown, and calls that were not fail with the reason", async () => {
    const { peer, sender } = startPeerInSession(() => {});
    const calls = [peer.request("join", { room: "a" }), peer.stream("count", 1).next()];
    sender.detach();
    calls.push(peer.request("join", { room: "b" }), peer.stream("count", 2).next());
    const outcomes = Promise.allSettled(calls);
    sender.end(new CloseError(4001));
    peer.end();
    const unknown = { status: "rejected", reason: { code: "OUTCOME_UNKNOWN", sentBefore: true } };
    const closed = { status: "rejected", reason: { code: 4001 } };
    expect(await outcomes).toMatchObject([unknown, unknown, closed, closed]);
  });
});
