import { contract, request, RequestError, stream } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { ImplementOptions } from "../../src/contract/setup.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { openSession, receiveFrame } from "../session/connect-session.ts";

const chat = contract("/chat", {
  client: {
    say: z.string(),
    length: request({ input: z.string(), output: z.number() }),
    count: stream({ input: z.number(), output: z.number() }),
  },
  server: { said: z.string() },
});

type Options = ImplementOptions<typeof chat, { readonly user: string }>;

/** Serves the chat with this middleware, for a client that a hook names Ada. */
function startChat(middleware: NonNullable<Options["middleware"]>) {
  const log: string[] = [];
  const app = createApp().use(() => ({ user: "Ada" }));
  app.implement(chat, { middleware }, (peer, { room }) => {
    room("all").join(peer);
    return {
      say: (text, call) => {
        log.push(`say ${text}`);
        void call.room("all").send("said", text);
      },
      length: (text) => text.length,
      *count(to) {
        for (let n = 1; n <= to; n += 1) yield n;
      },
    };
  });
  return { net: testNetwork(app), log };
}

const frames = {
  say: { t: "event", name: "say", data: "hello", q: 1 },
  length: { t: "request", name: "length", data: "hello", q: 1 },
  count: { t: "stream", name: "count", data: 2, q: 1 },
};

/** The next frame that is neither the position in the room nor an acknowledgement. */
async function receiveAnswer(socket: Parameters<typeof receiveFrame>[0]): Promise<unknown> {
  const frame = (await receiveFrame(socket)) as { readonly t: string };
  return ["room", "ack"].includes(frame.t) ? receiveAnswer(socket) : frame;
}

describe.each([
  ["session", openSession],
  ["plain", (net: ReturnType<typeof testNetwork>, path: string) => net.connect(path)],
] as const)("in %s mode middleware", (_, open) => {
  test.each([
    ["say", "event", "hello"],
    ["length", "request", "hello"],
    ["count", "stream", 2],
  ] as const)(
    "sees the name, the type and the input of %s, and what hooks provided",
    async (name, type, input) => {
      const seen: unknown[] = [];
      const { net } = startChat([
        ({ context, call, ...message }, next) => {
          seen.push({ ...message, user: context.user, key: typeof call.messageKey });
          return next();
        },
      ]);
      await using socket = await open(net, "/chat");
      socket.send(frames[name]);
      await receiveAnswer(socket);
      expect(seen).toEqual([{ name, type, input, user: "Ada", key: "string" }]);
    },
  );

  test("runs around the handler, the first outermost, and gives the reply on", async () => {
    const order: string[] = [];
    const around = (name: string) => async (_message: unknown, next: () => unknown) => {
      order.push(`${name} begins`);
      const reply = await next();
      order.push(`${name} ends with ${String(reply)}`);
      return reply;
    };
    const { net } = startChat([around("outer"), around("inner")]);
    await using socket = await open(net, "/chat");
    socket.send(frames.length);
    expect(await receiveAnswer(socket)).toMatchObject({ t: "reply", re: 1, data: 5 });
    expect(order).toEqual(["outer begins", "inner begins", "inner ends with 5", "outer ends with 5"]);
  });

  test.each(["say", "length", "count"] as const)("refuses %s, whose handler does not run", async (name) => {
    const { net, log } = startChat([
      () => {
        throw new RequestError("SLOW_DOWN", "one message a second");
      },
    ]);
    await using socket = await open(net, "/chat");
    socket.send(frames[name]);
    expect(await receiveAnswer(socket)).toMatchObject({ t: "error", re: 1, code: "SLOW_DOWN" });
    expect(log).toEqual([]);
  });

  test("that fails after the handler drops the handler's room messages", async () => {
    const { net, log } = startChat([
      async (_message, next) => {
        await next();
        throw new RequestError("TOO_LATE");
      },
    ]);
    await using socket = await open(net, "/chat");
    socket.send(frames.say);
    expect(await receiveAnswer(socket)).toMatchObject({ t: "error", re: 1, code: "TOO_LATE" });
    expect(log).toEqual(["say hello"]);
  });

  test("that calls next twice fails, and the handler has run once", async () => {
    const { net, log } = startChat([
      async (_message, next) => {
        await next();
        return next();
      },
    ]);
    await using socket = await open(net, "/chat");
    socket.send(frames.say);
    expect(await receiveAnswer(socket)).toMatchObject({ t: "error", re: 1, code: "INTERNAL" });
    expect(log).toEqual(["say hello"]);
    expect(net.errors).toEqual([new TypeError('middleware called next() twice for "say"')]);
  });

  test("does not run for a message that the schema refuses", async () => {
    const { net } = startChat([() => expect.unreachable()]);
    await using socket = await open(net, "/chat");
    socket.send({ ...frames.say, data: 5 });
    expect(await receiveAnswer(socket)).toMatchObject({ t: "error", re: 1, code: "INVALID" });
  });
});

test("middleware which is not a function is a TypeError where it is declared", () => {
  expect(() => startChat([{} as never])).toThrow(TypeError);
});
