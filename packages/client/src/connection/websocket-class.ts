import isomorphicModule from "isomorphic-ws";

/** The part of a WebSocket that the client uses: what every browser has, and the optional methods of `ws`. */
export interface WebSocketLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Bytes that were sent and are not on the network yet. */
  readonly bufferedAmount: number;
  /** The subprotocol that the server chose, or the empty string. */
  readonly protocol: string;
  /** How binary messages arrive; the client sets it to `arraybuffer`. */
  binaryType: string;
  /** Sends a text or binary message. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
  /** Calls `listener` for each event of this type. */
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: { readonly type: string }) => void,
  ): void;
  /** Ends the connection without the closing handshake. */
  terminate?(): void;
  /** Stops reading. */
  pause?(): void;
  /** Reads again. */
  resume?(): void;
}

/** A WebSocket class: a browser's, Node's own, that of `ws`, or one for tests. */
export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocketLike;

/** The class that a module is or exports by default: how `isomorphic-ws` is imported differs between module systems. */
function classIn(module: unknown): unknown {
  return (module as { default?: unknown } | null)?.default ?? module;
}

/** The class of `isomorphic-ws`: the platform's own, or that of `ws` in Node. Undefined where the platform has none. */
export const platformWebSocket = (): WebSocketClass | undefined =>
  classIn(isomorphicModule) as WebSocketClass | undefined;

/**
 * Makes a socket, with the class of `isomorphic-ws` when no other is given.
 * @throws SyntaxError for a malformed url or subprotocol; Error where the platform has no WebSocket.
 */
export function createWebSocket(
  url: string,
  protocols: readonly string[],
  given: WebSocketClass | undefined,
): WebSocketLike {
  type AnyClass = new (url: string, protocols: string[], options: object) => WebSocketLike;
  const Class = (given ?? platformWebSocket()) as AnyClass | undefined;
  if (!Class) throw new Error("this platform has no WebSocket: pass a class as the option WebSocket");
  // `ws` reads the third argument; a browser's constructor ignores it.
  return new Class(url, [...protocols], {
    closeTimeout: 2_000,
    maxPayload: 2 ** 24,
    perMessageDeflate: false,
  });
}
