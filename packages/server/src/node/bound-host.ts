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
  #wasLoopback = false;

  constructor(server: HttpServer, security: SecurityOptions) {
    this.#server = server;
    this.#security = security;
  }

  /**
   * Whether pages of this machine may connect, whatever their port: outside of production, if the server is bound to a loopback
   * address, or the request comes from one and no proxy has passed it on.
   */
  allowsLoopbackOrigins({ headers, socket }: IncomingMessage): boolean {
    if (this.#isProduction) return false;
    const isPassedOn = "forwarded" in headers || "x-forwarded-for" in headers;
    return this.#isLoopback() || (isLoopback(socket.remoteAddress ?? "") && !isPassedOn);
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
    const isBoundToLoopback = this.#isLoopback();
    if (!URL.canParse(`http://${host}`)) return undefined;
    return checkHost({ url: new URL(`http://${host}`) }, this.#security, isBoundToLoopback);
  }

  /** A server that closes has no address any more, and still answers. */
  #isLoopback(): boolean {
    const bound = this.#server.address();
    if (bound !== null) this.#wasLoopback = typeof bound === "object" && isLoopback(bound.address);
    return this.#wasLoopback;
  }
}
