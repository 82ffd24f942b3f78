import type { ConnectionStatus } from "@symbolon/client";

/** The state of the connection in one word, for a screen reader. */
export function connectionText({ state, error, offline }: ConnectionStatus): string {
  if (state === "open") return "connected";
  if (state === "closed") return "closed";
  if (offline) return "offline";
  return state === "connecting" && !error ? "connecting" : "reconnecting";
}

/** The text of the connection badge: the state, and the seconds until the next attempt. `now` is in ms since 1970. */
export function badgeText(status: ConnectionStatus, now: number): string {
  const { retryAt } = status;
  const text = connectionText(status);
  const seconds = retryAt === undefined ? 0 : Math.ceil((retryAt - now) / 1000);
  return seconds > 0 && text === "reconnecting" ? `reconnecting in ${seconds} s` : text;
}

/** The state that decides the color of the connection badge. */
export function badgeState({ state, offline }: ConnectionStatus): string {
  return state === "waiting" && offline ? "offline" : state;
}
