import { type IncomingMessage, type Server as HttpServer, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { LimitOptions } from "../access/limits.ts";
import type { RefusalLog } from "../access/refusal-log.ts";
import { Refusal } from "../request/refusal.ts";
import { NetworkCounter, networkOf } from "./networks.ts";
import { refusedRequest } from "./refusals.ts";

/** Counts the WebSockets of a server, in all and from each address. */
export class ConnectionLimits {
  readonly #limits: Required<LimitOptions>;
  readonly #counter = new NetworkCounter();

  constructor(limits: Required<LimitOptions>) {
    this.#limits = limits;
  }

  /** Counts a client. */
  add(network: string): void {
    this.#counter.add(network);
  }

  /** The socket of a client that was counted has closed. */
  remove(network: string): void {
    this.#counter.remove(network);
  }

  /** Refuses a client when there are too many; undefined when the check passes. */
  check(incoming: IncomingMessage, network: string): Refusal | undefined {
    const { connections, perAddress } = this.#limits;
    if (this.#counter.total >= connections) return tooManyConnections("WebSockets", connections);
    if (this.#counter.of(network) < perAddress) return undefined;
    const option = "createApp({ limits: { perAddress } })";
    return new Refusal({
      kind: "limits.perAddress",
      status: 429,
      reason: `Too many connections from your address: ${option}`,
      log: `the limit of WebSockets from one address is ${perAddress}: ${option}${this.#proxyAdvice(incoming)}`,
      retryAfter: 5,
    });
  }

  #proxyAdvice({ headers }: IncomingMessage): string {
    if (this.#limits.trustProxy) return "";
    return headers["x-forwarded-for"] === undefined
      ? "; if it is the address of a proxy, set limits.trustProxy"
      : "; the request has X-Forwarded-For: if it comes from a proxy of yours, set limits.trustProxy";
  }
}

/** The TCP connections of a server, and the limits of those that are not WebSockets. */
export class HttpConnections {
  readonly #limits: Required<LimitOptions>;
  readonly #log: RefusalLog;
  readonly #counter = new NetworkCounter();
  /** The open connections that are not WebSockets, each with the network that it counts for. */
  readonly #open = new Map<Socket, string>();
  readonly #onClose = closeListener((socket) => this.#remove(socket));
  /** The connections below TLS, by the address and port of the client. */
  readonly #below = new Map<string, Socket>();

  constructor(server: HttpServer, limits: Required<LimitOptions>, log: RefusalLog) {
    this.#limits = limits;
    this.#log = log;
    server.on("connection", (socket) => this.#add(socket));
    if (!(server instanceof TlsServer)) return;
    server.on("connection", (socket: Socket) => {
      const peer = peerOf(socket);
      this.#below.set(peer, socket);
      socket.once("close", () => this.#below.delete(peer));
    });
    server.on("secureConnection", (socket: Socket) => this.#replace(socket));
  }

  /** Forgets a connection that becomes a WebSocket: those have limits of their own. */
  release(socket: Socket): void {
    this.#remove(socket);
    socket.off("close", this.#onClose);
  }

  /** Ends the connections that have sent nothing yet. */
  destroySilent(): void {
    for (const socket of this.#open.keys()) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Ends every connection. */
  destroyAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  /** Counts the socket of TLS instead of the one below it. */
  #replace(socket: Socket): void {
    const below = this.#below.get(peerOf(socket));
    if (below === undefined) return;
    this.#remove(below);
    this.#add(socket);
  }

  #add(socket: Socket): void {
    if (this.#open.has(socket)) return; // an upgrade that is served as HTTP arrives again
    const { remoteAddress = "" } = socket;
    const network = networkOf(remoteAddress);
    const refusal = this.#check(network);
    if (refusal !== undefined) {
      this.#log.note(refusal, refusedRequest(remoteAddress));
      return refuse(socket, refusal);
    }
    this.#counter.add(network);
    this.#open.set(socket, network);
    socket.on("close", this.#onClose);
  }

  #remove(socket: Socket): void {
    const network = this.#open.get(socket);
    if (network !== undefined) this.#counter.remove(network);
    this.#open.delete(socket);
  }

  /** Refuses a connection when there are too many; undefined when the check passes. */
  #check(network: string): Refusal | undefined {
    const { connections, httpPerAddress, trustProxy } = this.#limits;
    if (this.#counter.total >= connections)
      return tooManyConnections("connections that are not WebSockets", connections);
    if (trustProxy || this.#counter.of(network) < httpPerAddress) return undefined;
    const option = "createApp({ limits: { httpPerAddress } })";
    return new Refusal({
      kind: "limits.httpPerAddress",
      status: 429,
      reason: `Too many connections from your address: ${option}`,
      log: `the limit of connections from one address that are not WebSockets is ${httpPerAddress}: ${option}; if it is the address of a proxy, set limits.trustProxy`,
      retryAfter: 5,
    });
  }
}

/** Makes the listener of many sockets: a function for each of them would stay in memory with it. */
function closeListener(closed: (socket: Socket) => void): (this: Socket) => void {
  return function () {
    closed(this);
  };
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** `max` of what is counted are open. */
function tooManyConnections(what: string, max: number): Refusal {
  const option = "createApp({ limits: { connections } })";
  return new Refusal({
    kind: "limits.connections",
    status: 503,
    reason: `Too many connections: ${option}`,
    log: `the limit of ${what} is ${max}: ${option}`,
    retryAfter: 5,
  });
}

/** Answers before a request, and ends the connection: bytes of the client are not read any more. */
function refuse(socket: Socket, { status, reason, headers }: Refusal): void {
  socket.on("error", () => socket.destroy());
  const lines = Object.entries({
    ...Object.fromEntries(headers),
    connection: "close",
    "content-length": reason.length,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${reason}`, () =>
    socket.destroy(),
  );
}
