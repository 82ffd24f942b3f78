import type { AnyContract } from "@symbolon/protocol";
import { useEffect, useInsertionEffect, useState } from "react";
import type { ConnectOptions } from "../connect-options.ts";
import type { Client } from "../client.ts";
import { SharedClient } from "./shared-client.ts";

/**
 * A client of a contract, open while a component that uses it is mounted. Components with the same contract and equal
 * values of `url`, `params` and `query` share one client; other values make another client, and close the old one.
 * Rendering opens no connection, neither in a browser nor on a server. A client that the server has closed for good
 * stays closed until the component is mounted again, for example under another `key`. `getToken` may change between
 * renderings: the newest one is called.
 * @example
 * const client = useClient(chat, { url: "https://example.com", params: { room: "lobby" } });
 */
export function useClient<C extends AnyContract>(contract: C, options: ConnectOptions<C>): Client<C> {
  const findOrMake = (): SharedClient<C> =>
    SharedClient.find(contract, options) ?? new SharedClient(contract, options);
  const [previous, setShared] = useState(findOrMake);
  const shared = previous.matches(contract, options) ? previous : findOrMake();
  if (shared !== previous) setShared(shared);

  useInsertionEffect(() => {
    shared.getToken = options.getToken;
  });
  useEffect(() => {
    const { current } = shared;
    if (current === shared) return shared.retain();
    setShared(current);
    return undefined;
  }, [shared]);
  return shared.client;
}
