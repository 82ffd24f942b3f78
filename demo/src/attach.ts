import { pictureTypes } from "../picture-type.ts";
import { watchFiles } from "./files.ts";
import { part } from "./part.ts";
import { type PictureFile, readPicture } from "./picture-file.ts";

const error = part("picture-error", HTMLElement);

/** Sets up the ways to send a picture: drop it, paste it, or choose it; `show` is called with each that can be sent. */
export function createAttach(show: (picture: PictureFile) => void): void {
  const chooser = part("pictures", HTMLInputElement);
  chooser.accept = pictureTypes.join();
  part("attach", HTMLButtonElement).addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    void take([...(chooser.files ?? [])]);
    chooser.value = ""; // so that the same file can be chosen again
  });
  watchFiles((files) => void take(files));

  async function take(files: readonly File[]): Promise<void> {
    clearAttach();
    for (const file of files) {
      try {
        show(await readPicture(file));
      } catch (trouble) {
        error.textContent = (trouble as Error).message;
      }
    }
  }
}

/** Takes back what was said of a picture. */
export function clearAttach(): void {
  error.textContent = "";
}
