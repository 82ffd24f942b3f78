import {
  type AttachResult,
  type Claim,
  type NewSession,
  type SessionCommit,
  type SessionLoss,
  type SessionStore,
  type StoredSession,
  findInvalidRecord,
} from "@symbolon/server/store";
import type { BatchedCalls } from "./calls/batched-calls.ts";
import { encodeAppend } from "./entries.ts";
import type { News } from "./news.ts";
import {
  decodeData,
  decodeText,
  encodeClaim,
  encodeData,
  encodeNumber,
  encodeText,
  type Json,
} from "./values.ts";

/** What the sessions of a store need. */
export interface PostgresSessionsOptions {
  readonly calls: BatchedCalls;
  readonly news: News;
  /** Called at each sweep. */
  readonly onSweep: () => void;
}

/** How many sessions one call reads or changes at most: other calls wait for it. */
const callSize = 200;

/** The sessions of a store in PostgreSQL. */
export function postgresSessions({ calls, news, onSweep }: PostgresSessionsOptions): SessionStore {
  const change = async (
    operation: string,
    claim: Claim,
    args: { readonly [name: string]: Json } = {},
  ): Promise<boolean> => {
    const kind = { isNumbered: true, sessions: [encodeText(claim.sessionId)] };
    return (await calls.call(operation, { claim: encodeClaim(claim), ...args }, kind)) === true;
  };
  const detach = (claim: Claim, ms: number, isReleased: boolean): Promise<boolean> =>
    change("detach", claim, { ms: encodeNumber(ms), isReleased });
  return {
    create: async (session) => {
      const reply = await calls.call("create", sessionArguments(session), { isNumbered: true, grows: true });
      const [outcome, epoch = ""] = reply as string[];
      if (outcome === "exists")
        throw new Error(`session ${JSON.stringify(session.sessionId)} already exists: use a new sessionId`);
      return { sessionId: session.sessionId, epoch, fence: 1 };
    },
    attach: async (request) => {
      const { sessionId, epoch, receivedUpTo, firstHeld, asksFirst = false } = request;
      const progress = { epoch: encodeText(epoch), receivedUpTo, firstHeld, asksFirst };
      const kind = { isNumbered: true, sessions: [encodeText(sessionId)] };
      const reply = await calls.call("attach", { ...sessionArguments(request), ...progress }, kind);
      return attachResult(sessionId, reply as AttachReply);
    },
    commit: async (claim, record) => {
      const invalid = findInvalidRecord(record);
      if (invalid !== undefined) {
        if (!(await change("owns", claim))) return false;
        throw new RangeError(invalid);
      }
      const { outgoing = [], roomMessages = [], note } = record;
      const rooms = [...new Set(roomMessages.map(({ room }) => room))];
      const kind = {
        isNumbered: true,
        grows: outgoing.length + roomMessages.length > 0 || note !== undefined,
        sessions: [encodeText(claim.sessionId)],
        rooms: rooms.map(encodeText),
      };
      const args = { claim: encodeClaim(claim), ...commitArguments(record) };
      const [outcome, problem] = (await calls.call("commit", args, kind)) as string[];
      if (outcome === "invalid") throw new RangeError(problem);
      if (outcome === "recorded" && rooms.length > 0) news.announce(rooms, false);
      return outcome === "recorded";
    },
    detach: (claim, ms) => detach(claim, ms, false),
    release: (claim, ms) => detach(claim, ms, true),
    willRelease: (claim) => change("will_release", claim),
    remove: (claim, close) =>
      change("remove", claim, { close: close === undefined ? null : JSON.stringify(close) }),
    renew: async (connected, lease, detached) => {
      const renewed = [
        ...parts(connected).map((part) => ({ part, isConnected: true })),
        ...parts(detached).map((part) => ({ part, isConnected: false })),
      ].map(async ({ part, isConnected }) => {
        const args = { ...leaseArguments(lease), isConnected, claims: part.map(encodeClaim) };
        const losses = (await calls.call("renew", args)) as (SessionLoss["type"] | null)[];
        return part.flatMap((claim, index) => {
          const type = losses[index] ?? null;
          return type === null ? [] : [{ type, claim }];
        });
      });
      return (await Promise.all(renewed)).flat();
    },
    watch: (node, listener) => news.watchNode(node, listener),
    sweep: async (grace) => {
      onSweep();
      return (await calls.call("sweep", { grace: encodeNumber(grace), most: callSize })) === true;
    },
    isOverloaded: () => calls.isSlow,
    list: async ({ principal, after = "", most = 1_000 } = {}) => {
      const listed: StoredSession[] = [];
      while (listed.length < most) {
        const size = Math.min(callSize, most - listed.length);
        const from = encodeText(listed.at(-1)?.claim.sessionId ?? after);
        const args = { principal: optionalText(principal), after: from, most: size };
        const part = (await calls.call("list", args)) as ListedSession[];
        listed.push(...part.map(storedSession));
        if (part.length < size) break;
      }
      return listed;
    },
  };
}

