/** What may be said in the chat, and by whom: the page and the server both import this file. */
import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod/mini";
import { pictureType, pictureTypes } from "./picture-type.ts";

/** How long a line may be, in characters. */
export const longestText = 500;

/** How large a picture may be, in bytes. */
export const largestPicture = 256 * 1024;

/** How many lines are shown to who comes in, and at most asked for at once. */
export const pageLength = 50;

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

/** The id that the writer gave to a line: the server may handle it again when it was killed, and it stays one line. */
const Id = z.string().check(z.minLength(1), z.maxLength(64));

/** The file of a picture: what it is, its own first bytes say. */
export const PictureBytes = z.instanceof(Uint8Array).check(
  z.refine((bytes) => bytes.length <= largestPicture, {
    error: `A picture has at most ${largestPicture / 1024} KiB`,
    abort: true,
  }),
  z.refine((bytes) => pictureType(bytes) !== undefined, "Only PNG, JPEG, GIF and WebP pictures can be sent"),
);

const Side = z.int().check(z.positive(), z.maximum(100_000));

/** How wide and high a picture is, in pixels, as its sender says: room is kept for it while it is on its way. */
const Size = z.object({ width: Side, height: Side });

const Picture = z.extend(Size, { type: z.enum(pictureTypes) });

/** What a line shows beside its text, which says what the picture is called; its bytes are asked for by the line's id. */
export type Picture = z.output<typeof Picture>;

const Said = z.object({
  id: Id,
  text: Text,
  picture: z.optional(z.extend(Size, { bytes: PictureBytes })),
});

/** A line as its writer says it. */
export type Said = z.output<typeof Said>;

const Line = z.object({ id: Id, from: Name, text: Text, at: z.number(), picture: z.optional(Picture) });

/** A line as everyone sees it; `at` is in milliseconds since 1970. */
export type Line = z.output<typeof Line>;

const Page = z.object({ lines: z.array(Line), more: z.boolean() });

/** Lines that stand one below the other, and whether there are more above them. */
export type Page = z.output<typeof Page>;

const Person = z.object({ name: Name });

/** A chat room: `/chat/lobby?name=Ada`. */
export const chat = contract("/chat/:room", {
  params: z.object({ room: RoomName }),
  query: Person,
  client: {
    say: Said,
    /** Whether one is writing something, again every few seconds while one is. */
    writing: z.boolean(),
    /** The names of the others who are writing, now and whenever that changes. */
    typing: stream({ input: z.null(), output: z.array(Name) }),
    /** The lines above the one with the id `before`. */
    history: request({
      input: z.object({ before: Id, limit: z.int().check(z.positive(), z.maximum(pageLength)) }),
      output: Page,
      /** That line is not kept any more; the oldest that is, if any, was said at `oldest`. */
      errors: { FORGOTTEN: z.object({ oldest: z.optional(z.number()) }) },
    }),
    /** The picture of the line with that id. */
    picture: request({
      input: z.object({ id: Id }),
      output: PictureBytes,
      errors: { FORGOTTEN: z.null() },
    }),
  },
  server: {
    entered: z.extend(Page, { people: z.array(Name) }),
    /** `quietly`: it was here all along, only the server was not. */
    joined: z.extend(Person, { quietly: z.optional(z.boolean()) }),
    left: Person,
    message: Line,
  },
});
