import { type ReactNode, useEffect, useEffectEvent, useRef } from "react";
import { pictureTypes } from "../../picture-type.ts";
import { watchFiles } from "../files.ts";
import { type PictureFile, readPicture } from "../picture-file.ts";

/** What is done with the pictures. */
type AttachProps = {
  /** Called with each that can be sent. */
  readonly show: (picture: PictureFile) => void;
  /** Told what is wrong with one that cannot, or that nothing is. */
  readonly setError: (error: string) => void;
};

/** The ways to send a picture: drop it, paste it, or choose it. */
export function Attach({ show, setError }: AttachProps): ReactNode {
  const chooser = useRef<HTMLInputElement>(null);

  async function take(files: readonly File[]): Promise<void> {
    setError("");
    for (const file of files) {
      try {
        show(await readPicture(file));
      } catch (trouble) {
        setError((trouble as Error).message);
      }
    }
  }

  const found = useEffectEvent((files: readonly File[]) => void take(files));
  useEffect(() => watchFiles((files) => found(files)), []);

  return (
    <>
      <button
        id="attach"
        type="button"
        className="quiet"
        aria-label="Send a picture"
        title="Send a picture"
        onClick={() => chooser.current?.click()}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <rect x="3" y="4.5" width="18" height="15" rx="3" />
          <circle cx="8.5" cy="9.5" r="1.5" />
          <path d="M4 17.5l5-4.5 3.5 3 3.5-4 5 5" />
        </svg>
      </button>
      <input
        id="pictures"
        ref={chooser}
        type="file"
        accept={pictureTypes.join()}
        multiple
        hidden
        onChange={({ currentTarget }) => {
          void take([...(currentTarget.files ?? [])]);
          currentTarget.value = ""; // so that the same file can be chosen again
        }}
      />
    </>
  );
}
