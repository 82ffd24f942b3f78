export { request } from "./peer/request.ts";
export { stream } from "./peer/stream.ts";
export type { CallContext, CallOptions } from "./contract/call.ts";
export type { RequestKind, StreamKind } from "./contract/message-kind.ts";
export type { FrameCodec } from "./frames/frame-codec.ts";
export { binary, bool, bytes, int, json, text } from "./socket/codec.ts";
export type { Codec } from "./socket/codec.ts";
export { contract, isDeclared } from "./contract/contract.ts";
export type {
  CallOutput,
  AnyContract,
  CallArguments,
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
} from "./contract/contract.ts";
export { href } from "./contract/path.ts";
export type { PathParams } from "./contract/path.ts";
export type { Schema } from "./contract/schema.ts";
export { Sent } from "./async/sent.ts";
export type { Message } from "./wire/wire.ts";
export { CloseCode } from "./wire/close.ts";
export {
  CloseError,
  HandshakeError,
  OutcomeUnknown,
  ProtocolError,
  RequestError,
  ValidationError,
} from "./errors.ts";
export type { Closed, Issue } from "./errors.ts";
