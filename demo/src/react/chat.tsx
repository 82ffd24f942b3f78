import { CloseError, OutcomeUnknown } from "@symbolon/client";
import { useClient, useClientEvent, useEvent, useStatus } from "@symbolon/client/react";
import { type Dispatch, type ReactNode, useEffect, useMemo, useReducer, useState } from "react";
import { chat, type MessageDraft, type NewMessage } from "../../contract.ts";
import { rejectionText } from "../shared/delivery-text.ts";
import { createMessageId } from "../shared/message-id.ts";
import { countUnread } from "../shared/page-title.ts";
import { createPictureLoader } from "../shared/picture-loader.ts";
import { createTypingReporter } from "../shared/typing-reporter.ts";
import { Composer } from "./composer.tsx";
import { ConnectionBadge } from "./connection-badge.tsx";
import { HistoryButton } from "./history-button.tsx";
import { PeopleList } from "./people-list.tsx";
import { emptyRoom, isShown, type RoomAction, roomReducer, type RoomState } from "./room-state.ts";
import { Transcript } from "./transcript.tsx";
import { TypingIndicator } from "./typing-indicator.tsx";

/** The name and the room that the user has chosen. Each attempt to join has a number and a client of its own. */
export type JoinRequest = { readonly name: string; readonly room: string; readonly attempt: number };

/** The properties of a `Chat`. */
type ChatProps = {
  readonly joinRequest: JoinRequest;
  /** Whether the page still shows the join form, because the server has not decided yet. */
  readonly isHidden: boolean;
  /** Called when the server has accepted the user, or the page is waiting for a connection. */
  readonly onJoined: (joinRequest: JoinRequest) => void;
  /** Leaves the room and shows the join form, with an error below the name if there is one. */
  readonly leave: (nameError?: string) => void;
  /** Joins again after the server has closed the connection. */
  readonly join: (name: string, room: string) => void;
};

/** A chat room. Its messages and the text in the composer stay when the user joins again. */
export function Chat(props: ChatProps): ReactNode {
  const [room, dispatch] = useReducer(roomReducer, emptyRoom);
  const [text, setText] = useState("");
  const { attempt, name } = props.joinRequest;
  return <JoinedRoom key={`${attempt} ${name}`} {...props} {...{ room, dispatch, text, setText }} />;
}

type JoinedRoomProps = ChatProps & {
  readonly room: RoomState;
  readonly dispatch: Dispatch<RoomAction>;
  readonly text: string;
  readonly setText: (text: string) => void;
};

/** A room that the user has joined, or is joining, by one client. */
function JoinedRoom(props: JoinedRoomProps): ReactNode {
  const { joinRequest, isHidden, onJoined, leave, join, room, dispatch, text, setText } = props;
  const { name: me, room: roomName } = joinRequest;
  const [error, setError] = useState("");
  const options = { url: location.origin, params: { room: roomName }, query: { name: me } };
  const client = useClient(chat, options);
  const status = useStatus(client);
  const loadPicture = useMemo(() => createPictureLoader(client), [client]);
  const typingReporter = useMemo(
    () =>
      createTypingReporter((isTyping) => {
        if (client.status.value.state === "open") client.send("writing", isTyping);
      }),
    [client],
  );
  useEffect(() => typingReporter.onStop, [typingReporter]);

  /** Sends a message by the client, which keeps it while there is no connection. */
  function sendPending(message: NewMessage): void {
    const { id } = message;
    dispatch({ type: "pending", id });
    client.send("post", message).then(undefined, (cause: unknown) => {
      if (cause instanceof CloseError) return dispatch({ type: "unsent", id });
      if (cause instanceof OutcomeUnknown) return dispatch({ type: "unknown", id });
      const reason = rejectionText(cause);
      setError(reason);
      dispatch({ type: "rejected", id, reason });
    });
  }

  function send(draft: MessageDraft): void {
    const message = { id: createMessageId(), ...draft };
    dispatch({ type: "sent", message, from: me, at: Date.now() });
    sendPending(message);
  }

  useEvent(client, "entered", (entered) => {
    dispatch({ type: "entered", ...entered });
    for (const { message, delivery } of room.pending) if (delivery === "unsent") sendPending(message);
    onJoined(joinRequest);
  });
  useEvent(client, "message", (message) => {
    if (!isShown(room, message)) countUnread();
    dispatch({ type: "received", message });
  });
  useEvent(client, "joined", (joined) =>
    dispatch({ type: "joined", ...joined, returning: joined.returning || joined.name === me }),
  );
  useEvent(client, "left", (left) => dispatch({ type: "left", ...left }));

  useClientEvent(client, "gap", () => {
    // A new session starts with the newest messages that the server has, so only a resumed one can have a gap.
    if (client.status.value.resumed) dispatch({ type: "gap" });
  });

  useEffect(() => {
    if (status.state === "closed" && status.error?.code === 4409) leave(status.error.reason);
    else if (status.state === "closed" && status.error?.code === 4400)
      leave("The server does not accept this name");
    else if (status.state === "closed" || status.state === "waiting") onJoined(joinRequest);
  }, [status]);

  return (
    <main id="chat" hidden={isHidden}>
      <header>
        <h1 id="title">#{roomName}</h1>
        <ConnectionBadge status={status} />
        <button id="leave" className="quiet" onClick={() => leave()}>
          Leave
        </button>
      </header>
      <PeopleList names={room.people} me={me} />
      <Transcript room={room} me={me} loadPicture={loadPicture} sendAgain={sendPending}>
        <HistoryButton client={client} room={room} dispatch={dispatch} />
      </Transcript>
      <TypingIndicator client={client} />
      {status.state === "closed" && (
        <div id="ended">
          <p id="ended-reason" role="alert">
            The server closed the connection{status.error?.reason ? `: ${status.error.reason}` : ""}
          </p>
          <button id="again" onClick={() => join(me, roomName)}>
            Join again
          </button>
        </div>
      )}
      <Composer {...{ text, setText, error, setError, isHidden, send, typingReporter }} />
    </main>
  );
}
