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
import type { ConnectionListener, ConnectionOptions } from "./connection-options.ts";
import { isOnline, isVisible, watchNetwork } from "./network.ts";
import { createRedialer, type Redialer } from "./redialer.ts";
import type { SocketWire } from "./socket-wire.ts";
import { SubscribableValue, type ConnectionStatus, type Subscribable } from "./status.ts";
import { createWatchdog, type Watchdog } from "./watchdog.ts";

/** A connection that was open for so long, in ms, was steady: the count of its losses starts again at 0. */
const steadyAfter = 10_000;
/** The shortest wait after 4429, in ms. */
const tooManyWait = 5_000;

/** A connection that makes a new wire whenever one is lost, until it is closed for good. */
export class ReconnectingConnection {
  readonly #options: Required<ConnectionOptions>;
  readonly #listener: ConnectionListener;
  readonly #status = new SubscribableValue<ConnectionStatus>({
    state: "connecting",
    attempt: 0,
    resumed: false,
  });
  readonly #watchdog: Watchdog;
  /** The end of the present state, if it ends by time. Entering another state stops it. */
  readonly #timer = new Timer();
  #state: ConnectionState = { type: "idle" };
  #unwatchNetwork = (): void => {};
  /** Losses and failed tries since the connection was last steady. */
  #attempt = 0;
  #error: CloseError | undefined;
  /** Whether the server has closed with 4401 since the conversation was last established. */
  #refused = false;
  /** Whether the user has come back since the last loss: the wait after the next one is short. */
  #woken = false;

  /** Reads no global and starts no timer before `dial`. */
  constructor(options: ConnectionOptions, listener: ConnectionListener) {
    this.#options = { WebSocket: undefined, random: Math.random, network: globalThis, ...options };
    this.#listener = listener;
    this.#watchdog = createWatchdog({
      sendProbe: listener.probe,
      onTimeout: (reason) => this.drop(reason),
    });
  }

  /** The status; `connecting` also before `dial`. */
  get status(): Subscribable<ConnectionStatus> {
    return this.#status;
  }

  /** The wire that opened last, while it is open. */
  get wire(): SocketWire | undefined {
    const state = this.#state;
    const newest = this.#newest;
    if ("wire" in newest) return newest.wire;
    return state.type === "moving" ? state.from.wire : undefined;
  }

  /** Starts to connect, in the next macrotask. A second call does nothing. */
  dial(): void {
    if (this.#state.type !== "idle") return;
    this.#unwatchNetwork = watchNetwork(
      {
        wake: () => this.#wake(),
        offline: () => this.#watchdog.probe(),
        hidden: (persisted) => this.#suspend(persisted),
      },
      this.#options.network,
    );
    this.#connect();
  }

  /**
   * The conversation on the wire that opened last is established; `resumed` if it continues the one before. After
   * `silenceLimit` ms without a message the connection drops the wire; shortly before, it calls `probe`.
   * @default silenceLimit Infinity
   */
  established(silenceLimit?: number, resumed = false): void {
    const state = this.#state;
    const newest = this.#newest;
    if (!("wire" in newest)) return;
    const { redialer, wire } = newest;
    if (newest.type === "establishing") redialer.established();
    if (state.type === "moving") {
      state.from.redialer.stop(goingAway, "");
      this.#attempt += 1;
    }
    this.#refused = false;
    this.#error = undefined;
    this.#enter({ type: "open", redialer, wire, since: Date.now(), resumed });
    this.#watchdog.start(silenceLimit);
    this.#publish();
  }

  /** Terminates the wire, without waiting for its end, and connects again. */
  drop(reason: string): void {
    const state = this.#state;
    const lost = state.type === "moving" ? state.from : state;
    if ("wire" in lost) lost.redialer.drop(reason);
  }

  /**
   * Replaces the wire, in `within` ms; later, if this is not the first try since the connection was last steady. The
   * conversation stays on the old wire until it is established on the new one, so `lost` is not called; and as long as
   * no new wire is accepted, it stays there.
   */
  move(within: number): void {
    const state = this.#state;
    if (state.type !== "open") return;
    this.#forgetAttempts(state);
    const wait = this.#attempt && this.#options.random() * backoff(this.#attempt - 1);
    this.#timer.start(within + wait, () => {
      const to = { type: "connecting", redialer: this.#createRedialer() } as const;
      this.#enter({ type: "moving", from: state, to });
    });
  }

  /**
   * Ends the connection for good, after what was sent. The status is `closed`, and `ended` was called, when this
   * returns. The reason is cut to 123 UTF-8 bytes. A page can send only 1000 and 3000 to 4999: there 1001 goes without
   * a code, 1011 to 1014 go as 4500, and other codes as 4400.
   * @throws RangeError for a code that may not be sent.
   */
  close(code: number = normal, reason = ""): void {
    checkCloseCode(code);
    if (this.wire && code === normal) this.#listener.leaving?.();
    this.#end(new CloseError(code, cutReason(reason)));
  }

  /** The state of the newest redialer. */
  get #newest(): Exclude<ConnectionState, Moving> {
    return this.#state.type === "moving" ? this.#state.to : this.#state;
  }

  #connect(): void {
    this.#enter({ type: "connecting", redialer: this.#createRedialer() });
    this.#publish();
  }

  #createRedialer(): Redialer {
    const redialer: Redialer = createRedialer(this.#options, {
      opened: (wire) => {
        this.#advance({ type: "establishing", redialer, wire });
        this.#listener.opened(wire);
      },
      message: (message) => {
        this.#watchdog.received();
        this.#listener.message(message);
      },
      closed: (error, permanent) => this.#closed(redialer, error, permanent),
    });
    return redialer;
  }

  #closed(redialer: Redialer, error: CloseError, permanent: boolean): void {
    const state = this.#state;
    const isOld = state.type === "moving" && redialer === state.from.redialer;
    // The server closes the old wire with this code when the client's new wire has replaced it.
    const replaced = isOld && error.code === superseded;
    if (replaced && state.to.type === "establishing") {
      redialer.stop(goingAway, "");
      this.#attempt += 1;
      return this.#enter(state.to);
    }
    const advice = permanent ? "end" : replaced ? "retry" : closeAdvice(error.code);
    if (advice === "end" || (advice === "reauthenticate" && this.#refused)) return this.#end(error);
    this.#refused ||= advice === "reauthenticate";
    const notBefore = Date.now() + (error.code === tooMany ? tooManyWait : 0);
    const waiting: Waiting = {
      type: "waiting",
      redialer,
      notBefore,
      retryAt: Infinity,
      evenOffline: false,
    };
    if (state.type === "moving" && !isOld) this.#enter({ ...state, to: waiting });
    else if (!this.#lose(waiting, error)) return;
    const window = this.#woken ? shortestWindow : backoff(this.#attempt, !isVisible(this.#options.network));
    this.#woken = false;
    this.#attempt += 1;
    if (isOnline(this.#options.network)) this.#wait(waiting, window);
    else this.#publish();
  }

  /** Enters a state without a wire. False when the listener has closed the connection for it. */
  #lose(waiting: Waiting, error: CloseError): boolean {
    const { wire } = this;
    const state = this.#state;
    if (state.type === "moving") state.to.redialer.stop(goingAway, "");
    this.#forgetAttempts(state.type === "moving" ? state.from : state);
    this.#error = error;
    this.#enter(waiting);
    if (wire) this.#listener.lost();
    return this.#state === waiting;
  }

  /** Counts from 0 again if the connection was steady. */
  #forgetAttempts(state: ConnectionState): void {
    if (state.type === "open" && Date.now() - state.since >= steadyAfter) this.#attempt = 0;
  }

  /** Draws the time of the next try, on top of the server's shortest wait. It only replaces a later time. */
  #wait(waiting: Waiting, window: number, evenOffline = false): void {
    const now = Date.now();
    const retryAt = Math.max(now, waiting.notBefore) + this.#options.random() * window;
    if (retryAt >= waiting.retryAt) return;
    const next = { ...waiting, retryAt, evenOffline };
    this.#advance(next);
    this.#timer.start(retryAt - now, () => this.#retry(next));
    this.#publish();
  }

  #retry(waiting: Waiting): void {
    const { redialer, evenOffline } = waiting;
    const mayTry = evenOffline || isOnline(this.#options.network);
    this.#advance(mayTry ? { type: "connecting", redialer } : { ...waiting, retryAt: Infinity });
    this.#publish();
    if (mayTry) redialer.retry();
  }

  #wake(): void {
    const newest = this.#newest;
    if (newest.type === "suspended") this.#connect();
    else if (newest.type === "waiting") this.#wait(newest, shortestWindow, true);
    else {
      this.#woken = true;
      this.#watchdog.probe();
    }
  }

  #suspend(persisted: boolean): void {
    if (this.#state.type === "suspended") return;
    if (this.wire && !persisted) this.#listener.leaving?.();
    if (this.#stop({ type: "suspended" }, goingAway, "")) this.#publish();
  }

  #end(error: CloseError): void {
    if (this.#state.type === "closed") return;
    this.#error = error;
    this.#unwatchNetwork();
    this.#stop({ type: "closed" }, error.code, error.reason);
    this.#publish();
    this.#listener.ended(error);
  }

  /** Closes every wire, and enters a state without one. False when the listener has closed the connection for it. */
  #stop(next: Suspended | Ended, code: number, reason: string): boolean {
    const { wire } = this;
    const state = this.#state;
    const newest = this.#newest;
    if (state.type === "moving") state.from.redialer.stop(code, reason);
    if ("redialer" in newest) newest.redialer.stop(code, reason);
    this.#enter(next);
    if (wire) this.#listener.lost();
    return this.#state === next;
  }

  /** Enters the next state of the redialer that makes a wire. */
  #advance(to: Moving["to"]): void {
    const state = this.#state;
    this.#enter(state.type === "moving" ? { ...state, to } : to);
  }

  #enter(state: ConnectionState): void {
    this.#timer.stop();
    this.#state = state;
    if (state.type !== "open" && state.type !== "moving") this.#watchdog.stop();
  }

  /** Sets the status; while the connection moves it stays `open`. */
  #publish(): void {
    const state = this.#state;
    if (state.type !== "moving")
      this.#status.set({
        attempt: this.#attempt,
        resumed: false,
        error: this.#error,
        ...statusOf(state),
      });
  }
}
