/** The chat page once more, made of React components: a door, and the room behind it. */
import { type ReactNode, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Name, RoomName } from "../../contract.ts";
import { addressOf, roomInAddress } from "../address.ts";
import { setTitle } from "../unread.ts";
import { Chat, type Place } from "./chat.tsx";
import { Door } from "./door.tsx";

function Page(): ReactNode {
  const [place, setPlace] = useState(rememberedPlace);
  const [inside, setInside] = useState(false);
  const [nameError, setNameError] = useState("");

  function enter(name: string, room: string): void {
    history.replaceState(null, "", addressOf(room));
    setNameError("");
    setPlace({ name, room, visit: (place?.visit ?? 0) + 1 });
  }

  /** The name is good, or nobody can say yet: show the room. A reload comes back here under the same name. */
  function begun({ name, room }: Place): void {
    localStorage.setItem("name", name);
    sessionStorage.setItem("name", name);
    setTitle(`#${room} · symbolon chat`);
    setInside(true);
  }

  function turnAway(nameError = ""): void {
    sessionStorage.removeItem("name");
    setTitle("symbolon chat");
    setNameError(nameError);
    setInside(false);
    setPlace(undefined);
  }

  useEffect(() => {
    const follow = (): void => {
      const next = rememberedPlace();
      if (!next) turnAway();
      else if (next.room !== place?.room) enter(place?.name ?? next.name, next.room);
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  });

  return (
    <>
      {!inside && <Door joining={place !== undefined} nameError={nameError} enter={enter} />}
      {place && (
        <Chat
          key={place.room}
          place={place}
          hidden={!inside}
          begun={begun}
          turnAway={turnAway}
          enter={enter}
        />
      )}
    </>
  );
}

/** The room in the address, under the name that this tab had last. */
function rememberedPlace(): Place | undefined {
  const name = Name.safeParse(sessionStorage.getItem("name"));
  const room = RoomName.safeParse(roomInAddress());
  return name.success && room.success ? { name: name.data, room: room.data, visit: 0 } : undefined;
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
