import { contract, json, request, type ServerMessages, stream } from "@symbolon/protocol";
import type { Welcome } from "@symbolon/protocol/internal";
import { vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { identity } from "../../src/request/identity.ts";
import type { AppOptions } from "../../src/app/types.ts";
import {
  type TestConnectOptions,
  testNetwork,
  type TestNetwork,
  type TestSocket,
} from "../../src/testing/index.ts";
import type { Peer } from "../../src/contract/peer.ts";
import type { SessionChange } from "../../src/session/session-change.ts";
import { Clock } from "../../src/timing/clock.ts";
import { hello, knock } from "../session/frames.ts";

/** A contract with a message of each kind. */
export const talk = contract("/talk", {
  client: {
    say: z.string(),
    ask: request({ input: z.string(), output: z.string() }),
    count: stream({ input: z.number(), output: z.number() }),
  },
  server: { said: z.string(), ask: request({ input: z.string(), output: z.string() }) },
});

/** The client, as the setup of `talk` holds it. */
type Client = Peer<ServerMessages<typeof talk>>;

/** What is done with what a client says; by default nothing, and `ask` is answered by the same. */
interface Handling {
  readonly say?: (text: string, peer: Client) => unknown;
  readonly ask?: (text: string) => string | Promise<string>;
  /** Runs in setup, before the handlers are there. */
  readonly before?: (peer: Client) => unknown;
}

/** An app with sessions, and what became of them: what ran, in order, and what was watched. */
export function talking({ say, ask = (text) => text, before }: Handling = {}, options: AppOptions = {}) {
  const clock = new Clock();
  const onError = vi.fn();
  const log: string[] = [];
  const changes: SessionChange[] = [];
  const peers: Client[] = [];
  const app = createApp({ clock, onError, ...options });
  app
    .use(function* ({ token }) {
      log.push("hook");
      if (token === "nobody") throw new Response("who are you?", { status: 401 });
      try {
        yield token === undefined ? undefined : identity({ principal: token });
      } finally {
        log.push("hook ends");
      }
    })
    .implement(talk, async function* (peer) {
      log.push("setup");
      peers.push(peer);
      peer.subscribe((change) => changes.push(change));
      try {
        await before?.(peer);
        yield {
          say: (text) => say?.(text, peer),
          ask,
          *count(to) {
            for (let n = 1; n <= to; n += 1) yield n;
          },
        };
      } finally {
        log.push("finally");
      }
    });
  return { app, net: testNetwork(app), clock, onError, log, changes, peers };
}

/** Dials by hand and reads the welcome; what is sent as a string is sent as it is. */
export async function dial(
  net: TestNetwork,
  first: object = hello,
  options?: TestConnectOptions,
): Promise<{ socket: TestSocket; welcome: Welcome }> {
  const socket = await knock(net, "/talk", first, options);
  return { socket, welcome: (await socket.receive(json())) as Welcome };
}

/** The hello by which a client goes on: where it is in the session, and which dial this is. */
export function resuming(
  { sid, rt, ep }: Welcome,
  {
    att = 2,
    rx = 0,
    tx0 = 1,
    ...others
  }: Partial<Record<"att" | "rx" | "tx0", number>> & Partial<Record<"cid" | "auth", string>> = {},
): object {
  return { ...hello, att, resume: { sid, rt, ep, rx, tx0 }, ...others };
}

/** Breaks a connection, and waits until the server knows it. */
export async function lose(net: TestNetwork, socket: TestSocket): Promise<void> {
  socket.close(1001, "");
  await socket.closed;
  await net.settled();
}

/** A welcomed client that has said so, which makes its session last. */
export async function confirmed(net: TestNetwork, first?: object) {
  const dialled = await dial(net, first);
  dialled.socket.send('{"t":"pong","n":1}');
  await new Promise(setImmediate);
  return dialled;
}

/** An event of the client, word for word. */
export function saying(s: number, text: string, q?: number): string {
  return JSON.stringify({ s, t: "event", name: "say", data: text, ...(q !== undefined && { q }) });
}

/** An event of the server, word for word. */
export function said(s: number, text: string, q: number = s): string {
  return JSON.stringify({ s, t: "event", name: "said", data: text, q });
}
