import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { offeredProtocols } from "../request/headers.ts";
import type { ParsedRequest } from "../request/parsed-request.ts";
import { Refusal } from "../request/refusal.ts";
import { describeTransport, type TransportInfo } from "../request/transport.ts";
import { makeRequest, readUrl } from "./http.ts";

/** Why a request's signal aborts. One for all: an error keeps its stack, and so all that the handshake used. */
const disconnected = new DOMException("the client has disconnected", "AbortError");

/** Where a socket has its handshake. */
const handshakeKey: unique symbol = Symbol("handshake");

/** A socket that has begun a handshake. */
interface WatchedSocket extends Socket {
  [handshakeKey]?: NodeHandshake;
}

/** Counts the clients of each network. */
interface ClientCounter {
  add(network: string): void;
  remove(network: string): void;
}

/** A WebSocket handshake as Node has read it. */
export class NodeHandshake implements ParsedRequest {
  readonly protocols: readonly string[];
  readonly #href: string;
  readonly #rawHeaders: string[];
  /** Undefined while no code reads it. */
  #url: URL | undefined;
  /** Held by contexts: most handlers do not keep theirs. */
  readonly #node: WeakRef<{ request: IncomingMessage | undefined }>;
  #transport: TransportInfo;
  #request: Request | undefined;
  /** Aborts the signal of the web request. */
  #client: AbortController | undefined;
  #isDisconnected = false;
  /** Undefined while no code waits for the client to disconnect. */
  #disconnectListeners: Set<() => void> | undefined;
  /** Undefined once the handshake is decided. */
  #onClose: (() => void) | undefined;
  /** Where the client is counted; undefined once its socket has closed. */
  #counter: ClientCounter | undefined;

  private constructor(incoming: IncomingMessage, url: URL) {
    this.#href = url.href;
    this.#url = url;
    this.#rawHeaders = incoming.rawHeaders;
    const node = { request: incoming };
    this.#node = new WeakRef(node);
    this.#transport = { node };
    this.protocols = offeredProtocols(this);
  }

  /** Reads a handshake; undefined when its target or headers are invalid for a web `Request`. */
  static read(incoming: IncomingMessage): NodeHandshake | undefined {
    const url = hasInvalidHeaders(incoming) ? undefined : readUrl(incoming);
    return url && new NodeHandshake(incoming, url);
  }

