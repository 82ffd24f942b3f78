import { type ReactNode, type SubmitEvent, useEffect, useRef, useState } from "react";
import { Name, RoomName } from "../../contract.ts";
import { roomFromAddress } from "../shared/room-address.ts";

/** The properties of a `JoinForm`. */
type JoinFormProps = {
  /** Whether the page waits for the server's decision. */
  readonly isJoining: boolean;
  /** Why the server has rejected the name; empty if it has not. */
  readonly nameError: string;
  /** Called with a valid name and a valid room. */
  readonly join: (name: string, room: string) => void;
};

/** The form in which the user chooses a name and a room. */
export function JoinForm({ isJoining, nameError, join }: JoinFormProps): ReactNode {
  const [errors, setErrors] = useState({ name: "", room: "" });
  const nameField = useRef<HTMLInputElement>(null);
  const roomField = useRef<HTMLInputElement>(null);

  useEffect(() => setErrors({ name: nameError, room: "" }), [nameError]);
  useEffect(() => {
    if (isJoining) return;
    nameField.current?.focus();
    nameField.current?.select();
  }, [isJoining]);

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const name = Name.safeParse(nameField.current?.value);
    const room = RoomName.safeParse(roomField.current?.value);
    setErrors({
      name: name.error?.issues[0]?.message ?? "",
      room: room.error?.issues[0]?.message ?? "",
    });
    if (!name.success) nameField.current?.focus();
    else if (!room.success) roomField.current?.focus();
    else join(name.data, room.data);
  }

  return (
    <main id="door">
      <form id="join" noValidate onSubmit={submit}>
        <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
          <path className="half" d="M16 2a14 14 0 0 0 0 28l-4-7 6-6-5-7z" />
          <path className="other" d="M18 2l-3 8 6 7-6 6 3 7a14 14 0 0 0 0-28z" />
        </svg>
        <h1>Come in</h1>
        <p className="hint">Pick a name, and share the address to meet someone.</p>
        <div className="field">
          <label htmlFor="name">Your name</label>
          <input
            id="name"
            ref={nameField}
            defaultValue={localStorage.getItem("name") ?? ""}
            autoComplete="nickname"
            aria-describedby="name-error"
            aria-invalid={errors.name !== ""}
          />
          <p id="name-error" className="error" role="alert">
            {errors.name}
          </p>
        </div>
        <div className="field">
          <label htmlFor="room">Room</label>
          <input
            id="room"
            ref={roomField}
            defaultValue={roomFromAddress() || "lobby"}
            autoComplete="off"
            autoCapitalize="none"
            aria-describedby="room-error"
            aria-invalid={errors.room !== ""}
          />
          <p id="room-error" className="error" role="alert">
            {errors.room}
          </p>
        </div>
        <button id="enter">{isJoining ? "Joining…" : "Join"}</button>
      </form>
    </main>
  );
}
