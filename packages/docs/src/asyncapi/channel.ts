import type { Schema } from "@symbolon/protocol";
import type { ContractDescription, PathParameter, SocketDescription } from "@symbolon/server/describe";
import { isJsonObject, type JsonObject, type JsonValue, present } from "../schemas/json.ts";
import { Keys, pathKey } from "../schemas/keys.ts";
import type { SchemaWriter } from "../schemas/schema-writer.ts";

/** A WebSocket route, as `describeApp` gives it. */
export type WebSocketRoute = ContractDescription | SocketDescription;

/** What the parts of a document share while they are written. */
export interface Draft {
  readonly schemas: SchemaWriter;
  readonly channelKeys: Keys;
  readonly operationKeys: Keys;
  readonly operations: Record<string, JsonObject>;
}

/** Who sends a message, or acts: from the server the client's messages are received. */
export type MessageSide = "client" | "server";

/** An operation, without what all operations of a channel have. */
export interface Operation {
  /** Its name within the channel. */
  readonly name: string;
  /** Who sends its messages. */
  readonly from: MessageSide;
  /** Its messages, as `message` and `shared` return them. */
  readonly messages: readonly JsonObject[];
  /** The messages of the answer. */
  readonly reply?: readonly JsonObject[] | undefined;
  /** More fields. */
  readonly more?: JsonObject;
}

/** A channel of the document: a path, its messages and its operations. */
export class Channel {
  readonly key: string;
  readonly #draft: Draft;
  readonly #route: WebSocketRoute;
  readonly #security: readonly JsonObject[];
  readonly #messages: Record<string, JsonObject> = {};
  readonly #messageKeys = new Keys();
  readonly #shared = new Map<string, JsonObject>();

  constructor(draft: Draft, route: WebSocketRoute, security: readonly JsonObject[]) {
    this.#draft = draft;
    this.#route = route;
    this.#security = security;
    this.key = draft.channelKeys.unique(pathKey(route.path));
  }

  /** Writes a schema of this channel. */
  schema(schema: Schema, direction: "input" | "output", name: string): JsonObject {
    return this.#draft.schemas.write(schema, direction, `${this.key}.${name}`);
  }

  /** Adds a message. @returns a reference to it. */
  message(name: string, message: JsonObject): JsonObject {
    const key = this.#messageKeys.unique(name);
    this.#messages[key] = message;
    return { $ref: `#/channels/${this.key}/messages/${key}` };
  }

  /** Adds a message that several operations have, once. @returns a reference to it. */
  shared(name: string, message: JsonObject): JsonObject {
    const reference = this.#shared.get(name) ?? this.message(name, message);
    this.#shared.set(name, reference);
    return reference;
  }

  /** Adds an operation. */
  operation({ name, from, messages, reply, more = {} }: Operation): void {
    const channel = { $ref: `#/channels/${this.key}` };
    const action = from === "client" ? "receive" : "send";
    this.#draft.operations[this.#draft.operationKeys.unique(`${this.key}.${action}.${name}`)] = present({
      action,
      channel,
      title: name,
      ...more,
      messages,
      reply: reply && { channel, messages: reply },
      security: this.#security.length > 0 ? this.#security : undefined,
    });
  }

  /** The Channel Object. `more` are fields of this kind of route. */
  write(schemas: UrlSchemas, description: readonly string[], more: JsonObject): JsonObject {
    const { path, parameters, kind, maxPayload } = this.#route;
    const { query, headers, cookies } = schemas;
    const ws = present({
      method: "GET",
      query: query && asObjectSchema(this.schema(query, "input", "query")),
      headers: headers && asObjectSchema(this.schema(headers, "input", "headers")),
      bindingVersion: "0.1.0",
    });
    return present({
      address: path.replaceAll(/[:*]([^/?]+)\??/g, "{$1}"),
      title: path,
      description: [...description, `A message to the server has at most ${maxPayload} bytes.`].join("\n\n"),
      messages: this.#messages,
      parameters: parameters.length > 0 ? this.#parameters(schemas.params) : undefined,
      bindings: { ws },
      "x-symbolon-kind": kind,
      "x-symbolon-max-payload": maxPayload,
      "x-symbolon-cookies": cookies && this.schema(cookies, "input", "cookies"),
      ...more,
    });
  }

  #parameters(params: Schema | undefined): JsonObject {
    const schema = params && this.schema(params, "input", "params");
    const entries = this.#route.parameters.map((parameter) => [
      parameter.name,
      describeParameter(parameter, schema),
    ]);
    return Object.fromEntries(entries) as JsonObject;
  }
}

/** The schemas of a handshake. */
export interface UrlSchemas {
  readonly params?: Schema | undefined;
  readonly query?: Schema | undefined;
  readonly headers?: Schema | undefined;
  readonly cookies?: Schema | undefined;
}

/** AsyncAPI's parameters are texts without a schema: an extension has it. `params` is the schema of all of them. */
function describeParameter(
  { name, optional, rest }: PathParameter,
  params: JsonObject | undefined,
): JsonObject {
  const properties = params?.["properties"];
  const own = isJsonObject(properties) ? properties[name] : undefined;
  const schema = own ?? params;
  const { description, enum: values, default: fallback } = isJsonObject(own) ? own : ({} as JsonObject);
  const sentences = [
    typeof description === "string" ? description : undefined,
    rest ? "All that follows in the path, with its slashes." : undefined,
    optional ? "The path may end before it." : undefined,
    schema !== undefined && own === undefined
      ? "`x-symbolon-schema` describes all parameters together."
      : undefined,
  ].filter((sentence) => sentence !== undefined);
  return present({
    description: sentences.length > 0 ? sentences.join(" ") : undefined,
    enum: isTexts(values) ? values : undefined,
    default: typeof fallback === "string" ? fallback : undefined,
    "x-symbolon-schema": schema,
    "x-symbolon-optional": optional ? true : undefined,
    "x-symbolon-rest": rest ? true : undefined,
  });
}

function isTexts(values: JsonValue | undefined): values is readonly string[] {
  return Array.isArray(values) && values.every((value) => typeof value === "string");
}

/** The binding demands an object with `properties`; the schema may be a union, a reference, or unknown. */
function asObjectSchema(schema: JsonObject): JsonObject {
  if (schema["type"] === "object" && isJsonObject(schema["properties"])) return schema;
  if (schema["x-symbolon-unknown"] === true) return { type: "object", properties: {}, ...schema };
  return { type: "object", properties: {}, allOf: [schema] };
}