  get url(): URL {
    return (this.#url ??= new URL(this.#href));
  }

  get request(): Request {
    if (this.#request !== undefined) return this.#request;
    this.#client = new AbortController();
    if (this.#isDisconnected) this.#client.abort(disconnected);
    const { signal } = this.#client;
    this.#request = makeRequest(this.url, { rawHeaders: this.#rawHeaders }, { signal });
    describeTransport(this.#request, { ...this.#transport, node: this.#node.deref() });
    return this.#request;
  }

  get transport(): TransportInfo {
    return this.#transport;
  }

  get size(): number {
    return this.#rawHeaders.reduce((size, { length }) => size + length, this.#href.length);
  }

  get isDisconnected(): boolean {
    return this.#isDisconnected;
  }

  header(name: string): string | undefined {
    let found: string | undefined;
    for (let at = 0; at + 1 < this.#rawHeaders.length; at += 2) {
      const rawName = this.#rawHeaders[at] ?? "";
      if (rawName.length !== name.length || rawName.toLowerCase() !== name) continue;
      const value = this.#rawHeaders[at + 1] ?? "";
      found = found === undefined ? value : `${found}${name === "cookie" ? "; " : ", "}${value}`;
    }
    return found;
  }

  onDisconnect(listener: () => void): () => void {
    if (this.#isDisconnected) listener();
    else (this.#disconnectListeners ??= new Set()).add(listener);
    return () => {
      this.#disconnectListeners?.delete(listener);
      if (this.#disconnectListeners?.size === 0) this.#disconnectListeners = undefined;
    };
  }

  /** Adds what the server knows of the client. */
  describe({ address, network, allowsLoopbackOrigins, explainsRefusals }: Omit<TransportInfo, "node">): void {
    // Not by `...`, which makes a hidden class for each object.
    const { node } = this.#transport;
    this.#transport = { address, network, allowsLoopbackOrigins, explainsRefusals, node };
  }

  /** Counts the client, by the network that was described, until its socket closes. */
  countIn(counter: ClientCounter): void {
    this.#counter = counter;
    counter.add(this.#transport.network ?? "");
  }

  /** Calls `listener` when the socket closes before the handshake is decided. */
  onClose(listener: () => void): void {
    this.#onClose = listener;
  }

  /** The handshake is decided: few handlers read its URL, which is made again for them. */
  decided(): void {
    this.#url = undefined;
    this.#onClose = undefined;
  }

  releaseContext(): void {
    const { address, network, allowsLoopbackOrigins, explainsRefusals } = this.#transport;
    this.#transport = { address, network, allowsLoopbackOrigins, explainsRefusals, node: undefined };
  }

  /** From now on the client disconnects when its socket ends. */
  watch(socket: WatchedSocket): void {
    socket[handshakeKey] = this;
    socket.on("end", disconnect);
    socket.on("close", disconnect);
  }

  /** The client has disconnected. Node's own objects are dropped when its socket has closed. */
  disconnect(isClosed: boolean): void {
    if (isClosed) {
      const node = this.#node.deref();
      if (node !== undefined) node.request = undefined;
      this.#counter?.remove(this.#transport.network ?? "");
      this.#counter = undefined;
      this.#onClose?.();
    }
    this.#isDisconnected = true;
    for (const listener of this.#disconnectListeners ?? []) listener();
    this.#disconnectListeners = undefined;
    this.#client?.abort(disconnected);
  }
}

/** The listener of every socket: a function of its own would stay in memory with each of them. */
function disconnect(this: WatchedSocket): void {
  this[handshakeKey]?.disconnect(this.closed);
}

/** Whether a web request does not allow a name or value: a server with `insecureHTTPParser` lets such in. */
function hasInvalidHeaders({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.some((text, at) => (at % 2 === 0 ? !token.test(text) : /[\0\r\n]/.test(text)));
}

/** A token (RFC 9110 §5.6.2). */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether a request asks for a WebSocket, alone or among other protocols (RFC 9110 §7.8). */
export function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? "").split(",").some((protocol) => protocol.trim().toLowerCase() === "websocket");
}

/** Refuses a request that is not a WebSocket handshake, by the checks of RFC 6455 §4.2.1 that `ws` makes less strictly; undefined when the check passes. */
export function checkUpgrade({ method, headers }: IncomingMessage): Refusal | undefined {
  if (method !== "GET")
    return invalidHandshake(405, "A WebSocket handshake must be a GET request", { allow: "GET" });
  if (headers["sec-websocket-version"] !== "13")
    return invalidHandshake(426, "Sec-WebSocket-Version must be 13", { "sec-websocket-version": "13" });
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? ""))
    return invalidHandshake(400, "Sec-WebSocket-Key must be 16 bytes in base64");
  if (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)
    return invalidHandshake(400, "A WebSocket handshake must have no body");
  return hasInvalidProtocols(headers["sec-websocket-protocol"])
    ? invalidHandshake(400, "Sec-WebSocket-Protocol must list different tokens")
    : undefined;
}

/** Refuses a handshake that RFC 6455 does not allow. */
export function invalidHandshake(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return new Refusal({ kind: "handshake", status, reason, headers });
}

function hasInvalidProtocols(header: string | undefined): boolean {
  if (header === undefined) return false;
  const tokens = header.split(",").map((text) => text.trim());
  return new Set(tokens).size < tokens.length || !tokens.every((text) => token.test(text));
}
