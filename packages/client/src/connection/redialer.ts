import type { CloseError, Message } from "@symbolon/protocol";
import { createWebSocket, refusalOf } from "#platform";
import ReconnectingWebSocket from "../../vendor/reconnecting-websocket.js";
import { abnormal, goingAway } from "./close-codes.ts";
import { createDeferred, type Deferred } from "./deferred.ts";
import { createSocketWire, type SocketWire, wireError } from "./socket-wire.ts";
import { createTimer } from "./timer.ts";
import type { HandshakeRefusal } from "../platform/refusal.ts";
import type { Headers, WebSocketClass } from "../platform/websocket-class.ts";

/** The url of a try, and its headers. */
type Address = string | URL | [url: string, headers: Headers | undefined];

/** What to connect to. */
export interface DialOptions {
  /**
   * Called before every try, so it can bring a fresh token. `http` and `https` are read as `ws` and `wss`. When it
   * throws, rejects or takes longer than 15 s, the try has failed. It may return headers too, for Node.
   */
  readonly url: () => Address | Promise<Address>;
  /** The subprotocols to offer, read at every try. */
  readonly protocols: readonly string[];
  /**
   * The WebSocket class.
   * @default that of the platform
   */
  readonly WebSocket?: WebSocketClass | undefined;
  /**
   * Time for the socket of a try to open and to be established, in ms, read at every try.
   * @default 15_000
   */
  readonly timeout?: () => number;
}

/** Receives what happens to the tries of a redialer. */
export interface RedialerListener {
  /** The socket of the present try opened: `established` must be called within `timeout` of its creation. */
  opened(wire: SocketWire): void;
  /** A message arrived on the present wire. */
  message(message: Message): void;
  /**
   * The present try failed, or its wire closed. The next try waits for `retry`. `permanent`: every try would fail, as
   * with a malformed url.
   */
  closed(error: CloseError, permanent?: boolean): void;
  /** Why the server refused the try that failed last. Called before the next try, if it is known by then. */
  refused(refusal: HandshakeRefusal): void;
}

/** Makes one wire after another to the same url. The first try starts by itself, in the next macrotask. */
export interface Redialer {
  /** Starts the next try, after `closed` was called. */
  readonly retry: () => void;
  /** The conversation on the present wire is established: the try has succeeded, and no timeout ends it any more. */
  readonly established: () => void;
  /** Terminates the present wire without waiting for its end, which `closed` reports as 1006 with this reason. */
  readonly drop: (reason: string) => void;
  /**
   * Closes the present wire, if there is one, and makes no more tries. Nothing is reported from now on.
   * @default code 1001
   */
  readonly stop: (code?: number, reason?: string) => void;
}

/** Time for the url of a try, and the longest time for its socket to open and to be established, in ms. */
export const connectTimeout = 15_000;
/** How often the clock is read meanwhile and in a wait, in ms: what had to happen while the device slept happens soon after. */
export const clockStep = 1_000;

/**
 * Makes a redialer. This is the one file that knows `reconnecting-websocket`, which is unmaintained. The library calls
 * `nextUrl`, makes a socket, and starts another try after every close. This file keeps its faults from the rest of the
 * client:
 * - It stops for ever when the url provider rejects or never settles: `nextUrl` catches errors, and has a deadline.
 * - It stops for ever when the constructor of a socket throws: `createSocketWire` catches the error, and reports `closed`.
 * - It turns an `error` into a clean close with 1000: the facade forwards no `error`, and its own events are not used.
 * - Its delays have no jitter and outlast its `close`: its code for them is left out, and `nextUrl` waits between two tries.
 * - It never connects again after its `close`, which is left out: after `stop` no try closes, so none is started.
 */
export function createRedialer(options: DialOptions, listener: RedialerListener): Redialer {
  /** The end of the present try: it brings no url, or its wire is not established, in time. */
  const timer = createTimer();
  /** Pending from the end of a try until `retry`. */
  let pause: Deferred | undefined;
  /** The wire of the newest try that got as far as a socket. */
  let wire: SocketWire | undefined;
  /** The library's listener for the close of a try. */
  let onClose: (() => void) | undefined;
  let stopped = false;
  let headers: Headers | undefined;

  /** The url provider of the library. It never rejects. */
  async function nextUrl(): Promise<string> {
    for (;;) {
      await pause?.promise;
      if (stopped) return "";
      try {
        const deadline = new Promise<never>((_, reject) => {
          timer.start(
            connectTimeout,
            () => reject(new Error(`no url within ${connectTimeout} ms`)),
            clockStep,
          );
        });
        const address = await Promise.race([options.url(), deadline]);
        const [url, given] = [address].flat() as [string | URL, Headers | undefined];
        headers = given;
        return String(url).replace(/^http/i, "ws");
      } catch (cause) {
        if (!stopped) fail(wireError(abnormal, "", cause));
      }
    }
  }

  function fail(error: CloseError, permanent?: boolean): void {
    timer.stop();
    pause = createDeferred();
    try {
      listener.closed(error, permanent);
    } catch (thrown) {
      console.error(thrown); // thrown on, it would stop the library for ever
    }
  }

  /** Ends the try. The listener comes first: it may stop the redialer; else the library starts the next try at once. */
  function end(error: CloseError, permanent?: boolean): void {
    fail(error, permanent);
    if (!stopped) onClose?.();
  }

  function drop(reason: string): void {
    wire?.terminate();
    end(wireError(abnormal, reason));
  }

  /** One try, as a WebSocket for the library. It has one `close` event, and no other. */
  class SocketFacade {
    constructor(url: string) {
      if (stopped) return;
      wire = createSocketWire(() => createWebSocket(url, options.protocols, options.WebSocket, headers), {
        ...listener,
        closed(error, permanent, unopened) {
          end(error, permanent);
          const asked = pause;
          if (unopened)
            refusalOf(unopened, url)
              .then((refusal) => {
                // The next try may have begun.
                if (refusal && asked === pause && !stopped) listener.refused(refusal);
              })
              .catch(() => {}); // what is not known changes nothing
        },
      });
      timer.start(options.timeout?.() ?? connectTimeout, () => drop("not established in time"), clockStep);
    }

    addEventListener(_: "close", listener: () => void): void {
      onClose = listener;
    }
  }

  // oxlint-disable-next-line no-new -- it has no method: it starts by itself, and ends when no try closes any more
  new ReconnectingWebSocket(nextUrl, { WebSocket: SocketFacade });

  return {
    retry() {
      pause?.resolve();
      pause = undefined;
    },
    established: timer.stop,
    drop,
    stop(code = goingAway, reason = "") {
      stopped = true;
      timer.stop();
      pause?.resolve();
      wire?.close(code, reason);
    },
  };
}
