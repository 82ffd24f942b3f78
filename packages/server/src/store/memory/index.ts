export { type MemoryStoreOptions, memoryStore } from "./memory-store.ts";
export type { Awaitable } from "../awaitable.ts";
export type {
  Retention,
  RoomPlace,
  RoomEntry,
  RoomLog,
  RoomMessage,
  RoomPart,
  RoomPosition,
  RoomAppend,
  RoomSelection,
  RoomWatch,
  RoomWatcher,
} from "../room-log.ts";
export type {
  AttachResult,
  AttachRequest,
  Claim,
  ClientClose,
  Lease,
  SessionCommit,
  SessionLoss,
  SessionNotice,
  SessionQuery,
  NewSession,
  NoticeListener,
  StoredMessage,
  Progress,
  SessionState,
  SessionStore,
  StoredSession,
} from "../session-store.ts";
export { findInvalidRecord } from "../session-record.ts";
export type { Store } from "../store.ts";
export type { StoredTicket, TicketStore } from "../ticket-store.ts";
