export { RpcPeer as CallingPeer } from "./peer/rpc-peer.ts";
export type { OpenCalls } from "./peer/calls.ts";
export { createPeer } from "./peer/create-peer.ts";
export { EventPeer as Peer } from "./peer/peer.ts";
export type { Dispatch, EventOptions, EventFailure as Failure, PeerOptions } from "./peer/peer.ts";
export { request } from "./peer/request.ts";
export { stream } from "./peer/stream.ts";
export type {
  CallOptions as AskOptions,
  CallContext,
  CallHandler,
  ErrorSchemas,
  MessageKind as Kind,
  RequestDefinition,
  RequestKind,
  StreamDefinition,
  StreamKind,
} from "./contract/message-kind.ts";
export type { Task as Turn } from "./async/limiter.ts";
export { DurableSession } from "./session/durable-session.ts";
export { Session } from "./session/session.ts";
export type {
  RecordingSink as DurableOutlet,
  RestoredState as Left,
  MessageSink as Outlet,
  RemoteState as Position,
  DeliveryOptions as SessionOptions,
} from "./session/session-options.ts";
export type { Received as Heard } from "./session/receiver.ts";
export type { Lane, Outbox, SendOptions } from "./session/outbox.ts";
export { callFrames } from "./frames/call-frames.ts";
export { clientFrames } from "./frames/client-frames.ts";
export { VERSION } from "./frames/connection-frames.ts";
export type {
  Ack,
  Auth,
  Bye,
  Goaway,
  Hello,
  Ping,
  Pong,
  Reauth,
  SessionKey,
  Welcome,
} from "./frames/connection-frames.ts";
export type { Credit } from "./frames/credit.ts";
export { jsonFrames, SUBPROTOCOL } from "./frames/frame.ts";
export type { ErrorFrame, EventFrame, Frame, FrameCodec, Stamp } from "./frames/frame.ts";
export type {
  GapFrame,
  RoomPlacement as Placing,
  RoomFrame,
  SaidFrame,
  SkipFrame,
  RoomPayload as Words,
} from "./frames/room-frames.ts";
export type { FrameShapes as Shapes } from "./frames/frame-shapes.ts";
export { RawSocket as Socket } from "./socket/socket.ts";
export type { SocketCodecs } from "./socket/socket.ts";
export { binary, bool, bytes, int, json, text, passthrough as whatever } from "./socket/codec.ts";
export type { Codec } from "./socket/codec.ts";
export { contract, isDeclared } from "./contract/contract.ts";
export type {
  Reply as Answer,
  AnyContract,
  CallArguments as AskArguments,
  ClientMessages,
  Contract,
  ContractDefinition,
  DeclaredError,
  EventInput,
  EventName,
  HandlerInput,
  HandlerOutput,
  HandlerUpload,
  Messages,
  ParamsInput,
  ParamsOutput,
  QueryInput,
  QueryOutput,
  RequestName,
  ServerMessages,
  StreamName,
  UrlArguments,
} from "./contract/contract.ts";
export { href, pathPattern } from "./contract/path.ts";
export type { ParamName, PathParams, PathPattern } from "./contract/path.ts";
export { validate } from "./contract/schema.ts";
export type { Input, Output, Schema } from "./contract/schema.ts";
export { BoundedQueue as Mailbox } from "./async/bounded-queue.ts";
export type { BoundedQueueOptions as MailboxOptions } from "./async/bounded-queue.ts";
export type { Queue } from "./async/queue.ts";
export { Sent } from "./async/sent.ts";
export { joinedWires, WireEvents } from "./wire/wire.ts";
export type { Message, Wire, WireListener } from "./wire/wire.ts";
export { CloseCode } from "./wire/close-code.ts";
export { checkCloseCode, closeAdvice, closeCodeOfStatus, cutReason } from "./wire/close.ts";
export type { CloseAdvice } from "./wire/close.ts";
export {
  CloseError,
  HandshakeError,
  OutcomeUnknown,
  ProtocolError,
  RequestError,
  ValidationError,
} from "./errors.ts";
export type { Closed, Issue } from "./errors.ts";
