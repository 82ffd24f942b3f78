/** What an error of a client library means for a call. */
import { UnconfirmedError } from "./confirmations.ts";

/** Redis is loading its data, is a replica or has become one, has no master, runs another script, or has not run an earlier call. */
const temporary =
  /^(LOADING|READONLY|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|NOREPLICAS|BUSY|MOVED|ASK|UNBLOCKED|SYMBOLON_ORDER)\b/;
/** Every error that Redis itself returns begins with such a word. */
const answered = /^[A-Z]+\b/;

/** Whether a call may succeed when it is made again: Redis has not run it, or the answer is lost. */
export function isTemporary(error: Error): boolean {
  if (error instanceof UnconfirmedError) return false; // it waited for as long as the caller wants
  return temporary.test(error.message) || !answered.test(error.message);
}

/** The error for the caller, which says what to do. */
export function explain(error: Error): Error {
  if (error instanceof UnconfirmedError) return error;
  const { message } = error;
  if (message.startsWith("OOM"))
    return new Error(
      "the store is full: raise `maxmemory` of Redis, end sessions, or keep less room history",
      {
        cause: error,
      },
    );
  if (/^(NOAUTH|WRONGPASS)|unauthenticated/.test(message))
    return new Error(`Redis asks for another user or password: put them into \`url\`. It says: ${message}`, {
      cause: error,
    });
  if (message.startsWith("NOPERM"))
    return new Error(
      `the user of Redis may not do what the store needs: give it the rights that "More than one node" of the docs lists. It says: ${message}`,
      { cause: error },
    );
  if (/compiling script|unknown command/i.test(message))
    return new Error(`the store needs Redis 7.0 or later, or Valkey: ${message}`, { cause: error });
  return new Error(`Redis refuses the call: ${message}`, { cause: error });
}
