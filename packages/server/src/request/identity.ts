import { createHmac, randomBytes } from "node:crypto";
import type { CloseError } from "@symbolon/protocol";

/** The client's identity, as hooks provided it. */
export interface Identity {
  /** The caller's name; undefined when no hook named one. */
  readonly principal: string | undefined;
  /** When the credential expires, in ms since the epoch; undefined for never. */
  readonly expiresAt: number | undefined;
}

const networkKey = randomBytes(16);

/** Names the network of a client. A store gets this name, and never an address. */
export function nameNetwork(network: string): string {
  return createHmac("sha256", networkKey).update(network).digest().subarray(0, 12).toString("base64url");
}

/** What `identity` gives: a hook returns it, and the context has it. */
export type ProvidedIdentity = {
  /** The caller's name. Limits, sessions and `app.revoke` know callers by it. */
  readonly principal: string;
  /**
   * When the credential expires, in ms since the epoch.
   * @default never
   */
  readonly expiresAt?: number | undefined;
  /** Tells it from fields of the app that have the same names. */
  readonly "~identity": true;
};

/**
 * Names the caller. A hook returns the result, alone or among its other values. The server asks the client of a session
 * for a new token before `expiresAt`; it closes other connections with 4401 then. An `expiresAt` in the past refuses
 * with 401.
 *
 * @example
 *   app.use(async ({ token }) => {
 *     const user = await findUser(token);
 *     return { user, ...identity({ principal: user.id, expiresAt: user.tokenExpiresAt }) };
 *   });
 */
export function identity(caller: {
  readonly principal: string;
  readonly expiresAt?: number | undefined;
}): ProvidedIdentity {
  return { ...caller, "~identity": true };
}

/**
 * Checks what a hook provides about the caller.
 * @throws TypeError when it provides `principal` or `expiresAt` without `identity`, or not as a string and a number.
 */
export function checkIdentity(provided: Readonly<Record<string, unknown>>): void {
  const { principal, expiresAt } = provided;
  const name = ["principal", "expiresAt"].find((key) => Object.hasOwn(provided, key));
  if (name === undefined) return;
  if (provided["~identity"] !== true)
    throw new TypeError(`a hook provides ${JSON.stringify(name)}: return identity({ principal, expiresAt })`);
  // All objects would be one caller by their text, and one could revoke another.
  if (typeof principal !== "string")
    throw new TypeError("identity() needs `principal` as a string: the caller's name");
  // The clock never reaches NaN: the credential would not expire.
  if (expiresAt !== undefined && (typeof expiresAt !== "number" || Number.isNaN(expiresAt)))
    throw new TypeError("identity() needs `expiresAt` as a number: ms since the epoch");
}

/** Reads the identity from a context. */
export function readIdentity(context: Readonly<Record<string, unknown>>): Identity {
  const { principal, expiresAt } = context as Partial<ProvidedIdentity>; // `checkIdentity` has checked the types
  return { principal, expiresAt };
}

/** A client's identity, and everything else that the hooks returned with it. */
export interface Verified extends Identity {
  /** What the hooks returned; what they yielded has an end, and stays as it was at first. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Runs the hooks again with a new token. Resolves with the identity, or with the close by which a hook refuses. Never rejects. */
export type RenewIdentity = (token: string) => Promise<Verified | CloseError>;
