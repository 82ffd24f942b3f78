/** What may be said in the chat, and by whom: the page and the server both import this file. */
import { contract } from "@symbolon/protocol";
import * as z from "zod/mini";

/** How long a line may be, in characters. */
export const longestText = 500;

/** A person's name: short, one line, and without characters that reorder or hide text. */
export const Name = z
  .string()
  .check(
    z.trim(),
    z.minLength(1, "Please choose a name"),
    z.maxLength(24, "A name has at most 24 characters"),
    z.regex(/^[^\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]*$/u, "A name is one line of plain text"),
  );

/** The name of a room, as it stands in the page's address. */
export const RoomName = z
  .string()
  .check(
    z.trim(),
    z.minLength(1, "Please choose a room"),
    z.maxLength(40, "A room has at most 40 characters"),
    z.regex(/^[^\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]*$/u, "A room is one line of plain text"),
  );

/** What one person writes. */
export const Text = z
  .string()
  .check(
    z.minLength(1, "There is nothing to send"),
    z.maxLength(longestText, `A message has at most ${longestText} characters`),
    z.regex(/\S/, "There is nothing to send"),
  );

/** The id that the writer gave to a line: whoever sees it twice keeps one. */
const Id = z.string().check(z.minLength(1), z.maxLength(64));

const Line = z.object({ id: Id, from: Name, text: Text, at: z.number() });

/** A line as everyone sees it; `at` is in milliseconds since 1970. */
export type Line = z.output<typeof Line>;

const Person = z.object({ name: Name });

/** A chat room: `/chat/lobby?name=Ada`. */
export const chat = contract("/chat/:room", {
  params: z.object({ room: RoomName }),
  query: Person,
  client: {
    say: z.object({ id: Id, text: Text }),
  },
  server: {
    entered: z.object({ lines: z.array(Line), people: z.array(Name) }),
    joined: Person,
    left: Person,
    message: Line,
  },
});
