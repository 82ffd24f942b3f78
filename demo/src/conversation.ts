import { connect } from "@symbolon/client";
import { chat } from "../contract.ts";
import { showError } from "./field-error.ts";
import * as outgoing from "./outgoing.ts";
import { addPerson, removePerson, showPeople } from "./people.ts";
import { showStatus } from "./pill.ts";
import { addLine, addNotice } from "./transcript.ts";
import { countUnread } from "./unread.ts";

/** Being in a room, from the first attempt to get in until leaving. */
export type Conversation = {
  readonly say: (text: string) => void;
  readonly leave: () => void;
};

/** What the page does as a conversation goes on. */
export type Turns = {
  /** The room is there, or will be as soon as the network is. */
  readonly begun: () => void;
  /** It ended by itself and will not go on. */
  readonly ended: (code: number, reason: string) => void;
};

/** Goes into a room under a name and keeps the page up to date with it. */
export function converse(room: string, me: string, turns: Turns): Conversation {
  const client = connect(chat, { url: location.origin, params: { room }, query: { name: me } });
  const send = (said: { id: string; text: string }) => client.send("say", said);

  client.on("entered", ({ lines, people }) => {
    for (const line of lines) {
      addLine(line, me);
      outgoing.arrived(line);
    }
    showPeople(people, me);
    outgoing.sayUnsureAgain(send);
    turns.begun();
  });
  client.on("message", (line) => {
    if (addLine(line, me)) countUnread();
    outgoing.arrived(line);
  });
  client.on("joined", ({ name }) => {
    addPerson(name, me);
    addNotice(name, "joined");
  });
  client.on("left", ({ name }) => {
    removePerson(name, me);
    addNotice(name, "left");
  });
  client.on("failed", ({ data, error }) => {
    const why = "issues" in error ? error.issues[0]?.message : undefined;
    const said = why ?? "The server could not take this message";
    showError("text", said);
    if (isSaid(data)) outgoing.refused(data.id, said);
  });

  const unwatch = client.status.watch((status) => {
    showStatus(status);
    if (status.is !== "open") outgoing.connectionLost();
    if (status.is === "waiting") turns.begun();
    if (status.is === "closed") turns.ended(status.error?.code ?? 1000, status.error?.reason ?? "");
  });
  showStatus(client.status.value);
  outgoing.sayAllAgain(send);

  return {
    say: (text) => outgoing.sayLine(me, text, send),
    leave() {
      unwatch();
      client.close();
    },
  };
}

function isSaid(data: unknown): data is { id: string } {
  return typeof data === "object" && data !== null && "id" in data && typeof data.id === "string";
}
