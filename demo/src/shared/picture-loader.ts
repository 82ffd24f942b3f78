import { type Client, OutcomeUnknown } from "@symbolon/client";
import type { chat } from "../../contract.ts";

/** Loads the picture of the chat message with this id. Rejects as the request `picture` does. */
export type LoadPicture = (id: string) => Promise<Uint8Array<ArrayBuffer>>;

/** Creates a function that loads pictures one after another, so that chat messages do not wait behind many pictures. */
export function createPictureLoader(client: Client<typeof chat>): LoadPicture {
  let previous: Promise<unknown> = Promise.resolve();

  async function load(id: string): Promise<Uint8Array<ArrayBuffer>> {
    for (;;) {
      try {
        return await client.request("picture", { id });
      } catch (error) {
        if (!(error instanceof OutcomeUnknown)) throw error;
        // The session was lost before the reply came. The client sends the next request when it has reconnected.
      }
    }
  }

  return (id) => {
    const picture = previous.then(() => load(id));
    previous = picture.catch(() => {});
    return picture;
  };
}
