/** The plain chat page: a join form, and the room that the user joins. */
import { Name, RoomName } from "../../contract.ts";
import { setTitle } from "../shared/page-title.ts";
import { addressOfRoom, roomFromAddress } from "../shared/room-address.ts";
import { createComposer, focusComposer } from "./composer.ts";
import { elementById, showFieldError } from "./dom.ts";
import { createHistoryButton, resetHistoryButton } from "./history-button.ts";
import { createJoinForm } from "./join-form.ts";
import { type JoinedRoom, joinRoom } from "./joined-room.ts";
import { clearPendingMessages } from "./pending-messages.ts";
import { showPeople } from "./people-list.ts";
import { clearTranscript } from "./transcript.ts";

const chatSection = elementById("chat", HTMLElement);
const closedNote = elementById("ended", HTMLElement);
const closedReason = elementById("ended-reason", HTMLElement);
const joinForm = createJoinForm(join);

/** The user's name and room, also after the connection is closed. */
let current = { name: "", room: "" };
let joinedRoom: JoinedRoom | undefined;
let isChatShown = false;

function join(name: string, room: string): void {
  joinedRoom?.leave();
  if (room !== current.room) {
    clearTranscript();
    resetHistoryButton();
    clearPendingMessages();
    showPeople([], name);
  }
  current = { name, room };
  isChatShown = false;
  elementById("title", HTMLElement).textContent = `#${room}`;
  closedNote.hidden = true;
  showFieldError("text", "");
  history.replaceState(null, "", addressOfRoom(room));
  joinedRoom = joinRoom(room, name, { onJoined: showChat, onClosed });
}

/** Shows the room, and remembers the name: a reloaded page joins again with it. */
function showChat(): void {
  if (isChatShown) return;
  isChatShown = true;
  localStorage.setItem("name", current.name);
  sessionStorage.setItem("name", current.name);
  setTitle(`#${current.room} · symbolon chat`);
  joinForm.hide();
  chatSection.hidden = false;
  focusComposer();
}

function onClosed(code: number, reason: string): void {
  if (code === 4409) return showJoinForm(reason);
  if (code === 4400) return showJoinForm("The server does not accept this name");
  showChat();
  closedNote.hidden = false;
  closedReason.textContent = `The server closed the connection${reason ? `: ${reason}` : ""}`;
}

function showJoinForm(nameError?: string): void {
  joinedRoom?.leave();
  joinedRoom = undefined;
  sessionStorage.removeItem("name");
  setTitle("symbolon chat");
  chatSection.hidden = true;
  joinForm.show(nameError);
}

createComposer({
  send: (draft) => joinedRoom?.send(draft),
  reportTyping: (isTyping) => joinedRoom?.reportTyping(isTyping),
});
createHistoryButton(async () => joinedRoom?.showEarlier() ?? 0);
elementById("again", HTMLButtonElement).addEventListener("click", () => join(current.name, current.room));
elementById("leave", HTMLButtonElement).addEventListener("click", () => {
  current = { name: "", room: "" };
  showJoinForm();
});

/** Joins the room in the page's address, or shows the join form when the name or the room is missing. */
function followAddress(): void {
  const name = Name.safeParse(joinedRoom ? current.name : sessionStorage.getItem("name"));
  const room = RoomName.safeParse(roomFromAddress());
  if (!name.success || !room.success) return showJoinForm();
  if (!joinedRoom || room.data !== current.room) join(name.data, room.data);
}

addEventListener("hashchange", followAddress);
followAddress();
