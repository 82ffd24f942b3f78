// The one file that knows `reconnecting-websocket` and `isomorphic-ws`. Both are unmaintained; what each precaution
// here is for is told by the tests beside it.
import type { Wire } from "@symbolon/protocol";
import isomorphicModule from "isomorphic-ws";
import reconnectingModule from "reconnecting-websocket";
import { broken, isOfWs, SocketWire, type Fallen, type WebSocketLike } from "./socket-wire.ts";

/** A class of WebSockets: a browser's, Node's own, that of `ws`, or one for tests. */
export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocketLike;

/** What to dial, and who is told. */
export interface ReconnectingOptions {
  /** Asked before every try, and may take its time; a rejection is a failed try. */
  address(): Promise<string>;
  /** The subprotocols to offer; read anew at every try. */
  readonly protocols: readonly string[];
  /** Default: the platform's, by way of `isomorphic-ws`. */
  readonly WebSocket?: WebSocketClass | undefined;
  /** A socket opened. */
  opened(wire: Wire): void;
  /** The socket ended, or the try failed; returns whether to dial again. */
  closed(fallen: Fallen): boolean;
}

/** A dialer at work. */
export interface Reconnecting {
  /** Drops the present socket without waiting for its end, tells nobody, and dials again. */
  abandon(): void;
  /** Ends for good; an open socket is closed with `code` and `reason`. Tells nobody. */
  stop(code: number, reason: string): void;
}

// The one form of this type that every module mode agrees on.
// oxlint-disable-next-line typescript/consistent-type-imports
type Dialer = typeof import("reconnecting-websocket").default;

// Their types and their modules disagree, differently in every module system: the class, or a module around it.
function classOf(module: unknown): unknown {
  return (module as { default?: unknown } | null)?.default ?? module;
}

// A url nobody can mean: the try failed before there was one.
const nowhere = "symbolon:nowhere";

/** Dials, and dials again after every end that `closed` does not call final. */
export function reconnecting(options: ReconnectingOptions): Reconnecting {
  const RWS = classOf(reconnectingModule) as Dialer;
  // Events of any but the current dialer are of no interest to anybody.
  let generation = 0;
  let current = dial();
  return {
    abandon() {
      const old = current;
      generation += 1;
      current = dial();
      old.drop();
    },
    stop(code, reason) {
      generation += 1;
      current.stop(code, reason);
    },
  };

  function dial(): { drop(): void; stop(code: number, reason: string): void } {
    const born = generation;
    let failure: unknown;
    let wire: SocketWire | undefined;

    class Socket extends Facade {
      constructor(url: string) {
        super(url, (opened, fell) => {
          if (url === nowhere) throw failure;
          wire = new SocketWire(socketAt(url, options), opened, fell);
          return wire;
        });
      }
    }

    const address = async (): Promise<string> => {
      // It asks once more after its close(); and a rejection would lock it for ever.
      if (born !== generation) return nowhere;
      try {
        return await options.address();
      } catch (cause) {
        failure = cause;
        return nowhere;
      }
    };

    const rws = new RWS(address, [], {
      WebSocket: Socket,
      minReconnectionDelay: 0,
      maxReconnectionDelay: 0,
      reconnectionDelayGrowFactor: 1,
      maxEnqueuedMessages: 0,
      maxRetries: Infinity,
      // Time is kept by the connection above; a longer timer would overflow into one of 1 ms.
      connectionTimeout: 2 ** 31 - 1,
      minUptime: 2 ** 31 - 1,
    });
    rws.addEventListener("open", () => {
      if (born === generation && wire !== undefined) options.opened(wire);
    });
    rws.addEventListener("close", (event) => {
      if (born === generation && !options.closed((event as unknown as FacadeEvent).fallen)) rws.close();
    });
    return {
      drop() {
        wire?.terminate();
        rws.close();
      },
      stop(code, reason) {
        rws.close(code, reason);
      },
    };
  }
}

/** For sockets that understand them, which are those of `ws`. */
const socketOptions = {
  handshakeTimeout: 10_000,
  closeTimeout: 2_000,
  maxPayload: 16 * 1024 * 1024,
  perMessageDeflate: false,
};

function socketAt(url: string, options: ReconnectingOptions): WebSocketLike {
  type AnyClass = new (url: string, protocols: string[], options?: object) => WebSocketLike;
  const Class = (options.WebSocket ?? classOf(isomorphicModule) ?? globalThis.WebSocket) as
    | AnyClass
    | undefined;
  if (Class === undefined) throw new Error("this runtime has no WebSocket: pass one as the option WebSocket");
  const protocols = [...options.protocols];
  // A browser's constructor takes two arguments.
  return isOfWs(Class.prototype) ? new Class(url, protocols, socketOptions) : new Class(url, protocols);
}

interface FacadeEvent {
  readonly type: "open" | "close";
  readonly fallen: Fallen;
}

/**
 * What the dialer takes for a WebSocket. Its constructor never throws, it has no `error` event (upon which the dialer
 * would invent a clean close), and `close` comes exactly once, with the true code.
 */
class Facade {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;

  /** The dialer writes it; the real socket stays with `arraybuffer`. */
  binaryType = "blob";
  readonly #wire: SocketWire | undefined;
  /** The dialer has one listener of each type. */
  readonly #listeners: Record<string, ((event: FacadeEvent) => void) | undefined> = {};
  #ended = false;

  constructor(url: string, make: (opened: () => void, fell: (fallen: Fallen) => void) => SocketWire) {
    try {
      this.#wire = make(
        () => this.#tell("open", broken),
        (fallen) => this.#end(fallen),
      );
    } catch (cause) {
      // Later, for nobody can listen yet.
      queueMicrotask(() => this.#end({ ...broken, cause, hopeless: url !== nowhere }));
    }
  }

  get readyState(): number {
    if (this.#ended) return Facade.CLOSED;
    return this.#wire?.readyState ?? Facade.CONNECTING;
  }

  close(code: number, reason: string): void {
    this.#wire?.close(code, reason);
  }

  addEventListener(type: string, told: (event: FacadeEvent) => void): void {
    this.#listeners[type] = told;
  }

  removeEventListener(type: string): void {
    this.#listeners[type] = undefined;
  }

  #end(fallen: Fallen): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#tell("close", fallen);
  }

  #tell(type: "open" | "close", fallen: Fallen): void {
    this.#listeners[type]?.({ type, fallen });
  }
}
