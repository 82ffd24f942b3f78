import type { ReactNode } from "react";
import type { Said } from "../../contract.ts";
import type { Look } from "../look.ts";
import { Picture, type PictureSize } from "./picture.tsx";

/** What a line is made of. */
type ContentProps = Pick<Said, "id" | "text"> & {
  readonly picture?: PictureSize | undefined;
  /** The picture itself, if it was sent from here. */
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined;
  /** Asked for it if not. */
  readonly look: Look;
};

/** What a line says: words, or a picture of that name. */
export function Content({ id, text, picture, bytes, look }: ContentProps): ReactNode {
  if (picture) return <Picture id={id} name={text} size={picture} bytes={bytes} look={look} />;
  return (
    <p className="text" dir="auto">
      {text}
    </p>
  );
}
