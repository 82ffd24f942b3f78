import { msgpack } from "@symbolon/protocol/msgpack";
import { type App, type AppOptions, createApp, identity, listen, type Setup } from "@symbolon/server";
import { Clock } from "@symbolon/server/testing";
import type { Findings } from "../oracle/findings.ts";
import { turns } from "../oracle/turn-meter.ts";
import { open, signed } from "./contract.ts";

/** The app under test, and its clock. */
export interface Application {
  readonly app: App;
  readonly clock: Clock;
  /** How often `onError` was called. */
  readonly errors: () => number;
  /** Lets time pass on the app's clock, in steps that answer pings. */
  readonly pass: (ms: number) => Promise<void>;
}

/** The longest step of the clock, in ms: a silent client is pinged before it is dropped. */
const maxStep = 5_000;
const blob = "b".repeat(2 ** 16);

/** Makes the app, with safe defaults but for `options`. */
export function createApplication(findings: Findings, options: AppOptions = {}): Application {
  const clock = new Clock();
  let errors = 0;
  const app = createApp({
    clock,
    codecs: [msgpack],
    onError: () => {
      errors += 1;
      findings.count("errors of the app");
    },
    ...options,
  });
  const setup: Setup<typeof open, object> = (peer, { room, ...context }) => {
    const own = (context as unknown as { params: { room: string } }).params.room;
    room(own).join(peer);
    const after = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
    return {
      say: (said, call) => void call.room(own).send("said", said),
      visit({ room: name, text }, call) {
        room(name).join(peer);
        void call.room(name).send("said", { text });
      },
      leave: ({ room: name }) => room(name).leave(peer),
      slow: ({ ms }) => after(Math.min(Math.max(ms, 0), 60_000)),
      note: () => {},
      flood({ count }) {
        for (let n = 0; n < Math.min(count, 3_000); n += 1) void peer.send("tick", { n });
      },
      push({ count, length }) {
        const text = blob.slice(0, Math.max(0, length));
        for (let n = 0; n < Math.min(count, 150); n += 1)
          void peer.send("said", { text: `${peer.id} ${n} ${text}` });
      },
      question({ count }) {
        for (let n = 0; n < Math.min(count, 100); n += 1) void peer.request("asked", n).catch(() => {});
        if (count > 3) void drain(peer.stream("list", count)).catch(() => {});
      },
      echo: (input) => input,
      blob: (length) => blob.slice(0, Math.max(0, length)),
      fail: () => Promise.reject(new Error("the handler fails")),
      *count({ to }) {
        for (let n = 1; n <= to; n += 1) yield n;
      },
      *firehose(length) {
        for (;;) yield blob.slice(0, Math.max(0, length));
      },
      async *upload(_, { upload }) {
        for await (const item of upload) yield item;
      },
      async *hold(_, { signal }) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield* [];
      },
    };
  };
  app.implement(open, setup);
  app
    .group(({ token }) => identity({ principal: token ?? "none" }))
    .implement(signed, setup as unknown as Setup<typeof signed, object>);
  app.ws("/echo", listen((message: unknown) => message) as never);
  app.ws("/slow", (async (socket: AsyncIterable<unknown>) => {
    for await (const _ of socket) await new Promise<void>((resolve) => void clock.after(1_000, resolve));
  }) as never);
  app.ws("/feed", function* feed() {
    for (;;) yield blob.slice(0, 1_000);
  } as never);
  app.ws("/refuse", () => new Response("no", { status: 401 }));
  return {
    app,
    clock,
    errors: () => errors,
    async pass(ms) {
      for (let left = ms; left > 0; left -= maxStep) {
        clock.advance(Math.min(left, maxStep));
        await turns();
      }
    },
  };
}

async function drain(values: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of values);
}
