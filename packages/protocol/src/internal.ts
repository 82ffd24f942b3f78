/** The engine that the two halves share (entry `./internal`). Only they import it, and semver does not cover it. */

export { RpcPeer } from "./peer/rpc-peer.ts";
export type { OpenCalls } from "./peer/calls.ts";
export { createPeer } from "./peer/create-peer.ts";
export { EventPeer } from "./peer/peer.ts";
export type { Dispatch, EventOptions, EventFailure, PeerOptions } from "./peer/peer.ts";
export type {
  CallHandler,
  ErrorSchemas,
  MessageKind,
  RequestDefinition,
  StreamDefinition,
} from "./contract/message-kind.ts";
export { DurableSession } from "./session/durable-session.ts";
export { Session } from "./session/session.ts";
export type {
  RecordingSink,
  RestoredState,
  MessageSink,
  RemoteState,
  DeliveryOptions,
} from "./session/session-options.ts";
export type { Received } from "./session/receiver.ts";
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
export type { ErrorFrame, EventFrame, Frame, Stamp } from "./frames/frame.ts";
export type {
  GapFrame,
  RoomPlacement,
  RoomFrame,
  SaidFrame,
  SkipFrame,
  RoomPayload,
} from "./frames/room-frames.ts";
export type { FrameShapes } from "./frames/frame-shapes.ts";
export { RawSocket } from "./socket/socket.ts";
export type { SocketCodecs } from "./socket/socket.ts";
export { pathPattern } from "./contract/path.ts";
export type { ParamName, PathPattern } from "./contract/path.ts";
export { validate } from "./contract/schema.ts";
export type { Input, Output } from "./contract/schema.ts";
export { BoundedQueue } from "./async/queue.ts";
export type { BoundedQueueOptions, Task } from "./async/queue.ts";
export { joinedWires } from "./wire/joined-wires.ts";
export { WireEvents } from "./wire/wire.ts";
export type { Wire, WireListener } from "./wire/wire.ts";
export { checkCloseCode, closeAdvice, closeCodeOfStatus, cutReason } from "./wire/close.ts";
export type { CloseAdvice } from "./wire/close.ts";
