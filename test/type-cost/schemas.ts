/** The schemas of a chat; their cost is the cost of zod. */
import { z } from "zod";

/** A member of the chat. */
export const Name = z.object({ name: z.string().min(1) });
/** A message of a client. */
export const Text = z.object({ text: z.string().min(1) });
/** How many lines to return. */
export const Limit = z.object({ limit: z.number() });
/** A message that a member receives. */
export const Line = z.object({ from: z.string(), text: z.string() });
/** The history of the chat. */
export const Lines = z.array(Line);
/** An empty input. */
export const Nothing = z.object({});
/** The name of a member who is typing. */
export const Typist = z.string();
/** How many members a full room has. */
export const Capacity = z.object({ capacity: z.number() });
