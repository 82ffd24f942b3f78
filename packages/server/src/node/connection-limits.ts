import type { IncomingMessage } from "node:http";
import type { LimitOptions } from "../access/limits.ts";

/** Counts the connections of a server, in all and from each address. */
export class ConnectionLimits {
  readonly #limits: Required<LimitOptions>;
  #total = 0;
  readonly #byNetwork = new Map<string, number>();

  constructor(limits: Required<LimitOptions>) {
    this.#limits = limits;
  }

  /** Counts a client until its socket closes. Returns a refusal when there are too many; undefined when the check passes. */
  acquire(incoming: IncomingMessage): Response | undefined {
    const { connections, perAddress, trustProxy } = this.#limits;
    const headers = { "retry-after": "5" };
    if (this.#total >= connections) return new Response("Too many connections", { status: 503, headers });
    const network = clientNetwork(incoming, trustProxy);
    const connected = this.#byNetwork.get(network) ?? 0;
    if (connected >= perAddress)
      return new Response("Too many connections from your address", { status: 429, headers });
    this.#total += 1;
    this.#byNetwork.set(network, connected + 1);
    incoming.socket.once("close", () => {
      this.#total -= 1;
      const remaining = (this.#byNetwork.get(network) ?? 1) - 1;
      if (remaining > 0) this.#byNetwork.set(network, remaining);
      else this.#byNetwork.delete(network);
    });
    return undefined;
  }
}

/** The network that a client comes from. */
export function clientNetwork(incoming: IncomingMessage, trustProxy: boolean): string {
  return networkOf(addressOf(incoming, trustProxy));
}

function addressOf({ headers, socket }: IncomingMessage, trustProxy: boolean): string {
  // A client may send any addresses; the proxy adds the one that it has seen at the end.
  const forwarded = trustProxy
    ? String(headers["x-forwarded-for"] ?? "")
        .split(",")
        .at(-1)
        ?.trim()
    : undefined;
  return forwarded || (socket.remoteAddress ?? "");
}

/** The network that one client may choose its addresses from: of IPv6 the first 64 bits. */
export function networkOf(address: string): string {
  const v4 = /\d+\.\d+\.\d+\.\d+$/.exec(address)?.[0];
  if (v4 !== undefined || !address.includes(":")) return v4 ?? address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? 0 : tail.split(":").length;
  while (groups.length + after < 8) groups.push("0"); // what "::" stands for
  return groups.slice(0, 4).join(":");
}