function leaseArguments({ node, ms }: NewSession["lease"]): { readonly [name: string]: Json } {
  return { node: encodeText(node), ms: encodeNumber(ms) };
}

function optionalText(text: string | undefined): string | null {
  return text === undefined ? null : encodeText(text);
}

function sessionArguments(session: NewSession): { readonly [name: string]: Json } {
  const { sessionId, secretHash, keyHash, service, attempt, principal, lease } = session;
  return {
    id: encodeText(sessionId),
    secret: encodeText(secretHash),
    key: encodeText(keyHash),
    service: encodeText(service),
    attempt,
    principal: optionalText(principal),
    ...leaseArguments(lease),
  };
}

type AttachReply =
  | readonly ["refused", isKnown: boolean]
  | readonly ["stale" | "asked"]
  | readonly ["reset", cause: string]
  | readonly ["resumed", state: StateReply];

interface StateReply {
  readonly epoch: string;
  readonly fence: number;
  readonly received: number;
  readonly receivedPending: readonly number[];
  readonly acknowledged: number;
  readonly acknowledgedPending: readonly number[];
  readonly last: number;
  readonly note: string | null;
  readonly messages: readonly (readonly [sequence: number, data: string])[];
}

function attachResult(sessionId: string, reply: AttachReply): AttachResult {
  switch (reply[0]) {
    case "refused":
      return { type: "refused", known: reply[1] };
    case "reset":
      return { type: "reset", reason: "lost", cause: reply[1] };
    case "resumed": {
      const { epoch, fence, received, receivedPending, acknowledged, acknowledgedPending, ...rest } =
        reply[1];
      const { last: lastSequence, note, messages } = rest;
      return {
        type: "resumed",
        claim: { sessionId, epoch, fence },
        state: {
          received: { upTo: received, pending: receivedPending },
          acknowledged: { upTo: acknowledged, pending: acknowledgedPending },
          lastSequence,
          unacknowledged: messages.map(([sequence, data]) => ({ sequence, data: decodeData(data) })),
          note: note === null ? undefined : decodeData(note),
        },
      };
    }
    default:
      return { type: reply[0] };
  }
}

function commitArguments(record: SessionCommit): { readonly [name: string]: Json } {
  const { outgoing = [], acknowledged, received, roomMessages = [], note } = record;
  return {
    first: outgoing[0]?.sequence ?? 0,
    outgoing: outgoing.map(({ data }) => [data.length, encodeData(data)]),
    acknowledged: acknowledged?.upTo ?? null,
    acknowledgedPending: acknowledged?.pending ?? null,
    received: received?.upTo ?? null,
    receivedPending: received?.pending ?? null,
    note: note === undefined ? null : encodeData(note),
    rooms: roomMessages.map(encodeAppend),
  };
}

function parts(claims: readonly Claim[]): readonly (readonly Claim[])[] {
  return Array.from({ length: Math.ceil(claims.length / callSize) }, (_, index) =>
    claims.slice(index * callSize, (index + 1) * callSize),
  );
}

type ListedSession = readonly [
  sessionId: string,
  epoch: string,
  fence: number,
  service: string,
  principal: string | null,
  keyHash: string,
  node: string | null,
  /** A text when it is infinite, which JSON cannot have. */
  endsAt: number | string | null,
  bytes: number,
];

function storedSession(listed: ListedSession): StoredSession {
  const [sessionId, epoch, fence, service, principal, keyHash, node, endsAt, bytes] = listed;
  return {
    claim: { sessionId: decodeText(sessionId), epoch, fence },
    service: decodeText(service),
    principal: principal === null ? undefined : decodeText(principal),
    keyHash: decodeText(keyHash),
    owner: endsAt === null && node !== null ? decodeText(node) : undefined,
    endsAt: endsAt === null ? undefined : Number(endsAt),
    bytes,
  };
}
