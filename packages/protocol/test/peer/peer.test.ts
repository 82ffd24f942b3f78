import { describe, expect, test } from "vitest";
import { z } from "zod";
import { CloseError, RequestError, ValidationError } from "../../src/errors.ts";
import { jsonFrames } from "../../src/frames/frame.ts";
import { type Dispatch, type EventFailure, EventPeer, type PeerOptions } from "../../src/peer/peer.ts";
import { Sent } from "../../src/async/sent.ts";
import { Session } from "../../src/session/session.ts";
import { joinedWires } from "../../src/wire/joined-wires.ts";
import { ample, settled, unnumbered } from "../session/outlet.ts";
import { hearing } from "../wire/wire-conformance.ts";

const say = z.object({ text: z.string().max(5).trim() });

/** A peer whose frames are heard, and which is told frames as text. */
function peering(options: Partial<PeerOptions> = {}) {
  const [wire, far] = joinedWires();
  const heard = hearing(far);
  const session = new Session({ window: ample });
  session.attach(wire, { ...ample, w: 1_000 });
  const failures: EventFailure[] = [];
  const crashes: unknown[] = [];
  const closes: CloseError[] = [];
  const peer = new EventPeer<{ say: z.ZodUnknown; gone: z.ZodUndefined }>({
    receives: { say },
    sends: { say },
    session,
    after: () => () => {},
    onEventFailed: (failure) => failures.push(failure),
    onHandlerError: (error, name) => crashes.push([name, error]),
    close: (error) => closes.push(error),
    ...options,
  });
  const told = (...frames: string[]) =>
    frames.map((frame) => peer.receive(jsonFrames.read(frame), frame.length));
  return { peer, told, heard, session, failures, crashes, closes };
}

/** Serves `frames` to their end, and gives what was handled and what was answered. */
async function served(frames: string[], dispatch: Dispatch = () => {}, options: Partial<PeerOptions> = {}) {
  const all = peering(options);
  const handled: unknown[] = [];
  all.told(...frames, '{"t":"event","name":"say","data":{"text":"last"},"q":99}');
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
  while (all.heard.size > 0) answers.push(JSON.parse(unnumbered(await all.heard.pull())));
  return { ...all, handled, answers };
}

const twice = (value: unknown): unknown[] => [value, value];
const hi = '{"t":"event","name":"say","data":{"text":" hi "},"q":7}';

describe("saying", () => {
  test("an event goes with a number, to be told of its failure", async () => {
    const { peer, heard } = peering();
    peer.send("say", { text: "a" });
    peer.send("gone", undefined);
    expect(await heard.pull()).toBe('{"s":1,"t":"event","name":"say","data":{"text":"a"},"q":1}');
    expect(await heard.pull()).toBe('{"s":2,"t":"event","name":"gone","q":2}');
  });

  test("without asking for failures there is no number", async () => {
    const { peer, heard } = peering({ requestErrorReports: false });
    peer.send("say", { text: "a" });
    expect(await heard.pull()).toBe('{"s":1,"t":"event","name":"say","data":{"text":"a"}}');
  });

  test("data that cannot be JSON throws at once", () => {
    const { peer, heard } = peering();
    expect(() => peer.send("say", 1n)).toThrow(TypeError);
    expect(heard.size).toBe(0);
  });

  test("after the end it rejects with the reason", async () => {
    const { peer, session, failures } = peering();
    const reason = new CloseError(4001);
    session.end(reason);
    await expect(peer.send("say", {})).rejects.toBe(reason);
    expect(failures).toEqual([]);
  });
});

describe("being told of a failure", () => {
  test("it says which event it was, once", () => {
    const { peer, told, failures } = peering();
    peer.send("say", { text: "a" });
    const error = '{"t":"error","re":1,"code":"NO","message":"no","data":[1]}';
    expect(told(error, error)).toEqual([true, true]);
    expect(failures).toEqual([
      { name: "say", data: { text: "a" }, error: new RequestError("NO", "no", [1]) },
    ]);
  });

  test("what a schema refused is a ValidationError, of those issues that are some", () => {
    const { peer, told, failures } = peering();
    peer.send("say", 1);
    const issues =
      '[{"message":"bad","path":["a",0]},{"message":1},null,{"message":"odd","path":[{}]},{"message":"all"}]';
    told(`{"t":"error","re":1,"code":"INVALID","message":"x","data":${issues}}`);
    expect(failures[0]?.error).toEqual(
      new ValidationError([{ message: "bad", path: ["a", 0] }, { message: "all" }]),
    );
  });

  test("an error about nothing, or about what was never said, is dropped", () => {
    const { told, failures } = peering();
    told('{"t":"error","code":"NO","message":""}', '{"t":"error","re":5,"code":"NO","message":""}');
    expect(failures).toEqual([]);
  });

  test("it may be of any that is not settled, however many there are, and of no other", () => {
    const { peer, session, told, failures } = peering();
    for (let n = 1; n <= 900; n += 1) peer.send("say", n);
    session.acknowledge(100);
    peer.send("say", 901);
    for (const re of [100, 101, 901]) told(`{"t":"error","re":${re},"code":"NO","message":""}`);
    expect(failures.map(({ data }) => data)).toEqual([101, 901]);
  });

  test("who awaits it is told, and nobody else", async () => {
    const { peer, told, failures } = peering();
    const outcome = peer.send("say", 1).then(null, (error: unknown) => error);
    told('{"t":"error","re":1,"code":"NO","message":""}');
    expect(await outcome).toEqual(new RequestError("NO", ""));
    expect(failures).toEqual([]);
  });
});

