import type { IncomingMessage } from "node:http";
import { sharedByCopies } from "./copies.ts";

/** What Node has of a request. */
export interface NodeRequest {
  /** The request as Node has read it, for middleware of Node; undefined once its connection has closed. */
  readonly request: IncomingMessage | undefined;
}

/** What a transport knows of a request besides the request itself. */
export interface TransportInfo {
  /** The client's address; undefined where it has none. */
  readonly address?: string | undefined;
  /** That address, or another of the same network: clients of one network are one client for limits. @default "" */
  readonly network?: string | undefined;
  /** What Node has of it; undefined without Node. */
  readonly node?: NodeRequest | undefined;
  /** Whether pages of this machine may connect, whatever their port. @default false */
  readonly allowsLoopbackOrigins?: boolean | undefined;
  /** Whether the client can ask why it was refused. @default false */
  readonly explainsRefusals?: boolean | undefined;
}

/** For all copies: a handler of one may pass its request on to an app of another. */
const infos = sharedByCopies("transport", () => new WeakMap<Request, TransportInfo>());

/** For a transport: adds what it knows of a request. */
export function describeTransport(request: Request, info: TransportInfo): void {
  infos.set(request, info);
}

/** What the transport knows of a request; empty when no transport has described it. */
export function transportOf(request: Request): TransportInfo {
  return infos.get(request) ?? {};
}
