import type { ContractDefinition, Messages, Schema } from "@symbolon/protocol";
import type { RequestDefinition, StreamDefinition } from "@symbolon/protocol/internal";
import type { ContractDescription } from "@symbolon/server/describe";
import type { Channel, MessageSide } from "./channel.ts";
import {
  type CallNumber,
  callNumber,
  deadline,
  errorText,
  failureNumber,
  frameMessage,
  membersFrame,
  presenceFrame,
  sharedFrames,
} from "./frames.ts";
import type { JsonObject } from "../schemas/json.ts";
import { acceptsNothing } from "../schemas/schema-writer.ts";

const json = "symbolon.v1.json";

const plainMode =
  "A contract of symbolon. The messages are those of a client that offers no subprotocol: frames in JSON, in text messages. A client that offers one of `x-symbolon-subprotocols` has a session instead: it survives its connections, numbers the same frames and has frames of its own. PROTOCOL.md of symbolon describes them.";

/** Writes the channel of a contract, and adds its operations. */
export function writeContract(channel: Channel, route: ContractDescription): JsonObject {
  const definition: ContractDefinition = route.contract.definition;
  const writer = new ContractWriter(channel);
  writer.messages("client", definition.client ?? {});
  writer.messages("server", definition.server ?? {});
  writer.callFrames();
  if (definition.presence !== undefined) writer.presence(definition.presence.data);
  const others = route.subprotocols.filter((protocol) => protocol !== json);
  const description = [
    plainMode,
    ...(others.length > 0
      ? [
          `With ${others.map((each) => `\`${each}\``).join(" or ")} frames may have values that JSON does not carry.`,
        ]
      : []),
    ...(definition.presence !== undefined
      ? [
          `A session in a room knows the other members: one for each ${definition.presence.by ?? "principal"}.`,
        ]
      : []),
  ];
  return channel.write({ params: definition.params, query: definition.query }, description, {
    "x-symbolon-subprotocols": route.subprotocols,
    ...(definition.presence && { "x-symbolon-presence": definition.presence.by ?? "principal" }),
  });
}

/** The frames of calls that one side sends outside of operations of its own. */
interface OtherFrames {
  error: boolean;
  cancel: boolean;
  credit: boolean;
}

const other = { client: "server", server: "client" } as const;

class ContractWriter {
  readonly #channel: Channel;
  readonly #others: Record<MessageSide, OtherFrames> = {
    client: { error: false, cancel: false, credit: false },
    server: { error: true, cancel: false, credit: false },
  };

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Adds the messages that one side may send. */
  messages(from: MessageSide, messages: Messages): void {
    for (const [name, message] of Object.entries(messages)) {
      if ("~standard" in message) this.#event(from, name, message);
      else if (message.t === "request") this.#request(from, name, message.definition);
      else this.#stream(from, name, message.definition);
      this.#others[other[from]].error = true;
    }
  }

  #event(from: MessageSide, name: string, schema: Schema): void {
    const key = `${from}.${name}`;
    const { data, optional } = this.#data(schema, key);
    const message = this.#channel.message(
      key,
      frameMessage({
        t: "event",
        name,
        fields: { name: { const: name }, data, q: failureNumber },
        optional: [...optional, "q"],
      }),
    );
    this.#channel.operation({ name, from, messages: [message] });
  }

  #request(from: MessageSide, name: string, definition: RequestDefinition): void {
    const call = this.#call(from, name, "request", definition.input);
    const { data, optional } = this.#data(definition.output, `${from}.${name}.reply`);
    const reply = this.#channel.message(
      `${from}.${name}.reply`,
      frameMessage({
        t: "reply",
        name: `${name} reply`,
        fields: { ...callNumber("re"), data },
        optional,
        correlation: "re",
      }),
    );
    this.#others[from].cancel = true;
    this.#channel.operation({
      name,
      from,
      messages: [call],
      reply: [reply, ...this.#errors(from, name, definition)],
      more: { description: "A request: it has one reply, or an error." },
    });
  }

  #stream(from: MessageSide, name: string, definition: StreamDefinition): void {
    const { upload } = definition;
    const call = this.#call(from, name, "stream", definition.input);
    const item = this.#item(from, name, definition.output, "item", "re");
    const end = this.#channel.shared("frame.end", sharedFrames.end);
    const uploaded = upload === undefined ? [] : [this.#item(from, name, upload, "upload", "q"), end];
    Object.assign(this.#others[from], { cancel: true, credit: true });
    if (upload !== undefined) Object.assign(this.#others[other[from]], { cancel: true, credit: true });
    const sends = upload === undefined ? "" : " The caller sends items too, and `end` after the last one.";
    this.#channel.operation({
      name,
      from,
      messages: [call, ...uploaded],
      reply: [item, end, ...this.#errors(from, name, definition)],
      more: {
        description: `A stream: the reply is many items, until \`end\` or an error.${sends}`,
        "x-symbolon-stream": true,
      },
    });
  }

  /** The frames that keep calls going: one operation for those of each side. */
  callFrames(): void {
    for (const from of ["client", "server"] as const) {
      const names = (["error", "cancel", "credit"] as const).filter((name) => this.#others[from][name]);
      if (names.length === 0) continue;
      this.#channel.operation({
        name: "frames",
        from,
        messages: names.map((name) => this.#channel.shared(`frame.${name}`, sharedFrames[name])),
        more: { description: "What events, requests and streams need besides." },
      });
    }
  }

  /** Adds what clients show of themselves: a schema makes its output of what they set. */
  presence(data: Schema): void {
    const inSession = { description: "In a session alone.", "x-symbolon-session": true };
    const set = this.#channel.schema(data, "input", "presence");
    const shown = this.#channel.schema(data, "output", "members");
    const presence = this.#channel.message("frame.presence", presenceFrame(set));
    const members = this.#channel.message("frame.members", membersFrame(shown));
    const refused = this.#channel.message("frame.presence.refused", sharedFrames.refusedPresence);
    this.#channel.operation({
      name: "frame.presence",
      from: "client",
      messages: [presence],
      more: inSession,
    });
    this.#channel.operation({
      name: "frame.members",
      from: "server",
      messages: [members, refused],
      more: inSession,
    });
  }

  #call(from: MessageSide, name: string, t: "request" | "stream", input: Schema): JsonObject {
    const { data, optional } = this.#data(input, `${from}.${name}`);
    return this.#channel.message(
      `${from}.${name}`,
      frameMessage({
        t,
        name,
        fields: { ...callNumber("q"), name: { const: name }, data, deadline },
        optional: [...optional, "deadline"],
        correlation: "q",
      }),
    );
  }

  #item(
    from: MessageSide,
    name: string,
    schema: Schema,
    what: "item" | "upload",
    number: CallNumber,
  ): JsonObject {
    const key = `${from}.${name}.${what}`;
    const { data, optional } = this.#data(schema, key);
    return this.#channel.message(
      key,
      frameMessage({
        t: "next",
        name: `${name} ${what}`,
        fields: { ...callNumber(number), data },
        optional,
        correlation: number,
      }),
    );
  }

  /** The errors of a call: those that the contract declares, and all others. */
  #errors(
    from: MessageSide,
    name: string,
    { errors = {} }: RequestDefinition | StreamDefinition,
  ): JsonObject[] {
    const declared = Object.entries(errors).map(([code, schema]) => {
      const key = `${from}.${name}.error.${code}`;
      const { data, optional } = this.#data(schema, key);
      return this.#channel.message(
        key,
        frameMessage({
          t: "error",
          name: `${name} error ${code}`,
          fields: { ...callNumber("re"), code: { const: code }, message: errorText, data },
          optional,
          correlation: "re",
        }),
      );
    });
    return [...declared, this.#channel.shared("frame.error", sharedFrames.error)];
  }

  /** The data of a frame: the receiver applies the schema, so the frame has its input. This holds for both directions. */
  #data(schema: Schema, key: string): { readonly data: JsonObject; readonly optional: readonly string[] } {
    const data = this.#channel.schema(schema, "input", key);
    return { data, optional: acceptsNothing(schema) ? ["data"] : [] };
  }
}
