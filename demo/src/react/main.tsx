/** The chat page made of React components: a join form, and the room that the user joins. */
import { type ReactNode, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Name, RoomName } from "../../contract.ts";
import { setTitle } from "../shared/page-title.ts";
import { addressOfRoom, roomFromAddress } from "../shared/room-address.ts";
import { Chat, type JoinRequest } from "./chat.tsx";
import { JoinForm } from "./join-form.tsx";

function Page(): ReactNode {
  const [joinRequest, setJoinRequest] = useState(rememberedJoinRequest);
  const [isJoined, setIsJoined] = useState(false);
  const [nameError, setNameError] = useState("");

  function join(name: string, room: string): void {
    history.replaceState(null, "", addressOfRoom(room));
    setNameError("");
    setJoinRequest({ name, room, attempt: (joinRequest?.attempt ?? 0) + 1 });
  }

  /** Shows the room, and remembers the name: a reloaded page joins again with it. */
  function onJoined({ name, room }: JoinRequest): void {
    localStorage.setItem("name", name);
    sessionStorage.setItem("name", name);
    setTitle(`#${room} · symbolon chat`);
    setIsJoined(true);
  }

  function leave(nameError = ""): void {
    sessionStorage.removeItem("name");
    setTitle("symbolon chat");
    setNameError(nameError);
    setIsJoined(false);
    setJoinRequest(undefined);
  }

  useEffect(() => {
    const followAddress = (): void => {
      const next = rememberedJoinRequest();
      if (!next) leave();
      else if (next.room !== joinRequest?.room) join(joinRequest?.name ?? next.name, next.room);
    };
    addEventListener("hashchange", followAddress);
    return () => removeEventListener("hashchange", followAddress);
  });

  return (
    <>
      {!isJoined && <JoinForm isJoining={joinRequest !== undefined} nameError={nameError} join={join} />}
      {joinRequest && (
        <Chat
          key={joinRequest.room}
          joinRequest={joinRequest}
          isHidden={!isJoined}
          onJoined={onJoined}
          leave={leave}
          join={join}
        />
      )}
    </>
  );
}

/** The room in the address, with the name that this tab had last; undefined when one of them is missing. */
function rememberedJoinRequest(): JoinRequest | undefined {
  const name = Name.safeParse(sessionStorage.getItem("name"));
  const room = RoomName.safeParse(roomFromAddress());
  return name.success && room.success ? { name: name.data, room: room.data, attempt: 0 } : undefined;
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
