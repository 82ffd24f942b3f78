import { type Client, CloseError } from "@symbolon/client";
import { useRequest } from "@symbolon/client/react";
import { type Dispatch, type ReactNode, useEffect, useRef } from "react";
import { type chat, pageSize } from "../../contract.ts";
import { historyError, loadedText } from "../shared/history-text.ts";
import { oldestMessage, type RoomAction, type RoomState } from "./room-state.ts";

/** The properties of a `HistoryButton`. */
type HistoryButtonProps = {
  readonly client: Client<typeof chat>;
  readonly room: RoomState;
  readonly dispatch: Dispatch<RoomAction>;
};

/** The button that loads earlier messages, if there are any, and a note about the last attempt. */
export function HistoryButton({ client, room, dispatch }: HistoryButtonProps): ReactNode {
  const { execute, data, error, isPending } = useRequest(client, "history");
  const isFailed = error !== undefined && !(error instanceof CloseError); // the page shows why a connection is closed
  const failure = isFailed ? historyError(error) : undefined;
  const before = oldestMessage(room)?.id;
  const button = useRef<HTMLButtonElement>(null);

  /** Gives the button's focus to the messages, before the button disappears. */
  function moveFocus(): void {
    const { current } = button;
    if (document.activeElement === current) current?.closest("section")?.focus({ preventScroll: true });
  }

  useEffect(() => {
    if (!data) return;
    if (!data.hasEarlier) moveFocus();
    dispatch({ type: "earlierLoaded", ...data });
  }, [data]);
  useEffect(() => {
    if (!failure?.isFinal) return;
    moveFocus();
    dispatch({ type: "earlierGone" });
  }, [error]);

  return (
    <div id="above">
      {room.hasEarlier && before !== undefined && (
        <button
          id="show-earlier"
          ref={button}
          className="quiet"
          onClick={() => {
            if (!isPending) execute({ before, limit: pageSize });
          }}
        >
          {isPending ? "Loading…" : "Show earlier messages"}
        </button>
      )}
      <p id="earlier-note" className={failure ? "" : "spoken"} role="status">
        {failure ? failure.text : data && loadedText(data.messages.length)}
      </p>
    </div>
  );
}
