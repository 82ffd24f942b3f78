export { createApp } from "./app.ts";
export type { App, AppOptions, ContractContext, RawContext } from "./app.ts";
export { Peer } from "./peer.ts";
export type { Service } from "./implement.ts";
export type {
  Call,
  Conflate,
  ContractRoom,
  Handlers,
  ImplementOptions,
  JoinOptions,
  RoomsOptions,
  Setup,
} from "./setup.ts";
export { Socket } from "./server-socket.ts";
export type { PairOptions } from "./server-socket.ts";
export type { Expected } from "./expected.ts";
export type { AcceptInit, PendingWire, SocketState } from "./pending-wire.ts";
export type {
  Layered,
  NoOthers,
  SocketClass,
  SocketLayer,
  SocketOf,
  SocketRouteOptions,
} from "./socket-options.ts";
export type { Unread } from "./unread.ts";
export { listen, listenEach } from "./listen.ts";
export type { Answer, Hear, HearApart, Heard, Listener, ListenerApart, SocketApart } from "./listen.ts";
export type { SocketHandler, SocketResult, Streamed } from "./raw.ts";
export type { SocketRoom } from "./member.ts";
export type { LimitOptions } from "./limits.ts";
export type { Gauges, HttpHandler } from "./routes.ts";
export type { Hook, HookResult, OwnName, Provided } from "./hook.ts";
export type { BaseContext, Context, HookContext, NoSchemas, RouteSchemas } from "./context.ts";
export type { BroadcastOptions, Room, RoomChange } from "./room.ts";
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
export type { Closed, Codec, Issue, Message, Sent, SocketCodecs } from "@symbolon/protocol";
export type { SessionOptions } from "./parking.ts";
export type { SessionChange } from "./session-change.ts";
