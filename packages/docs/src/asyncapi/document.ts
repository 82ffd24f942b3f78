import type { JsonObject } from "../schemas/json.ts";

/** An AsyncAPI 3.0 document: a plain JSON value. */
export interface AsyncApiDocument {
  /** The version of AsyncAPI. */
  readonly asyncapi: "3.0.0";
  /** The title and the version of the app, and its description. */
  readonly info: JsonObject & { readonly title: string; readonly version: string };
  /** The media type of messages that name no other. */
  readonly defaultContentType: "application/json";
  /** Where the app is served. */
  readonly servers?: Readonly<Record<string, JsonObject>>;
  /** The paths, with the messages on each, by key. */
  readonly channels: Readonly<Record<string, JsonObject>>;
  /** What the server receives and sends, by key. */
  readonly operations: Readonly<Record<string, JsonObject>>;
  /** Schemas with references, and security schemes. */
  readonly components?: JsonObject;
}
