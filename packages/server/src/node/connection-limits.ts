import type { IncomingMessage } from "node:http";
import type { LimitOptions } from "../access/limits.ts";

/** Counts who is connected to a server, in all and from each address. */
export class ConnectionLimits {
  readonly #limits: Required<LimitOptions>;
  #all = 0;
  readonly #from = new Map<string, number>();

  constructor(limits: Required<LimitOptions>) {
    this.#limits = limits;
  }

  /** Gives a client a place until its socket closes; or the refusal, when there is none. */
  acquire(incoming: IncomingMessage): Response | undefined {
    const { connections, perAddress, trustProxy } = this.#limits;
    const headers = { "retry-after": "5" };
    if (this.#all >= connections) return new Response("Too many connections", { status: 503, headers });
    const address = networkOf(addressOf(incoming, trustProxy));
    const here = this.#from.get(address) ?? 0;
    if (here >= perAddress)
      return new Response("Too many connections from your address", { status: 429, headers });
    this.#all += 1;
    this.#from.set(address, here + 1);
    incoming.socket.once("close", () => {
      this.#all -= 1;
      const rest = (this.#from.get(address) ?? 1) - 1;
      if (rest > 0) this.#from.set(address, rest);
      else this.#from.delete(address);
    });
    return undefined;
  }
}

function addressOf({ headers, socket }: IncomingMessage, trustProxy: boolean): string {
  // A client may say what it likes; the last one is what the proxy has seen.
  const seen = trustProxy
    ? String(headers["x-forwarded-for"] ?? "")
        .split(",")
        .at(-1)
        ?.trim()
    : undefined;
  return seen || (socket.remoteAddress ?? "");
}

/** What one client may choose its addresses from: of IPv6 the first 64 bits. */
export function networkOf(address: string): string {
  const v4 = /\d+\.\d+\.\d+\.\d+$/.exec(address)?.[0];
  if (v4 !== undefined || !address.includes(":")) return v4 ?? address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? 0 : tail.split(":").length;
  while (groups.length + after < 8) groups.push("0"); // what "::" stands for
  return groups.slice(0, 4).join(":");
}
