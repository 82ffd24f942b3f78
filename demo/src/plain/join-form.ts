import { Name, RoomName } from "../../contract.ts";
import { roomFromAddress } from "../shared/room-address.ts";
import { elementById, showFieldError } from "./dom.ts";

/** The form in which the user chooses a name and a room. */
export type JoinForm = {
  /** Shows the form, with an error below the name if there is one. */
  readonly show: (nameError?: string) => void;
  /** Hides the form. */
  readonly hide: () => void;
};

/** Sets up the join form. Calls `join` with a valid name and a valid room. */
export function createJoinForm(join: (name: string, room: string) => void): JoinForm {
  const section = elementById("door", HTMLElement);
  const form = elementById("join", HTMLFormElement);
  const nameField = elementById("name", HTMLInputElement);
  const roomField = elementById("room", HTMLInputElement);
  const button = elementById("enter", HTMLButtonElement);

  nameField.value = localStorage.getItem("name") ?? "";

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = Name.safeParse(nameField.value);
    const room = RoomName.safeParse(roomField.value);
    showFieldError("name", name.error?.issues[0]?.message ?? "");
    showFieldError("room", room.error?.issues[0]?.message ?? "");
    if (!name.success) return nameField.focus();
    if (!room.success) return roomField.focus();
    button.textContent = "Joining…";
    join(name.data, room.data);
  });

  return {
    show(nameError = "") {
      button.textContent = "Join";
      roomField.value = roomFromAddress() || "lobby";
      showFieldError("name", nameError);
      showFieldError("room", "");
      section.hidden = false;
      nameField.focus();
      nameField.select();
    },
    hide() {
      section.hidden = true;
    },
  };
}
