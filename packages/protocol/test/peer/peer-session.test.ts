import { describe, expect, test } from "vitest";
import { callFrames } from "../../src/frames/call-frames.ts";
import { RpcPeer } from "../../src/peer/rpc-peer.ts";
import { CloseError, RequestError } from "../../src/errors.ts";
import { jsonFrames } from "../../src/frames/frame.ts";
import type { Dispatch, EventFailure } from "../../src/peer/peer.ts";
import { messages } from "./calls-harness.ts";
import { Outlet, settled, speaking } from "../session/outlet.ts";

/** A peer over a session, which hears frames with their numbers; `dispatch` handles its events. */
function half(dispatch: Dispatch, options: Parameters<typeof speaking>[0] = {}) {
  const all = speaking(options);
  const { session } = all;
  const failures: EventFailure[] = [];
  const peer = new RpcPeer<typeof messages>({
    receives: messages,
    sends: messages,
    session,
    after: () => () => {},
    onEventFailed: (failure) => failures.push(failure),
  });
  peer.serve(dispatch);
  const hears = (...frames: string[]): void => {
    for (const text of frames) {
      const frame = jsonFrames.read(text, callFrames);
      if (frame.t === "ack") session.acknowledge(frame.a, frame.but);
      else if (session.receive(frame)) peer.receive(frame, text.length);
    }
  };
  return { ...all, peer, hears, failures };
}

/** Handlers that wait until the test lets them go on, by what they were told. */
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

describe("what is finished", () => {
  test("is an event when its handler is done, whatever comes of that", async () => {
    const { wait, open } = gates();
    const { hears, outlet } = half((_, text) => wait(text));
    hears(note(1, "a"), note(2, "b"));
    await open("a");
    expect(outlet.said()).toEqual(['{"t":"ack","a":2,"but":[2]}']);
    await open("b", new RequestError("NO", "no"));
    expect(outlet.said()).toEqual([
      '{"s":1,"t":"error","re":2,"code":"NO","message":"no"}',
      '{"t":"ack","a":2}',
    ]);
  });

  test("is a request when it was answered or given up, and holds back nothing", async () => {
    const { wait, open } = gates();
    const { peer, hears, session, outlet } = half(() => {});
    peer.handle("join", ({ room }: { room: string }) => wait(room));
    const join = (s: number, room: string): string =>
      `{"s":${s},"t":"request","q":${s},"name":"join","data":{"room":"${room}"}}`;
    hears(join(1, "a"), join(2, "b"), note(3, "c"));
    await settled();
    expect(session.received).toEqual({ upTo: 3, pending: [1, 2] });
    expect(outlet.said()).toEqual(['{"t":"ack","a":3,"but":[1,2]}']);
    await open("b");
    hears('{"s":4,"t":"cancel","q":1}');
    await settled();
    expect(session.received).toEqual({ upTo: 4, pending: [] });
    expect(outlet.said()).toEqual([
      '{"s":1,"t":"reply","data":1,"re":2}',
      '{"t":"ack","a":3,"but":[1]}',
      '{"t":"ack","a":4}',
    ]);
  });

  test("is a stream on arrival, as what is said in it: after a restart nothing of it comes again", async () => {
    const { wait, open } = gates();
    const { peer, hears, session } = half((_, text) => wait(text));
    peer.handle("count", () => wait("never"));
    hears(note(1, "a"), '{"s":2,"t":"stream","q":1,"name":"count","data":3}');
    hears('{"s":3,"t":"credit","q":1,"n":20,"b":300000}', '{"s":4,"t":"next","q":1,"data":3}');
    await settled();
    expect(session.received).toEqual({ upTo: 4, pending: [1] });
    expect(peer.openCalls.streams).toEqual([1]);
    await open("a");
    expect(session.received).toEqual({ upTo: 4, pending: [] });
  });

  test("is what nobody can handle, too", async () => {
    const { hears, session } = half(() => {});
    hears('{"s":1,"t":"event","name":"toString"}', '{"s":2,"t":"event","name":"note","data":1,"q":1}');
    hears(
      '{"s":3,"t":"request","q":2,"name":"then"}',
      '{"s":4,"t":"stream","q":3,"name":"count","data":"x"}',
    );
    hears('{"s":5,"t":"reply","re":9}', '{"s":6,"t":"error","code":"NO","message":""}');
    await settled();
    expect(session.received).toEqual({ upTo: 6, pending: [] });
  });
});

