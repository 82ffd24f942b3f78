import { describe, expect, test } from "vitest";
import { z } from "zod";
import { CloseError, ProtocolError, RequestError, ValidationError } from "../../src/errors.ts";
import { jsonFrames } from "../../src/frames/frame-codec.ts";
import { type Dispatch, type EventFailure, EventPeer, type PeerOptions } from "../../src/peer/peer.ts";
import { Sent } from "../../src/async/sent.ts";
import { Session } from "../../src/session/session.ts";
import { joinedWires } from "../../src/wire/joined-wires.ts";
import { ample, settled, unnumbered } from "../session/session-harness.ts";
import { recordWire } from "../wire/wire-conformance.ts";

const post = z.object({ text: z.string().max(5).trim() });

/** A peer of events, and functions with which a test exchanges frames with it, as text. */
function startEventPeer(options: Partial<PeerOptions> = {}) {
  const [wire, far] = joinedWires();
  const arrived = recordWire(far);
  const { sender, receiver } = new Session({ window: ample.credit });
  sender.attach(wire, { ...ample, credit: { messages: 1_000, bytes: 2 ** 20 } });
  const failures: EventFailure[] = [];
  const handlerErrors: unknown[] = [];
  const closes: CloseError[] = [];
  const peer = new EventPeer<{ post: z.ZodUnknown; gone: z.ZodUndefined }>({
    receives: { post },
    sends: { post },
    outbox: sender,
    receiver,
    after: () => () => {},
    onEventFailed: (failure) => failures.push(failure),
    onHandlerError: (error, name) => void handlerErrors.push([name, error]),
    close: (error) => closes.push(error),
    ...options,
  });
  const receive = (...frames: string[]): void => {
    for (const text of frames) {
      peer.receive(jsonFrames.read(text), text.length);
    }
  };
  return { peer, receive, arrived, sender, failures, handlerErrors, closes };
}

/** Has a peer handle `frames`. @returns what was handled, and the frames that it has sent. */
async function handleFrames(
  frames: string[],
  dispatch: Dispatch = () => {},
  options: Partial<PeerOptions> = {},
) {
  const all = startEventPeer(options);
  const handled: unknown[] = [];
  all.receive(...frames, '{"t":"event","name":"post","data":{"text":"last"},"q":99}');
  await new Promise<void>((last) =>
    all.peer.serve((name, input) => {
      if ((input as { text?: string }).text === "last") return last();
      handled.push([name, input]);
      return dispatch(name, input);
    }),
  );
  all.peer.end();
  await new Promise(setImmediate);
  const answers: unknown[] = [];
  while (all.arrived.size > 0) answers.push(JSON.parse(unnumbered(await all.arrived.pull())));
  return { ...all, handled, answers };
}

const twice = (value: unknown): unknown[] => [value, value];
const hi = '{"t":"event","name":"post","data":{"text":" hi "},"q":7}';

describe("an event that is sent", () => {
  test("carries a number by which its failure is reported", async () => {
    const { peer, arrived } = startEventPeer();
    peer.send("post", { text: "a" });
    peer.send("gone", undefined);
    expect(await arrived.pull()).toBe('{"s":1,"t":"event","name":"post","data":{"text":"a"},"q":1}');
    expect(await arrived.pull()).toBe('{"s":2,"t":"event","name":"gone","q":2}');
  });

  test("carries no number when reports are not requested", async () => {
    const { peer, arrived } = startEventPeer({ plain: true });
    peer.send("post", { text: "a" });
    expect(await arrived.pull()).toBe('{"s":1,"t":"event","name":"post","data":{"text":"a"}}');
  });

  test("throws at once when its data cannot be JSON", () => {
    const { peer, arrived } = startEventPeer();
    expect(() => peer.send("post", 1n)).toThrow(TypeError);
    expect(arrived.size).toBe(0);
  });

  test("rejects with the reason after the end", async () => {
    const { peer, sender, failures } = startEventPeer();
    const reason = new CloseError(4001);
    sender.end(reason);
    await expect(peer.send("post", {})).rejects.toBe(reason);
    expect(failures).toEqual([]);
  });
});

