import type { Picture } from "../contract.ts";
import { make } from "./part.ts";
import { addressOfPicture, frameOf, pictureTrouble } from "./picture-frame.ts";

/** A picture on the page: its place now, and itself when its bytes are there. */
export function createPicture(
  size: Pick<Picture, "width" | "height">,
  name: string,
  bytes: Promise<Uint8Array<ArrayBuffer>>,
): HTMLElement {
  const frame = make("div", "picture");
  Object.assign(frame.style, frameOf(size));
  bytes.then(
    (there) => {
      if (!frame.isConnected) return; // nobody would take the address back
      const image = make("img", "");
      image.alt = name;
      image.src = addressOfPicture(there);
      frame.append(image);
    },
    (error: unknown) => {
      const why = make("p", "", `${pictureTrouble(error)}: `);
      why.append(make("bdi", "", name));
      frame.classList.add("missing");
      frame.append(why);
    },
  );
  return frame;
}

/** Frees the pictures in a part of the page that is taken away. */
export function dropPictures(within: Element): void {
  for (const image of within.querySelectorAll("img")) URL.revokeObjectURL(image.src);
}
