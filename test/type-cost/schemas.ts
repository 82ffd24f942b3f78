/** The schemas of a chat, which cost what their own library makes of them. */
import { z } from "zod";

export const Name = z.object({ name: z.string().min(1) });
export const Text = z.object({ text: z.string().min(1) });
export const Limit = z.object({ limit: z.number() });
export const Line = z.object({ from: z.string(), text: z.string() });
export const Lines = z.array(Line);
export const Nothing = z.object({});
export const Typist = z.string();
export const Seats = z.object({ seats: z.number() });
