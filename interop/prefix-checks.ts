/** What must hold of a server that a proxy reaches by a path prefix. */
import { connect } from "@symbolon/client";
import { contract, request } from "@symbolon/protocol";
import { WebSocket } from "ws";
import * as z from "zod";
import type { ProxyAddress } from "./proxy-checks.ts";

/** What a proxy does with a prefix. */
export type PrefixName = "kept" | "removed";

/** The contract that tells which app serves it: the one below the prefix, or the one that does not know it. */
export const prefixService = contract("/service", {
  client: { prefix: request({ input: z.null(), output: z.enum(["kept", "removed"]) }) },
});

/** The names of the checks. */
export const prefixChecks = ["prefix removed", "prefix kept"];

/**
 * Connects a client of a contract by each prefix, and returns the names of the checks.
 * @throws Error for the first check that fails.
 */
export async function checkPrefixes({ host, port, certificate }: ProxyAddress): Promise<readonly string[]> {
  /** A WebSocket that trusts the proxy's certificate, and dials its address by its name. */
  class TrustingWebSocket extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      const options = { ca: certificate, servername: host, headers: { host: `${host}:${port}` } };
      super(url, protocols, options);
    }
  }
  const passed: string[] = [];
  for (const [path, expected] of [
    ["/app", "removed"],
    ["/kept", "kept"],
  ] as const) {
    const client = connect(prefixService, {
      url: `https://127.0.0.1:${port}${path}`,
      WebSocket: TrustingWebSocket,
    });
    await client.opened;
    const prefix = await client.request("prefix", null);
    client.close();
    if (prefix !== expected) throw new Error(`${path}: expected the prefix ${expected}, got ${prefix}`);
    passed.push(`prefix ${expected}`);
  }
  return passed;
}
