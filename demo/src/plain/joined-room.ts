import { connect } from "@symbolon/client";
import { chat, type MessageDraft, type NewMessage, pageSize } from "../../contract.ts";
import { countUnread } from "../shared/page-title.ts";
import { createPictureLoader, type LoadPicture } from "../shared/picture-loader.ts";
import { showStatus } from "./connection-badge.ts";
import { resetHistoryButton, setHistoryButton } from "./history-button.ts";
import { showNode } from "./node-line.ts";
import { pendingPicture, removePending, sendMessage, sendUnsent } from "./pending-messages.ts";
import { showPeople } from "./people-list.ts";
import { keepScrollPosition } from "./scroll.ts";
import {
  addGapNotice,
  addPersonNotice,
  appendMessage,
  clearTranscript,
  isShown,
  oldestShownId,
  prependMessages,
} from "./transcript.ts";
import { showTyping } from "./typing-indicator.ts";

/** A room that the user has joined, or is joining. */
export type JoinedRoom = {
  /** Shows a new message as pending, and sends it. */
  readonly send: (draft: MessageDraft) => void;
  /** Reports to the others whether the user is typing. */
  readonly reportTyping: (isTyping: boolean) => void;
  /** Adds a page of earlier messages and returns their number. Rejects as the request `history` does. */
  readonly showEarlier: () => Promise<number>;
  /** Leaves the room. */
  readonly leave: () => void;
};

/** What a joined room calls. */
export type RoomCallbacks = {
  /** The server has accepted the user, or the page is waiting for a connection. */
  readonly onJoined: () => void;
  /** The connection is closed, and the client does not reconnect. */
  readonly onClosed: (code: number, reason: string) => void;
};

/** Joins a room with the name `me`, and shows on the page what happens in it. */
export function joinRoom(room: string, me: string, { onJoined, onClosed }: RoomCallbacks): JoinedRoom {
  const options = { url: location.origin, params: { room }, query: { name: me } };
  const client = connect(chat, options);
  const send = (message: NewMessage) => client.send("post", message);
  const requestPicture = createPictureLoader(client);
  const loadPicture: LoadPicture = async (id) => pendingPicture(id) ?? requestPicture(id);

  client.on("entered", ({ messages, hasEarlier }) => {
    if (hasEarlier && !messages.some(isShown)) {
      // The user is new here, or has missed more than a page. The transcript starts at this page; a button loads the rest.
      clearTranscript();
      resetHistoryButton();
      setHistoryButton(true);
    }
    for (const message of messages) {
      appendMessage(message, me, loadPicture);
      removePending(message);
    }
    onJoined();
  });
  client.on("message", (message) => {
    if (appendMessage(message, me, loadPicture)) countUnread();
    removePending(message);
  });
  client.on("joined", ({ name, people, returning }) => {
    showPeople(people, me);
    if (!returning && name !== me) addPersonNotice(name, "joined");
  });
  client.on("left", ({ name, people }) => {
    showPeople(people, me);
    addPersonNotice(name, "left");
  });
  client.on("node", showNode);

  client.onGap(() => {
    // A new session starts with the newest messages that the server has, so only a resumed one can have a gap.
    if (client.status.value.resumed) addGapNotice();
  });

  const unsubscribe = client.status.subscribe((status) => {
    showStatus(status);
    if (status.state === "waiting") onJoined();
    if (status.state === "closed") onClosed(status.error?.code ?? 1000, status.error?.reason ?? "");
  });
  showStatus(client.status.value);
  sendUnsent(send);
  void showTyping(client);

  return {
    send: (draft) => sendMessage(me, draft, send),
    reportTyping(isTyping) {
      if (client.status.value.state === "open") client.send("writing", isTyping);
    },
    async showEarlier() {
      const before = oldestShownId();
      if (before === undefined) return 0;
      const { messages, hasEarlier } = await client.request("history", { before, limit: pageSize });
      keepScrollPosition(() => {
        prependMessages(messages, me, loadPicture);
        setHistoryButton(hasEarlier);
      });
      return messages.length;
    },
    leave() {
      unsubscribe();
      client.close();
    },
  };
}
