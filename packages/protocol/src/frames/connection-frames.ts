/** The frames of a connection, which no session numbers: how a session begins, resumes, and ends. */

import { ProtocolError } from "../errors.ts";
import type { Credit } from "./credit.ts";
import type { MemberPosition } from "./room-frames.ts";

/** The version that `hello` carries. */
const version = 1;
/** The fewest characters of `hello.key`: base64url writes 256 bits with so many. */
const minKeyLength = 43;

/** What a peer has received: every message up to `upTo`, of which it has not finished `pending`. */
export interface Received {
  /** The last sequence that has arrived. */
  readonly upTo: number;
  /** Sequences up to it that are not finished. */
  readonly pending: readonly number[];
}

/** Names a session, and proves that it belongs to the client. */
export interface ResumeKey {
  /** Names the session: 128 random bits. */
  readonly sessionId: string;
  /** The secret that resumes the session: 256 random bits. */
  readonly resumeToken: string;
  /** Names the history that the session's sequences count in. */
  readonly epoch: string;
}

/** What a client sends to resume its session. */
export interface ResumeRequest extends ResumeKey {
  /** The last sequence that the client has received. */
  readonly receivedUpTo: number;
  /** The lowest sequence that the client still holds, or the next it will give. */
  readonly firstHeld: number;
}

/** What a client sends first on every wire. */
export interface Hello {
  /** Names this client instance (one tab) in logs; not a secret. */
  readonly clientId: string;
  /** The secret of this client instance: 256 random bits, the same at each dial, and never stored. */
  readonly instanceKey: string;
  /** Counts the dials of this client, from 1. */
  readonly attempt: number;
  /** The credential, for clients that cannot send headers. */
  readonly token?: string | undefined;
  /** The session to resume. */
  readonly resume?: ResumeRequest | undefined;
  /** Where the client is in rooms. */
  readonly rooms?: readonly MemberPosition[] | undefined;
  /** The events that may be unfinished at the client. */
  readonly credit: Credit;
}

/** How a server accepts a client: what it has received, and what of that has to arrive again. */
export interface Welcome extends Received {
  /** `reset`: the session that was to be resumed is gone, and this is another one. */
  readonly state: "new" | "resumed" | "reset";
  /** Why it is gone. */
  readonly reason?: string | undefined;
  /** The client's session. */
  readonly key: ResumeKey;
  /** The events that may be unfinished at the server. */
  readonly credit: Credit;
  /** After `interval` ms of silence the server sends a ping, and waits `timeout` ms for an answer. */
  readonly heartbeat: { readonly interval: number; readonly timeout: number };
  /** How long the session waits for its client, in ms. */
  readonly grace: number;
  /** The most bytes of a message to the server, its stamp included. @default any */
  readonly maxPayload?: number | undefined;
  /** Where the client begins in rooms of which it had no position: it is in them from this frame on. @default none */
  readonly rooms?: readonly MemberPosition[] | undefined;
}

/** The resume key as it is on the wire: a client sends it back as it is. */
export type EncodedResumeKey = Pick<WelcomeFrame, "sid" | "rt" | "ep">;

/** What a client needs of its `welcome`. */
export interface Accepted extends Omit<Welcome, "key" | "heartbeat" | "grace"> {
  /** The client's session. */
  readonly key: EncodedResumeKey;
  /** After so many ms of silence the server has closed the connection. */
  readonly maxSilence: number;
}

/** `hello` on the wire. */
export interface HelloFrame {
  readonly t: "hello";
  readonly v: number;
  readonly cid: string;
  readonly key: string;
  readonly att: number;
  readonly auth?: string | undefined;
  readonly resume?: (EncodedResumeKey & { readonly rx: number; readonly tx0: number }) | undefined;
  readonly rooms?: readonly MemberPosition[] | undefined;
  readonly w: number;
  readonly wb: number;
}
/** `welcome` on the wire. */
export interface WelcomeFrame {
  readonly t: "welcome";
  readonly state: Welcome["state"];
  readonly why?: string | undefined;
  readonly sid: string;
  readonly rt: string;
  readonly ep: string;
  readonly rx: number;
  readonly but?: readonly number[] | undefined;
  readonly w: number;
  readonly wb: number;
  readonly heartbeat: { readonly i: number; readonly t: number };
  readonly ttl: number;
  readonly rooms?: readonly MemberPosition[] | undefined;
  readonly limits?: { readonly message: number } | undefined;
}
/** An acknowledgement on the wire: every message up to `a` has arrived and, except for `but`, is finished. */
export interface AckFrame {
  readonly t: "ack";
  readonly a: number;
  readonly but?: readonly number[] | undefined;
}
/** Asks for a `pong` of the same `n`. */
export interface PingFrame {
  readonly t: "ping";
  readonly n: number;
}
/** Answers the `ping` of the same `n`. */
export interface PongFrame {
  readonly t: "pong";
  readonly n: number;
}
/** The server asks for a fresh credential. */
export interface ReauthFrame {
  readonly t: "reauth";
  /** When the present credential expires, in ms from now. */
  readonly by: number;
}
/** The fresh credential. */
export interface AuthFrame {
  readonly t: "auth";
  readonly token: string;
}
/** The server shuts down: the client is to connect elsewhere, and then to close this wire. */
export interface GoawayFrame {
  readonly t: "goaway";
  /** When, in ms from now; the server gives each client another time. */
  readonly at: number;
  readonly why?: string | undefined;
}
/** A clean end: the sender sends nothing after it. */
export interface ByeFrame {
  readonly t: "bye";
  readonly why?: string;
}

