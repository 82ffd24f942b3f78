import { jsonFrames, type WelcomeFrame } from "@symbolon/protocol/internal";
import { vi } from "vitest";
import { createConnection } from "../../src/connection/connection.ts";
import type { ConnectionListener, ConnectionOptions } from "../../src/connection/connection-options.ts";
import type { NetworkScope } from "../../src/connection/network.ts";

/** A socket with a browser's API that is connected to nothing: the test emits its events. */
export class FakeSocket extends EventTarget {
  readonly url: string;
  /** The subprotocols that were offered. */
  readonly offered: readonly string[];
  readonly sent: (string | Uint8Array)[] = [];
  readonly protocol = "";
  readyState = 0;
  bufferedAmount = 0;
  binaryType = "blob";
  /** The arguments of the first `close`. */
  closed: { code: number | undefined; reason: string | undefined } | undefined;

  constructor(url: string, protocols: string[] = []) {
    super();
    this.url = url;
    this.offered = protocols;
  }

  send(data: string | Uint8Array): void {
    this.sent.push(data);
  }

  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999))
      throw new DOMException("a page may not send this code", "InvalidAccessError");
    this.readyState = 2;
    this.closed ??= { code, reason };
  }

  emitOpen(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  emitMessage(data: unknown): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }

  emitClose(code = 1006, reason = "", wasClean = code !== 1006): void {
    this.readyState = 3;
    if (!wasClean) this.dispatchEvent(new Event("error"));
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason, wasClean }));
  }
}

/**
 * A class of fake sockets, and the sockets that were made of it. Unless a test decides otherwise, a wait before a retry is
 * half of the longest one: by chance it might be over at once.
 */
export function fakeSockets() {
  if (!vi.isMockFunction(Math.random)) vi.spyOn(Math, "random").mockReturnValue(0.5);
  const made: FakeSocket[] = [];
  class Made extends FakeSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      made.push(this);
    }
  }
  const last = (): FakeSocket => {
    const socket = made.at(-1);
    if (socket === undefined) throw new Error("no socket was made");
    return socket;
  };
  return { made, last, WebSocket: Made };
}

/** A page on a device: its events, and whether it is online and visible. */
export class FakePage extends EventTarget implements NetworkScope {
  readonly navigator = { onLine: true };
  readonly document = { visibilityState: "visible" };

  setOnline(onLine: boolean): void {
    this.navigator.onLine = onLine;
    this.dispatchEvent(new Event(onLine ? "online" : "offline"));
  }

  setVisibility(visibilityState: "visible" | "hidden"): void {
    this.document.visibilityState = visibilityState;
    this.dispatchEvent(new Event("visibilitychange")); // the document dispatches it, and it bubbles
  }

  emitTransition(type: "pagehide" | "pageshow", persisted: boolean): void {
    this.dispatchEvent(Object.assign(new Event(type), { persisted }));
  }
}

/** A connection over fake sockets on a fake page; `calls` is the log of the calls of its listener. */
export function fakeConnection(
  options: Partial<ConnectionOptions> = {},
  listener: Partial<ConnectionListener> = {},
) {
  const sockets = fakeSockets();
  const page = new FakePage();
  const calls: string[] = [];
  const connection = createConnection(
    {
      url: () => "ws://test/",
      protocols: [],
      WebSocket: sockets.WebSocket,
      network: page,
      random: () => 0.5,
      ...options,
    },
    {
      opened: () => void calls.push("opened"),
      message: (message) => void calls.push(`message ${String(message)}`),
      lost: () => void calls.push("lost"),
      ended: ({ code }) => void calls.push(`ended ${code}`),
      ...listener,
    },
  );
  return { ...sockets, page, calls, connection };
}

/** The silence limit that follows from a server's default heartbeat, in ms. */
const silenceLimit = 35_000;

/** A server's `welcome` frame, of a new session. */
export const welcome = (fields: Partial<WelcomeFrame> = {}): string =>
  jsonFrames.write({
    t: "welcome",
    state: "new",
    sid: "s",
    rt: "r",
    ep: "e",
    rx: 0,
    w: 64,
    wb: 2 ** 20,
    heartbeat: { i: 25_000, t: 10_000 },
    ttl: 120_000,
    ...fields,
  }) as string;

/** Advances the fake time by `ms`. */
export const pass = (ms = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** A connection over fake sockets that is established. */
export async function openConnection(...options: Parameters<typeof fakeConnection>) {
  const client = fakeConnection(...options);
  client.connection.dial();
  await pass();
  client.last().emitOpen();
  client.connection.established(silenceLimit);
  return client;
}

/** A connection that has been established for so long that its wire does not die young. */
export async function openSteadyConnection(...options: Parameters<typeof fakeConnection>) {
  const client = await openConnection(...options);
  await pass(10_000);
  return client;
}