describe("hearing", () => {
  test("events are handled one after another, as their schema made them", async () => {
    const order: string[] = [];
    const { handled, answers } = await served([hi, hi], async () => {
      order.push("begin");
      await new Promise(setImmediate);
      order.push("end");
    });
    expect(handled).toEqual([
      ["say", { text: "hi" }],
      ["say", { text: "hi" }],
    ]);
    expect(order).toEqual(["begin", "end", "begin", "end"]);
    expect(answers).toEqual([]);
  });

  test("what was heard before the end is still handled, what comes after it is not", async () => {
    const { peer, told } = peering();
    told(hi);
    peer.end();
    expect(told(hi)).toEqual([true]);
    const handled: unknown[] = [];
    peer.serve((name) => handled.push(name));
    await settled();
    expect(handled).toEqual(["say"]);
  });

  test("frames that are not of the conversation are not taken", () => {
    const { told } = peering();
    expect(told('{"t":"ping","n":1}', '{"t":"bye"}')).toEqual([false, false]);
  });

  test("an event that fails its schema is answered with the issues, and the next is handled", async () => {
    const { handled, answers, crashes } = await served(['{"t":"event","name":"say","data":{},"q":7}', hi]);
    const message = expect.any(String);
    expect(answers).toEqual([
      { t: "error", re: 7, code: "INVALID", message, data: [{ message, path: ["text"] }] },
    ]);
    expect([handled.length, crashes]).toEqual([1, []]);
  });

  test.each(["shout", "constructor", "__proto__", "toString"])("there is no event %j", async (name) => {
    const { answers, handled } = await served([`{"t":"event","name":"${name}","data":{},"q":7}`]);
    const message = `there is no event "${name}"`;
    expect(answers).toEqual([{ t: "error", re: 7, code: "NOT_FOUND", message }]);
    expect(handled).toEqual([]);
  });

  test("a message may be called constructor or __proto__", async () => {
    const hears = Object.fromEntries(
      ["constructor", "__proto__"].map((name) => [name, z.object({ n: z.number() })]),
    );
    const frames = Object.keys(hears).map((name) => `{"t":"event","name":"${name}","data":{"n":1}}`);
    const { peer, told } = peering({ receives: hears });
    told(...frames);
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

describe("a handler that throws", () => {
  const throwing = (error: unknown) => () => {
    throw error;
  };

  test("anything: nothing of it crosses, it is reported, and the next is handled", async () => {
    const secret = new Error("secret");
    const { answers, crashes, handled } = await served([hi, hi], throwing(secret));
    expect(answers).toEqual(twice({ t: "error", re: 7, code: "INTERNAL", message: "the handler failed" }));
    expect(crashes).toEqual(twice(["say", secret]));
    expect(handled).toHaveLength(2);
  });

  test("a RequestError: its code, message and data cross", async () => {
    const { answers, crashes } = await served(
      [hi],
      throwing(new RequestError("TAKEN", "is taken", { by: "x" })),
    );
    expect(answers).toEqual([{ t: "error", re: 7, code: "TAKEN", message: "is taken", data: { by: "x" } }]);
    expect(crashes).toEqual([]);
  });

  test("a CloseError: the connection is to be closed, nothing is answered", async () => {
    const error = new CloseError(4001, "over");
    const { answers, closes, crashes } = await served([hi], throwing(error));
    expect([answers, closes, crashes]).toEqual([[], [error], []]);
  });

  test("when the session it came in is lost: it is reported, and nobody in the next is told", async () => {
    const { peer, told, heard, session, crashes } = peering();
    const handling = new Sent();
    peer.serve(() => handling);
    told(hi);
    await new Promise(setImmediate);
    session.reset();
    peer.sessionLost();
    handling.reject(new Error("late"));
    peer.end();
    await settled();
    expect([heard.size, session.undelivered, crashes]).toEqual([0, 0, [["say", new Error("late")]]]);
  });

  test("for an event without a number nothing is answered", async () => {
    const event = '{"t":"event","name":"say","data":{"text":"a"}}';
    const { answers, crashes } = await served([event], throwing(new Error("secret")));
    expect(answers).toEqual([]);
    expect(crashes).toHaveLength(1);
  });

  test("a RequestError that cannot be sent is reported, though nobody asked to be told", async () => {
    const event = '{"t":"event","name":"say","data":{"text":"a"}}';
    const { answers, crashes } = await served([event], throwing(new RequestError("NO", "no", 1n)));
    expect(answers).toEqual([]);
    expect(crashes).toEqual([["say", expect.any(TypeError)]]);
  });

  test.each([
    ["data that cannot be JSON", new RequestError("NO", "no", 1n)],
    ["an empty code", new RequestError("")],
    ["a code too long for a frame", new RequestError("N".repeat(129))],
  ])("a RequestError with %s: it is a failure of the handler, and the next is handled", async (_, error) => {
    const { answers, crashes, handled } = await served([hi, hi], throwing(error));
    expect(answers).toEqual(twice({ t: "error", re: 7, code: "INTERNAL", message: "the handler failed" }));
    expect(crashes).toEqual(twice(["say", expect.any(Error)]));
    expect(handled).toHaveLength(2);
  });

  test("issues cross as text: a symbol in a path, a message cut to 200", async () => {
    const error = new ValidationError([{ message: "m".repeat(300), path: [Symbol("s"), { key: 1 }] }]);
    const { answers } = await served([hi], throwing(error));
    expect(answers).toMatchObject([
      { code: "INVALID", data: [{ message: "m".repeat(200), path: ["Symbol(s)", 1] }] },
    ]);
  });
});
