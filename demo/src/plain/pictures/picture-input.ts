import { pictureTypes } from "../../../picture-type.ts";
import { listenForFiles } from "../../shared/dropped-files.ts";
import { type PictureDraft, readPicture } from "../../shared/picture-file.ts";
import { elementById } from "../dom.ts";

const error = elementById("picture-error", HTMLElement);

/** Lets the user drop, paste or choose pictures. Calls `send` with each valid one, and shows an error for the others. */
export function createPictureInput(send: (picture: PictureDraft) => void): void {
  const input = elementById("pictures", HTMLInputElement);
  input.accept = pictureTypes.join();
  elementById("attach", HTMLButtonElement).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    void readFiles([...(input.files ?? [])]);
    input.value = ""; // so that the user can choose the same file again
  });
  listenForFiles((files) => void readFiles(files));

  async function readFiles(files: readonly File[]): Promise<void> {
    clearPictureError();
    for (const file of files) {
      try {
        send(await readPicture(file));
      } catch (cause) {
        error.textContent = (cause as Error).message;
      }
    }
  }
}

/** Removes the error of the last picture. */
export function clearPictureError(): void {
  error.textContent = "";
}
