import { maxPictureBytes, type MessageDraft, PictureBytes } from "../../contract.ts";

const tooLarge = `A picture has at most ${maxPictureBytes / 1024} KiB`;

/** A chat message with a picture, before it has an id. */
export type PictureDraft = MessageDraft & Required<Pick<MessageDraft, "picture">>;

/** Makes a chat message of a picture file. Rejects with an error whose message tells the user what is wrong. */
export async function readPicture(file: File): Promise<PictureDraft> {
  if (file.size > maxPictureBytes)
    throw new Error(`${tooLarge}: this one has ${Math.ceil(file.size / 1024)} KiB`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const parsed = PictureBytes.safeParse(bytes);
  if (!parsed.success) throw new Error(parsed.error.issues[0]?.message);
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("This picture is damaged");
  });
  const { width, height } = bitmap;
  bitmap.close();
  return { text: file.name.trim().slice(0, 100) || "A picture", picture: { bytes, width, height } };
}
