/** The engine that the client and the server share (entry `./internal`). Only they import it, and semver does not cover it. */

export { RpcPeer } from "./peer/rpc-peer.ts";
export type { QueueLimits, RpcPeerOptions } from "./peer/rpc-peer.ts";
export type { OpenCalls } from "./peer/calls.ts";
export { createPeer } from "./peer/create-peer.ts";
export { EventPeer } from "./peer/peer.ts";
export type { Dispatch, EventFailure, EventOptions, PeerOptions } from "./peer/peer.ts";
export type { CallHandler } from "./contract/call.ts";
export type {
  ErrorSchemas,
  MessageKind,
  RequestDefinition,
  StreamDefinition,
} from "./contract/message-kind.ts";
export { checkContract } from "./contract/check-contract.ts";
export type {
  EventArguments,
  PresenceInput,
  PresenceOutput,
  StreamArguments,
  UrlArguments,
} from "./contract/contract.ts";
export { checkPath } from "./contract/path.ts";
export type { ParamName } from "./contract/path.ts";
export { runOnce, validate } from "./contract/schema.ts";
export type { Input, Output } from "./contract/schema.ts";
export { OutgoingMessage } from "./session/outgoing-message.ts";
export { Receiver } from "./session/receiver.ts";
export { Sender } from "./session/sender.ts";
export { Session } from "./session/session.ts";
export type { DeliveryOptions, MessageSink, RemoteState, RestoredState } from "./session/session-options.ts";
export type { Lane, Outbox, SendOptions } from "./session/outbox.ts";
export {
  decodeAck,
  decodeHello,
  decodeWelcome,
  encodeGoaway,
  encodeHello,
  encodeWelcome,
} from "./frames/connection-frames.ts";
export type {
  EncodedResumeKey,
  Hello,
  HelloFrame,
  Received,
  ResumeRequest,
  ResumeKey,
  Welcome,
  WelcomeFrame,
} from "./frames/connection-frames.ts";
export type { Credit } from "./frames/credit.ts";
export { fromClient } from "./frames/client-frames.ts";
export { jsonFrames, SUBPROTOCOL } from "./frames/frame-codec.ts";
export type { ReadOptions } from "./frames/frame-codec.ts";
export { callFrames } from "./frames/call-frames.ts";
export type { FrameReceiver, FrameTable } from "./frames/frame-table.ts";
export type { ErrorFrame, EventFrame, Frame, Stamp } from "./frames/frame.ts";
export {
  decodeGap,
  decodePlacement,
  decodePosition,
  encodeGap,
  encodePlacement,
  encodePosition,
  encodeSkip,
} from "./frames/room-frames.ts";
export type {
  Gap,
  GapFrame,
  Placement,
  RoomFrame,
  RoomPayload,
  MemberPosition,
  RoomStamp,
  SaidFrame,
  SkipFrame,
} from "./frames/room-frames.ts";
export type { MembersFrame, PresenceFrame, PresentMember } from "./frames/presence-frames.ts";
export { passthrough } from "./socket/codec.ts";
export { Inbox, RawSocket } from "./socket/socket.ts";
export type { SocketCodecs } from "./socket/socket.ts";
export { BoundedQueue } from "./async/queue.ts";
export type { BoundedQueueOptions, Task } from "./async/queue.ts";
export { isThenable } from "./async/thenable.ts";
export { byteLength } from "./wire/byte-length.ts";
export { joinedWires } from "./wire/joined-wires.ts";
export { WireEvents } from "./wire/wire.ts";
export type { Wire, WireListener } from "./wire/wire.ts";
export { checkCloseCode, closeAdvice, closeCodeOfStatus, cutReason, isTerminal } from "./wire/close.ts";
export type { CloseAdvice } from "./wire/close.ts";
