import type { BaseContext } from "./context.ts";

/** Who hooks have said a client is. */
export interface Identity {
  /** Its name; undefined when no hook has said it. */
  readonly principal: string | undefined;
  /** When its credential ends, in ms since the epoch; undefined when no hook has said so. */
  readonly expiresAt: number | undefined;
}

/** Runs the hooks again with a fresh credential. Resolves with what they say now, or with the response by which one refused. Never rejects. */
export type Renew = (token: string) => Promise<Identity | Response>;

/** Reads what hooks have provided; an `expiresAt` that is no number is the app's own. */
export function identityOf(context: BaseContext & Readonly<Record<string, unknown>>): Identity {
  const { principal, expiresAt } = context;
  return {
    principal: principal as string | undefined, // a hook that provides anything else has failed
    expiresAt: typeof expiresAt === "number" ? expiresAt : undefined,
  };
}
