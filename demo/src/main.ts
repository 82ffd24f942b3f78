/** The chat page: a door, and the room behind it. */
import { Name, RoomName } from "../contract.ts";
import { addressOf, roomInAddress } from "./address.ts";
import { createComposer, focusComposer } from "./composer.ts";
import { converse, type Conversation } from "./conversation.ts";
import { createDoor } from "./door.ts";
import { clearEarlier, createEarlier } from "./earlier.ts";
import { showError } from "./field-error.ts";
import { clearOutgoing } from "./outgoing.ts";
import { part } from "./part.ts";
import { showPeople } from "./people.ts";
import { clearTranscript } from "./transcript.ts";
import { setTitle } from "./unread.ts";

const chat = part("chat", HTMLElement);
const end = part("ended", HTMLElement);
const endReason = part("ended-reason", HTMLElement);
const door = createDoor(enter);

/** Where this tab is, or was before it was turned away. */
let place = { name: "", room: "" };
let conversation: Conversation | undefined;
let inside = false;

function enter(name: string, room: string): void {
  conversation?.leave();
  if (room !== place.room) {
    clearTranscript();
    clearEarlier();
    clearOutgoing();
    showPeople([], name);
  }
  place = { name, room };
  inside = false;
  part("title", HTMLElement).textContent = `#${room}`;
  end.hidden = true;
  showError("text", "");
  history.replaceState(null, "", addressOf(room));
  conversation = converse(room, name, { begun, ended });
}

/** The name is good, or nobody can say yet: show the room. A reload comes back here under the same name. */
function begun(): void {
  if (inside) return;
  inside = true;
  localStorage.setItem("name", place.name);
  sessionStorage.setItem("name", place.name);
  setTitle(`#${place.room} · symbolon chat`);
  door.close();
  chat.hidden = false;
  focusComposer();
}

function ended(code: number, reason: string): void {
  if (code === 4409) return turnAway(reason);
  if (code === 4400) return turnAway("The server does not take that name");
  begun();
  end.hidden = false;
  endReason.textContent = `The server closed this conversation${reason ? `: ${reason}` : ""}`;
}

function turnAway(nameError?: string): void {
  conversation?.leave();
  conversation = undefined;
  sessionStorage.removeItem("name");
  setTitle("symbolon chat");
  chat.hidden = true;
  door.open(nameError);
}

createComposer({
  say: (words) => conversation?.say(words),
  writing: (writes) => conversation?.writing(writes),
});
createEarlier(async () => conversation?.showEarlier() ?? 0);
part("again", HTMLButtonElement).addEventListener("click", () => enter(place.name, place.room));
part("leave", HTMLButtonElement).addEventListener("click", () => {
  place = { name: "", room: "" };
  turnAway();
});

function follow(): void {
  const name = Name.safeParse(conversation ? place.name : sessionStorage.getItem("name"));
  const room = RoomName.safeParse(roomInAddress());
  if (!name.success || !room.success) return turnAway();
  if (!conversation || room.data !== place.room) enter(name.data, room.data);
}

addEventListener("hashchange", follow);
follow();
