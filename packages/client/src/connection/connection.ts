import { CloseError, type Message } from "@symbolon/protocol";
import { checkCloseCode, closeAdvice, cutReason } from "@symbolon/protocol/internal";
import { Timer } from "./timer.ts";
import { backoff, first } from "./backoff.ts";
import { abnormal, goingAway, normal, superseded, tooMany } from "./close-codes.ts";
import { isOnline, isVisible, watchNetwork, type NetworkScope } from "./network.ts";
import { createRedialer, type Redialer } from "./redialer.ts";
import { type DialOptions, SocketWire, type SocketListener } from "./socket-wire.ts";
import { createValue, type ConnectionStatus, type Subscribable } from "./status.ts";
import { createWatchdog } from "./watchdog.ts";

/** What happens on a connection, told to the conversation above it, which must not throw. */
export interface ConnectionListener {
  /** A wire opened: begin the conversation on it, and call `live` when it is established. Both may take 15 s. */
  opened(wire: SocketWire): void;
  /** A message came on the wire that opened last. */
  message(message: Message): void;
  /** The wire that opened last is gone, by either half's doing. A try that never opened is not told. */
  lost(): void;
  /** It is over for good. Told exactly once, and nothing is told after it. */
  ended(error: CloseError): void;
  /** Sends something that must be answered. Left out, nothing can be asked. */
  readonly probe?: () => void;
  /** The wire is being left for good: the last chance to say so on it, which is closed next. */
  readonly leaving?: () => void;
}

/** Where and how to connect; the url is asked for before every try, so it can bring a fresh token. */
export interface ConnectionOptions extends DialOptions {
  /** For tests. Default: `Math.random`. */
  readonly random?: () => number;
  /** Whose events tell of the network, for tests. Default: the globals. */
  readonly network?: NetworkScope;
}

/** A connection that is dialed again whenever it is lost: one wire after the other, until it is closed for good. */
export interface ReconnectingConnection {
  /** Where it stands; `connecting` also before `dial`. */
  readonly status: Subscribable<ConnectionStatus>;
  /** The wire that is open now. */
  readonly wire: SocketWire | undefined;
  /** Starts in the next macrotask. A second call does nothing; before the first, no global is touched. */
  readonly dial: () => void;
  /**
   * The conversation on the wire is established: the status is `open`, and says whether it goes on from the wire before.
   * When silence nears `limit` ms the listener is to probe, at `limit` ms the wire is dropped. Default: silence is no sign.
   */
  readonly live: (limit?: number, resumed?: boolean) => void;
  /** Lets go of the wire, without waiting for its end, and dials again. */
  readonly drop: (why: string) => void;
  /**
   * In `within` ms another wire is dialed, and this one left when the conversation is established there: `lost` is not
   * told in between. While there is no other, it stays.
   */
  readonly move: (within: number) => void;
  /**
   * Ends for good, after what was sent; the status is `closed` and `ended` is told before this returns. The code
   * defaults to 1000. A browser can only send 1000 and 3000–4999: there 1001 goes without a code, 1011–1014 as 4500,
   * and others as 4400.
   * @throws RangeError for a code that may not be sent; the reason is cut to 123 UTF-8 bytes.
   */
  readonly close: (code?: number, reason?: string) => void;
}

/** A socket has so long to open and the conversation on it to be established, in ms. */
const patience = 15_000;
/** Live so long, in ms, the next loss is a new one and not the same trouble. */
const steadyAfter = 10_000;
/** The least wait after 4429, in ms. */
const tooManyWait = 5_000;

