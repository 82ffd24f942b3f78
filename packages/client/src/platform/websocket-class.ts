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

/** Headers of a handshake. */
export type Headers = Readonly<Record<string, string>>;
