import type { CallChannel, CallStarter, IncomingCall, StreamOptions } from "./call.ts";
import type { Schema } from "./schema.ts";

/** A kind of message that has a reply: how it is called, and how it is served. */
export interface MessageKind {
  /** The frame by which it is called. */
  readonly t: "request" | "stream";
  /** Makes a peer that has calls: a contract of events alone does not bring their code along. `createPeer` knows the types. */
  readonly createPeer: (options: never) => unknown;
  /** Calls it. */
  readonly start: (starter: CallStarter, data: unknown, options: StreamOptions) => unknown;
  /** Serves a call. */
  readonly serve: (call: CallChannel) => IncomingCall;
}

/** The codes that a contract declares for a request or a stream, each with the schema of its data. */
export type ErrorSchemas = Readonly<Record<string, Schema>>;

/** What a contract declares of a request. */
export interface RequestDefinition {
  /** The input of a call. */
  readonly input: Schema;
  /** The reply. */
  readonly output: Schema;
  /** The codes of the errors with which it may fail, each with the schema of the error's data. */
  readonly errors?: ErrorSchemas;
}

/** A message that has one reply. */
export interface RequestKind<D extends RequestDefinition = RequestDefinition> extends MessageKind {
  readonly t: "request";
  /** The definition, as it was given. */
  readonly definition: D;
}

/** What a contract declares of a stream. */
export interface StreamDefinition {
  /** The input of a call. */
  readonly input: Schema;
  /** Each item that the stream sends. */
  readonly output: Schema;
  /** Each item that the caller sends. @default the caller sends none */
  readonly upload?: Schema;
  /** The codes of the errors with which it may fail, each with the schema of the error's data. */
  readonly errors?: ErrorSchemas;
}

/** A message that has many replies, its items. */
export interface StreamKind<D extends StreamDefinition = StreamDefinition> extends MessageKind {
  readonly t: "stream";
  /** The definition, as it was given. */
  readonly definition: D;
}
