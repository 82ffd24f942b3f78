import type { ContractDefinition, Messages, Schema } from "@symbolon/protocol";
import type { RequestDefinition, StreamDefinition } from "@symbolon/protocol/internal";
import type { ContractDescription, RouteDescription, SocketDescription } from "@symbolon/server/describe";
import type { MessageSide, WebSocketRoute } from "../asyncapi/channel.ts";
import { securityOf } from "../asyncapi/options.ts";
import { describeCodec } from "../asyncapi/socket-channel.ts";
import { isJsonObject, type JsonObject, toJson } from "../schemas/json.ts";
import { Keys, pathKey } from "../schemas/keys.ts";
import { acceptsNothing, SchemaWriter } from "../schemas/schema-writer.ts";
import type { DocsPageOptions } from "./options.ts";
import type {
  PageContract,
  PageData,
  PageMessage,
  PageParameter,
  PageRoute,
  PageSocket,
  PageValue,
} from "./page-data.ts";

/** Writes what the page shows of these routes. */
export function writePageData(routes: readonly RouteDescription[], options: DocsPageOptions): PageData {
  const { title = "WebSocket API", version, description, security = {}, convert } = options;
  const writer = new PageWriter(new SchemaWriter(convert), security);
  return {
    title,
    ...(version !== undefined && { version }),
    ...(description !== undefined && { description }),
    httpPaths: routes.filter(({ kind }) => kind === "http").map(({ path }) => path),
    routes: routes.flatMap((route) => (route.kind === "http" ? [] : [writer.route(route)])),
    schemas: writer.schemas.components,
  };
}

class PageWriter {
  readonly schemas: SchemaWriter;
  readonly #security: NonNullable<DocsPageOptions["security"]>;
  readonly #keys = new Keys();

  constructor(schemas: SchemaWriter, security: NonNullable<DocsPageOptions["security"]>) {
    this.schemas = schemas;
    this.#security = security;
  }

  route(route: WebSocketRoute): PageRoute {
    const key = this.#keys.unique(pathKey(route.path));
    return route.kind === "contract" ? this.#contract(key, route) : this.#socket(key, route);
  }

  #contract(key: string, route: ContractDescription): PageContract {
    const definition: ContractDefinition = route.contract.definition;
    const { client = {}, server = {}, presence } = definition;
    return {
      kind: "contract",
      ...this.#base(key, route, definition),
      messages: [...this.#messages(key, "client", client), ...this.#messages(key, "server", server)],
      ...(presence && {
        presence: {
          by: presence.by ?? "principal",
          data: this.schemas.write(presence.data, "input", `${key}.presence`),
        },
      }),
    };
  }

  #socket(key: string, route: SocketDescription): PageSocket {
    const codec = (from: MessageSide, given: Parameters<typeof describeCodec>[1]) => {
      const [contentType, schema] = describeCodec(from, given, (own, direction) =>
        this.schemas.write(own, direction, `${key}.${from}`),
      );
      return { contentType, schema };
    };
    const { receive, send, idleTimeout } = route.options;
    return {
      kind: "socket",
      ...this.#base(key, route, route.schemas),
      receive: codec("client", receive),
      send: codec("server", send),
      ...(idleTimeout !== undefined && { idleTimeout }),
    };
  }

  #base(
    key: string,
    route: WebSocketRoute,
    { params, query }: { readonly params?: Schema | undefined; readonly query?: Schema | undefined },
  ): Omit<PageContract, "kind" | "messages" | "presence"> {
    const written = params && this.schemas.write(params, "input", `${key}.params`);
    return {
      key,
      path: route.path,
      parameters: route.parameters.map((parameter): PageParameter => {
        const properties = written?.["properties"];
        const own = isJsonObject(properties) ? properties[parameter.name] : undefined;
        return { ...parameter, schema: isJsonObject(own) ? own : { type: "string" } };
      }),
      ...(query && { query: this.schemas.write(query, "input", `${key}.query`) }),
      security: securityOf(route, this.#security).map((name) => ({
        name,
        scheme: toJson(this.#security[name]?.scheme ?? {}) as JsonObject,
      })),
      maxPayload: route.maxPayload,
    };
  }

  #messages(route: string, from: MessageSide, messages: Messages): PageMessage[] {
    return Object.entries(messages).map(([name, message]): PageMessage => {
      const key = `${from}.${name}`;
      const place = `${route}.${key}`;
      if ("~standard" in message)
        return { key, name, from, kind: "event", data: this.#value(message, place), errors: [] };
      const definition: RequestDefinition & Pick<StreamDefinition, "upload"> = message.definition;
      const { input, output, upload, errors = {} } = definition;
      return {
        key,
        name,
        from,
        kind: message.t,
        data: this.#value(input, place),
        output: this.#value(output, `${place}.output`),
        ...(upload && { upload: this.#value(upload, `${place}.upload`) }),
        errors: Object.entries(errors).map(([code, schema]) => ({
          code,
          data: this.#value(schema, `${place}.${code}`),
        })),
      };
    });
  }

  /** The receiver applies the schema, so the wire has its input, in both directions. */
  #value(schema: Schema, place: string): PageValue {
    return { schema: this.schemas.write(schema, "input", place), optional: acceptsNothing(schema) };
  }
}
