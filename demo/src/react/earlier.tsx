import { type Client, CloseError } from "@symbolon/client";
import { useRequest } from "@symbolon/client/react";
import { type Dispatch, type ReactNode, useEffect, useRef } from "react";
import { type chat, pageLength } from "../../contract.ts";
import { earlierText, earlierTrouble } from "../earlier-text.ts";
import { type Happening, oldestOf, type Talk } from "./talk.ts";

/** What the way to earlier lines is told. */
type EarlierProps = {
  readonly client: Client<typeof chat>;
  readonly talk: Talk;
  readonly happen: Dispatch<Happening>;
};

/** The way to earlier lines: a button while there are any, and what became of the last try. */
export function Earlier({ client, talk, happen }: EarlierProps): ReactNode {
  const { execute, data, error, isPending } = useRequest(client, "history");
  const failed = error !== undefined && !(error instanceof CloseError); // a room that ended says so itself
  const trouble = failed ? earlierTrouble(error) : undefined;
  const before = oldestOf(talk)?.id;
  const button = useRef<HTMLButtonElement>(null);

  /** The button is about to go: who is at it stays among the messages. */
  function leaveButton(): void {
    const { current } = button;
    if (document.activeElement === current) current?.closest("section")?.focus({ preventScroll: true });
  }

  useEffect(() => {
    if (!data) return;
    if (!data.more) leaveButton();
    happen({ type: "earlier", ...data });
  }, [data]);
  useEffect(() => {
    if (!trouble?.forGood) return;
    leaveButton();
    happen({ type: "forgotten" });
  }, [error]);

  return (
    <div id="above">
      {talk.more && before !== undefined && (
        <button
          id="show-earlier"
          ref={button}
          className="quiet"
          onClick={() => {
            if (!isPending) execute({ before, limit: pageLength });
          }}
        >
          {isPending ? "Loading…" : "Show earlier messages"}
        </button>
      )}
      <p id="earlier-note" className={trouble ? "" : "spoken"} role="status">
        {trouble ? trouble.why : data && earlierText(data.lines.length)}
      </p>
    </div>
  );
}