/** Who dials: the fields of the same names of `Hello`. A tuple, because a page pays for each name. */
export type HelloIdentity = readonly [clientId: string, instanceKey: string, attempt: number];

/** Writes a `hello`. `receivedUpTo` and `firstHeld` say where the session, if there is one, goes on. */
export function encodeHello(
  [cid, key, att]: HelloIdentity,
  auth: string | undefined,
  session: EncodedResumeKey | undefined,
  receivedUpTo: number,
  firstHeld: number,
  rooms: readonly MemberPosition[],
  { messages, bytes }: Credit,
): HelloFrame {
  return {
    t: "hello",
    v: version,
    cid,
    key,
    att,
    auth,
    resume: session && { ...session, rx: receivedUpTo, tx0: firstHeld },
    rooms,
    w: messages,
    wb: bytes,
  };
}

/**
 * Reads a `hello`.
 * @throws ProtocolError when it is of another version, or its key is too short to be 256 random bits.
 */
export function decodeHello({ v, cid, key, att, auth, resume, rooms, w, wb }: HelloFrame): Hello {
  if (v !== version) throw new ProtocolError(`this server supports version ${version}`);
  if (key.length < minKeyLength)
    throw new ProtocolError(`hello.key must be 256 random bits: at least ${minKeyLength} characters`);
  return {
    clientId: cid,
    instanceKey: key,
    attempt: att,
    token: auth,
    resume: resume && {
      sessionId: resume.sid,
      resumeToken: resume.rt,
      epoch: resume.ep,
      receivedUpTo: resume.rx,
      firstHeld: resume.tx0,
    },
    rooms,
    credit: { messages: w, bytes: wb },
  };
}

/** Writes a `welcome`. */
export function encodeWelcome(welcome: Welcome): WelcomeFrame {
  const { state, reason, key, upTo, pending, credit, heartbeat, grace, rooms = [], maxPayload } = welcome;
  return {
    t: "welcome",
    state,
    why: reason,
    sid: key.sessionId,
    rt: key.resumeToken,
    ep: key.epoch,
    rx: upTo,
    but: pending.length > 0 ? pending : undefined,
    w: credit.messages,
    wb: credit.bytes,
    heartbeat: { i: heartbeat.interval, t: heartbeat.timeout },
    ttl: grace,
    rooms: rooms.length > 0 ? rooms : undefined,
    limits: maxPayload === undefined ? undefined : { message: maxPayload },
  };
}

/** Reads a `welcome`. */
export function decodeWelcome(frame: WelcomeFrame): Accepted {
  const { state, why, sid, rt, ep, rx, but = [], w, wb, heartbeat, rooms, limits } = frame;
  return {
    state,
    reason: why,
    key: { sid, rt, ep },
    upTo: rx,
    pending: but,
    credit: { messages: w, bytes: wb },
    maxSilence: heartbeat.i + heartbeat.t,
    rooms,
    maxPayload: limits?.message,
  };
}

/** Writes an acknowledgement. */
export function encodeAck({ upTo, pending }: Received): AckFrame {
  return { t: "ack", a: upTo, but: pending.length > 0 ? pending : undefined };
}

/** Reads the acknowledgement that a frame carries: any frame may have an `a`, and an `ack` has `but` as well. */
export function decodeAck({
  a,
  but = [],
}: {
  readonly a?: number | undefined;
  readonly but?: readonly number[] | undefined;
}): Received | undefined {
  return a ? { upTo: a, pending: but } : undefined;
}

/** Writes a `goaway`. */
export function encodeGoaway(at: number, reason: string): GoawayFrame {
  return { t: "goaway", at, why: reason };
}
