import type { ConnectionStatus } from "@symbolon/client";
import { type ReactNode, useEffect, useState } from "react";
import { badgeState, badgeText, connectionText } from "../shared/connection-text.ts";

/** The state of the connection, with a countdown to the next attempt. A screen reader reads only a new state. */
export function ConnectionBadge({ status }: { readonly status: ConnectionStatus }): ReactNode {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (status.state !== "waiting") return undefined;
    const update = (): void => setNow(Date.now());
    update();
    const timer = setInterval(update, 250);
    return () => clearInterval(timer);
  }, [status]);
  return (
    <>
      <p id="pill" data-is={badgeState(status)} data-resumed={status.resumed} aria-hidden="true">
        {badgeText(status, now)}
      </p>
      <p id="pill-spoken" className="spoken" role="status">
        {connectionText(status)}
      </p>
    </>
  );
}
