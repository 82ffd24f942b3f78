import { type ReactNode, type SubmitEvent, useEffect, useRef, useState } from "react";
import { Name, RoomName } from "../../contract.ts";
import { roomInAddress } from "../address.ts";

/** What the door is told. */
type DoorProps = {
  /** Somebody is on the way in. */
  readonly joining: boolean;
  /** What the server said of the name. */
  readonly nameError: string;
  readonly enter: (name: string, room: string) => void;
};

/** The way in: asks for a name and a room. */
export function Door({ joining, nameError, enter }: DoorProps): ReactNode {
  const [errors, setErrors] = useState({ name: "", room: "" });
  const nameField = useRef<HTMLInputElement>(null);
  const roomField = useRef<HTMLInputElement>(null);

  useEffect(() => setErrors({ name: nameError, room: "" }), [nameError]);
  useEffect(() => {
    if (joining) return;
    nameField.current?.focus();
    nameField.current?.select();
  }, [joining]);

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const named = Name.safeParse(nameField.current?.value);
    const roomed = RoomName.safeParse(roomField.current?.value);
    setErrors({
      name: named.error?.issues[0]?.message ?? "",
      room: roomed.error?.issues[0]?.message ?? "",
    });
    if (!named.success) nameField.current?.focus();
    else if (!roomed.success) roomField.current?.focus();
    else enter(named.data, roomed.data);
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
            defaultValue={roomInAddress() || "lobby"}
            autoComplete="off"
            autoCapitalize="none"
            aria-describedby="room-error"
            aria-invalid={errors.room !== ""}
          />
          <p id="room-error" className="error" role="alert">
            {errors.room}
          </p>
        </div>
        <button id="enter">{joining ? "Joining…" : "Join"}</button>
      </form>
    </main>
  );
}
