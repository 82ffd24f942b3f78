export { asyncapi } from "./asyncapi/asyncapi.ts";
export type { AsyncApiOptions, SecurityDeclaration } from "./asyncapi/options.ts";
export type { AsyncApiDocument } from "./asyncapi/document.ts";
export type { JsonObject, JsonValue } from "./schemas/json.ts";
export type { ConvertSchema, SchemaDirection } from "./schemas/schema-writer.ts";
export { docsPage } from "./page/docs-page.ts";
export type { DocsPageOptions } from "./page/options.ts";
