import { type Client, OutcomeUnknown } from "@symbolon/client";
import type { chat } from "../contract.ts";

/** Gives the bytes of the picture that the line of an id shows. */
export type Look = (id: string) => Promise<Uint8Array<ArrayBuffer>>;

/** Asks for pictures one after another, so that a room full of them does not stand in the way of what is said. */
export function createLook(client: Client<typeof chat>): Look {
  let last: Promise<unknown> = Promise.resolve();

  async function ask(id: string): Promise<Uint8Array<ArrayBuffer>> {
    for (;;) {
      try {
        return await client.request("picture", { id });
      } catch (error) {
        if (!(error instanceof OutcomeUnknown)) throw error;
        // The connection was lost on the way: what is asked now waits for the next.
      }
    }
  }

  return (id) => {
    const asked = last.then(() => ask(id));
    last = asked.catch(() => {});
    return asked;
  };
}
