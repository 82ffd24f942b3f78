import type { AnyContract } from "@symbolon/protocol";
import { useEffect, useInsertionEffect, useState } from "react";
import type { ConnectOptions } from "../connect-options.ts";
import type { Client } from "../client.ts";
import { SharedClient } from "./shared-client.ts";

/**
 * A client of a contract, open while a component that uses it is mounted. It is known by its contract and by the values
 * of `url`, `params` and `query`: other values make another client and close the old one, and components that ask for
 * the same share one. Nothing is opened while rendering, on a server least of all. A client that ended by itself, for
 * the server refused it, stays as it is until the component is mounted anew, under another `key` for example.
 * `getToken` may change from one rendering to the next: the newest is asked.
 */
export function useClient<C extends AnyContract>(contract: C, options: ConnectOptions<C>): Client<C> {
  const made = (): SharedClient<C> =>
    SharedClient.find(contract, options) ?? new SharedClient(contract, options);
  const [last, setHeld] = useState(made);
  const held = last.matches(contract, options) ? last : made();
  if (held !== last) setHeld(held);

  useInsertionEffect(() => {
    held.getToken = options.getToken;
  });
  useEffect(() => {
    const { current: heir } = held;
    if (heir === held) return held.retain();
    setHeld(heir);
    return undefined;
  }, [held]);
  return held.client;
}
