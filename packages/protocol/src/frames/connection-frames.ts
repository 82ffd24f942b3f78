/** The frames of a connection, which no session numbers: how a session begins, goes on, and ends. */

import type { Credit } from "./credit.ts";

/** The version that `hello` carries. */
export const VERSION = 1;

/** What proves that a session is the client's own. */
export interface SessionKey {
  /** Names the session: 128 random bits. */
  readonly sid: string;
  /** The secret: 256 random bits. */
  readonly rt: string;
  /** Names the history that the positions count in. */
  readonly ep: string;
}
/** The client's first frame on every wire. */
export interface Hello extends Credit {
  readonly t: "hello";
  readonly v: number;
  /** Names this client instance (one tab): 128 random bits; not a secret. */
  readonly cid: string;
  /** Counts this client's dials from 1. */
  readonly att: number;
  /** The credential, for those who cannot send headers. */
  readonly auth?: string | undefined;
  /** The session to go on with: `rx` is the last message received, `tx0` the lowest that can be sent again. */
  readonly resume?: (SessionKey & { readonly rx: number; readonly tx0: number }) | undefined;
  /** Where it is in rooms: the room, its history, and the offset of the last message that came. */
  readonly rooms?: readonly (readonly [room: string, ep: string, off: number])[] | undefined;
}
/** The server accepts. */
export interface Welcome extends SessionKey, Credit {
  readonly t: "welcome";
  /** `reset`: the session that was to go on is gone, and this is another one. */
  readonly state: "new" | "resumed" | "reset";
  /** Why it is gone. */
  readonly why?: string | undefined;
  /** The last message received; what is above it is sent again, and so is `but`. */
  readonly rx: number;
  readonly but?: readonly number[] | undefined;
  /** After `i` ms of silence the server asks for a sign of life, and waits `t` ms for it. */
  readonly heartbeat: { readonly i: number; readonly t: number };
  /** How long the session waits for its client, in ms. */
  readonly ttl: number;
  /** What the server takes: the most bytes of a message, with its numbers. */
  readonly limits?: { readonly message: number } | undefined;
}
/** Every message up to `a` was received and is finished, but for some that are still being handled. */
export interface Ack {
  readonly t: "ack";
  readonly a: number;
  readonly but?: readonly number[] | undefined;
}
/** Asks for a sign of life. */
export interface Ping {
  readonly t: "ping";
  readonly n: number;
}
/** Answers the ping of the same `n`. */
export interface Pong {
  readonly t: "pong";
  readonly n: number;
}
/** The server wants a fresh credential. */
export interface Reauth {
  readonly t: "reauth";
  /** In how many ms the one that it has ends. */
  readonly by: number;
}
/** The fresh credential. */
export interface Auth {
  readonly t: "auth";
  readonly token: string;
}
/** The server leaves: the client is to go on elsewhere, and then to let this wire go. */
export interface Goaway {
  readonly t: "goaway";
  /** In how many ms; each client is told another time. */
  readonly at: number;
  readonly why?: string | undefined;
}
/** A clean end: the sender will say no more. */
export interface Bye {
  readonly t: "bye";
  readonly why?: string;
}
