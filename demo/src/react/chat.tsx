import { CloseError, OutcomeUnknown } from "@symbolon/client";
import { useClient, useEvent, useStatus } from "@symbolon/client/react";
import { msgpack } from "@symbolon/protocol/msgpack";
import { type Dispatch, type ReactNode, useEffect, useMemo, useReducer, useState } from "react";
import { chat, type Said } from "../../contract.ts";
import { reasonOf } from "../fate.ts";
import { createLook } from "../look.ts";
import { newId } from "../new-id.ts";
import { createTypist } from "../typist.ts";
import { countUnread } from "../unread.ts";
import { Composer } from "./composer.tsx";
import { Earlier } from "./earlier.tsx";
import { People } from "./people.tsx";
import { Pill } from "./pill.tsx";
import { after, type Happening, isKnown, silence, type Talk } from "./talk.ts";
import { Transcript } from "./transcript.tsx";
import { Typing } from "./typing.tsx";

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
  const options = { url: location.origin, params: { room }, query: { name: me }, codec: msgpack };
  const client = useClient(chat, options);
  const status = useStatus(client);
  const look = useMemo(() => createLook(client), [client]);
  const typist = useMemo(
    () =>
      createTypist((writes) => {
        if (client.status.value.state === "open") client.send("writing", writes);
      }),
    [client],
  );
  useEffect(() => typist.stops, [typist]);

  /** Hands a line to the client, which keeps it while it is away. */
  function give(said: Said): void {
    const { id } = said;
    happen({ type: "pending", id });
    client.send("say", said).then(undefined, (error: unknown) => {
      if (error instanceof CloseError) return happen({ type: "kept", id });
      if (error instanceof OutcomeUnknown) return happen({ type: "unknown", id });
      const why = reasonOf(error);
      setError(why);
      happen({ type: "refused", id, why });
    });
  }

  function say(words: Omit<Said, "id">): void {
    const said = { id: newId(), ...words };
    happen({ type: "said", said, from: me, at: Date.now() });
    give(said);
  }

  useEvent(client, "entered", (entered) => {
    happen({ type: "entered", ...entered });
    for (const { said, is } of talk.outgoing) if (is === "kept") give(said);
    begun(place);
  });
  useEvent(client, "message", (line) => {
    if (!isKnown(talk, line)) countUnread();
    happen({ type: "message", line });
  });
  useEvent(client, "joined", (joined) => happen({ type: "joined", ...joined }));
  useEvent(client, "left", ({ name }) => happen({ type: "left", name }));

  useEffect(() => {
    if (status.state === "closed" && status.error?.code === 4409) turnAway(status.error.reason);
    else if (status.state === "closed" && status.error?.code === 4400)
      turnAway("The server does not take that name");
    else if (status.state === "closed" || status.state === "waiting") begun(place);
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
      <Transcript talk={talk} me={me} look={look} sayAgain={give}>
        <Earlier client={client} talk={talk} happen={happen} />
      </Transcript>
      <Typing client={client} />
      {status.state === "closed" && (
        <div id="ended">
          <p id="ended-reason" role="alert">
            The server closed this conversation{status.error?.reason ? `: ${status.error.reason}` : ""}
          </p>
          <button id="again" onClick={() => enter(me, room)}>
            Join again
          </button>
        </div>
      )}
      <Composer {...{ draft, setDraft, error, setError, hidden, say, typist }} />
    </main>
  );
}