describe("an event that failed is never taken for one that did not:", () => {
  const failed = '{"s":1,"t":"error","re":1,"code":"NO","message":"no"}';

  /** A half that has heard an event which will fail. */
  function failing() {
    const { wait, open } = gates();
    const all = half((_, text) => wait(text));
    all.hears(note(1, "a"));
    const fails = () => open("a", new RequestError("NO", "no"));
    return { ...all, fails };
  }

  test("when it fails while away", async () => {
    const { session, again, fails } = failing();
    session.detach();
    await fails();
    const next = again();
    await settled();
    expect(next.said()).toEqual(['{"t":"ack","a":1,"but":[1]}', failed, '{"t":"ack","a":1}']);
  });

  test("when what tells of it is lost", async () => {
    const { outlet, again, fails } = failing();
    await fails();
    expect(outlet.said()).toEqual([failed, '{"t":"ack","a":1}']);
    const next = again();
    await settled();
    expect(next.said()).toEqual([failed, '{"t":"ack","a":1}']);
  });

  test("when the wire is full", async () => {
    const { session, outlet, fails } = failing();
    outlet.fills();
    await fails();
    session.flush();
    expect(outlet.said()).toEqual(['{"t":"ack","a":1,"but":[1]}']);
    await outlet.drains();
    expect(outlet.said()).toEqual([failed, '{"t":"ack","a":1}']);
  });

  test("and what follows is handled meanwhile", async () => {
    const told: unknown[] = [];
    const { session, hears } = half((_, text) => {
      told.push(text);
      if (text === "a") throw new RequestError("NO");
    });
    hears(note(1, "a"), note(2, "b"));
    session.detach();
    await settled();
    expect([told, session.received.pending]).toEqual([["a", "b"], [1]]);
  });

  test("by the one who said it: the failure counts", async () => {
    const { peer, hears, failures } = half(() => {});
    const sent = peer.send("note", "a");
    peer.send("note", "b");
    const outcome = sent.then(null, (error: unknown) => error);
    hears('{"s":1,"t":"error","re":1,"code":"NO","message":""}');
    hears('{"s":2,"t":"error","re":2,"code":"WHY","message":""}', '{"t":"ack","a":2}');
    expect(await outcome).toEqual(new RequestError("NO", ""));
    expect(failures).toEqual([{ name: "note", data: "b", error: new RequestError("WHY", "") }]);
  });
});

test("events beyond the room they were granted are too much, where there are calls as well", () => {
  const { hears } = half(() => new Promise(() => {}), { window: { w: 2, wb: 1_000 } });
  hears(note(1, "a"), note(2, "b"), '{"s":3,"t":"request","q":3,"name":"join"}');
  const more = (): void => hears(note(4, "c"));
  expect(more).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4429 }));
});

describe("when the session is lost", () => {
  test("that is told behind what was heard in it, and before what is heard in the next", async () => {
    const { wait, open } = gates();
    const order: unknown[] = [];
    const { peer, session, hears, live } = half(async (_, text) => {
      if (text === "slow") await wait(text);
      order.push(text);
    });
    hears(note(1, "slow"), note(2, "old"));
    session.reset();
    peer.sessionLost(() => order.push("lost"));
    live({}, new Outlet());
    hears(note(1, "new"));
    await settled();
    expect(order).toEqual([]);
    await open("slow");
    expect(order).toEqual(["slow", "old", "lost", "new"]);
  });

  test("a failure in it is told to nobody in the next, where it would be another's", async () => {
    const { wait, open } = gates();
    const { peer, session, hears, live } = half((_, text) => wait(text));
    hears(note(1, "a"));
    await settled();
    session.reset();
    peer.sessionLost();
    const next = live({}, new Outlet());
    await open("a", new RequestError("NO"));
    expect([next.said(), session.undelivered]).toEqual([[], 0]);
  });

  test("events that were sent fail as unknown, and are told where nobody awaits them", async () => {
    const { peer, session, failures } = half(() => {});
    const outcome = peer.send("note", "a").then(null, (error: unknown) => error);
    peer.send("note", "b");
    session.reset();
    expect(await outcome).toMatchObject({ code: "OUTCOME_UNKNOWN", sentBefore: true });
    expect(failures).toMatchObject([{ name: "note", data: "b", error: { code: "OUTCOME_UNKNOWN" } }]);
  });
});

describe("at the end", () => {
  test("what was asked is unknown, and what never was fails with the reason", async () => {
    const { peer, session } = half(() => {});
    const asked = [peer.request("join", { room: "a" }), peer.stream("count", 1).next()];
    session.detach();
    asked.push(peer.request("join", { room: "b" }), peer.stream("count", 2).next());
    const outcomes = Promise.allSettled(asked);
    session.end(new CloseError(4001));
    peer.end();
    const unknown = { status: "rejected", reason: { code: "OUTCOME_UNKNOWN", sentBefore: true } };
    const closed = { status: "rejected", reason: { code: 4001 } };
    expect(await outcomes).toMatchObject([unknown, unknown, closed, closed]);
  });
});
