import { CloseCode, CloseError, HandshakeError } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import { mergeHeaders } from "../request/response.ts";
import { type App, internalsOf, createDispatcher } from "../app/app.ts";
import type { Accept } from "../request/exchange.ts";
import { Clock, SystemClock } from "../timing/clock.ts";
import { CookieJar } from "./cookie-jar.ts";
import type { AnyHook, Replacement } from "../request/hook.ts";
import { MemoryWebSocket } from "./memory-websocket.ts";
import { type Side, type ChaosOptions, MemoryNetwork } from "./network.ts";
import { withTimeout, type WaitOptions, TestSocket } from "./socket.ts";

/** The real one, though a test may set another in its place before `settled` waits: it would wait for the test. */
const { setImmediate: soon } = globalThis;

export { Clock, CookieJar };
export type { Side, ChaosOptions } from "./network.ts";
export { type WaitOptions, TestSocket, TimeoutError } from "./socket.ts";

/** How an app is served in a test; its routes may be declared later. */
export interface TestOptions<State = unknown, Hooks extends readonly AnyHook[] = readonly AnyHook[]> {
  /** The app's `state`. Default: its own. */
  readonly state?: State;
  /** Hooks that run in the place of others: `[[signedIn, () => ({ user: ada })]]`. They provide the same. */
  readonly overrides?: {
    readonly [Index in keyof Hooks]: readonly [hook: Hooks[Index], instead: Replacement<Hooks[Index]>];
  };
  /** The clock of the sockets' timeouts. Default: the system's. */
  readonly clock?: Clock;
}

/** How `connect` knocks. */
export interface TestConnectOptions extends WaitOptions {
  /** Headers of the handshake. */
  readonly headers?: HeadersInit;
  /** Cookies besides those in the jar. As in a browser, a request with cookies names its own `Origin`. */
  readonly cookies?: Readonly<Record<string, string>>;
  /** Added to the query of the path. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** Subprotocols to offer. */
  readonly protocols?: readonly string[];
  /** A Bearer token, or Basic credentials (RFC 7617). */
  readonly auth?: string | { readonly username: string; readonly password: string };
}

/** An app, reached in memory. */
export interface TestNetwork {
  /** Answers an HTTP request; a path is enough. The answer's body is read ahead as far as a network's buffers would. */
  readonly fetch: (input: string | Request, init?: RequestInit) => Promise<Response>;
  /**
   * Opens a raw socket. Rejects with `HandshakeError`, whose `response` is the refusal, and with `TimeoutError` when
   * `timeout` is given and there is no answer in time; it then limits each `receive` too.
   */
  readonly connect: (path: string, options?: TestConnectOptions) => Promise<TestSocket>;
  /** Resolves with the response that refuses a handshake. Rejects with Error when it was accepted, and else as `connect` does. */
  readonly refused: (path: string, options?: TestConnectOptions) => Promise<Response>;
  /**
   * Resolves when the server is done with every connection that has ended: its handler, and the endings of its hooks. What
   * is under way in memory arrives first, such as a `close` just said. It waits as long as they take.
   */
  readonly settled: () => Promise<void>;
  /** A `WebSocket` class for the real client: give it to `connect` of @symbolon/client. */
  readonly WebSocket: new (url: string | URL, protocols?: string | string[]) => WebSocket;
  /**
   * The network fails: every open connection breaks. Both halves learn it, unless only one is named: the other hears
   * nothing any more, and has to find out by itself.
   */
  readonly drop: (learns?: Side) => void;
  /** Nothing arrives any more, in either direction, until the returned function is called: what was sent comes then. */
  readonly stall: () => () => void;
  /** Connections break by chance, the same for the same seed, until the returned function is called. */
  readonly chaos: (storm: ChaosOptions) => () => void;
  /**
   * The server's process dies and another one takes its place, at once: connections break, and what was kept in memory for
   * those who come back is gone, unless the app has a store. Resolves when the handlers of before have ended.
   */
  readonly restart: () => Promise<void>;
  /** The app's clock: it passes by `advance` when it is the `Clock` that was given to `createApp`. */
  readonly clock: Clock;
  /** What answers have set, refusals and 101s too; sent with every request. */
  readonly cookies: CookieJar;
  /** Every error that the app's `onError` was told of, in order. Nothing is thrown again: expect this to be empty. */
  readonly errors: readonly unknown[];
}

interface AcceptedHandshake {
  readonly wire: Wire;
  readonly headers: Headers;
}

type StateOf<P> = P extends { readonly state: infer State } ? State : unknown;

