import { createHash } from "node:crypto";
import type { FaultName } from "../modes/modes.ts";
import type { WorldSettings } from "../modes/settings.ts";
import type { Machine, Scheduler } from "../virtual/scheduler.ts";

/** A frame as it is on the wire, with the field names of PROTOCOL.md. */
export interface TracedFrame {
  /** The type. */
  readonly t: string;
  /** The sequence. */
  readonly s?: number;
  /** The acknowledged position. */
  readonly a?: number;
  /** The sequences up to `a` that are still pending. */
  readonly but?: readonly number[];
  /** All other fields. */
  readonly [field: string]: unknown;
}

/** What a message of the application is; an `upload` is a stream with an upload, and `room` is an event in the room. */
export type MessageKind = "event" | "request" | "stream" | "upload" | "room";

/**
 * What a server process finds in the store when it starts. `kept`: everything. `damaged`: not everything of
 * some sessions and rooms. `lost`: not everything. `new`: an empty store. `none`: the server has no store.
 */
export type StoreHistory = "kept" | "damaged" | "lost" | "new" | "none";

/** Work that should have ended after the last fault but has not. */
export interface Unfinished {
  /** The invariant that this breaks. */
  readonly invariant: "I18" | "I19" | "I20" | "I29";
  /** What has not ended. */
  readonly description: string;
}

/**
 * One event of a schedule. `n` is the number of a message of the application; no two messages of a world have the same.
 * `conversation` is the number of a session, `setup` counts the runs of the service's setup, `process` counts the server
 * processes, and `wire` counts the WebSockets; all count from 1.
 */
export type TraceRecord =
  /** The world begins. */
  | { readonly type: "world"; readonly settings: WorldSettings }
  /** The application sends a message. The server sends it in a conversation, or to all members of a room. */
  | {
      readonly type: "sent";
      readonly by: Machine;
      readonly n: number;
      readonly kind: MessageKind;
      readonly client?: number;
      readonly conversation?: number;
      readonly setup?: number;
      readonly room?: string;
      /** The process that sent this message in a room at once. */
      readonly process?: number;
      /** The message whose handler sent this one in a room. */
      readonly cause?: number;
    }
  /** The promise of a sent message has settled; `result` is `done` or the code or name of the error. */
  | {
      readonly type: "outcome";
      readonly n: number;
      readonly result: string;
      /** The property of that name of `OutcomeUnknown`. */
      readonly sentBefore?: boolean;
    }
  /** A handler is called; `by` is the machine of the handler, `key` is the message key that the server gives it. */
  | {
      readonly type: "handlerStarted";
      readonly by: Machine;
      readonly n: number;
      readonly client: number;
      readonly conversation: number;
      readonly setup?: number;
      readonly key?: string;
    }
  /** A handler has settled. */
  | {
      readonly type: "handlerSettled";
      readonly by: Machine;
      readonly n: number;
      readonly result: string;
      readonly setup?: number;
    }
  /** The store has appended a message to the history of the room. */
  | { readonly type: "appended"; readonly n: number; readonly epoch: string; readonly offset: number }
  /** The reader of stream `n`, or of its upload, has read item `i`. */
  | {
      readonly type: "itemRead";
      readonly by: Machine;
      readonly n: number;
      readonly i: number;
      readonly upload: boolean;
      readonly setup?: number;
    }
  /** The client emits `reset`. */
  | { readonly type: "reset"; readonly client: number; readonly reason: string }
  /** The client emits `gap`. */
  | {
      readonly type: "gap";
      readonly client: number;
      readonly room?: string;
      readonly from: number;
      readonly to: number;
      readonly reason: string;
    }
  /** The status of a client changes. */
  | {
      readonly type: "status";
      readonly client: number;
      readonly status: string;
      readonly resumed: boolean;
      readonly buffered: number;
    }
  /**
   * The service sets up a conversation for the client that dialed `wire`; `client` is undefined for an attacker. If
   * another process resumes a session, or a process restores it, the conversation is the same and the setup is a new one.
   */
  | {
      readonly type: "setup";
      readonly conversation: number;
      readonly setup: number;
      readonly process: number;
      readonly peerId: string;
      readonly wire: number;
      readonly client: number | undefined;
    }
  /**
   * The state of a conversation changes. After `ended` the session is gone; at `tornDown` the setup's cleanup runs.
   * `clock` is the time of the server's clock in ms, which stops while the server is paused.
   */
  | {
      readonly type: "detached" | "resumed" | "ended" | "tornDown";
      readonly conversation: number;
      readonly setup: number;
      readonly clock: number;
      /** How many messages the client has not acknowledged. */
      readonly undelivered?: number;
    }
  /** A client dials; `client` is undefined for an attacker. */
  | { readonly type: "dial"; readonly wire: number; readonly client: number | undefined }
  /** The server sends a close frame. */
  | { readonly type: "closing"; readonly wire: number; readonly code: number }
  /** A wire is closed at one end. */
  | { readonly type: "closed"; readonly wire: number; readonly by: Machine; readonly code: number }
  /** One end of a wire sends or receives a frame. */
  | {
      readonly type: "frameSent" | "frameReceived";
      readonly wire: number;
      readonly by: Machine;
      readonly frame: TracedFrame;
    }
  /** A fault strikes. */
  | { readonly type: "fault"; readonly fault: FaultName; readonly description: string }
  /** The wall clock of a machine jumps. */
  | { readonly type: "clockJump"; readonly machine: Machine; readonly ms: number }
  /** A server process starts. */
  | { readonly type: "processStarted"; readonly process: number; readonly history: StoreHistory }
  /** A server process ends at once, as by SIGKILL. */
  | { readonly type: "processEnded"; readonly process: number }
  /** The fault `failing store` makes a call of the store fail. */
  | { readonly type: "storeFailed"; readonly call: string }
  /** The last fault has ended, and the application sends nothing more. */
  | { readonly type: "faultsStopped" }
  /** All work has ended, or the time for it is up. */
  | { readonly type: "settled"; readonly unfinished: readonly Unfinished[] }
  /** The application revokes the principal of a client, at one process. */
  | { readonly type: "revoked"; readonly client: number; readonly process: number }
  /** The application closes a client. */
  | { readonly type: "clientClosed"; readonly client: number }
  /** What is left when the world ends; everything should be 0. */
  | {
      readonly type: "end";
      readonly timers: number;
      readonly clockSubscribers: number;
      readonly conversations: number;
      readonly wires: number;
      readonly listeners: number;
      readonly storedSessions: number;
    }
  /** An error that no schedule should cause: an unhandled rejection, or an error that the product reports. */
  | { readonly type: "unexpectedError"; readonly by: Machine | undefined; readonly error: string };

/** A record with its virtual time in ms and its index in the trace. */
export type TraceEntry = TraceRecord & { readonly at: number; readonly index: number };

/** Everything that happens in a world, in order. */
export class Trace {
  /** The entries so far. */
  readonly entries: TraceEntry[] = [];
  readonly #scheduler: Pick<Scheduler, "now">;

  constructor(scheduler: Pick<Scheduler, "now">) {
    this.#scheduler = scheduler;
  }

  /** Appends a record. It changes the given object and does not copy it. */
  add(record: TraceRecord): void {
    const entry = record as TraceRecord & { at: number; index: number };
    entry.at = this.#scheduler.now;
    entry.index = this.entries.length;
    this.entries.push(entry);
  }

  /** A hash of all entries. */
  get hash(): string {
    return createHash("sha256").update(JSON.stringify(this.entries)).digest("hex").slice(0, 16);
  }
}
