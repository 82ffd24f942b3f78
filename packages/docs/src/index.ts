export { asyncapi } from "./asyncapi/asyncapi.ts";
export type { AsyncApiOptions, SecurityDeclaration } from "./asyncapi/options.ts";
export type { AsyncApiDocument } from "./asyncapi/document.ts";
export type { JsonObject, JsonValue } from "./asyncapi/json.ts";
export type { ConvertSchema, SchemaDirection } from "./asyncapi/schema-writer.ts";
