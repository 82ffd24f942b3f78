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
export const notes = contract("/notes", {
  client: {
    post: z.string(),
    ask: request({ input: z.string(), output: z.string() }),
    count: stream({ input: z.number(), output: z.number() }),
  },
  server: { posted: z.string(), ask: request({ input: z.string(), output: z.string() }) },
});

/** The peer that the setup of `notes` receives. */
type NotesPeer = Peer<ServerMessages<typeof notes>>;

/** Handles messages. By default `post` does nothing, and `ask` replies with its input. */
interface NotesHandlers {
  readonly post?: (text: string, peer: NotesPeer) => unknown;
  readonly ask?: (text: string) => string | Promise<string>;
  /** Runs when `count` starts. */
  readonly onCount?: (to: string) => unknown;
  /** Runs in setup, before it yields the handlers. */
  readonly before?: (peer: NotesPeer) => unknown;
}

/** Starts a server of `notes`, and records what its hooks and setup run, and how its sessions change. */
export function startNotesServer(
  { post, ask = (text) => text, onCount, before }: NotesHandlers = {},
  options: AppOptions = {},
) {
  const clock = new Clock();
  const onError = vi.fn();
  const log: string[] = [];
  const changes: SessionChange[] = [];
  const peers: NotesPeer[] = [];
  const app = createApp({ clock, onError, ...options });
  app
    .group(function* ({ token }) {
      log.push("hook");
      if (token === "unknown") throw new Response("who are you?", { status: 401 });
      try {
        yield token === undefined ? undefined : identity({ principal: token });
      } finally {
        log.push("hook ends");
      }
    })
    .implement(notes, async function* (peer) {
      log.push("setup");
      peers.push(peer);
      peer.subscribe((change) => changes.push(change));
      try {
        await before?.(peer);
        yield {
          post: (text) => post?.(text, peer),
          ask,
          *count(to) {
            void onCount?.(`${to}`);
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
export async function connectNotes(
  net: TestNetwork,
  first: object = hello,
  options?: TestConnectOptions,
): Promise<{ socket: TestSocket; welcome: WelcomeFrame }> {
  const socket = await connectSession(net, "/notes", first, options);
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
  }: Partial<Record<"att" | "rx" | "tx0", number>> & Partial<Record<"key" | "auth", string>> = {},
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
  const client = await connectNotes(net, first);
  client.socket.send('{"t":"pong","n":1}');
  await flushPromises();
  return client;
}

/** Returns the text frame of a `post` event. */
export function postFrame(s: number, text: string, q?: number): string {
  return JSON.stringify({ s, t: "event", name: "post", data: text, ...(q !== undefined && { q }) });
}

/** Returns the text frame of a `posted` event. */
export function postedFrame(s: number, text: string, q: number = s): string {
  return JSON.stringify({ s, t: "event", name: "posted", data: text, q });
}
