export { createApp } from "./app/app.ts";
export type { App, AppOptions, ContractContext, RawContext } from "./app/types.ts";
export type { HandshakeOptions } from "./app/dispatch-options.ts";
export type { HttpHandler } from "./app/route.ts";
export type { Gauges } from "./app/routes.ts";
export { Peer } from "./contract/peer.ts";
export type {
  Conflate,
  ContractRoom,
  JoinOptions,
  RoomsOptions,
  RoomView,
} from "./contract/contract-room.ts";
export type { Call, Handlers, ImplementOptions, Service, Setup } from "./contract/setup.ts";
export { listen, listenEach } from "./socket/listen.ts";
export type { Listener } from "./socket/listen.ts";
export type { SocketHandler } from "./socket/serve-socket.ts";
export { Socket } from "./socket/socket.ts";
export type { SocketClass, SocketOptions, SocketRouteOptions } from "./socket/socket-options.ts";
export type { SocketRoom } from "./socket/socket-rooms.ts";
export type { SessionOptions } from "./session/sessions.ts";
export type { SessionChange } from "./session/session-change.ts";
export type { BroadcastOptions, RoomChange } from "./rooms/room.ts";
export type { LimitOptions } from "./access/limits.ts";
export type { SecurityOptions } from "./access/origin.ts";
export type { AcceptInit } from "./request/acceptance.ts";
export type { BaseContext, Context, HookContext, RouteSchemas } from "./request/context.ts";
export type { Close, ErrorContext, OnError } from "./request/errors.ts";
export type { Credentials } from "./request/headers.ts";
export type { Hook } from "./request/hook.ts";
export { identity } from "./request/identity.ts";
export type { ProvidedIdentity } from "./request/identity.ts";
export type { Clock } from "./timing/clock.ts";
export type { HeartbeatOptions } from "./timing/heartbeat.ts";
export {
  CloseCode,
  CloseError,
  HandshakeError,
  OutcomeUnknown,
  ProtocolError,
  RequestError,
  ValidationError,
} from "@symbolon/protocol";
export type { Closed, Codec, Issue, Message, Sent } from "@symbolon/protocol";
