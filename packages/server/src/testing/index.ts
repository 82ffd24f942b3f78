import { CloseCode, CloseError, HandshakeError } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import { createDispatcher, internalsOf, logError } from "../app/app.ts";
import type { App } from "../app/types.ts";
import type { Accept } from "../request/acceptance.ts";
import type { AnyHook, Replacement } from "../request/hook.ts";
import { parseRequest } from "../request/parsed-request.ts";
import { Clock, SystemClock } from "../timing/clock.ts";
import { CookieJar } from "./cookie-jar.ts";
import { MemoryWebSocket } from "./memory-websocket.ts";
import { type ChaosOptions, MemoryNetwork, type Side } from "./network.ts";
import { handshakeRequest, httpRequest, readAhead, readRefusal, type TestConnectOptions } from "./request.ts";
import { TestSocket, withTimeout } from "./socket.ts";

/** The real function: a test may replace the global one before `settled` waits, which would then wait for the test. */
const { setImmediate: afterImmediates } = globalThis;

export { Clock, CookieJar };
export type { ChaosOptions, Side } from "./network.ts";
export type { TestConnectOptions } from "./request.ts";
export { TestSocket, TimeoutError, type WaitOptions } from "./socket.ts";

/** How an app is served in a test. Its routes may be declared later. */
export interface TestOptions<State = unknown, Hooks extends readonly AnyHook[] = readonly AnyHook[]> {
  /**
   * Replaces the app's `state`.
   * @default the app's own
   */
  readonly state?: State;
  /** Hooks that run in place of others, and provide the same: `[[signedIn, () => ({ user: ada })]]`. */
  readonly overrides?: {
    readonly [Index in keyof Hooks]: readonly [hook: Hooks[Index], instead: Replacement<Hooks[Index]>];
  };
  /**
   * The host, with its port, by which clients reach the app when they name a path alone.
   * @default the first of `security.hosts`, or "test"
   */
  readonly host?: string;
  /**
   * The clock of the clients' timeouts.
   * @default the system's
   */
  readonly clock?: Clock;
}

/** A network in memory that leads to an app. */
export interface TestNetwork {
  /** Answers an HTTP request; a path is enough. The body of the answer is read ahead as far as a network's buffers do. */
  readonly fetch: (input: string | Request, init?: RequestInit) => Promise<Response>;
  /**
   * Opens a raw socket. Rejects with `HandshakeError`, whose `response` is the refusal. With `timeout` it rejects with
   * `TimeoutError` when the server does not answer in time, and the timeout also limits each `receive`.
   */
  readonly connect: (path: string, options?: TestConnectOptions) => Promise<TestSocket>;
  /** Resolves with the response that refuses a handshake. Rejects with Error when it was accepted, otherwise as `connect` does. */
  readonly refused: (path: string, options?: TestConnectOptions) => Promise<Response>;
  /**
   * Resolves when the server has finished with every connection that has ended: with its handler and its hooks. Messages
   * and closes that are under way arrive first. It waits without a limit.
   */
  readonly settled: () => Promise<void>;
  /** A `WebSocket` class like a browser's (WHATWG WebSockets). Give it to `connect` of @symbolon/client. */
  readonly WebSocket: (new (url: string | URL, protocols?: string | string[]) => WebSocket) &
    Pick<typeof WebSocket, "CONNECTING" | "OPEN" | "CLOSING" | "CLOSED">;
  /**
   * Breaks every open connection. With a side, only that side notices at once; the other one receives nothing any more and
   * must detect it by itself.
   */
  readonly drop: (noticedBy?: Side) => void;
  /** Holds all messages back, in both directions, until the returned function is called. */
  readonly stall: () => () => void;
  /** Breaks connections at random, the same for the same seed, until the returned function is called. */
  readonly chaos: (options: ChaosOptions) => () => void;
  /**
   * Replaces the server's process at once: connections break, and sessions and rooms are lost, unless the app has a store.
   * Resolves when the handlers of the old process have ended.
   */
  readonly restart: () => Promise<void>;
  /** The app's clock. When `createApp` was given a `Clock`, `advance` lets its time pass. */
  readonly clock: Clock;
  /** The cookies that answers have set, refusals and 101s too; each request sends them. */
  readonly cookies: CookieJar;
  /**
   * Every error that `onError` was called with, in order, but for what the server refuses by itself. None is thrown again:
   * expect this to be empty.
   */
  readonly errors: readonly unknown[];
}

interface AcceptedHandshake {
  readonly wire: Wire;
  readonly headers: Headers;
}

type StateOf<P> = P extends { readonly state: infer State } ? State : unknown;

/**
 * Serves an app in memory: without ports, without mocks, and with the app's own client.
 * @throws TypeError when `createApp` did not make the app.
 * @example
 *   const net = testNetwork(app);
 *   await using socket = await net.connect("/echo");
 *   socket.send("hello");
 *   expect(await socket.receive()).toBe("hello");
 */
