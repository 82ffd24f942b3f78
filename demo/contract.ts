/** The chat's contract: the messages that the page and the server exchange. Both import this file. */
import { contract, request, stream } from "@symbolon/protocol";
import { msgpack } from "@symbolon/protocol/msgpack";
import * as z from "zod/mini";
import { pictureType, pictureTypes } from "./picture-type.ts";

/** The longest text of a chat message, in characters. */
export const maxTextLength = 500;

/** The largest picture, in bytes. */
export const maxPictureBytes = 256 * 1024;

/** How many chat messages a person sees after joining, and the most that one `history` request returns. */
export const pageSize = 50;

/** A person's name: short, one line, and without characters that reorder or hide text. */
export const Name = z
  .string()
  .check(
    z.trim(),
    z.minLength(1, "Please choose a name"),
    z.maxLength(24, "A name has at most 24 characters"),
    z.regex(/^[^\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]*$/u, "A name is one line of plain text"),
  );

/** The name of a room. The page's address contains it. */
export const RoomName = z
  .string()
  .check(
    z.trim(),
    z.minLength(1, "Please choose a room"),
    z.maxLength(40, "A room has at most 40 characters"),
    z.regex(/^[^\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]*$/u, "A room is one line of plain text"),
  );

/** The text of a chat message. */
export const Text = z
  .string()
  .check(
    z.minLength(1, "There is nothing to send"),
    z.maxLength(maxTextLength, `A message has at most ${maxTextLength} characters`),
    z.regex(/\S/, "There is nothing to send"),
  );

/** The sender's page chooses the id of a chat message. A server that was killed recognises a repeated message by it. */
const MessageId = z.string().check(z.minLength(1), z.maxLength(64));

/** The bytes of a picture file. The schema reads the file's type from its first bytes. */
export const PictureBytes = z.instanceof(Uint8Array).check(
  z.refine((bytes) => bytes.length <= maxPictureBytes, {
    error: `A picture has at most ${maxPictureBytes / 1024} KiB`,
    abort: true,
  }),
  z.refine((bytes) => pictureType(bytes) !== undefined, "Only PNG, JPEG, GIF and WebP pictures can be sent"),
);

const Pixels = z.int().check(z.positive(), z.maximum(100_000));

/** The sender's page measures the picture, so that other pages can reserve its space before they load it. */
const PictureSize = z.object({ width: Pixels, height: Pixels });

/** The width and height of a picture, in pixels. */
export type PictureSize = z.output<typeof PictureSize>;

const NewMessage = z.object({
  id: MessageId,
  text: Text,
  picture: z.optional(z.extend(PictureSize, { bytes: PictureBytes })),
});

/** A chat message as its sender's page sends it. The text of a message with a picture is the picture's name. */
export type NewMessage = z.output<typeof NewMessage>;

/** A chat message before its page has chosen an id. */
export type MessageDraft = Omit<NewMessage, "id">;

const ChatMessage = z.object({
  id: MessageId,
  from: Name,
  text: Text,
  at: z.number(),
  picture: z.optional(z.extend(PictureSize, { type: z.enum(pictureTypes) })),
});

/**
 * A chat message as the server sends it to everyone in the room; `at` is in ms since 1970. The bytes of its picture are
 * not included: pages ask for them with the request `picture`.
 */
export type ChatMessage = z.output<typeof ChatMessage>;

const HistoryPage = z.object({ messages: z.array(ChatMessage), hasEarlier: z.boolean() });

/** Consecutive chat messages, and whether the server has earlier ones. */
export type HistoryPage = z.output<typeof HistoryPage>;

const Person = z.object({ name: Name });

/** A person who has joined or left, and the names of all people in the room since then. */
const PeopleChange = z.extend(Person, { people: z.array(Name) });

const ChatNode = z.object({ number: z.int(), count: z.int() });

/** One of several servers of the chat: its number, from 1, and how many there are. */
export type ChatNode = z.output<typeof ChatNode>;

/** The contract of a chat room, for example `/chat/lobby?name=Ada`. */
export const chat = contract("/chat/:room", {
  codec: msgpack, // JSON cannot carry the bytes of a picture
  params: z.object({ room: RoomName }),
  query: Person,
  client: {
    /** Sends a chat message to the room. */
    post: NewMessage,
    /** Reports whether this person is typing. The page repeats `true` every few seconds while the person types. */
    writing: z.boolean(),
    /** The names of the other people who are typing: now, and after each change. */
    typing: stream({ input: z.null(), output: z.array(Name) }),
    /** The chat messages before the one with the id `before`. */
    history: request({
      input: z.object({ before: MessageId, limit: z.int().check(z.positive(), z.maximum(pageSize)) }),
      output: HistoryPage,
      /** The server no longer has that message. `oldest` is the time of the oldest message that it has. */
      errors: { GONE: z.object({ oldest: z.optional(z.number()) }) },
    }),
    /** The picture of the chat message with this id. */
    picture: request({
      input: z.object({ id: MessageId }),
      output: PictureBytes,
      /** The server no longer has that picture. */
      errors: { GONE: z.null() },
    }),
  },
  server: {
    /** This person has joined: the newest chat messages. */
    entered: HistoryPage,
    /**
     * A person has joined, perhaps this one. `returning`: the others still see that person in the room, so the pages show no
     * notice. The messages of a room have one order, so the newest `people` are right; there is no order between them and
     * `entered`.
     */
    joined: z.extend(PeopleChange, { returning: z.optional(z.boolean()) }),
    /** Another person has left. */
    left: PeopleChange,
    /** A person in the room has sent a chat message. */
    message: ChatMessage,
    /** The node that this page is connected to, and how many there are. A demo with one server does not send it. */
    node: ChatNode,
  },
});