describe("the report of a failed event", () => {
  test("names the event, once", () => {
    const { peer, receive, failures } = startEventPeer();
    peer.send("post", { text: "a" });
    const error = '{"t":"error","re":1,"code":"NO","message":"no","data":[1]}';
    receive(error, error);
    expect(failures).toEqual([
      { name: "post", data: { text: "a" }, error: new RequestError("NO", "no", [1]) },
    ]);
  });

  test("is a ValidationError with the valid issues when a schema has rejected the event", () => {
    const { peer, receive, failures } = startEventPeer();
    peer.send("post", 1);
    const issues =
      '[{"message":"bad","path":["a",0]},{"message":1},null,{"message":"odd","path":[{}]},{"message":"all"}]';
    receive(`{"t":"error","re":1,"code":"INVALID","message":"x","data":${issues}}`);
    expect(failures[0]?.error).toEqual(
      new ValidationError([{ message: "bad", path: ["a", 0] }, { message: "all" }]),
    );
  });

  test("is dropped when it names no event, or one that was never sent", () => {
    const { receive, failures } = startEventPeer();
    receive('{"t":"error","code":"NO","message":""}', '{"t":"error","re":5,"code":"NO","message":""}');
    expect(failures).toEqual([]);
  });

  test("may be about any event that has not settled, and about no other", () => {
    const { peer, sender, receive, failures } = startEventPeer();
    for (let n = 1; n <= 900; n += 1) peer.send("post", n);
    sender.acknowledge({ upTo: 100, pending: [] });
    peer.send("post", 901);
    for (const re of [100, 101, 901]) receive(`{"t":"error","re":${re},"code":"NO","message":""}`);
    expect(failures.map(({ data }) => data)).toEqual([101, 901]);
  });

  test("goes to the code that awaits the event, and nowhere else", async () => {
    const { peer, receive, failures } = startEventPeer();
    const outcome = peer.send("post", 1).then(null, (error: unknown) => error);
    receive('{"t":"error","re":1,"code":"NO","message":""}');
    expect(await outcome).toEqual(new RequestError("NO", ""));
    expect(failures).toEqual([]);
  });
});

describe("an event that is received", () => {
  test("is handled after the one before it, as its schema returned it", async () => {
    const order: string[] = [];
    const { handled, answers } = await handleFrames([hi, hi], async () => {
      order.push("begin");
      await new Promise(setImmediate);
      order.push("end");
    });
    expect(handled).toEqual([
      ["post", { text: "hi" }],
      ["post", { text: "hi" }],
    ]);
    expect(order).toEqual(["begin", "end", "begin", "end"]);
    expect(answers).toEqual([]);
  });

  test("before the end is still handled, and one that arrives after it is not", async () => {
    const { peer, receive } = startEventPeer();
    receive(hi);
    peer.end();
    receive(hi);
    const handled: unknown[] = [];
    peer.serve((name) => handled.push(name));
    await settled();
    expect(handled).toEqual(["post"]);
  });

  test.each(['{"t":"ping","n":1}', '{"t":"bye"}'])("is a frame of the conversation; not so %s", (frame) => {
    const { receive } = startEventPeer();
    expect(() => receive(frame)).toThrow(
      new ProtocolError(`unexpected frame "${(JSON.parse(frame) as { t: string }).t}"`),
    );
  });

  test("is answered with the issues when its schema rejects it, and the next is handled", async () => {
    const { handled, answers, handlerErrors } = await handleFrames([
      '{"t":"event","name":"post","data":{},"q":7}',
      hi,
    ]);
    const message = expect.any(String);
    expect(answers).toEqual([
      { t: "error", re: 7, code: "INVALID", message, data: [{ message, path: ["text"] }] },
    ]);
    expect([handled.length, handlerErrors]).toEqual([1, []]);
  });

  test.each(["shout", "constructor", "__proto__", "toString"])(
    "is answered with NOT_FOUND when it has no handler: %j",
    async (name) => {
      const { answers, handled } = await handleFrames([`{"t":"event","name":"${name}","data":{},"q":7}`]);
      const message = `no handler for event "${name}"`;
      expect(answers).toEqual([{ t: "error", re: 7, code: "NOT_FOUND", message }]);
      expect(handled).toEqual([]);
    },
  );

  test("may be called constructor or __proto__", async () => {
    const receives = Object.fromEntries(
      ["constructor", "__proto__"].map((name) => [name, z.object({ n: z.number() })]),
    );
    const frames = Object.keys(receives).map((name) => `{"t":"event","name":"${name}","data":{"n":1}}`);
    const { peer, receive } = startEventPeer({ receives });
    receive(...frames);
    peer.end();
    const handled: unknown[] = [];
    peer.serve((name, input) => handled.push([name, input]));
    await settled();
    expect(handled).toEqual([
      ["constructor", { n: 1 }],
      ["__proto__", { n: 1 }],
    ]);
  });
});

