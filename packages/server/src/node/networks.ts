import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";
import type { OptionKind } from "../app/option-values.ts";

/** The address of the client that sent a request; with `trustProxy` the one that the proxy has seen. "" without one. */
export function addressOf({ headers, socket }: IncomingMessage, trustProxy: boolean): string {
  const { remoteAddress = "" } = socket;
  // A client may send any addresses; the proxy adds the one that it has seen at the end.
  const forwarded = trustProxy
    ? String(headers["x-forwarded-for"] ?? "")
        .split(",")
        .at(-1)
    : undefined;
  const address = (forwarded === undefined ? undefined : readAddress(forwarded.trim())) ?? remoteAddress;
  return address.replace(/^::ffff:(?=\d+\.)/i, ""); // an IPv4 client of an IPv6 socket
}

/** An address without the port and the brackets that some proxies add; undefined when the text is no address. */
function readAddress(text: string): string | undefined {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? undefined : bare;
}

/** Whether packets to an address never leave this machine: 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^(?:::ffff:)?127(?:\.\d+){3}$/.test(address);
}

/** The networks of balancers: `10.0.0.0/8`, `fd00::/8`, `10.0.0.7`. */
export const networksKind: OptionKind = {
  description: 'a list of the networks of your balancers, such as "10.0.0.0/8" or "10.0.0.7"',
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isNetwork),
};

function isNetwork(network: unknown): boolean {
  if (typeof network !== "string") return false;
  const [address = "", bits = "0", ...rest] = network.split("/");
  const most = isIPv6(address) ? 128 : 32;
  return isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most && rest.length === 0;
}

/** The network that one client may choose its addresses from: of IPv6 the first 64 bits. */
export function networkOf(address: string): string {
  const v4 = /\d+\.\d+\.\d+\.\d+$/.exec(address)?.[0];
  if (v4 !== undefined || !isIPv6(address)) return v4 ?? address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? 0 : tail.split(":").length;
  while (groups.length + after < 8) groups.push("0"); // what "::" stands for
  return groups.slice(0, 4).map(withoutLeadingZeros).join(":");
}

function withoutLeadingZeros(group: string): string {
  return group.replace(/^0+(?=.)/, "");
}

/** Counts what is open, in all and from each network. */
export class NetworkCounter {
  /** How many are open. */
  total = 0;
  readonly #byNetwork = new Map<string, number>();

  /** How many of a network are open. */
  of(network: string): number {
    return this.#byNetwork.get(network) ?? 0;
  }

  /** Counts one more. */
  add(network: string): void {
    this.#change(network, 1);
  }

  /** Counts one less. */
  remove(network: string): void {
    this.#change(network, -1);
  }

  #change(network: string, by: 1 | -1): void {
    this.total += by;
    const count = this.of(network) + by;
    if (count > 0) this.#byNetwork.set(network, count);
    else this.#byNetwork.delete(network);
  }
}
