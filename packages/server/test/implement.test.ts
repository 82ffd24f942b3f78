import { CloseError, contract, RequestError, SUBPROTOCOL } from "@symbolon/protocol";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type AppOptions, createApp } from "../src/app.ts";
import { Clock, testClient } from "../src/testing.ts";
import { enter, frame, hello, knock } from "./frames.ts";

const chat = contract("/chat/:room", {
  query: z.object({ name: z.string("a name is needed").optional() }),
  client: { say: z.object({ text: z.string("text is needed") }) },
  server: { said: z.object({ text: z.string() }) },
});

type Say = (input: { text: string }) => unknown;

function say(text: unknown, q = 1): object {
  return { t: "event", name: "say", data: { text }, q };
}

/** An app whose clients say something, which `handle` handles and answers by the text it returns. */
function serving(handle: Say, options: AppOptions = {}) {
  const onError = vi.fn();
  const app = createApp({ onError, ...options });
  app.implement(chat, (peer) => ({
    say: async (input) => {
      const text = await handle(input);
      if (typeof text === "string") peer.send("said", { text });
    },
  }));
  return { app, onError, net: testClient(app) };
}

const echo: Say = ({ text }) => text;

/** A promise, and how to resolve it. */
function gate() {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

describe("in session mode", () => {
  test("a hello is answered by a welcome, in our subprotocol", async () => {
    const { net } = serving(echo, { heartbeat: { interval: 500, timeout: 200 } });
    await using socket = await knock(net, "/chat/a");
    expect(socket.protocol).toBe(SUBPROTOCOL);
    expect(await frame(socket)).toEqual({
      t: "welcome",
      state: "new",
      sid: expect.stringMatching(/^[\w-]{22}$/),
      heartbeat: { i: 500, t: 200 },
    });
  });

  test("every session has an id of its own", async () => {
    const { net } = serving(echo);
    await using one = await knock(net, "/chat/a", { ...hello, cid: "one" });
    await using two = await knock(net, "/chat/a", { ...hello, cid: "two" });
    const [a, b] = (await Promise.all([frame(one), frame(two)])) as { sid: string }[];
    expect(a?.sid).not.toBe(b?.sid);
  });

  test("events go both ways, with a number by which a failure could be told", async () => {
    const { net } = serving(echo);
    await using socket = await enter(net, "/chat/a");
    socket.send(say("hello"));
    expect(await frame(socket)).toEqual({ t: "event", name: "said", data: { text: "hello" }, q: 1 });
  });

  test("a ping is answered with the same number", async () => {
    const { net } = serving(echo);
    await using socket = await enter(net, "/chat/a");
    socket.send({ t: "ping", n: 7 });
    expect(await frame(socket)).toEqual({ t: "pong", n: 7 });
  });

  test("bye closes with 1000", async () => {
    const { net } = serving(echo);
    const socket = await enter(net, "/chat/a");
    socket.send({ t: "bye" });
    expect(await socket.closed).toMatchObject({ code: 1000 });
  });

  test.each([
    ["no JSON", "{"],
    ["no object", "3"],
    ["an unknown kind", '{"t":"shout"}'],
    ["a wrong field", '{"t":"event","name":3}'],
    ["a second hello", JSON.stringify(hello)],
    ["a welcome", '{"t":"welcome","state":"new","sid":"a","heartbeat":{"i":1,"t":1}}'],
    ["a field called __proto__", '{"t":"event","name":"say","__proto__":{"polluted":1}}'],
    ["a binary message", new Uint8Array([1])],
  ])("S18 › %s closes with 4400", async (_, message) => {
    const { net } = serving(echo);
    const socket = await enter(net, "/chat/a");
    socket.send(message);
    expect(await socket.closed).toMatchObject({ code: 4400 });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("the hello's credential is the token, and the Bearer header when there is none", async () => {
    const app = createApp();
    app.implement(chat, (peer, { token }) => ({ say: () => peer.send("said", { text: token ?? "none" }) }));
    const net = testClient(app);
    const headers = { authorization: "Bearer header" };
    await using one = await enter(net, "/chat/a", { ...hello, cid: "1", auth: "hello" }, { headers });
    await using two = await enter(net, "/chat/a", { ...hello, cid: "2" }, { headers });
    one.send(say(""));
    two.send(say(""));
    expect(await frame(one)).toMatchObject({ data: { text: "hello" } });
    expect(await frame(two)).toMatchObject({ data: { text: "header" } });
  });

  test("a silent client is asked by a ping frame, and given up when it does not answer", async () => {
    const clock = new Clock();
    const { net } = serving(echo, { clock });
    const socket = await enter(net, "/chat/a");
    clock.advance(25_000);
    expect(await frame(socket)).toEqual({ t: "ping", n: 1 });
    clock.advance(10_000);
    expect(await socket.closed).toMatchObject({ code: 1006 });
  });

  test("a client that answers its ping is spared", async () => {
    const clock = new Clock();
    const { net } = serving(echo, { clock });
    await using socket = await enter(net, "/chat/a");
    for (let round = 0; round < 3; round += 1) {
      clock.advance(25_000);
      expect(await frame(socket)).toEqual({ t: "ping", n: 1 });
      socket.send({ t: "pong", n: 1 });
      socket.send({ t: "ping", n: 2 });
      await frame(socket); // the pong was heard before this
      clock.advance(100);
    }
  });
});

describe("in plain mode", () => {
  test("events written by hand are handled, and answered by bare events", async () => {
    const { net } = serving(echo);
    await using socket = await net.connect("/chat/a");
    socket.send('{"t":"event","name":"say","data":{"text":"by hand"}}');
    expect(await socket.receive()).toBe('{"t":"event","name":"said","data":{"text":"by hand"}}');
    expect(socket.protocol).toBe("");
  });

  test("a client that offers only what nobody knows agrees on nothing", async () => {
    const { net } = serving(echo);
    await using socket = await net.connect("/chat/a", { protocols: ["mqtt", "secret-token"] });
    expect(socket.protocol).toBe("");
    socket.send(say("hello"));
    expect(await frame(socket)).toMatchObject({ name: "said" });
  });

  test("a failed event without a number is told to nobody", async () => {
    const { net } = serving(echo);
    await using socket = await net.connect("/chat/a");
    socket.send({ t: "event", name: "say", data: {} });
    socket.send(say("next"));
    expect(await frame(socket)).toMatchObject({ name: "said", data: { text: "next" } });
  });

  test("S18 › three messages that are no frames are told of, and then close with 1008", async () => {
    const { net } = serving(echo);
    const socket = await net.connect("/chat/a");
    for (const slip of ["{", "[]", '{"t":"nothing"}']) {
      socket.send(slip);
      expect(await frame(socket)).toEqual({ t: "error", code: "BAD_FRAME", message: expect.any(String) });
    }
    expect(await socket.closed).toMatchObject({ code: 1008, reason: "three messages were no frames" });
  });

  test("two slips are forgiven", async () => {
    const { net } = serving(echo);
    await using socket = await net.connect("/chat/a");
    socket.send("{");
    socket.send("{");
    socket.send(say("hello"));
    expect(await frame(socket)).toMatchObject({ code: "BAD_FRAME" });
    expect(await frame(socket)).toMatchObject({ code: "BAD_FRAME" });
    expect(await frame(socket)).toMatchObject({ name: "said" });
  });
});

describe.each([
  ["session", enter],
  ["plain", (net: ReturnType<typeof testClient>, path: string) => net.connect(path)],
] as const)("in %s mode", (_, open) => {
  test.each(["shout", "constructor", "__proto__", "toString"])("S20 › an unknown name is NOT_FOUND: %s", async (name) => {
    const { net } = serving(echo);
    await using socket = await open(net, "/chat/a");
    socket.send({ t: "event", name, q: 3 });
    expect(await frame(socket)).toMatchObject({ t: "error", re: 3, code: "NOT_FOUND" });
    socket.send(say("still here"));
    expect(await frame(socket)).toMatchObject({ name: "said" });
  });

  test("a wrong type is INVALID with its issues, and the connection stays", async () => {
    const { net, onError } = serving(echo);
    await using socket = await open(net, "/chat/a");
    socket.send(say(5, 9));
    expect(await frame(socket)).toEqual({
      t: "error",
      re: 9,
      code: "INVALID",
      message: "text: text is needed",
      data: [{ message: "text is needed", path: ["text"] }],
    });
    socket.send(say("still here"));
    expect(await frame(socket)).toMatchObject({ name: "said" });
    expect(onError).not.toHaveBeenCalled();
  });

  test.each([
    ["throws", () => { throw new Error("secret at /srv/app.ts"); }],
    ["rejects", () => Promise.reject(new Error("secret at /srv/app.ts"))],
  ] as [string, Say][])("S21 › a handler that %s is INTERNAL, with nothing of the exception", async (_name, broken) => {
    const { net, onError } = serving((input) => (input.text === "break" ? broken(input) : input.text));
    await using socket = await open(net, "/chat/a");
    socket.send(say("break", 4));
    expect(await frame(socket)).toEqual({ t: "error", re: 4, code: "INTERNAL", message: "the handler failed" });
    socket.send(say("still here"));
    expect(await frame(socket)).toMatchObject({ name: "said" });
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("secret at /srv/app.ts"), { request: expect.any(Request) });
  });

  test("a handler that throws RequestError tells its code, message and data", async () => {
    const { net, onError } = serving(() => {
      throw new RequestError("ROOM_FULL", "no seats left", { seats: 0 });
    });
    await using socket = await open(net, "/chat/a");
    socket.send(say("x", 2));
    expect(await frame(socket)).toEqual({ t: "error", re: 2, code: "ROOM_FULL", message: "no seats left", data: { seats: 0 } });
    expect(onError).not.toHaveBeenCalled();
  });

  test("a handler that throws CloseError closes with its code and reason", async () => {
    const { net, onError } = serving(() => {
      throw new CloseError(4321, "be nice");
    });
    const socket = await open(net, "/chat/a");
    socket.send(say("x"));
    expect(await socket.closed).toEqual({ code: 4321, reason: "be nice", wasClean: true });
    expect(onError).not.toHaveBeenCalled();
  });

  test("events are handled one after another", async () => {
    const log: string[] = [];
    const first = gate();
    const { net } = serving(async ({ text }) => {
      log.push(`${text} begins`);
      if (text === "a") await first.passed;
      log.push(`${text} ends`);
      return text;
    });
    await using socket = await open(net, "/chat/a");
    socket.send(say("a"));
    socket.send(say("b"));
    socket.send({ t: "ping", n: 1 });
    expect(await frame(socket)).toEqual({ t: "pong", n: 1 }); // all of it was heard
    expect(log).toEqual(["a begins"]);
    first.open();
    await frame(socket);
    await frame(socket);
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  test("code after the yield runs when the client leaves, after which the signal has aborted and closed resolved", async () => {
    const ended = gate();
    const seen: unknown[] = [];
    const app = createApp();
    app.implement(chat, async function* (peer) {
      yield { say: () => {} };
      seen.push(peer.signal.aborted, await peer.closed);
      ended.open();
    });
    const socket = await open(testClient(app), "/chat/a");
    socket.close(1001, "going");
    await ended.passed;
    expect(seen).toEqual([true, { code: 1001, reason: "going", wasClean: true }]);
  });

  test("a handler's signal aborts as soon as the client leaves", async () => {
    const began = gate();
    const aborted = gate();
    const app = createApp();
    app.implement(chat, () => ({
      say: (_input, { signal }) => {
        signal.addEventListener("abort", aborted.open);
        began.open();
        return aborted.passed;
      },
    }));
    const socket = await open(testClient(app), "/chat/a");
    socket.send(say("x"));
    await began.passed;
    socket.close();
    await aborted.passed;
  });

  test("code after the yield that throws is told to the app, and the hooks end", async () => {
    const told = gate();
    const log: string[] = [];
    const app = createApp({ onError: (error) => (log.push((error as Error).message), told.open()) });
    const ended = gate();
    const view = app.use(function* () {
      yield;
      ended.open();
    });
    view.implement(chat, function* () {
      yield { say: () => {} };
      throw new Error("broken end");
    });
    const socket = await open(testClient(app), "/chat/a");
    socket.close();
    await Promise.all([told.passed, ended.passed]);
    expect(log).toEqual(["broken end"]);
  });

  test("a handler that never settles holds the end for 300 ms at most", async () => {
    const clock = new Clock();
    const began = gate();
    const ended = gate();
    const app = createApp({ clock });
    app.implement(chat, function* (peer) {
      try {
        yield { say: () => (began.open(), new Promise(() => {})) };
      } finally {
        expect(peer.signal.aborted).toBe(true);
        ended.open();
      }
    });
    const socket = await open(testClient(app), "/chat/a");
    socket.send(say("x"));
    await began.passed;
    socket.close();
    await socket.closed;
    clock.advance(300);
    await ended.passed;
  });
});

describe("setup", () => {
  test("comes before anything is dispatched", async () => {
    const ready = gate();
    const log: string[] = [];
    const app = createApp();
    app.implement(chat, async function* (peer) {
      await ready.passed;
      log.push("ready");
      yield { say: ({ text }) => (log.push(text), peer.send("said", { text })) };
    });
    await using socket = await knock(testClient(app), "/chat/a");
    socket.send(say("early"));
    ready.open();
    expect(await frame(socket)).toMatchObject({ t: "welcome" });
    expect(await frame(socket)).toMatchObject({ name: "said" });
    expect(log).toEqual(["ready", "early"]);
  });

  test("may say something, which comes after the welcome", async () => {
    const app = createApp();
    app.implement(chat, (peer, { params }) => {
      peer.send("said", { text: `welcome to ${params.room}` });
      return { say: () => {} };
    });
    await using socket = await enter(testClient(app), "/chat/a%20b");
    expect(await frame(socket)).toMatchObject({ data: { text: "welcome to a b" } });
  });

  test.each([
    ["throwing", () => { throw new Response("full", { status: 409 }); }],
    ["rejecting with", () => Promise.reject(new Response("full", { status: 409 }))], // oxlint-disable-line typescript/prefer-promise-reject-errors -- a Response is thrown to refuse
    ["throwing before the yield", function* (): Generator<{ say: () => void }> { throw new Response("full", { status: 409 }); }], // oxlint-disable-line require-yield -- it never gets there
  ] as [string, () => never][])("refuses by %s a Response, in both modes", async (_, setup) => {
    const onError = vi.fn();
    const ended = vi.fn();
    const app = createApp({ onError });
    app
      .use(function* () {
        try { yield; } finally { ended(); }
      })
      .implement(chat, setup);
    const net = testClient(app);
    await expect(net.connect("/chat/a")).rejects.toMatchObject({ response: { status: 409 } });
    const socket = await knock(net, "/chat/a");
    expect(await socket.closed).toMatchObject({ code: 4409, reason: "full" });
    expect(ended).toHaveBeenCalledTimes(2);
    expect(onError).not.toHaveBeenCalled();
  });

  test("that throws is a 500 or 4500, told to the app", async () => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app.implement(chat, () => {
      throw new Error("secret");
    });
    const net = testClient(app);
    await expect(net.connect("/chat/a")).rejects.toMatchObject({ response: { status: 500 } });
    const socket = await knock(net, "/chat/a");
    expect(await socket.closed).toMatchObject({ code: 4500, reason: "Internal Server Error" });
    expect(onError).toHaveBeenCalledTimes(2);
  });

  test("that throws CloseError is refused with 403 and the code and reason as its body, 4403 in session mode", async () => {
    const app = createApp();
    app.implement(chat, () => {
      throw new CloseError(4321, "be nice");
    });
    const net = testClient(app);
    const refused = await net.connect("/chat/a").catch((error: { response: Response }) => error.response);
    expect([(refused as Response).status, await (refused as Response).json()]).toEqual([403, { code: 4321, reason: "be nice" }]);
    const socket = await knock(net, "/chat/a");
    expect(await socket.closed).toMatchObject({ code: 4403, reason: '{"code":4321,"reason":"be nice"}' });
  });

  test("that ends without yielding is a mistake the app is told of", async () => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app.implement(chat, function* () {} as never);
    await expect(testClient(app).connect("/chat/a")).rejects.toMatchObject({ response: { status: 500 } });
    expect(onError).toHaveBeenCalledWith(expect.any(TypeError), expect.anything());
  });
});

describe("a client that comes back with the same cid", () => {
  function recorded() {
    const log: string[] = [];
    let count = 0;
    const app = createApp();
    app
      .use(({ token }) => (token === undefined ? undefined : { principal: token }))
      .implement(chat, async function* (peer) {
        count += 1;
        const name = count;
        log.push(`${name} begins`);
        try {
          yield { say: ({ text }) => peer.send("said", { text }) };
        } finally {
          await Promise.resolve();
          log.push(`${name} is over`);
        }
      });
    return { log, net: testClient(app) };
  }

  test("ends its old connection with 4900, all of which is over before the new setup begins", async () => {
    const { log, net } = recorded();
    const old = await enter(net, "/chat/a");
    await using again = await enter(net, "/chat/a", { ...hello, att: 2 });
    expect(log).toEqual(["1 begins", "1 is over", "2 begins"]);
    expect(await old.closed).toMatchObject({ code: 4900, reason: "a newer connection took over" });
    again.send(say("me"));
    expect(await frame(again)).toMatchObject({ data: { text: "me" } });
  });

  test("but as another principal ends nothing", async () => {
    const { log, net } = recorded();
    await using ada = await enter(net, "/chat/a", { ...hello, auth: "ada" });
    await using eve = await enter(net, "/chat/a", { ...hello, auth: "eve" });
    ada.send(say("here"));
    expect(await frame(ada)).toMatchObject({ data: { text: "here" } });
    eve.send(say("too"));
    expect(await frame(eve)).toMatchObject({ data: { text: "too" } });
    expect(log).toEqual(["1 begins", "2 begins"]);
  });

  test("leaves clients with another cid alone", async () => {
    const { log, net } = recorded();
    await using one = await enter(net, "/chat/a", { ...hello, cid: "one" });
    await using two = await enter(net, "/chat/a", { ...hello, cid: "two" });
    expect(log).toEqual(["1 begins", "2 begins"]);
    expect([one.signal.aborted, two.signal.aborted]).toEqual([false, false]);
  });
});
