import { HandshakeError, joinedWires, Socket, type Wire } from "@symbolon/protocol";
import type { App } from "./app.ts";
import { MemoryWebSocket } from "./memory-websocket.ts";

export { Clock } from "./clock.ts";

/** How `connect` knocks. */
export interface ConnectOptions {
  /** Headers of the handshake. */
  readonly headers?: HeadersInit;
  /** Subprotocols to offer. */
  readonly protocols?: readonly string[];
}

/** A socket of the in-memory network: closed when its scope ends. */
export type TestSocket = Socket & AsyncDisposable;

/** An app, reached in memory. */
export interface TestNet {
  /** Answers an HTTP request; a path is enough. */
  readonly fetch: (input: string | Request, init?: RequestInit) => Promise<Response>;
  /** Opens a raw socket. Rejects with `HandshakeError`, whose `response` is the refusal. */
  readonly connect: (path: string, options?: ConnectOptions) => Promise<TestSocket>;
  /** A `WebSocket` class for the real client: give it to `connect` of @symbolon/client. */
  readonly WebSocket: new (url: string | URL, protocols?: string | string[]) => WebSocket;
  /** The network fails: every open connection breaks, on both sides. */
  readonly drop: () => void;
}

/** Reaches an app in memory: no ports, no second client, no mock. */
export function testClient(app: Pick<App, "fetch" | "handshake">): TestNet {
  const wires = new Set<Wire>();

  const dial = async (request: Request): Promise<Wire> => {
    const { promise, resolve } = withResolvers<Wire>();
    const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(", ");
    const refusal = app.handshake(request, ({ subprotocol = "" } = {}) => {
      if (!["", ...offered].includes(subprotocol))
        return Promise.reject(
          new TypeError(`the client did not offer the subprotocol ${JSON.stringify(subprotocol)}`),
        );
      const [near, far] = joinedWires(subprotocol);
      wires.add(near);
      resolve(near);
      return Promise.resolve(far);
    });
    const answer = await Promise.race([promise, refusal]);
    if (answer instanceof Response) throw new HandshakeError(answer);
    return answer ?? promise;
  };

  return {
    fetch: (input, init) =>
      app.fetch(typeof input === "string" ? new Request(new URL(input, "http://test"), init) : input),
    connect: async (path, { headers, protocols = [] } = {}) => {
      const socket = new Socket(await dial(handshakeRequest(new URL(path, "ws://test"), protocols, headers)));
      return Object.assign(socket, {
        [Symbol.asyncDispose]: async () => {
          socket.close();
          await socket.closed;
        },
      });
    },
    WebSocket: class extends MemoryWebSocket {
      constructor(url: string | URL, protocols: string | string[] = []) {
        const offered = typeof protocols === "string" ? [protocols] : protocols;
        super(new URL(url), () => dial(handshakeRequest(new URL(url), offered)));
      }
    } as unknown as TestNet["WebSocket"],
    drop: () => {
      for (const wire of wires) wire.terminate();
      wires.clear();
    },
  };
}

function handshakeRequest(url: URL, protocols: readonly string[], init?: HeadersInit): Request {
  const headers = new Headers(init);
  if (protocols.length > 0) headers.set("sec-websocket-protocol", protocols.join(", "));
  return new Request(url.href.replace(/^ws/, "http"), { headers });
}

function withResolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