/** Reaches an app in memory: no ports, no second client, no mock. Throws TypeError when it is none that `createApp` made. */
export function testNetwork<P extends object, const Hooks extends readonly AnyHook[] = []>(
  app: App<P>,
  { state, overrides, clock = new SystemClock() }: TestOptions<StateOf<P>, Hooks> = {},
): TestNetwork {
  /** Those who knock or are connected; aborting one is its leave. */
  const clients = new Set<AbortController>();
  /** What the server has yet to end, and whose connection it is. */
  const busy = new Map<Promise<void>, AbortController>();
  const leave = (client: AbortController): void => {
    clients.delete(client);
    client.abort();
  };
  const cookies = new CookieJar();
  const errors: unknown[] = [];
  const network = new MemoryNetwork();
  const inside = internalsOf(app, "testClient");
  const replaced = new Map<AnyHook, AnyHook>(overrides as Iterable<readonly [AnyHook, AnyHook]> | undefined);
  if (state !== undefined)
    replaced.set(inside.state, (context: { state: unknown }) => void (context.state = state));
  const served = createDispatcher(inside, {
    replaced,
    onError: (error, context) => {
      errors.push(error);
      return inside.options.onError(error, context);
    },
  });

  const dial = async (request: Request, client: AbortController): Promise<AcceptedHandshake> => {
    const { promise, resolve } = withResolvers<AcceptedHandshake>();
    const accept: Accept = ({ subprotocol = "", headers } = {}) => {
      if (request.signal.aborted)
        return Promise.reject(new CloseError(CloseCode.Abnormal, "the client has left", false));
      const [near, far] = network.link(subprotocol);
      request.signal.addEventListener("abort", () => near.terminate(), { once: true });
      const line = { wire: near, headers: new Headers(headers) };
      cookies.store(line.headers);
      resolve(line);
      return Promise.resolve(far);
    };
    const refusal = served.handshake(request, accept, (ended) => {
      busy.set(ended, client);
      void ended.then(() => busy.delete(ended));
    });
    const answer = await Promise.race([promise, refusal]);
    if (!(answer instanceof Response)) return answer ?? promise;
    cookies.store(answer.headers);
    throw new HandshakeError(await delivered(answer));
  };

  const knock = async (
    client: AbortController,
    url: URL,
    options: TestConnectOptions,
  ): Promise<AcceptedHandshake> => {
    clients.add(client);
    try {
      const request = new Request(handshakeRequest(url, options, cookies), { signal: client.signal });
      return await dial(request, client);
    } catch (error) {
      leave(client);
      throw error;
    }
  };

  const connect: TestNetwork["connect"] = async (path, options = {}) => {
    const url = new URL(path, "ws://test");
    const { timeout } = options;
    const client = new AbortController();
    const limit = { timeout, clock, what: "an answer to the handshake" };
    const { wire, headers } = await withTimeout(knock(client, url, options), limit).catch(
      (error: unknown) => {
        leave(client); // who does not wait has left
        throw error;
      },
    );
    const socket = new TestSocket(wire, headers, { timeout, clock });
    void socket.closed.then(() => leave(client));
    return socket;
  };

  const settled = async (): Promise<void> => {
    for (;;) {
      await new Promise(soon);
      const ending = [...busy].flatMap(([ended, client]) => (clients.has(client) ? [] : [ended]));
      if (ending.length === 0) return;
      await Promise.all(ending);
    }
  };
  const drop: TestNetwork["drop"] = (learns) => {
    if (learns !== undefined) return network.drop(learns);
    for (const client of clients) leave(client);
  };

  return {
    fetch: async (input, init) => {
      const asked = typeof input === "string" ? new Request(new URL(input, "http://test"), init) : input;
      const cookie = asked.headers.get("cookie") ?? cookies.header();
      const request =
        cookie === "" ? asked : new Request(asked, { headers: mergeHeaders(asked.headers, { cookie }) });
      const response = await served.fetch(request);
      cookies.store(response.headers);
      return buffered(response);
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
        const offered = typeof protocols === "string" ? [protocols] : protocols;
        const client = new AbortController();
        super(new URL(url), async () => (await knock(client, new URL(url), { protocols: offered })).wire);
        this.addEventListener("close", () => leave(client));
      }
    } as unknown as TestNetwork["WebSocket"],
    drop,
    stall: () => network.stall(),
    chaos: (storm) => network.chaos(storm),
    restart: async () => {
      inside.routes.crash();
      drop();
      await settled();
    },
    clock: inside.options.clock,
    cookies,
    errors,
  };
}

function handshakeRequest(
  url: URL,
  { headers: own = {}, cookies = {}, query = {}, protocols = [], auth }: TestConnectOptions,
  jar: CookieJar,
): Request {
  const target = new URL(url.href.replace(/^ws/, "http"));
  for (const [name, values] of Object.entries(query))
    for (const value of [values].flat()) target.searchParams.append(name, value);
  const headers = new Headers();
  const cookie = jar.header(cookies);
  if (cookie !== "") {
    headers.set("cookie", cookie);
    headers.set("origin", target.origin);
  }
  if (auth !== undefined) headers.set("authorization", authorization(auth));
  if (protocols.length > 0) headers.set("sec-websocket-protocol", protocols.join(", "));
  return new Request(target, { headers: mergeHeaders(headers, own) });
}

function authorization(auth: NonNullable<TestConnectOptions["auth"]>): string {
  if (typeof auth === "string") return `Bearer ${auth}`;
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}`;
}

/** A refusal as it arrives, with all of its body. */
async function delivered(response: Response): Promise<Response> {
  if (response.body === null) return response;
  return new Response(await response.arrayBuffer(), response);
}

/** A response whose body is under way: the app is not held up by a test that does not read. */
function buffered(response: Response): Response {
  if (response.body === null || response.bodyUsed) return response;
  const network = new TransformStream<Uint8Array, Uint8Array>({}, undefined, { highWaterMark: 64 });
  return new Response(response.body.pipeThrough(network), response);
}

function withResolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