export function testNetwork<P extends object, const Hooks extends readonly AnyHook[] = []>(
  app: App<P>,
  { state, overrides, host: ownHost, clock = new SystemClock() }: TestOptions<StateOf<P>, Hooks> = {},
): TestNetwork {
  /** The clients that are connected or connect; aborting one disconnects it. */
  const clients = new Set<AbortController>();
  /** The connections that the server has not finished with, and their clients. */
  const unfinished = new Map<Promise<void>, AbortController>();
  const disconnect = (client: AbortController): void => {
    clients.delete(client);
    client.abort();
  };
  const cookies = new CookieJar();
  const errors: unknown[] = [];
  const network = new MemoryNetwork();
  const internals = internalsOf(app, "testNetwork");
  internals.routes.start();
  const host = ownHost ?? internals.options.security.hosts?.[0] ?? "test";
  const replaced = new Map<AnyHook, AnyHook>(overrides as Iterable<readonly [AnyHook, AnyHook]> | undefined);
  if (state !== undefined)
    replaced.set(internals.state, (context: { state: unknown }) => void (context.state = state));
  const dispatcher = createDispatcher(internals, {
    replaced,
    onError: (error, context) => {
      if (context.phase !== "refused") errors.push(error);
      else if (internals.options.onError === logError) return undefined; // the test itself is refused
      return internals.options.onError(error, context);
    },
  });

  const shakeHands = async (request: Request, client: AbortController): Promise<AcceptedHandshake> => {
    let resolve: (accepted: AcceptedHandshake) => void = () => {};
    const accepted = new Promise<AcceptedHandshake>((settle) => (resolve = settle));
    const accept: Accept = async ({ subprotocol = "", headers }) => {
      if (client.signal.aborted)
        throw new CloseError(CloseCode.Abnormal, "the client has disconnected", false);
      const [wire, serverWire] = network.link(subprotocol);
      client.signal.addEventListener("abort", () => wire.terminate(), { once: true });
      const answer = { wire, headers: new Headers(headers) };
      cookies.store(answer.headers);
      resolve(answer);
      return serverWire;
    };
    const refused = dispatcher.handshake(parseRequest(request), accept, ({ released }) => {
      unfinished.set(released, client);
      void released.then(() => unfinished.delete(released));
    });
    const answer = (await Promise.race([accepted, refused])) ?? (await accepted);
    if (!(answer instanceof Response)) return answer;
    cookies.store(answer.headers);
    throw new HandshakeError(await readRefusal(answer));
  };

  const dial = async (
    client: AbortController,
    url: URL,
    options: TestConnectOptions,
  ): Promise<AcceptedHandshake> => {
    clients.add(client);
    try {
      return await shakeHands(handshakeRequest(url, options, cookies, client.signal), client);
    } catch (error) {
      disconnect(client);
      throw error;
    }
  };

  const connect: TestNetwork["connect"] = async (path, options = {}) => {
    const url = new URL(path, `ws://${host}`);
    const { timeout } = options;
    const client = new AbortController();
    const limit = { timeout, clock, awaited: "an answer to the handshake" };
    const { wire, headers } = await withTimeout(dial(client, url, options), limit).catch((error: unknown) => {
      disconnect(client);
      throw error;
    });
    const socket = new TestSocket(wire, headers, { timeout, clock });
    void socket.closed.then(() => disconnect(client));
    return socket;
  };

  const settled = async (): Promise<void> => {
    for (;;) {
      await new Promise(afterImmediates);
      const { answered } = network;
      if (answered !== undefined) {
        await answered;
        continue;
      }
      const ending = [...unfinished].flatMap(([ended, client]) => (clients.has(client) ? [] : [ended]));
      if (ending.length === 0) return;
      await Promise.all(ending);
    }
  };
  const drop: TestNetwork["drop"] = (noticedBy) => {
    if (noticedBy !== undefined) return network.drop(noticedBy);
    for (const client of clients) disconnect(client);
  };

  return {
    fetch: async (input, init) => {
      const response = await dispatcher.fetch(httpRequest(input, init, { jar: cookies, host }));
      cookies.store(response.headers);
      return readAhead(response);
    },
    connect,
    refused: async (path, options) => {
      const answer = await connect(path, options).catch((error: unknown) => {
        if (error instanceof HandshakeError) return error.response;
        throw error;
      });
      if (answer instanceof Response) return answer;
      answer.close();
      throw new Error(`the handshake at ${JSON.stringify(path)} was accepted`);
    },
    settled,
    WebSocket: class extends MemoryWebSocket {
      constructor(url: string | URL, protocols: string | string[] = []) {
        const client = new AbortController();
        super(
          url,
          protocols,
          async (target, offered) => (await dial(client, target, { protocols: offered })).wire,
        );
        this.addEventListener("close", () => disconnect(client));
      }
    } as unknown as TestNetwork["WebSocket"],
    drop,
    stall: () => network.stall(),
    chaos: (options) => network.chaos(options),
    restart: async () => {
      internals.routes.crash();
      drop();
      await settled();
    },
    clock: internals.options.clock,
    cookies,
    errors,
  };
}
