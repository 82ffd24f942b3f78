import { CloseError } from "@symbolon/protocol";
import { checkCloseCode, cutReason, isTerminal } from "@symbolon/protocol/internal";
import { createTimer } from "./timer.ts";
import { backoff, shortestWait, youngUntil } from "./backoff.ts";
import { goingAway, normal, superseded, tooMany, unauthorized } from "./close-codes.ts";
import {
  type Connecting,
  type ConnectionState,
  type Ended,
  type Moving,
  statusOf,
  type Suspended,
  type Waiting,
} from "./connection-state.ts";
import type { ConnectionListener, ConnectionOptions, ReconnectingConnection } from "./connection-options.ts";
import { isOnline, isVisible, watchNetwork } from "./network.ts";
import type { HandshakeRefusal } from "../platform/refusal.ts";
import { clockStep, connectTimeout, createRedialer, type Redialer } from "./redialer.ts";
import { type SocketWire, wireError } from "./socket-wire.ts";
import { createValue, type ConnectionStatus } from "./status.ts";
import { createWatchdog } from "./watchdog.ts";

/** Makes a connection. Reads no global and starts no timer before `dial`. */
export function createConnection(
  options: ConnectionOptions,
  listener: ConnectionListener,
): ReconnectingConnection {
  const { random = Math.random, network = globalThis, reconnect: pace } = options;
  const status = createValue<ConnectionStatus>({ state: "connecting", attempt: 0, resumed: false });
  const watchdog = createWatchdog({ sendProbe: listener.probe, onTimeout: drop });
  /** The end of the present state, if it ends by time. Entering another state stops it. */
  const timer = createTimer();
  let state: ConnectionState = { type: "idle" };
  let unwatchNetwork = (): void => {};
  /** Losses and failed tries since the conversation was last established. */
  let attempt = 0;
  /** Wires in a row that died young. */
  let young = 0;
  let error: CloseError | undefined;
  /** Whether the server has closed with 4401 since the conversation was last established. */
  let refused = false;
  /** Whether the user has come back since the last loss: no wait follows the next one. */
  let woken = false;
  /** Time for a try, in ms: a server that does not answer must not use up the time that the session waits. */
  let tryTime = connectTimeout;

  function dial(): void {
    if (state.type !== "idle") return;
    unwatchNetwork = watchNetwork({ wake, offline: watchdog.probe, hidden: suspend }, network);
    connect();
  }

  function established(silenceLimit?: number, resumed = false, grace = Infinity): void {
    const { redialer, wire } = newest();
    if (!wire) return;
    tryTime = Math.min(Math.max(grace / 3, 3_000), connectTimeout);
    redialer.established();
    if (state.type === "moving") state.from.redialer.stop();
    attempt = 0;
    refused = false;
    error = undefined;
    enter({ type: "open", redialer, wire, since: Date.now(), resumed });
    watchdog.start(silenceLimit);
    publish();
  }

  function drop(reason: string): void {
    const { redialer, wire } = oldest();
    if (wire) redialer.drop(reason);
  }

  function move(within: number, floor = shortestWait(youngNow())): void {
    const from = state;
    if (from.type === "open")
      timer.start(within + floor, () => enter({ type: "moving", from, to: startDial() }));
  }

  function reconnect(): void {
    if (state.type === "open") return move(0, 0);
    dial();
    wake();
  }

  function close(code: number = normal, reason = ""): void {
    checkCloseCode(code);
    if (wireOf() && code === normal) listener.leaving?.();
    end(new CloseError(code, cutReason(reason)));
  }

  /** The state of the newest redialer. */
  function newest(): Exclude<ConnectionState, Moving> {
    return state.type === "moving" ? state.to : state;
  }

  /** The state of the redialer that had the last established conversation. */
  function oldest(): Exclude<ConnectionState, Moving> {
    return state.type === "moving" ? state.from : state;
  }

  function wireOf(): SocketWire | undefined {
    return newest().wire ?? oldest().wire;
  }

  function connect(): void {
    enter(startDial());
    publish();
  }

  function startDial(): Connecting {
    const { url } = options;
    const redialer: Redialer = createRedialer(
      { ...options, url: () => url(refused), timeout: () => tryTime },
      {
        opened(wire) {
          advance({ type: "connecting", redialer, wire });
          listener.opened(wire);
        },
        message(message) {
          watchdog.received();
          listener.message(message);
        },
        closed: (cause, permanent) => closed(redialer, cause, permanent),
        refused: refuse,
      },
    );
    return { type: "connecting", redialer };
  }

  function closed(redialer: Redialer, cause: CloseError, permanent?: boolean): void {
    const current = newest();
    const isOld = redialer !== current.redialer;
    // The server closes the old wire when the new wire has replaced it, or when it has released the session to the server of
    // the new wire, which answers next.
    const replaced = isOld && (cause.code === superseded || cause.code === goingAway);
    if (replaced && current.wire) {
      redialer.stop();
      return enter(current);
    }
    if (permanent || (!replaced && isFinal(cause.code))) return end(cause);
    const waiting: Waiting = {
      type: "waiting",
      redialer,
      notBefore: Date.now() + waitAfter(cause.code),
      retryAt: Infinity,
    };
    if (state.type === "moving" && !isOld) advance(waiting);
    else {
      if (attempt >= Number(pace?.retries))
        return end(wireError(cause.code, `gave up after ${pace?.retries} retries: ${cause.reason}`, cause));
      error = cause;
      if (!leave(waiting)) return;
    }
    const window = woken ? 0 : backoff(attempt, pace, !isVisible(network));
    const floor = woken || attempt ? 0 : shortestWait(young);
    woken = false;
    attempt += 1;
    if (isOnline(network)) wait(waiting, window, floor);
    else publish();
  }

  /** Why the server refused the last try of a redialer is known. */
  function refuse(refusal: HandshakeRefusal): void {
    const current = newest();
    const { status: answer, reason, retryAfter = 0 } = refusal;
    if (current.type !== "waiting" || answer < 400) return;
    const cause = Object.assign(wireError(4_000 + answer, reason), refusal);
    if (isFinal(cause.code)) return end(cause);
    if (current === state) error = cause;
    const delay = Math.max(retryAfter * 1_000, waitAfter(cause.code));
    if (delay)
      wait({ ...current, notBefore: Date.now() + delay, retryAt: Infinity }, backoff(attempt - 1, pace));
    else publish();
  }

  /** Whether a close with this code ends the connection. After 4401 it asks for another token, once. */
  function isFinal(code: number): boolean {
    if (refused || code !== unauthorized) return isTerminal(code);
    refused = true;
    return false;
  }

  /** How many wires in a row have died young, if the one of the last established conversation is over now. */
  function youngNow(): number {
    const lost = oldest();
    if (lost.type !== "open") return young;
    return Date.now() - lost.since < youngUntil ? young + 1 : 0;
  }

  /**
   * Draws the time of the next try, on top of the shortest wait. It only replaces a later time. `evenOffline`: the device may
   * be wrong when it reports that it is offline, and the user is back.
   */
  function wait(waiting: Waiting, window: number, floor = 0, evenOffline = false): void {
    const now = Date.now();
    const retryAt = Math.max(now + floor, waiting.notBefore) + random() * window;
    if (retryAt >= waiting.retryAt) return;
    advance({ ...waiting, retryAt });
    timer.start(
      retryAt - now,
      () => {
        const { redialer } = waiting;
        const mayTry = evenOffline || isOnline(network);
        advance(mayTry ? { type: "connecting", redialer } : { ...waiting, retryAt: Infinity });
        publish();
        if (mayTry) redialer.retry();
      },
      clockStep,
    );
    publish();
  }

  function wake(): void {
    const current = newest();
    if (current.type === "suspended") connect();
    else if (current.type === "waiting") wait(current, 0, 0, true);
    else {
      woken = true;
      watchdog.probe();
    }
  }

  function suspend(persisted?: boolean): void {
    if (state.type === "suspended") return;
    if (wireOf() && !persisted) listener.leaving?.();
    if (leave({ type: "suspended" })) publish();
  }

  function end(cause: CloseError): void {
    if (state.type === "closed") return;
    leave({ type: "closed" }, cause.code, cutReason(cause.reason));
    error = cause;
    unwatchNetwork();
    publish();
    listener.ended(cause);
  }

  /** Enters a state without a wire, and stops every redialer but its own. False when the listener has closed the connection for it. */
  function leave(next: Waiting | Suspended | Ended, code?: number, reason?: string): boolean {
    const wire = wireOf();
    for (const { redialer } of [oldest(), newest()])
      if (redialer !== next.redialer) redialer?.stop(code, reason);
    enter(next);
    if (wire) listener.lost();
    return state === next;
  }

  /** Enters the next state of the redialer that makes a wire. */
  function advance(to: Moving["to"]): void {
    enter(state.type === "moving" ? { ...state, to } : to);
  }

  function enter(next: ConnectionState): void {
    timer.stop();
    if (next.type !== "moving" && next.type !== "suspended") young = youngNow();
    state = next;
    if (oldest().type !== "open") watchdog.stop();
  }

  /** Sets the status; while the connection moves it stays `open`. */
  function publish(): void {
    if (state.type !== "moving") status.set({ attempt, error, ...statusOf(state) });
  }

  return {
    status,
    get wire() {
      return wireOf();
    },
    dial,
    established,
    drop,
    move,
    reconnect,
    close,
  };
}

/** The shortest wait after a close with this code, in ms. */
function waitAfter(code: number): number {
  return code === tooMany ? 5_000 : 0;
}
