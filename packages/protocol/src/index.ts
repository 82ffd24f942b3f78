export { CallingPeer } from "./calling-peer.ts";
export type { OpenCalls } from "./calls.ts";
export { createPeer } from "./create-peer.ts";
export { Peer } from "./peer.ts";
export type { Dispatch, EventOptions, Failure, PeerOptions } from "./peer.ts";
export { request } from "./request.ts";
export { stream } from "./stream.ts";
export type {
  AskOptions,
  CallContext,
  CallHandler,
  ErrorSchemas,
  Kind,
  RequestDefinition,
  RequestKind,
  StreamDefinition,
  StreamKind,
} from "./kind.ts";
export type { Turn } from "./turns.ts";
export { DurableSession } from "./durable-session.ts";
export { Session } from "./session.ts";
export type { DurableOutlet, Left, Outlet, Position, SessionOptions } from "./session-options.ts";
export type { Heard } from "./arrivals.ts";
export type { Lane, Outbox, SendOptions } from "./outbox.ts";
export { callFrames } from "./call-frames.ts";
export { clientFrames } from "./client-frames.ts";
export { VERSION } from "./connection-frames.ts";
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
} from "./connection-frames.ts";
export type { Credit } from "./credit.ts";
export { jsonFrames, SUBPROTOCOL } from "./frame.ts";
export type { ErrorFrame, EventFrame, Frame, FrameCodec, Stamp } from "./frame.ts";
export type { GapFrame, Placing, RoomFrame, SaidFrame, SkipFrame, Words } from "./room-frames.ts";
export type { Shapes } from "./shape.ts";
export { Socket } from "./socket.ts";
export type { SocketCodecs } from "./socket.ts";
export { binary, bool, bytes, int, json, text, whatever } from "./codec.ts";
export type { Codec } from "./codec.ts";
export { contract, isDeclared } from "./contract.ts";
export type {
  Answer,
  AnyContract,
  AskArguments,
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
} from "./contract.ts";
export { href, pathPattern } from "./path.ts";
export type { ParamName, PathParams, PathPattern } from "./path.ts";
export { validate } from "./schema.ts";
export type { Input, Output, Schema } from "./schema.ts";
export { Mailbox } from "./mailbox.ts";
export type { MailboxOptions } from "./mailbox.ts";
export type { Queue } from "./queue.ts";
export { Sent } from "./sent.ts";
export { joinedWires, WireEvents } from "./wire.ts";
export type { Message, Wire, WireListener } from "./wire.ts";
export { CloseCode } from "./close-code.ts";
export { checkCloseCode, closeAdvice, closeCodeOfStatus, cutReason } from "./close.ts";
export type { CloseAdvice } from "./close.ts";
export {
  CloseError,
  HandshakeError,
  OutcomeUnknown,
  ProtocolError,
  RequestError,
  ValidationError,
} from "./errors.ts";
export type { Closed, Issue } from "./errors.ts";
