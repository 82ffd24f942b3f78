/** The contract under test. Its messages let a client cause each kind of work: answers, streams, rooms, calls of the server. */
import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod";

const text = z.object({ text: z.string() });

const messages = {
  client: {
    /** Is sent to the room of the path. */
    say: text,
    /** Is sent to a room that the client names, which it joins first. */
    visit: z.object({ room: z.string(), text: z.string() }),
    /** Leaves such a room. */
    leave: z.object({ room: z.string() }),
    /** Takes as many ms of the server's clock. */
    slow: z.object({ ms: z.number() }),
    /** Does nothing. */
    note: z.object({ n: z.number() }),
    /** Has the server send so many events in a loop that does not wait. */
    flood: z.object({ count: z.number() }),
    /** Has the server send so many events of so many characters, in such a loop. */
    push: z.object({ count: z.number(), length: z.number() }),
    /** Has the server ask the client so many questions. */
    question: z.object({ count: z.number() }),
    /** The reply is the input. */
    echo: request({ input: z.unknown(), output: z.unknown() }),
    /** The reply has so many characters. */
    blob: request({ input: z.number(), output: z.string() }),
    /** Throws. */
    fail: request({ input: z.unknown(), output: z.unknown() }),
    /** Yields the numbers from 1 to the input. */
    count: stream({ input: z.object({ to: z.number() }), output: z.number() }),
    /** Yields texts of so many characters without end. */
    firehose: stream({ input: z.number(), output: z.string() }),
    /** Yields each item of the upload. */
    upload: stream({ input: z.unknown(), upload: z.unknown(), output: z.unknown() }),
    /** Reads no item of its upload, and yields none. */
    hold: stream({ input: z.unknown(), upload: z.unknown(), output: z.unknown() }),
  },
  server: {
    said: text,
    tick: z.object({ n: z.number() }),
    asked: request({ input: z.unknown(), output: z.unknown() }),
    list: stream({ input: z.unknown(), output: z.unknown() }),
  },
} as const;

/** Clients without a principal. */
export const open = contract("/open/:room", messages);
/** Clients with a principal: the token, or a name for all who have none. */
export const signed = contract("/signed/:room", messages);
