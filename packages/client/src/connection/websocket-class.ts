import isomorphicModule from "isomorphic-ws";

/** The least a socket made by a `WebSocketClass` does: what every browser's does, and more where it is of `ws`. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly protocol: string;
  binaryType: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: { readonly type: string }) => void,
  ): void;
  terminate?(): void;
  pause?(): void;
  resume?(): void;
}

/** A class of WebSockets: a browser's, Node's own, that of `ws`, or one for tests. */
export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocketLike;

/** Its types and its modules disagree, differently in every module system: the class, or a module around it. */
function classIn(module: unknown): unknown {
  return (module as { default?: unknown } | null)?.default ?? module;
}

/**
 * Makes a socket, by `isomorphic-ws` when no class is given.
 * @throws SyntaxError for a malformed url or subprotocol, Error where there is no WebSocket.
 */
export function createWebSocket(
  url: string,
  protocols: readonly string[],
  given: WebSocketClass | undefined,
): WebSocketLike {
  type AnyClass = new (url: string, protocols: string[], options: object) => WebSocketLike;
  const Class = (given ?? classIn(isomorphicModule)) as AnyClass | undefined;
  if (!Class) throw new Error("no WebSocket here: pass one as the option WebSocket");
  // The third argument is for `ws`; a browser's constructor takes two.
  return new Class(url, [...protocols], {
    closeTimeout: 2_000,
    maxPayload: 2 ** 24,
    perMessageDeflate: false,
  });
}
