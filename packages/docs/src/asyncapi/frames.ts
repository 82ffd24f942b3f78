import type { JsonObject } from "../schemas/json.ts";

/** A positive integer. */
const count: JsonObject = { type: "integer", minimum: 1 };
const text: JsonObject = { type: "string" };
const room: JsonObject = { type: "string", maxLength: 200 };

/** The number by which a frame names its call: `q` from the caller, `re` from the callee. */
export type CallNumber = "q" | "re";

/** A message of a contract: the frame that a client without a session reads and writes. */
export interface FrameMessage {
  /** The `t` of the frame. */
  readonly t: string;
  /** The name of the message in the document. */
  readonly name: string;
  /** The fields of the frame besides `t`, with their schemas. */
  readonly fields: JsonObject;
  /** Those that it may lack. */
  readonly optional?: readonly string[];
  /** The field with the number that the frames of a call share. */
  readonly correlation?: CallNumber | undefined;
  /** What the message is. */
  readonly description?: string;
}

/** The Message Object of a frame. Its schema allows more fields: those that a session adds. */
export function frameMessage(frame: FrameMessage): JsonObject {
  const { t, name, fields, optional = [], correlation, description } = frame;
  const required = ["t", ...Object.keys(fields).filter((field) => !optional.includes(field))];
  return {
    name,
    ...(description === undefined ? {} : { description }),
    payload: { type: "object", properties: { t: { const: t }, ...fields }, required },
    ...(correlation === undefined ? {} : { correlationId: { location: `$message.payload#/${correlation}` } }),
  };
}

/** The field of a call's number. */
export const callNumber = (field: CallNumber): JsonObject => ({ [field]: count });

/** How long a caller waits. */
export const deadline: JsonObject = { ...count, description: "How long the caller waits, in ms." };

/** The text that goes with the code of an error. */
export const errorText: JsonObject = text;

/** The field by which the sender of an event asks for its failure. */
export const failureNumber: JsonObject = {
  ...count,
  description: "With this number, an `error` with the same `re` reports that the event has failed.",
};

const eitherNumber: Pick<FrameMessage, "fields" | "optional"> = {
  fields: { q: count, re: count },
  optional: ["q", "re"],
};
const sides = "It has `q` from the caller and `re` from the callee.";

/** The frames that every contract has, or every call. */
export const sharedFrames: Readonly<
  Record<"error" | "end" | "credit" | "cancel" | "refusedPresence", JsonObject>
> = {
  error: frameMessage({
    t: "error",
    name: "error",
    fields: { re: count, code: { type: "string", minLength: 1, maxLength: 128 }, message: text, data: {} },
    optional: ["re", "data"],
    description:
      "The event, request or stream `re` has failed with a code that the contract does not declare: `INVALID`, whose `data` lists the issues, `NOT_FOUND`, `INTERNAL`, `TOO_LARGE`, `INTERRUPTED`, or a code that a handler has thrown. Without `re`, a frame was invalid.",
  }),
  end: frameMessage({
    t: "end",
    name: "end",
    ...eitherNumber,
    description: `No more items follow in the stream. ${sides}`,
  }),
  credit: frameMessage({
    t: "credit",
    name: "credit",
    fields: { q: count, re: count, n: count, b: count },
    optional: ["q", "re"],
    description: `The receiver of this frame may have sent \`n\` items, of \`b\` bytes, since the stream began. Before the first one it may send 16 items, of 262144 bytes. ${sides}`,
  }),
  cancel: frameMessage({
    t: "cancel",
    name: "cancel",
    ...eitherNumber,
    description:
      "With `q`, the caller cancels its call. With `re`, the callee reads no more items of the caller.",
  }),
  refusedPresence: frameMessage({
    t: "presence",
    name: "presence refused",
    fields: { room, code: text, message: text },
    description: "The server has refused the last `presence` of this client in the room.",
  }),
};

/** What a client shows in a room. */
export function presenceFrame(data: JsonObject): JsonObject {
  return frameMessage({
    t: "presence",
    name: "presence",
    fields: { room, data },
    optional: ["data"],
    description:
      "The client follows the members of the room from now on. With `data`, of at most 4096 bytes with its frame, it shows that to them.",
  });
}

/** The members of a room. */
export function membersFrame(data: JsonObject): JsonObject {
  const member: JsonObject = {
    type: "object",
    properties: {
      id: text,
      principal: text,
      state: { enum: ["here", "away"] },
      connections: count,
      data,
    },
    required: ["id", "state", "connections"],
  };
  return frameMessage({
    t: "members",
    name: "members",
    fields: {
      room,
      self: text,
      more: { const: true },
      here: { type: "array", items: member },
      gone: { type: "array", items: text },
    },
    optional: ["self", "more", "gone"],
    description:
      "The members that are new or have changed, and the ids of those that are gone. With `self`, the id of the member that the client is, the members begin anew. With `more` another frame continues this one.",
  });
}
