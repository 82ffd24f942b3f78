export { connect } from "./connect.ts";
export type { Client, Reset } from "./client.ts";
export type { ConnectOptions, OutboxOptions } from "./connect-options.ts";
export { openSocket } from "./open-socket.ts";
export type { OpenSocketOptions } from "./open-socket.ts";
export type { Gap } from "@symbolon/protocol/internal";
export type { WebSocketClass, WebSocketLike } from "./connection/websocket-class.ts";
export type { ConnectionStatus, Subscribable } from "./connection/status.ts";
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
export type { EventOptions, EventFailure } from "@symbolon/protocol/internal";
