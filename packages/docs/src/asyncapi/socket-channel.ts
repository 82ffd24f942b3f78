import { bool, bytes, type Codec, int, type Schema, text } from "@symbolon/protocol";
import type { SocketDescription } from "@symbolon/server/describe";
import type { Channel, MessageSide } from "./channel.ts";
import type { JsonObject } from "../schemas/json.ts";
import { type SchemaDirection, unknownSchema } from "../schemas/schema-writer.ts";

type AnyCodec = Codec<never, unknown>;

/** The codecs of symbolon without a schema: what their messages are. */
const knownCodecs = new Map<AnyCodec, readonly [contentType: string, payload: JsonObject]>([
  [text, ["text/plain", { type: "string" }]],
  [int, ["text/plain", { type: "integer" }]],
  [bool, ["text/plain", { type: "boolean" }]],
  [bytes, ["application/octet-stream", { type: "string", format: "binary" }]],
]);

const withoutCodec = {
  client: "The route declares no codec: it receives texts and bytes as they are.",
  server: "The route declares no codec: it sends texts and bytes as they are, and other values as JSON.",
} as const;

/** Writes the channel of a raw route, and adds its operations. */
export function writeSocket(channel: Channel, route: SocketDescription): JsonObject {
  const { receive, send, idleTimeout } = route.options;
  addMessage(channel, "client", receive);
  addMessage(channel, "server", send);
  const description = ["A raw WebSocket route: each message is a value, without an envelope."];
  if (idleTimeout === undefined) return channel.write(route.schemas, description, {});
  description.push(`The server closes with 1001 when the client has sent no message for ${idleTimeout} ms.`);
  return channel.write(route.schemas, description, { "x-symbolon-idle-timeout": idleTimeout });
}

function addMessage(channel: Channel, from: MessageSide, codec: AnyCodec | undefined): void {
  const [contentType, payload] = describeCodec(from, codec, (schema, direction) =>
    channel.schema(schema, direction, `${from}.message`),
  );
  const name = "message";
  const message = channel.message(`${from}.${name}`, {
    name,
    contentType,
    payload,
    "x-symbolon-websocket-message": codec?.type ?? "any",
  });
  channel.operation({ name, from, messages: [message] });
}

/** The media type of a codec's messages, and their JSON Schema; `write` writes the schema of the codec, if it has one. */
export function describeCodec(
  from: MessageSide,
  codec: AnyCodec | undefined,
  write: (schema: Schema, direction: SchemaDirection) => JsonObject,
): readonly [contentType: string, payload: JsonObject] {
  if (codec === undefined) return ["application/octet-stream", unknownSchema(withoutCodec[from])];
  const known = knownCodecs.get(codec);
  if (known !== undefined) return known;
  const { type, schema } = codec;
  const { contentType = type === "text" ? "text/plain" : "application/octet-stream" } = codec;
  if (schema === undefined) return [contentType, unknownSchema("The codec of the route declares no schema.")];
  // The codec applies its schema to what it reads and to what it writes.
  return [contentType, write(schema, from === "client" ? "input" : "output")];
}
