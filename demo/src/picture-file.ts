import { largestPicture, PictureBytes, type Said } from "../contract.ts";

const tooLarge = `A picture has at most ${largestPicture / 1024} KiB`;

/** A file that can be shown as a picture, without its line's id. */
export type PictureFile = Omit<Said, "id" | "picture"> & Required<Pick<Said, "picture">>;

/** Reads a file as a picture. Rejects with an error that tells who chose it what is wrong with it. */
export async function readPicture(file: File): Promise<PictureFile> {
  if (file.size > largestPicture)
    throw new Error(`${tooLarge}: this one has ${Math.ceil(file.size / 1024)} KiB`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const parsed = PictureBytes.safeParse(bytes);
  if (!parsed.success) throw new Error(parsed.error.issues[0]?.message);
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("This picture is damaged");
  });
  const { width, height } = bitmap;
  bitmap.close();
  return { text: nameOf(file), picture: { bytes, width, height } };
}

/** What the file is called, in the words of a line. */
function nameOf({ name }: File): string {
  return name.trim().slice(0, 100) || "A picture";
}
