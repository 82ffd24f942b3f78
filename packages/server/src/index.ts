export { createApp } from "./app/app.ts";
export type { App, AppOptions, ContractContext, RawContext } from "./app/app.ts";
export { Peer } from "./contract/peer.ts";
export type { Service } from "./contract/service.ts";
export type { Conflate, ContractRoom, JoinOptions, RoomsOptions } from "./contract/contract-room.ts";
export type { Call, Handlers, ImplementOptions, Setup } from "./contract/setup.ts";
export { Socket } from "./socket/socket.ts";
export type { PairOptions } from "./socket/socket.ts";
export type { ExpectedMessage } from "./socket/expect.ts";
export type { PendingWire, SocketReadyState } from "./socket/pending-wire.ts";
export type {
  Merged,
  Exact,
  SocketClass,
  SocketDefaults,
  SocketOf,
  SocketRouteOptions,
} from "./socket/socket-options.ts";
export type { UnreadPolicy } from "./socket/unread.ts";
export { listen, listenEach } from "./socket/listen.ts";
export type {
  ListenerResult,
  MessageListener,
  StandaloneMessageListener,
  ListenerInput,
  Listener,
  StandaloneListener,
  StandaloneSocket,
} from "./socket/listen.ts";
export type { SocketHandler, SocketResult, StreamedValues } from "./socket/serve-socket.ts";
export type { SocketRoom } from "./socket/socket-rooms.ts";
export type { LimitOptions } from "./access/limits.ts";
export type { Gauges, HttpHandler } from "./app/routes.ts";
export type { Hook, HookResult, ReservedContextKey, Provided } from "./request/hook.ts";
export type { BaseContext, Context, HookContext, NoSchemas, RouteSchemas } from "./request/context.ts";
export type { BroadcastOptions, Room, RoomChange } from "./rooms/room.ts";
export type { HeartbeatOptions } from "./timing/heartbeat.ts";
export type { OriginOptions } from "./access/origin.ts";
export type { HandshakeOptions, Track } from "./app/dispatch.ts";
export type { HostOptions } from "./access/host.ts";
export type { Accept, AcceptInit } from "./request/exchange.ts";
export type { Close, ErrorAnswer, ErrorContext, OnError } from "./request/errors.ts";
export type { Credentials } from "./request/credentials.ts";
export type { Clock } from "./timing/clock.ts";
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
export type { Closed, Codec, Issue, Message, Sent } from "@symbolon/protocol";
export type { SocketCodecs } from "@symbolon/protocol/internal";
export type { SessionOptions } from "./session/sessions.ts";
export type { SessionChange } from "./session/session-change.ts";
