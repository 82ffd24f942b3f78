import { type ReactNode, useEffect, useEffectEvent, useRef } from "react";
import { pictureTypes } from "../../picture-type.ts";
import { listenForFiles } from "../shared/dropped-files.ts";
import { type PictureDraft, readPicture } from "../shared/picture-file.ts";

/** The properties of a `PictureInput`. */
type PictureInputProps = {
  /** Called with each valid picture. */
  readonly send: (picture: PictureDraft) => void;
  /** Called with the error of an invalid picture; with an empty text to remove the last error. */
  readonly setError: (error: string) => void;
};

/** Lets the user drop, paste or choose pictures. */
export function PictureInput({ send, setError }: PictureInputProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);

  async function readFiles(files: readonly File[]): Promise<void> {
    setError("");
    for (const file of files) {
      try {
        send(await readPicture(file));
      } catch (cause) {
        setError((cause as Error).message);
      }
    }
  }

  const onFiles = useEffectEvent((files: readonly File[]) => void readFiles(files));
  useEffect(() => listenForFiles((files) => onFiles(files)), []);

  return (
    <>
      <button
        id="attach"
        type="button"
        className="quiet"
        aria-label="Send a picture"
        title="Send a picture"
        onClick={() => input.current?.click()}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <rect x="3" y="4.5" width="18" height="15" rx="3" />
          <circle cx="8.5" cy="9.5" r="1.5" />
          <path d="M4 17.5l5-4.5 3.5 3 3.5-4 5 5" />
        </svg>
      </button>
      <input
        id="pictures"
        ref={input}
        type="file"
        accept={pictureTypes.join()}
        multiple
        hidden
        onChange={({ currentTarget }) => {
          void readFiles([...(currentTarget.files ?? [])]);
          currentTarget.value = ""; // so that the user can choose the same file again
        }}
      />
    </>
  );
}
