import type { ConnectionStatus } from "@symbolon/client";
import { type ReactNode, useEffect, useState } from "react";
import { pillState, pillText, stateOf } from "../pill-text.ts";

/** How the connection is, second by second while it waits; tells a screen reader only what changed. */
export function Pill({ status }: { readonly status: ConnectionStatus }): ReactNode {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (status.state !== "waiting") return undefined;
    const tick = (): void => setNow(Date.now());
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [status]);
  return (
    <>
      <p id="pill" data-is={pillState(status)} data-resumed={status.resumed} aria-hidden="true">
        {pillText(status, now)}
      </p>
      <p id="pill-spoken" className="spoken" role="status">
        {stateOf(status)}
      </p>
    </>
  );
}
