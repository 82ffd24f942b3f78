export { connect } from "./connect.ts";
export type { Client, Reset } from "./client.ts";
export type { ClientInboxOptions, ConnectOptions, OutboxOptions } from "./connect-options.ts";
export { openedWithin } from "./connection/opened-within.ts";
export { openSocket } from "./open-socket.ts";
export type { OpenSocketOptions } from "./open-socket.ts";
export type { ReconnectOptions } from "./connection/backoff.ts";
export type { InboxOptions } from "./connection/inbox.ts";
export type { WebSocketClass, WebSocketLike } from "./platform/websocket-class.ts";
export type { ConnectionStatus, Subscribable } from "./connection/status.ts";
export {
  CloseCode,
  CloseError,
  OutcomeUnknown,
  ProtocolError,
  RequestError,
  ValidationError,
} from "@symbolon/protocol";
export type { Closed, Codec, Issue, Message, Sent } from "@symbolon/protocol";
export type { EventFailure, EventOptions, Gap, RawSocket } from "@symbolon/protocol/internal";
