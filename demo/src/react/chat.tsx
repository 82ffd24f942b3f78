import { useClient, useEvent, useStatus } from "@symbolon/client/react";
import { type Dispatch, type ReactNode, useEffect, useReducer, useState } from "react";
import { chat } from "../../contract.ts";
import { newId } from "../new-id.ts";
import { countUnread } from "../unread.ts";
import { Composer } from "./composer.tsx";
import { People } from "./people.tsx";
import { Pill } from "./pill.tsx";
import { after, type Happening, isKnown, silence, type Talk } from "./talk.ts";
import { Transcript } from "./transcript.tsx";

/** Where this tab is, and as whom; another visit is another connection to the same place. */
export type Place = { readonly name: string; readonly room: string; readonly visit: number };

/** What the room is told. */
type ChatProps = {
  readonly place: Place;
  /** It is not known yet whether the server lets one in. */
  readonly hidden: boolean;
  /** The room is there, or will be as soon as the network is. */
  readonly begun: (place: Place) => void;
  readonly turnAway: (nameError?: string) => void;
  readonly enter: (name: string, room: string) => void;
};

/** A room: what was said and written there outlasts a conversation that ended. */
export function Chat(props: ChatProps): ReactNode {
  const [talk, happen] = useReducer(after, silence);
  const [draft, setDraft] = useState("");
  const written = { talk, happen, draft, setDraft };
  return <Conversation key={`${props.place.visit} ${props.place.name}`} {...props} {...written} />;
}

type ConversationProps = ChatProps & {
  readonly talk: Talk;
  readonly happen: Dispatch<Happening>;
  readonly draft: string;
  readonly setDraft: (draft: string) => void;
};

/** Being in a room, from the first attempt to get in until leaving or being closed. */
function Conversation(props: ConversationProps): ReactNode {
  const { place, hidden, begun, turnAway, enter, talk, happen, draft, setDraft } = props;
  const { name: me, room } = place;
  const [error, setError] = useState("");
  const client = useClient(chat, { url: location.origin, params: { room }, query: { name: me } });
  const status = useStatus(client);

  /** Hands a line to the client, which keeps it while it is away. */
  function give({ id, text }: { readonly id: string; readonly text: string }): void {
    happen({ type: "kept", id });
    client.send("say", { id, text }).then(
      () => happen({ type: "taken", id }),
      () => {}, // a closed conversation: the line is said again in the next one
    );
  }

  function say(text: string): void {
    const line = { id: newId(), from: me, text, at: Date.now() };
    happen({ type: "said", line });
    give(line);
  }

  useEvent(client, "entered", (entered) => {
    happen({ type: "entered", ...entered });
    for (const line of talk.outgoing)
      if (line.is === "unsure" && !entered.lines.some(({ id }) => id === line.id)) give(line);
    begun(place);
  });
  useEvent(client, "message", (line) => {
    if (!isKnown(talk, line)) countUnread();
    happen({ type: "message", line });
  });
  useEvent(client, "joined", ({ name }) => happen({ type: "joined", name }));
  useEvent(client, "left", ({ name }) => happen({ type: "left", name }));
  useEvent(client, "failed", ({ data, error }) => {
    const why = ("issues" in error && error.issues[0]?.message) || "The server could not take this message";
    setError(why);
    if (isSaid(data)) happen({ type: "refused", id: data.id, why });
  });

  useEffect(() => {
    if (status.is === "closed") happen({ type: "ended" });
    else if (status.is !== "open") happen({ type: "lost" });
    if (status.is === "closed" && status.error?.code === 4409) turnAway(status.error.reason);
    else if (status.is === "closed" && status.error?.code === 4400)
      turnAway("The server does not take that name");
    else if (status.is === "closed" || status.is === "waiting") begun(place);
  }, [status]);

  return (
    <main id="chat" hidden={hidden}>
      <header>
        <h1 id="title">#{room}</h1>
        <Pill status={status} />
        <button id="leave" className="quiet" onClick={() => turnAway()}>
          Leave
        </button>
      </header>
      <People names={talk.people} me={me} />
      <Transcript talk={talk} me={me} />
      {status.is === "closed" && (
        <div id="ended">
          <p id="ended-reason" role="alert">
            The server closed this conversation{status.error?.reason ? `: ${status.error.reason}` : ""}
          </p>
          <button id="again" onClick={() => enter(me, room)}>
            Join again
          </button>
        </div>
      )}
      <Composer {...{ draft, setDraft, error, setError, hidden, say }} />
    </main>
  );
}

/** Whether something that was sent is a line. */
function isSaid(data: unknown): data is { readonly id: string } {
  return typeof data === "object" && data !== null && "id" in data && typeof data.id === "string";
}
