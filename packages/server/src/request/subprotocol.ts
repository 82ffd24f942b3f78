import { markClientError } from "./client-errors.ts";

/** The subprotocols that a client offers, in its order of preference (RFC 6455 §4.1). */
export function offeredProtocols({ headers }: Request): readonly string[] {
  const offered = headers.get("sec-websocket-protocol") ?? "";
  return offered
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** Throws TypeError for a subprotocol that was not offered: no client would take it (RFC 6455 §4.1). */
export function checkSubprotocol(offered: readonly string[], subprotocol = ""): void {
  if (subprotocol !== "" && !offered.includes(subprotocol))
    throw markClientError(
      new TypeError(`the client did not offer the subprotocol ${JSON.stringify(subprotocol)}`),
    );
}
