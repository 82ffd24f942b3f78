import type { JsonObject } from "../schemas/json.ts";

/** What the page shows of an app: a JSON value that is in the page. */
export interface PageData {
  readonly title: string;
  readonly version?: string;
  readonly description?: string;
  /** The paths of the app's HTTP routes: one of them is the page's own. */
  readonly httpPaths: readonly string[];
  /** The WebSocket routes, in the order of their declaration. */
  readonly routes: readonly PageRoute[];
  /** The schemas that others reference, by the keys of `#/components/schemas/`. */
  readonly schemas: Readonly<Record<string, JsonObject>>;
}

/** A WebSocket route. */
export type PageRoute = PageContract | PageSocket;

interface RouteBase {
  /** Names the route in links. */
  readonly key: string;
  /** The path as it was declared: `/chat/:room`. */
  readonly path: string;
  readonly parameters: readonly PageParameter[];
  /** The query's object, with a property for each parameter. */
  readonly query?: JsonObject;
  /** How callers prove who they are: names, and what each one is. */
  readonly security: readonly { readonly name: string; readonly scheme: JsonObject }[];
  /** The largest message that a client may send, in bytes. */
  readonly maxPayload: number;
}

/** A parameter of a path. */
export interface PageParameter {
  readonly name: string;
  readonly optional: boolean;
  /** It takes the rest of the path. */
  readonly rest: boolean;
  readonly schema: JsonObject;
}

/** A route with a contract. */
export interface PageContract extends RouteBase {
  readonly kind: "contract";
  readonly messages: readonly PageMessage[];
  readonly presence?: { readonly by: "principal" | "connection"; readonly data: JsonObject };
}

/** A message of a contract. */
export interface PageMessage {
  /** Names the message in links: `client.post`. */
  readonly key: string;
  readonly name: string;
  readonly from: "client" | "server";
  readonly kind: "event" | "request" | "stream";
  /** What its sender writes. */
  readonly data: PageValue;
  /** The reply of a request, or each item of a stream. */
  readonly output?: PageValue;
  /** Each item that the caller of a stream sends. */
  readonly upload?: PageValue;
  /** The errors that it declares. */
  readonly errors: readonly { readonly code: string; readonly data: PageValue }[];
}

/** A value of a message. */
export interface PageValue {
  readonly schema: JsonObject;
  /** The value may be left out. */
  readonly optional: boolean;
}

/** A raw route. */
export interface PageSocket extends RouteBase {
  readonly kind: "socket";
  readonly receive: PageCodec;
  readonly send: PageCodec;
  /** After how many ms without a message of the client the server closes. */
  readonly idleTimeout?: number;
}

/** How a raw route encodes its messages. */
interface PageCodec {
  readonly contentType: string;
  readonly schema: JsonObject;
}
