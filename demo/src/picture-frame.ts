import { isDeclared } from "@symbolon/protocol";
import { chat, type Picture } from "../contract.ts";
import { pictureType } from "../picture-type.ts";

/** The most and the least that a side of a picture takes, in CSS pixels. */
const most = { width: 280, height: 240 };
const least = 24;

/** The size that a picture is shown in: known before it is there, so that nothing moves when it comes. */
export function frameOf({ width, height }: Pick<Picture, "width" | "height">): {
  readonly width: string;
  readonly height: string;
} {
  const scale = Math.min(1, most.width / width, most.height / height);
  const side = (length: number): string => `${Math.max(least, Math.round(length * scale))}px`;
  return { width: side(width), height: side(height) };
}

/** An address of a picture on this page, until it is revoked. */
export function addressOfPicture(bytes: Uint8Array<ArrayBuffer>): string {
  return URL.createObjectURL(new Blob([bytes], { type: pictureType(bytes) ?? "" }));
}

/** Says in the place of a picture why it is not there. */
export function pictureTrouble(error: unknown): string {
  const gone = isDeclared(chat.definition.client.picture, error);
  return gone ? "This picture is not kept any more" : "This picture could not be loaded";
}
