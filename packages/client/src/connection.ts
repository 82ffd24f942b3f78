import {
  checkCloseCode,
  closeAdvice,
  CloseError,
  cutReason,
  type Closed,
  type Message,
  type Wire,
} from "@symbolon/protocol";
import { Alarm } from "./alarm.ts";
import { Waits } from "./backoff.ts";
import { abnormal, goingAway, normal, tooMany } from "./close-codes.ts";
import { watchNetwork, type NetworkScope } from "./network.ts";
import { reconnecting, type Reconnecting, type WebSocketClass } from "./reconnecting.ts";
import { errorOf, type Fallen } from "./socket-wire.ts";
import { isolated, Value, type ConnectionStatus, type Watchable } from "./status.ts";
import { Watchdog, type Heartbeat } from "./watchdog.ts";

/** What happens on a connection, told to the conversation above it. What a listener throws goes to the console. */
export interface ConnectionListener {
  /** A wire opened: begin the conversation on it, and call `live` when it is established, within 10 s. */
  opened(wire: Wire): void;
  /** A message came on the wire that opened last. */
  message(message: Message): void;
  /** The wire that opened last is gone; another will be dialed. A try that never opened is not told. */
  lost(closed: Closed): void;
  /** It is over for good. Told exactly once, and nothing is told after it. */
  ended(error: CloseError): void;
  /** Sends something that must be answered; returns false when it cannot. */
  probe?(wire: Wire): boolean;
  /** The page is being left for good: the last chance to say so on the wire, which is closed next. */
  leaving?(wire: Wire): void;
}

/** Where and how to connect. */
export interface ConnectionOptions {
  /** Asked before every try, so it can bring a fresh token; `http` and `https` are read as `ws` and `wss`. */
  url(): string | URL | Promise<string | URL>;
  /** The subprotocols to offer. */
  readonly protocols: readonly string[];
  /** Default: the platform's. */
  readonly WebSocket?: WebSocketClass | undefined;
  /** For tests. Default: `Math.random`. */
  readonly random?: () => number;
  /** Whose events tell of the network, for tests. Default: the globals. */
  readonly network?: NetworkScope;
}

/** A socket has so long to open, and then the conversation to be established, in ms. */
const patience = 10_000;
/** Live so long, in ms, the next loss is a new one and not the same trouble. */
const steadyAfter = 10_000;
/** The least wait after 4429, in ms. */
const tooManyWait = 5_000;

/** A connection that is dialed again whenever it is lost: one wire after the other, until it is closed for good. */
export class Connection {
  /** Where it stands; `connecting` also before `dial`. */
  readonly status: Watchable<ConnectionStatus>;
  readonly #status = new Value<ConnectionStatus>({ is: "connecting", attempt: 0, resumed: false });
  readonly #options: ConnectionOptions;
  readonly #listener: ConnectionListener;
  #phase: "new" | "dialing" | "away" | "ended" = "new";
  #dialer: Reconnecting | undefined;
  #unwatch: (() => void) | undefined;
  #wire: Wire | undefined;
  #live = false;
  #resumed = false;
  /** Counts whatever makes an answer that is still awaited stale. */
  #turn = 0;
  /** Failed tries since it was last live. */
  #attempt = 0;
  /** 4401 was the last word: the credential has been asked for anew once. */
  #refused = false;
  #error: CloseError | undefined;
  readonly #deadline = new Alarm();
  readonly #steady = new Alarm();
  readonly #waits: Waits;
  readonly #watchdog: Watchdog;

