import type { ReactNode } from "react";
import type { NewMessage, PictureSize } from "../../contract.ts";
import type { LoadPicture } from "../shared/picture-loader.ts";
import { Picture } from "./picture.tsx";

/** The properties of a `MessageContent`. */
type MessageContentProps = Pick<NewMessage, "id" | "text"> & {
  /** The size of the message's picture, if it has one. */
  readonly picture?: PictureSize | undefined;
  /** The picture itself, if this page has sent it. */
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined;
  /** Loads the picture if this page has not sent it. */
  readonly loadPicture: LoadPicture;
};

/** The text of a chat message, or its picture. The text of a message with a picture is the picture's name. */
export function MessageContent({ id, text, picture, bytes, loadPicture }: MessageContentProps): ReactNode {
  if (picture) return <Picture id={id} name={text} size={picture} bytes={bytes} loadPicture={loadPicture} />;
  return (
    <p className="text" dir="auto">
      {text}
    </p>
  );
}
