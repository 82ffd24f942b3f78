import type { App } from "@symbolon/server";
import { describeApp } from "@symbolon/server/describe";
import { Channel, type Draft } from "./channel.ts";
import { writeContract } from "./contract-channel.ts";
import type { AsyncApiDocument } from "./document.ts";
import { type JsonObject, toJson } from "../schemas/json.ts";
import { Keys } from "../schemas/keys.ts";
import { type AsyncApiOptions, checkAsyncApiOptions, securityOf } from "./options.ts";
import { SchemaWriter } from "../schemas/schema-writer.ts";
import { writeSocket } from "./socket-channel.ts";

/**
 * Describes every contract and every raw WebSocket route of an app, those of mounted apps too, as an AsyncAPI 3.0 document.
 * What the server receives is a `receive` operation, what it sends a `send` operation. A value without a known
 * JSON Schema has the mark `x-symbolon-unknown`, and the reason as its description.
 * @throws TypeError for an app that `createApp` has not made, for an unknown option and for one that cannot be.
 * @example
 *   const document = asyncapi(app, { title: "Chat", version: "1.0.0" });
 *   app.http("/asyncapi.json", () => Response.json(document));
 */
export function asyncapi(app: Pick<App, "fetch" | "handshake">, options: AsyncApiOptions): AsyncApiDocument {
  const described = describeApp(app);
  checkAsyncApiOptions(options, described);
  const { title, version, description, servers, security = {}, convert } = options;
  const draft: Draft = {
    schemas: new SchemaWriter(convert),
    channelKeys: new Keys(),
    operationKeys: new Keys(),
    operations: {},
  };
  const channels: Record<string, JsonObject> = {};
  for (const route of described) {
    if (route.kind === "http") continue; // AsyncAPI describes messages
    const names = securityOf(route, security);
    const references = names.map((name) => ({ $ref: `#/components/securitySchemes/${name}` }));
    const channel = new Channel(draft, route, references);
    channels[channel.key] =
      route.kind === "contract" ? writeContract(channel, route) : writeSocket(channel, route);
  }
  const components = {
    ...part("schemas", draft.schemas.components),
    ...part(
      "securitySchemes",
      mapValues(security, ({ scheme }) => scheme),
    ),
  };
  const document: AsyncApiDocument = {
    asyncapi: "3.0.0",
    info: { title, version, ...(description === undefined ? {} : { description }) },
    defaultContentType: "application/json",
    ...part(
      "servers",
      mapValues(servers ?? {}, (server) => server),
    ),
    channels,
    operations: draft.operations,
    ...part("components", components),
  };
  return toJson(document) as JsonObject & AsyncApiDocument;
}

function mapValues<Value>(
  values: Readonly<Record<string, Value>>,
  map: (value: Value) => object,
): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, toJson(map(value)) as JsonObject]),
  );
}

/** A field of the document, unless it would be empty. */
function part<Name extends string, Value extends object>(
  name: Name,
  value: Value,
): { readonly [N in Name]?: Value } {
  return Object.keys(value).length > 0 ? ({ [name]: value } as { readonly [N in Name]: Value }) : {};
}
