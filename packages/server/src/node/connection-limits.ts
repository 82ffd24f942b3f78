import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { Socket } from "node:net";
import type { LimitOptions } from "../access/limits.ts";
import { addressOf, NetworkCounter, networkOf } from "./networks.ts";
import type { RefusalLog } from "./refusal-log.ts";

/** Counts the WebSockets of a server, in all and from each address. */
export class ConnectionLimits {
  readonly #limits: Required<LimitOptions>;
  readonly #log: RefusalLog;
  readonly #open = new NetworkCounter();

  constructor(limits: Required<LimitOptions>, log: RefusalLog) {
    this.#limits = limits;
    this.#log = log;
  }

  /** Counts a client until its socket closes. Returns a refusal when there are too many; undefined when the check passes. */
  acquire(incoming: IncomingMessage): Response | undefined {
    const { connections, perAddress, trustProxy } = this.#limits;
    const headers = { "retry-after": "5" };
    if (this.#open.total >= connections) {
      this.#log.write(
        "limits.connections",
        `refused a WebSocket with 503: ${connections} are open. The option limits.connections sets how many may be`,
      );
      return new Response("Too many connections", { status: 503, headers });
    }
    const address = addressOf(incoming, trustProxy);
    const network = networkOf(address);
    if (this.#open.of(network) >= perAddress) {
      this.#log.write("limits.perAddress", this.#tooManyOf(address, incoming));
      return new Response("Too many connections from your address", { status: 429, headers });
    }
    incoming.socket.once("close", this.#open.add(network));
    return undefined;
  }

  #tooManyOf(address: string, { headers }: IncomingMessage): string {
    const { perAddress, trustProxy } = this.#limits;
    const line = `refused a WebSocket with 429: ${perAddress} are open from the address ${JSON.stringify(address)}. The option limits.perAddress sets how many may be`;
    if (trustProxy) return line;
    return headers["x-forwarded-for"] === undefined
      ? `${line}; if it is the address of a proxy, set limits.trustProxy`
      : `${line}; the request has X-Forwarded-For: if it comes from a proxy of yours, set limits.trustProxy`;
  }
}

/** The TCP connections of a server, and the limits of those that are not WebSockets. */
export class HttpConnections {
  readonly #limits: Required<LimitOptions>;
  readonly #log: RefusalLog;
  readonly #counter = new NetworkCounter();
  /** The open connections, WebSockets too, with what stops counting each. */
  readonly #open = new Map<Socket, () => void>();

  constructor(server: HttpServer, limits: Required<LimitOptions>, log: RefusalLog) {
    this.#limits = limits;
    this.#log = log;
    server.on("connection", (socket) => this.#add(socket));
  }

  /** Stops counting a connection that becomes a WebSocket: those have limits of their own. */
  release(socket: Socket): void {
    this.#open.get(socket)?.();
  }

  /** Ends the connections that have sent nothing yet. */
  destroySilent(): void {
    for (const socket of this.#open.keys()) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Ends every connection. */
  destroyAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #add(socket: Socket): void {
    if (this.#open.has(socket)) return; // an upgrade that is served as HTTP arrives again
    const { remoteAddress = "" } = socket;
    const network = networkOf(remoteAddress);
    const status = this.#check(network, remoteAddress);
    if (status !== undefined) return refuse(socket, status);
    const stopCounting = this.#counter.add(network);
    this.#open.set(socket, stopCounting);
    socket.once("close", () => {
      stopCounting();
      this.#open.delete(socket);
    });
  }

  /** The status that refuses a connection; undefined when the check passes. */
  #check(network: string, address: string): string | undefined {
    const { connections, httpPerAddress, trustProxy } = this.#limits;
    if (this.#counter.total >= connections) {
      this.#log.write(
        "limits.connections",
        `refused a connection with 503: ${connections} are open that are not WebSockets. The option limits.connections sets how many may be`,
      );
      return "503 Service Unavailable";
    }
    if (trustProxy || this.#counter.of(network) < httpPerAddress) return undefined;
    this.#log.write(
      "limits.httpPerAddress",
      `refused a connection with 429: ${httpPerAddress} that are not WebSockets are open from the address ${JSON.stringify(address)}. The option limits.httpPerAddress sets how many may be; if it is the address of a proxy, set limits.trustProxy`,
    );
    return "429 Too Many Requests";
  }
}

/** Answers before a request, and ends the connection: bytes of the client are not read any more. */
function refuse(socket: Socket, status: string): void {
  const text = "Too many connections";
  socket.on("error", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\nretry-after: 5\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    () => socket.destroy(),
  );
}
