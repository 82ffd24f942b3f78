import { Name, RoomName } from "../contract.ts";
import { roomInAddress } from "./address.ts";
import { showError } from "./field-error.ts";
import { part } from "./part.ts";

/** The way in: asks for a name and a room. */
export type Door = {
  /** Shows the door, with what is wrong with the name if something is. */
  readonly open: (nameError?: string) => void;
  readonly close: () => void;
};

/** Sets up the door; `enter` is called with a name and a room that may be tried. */
export function createDoor(enter: (name: string, room: string) => void): Door {
  const door = part("door", HTMLElement);
  const form = part("join", HTMLFormElement);
  const name = part("name", HTMLInputElement);
  const room = part("room", HTMLInputElement);
  const button = part("enter", HTMLButtonElement);

  name.value = localStorage.getItem("name") ?? "";

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const named = Name.safeParse(name.value);
    const roomed = RoomName.safeParse(room.value);
    showError("name", named.error?.issues[0]?.message ?? "");
    showError("room", roomed.error?.issues[0]?.message ?? "");
    if (!named.success) return name.focus();
    if (!roomed.success) return room.focus();
    button.textContent = "Joining…";
    enter(named.data, roomed.data);
  });

  return {
    open(nameError = "") {
      button.textContent = "Join";
      room.value = roomInAddress() || "lobby";
      showError("name", nameError);
      showError("room", "");
      door.hidden = false;
      name.focus();
      name.select();
    },
    close() {
      door.hidden = true;
    },
  };
}
