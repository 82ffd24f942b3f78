import ReconnectingWebSocket from "../../vendor/reconnecting-websocket.js";

/** Dials when it is made, and again whenever it is told to, until it is stopped. */
export interface Redialer {
  /** The present try is over: dials anew. */
  retry(): void;
  /** Dials no more. */
  stop(): void;
}

/**
 * Calls `dial`, which must not throw, in the next macrotask, and in one after every `again`. The one file that knows
 * `reconnecting-websocket`, which is unmaintained: it is given a class of sockets that are no more than a try. So it
 * never waits, never asks for an url, never hears an error, and each of its tries ends once, when we say so.
 */
export function createRedialer(dial: () => void): Redialer {
  let ended: ((event: { readonly type: string }) => void) | undefined;
  class Try {
    /** It knows a class of WebSockets by this. */
    static readonly CLOSING = 2;

    constructor() {
      dial();
    }

    addEventListener(type: string, listener: typeof ended): void {
      if (type === "close") ended = listener;
    }

    removeEventListener(): void {}

    close(): void {}
  }
  const dialer = new ReconnectingWebSocket("", [], {
    WebSocket: Try,
    minReconnectionDelay: 0,
    reconnectionDelayGrowFactor: 1,
    connectionTimeout: 2 ** 31 - 1, // a longer timer would overflow into one of 1 ms
  });
  return { retry: () => ended?.({ type: "close" }), stop: () => dialer.close() };
}
