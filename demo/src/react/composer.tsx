import {
  type KeyboardEvent,
  type ReactNode,
  type SubmitEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { maxTextLength, type MessageDraft, Text } from "../../contract.ts";
import type { TypingReporter } from "../shared/typing-reporter.ts";
import { PictureInput } from "./picture-input.tsx";

/** The properties of a `Composer`. */
type ComposerProps = {
  /** The text in the field. */
  readonly text: string;
  readonly setText: (text: string) => void;
  /** Why the last message was rejected; empty if it was not. */
  readonly error: string;
  readonly setError: (error: string) => void;
  /** Whether the room is hidden behind the join form. */
  readonly isHidden: boolean;
  /** Called with each message that the user sends. */
  readonly send: (draft: MessageDraft) => void;
  readonly typingReporter: TypingReporter;
};

/** The form in which the user writes chat messages. */
export function Composer(props: ComposerProps): ReactNode {
  const { text, setText, error, setError, isHidden, send, typingReporter } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const [pictureError, setPictureError] = useState("");
  const { length } = text.trim();

  useEffect(() => {
    if (!isHidden) field.current?.focus();
  }, [isHidden]);
  useLayoutEffect(() => fitHeight(field.current as HTMLTextAreaElement), [text, isHidden]);

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    field.current?.focus();
    if (length === 0) return;
    const parsed = Text.safeParse(text.trim());
    setError(parsed.error?.issues[0]?.message ?? "");
    if (!parsed.success) return;
    (field.current as HTMLTextAreaElement).value = "";
    setText("");
    typingReporter.onStop();
    send({ text: parsed.data });
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    event.currentTarget.form?.requestSubmit();
  }

  function onInput(value: string): void {
    setText(value);
    setPictureError("");
    if (value.trim() === "") typingReporter.onStop();
    else typingReporter.onInput();
    if (value.trim().length <= maxTextLength) setError("");
  }

  return (
    <form id="composer" noValidate onSubmit={submit}>
      <PictureInput send={send} setError={setPictureError} />
      <label className="spoken" htmlFor="text">
        Message
      </label>
      <textarea
        id="text"
        ref={field}
        rows={1}
        placeholder="Write a message"
        enterKeyHint="send"
        aria-describedby="text-error count"
        aria-invalid={error !== ""}
        defaultValue={text}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button id="send">Send</button>
      <div id="complaints">
        <p id="text-error" className="error" role="alert">
          {error}
        </p>
        <p id="picture-error" className="error" role="alert">
          {pictureError}
        </p>
      </div>
      <p id="count" hidden={length < maxTextLength - 100} className={length > maxTextLength ? "over" : ""}>
        {`${length} of ${maxTextLength}`}
      </p>
    </form>
  );
}

/** Lets the field grow with its text, also in browsers without the CSS property `field-sizing`. */
function fitHeight(field: HTMLTextAreaElement): void {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}
