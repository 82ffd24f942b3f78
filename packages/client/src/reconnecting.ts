// The one file that knows `reconnecting-websocket` and `isomorphic-ws`. Both are unmaintained; what each precaution
// here is for is told by the tests beside it.
import isomorphicModule from "isomorphic-ws";
import reconnectingModule from "reconnecting-websocket";
import { broken, SocketWire, type SocketListener, type WebSocketLike } from "./socket-wire.ts";

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
  stop(code?: number, reason?: string): void;
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
  let wire: SocketWire | undefined;

  class Socket extends SocketWire {
    constructor(url: string) {
      super((made) => {
        wire = made;
        options.dialing();
        return socketAt(url, options);
      }, options);
    }
  }

  const dialer = new (classOf(reconnectingModule) as Dialer)(
    async () => {
      for (;;) {
        if (over) return ""; // it asks once more after its close()
        try {
          return await options.address();
        } catch (cause) {
          // Not handed on: a rejection would lock it for ever.
          options.closed(broken(cause), false);
        }
      }
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

  const stop: Reconnecting["stop"] = (code, reason) => {
    over = true;
    dialer.close(code, reason);
    wire?.mute();
  };
  return {
    stop,
    drop() {
      wire?.terminate();
      stop();
    },
  };
}

function socketAt(url: string, { protocols, WebSocket }: ReconnectingOptions): WebSocketLike {
  type AnyClass = new (url: string, protocols: string[], options: object) => WebSocketLike;
  const Class = (WebSocket ?? classOf(isomorphicModule)) as AnyClass | undefined;
  if (!Class) throw new Error("no WebSocket here: pass one as the option WebSocket");
  // The third argument is for `ws`; a browser's constructor takes two.
  return new Class(url, [...protocols], {
    closeTimeout: 2_000,
    maxPayload: 2 ** 24,
    perMessageDeflate: false,
  });
}
