import { joinedWires, type Wire } from "@symbolon/protocol/internal";
import type { App } from "@symbolon/server";
import { describeTransport } from "../../packages/server/src/request/transport.ts";

/** The handshake of a client. */
export interface DialOptions {
  readonly path: string;
  readonly protocols: readonly string[];
  /** The Bearer token. */
  readonly token?: string | undefined;
  /** Limits that clients share are divided by it. */
  readonly address: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Connects to an app in memory. Resolves with the client's wire, or with the refusal. */
export async function dial(
  app: App,
  { path, protocols, token, address, headers = {} }: DialOptions,
): Promise<Wire | Response> {
  const request = new Request(`http://test${path}`, {
    headers: {
      ...(protocols.length > 0 && { "sec-websocket-protocol": protocols.join(", ") }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
  describeTransport(request, { network: address });
  let accepted: (wire: Wire) => void = () => {};
  const opened = new Promise<Wire>((resolve) => (accepted = resolve));
  const refused = app.handshake(request, async ({ subprotocol = "" }) => {
    const [client, server] = joinedWires(subprotocol);
    accepted(client);
    return Object.assign(server, { nextTurn: () => new Promise<void>((resolve) => setImmediate(resolve)) });
  });
  const answer = (await Promise.race([opened, refused])) ?? (await opened);
  if (answer instanceof Response) await answer.arrayBuffer(); // the hooks end when the refusal has left
  return answer;
}
