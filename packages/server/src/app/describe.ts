import type { AnyContract } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import type { RouteSchemas } from "../request/context.ts";
import type { AnyHook } from "../request/hook.ts";
import { definedOptions, type SocketOptions } from "../socket/socket-options.ts";
import { internalsOf, withoutStateHooks } from "./app.ts";
import { type PathParameter, pathParameters, samplePath } from "./path-pattern.ts";
import { codecsOf, type SocketRoute } from "./route.ts";
import type { App } from "./types.ts";

export type { AnyHook } from "../request/hook.ts";
export type { PathParameter } from "./path-pattern.ts";

/** What the descriptions of all routes have. */
interface DescribedPath {
  /** The path as it was declared, with the prefixes of its mounts: `/v1/items/:id`. */
  readonly path: string;
  /** The parameters of the path, in order. */
  readonly parameters: readonly PathParameter[];
  /** The hooks that run first, in order: the same functions that `use` and `group` got. */
  readonly hooks: readonly AnyHook[];
}

/** The description of a route that `implement` has declared. */
export interface ContractDescription extends DescribedPath {
  readonly kind: "contract";
  /** The contract. */
  readonly contract: AnyContract;
  /** The subprotocols of its sessions, the best first. */
  readonly subprotocols: readonly string[];
  /** The largest message that a client may send, in bytes. */
  readonly maxPayload: number;
}

/** The description of a route that `ws` has declared. */
export interface SocketDescription extends DescribedPath {
  readonly kind: "socket";
  /** The schemas of the request. */
  readonly schemas: RouteSchemas;
  /** How it reads and writes, with what its app, its view and the mounts set. */
  readonly options: Omit<SocketOptions, "maxPayload">;
  /** The largest message that a client may send, in bytes. */
  readonly maxPayload: number;
}

/** The description of a route that `http` has declared. */
export interface HttpDescription extends DescribedPath {
  readonly kind: "http";
}

/** The description of a route, by its `kind`. */
export type RouteDescription = ContractDescription | SocketDescription | HttpDescription;

/**
 * Describes the routes of an app, and of the apps that are mounted in it, for documents: first the WebSocket routes, then those
 * of HTTP, each as they were declared. A route that no request reaches, since another one has its path, is not among them.
 * @throws TypeError when `createApp` of this copy of the package has not made the app.
 * @example
 *   for (const { kind, path } of describeApp(app)) console.log(kind, path);
 */
export function describeApp(app: Pick<App, "fetch" | "handshake">): readonly RouteDescription[] {
  const { routes, options } = internalsOf(app, "describeApp");
  const sockets = routes.patterns("socket").flatMap((path) => {
    const found = routes.socketAt(samplePath(path));
    return found?.pattern === path ? [describeSocket(path, found.route, options.maxPayload)] : [];
  });
  const http = routes.patterns("http").flatMap((path): HttpDescription[] => {
    const found = routes.httpAt(samplePath(path));
    if (found?.pattern !== path) return [];
    return [
      { kind: "http", path, parameters: pathParameters(path), hooks: withoutStateHooks(found.route.hooks) },
    ];
  });
  return [...sockets, ...http];
}

/** `appMaxPayload` is that of the app which is served: it bounds the messages to mounted apps too. */
function describeSocket(
  path: string,
  route: SocketRoute,
  appMaxPayload: number,
): ContractDescription | SocketDescription {
  const described = { path, parameters: pathParameters(path), hooks: withoutStateHooks(route.hooks) };
  if (route.type === "contract") {
    const { contract, maxPayload } = route.service;
    const protocols = [...codecsOf(route), jsonFrames].map(({ protocol }) => protocol);
    return {
      ...described,
      kind: "contract",
      contract,
      subprotocols: [...new Set(protocols)],
      maxPayload: Math.min(maxPayload, appMaxPayload),
    };
  }
  const { params, query, headers, cookies } = route.schemas;
  const {
    receive,
    send,
    Socket,
    idleTimeout,
    unread,
    maxPayload = appMaxPayload,
  }: SocketOptions = {
    ...route.outer.socket,
    ...route.options,
  };
  return {
    ...described,
    kind: "socket",
    schemas: definedOptions({ params, query, headers, cookies }) as RouteSchemas,
    options: definedOptions({ receive, send, Socket, idleTimeout, unread }) as SocketOptions,
    maxPayload: Math.min(maxPayload, appMaxPayload),
  };
}
