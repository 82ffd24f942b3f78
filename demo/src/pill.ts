import type { ConnectionStatus } from "@symbolon/client";
import { part } from "./part.ts";

const pill = part("pill", HTMLElement);
const spoken = part("pill-spoken", HTMLElement);
let timer: ReturnType<typeof setInterval> | undefined;

/** Shows how the connection is, second by second while it waits; tells a screen reader only what changed. */
export function showStatus(status: ConnectionStatus): void {
  clearInterval(timer);
  const { is, retryAt } = status;
  const state = words(status);
  pill.dataset["is"] = is === "waiting" && status.offline ? "offline" : is;
  spoken.textContent = state;
  const tick = () => {
    const left = retryAt === undefined ? 0 : Math.ceil((retryAt - Date.now()) / 1000);
    pill.textContent = left > 0 && state === "reconnecting" ? `reconnecting in ${left} s` : state;
  };
  tick();
  if (is === "waiting") timer = setInterval(tick, 250);
}

function words({ is, error, offline }: ConnectionStatus): string {
  if (is === "open") return "connected";
  if (is === "closed") return "closed";
  if (offline) return "offline";
  return is === "connecting" && !error ? "connecting" : "reconnecting";
}
