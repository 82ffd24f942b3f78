import { isDeclared } from "@symbolon/protocol";
import { chat, type PictureSize } from "../../contract.ts";
import { pictureType } from "../../picture-type.ts";

/** The largest picture on the page, in CSS pixels. */
const maxSize = { width: 280, height: 240 };
/** The shortest side of a picture on the page, in CSS pixels. */
const minSide = 24;

/** The CSS size of a picture. The page reserves it before the picture has loaded, so that nothing moves then. */
export function frameSize({ width, height }: PictureSize): {
  readonly width: string;
  readonly height: string;
} {
  const scale = Math.min(1, maxSize.width / width, maxSize.height / height);
  const side = (pixels: number): string => `${Math.max(minSide, Math.round(pixels * scale))}px`;
  return { width: side(width), height: side(height) };
}

/** Creates a URL that shows a picture on this page. The caller revokes it with `URL.revokeObjectURL`. */
export function createPictureUrl(bytes: Uint8Array<ArrayBuffer>): string {
  return URL.createObjectURL(new Blob([bytes], { type: pictureType(bytes) ?? "" }));
}

/** Why the page could not load a picture. */
export function pictureErrorText(error: unknown): string {
  const isGone = isDeclared(chat.definition.client.picture, error);
  return isGone ? "This picture is no longer available" : "This picture could not be loaded";
}
