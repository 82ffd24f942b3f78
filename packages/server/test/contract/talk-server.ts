import { contract, json, request, type ServerMessages, stream } from "@symbolon/protocol";
import type { WelcomeFrame } from "@symbolon/protocol/internal";
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
import { flushPromises } from "../flush-promises.ts";
import { hello, connectSession } from "../session/connect-session.ts";

/** A contract with a message of each kind. */
export const talk = contract("/talk", {
  client: {
    say: z.string(),
    ask: request({ input: z.string(), output: z.string() }),
    count: stream({ input: z.number(), output: z.number() }),
  },
  server: { said: z.string(), ask: request({ input: z.string(), output: z.string() }) },
});

/** A client as the setup of `talk` holds it. */
type TalkPeer = Peer<ServerMessages<typeof talk>>;

/** Handles messages. By default `say` does nothing, and `ask` replies with its input. */
interface TalkHandlers {
  readonly say?: (text: string, peer: TalkPeer) => unknown;
  readonly ask?: (text: string) => string | Promise<string>;
  /** Runs in setup, before it yields the handlers. */
  readonly before?: (peer: TalkPeer) => unknown;
}

/** Starts a server of `talk`, and records what its hooks and setup run, and how its sessions change. */
export function startTalkServer(
  { say, ask = (text) => text, before }: TalkHandlers = {},
  options: AppOptions = {},
) {
  const clock = new Clock();
  const onError = vi.fn();
  const log: string[] = [];
  const changes: SessionChange[] = [];
  const peers: TalkPeer[] = [];
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

/** Connects a client and receives the `welcome`. A string is sent as it is. */
export async function connectTalk(
  net: TestNetwork,
  first: object = hello,
  options?: TestConnectOptions,
): Promise<{ socket: TestSocket; welcome: WelcomeFrame }> {
  const socket = await connectSession(net, "/talk", first, options);
  return { socket, welcome: (await socket.receive(json())) as WelcomeFrame };
}

/** The `hello` that resumes a session, from the positions and at the attempt given. */
export function resumeHello(
  { sid, rt, ep }: WelcomeFrame,
  {
    att = 2,
    rx = 0,
    tx0 = 1,
    ...others
  }: Partial<Record<"att" | "rx" | "tx0", number>> & Partial<Record<"cid" | "auth", string>> = {},
): object {
  return { ...hello, att, resume: { sid, rt, ep, rx, tx0 }, ...others };
}

/** Breaks a connection, and waits until the server has noticed. */
export async function loseConnection(net: TestNetwork, socket: TestSocket): Promise<void> {
  socket.close(1001, "");
  await socket.closed;
  await net.settled();
}

/** Connects a client that has sent a frame after the `welcome`: from then on the server keeps its session. */
export async function connectConfirmed(net: TestNetwork, first?: object) {
  const client = await connectTalk(net, first);
  client.socket.send('{"t":"pong","n":1}');
  await flushPromises();
  return client;
}

/** The frame of a `say`, as it is on the wire. */
export function sayMessage(s: number, text: string, q?: number): string {
  return JSON.stringify({ s, t: "event", name: "say", data: text, ...(q !== undefined && { q }) });
}

/** The frame of a `said`, as it is on the wire. */
export function saidMessage(s: number, text: string, q: number = s): string {
  return JSON.stringify({ s, t: "event", name: "said", data: text, q });
}
