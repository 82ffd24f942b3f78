import type { PictureSize } from "../../../contract.ts";
import { createPictureUrl, frameSize, pictureErrorText } from "../../shared/picture-frame.ts";
import { createElement } from "../dom.ts";

/** Creates the element of a picture. It has its final size at once, and shows the picture when `bytes` has resolved. */
export function createPictureElement(
  size: PictureSize,
  name: string,
  bytes: Promise<Uint8Array<ArrayBuffer>>,
): HTMLElement {
  const frame = createElement("div", "picture");
  Object.assign(frame.style, frameSize(size));
  bytes.then(
    (loaded) => {
      if (!frame.isConnected) return; // `releasePictures` has run already and would not revoke this URL
      const image = createElement("img", "");
      image.alt = name;
      image.src = createPictureUrl(loaded);
      frame.append(image);
    },
    (error: unknown) => {
      const text = createElement("p", "", `${pictureErrorText(error)}: `);
      text.append(createElement("bdi", "", name));
      frame.classList.add("missing");
      frame.append(text);
    },
  );
  return frame;
}

/** Frees the memory of the pictures in an element that the page removes. */
export function releasePictures(element: Element): void {
  for (const image of element.querySelectorAll("img")) URL.revokeObjectURL(image.src);
}