  constructor(options: ConnectionOptions, listener: ConnectionListener) {
    this.status = this.#status;
    this.#options = options;
    this.#listener = listener;
    this.#waits = new Waits({
      random: options.random ?? Math.random,
      network: options.network,
      waiting: (until) => this.#say({ is: "waiting", ...until }),
    });
    this.#watchdog = new Watchdog({
      ask: () => this.#ask(),
      dead: (why) => this.#abandon(why),
    });
  }

  /** The wire that is open now. */
  get wire(): Wire | undefined {
    return this.#wire;
  }

  /** Starts. A second call does nothing; before the first, no global is touched. */
  dial(): void {
    if (this.#phase !== "new") return;
    this.#unwatch = watchNetwork(
      {
        woke: () => this.#wake(),
        offline: () => this.#watchdog.probe(),
        hidden: (persisted) => this.#leave(persisted),
      },
      this.#options.network,
    );
    this.#start();
  }

  /**
   * The conversation on the wire is established: the status is `open`. With `heartbeat`, silence longer than both its
   * numbers together drops the wire. A second call on the same wire only changes the heartbeat.
   */
  live(heartbeat?: Heartbeat): void {
    if (this.#wire === undefined) return;
    if (!this.#live) {
      this.#live = true;
      this.#refused = false;
      this.#attempt = 0;
      this.#error = undefined;
      this.#deadline.clear();
      this.#steady.set(steadyAfter, () => this.#waits.reset());
      this.#say({ is: "open", resumed: this.#resumed });
      this.#resumed = true;
    }
    this.#watchdog.watch(heartbeat);
  }

  /**
   * Ends for good, after what was sent; the status is `closed` and `ended` is told before this returns. A browser can
   * only send 1000 and 3000–4999: there 1001 goes without a code, 1011–1014 as 4500, and others as 4400.
   * @throws RangeError for a code that may not be sent; the reason is cut to 123 UTF-8 bytes.
   */
  close(code: number = normal, reason = ""): void {
    checkCloseCode(code);
    this.#end(new CloseError(code, cutReason(reason)));
  }

  #start(): void {
    const { protocols, WebSocket } = this.#options;
    this.#phase = "dialing";
    this.#say({ is: "connecting" });
    this.#dialer = reconnecting({
      address: () => this.#address(),
      protocols,
      WebSocket,
      opened: (wire) => this.#opened(wire),
      closed: (fallen) => this.#closed(fallen),
    });
  }

  /** Waits for its time, then asks for the url. Whatever ends the dialer meanwhile makes the answer unwanted. */
  async #address(): Promise<string> {
    await this.#waits.over;
    const turn = this.#turn;
    this.#say({ is: "connecting" });
    const url = String(await this.#options.url());
    if (turn === this.#turn)
      this.#deadline.set(patience, () => this.#abandon("the socket did not open in time"));
    return url.replace(/^http/i, "ws");
  }

  #opened(wire: Wire): void {
    this.#wire = wire;
    this.#deadline.set(patience, () => this.#abandon("the conversation was not established in time"));
    isolated(() => this.#listener.opened(wire));
    // What arrived early is told now, so whoever opened has begun before the first message.
    wire.listen({ message: (message) => this.#message(wire, message), closed: () => {} });
  }

  #message(wire: Wire, message: Message): void {
    if (wire !== this.#wire) return;
    this.#watchdog.heard();
    isolated(() => this.#listener.message(message));
  }

  #closed(fallen: Fallen): boolean {
    const error = errorOf(fallen);
    const advice = fallen.hopeless === true ? "end" : closeAdvice(fallen.code);
    if (advice === "end" || (advice === "reauthenticate" && this.#refused)) this.#end(error);
    else {
      this.#refused ||= advice === "reauthenticate";
      this.#lose(error, fallen.code === tooMany ? tooManyWait : 0);
    }
    // Whoever is told that it is lost may close, or have left.
    return this.#phase === "dialing";
  }

  /** Lets go of the wire without waiting for its end: a dead one may take half a minute to say so. */
  #abandon(why: string): void {
    this.#dialer?.abandon();
    this.#lose(new CloseError(abnormal, why, false), 0);
  }

  #lose(error: CloseError, atLeast: number): void {
    if (!this.#live) this.#attempt += 1;
    this.#error = error;
    const wire = this.#release();
    this.#waits.begin(atLeast);
    if (wire !== undefined) isolated(() => this.#listener.lost(error));
  }

  #wake(): void {
    if (this.#phase === "away") this.#start();
    else if (this.#waits.over === undefined) this.#watchdog.probe();
    else this.#waits.hasten();
  }

  #leave(persisted: boolean): void {
    if (this.#phase !== "dialing") return;
    const wire = this.#wire;
    if (wire !== undefined && !persisted) isolated(() => this.#listener.leaving?.(wire));
    if (this.#phase !== "dialing") return;
    this.#phase = "away";
    this.#release();
    this.#stop(goingAway, "");
    this.#say({ is: "waiting" });
    if (wire !== undefined) isolated(() => this.#listener.lost(new CloseError(goingAway)));
  }

  #ask(): boolean {
    const wire = this.#wire;
    let asked = false;
    if (wire !== undefined) isolated(() => (asked = this.#listener.probe?.(wire) ?? false));
    return asked;
  }

  /** Lets go of the wire and of all that watches over it. */
  #release(): Wire | undefined {
    const wire = this.#wire;
    this.#turn += 1;
    this.#wire = undefined;
    this.#live = false;
    this.#deadline.clear();
    this.#steady.clear();
    this.#watchdog.stop();
    return wire;
  }

  #stop(code: number, reason: string): void {
    this.#waits.drop();
    this.#dialer?.stop(code, reason);
    this.#dialer = undefined;
  }

  #end(error: CloseError): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#release();
    this.#stop(error.code, error.reason);
    this.#unwatch?.();
    this.#error = error;
    this.#say({ is: "closed" });
    isolated(() => this.#listener.ended(error));
  }

  #say(status: Pick<ConnectionStatus, "is" | "retryAt" | "offline"> & { readonly resumed?: boolean }): void {
    const error = this.#error === undefined ? {} : { error: this.#error };
    this.#status.set({ attempt: this.#attempt, resumed: false, ...status, ...error });
  }
}
