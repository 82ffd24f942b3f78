import type { ConnectionStatus } from "@symbolon/client";

/** How the connection is, in a word. */
export function stateOf({ state: is, error, offline }: ConnectionStatus): string {
  if (is === "open") return "connected";
  if (is === "closed") return "closed";
  if (offline) return "offline";
  return is === "connecting" && !error ? "connecting" : "reconnecting";
}

/** The same, with the seconds that are left of a wait; `now` is in milliseconds since 1970. */
export function pillText(status: ConnectionStatus, now: number): string {
  const { retryAt } = status;
  const state = stateOf(status);
  const left = retryAt === undefined ? 0 : Math.ceil((retryAt - now) / 1000);
  return left > 0 && state === "reconnecting" ? `reconnecting in ${left} s` : state;
}

/** What colours the pill. */
export function pillState({ state: is, offline }: ConnectionStatus): string {
  return is === "waiting" && offline ? "offline" : is;
}
