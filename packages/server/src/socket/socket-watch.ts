import { CloseCode, type Closed, type Message } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import type { Clock } from "../timing/clock.ts";
import { Heartbeat, type HeartbeatOptions } from "../timing/heartbeat.ts";
import { startIdleTimeout } from "../timing/idle.ts";
import type { PacedListener } from "../timing/paced-reader.ts";
import type { PendingWire } from "./pending-wire.ts";
import { forceClose, type Socket } from "./socket.ts";
import type { SocketOptions } from "./socket-options.ts";

/** How long the answer to a client's close waits for a handler that takes none of the messages before it, in ms. */
const takeTimeout = 1_000;

/** How an accepted wire is watched. */
interface WatchOptions {
  /** The time of heartbeats and idle timeouts. */
  readonly clock: Clock;
  /** When a silent client is pinged and closed. */
  readonly heartbeat: Required<HeartbeatOptions>;
  /** The limits of the route. */
  readonly defaults: SocketOptions;
}

/** Watches an accepted wire: a closed, slow or idle client ends the socket. */
export class SocketWatch implements PacedListener {
  readonly #socket: Socket;
  readonly #wire: PendingWire;
  readonly #options: WatchOptions;
  readonly #heartbeat: Heartbeat;
  readonly #stopIdleTimeout: (() => void) | undefined;

  /** `opened` is the accepted wire of `wire`, whose socket it is. */
  constructor(socket: Socket, wire: PendingWire, opened: Wire, options: WatchOptions) {
    const { clock, heartbeat, defaults } = options;
    this.#socket = socket;
    this.#wire = wire;
    this.#options = options;
    this.#heartbeat = new Heartbeat(opened, clock, heartbeat);
    const { idleTimeout: timeout } = defaults;
    if (timeout === undefined) return;
    const idle = { code: CloseCode.GoingAway, reason: `no message for ${timeout} ms` };
    const onIdle = (): void => forceClose(socket, idle);
    this.#stopIdleTimeout = startIdleTimeout(opened, clock, { timeout, isPaused: () => wire.paused, onIdle });
  }

  message(message: Message): void {
    const { maxPayload = Infinity } = this.#options.defaults;
    const bytes = Buffer.byteLength(message);
    if (bytes <= maxPayload) return this.#wire.receive(message, bytes);
    const reason = `a message to this path has at most ${maxPayload} bytes`;
    forceClose(this.#socket, { code: CloseCode.TooLarge, reason });
  }

  closed(closed: Closed): void {
    this.#heartbeat.stop();
    this.#stopIdleTimeout?.();
    this.#wire.end(closed);
  }

  closing(): Promise<void> | undefined {
    return this.#wire.unread > 0 ? untilRead(this.#wire, this.#options.clock) : undefined;
  }
}

/** Waits until a handler has taken what has arrived, or takes none of it for `takeTimeout`. */
async function untilRead(wire: PendingWire, clock: Clock): Promise<void> {
  for (let before = Infinity; wire.unread > 0 && wire.unread < before;) {
    before = wire.unread;
    await clock.settled(wire.nextTaken(), takeTimeout);
  }
}
