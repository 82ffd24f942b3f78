import type { AnyContract } from "@symbolon/protocol";
import type { ResumeRequest } from "@symbolon/protocol/internal";
import type { Acceptance } from "../request/acceptance.ts";
import type { Exchange } from "../request/exchange.ts";
import { Refusal } from "../request/refusal.ts";
import type { Conversation } from "./conversation.ts";
import type { IdentifiedWire } from "../session/hello.ts";
import { canResume } from "../session/restore.ts";
import type { SessionLink } from "../session/session-link.ts";
import { hashText } from "../session/session-secret.ts";
import type { SessionOwner, Sessions } from "../session/sessions.ts";
import type { Unleased } from "../session/stored-sessions.ts";
import type { AttachRequest, NewSession } from "../store/session-store.ts";
import type { Store } from "../store/store.ts";

/** One dial of a session's client, from its `hello` until it is accepted or refused. */
export interface Dial {
  readonly exchange: Exchange;
  readonly caller: IdentifiedWire;
  readonly owner: SessionOwner;
  /** Counts the dials of the client. */
  readonly attempt: number;
  /** Undefined when the client knows no session. */
  readonly resume: ResumeRequest | undefined;
  readonly acceptance: Acceptance;
}

/** The request of a dial: a new session, or a session to resume. */
export type SessionRequest<C extends AnyContract> =
  /** Nothing: the client has dialed again since. */
  | { readonly type: "stale" }
  /** To resume a session that this process has. */
  | { readonly type: "resumeHere"; readonly link: SessionLink; readonly resume: ResumeRequest }
  /** To resume a session that this process does not have, or has in an outdated state: the store may have it. */
  | ({ readonly type: "takeOver"; readonly resume: ResumeRequest } & NewSessionRequest<C>)
  /** A new session. */
  | ({ readonly type: "begin" } & NewSessionRequest<C>);

/** What is known of a client whose session begins. */
export interface NewSessionRequest<C extends AnyContract> {
  /** Why the session to resume is lost; undefined without one, and until the store has answered. */
  readonly resetReason?: string | undefined;
  /** A conversation of the same client, which ends before the new session is set up. */
  readonly previousConversation?: Conversation<C, SessionLink> | undefined;
}

/** Reads a dial from its `hello`. */
export function readDial(exchange: Exchange, caller: IdentifiedWire, acceptance: Acceptance): Dial {
  const { hello, principal } = caller;
  const { pathname } = exchange.parsed.url;
  const owner = { keyHash: hashText(hello.instanceKey), pathname, principal };
  return { exchange, caller, owner, attempt: hello.attempt, resume: hello.resume, acceptance };
}

/** Finds the request of a dial; `newest` is the newest conversation of the same client. */
export function readSessionRequest<C extends AnyContract>(
  { owner, attempt, resume }: Dial,
  newest: Conversation<C, SessionLink> | undefined,
  sessions: Sessions<SessionLink>,
): SessionRequest<C> {
  if (resume === undefined) return readFirstRequest(attempt, newest);
  const found = sessions.find(resume, owner);
  const finished = newest?.link.ended === true ? newest : undefined; // setup must not run while its last handlers run
  if (found === undefined) return { type: "takeOver", resume, previousConversation: finished };
  if ("lostReason" in found)
    return { type: "begin", resetReason: found.lostReason, previousConversation: finished };
  if (attempt <= found.attempt) return { type: "stale" };
  if (canResume(found, resume)) return { type: "resumeHere", link: found, resume };
  const previousConversation = newest?.link === found ? newest : undefined;
  return { type: "takeOver", resume, resetReason: "lost", previousConversation };
}

/** The client knows no session yet; it may have missed the `welcome` of one. */
function readFirstRequest<C extends AnyContract>(
  attempt: number,
  newest: Conversation<C, SessionLink> | undefined,
): SessionRequest<C> {
  if (newest === undefined) return { type: "begin" };
  const { link, live } = newest;
  if (attempt <= link.attempt) return { type: "stale" };
  if (!live || link.confirmed) return { type: "begin", previousConversation: newest };
  const { sessionId, resumeToken, epoch } = link.secret;
  const resume = { sessionId, resumeToken, epoch, receivedUpTo: 0, firstHeld: 1 };
  return { type: "resumeHere", link, resume };
}

/** Names the client of a session. Of the client's conversations only the newest continues. */
export function clientKey({ keyHash, pathname, principal }: SessionOwner): string {
  return JSON.stringify([keyHash, pathname, principal]);
}

/** A new session, as a store creates it. */
export function newSession(dial: Dial, { secret, account }: SessionLink): Unleased<NewSession> {
  const { sessionId, hash } = secret;
  return { ...resumeConditions(dial), sessionId, secretHash: hash, account };
}

/** A dial that resumes a session, as a store checks it. */
export function attachRequest(dial: Dial, resume: ResumeRequest): Unleased<AttachRequest> {
  const { sessionId, epoch, receivedUpTo, firstHeld } = resume;
  const secretHash = hashText(resume.resumeToken);
  return { ...resumeConditions(dial), sessionId, secretHash, epoch, receivedUpTo, firstHeld };
}

/** Refuses a new session of an account when the store is too slow, or keeps too much of the account; undefined when it may begin. */
export function refuseByStore(store: Store | undefined, account: string): Refusal | undefined {
  if (store?.sessions.isOverloaded?.() === true)
    return new Refusal({
      kind: "store.slow",
      status: 503,
      reason: "The store is too slow at present: try later",
      log: "the store does not answer fast enough for new sessions: look at its load and its connection",
      retryAfter: 5,
    });
  if (store?.rooms.hasCapacity?.(account, 0) !== false) return undefined;
  return new Refusal({
    kind: "store.bytes",
    status: 429,
    reason: "The store keeps too much of you: raise the `bytes` of the store",
    retryAfter: 5,
  });
}

function resumeConditions({
  caller: { codec },
  owner: { keyHash, pathname, principal },
  attempt,
}: Dial): Pick<NewSession, "keyHash" | "principal" | "service" | "attempt"> {
  return { keyHash, principal, service: `${codec.protocol} ${pathname}`, attempt };
}
