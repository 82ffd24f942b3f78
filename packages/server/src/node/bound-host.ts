import type { IncomingMessage, Server as HttpServer } from "node:http";
import { checkHost, type SecurityOptions } from "../access/origin.ts";
import { isLoopback } from "./networks.ts";
import type { RefusalLog } from "./refusal-log.ts";

/** Checks the `Host` of requests by the address that a server is bound to. */
export class BoundHost {
  readonly #server: HttpServer;
  readonly #security: SecurityOptions;
  readonly #log: RefusalLog;
  #boundToLoopback = false;

  constructor(server: HttpServer, security: SecurityOptions, log: RefusalLog) {
    this.#server = server;
    this.#security = security;
    this.#log = log;
  }

  /** Refuses a request for a host name that the app does not have; undefined when the check passes, and for an invalid name. */
  check({ headers: { host = "localhost" } }: IncomingMessage): Response | undefined {
    // A server that closes has no address any more, and still answers.
    const bound = this.#server.address();
    if (bound !== null) this.#boundToLoopback = typeof bound === "object" && isLoopback(bound.address);
    if (!URL.canParse(`http://${host}`)) return undefined;
    const url = new URL(`http://${host}`);
    const refusal = checkHost({ url }, this.#security, this.#boundToLoopback);
    if (refusal !== undefined)
      this.#log.write(
        "security.hosts",
        `refused a request for the host ${JSON.stringify(url.hostname.slice(0, 256))} with 421. The option security.hosts names the hosts of the app${this.#security.hosts === undefined ? ", which are loopback names alone while the server is bound to a loopback address" : ""}`,
      );
    return refusal;
  }
}
