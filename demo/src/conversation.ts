import { connect } from "@symbolon/client";
import { msgpack } from "@symbolon/protocol/msgpack";
import { chat, pageLength, type Said } from "../contract.ts";
import { clearEarlier, offerEarlier } from "./earlier.ts";
import { createLook, type Look } from "./look.ts";
import * as outgoing from "./outgoing.ts";
import { addPerson, removePerson, showPeople } from "./people.ts";
import { showStatus } from "./pill.ts";
import { keepPlace } from "./scroll.ts";
import { addEarlier, addLine, addNotice, clearTranscript, isShown, oldestShown } from "./transcript.ts";
import { followTyping } from "./typing.ts";
import { countUnread } from "./unread.ts";

/** Being in a room, from the first attempt to get in until leaving. */
export type Conversation = {
  readonly say: (words: Omit<Said, "id">) => void;
  /** Tells the others whether one is writing. */
  readonly writing: (writes: boolean) => void;
  /** Shows a page of earlier lines, and gives how many there were. Rejects as a request does. */
  readonly showEarlier: () => Promise<number>;
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
  const options = { url: location.origin, params: { room }, query: { name: me }, codec: msgpack };
  const client = connect(chat, options);
  const send = (said: Said) => client.send("say", said);
  const ask = createLook(client);
  const look: Look = async (id) => outgoing.pendingPicture(id) ?? ask(id);

  client.on("entered", ({ lines, more, people }) => {
    if (more && !lines.some(isShown)) {
      // One comes in, or was away for longer than a page: what is between is to be asked for.
      clearTranscript();
      clearEarlier();
      offerEarlier(true);
    }
    for (const line of lines) {
      addLine(line, me, look);
      outgoing.arrived(line);
    }
    showPeople(people, me);
    turns.begun();
  });
  client.on("message", (line) => {
    if (addLine(line, me, look)) countUnread();
    outgoing.arrived(line);
  });
  client.on("joined", ({ name, quietly }) => {
    addPerson(name, me);
    if (!quietly) addNotice(name, "joined");
  });
  client.on("left", ({ name }) => {
    removePerson(name, me);
    addNotice(name, "left");
  });

  const unwatch = client.status.subscribe((status) => {
    showStatus(status);
    if (status.state === "waiting") turns.begun();
    if (status.state === "closed") turns.ended(status.error?.code ?? 1000, status.error?.reason ?? "");
  });
  showStatus(client.status.value);
  outgoing.sayKeptAgain(send);
  void followTyping(client);

  return {
    say: (words) => outgoing.sayLine(me, words, send),
    writing(writes) {
      if (client.status.value.state === "open") client.send("writing", writes);
    },
    async showEarlier() {
      const before = oldestShown();
      if (before === undefined) return 0;
      const { lines, more } = await client.request("history", { before, limit: pageLength });
      keepPlace(() => {
        addEarlier(lines, me, look);
        offerEarlier(more);
      });
      return lines.length;
    },
    leave() {
      unwatch();
      client.close();
    },
  };
}
