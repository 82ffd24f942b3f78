import { CloseError } from "@symbolon/protocol";
import { checkCloseCode, closeAdvice, cutReason } from "@symbolon/protocol/internal";
import { Timer } from "./timer.ts";
import { backoff, shortestWindow } from "./backoff.ts";
import { goingAway, normal, superseded, tooMany } from "./close-codes.ts";
import {
  type ConnectionState,
  type Ended,
  type Moving,
  statusOf,
  type Suspended,
  type Waiting,
} from "./connection-state.ts";
import type { ConnectionListener, ConnectionOptions, ReconnectingConnection } from "./connection-options.ts";
import { isOnline, isVisible, watchNetwork } from "./network.ts";
import { createRedialer, type Redialer } from "./redialer.ts";
import type { SocketWire } from "./socket-wire.ts";
import { SubscribableValue, type ConnectionStatus } from "./status.ts";
import { createWatchdog } from "./watchdog.ts";

/** A connection that was open for so long, in ms, was steady: the count of its losses starts again at 0. */
const steadyAfter = 10_000;
/** The shortest wait after 4429, in ms. */
const tooManyWait = 5_000;

/** Makes a connection. Reads no global and starts no timer before `dial`. */
export function createConnection(
  options: ConnectionOptions,
  listener: ConnectionListener,
): ReconnectingConnection {
  const { random = Math.random, network = globalThis } = options;
  const status = new SubscribableValue<ConnectionStatus>({ state: "connecting", attempt: 0, resumed: false });
  const watchdog = createWatchdog({ sendProbe: listener.probe, onTimeout: drop });
  /** The end of the present state, if it ends by time. Entering another state stops it. */
  const timer = new Timer();
  let state: ConnectionState = { type: "idle" };
  let unwatchNetwork = (): void => {};
  /** Losses and failed tries since the connection was last steady. */
  let attempt = 0;
  let error: CloseError | undefined;
  /** Whether the server has closed with 4401 since the conversation was last established. */
  let refused = false;
  /** Whether the user has come back since the last loss: the wait after the next one is short. */
  let woken = false;

  function dial(): void {
    if (state.type !== "idle") return;
    unwatchNetwork = watchNetwork({ wake, offline: watchdog.probe, hidden: suspend }, network);
    connect();
  }

  function established(silenceLimit?: number, resumed = false): void {
    const current = newest();
    if (!("wire" in current)) return;
    const { redialer, wire } = current;
    if (current.type === "establishing") redialer.established();
    if (state.type === "moving") {
      state.from.redialer.stop(goingAway, "");
      attempt += 1;
    }
    refused = false;
    error = undefined;
    enter({ type: "open", redialer, wire, since: Date.now(), resumed });
    watchdog.start(silenceLimit);
    publish();
  }

  function drop(reason: string): void {
    const lost = state.type === "moving" ? state.from : state;
    if ("wire" in lost) lost.redialer.drop(reason);
  }

  function move(within: number): void {
    const from = state;
    if (from.type !== "open") return;
    forgetAttempts(from);
    const wait = attempt && random() * backoff(attempt - 1);
    timer.start(within + wait, () =>
      enter({ type: "moving", from, to: { type: "connecting", redialer: makeRedialer() } }),
    );
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

  function wireOf(): SocketWire | undefined {
    const current = newest();
    if ("wire" in current) return current.wire;
    return state.type === "moving" ? state.from.wire : undefined;
  }

  function connect(): void {
    enter({ type: "connecting", redialer: makeRedialer() });
    publish();
  }

  function makeRedialer(): Redialer {
    const redialer: Redialer = createRedialer(options, {
      opened(wire) {
        advance({ type: "establishing", redialer, wire });
        listener.opened(wire);
      },
      message(message) {
        watchdog.received();
        listener.message(message);
      },
      closed: (cause, permanent) => closed(redialer, cause, permanent),
    });
    return redialer;
  }

  function closed(redialer: Redialer, cause: CloseError, permanent: boolean): void {
    const before = state;
    const isOld = before.type === "moving" && redialer === before.from.redialer;
    // The server closes the old wire with this code when the client's new wire has replaced it.
    const replaced = isOld && cause.code === superseded;
    if (replaced && before.to.type === "establishing") {
      redialer.stop(goingAway, "");
      attempt += 1;
      return enter(before.to);
    }
    const advice = permanent ? "end" : replaced ? "retry" : closeAdvice(cause.code);
    if (advice === "end" || (advice === "reauthenticate" && refused)) return end(cause);
    refused ||= advice === "reauthenticate";
    const waiting: Waiting = {
      type: "waiting",
      redialer,
      notBefore: Date.now() + (cause.code === tooMany ? tooManyWait : 0),
      retryAt: Infinity,
      evenOffline: false,
    };
    if (before.type === "moving" && !isOld) advance(waiting);
    else if (!lose(waiting, cause)) return;
    const window = woken ? shortestWindow : backoff(attempt, !isVisible(network));
    woken = false;
    attempt += 1;
    if (isOnline(network)) wait(waiting, window);
    else publish();
  }

  /** Enters a state without a wire. False when the listener has closed the connection for it. */
  function lose(waiting: Waiting, cause: CloseError): boolean {
    const wire = wireOf();
    if (state.type === "moving") state.to.redialer.stop(goingAway, "");
    forgetAttempts(state.type === "moving" ? state.from : state);
    error = cause;
    enter(waiting);
    if (wire) listener.lost();
    return state === waiting;
  }

  /** Counts from 0 again if the connection was steady. */
  function forgetAttempts(lost: ConnectionState): void {
    if (lost.type === "open" && Date.now() - lost.since >= steadyAfter) attempt = 0;
  }

  /** Draws the time of the next try, on top of the server's shortest wait. It only replaces a later time. */
  function wait(waiting: Waiting, window: number, evenOffline = false): void {
    const now = Date.now();
    const retryAt = Math.max(now, waiting.notBefore) + random() * window;
    if (retryAt >= waiting.retryAt) return;
    const next = { ...waiting, retryAt, evenOffline };
    advance(next);
    timer.start(retryAt - now, () => retry(next));
    publish();
  }

  function retry(waiting: Waiting): void {
    const { redialer, evenOffline } = waiting;
    const mayTry = evenOffline || isOnline(network);
    advance(mayTry ? { type: "connecting", redialer } : { ...waiting, retryAt: Infinity });
    publish();
    if (mayTry) redialer.retry();
  }

  function wake(): void {
    const current = newest();
    if (current.type === "suspended") connect();
    else if (current.type === "waiting") wait(current, shortestWindow, true);
    else {
      woken = true;
      watchdog.probe();
    }
  }

  function suspend(persisted: boolean): void {
    if (state.type === "suspended") return;
    if (wireOf() && !persisted) listener.leaving?.();
    if (stop({ type: "suspended" }, goingAway, "")) publish();
  }

  function end(cause: CloseError): void {
    if (state.type === "closed") return;
    error = cause;
    unwatchNetwork();
    stop({ type: "closed" }, cause.code, cause.reason);
    publish();
    listener.ended(cause);
  }

  /** Closes every wire, and enters a state without one. False when the listener has closed the connection for it. */
  function stop(next: Suspended | Ended, code: number, reason: string): boolean {
    const wire = wireOf();
    const current = newest();
    if (state.type === "moving") state.from.redialer.stop(code, reason);
    if ("redialer" in current) current.redialer.stop(code, reason);
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
    state = next;
    if (next.type !== "open" && next.type !== "moving") watchdog.stop();
  }

  /** Sets the status; while the connection moves it stays `open`. */
  function publish(): void {
    if (state.type !== "moving") status.set({ attempt, resumed: false, error, ...statusOf(state) });
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
    close,
  };
}
