import {
  type KeyboardEvent,
  type ReactNode,
  type SubmitEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { longestText, type Said, Text } from "../../contract.ts";
import type { Typist } from "../typist.ts";
import { Attach } from "./attach.tsx";

/** What the composer is told. */
type ComposerProps = {
  readonly draft: string;
  readonly setDraft: (draft: string) => void;
  readonly error: string;
  readonly setError: (error: string) => void;
  /** The room is hidden behind the door. */
  readonly hidden: boolean;
  /** Called with each finished message. */
  readonly say: (words: Omit<Said, "id">) => void;
  readonly typist: Typist;
};

/** The place to write. */
export function Composer(props: ComposerProps): ReactNode {
  const { draft, setDraft, error, setError, hidden, say, typist } = props;
  const text = useRef<HTMLTextAreaElement>(null);
  const [pictureError, setPictureError] = useState("");
  const { length } = draft.trim();

  useEffect(() => {
    if (!hidden) text.current?.focus();
  }, [hidden]);
  useLayoutEffect(() => {
    // Grows with what is written, where `field-sizing` is not known yet.
    const { style, scrollHeight, offsetHeight, clientHeight } = shrunk(text.current as HTMLTextAreaElement);
    style.height = `${scrollHeight + offsetHeight - clientHeight}px`;
  }, [draft, hidden]);

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    text.current?.focus();
    if (length === 0) return;
    const parsed = Text.safeParse(draft.trim());
    setError(parsed.error?.issues[0]?.message ?? "");
    if (!parsed.success) return;
    (text.current as HTMLTextAreaElement).value = "";
    setDraft("");
    typist.stops();
    say({ text: parsed.data });
  }

  function pressed(event: KeyboardEvent<HTMLTextAreaElement>): void {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    event.currentTarget.form?.requestSubmit();
  }

  function write(written: string): void {
    setDraft(written);
    setPictureError("");
    if (written.trim() === "") typist.stops();
    else typist.writes();
    if (written.trim().length <= longestText) setError("");
  }

  return (
    <form id="composer" noValidate onSubmit={submit}>
      <Attach show={say} setError={setPictureError} />
      <label className="spoken" htmlFor="text">
        Message
      </label>
      <textarea
        id="text"
        ref={text}
        rows={1}
        placeholder="Write a message"
        enterKeyHint="send"
        aria-describedby="text-error count"
        aria-invalid={error !== ""}
        defaultValue={draft}
        onInput={({ currentTarget }) => write(currentTarget.value)}
        onKeyDown={pressed}
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
      <p id="count" hidden={length < longestText - 100} className={length > longestText ? "over" : ""}>
        {`${length} of ${longestText}`}
      </p>
    </form>
  );
}

function shrunk(area: HTMLTextAreaElement): HTMLTextAreaElement {
  area.style.height = "auto";
  return area;
}
