import type { IncomingMessage, Server as HttpServer } from "node:http";
import { Server as TlsServer } from "node:tls";
import { checkHost, type SecurityOptions } from "../access/origin.ts";
import type { Refusal } from "../request/refusal.ts";
import { isLoopback } from "./networks.ts";

/** Checks the `Host` of requests by the address that a server is bound to. */
export class BoundHost {
  readonly #server: HttpServer;
  readonly #security: SecurityOptions;
  readonly #isProduction: boolean = process.env["NODE_ENV"] === "production";
  readonly #binding: Binding;

  constructor(server: HttpServer, security: SecurityOptions) {
    this.#server = server;
    this.#security = security;
    this.#binding = bindings.get(server) ?? new Binding(server);
    bindings.set(server, this.#binding);
  }

  /**
   * Whether pages of this machine may connect, whatever their port: outside of production, if the server is bound to a loopback
   * address, or the request comes from one and no proxy has passed it on.
   */
  allowsLoopbackOrigins({ headers, socket }: IncomingMessage): boolean {
    if (this.#isProduction) return false;
    const isPassedOn = "forwarded" in headers || "x-forwarded-for" in headers;
    return this.#binding.isLoopback || (isLoopback(socket.remoteAddress ?? "") && !isPassedOn);
  }

  /** Where the server can be reached from this machine. */
  get url(): string {
    const bound = this.#server.address();
    if (typeof bound === "string") return `unix:${bound}`;
    const { address = "", port = 0 } = bound ?? {};
    const isLocalhost = /^(?:::|0\.0\.0\.0|127\.0\.0\.1|)$/.test(address);
    const host = isLocalhost ? "localhost" : address.includes(":") ? `[${address}]` : address;
    return `${this.#server instanceof TlsServer ? "https" : "http"}://${host}:${port}`;
  }

  /** Refuses a request for a host name that the app does not have; undefined when the check passes, and for an invalid name. */
  check({ headers: { host = "localhost" } }: IncomingMessage): Refusal | undefined {
    return URL.canParse(`http://${host}`) ? this.checkUrl(new URL(`http://${host}`)) : undefined;
  }

  /** Refuses a request for this URL, as `check`. */
  checkUrl(url: URL): Refusal | undefined {
    return checkHost({ url }, this.#security, this.#binding.isLoopback);
  }
}

/** What a server is bound to, read once each time when it begins to listen: each question asks the system. */
class Binding {
  #isLoopback = false;

  constructor(server: HttpServer) {
    if (server.listening) this.#read(server);
    server.on("listening", () => this.#read(server));
  }

  /** Whether the address is a loopback address. A server that closes has no address any more, and still answers. */
  get isLoopback(): boolean {
    return this.#isLoopback;
  }

  #read(server: HttpServer): void {
    const bound = server.address();
    this.#isLoopback = bound !== null && typeof bound === "object" && isLoopback(bound.address);
  }
}

const bindings = new WeakMap<HttpServer, Binding>();
