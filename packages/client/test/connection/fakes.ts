import { jsonFrames, type WelcomeFrame } from "@symbolon/protocol/internal";
import { vi } from "vitest";
import {
  type ReconnectingConnection,
  createConnection,
  type ConnectionListener,
  type ConnectionOptions,
} from "../../src/connection/connection.ts";
import type { NetworkScope } from "../../src/connection/network.ts";

/** A socket with a browser's API and nobody at the other end: the test says what happens. */
export class FakeSocket extends EventTarget {
  readonly url: string;
  readonly offered: readonly string[];
  readonly sent: (string | Uint8Array)[] = [];
  readonly protocol = "";
  readyState = 0;
  bufferedAmount = 0;
  binaryType = "blob";
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
      throw new DOMException("a browser does not send it", "InvalidAccessError");
    this.readyState = 2;
    this.closed ??= { code, reason };
  }

  opens(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  says(data: unknown): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }

  falls(code = 1006, reason = "", wasClean = code !== 1006): void {
    this.readyState = 3;
    if (!wasClean) this.dispatchEvent(new Event("error"));
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason, wasClean }));
  }
}

/** A class of fake sockets, and those it made. */
export function fakeSockets() {
  const made: FakeSocket[] = [];
  class Made extends FakeSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      made.push(this);
    }
  }
  const last = (): FakeSocket => {
    const socket = made.at(-1);
    if (socket === undefined) throw new Error("nothing was dialed");
    return socket;
  };
  return { made, last, WebSocket: Made };
}

/** A page on a device: its events, and whether it is online and visible. */
export class FakePage extends EventTarget implements NetworkScope {
  readonly navigator = { onLine: true };
  readonly document = { visibilityState: "visible" };

  goes(onLine: boolean): void {
    this.navigator.onLine = onLine;
    this.dispatchEvent(new Event(onLine ? "online" : "offline"));
  }

  shows(visibilityState: "visible" | "hidden"): void {
    this.document.visibilityState = visibilityState;
    this.dispatchEvent(new Event("visibilitychange")); // it happens to the document, and bubbles
  }

  turns(type: "pagehide" | "pageshow", persisted: boolean): void {
    this.dispatchEvent(Object.assign(new Event(type), { persisted }));
  }
}

/** A connection over fake sockets on a fake page; `told` is what its listener was told. */
export function faked(options: Partial<ConnectionOptions> = {}, listener: Partial<ConnectionListener> = {}) {
  const sockets = fakeSockets();
  const page = new FakePage();
  const told: string[] = [];
  const connection: ReconnectingConnection = createConnection(
    {
      url: () => "ws://test/",
      protocols: [],
      WebSocket: sockets.WebSocket,
      network: page,
      random: () => 0.5,
      ...options,
    },
    {
      opened: () => void told.push("opened"),
      message: (message) => void told.push(`message ${String(message)}`),
      lost: () => void told.push("lost"),
      ended: ({ code }) => void told.push(`ended ${code}`),
      ...listener,
    },
  );
  return { ...sockets, page, told, connection };
}

/** Silence that is death, as servers say by default. */
const limit = 35_000;

/** A server's welcome to a new session. */
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

/** Lets `ms` of the faked time pass. */
export const pass = (ms = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** A connection over fake sockets that is open and established. */
export async function live(...options: Parameters<typeof faked>) {
  const client = faked(...options);
  client.connection.dial();
  await pass();
  client.last().opens();
  client.connection.live(limit);
  return client;
}
