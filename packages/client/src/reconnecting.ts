// The one file that knows `reconnecting-websocket` and `isomorphic-ws`. Both are unmaintained; what each precaution
// here is for is told by the tests beside it.
import isomorphicModule from "isomorphic-ws";
import reconnectingModule from "reconnecting-websocket";
import { SocketWire, type SocketListener, type WebSocketLike } from "./socket-wire.ts";

/** A class of WebSockets: a browser's, Node's own, that of `ws`, or one for tests. */
export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocketLike;

/** What to dial, and who is told: of every socket that opened, and of every one that ended or failed to be. */
export interface ReconnectingOptions extends SocketListener {
  /** Asked before every try, and may take its time; a rejection is a failed try. */
  address(): Promise<string>;
  /** A socket is being made. */
  dialing(): void;
  /** The subprotocols to offer; read anew at every try. */
  readonly protocols: readonly string[];
  /** Default: the platform's, by way of `isomorphic-ws`. */
  readonly WebSocket?: WebSocketClass | undefined;
}

/** A dialer at work. Both its ways to end tell nobody, and nothing is told after them. */
export interface Reconnecting {
  /** Ends without waiting for the end of the socket, which may be dead. */
  drop(): void;
  /** Ends; an open socket is closed with `code` and `reason`. */
  stop(code: number, reason: string): void;
}

// The one form of this type that every module mode agrees on.
// oxlint-disable-next-line typescript/consistent-type-imports
type Dialer = typeof import("reconnecting-websocket").default;

// Their types and their modules disagree, differently in every module system: the class, or a module around it.
function classOf(module: unknown): unknown {
  return (module as { default?: unknown } | null)?.default ?? module;
}

/** Dials, and dials again after every end, until it is ended itself. */
export function reconnecting(options: ReconnectingOptions): Reconnecting {
  let over = false;
  let failure: { readonly cause: unknown } | undefined;
  let wire: SocketWire | undefined;

  class Socket extends SocketWire {
    constructor(url: string) {
      const unreachable = failure;
      super(
        (made) => {
          wire = made;
          if (unreachable !== undefined) throw unreachable.cause;
          options.dialing();
          return socketAt(url, options);
        },
        {
          opened: (opened) => over || options.opened(opened),
          closed: (error, hopeless) => over || options.closed(error, hopeless && unreachable === undefined),
        },
      );
    }
  }

  const dialer = new (classOf(reconnectingModule) as Dialer)(
    async () => {
      failure = undefined;
      // It asks once more after its close(); and a rejection would lock it for ever.
      try {
        if (!over) return await options.address();
      } catch (cause) {
        failure = { cause };
      }
      return "";
    },
    [],
    {
      WebSocket: Socket,
      // Time is kept by the connection above; a longer timer would overflow into one of 1 ms.
      minReconnectionDelay: 0,
      reconnectionDelayGrowFactor: 1,
      connectionTimeout: 2 ** 31 - 1,
    },
  );

  return {
    drop() {
      over = true;
      wire?.terminate();
      dialer.close();
    },
    stop(code, reason) {
      over = true;
      dialer.close(code, reason);
    },
  };
}

function socketAt(url: string, { protocols, WebSocket }: ReconnectingOptions): WebSocketLike {
  type AnyClass = new (url: string, protocols: string[], options: object) => WebSocketLike;
  const Class = (WebSocket ?? classOf(isomorphicModule) ?? globalThis.WebSocket) as AnyClass | undefined;
  if (Class === undefined) throw new Error("this runtime has no WebSocket: pass one as the option WebSocket");
  // The third argument is for `ws`; a browser's constructor takes two.
  return new Class(url, [...protocols], {
    closeTimeout: 2_000,
    maxPayload: 16 * 1024 * 1024,
    perMessageDeflate: false,
  });
}
