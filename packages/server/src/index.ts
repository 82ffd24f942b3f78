export { createApp } from "./app.ts";
export type { App, AppOptions, ContractContext, RawContext, SocketRoom, SocketRouteOptions } from "./app.ts";
export { Peer } from "./peer.ts";
export type { Service } from "./implement.ts";
export type { Call, ContractRoom, Handlers, Setup } from "./conversation.ts";
export { Socket } from "./server-socket.ts";
export type { AcceptInit } from "./server-socket.ts";
export type { SocketHandler, SocketResult } from "./raw.ts";
export type { HttpHandler } from "./routes.ts";
export type { Hook, HookResult, OwnName, Provided } from "./hook.ts";
export type { BaseContext, Context, NoSchemas, RouteSchemas } from "./context.ts";
export type { BroadcastOptions, Room } from "./room.ts";
export type { HeartbeatOptions } from "./heartbeat.ts";
export type { OriginOptions } from "./origin.ts";
export type { HandshakeOptions, Track } from "./dispatch.ts";
export type { HostOptions } from "./host.ts";
export type { Accept } from "./attempt.ts";
export type { Close, ErrorAnswer, ErrorContext, OnError } from "./failure.ts";
export type { Credentials } from "./credentials.ts";
export type { Clock } from "./clock.ts";
export {
  binary,
  bool,
  bytes,
  CloseCode,
  CloseError,
  contract,
  HandshakeError,
  href,
  int,
  json,
  OutcomeUnknown,
  ProtocolError,
  RequestError,
  text,
  ValidationError,
} from "@symbolon/protocol";