/** Makes a connection; it dials when it is told to. */
export function createConnection(
  options: ConnectionOptions,
  listener: ConnectionListener,
): ReconnectingConnection {
  // Read now, never at import: a bundle is also imported where there is no page.
  const { random = Math.random, network = globalThis } = options;
  const status = createValue<ConnectionStatus>({ state: "connecting", attempt: 0, resumed: false });
  let over = false;
  /** At work unless the page is left, or it is over. */
  let dialer: Redialer | undefined;
  /** There from the first dial on. */
  let unwatch: (() => void) | undefined;
  /** The newest wire, from its dial on. */
  let newest: SocketWire | undefined;
  let wire: SocketWire | undefined;
  /** The wire that is to be left for another: the conversation is still on it. */
  let left: SocketWire | undefined;
  let liveSince = Infinity;
  /** Losses and failed tries since it was last steady. */
  let attempt = 0;
  /** When the present wait ends, in ms since the epoch; Infinity when that depends on the device, 0 when there is none. */
  let retryAt = 0;
  /** The server does not want us before. */
  let notBefore = 0;
  /** Someone came back while it was open: if it is dead, they do not wait for long. */
  let woken = false;
  /** 4401 was the last word: the credential has been asked for anew once. */
  let refused = false;
  let error: CloseError | undefined;

  // For the end of a wait, of a socket's time, or of the time before it is left.
  const alarm = new Timer();
  const watchdog = createWatchdog({ sendProbe: listener.probe, onDead: drop });

  const told: SocketListener = {
    dialing: () => alarm.start(patience, () => lose(broken("not established in time"))),
    opened(now) {
      wire = now;
      listener.opened(now);
    },
    message(message) {
      watchdog.received();
      listener.message(message);
    },
    closed(why, from, hopeless) {
      const moved = from === left;
      if (moved) left = undefined;
      if (moved && why.code === superseded) return; // by ourselves, on the other wire
      const advice = hopeless ? "end" : closeAdvice(why.code);
      if (advice === "end" || (advice !== "retry" && refused)) return end(why);
      refused ||= advice !== "retry";
      lose(why, why.code === tooMany ? tooManyWait : 0);
    },
  };

  function start(): void {
    dialer = createRedialer(() => {
      if (retryAt) return; // lost meanwhile: it will be told again
      say({ state: "connecting" });
      if (dialer) newest = new SocketWire(options, told); // whoever is told may close
    });
  }

  /** Lets go of every wire, that which is to be left too. */
  function drop(why: string): void {
    part();
    lose(broken(why));
  }

  /** The newest wire is of no use any more: waits, and dials again. */
  function lose(why: CloseError, atLeast = 0): void {
    newest?.terminate(); // without waiting for its end: a dead one may take half a minute to say so
    if (left) wire = left;
    else {
      if (Date.now() - liveSince >= steadyAfter) attempt = 0;
      error = why;
      release();
    }
    if (!dialer) return; // whoever is told that it is lost may close
    notBefore = Date.now() + atLeast;
    retryAt = Infinity;
    const window = woken ? first : backoff(attempt, !isVisible(network));
    woken = false;
    attempt += 1;
    whenOnline(() => wait(window, () => whenOnline(again)));
  }

  /** Draws the wait's end, with the jitter on top of what the server wants; one that is to end sooner stays. */
  function wait(window: number, then: () => void): void {
    const now = Date.now();
    const at = Math.max(now, notBefore) + random() * window;
    if (at >= retryAt) return;
    retryAt = at;
    alarm.start(at - now, then);
    say({ state: "waiting", retryAt });
  }

  function whenOnline(then: () => void): void {
    if (isOnline(network)) return then();
    retryAt = Infinity;
    say({ state: "waiting", offline: true });
  }

  function again(): void {
    retryAt = 0;
    dialer?.retry();
  }

  function wake(): void {
    if (!dialer) start();
    // Even when the device says that it is offline: it may be wrong, and someone is looking. Not everybody at once.
    else if (retryAt) wait(first, again);
    else {
      woken = true;
      watchdog.probe();
    }
  }

  function leave(persisted: boolean): void {
    if (!dialer) return;
    if (wire && !persisted) listener.leaving?.();
    stop(goingAway, "");
    say({ state: "waiting" });
  }

  /** Lets go of the wire and of all that watches over it. */
  function release(): void {
    const held = wire;
    wire = undefined;
    liveSince = Infinity;
    alarm.stop();
    watchdog.stop();
    if (held) listener.lost();
  }

  /** The conversation is not on the wire before any more. */
  function part(code: number = goingAway, reason = ""): void {
    left?.close(code, reason);
    left = undefined;
  }

  function stop(code: number, reason: string): void {
    part(code, reason);
    newest?.close(code, reason);
    dialer?.stop();
    dialer = undefined;
    retryAt = 0;
    release();
  }

  function end(why: CloseError): void {
    if (over) return;
    over = true;
    error = why;
    stop(why.code, why.reason);
    unwatch?.();
    say({ state: "closed" });
    listener.ended(why);
  }

  function say(now: Partial<ConnectionStatus> & Pick<ConnectionStatus, "state">): void {
    // One who moves is still where it was.
    if (!left) status.set({ attempt, resumed: false, error, ...now });
  }

  return {
    status,
    get wire() {
      return wire;
    },
    dial() {
      if (unwatch || over) return;
      unwatch = watchNetwork({ wake: wake, offline: watchdog.probe, hidden: leave }, network);
      start();
    },
    live(limit, resumed = false) {
      if (!wire) return;
      part();
      liveSince = Date.now();
      refused = false;
      error = undefined;
      alarm.stop();
      watchdog.start(limit);
      say({ state: "open", attempt: 0, resumed });
    },
    move(within) {
      if (wire && !left)
        alarm.start(within, () => {
          left = wire;
          newest = undefined;
          attempt = 0;
          again();
        });
    },
    drop,
    close(code = normal, reason = "") {
      checkCloseCode(code);
      if (wire && code === normal) listener.leaving?.();
      end(new CloseError(code, cutReason(reason)));
    },
  };
}

/** A connection that is given up: 1006, as RFC 6455 §7.1.5 names it. */
function broken(why: string): CloseError {
  return new CloseError(abnormal, why, false);
}
