import { type AnyContract, Sent, type ServerMessages } from "@symbolon/protocol";
import type { Connections } from "../access/connections.ts";
import { Conversation } from "./conversation.ts";
import type { Peer } from "./peer.ts";
import type { Service } from "./setup.ts";

/** The clients whose peers are a service's own: those of a principal, or all. */
export function servicePeers<C extends AnyContract>(
  connections: Connections,
  isOwn: (peer: object) => boolean,
  principal?: string,
): Service<C>["peers"] {
  function* peers(): Generator<Peer<ServerMessages<C>>> {
    for (const connection of connections.all(principal))
      if (connection instanceof Conversation && connection.live && isOwn(connection.peer))
        yield connection.peer as Peer<ServerMessages<C>>;
  }
  return {
    get size() {
      return Array.from(peers()).length;
    },
    [Symbol.iterator]: peers,
    send: (name, ...event) => {
      const all = new Sent();
      Promise.all(Array.from(peers(), (peer) => peer.send(name, ...event))).then(
        () => all.resolve(),
        (error: unknown) => all.reject(error),
      );
      return all;
    },
  };
}

/** @throws TypeError for a principal that is not a text. */
export function checkPrincipal(principal: string): string {
  if (typeof principal === "string") return principal;
  throw new TypeError(`service.to needs the principal of clients, not ${JSON.stringify(principal)}`);
}