describe("when a handler throws", () => {
  const throwing = (error: unknown) => () => {
    throw error;
  };

  test("any error, the remote peer gets nothing of it, and the next event is handled", async () => {
    const secret = new Error("secret");
    const { answers, handlerErrors, handled } = await handleFrames([hi, hi], throwing(secret));
    expect(answers).toEqual(twice({ t: "error", re: 7, code: "INTERNAL", message: "the handler failed" }));
    expect(handlerErrors).toEqual(twice(["post", secret]));
    expect(handled).toHaveLength(2);
  });

  test("a RequestError, the remote peer gets its code, message and data", async () => {
    const { answers, handlerErrors } = await handleFrames(
      [hi],
      throwing(new RequestError("TAKEN", "is taken", { by: "x" })),
    );
    expect(answers).toEqual([{ t: "error", re: 7, code: "TAKEN", message: "is taken", data: { by: "x" } }]);
    expect(handlerErrors).toEqual([]);
  });

  test("a CloseError, the connection is closed, and no report is sent", async () => {
    const error = new CloseError(4001, "over");
    const { answers, closes, handlerErrors } = await handleFrames([hi], throwing(error));
    expect([answers, closes, handlerErrors]).toEqual([[], [error], []]);
  });

  test("after its session was lost, no report is sent in the next session", async () => {
    const { peer, receive, arrived, sender, handlerErrors } = startEventPeer();
    const handling = new Sent();
    peer.serve(() => handling);
    receive(hi);
    await new Promise(setImmediate);
    sender.reset();
    peer.sessionLost();
    handling.reject(new Error("late"));
    peer.end();
    await settled();
    expect([arrived.size, sender.undelivered, handlerErrors]).toEqual([0, 0, [["post", new Error("late")]]]);
  });

  test("for an event without a number, no report is sent", async () => {
    const event = '{"t":"event","name":"post","data":{"text":"a"}}';
    const { answers, handlerErrors } = await handleFrames([event], throwing(new Error("secret")));
    expect(answers).toEqual([]);
    expect(handlerErrors).toHaveLength(1);
  });

  test("a RequestError that cannot be sent, onHandlerError gets it, also without a number", async () => {
    const event = '{"t":"event","name":"post","data":{"text":"a"}}';
    const { answers, handlerErrors } = await handleFrames(
      [event],
      throwing(new RequestError("NO", "no", 1n)),
    );
    expect(answers).toEqual([]);
    expect(handlerErrors).toEqual([["post", expect.any(TypeError)]]);
  });

  test.each([
    ["data that cannot be JSON", new RequestError("NO", "no", 1n)],
    ["an empty code", new RequestError("")],
    ["a code too long for a frame", new RequestError("N".repeat(129))],
  ])("a RequestError with %s, the handler has failed, and the next event is handled", async (_, error) => {
    const { answers, handlerErrors, handled } = await handleFrames([hi, hi], throwing(error));
    expect(answers).toEqual(twice({ t: "error", re: 7, code: "INTERNAL", message: "the handler failed" }));
    expect(handlerErrors).toEqual(twice(["post", expect.any(Error)]));
    expect(handled).toHaveLength(2);
  });

  test("a ValidationError, its issues are sent as text: a symbol in a path, a message cut to 200", async () => {
    const error = new ValidationError([{ message: "m".repeat(300), path: [Symbol("s"), { key: 1 }] }]);
    const { answers } = await handleFrames([hi], throwing(error));
    expect(answers).toMatchObject([
      { code: "INVALID", data: [{ message: "m".repeat(200), path: ["Symbol(s)", 1] }] },
    ]);
  });
});
