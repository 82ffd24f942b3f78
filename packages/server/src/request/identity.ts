import type { CloseError } from "@symbolon/protocol";

/** Who hooks have said a client is. */
export interface Identity {
  /** Its name; undefined when no hook has said it. */
  readonly principal: string | undefined;
  /** When its credential ends, in ms since the epoch; undefined when no hook has said so. */
  readonly expiresAt: number | undefined;
}

/** Runs the hooks again with a fresh credential. Resolves with what they say now, or with the close by which one refuses. Never rejects. */
export type RenewIdentity = (token: string) => Promise<Identity | CloseError>;

/** Reads what hooks have provided; an `expiresAt` that is no number is the app's own. */
export function readIdentity(context: Readonly<Record<string, unknown>>): Identity {
  const { principal, expiresAt } = context;
  return {
    principal: principal as string | undefined, // a hook that provides anything else has failed
    expiresAt: typeof expiresAt === "number" ? expiresAt : undefined,
  };
}
