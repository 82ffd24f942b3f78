import {
  type AttachResult,
  type Claim,
  type NewSession,
  type SessionCommit,
  type SessionLoss,
  type SessionNotice,
  type SessionState,
  type SessionStore,
  type StoredSession,
  findInvalidRecord,
} from "@symbolon/server/store";
import type { AccountUsage } from "./account-usage.ts";
import type { OrderedCalls } from "./calls/ordered-calls.ts";
import { appendArguments } from "./redis-rooms.ts";
import type { Subscription, Subscriptions } from "./subscriptions.ts";
import { claimArguments, decodeMessage, encodeMessage, optionalArguments, progressOf } from "./values.ts";

/** What the sessions of a store need. */
export interface RedisSessionsOptions {
  readonly calls: OrderedCalls;
  readonly subscriptions: Subscriptions;
  readonly usage: AccountUsage;
  /** What all keys and channels of the app begin with. */
  readonly prefix: string;
  /** Called at each sweep. */
  readonly onSweep: () => void;
  /** Receives the error when the notices for a process cannot be subscribed to; the next sweep tries again. */
  readonly onError: (error: unknown) => void;
}

/** How many sessions one call reads or changes at most: other calls wait for it. */
const callSize = 200;

/** The sessions of a store in Redis. */
export function redisSessions(options: RedisSessionsOptions): SessionStore {
  const { calls, subscriptions, usage, prefix, onSweep, onError } = options;
  /** Subscribes again where that has failed. */
  const failed = new Set<() => Promise<void>>();
  const change = async (
    operation: string,
    claim: Claim,
    ...args: readonly (string | number)[]
  ): Promise<boolean> =>
    (await calls.call(operation, [...claimArguments(claim), ...args], { isNumbered: true })) === 1;
  return {
    create: async (session) => {
      const [outcome, epoch = ""] = (await calls.call("create", sessionArguments(session), {
        isNumbered: true,
        grows: true,
      })) as string[];
      if (outcome === "exists")
        throw new Error(`session ${JSON.stringify(session.sessionId)} already exists: use a new sessionId`);
      return { sessionId: session.sessionId, epoch, fence: 1 };
    },
    attach: async (request) => {
      const { epoch, receivedUpTo, firstHeld, asksFirst = false } = request;
      const args = [...sessionArguments(request), epoch, receivedUpTo, firstHeld, asksFirst ? "1" : "0"];
      const reply = await calls.call("attach", args, { isNumbered: true });
      return attachResult(request.sessionId, reply as AttachReply);
    },
    commit: async (claim, record) => {
      const invalid = findInvalidRecord(record);
      if (invalid !== undefined) {
        if (!(await change("owns", claim))) return false;
        throw new RangeError(invalid);
      }
      const { outgoing = [], roomMessages = [], note } = record;
      const grows = outgoing.length + roomMessages.length > 0 || note !== undefined;
      for (const { message } of roomMessages) usage.add(message.account, message.data.length);
      const args = [...claimArguments(claim), ...commitArguments(record)];
      const reply = (await calls.call("commit", args, { isNumbered: true, grows })) as CommitReply;
      if (reply[0] === "invalid") throw new RangeError(reply[1]);
      if (reply[0] === "lost") return false;
      for (const [index, { message }] of roomMessages.entries())
        usage.set(message.account, Number(reply[1][index]?.split(" ")[2]));
      return true;
    },
    detach: (claim, ms) => change("detach", claim, ms, "0"),
    release: (claim, ms) => change("detach", claim, ms, "1"),
    willRelease: (claim) => change("willRelease", claim),
    remove: (claim, close) =>
      change("remove", claim, ...optionalArguments(close === undefined ? undefined : JSON.stringify(close))),
    renew: async (connected, lease, detached) => {
      const renewed = [
        ...parts(connected).map((part) => ({ part, args: claimLists(part, []) })),
        ...parts(detached).map((part) => ({ part, args: claimLists([], part) })),
      ].map(async ({ part, args }) => {
        const losses = (await calls.call("renew", [lease.node, lease.ms, ...args])) as string[];
        return part.flatMap((claim, index) => {
          const type = losses[index] as SessionLoss["type"] | "";
          return type === "" ? [] : [{ type, claim }];
        });
      });
      return (await Promise.all(renewed)).flat();
    },
    watch: (node, listener) => {
      let subscription: Subscription | undefined;
      let stopped = false;
      const subscribe = async (): Promise<void> => {
        failed.delete(subscribe);
        subscription = subscriptions.add(`${prefix}node:${node}`, {
          receive: (message) => listener(JSON.parse(message) as SessionNotice),
          missed: () => {}, // `renew` has the losses
        });
        try {
          await subscription.ready;
        } catch (error) {
          if (stopped) return;
          failed.add(subscribe);
          onError(error);
        }
      };
      void calls.holdUntil(subscribe()); // what a later call causes arrives
      return () => {
        stopped = true;
        failed.delete(subscribe);
        subscription?.stop();
      };
    },
    sweep: async (grace) => {
      onSweep();
      for (const subscribe of Array.from(failed)) void subscribe();
      return (await calls.call("sweep", [grace])) === 1;
    },
    isOverloaded: () => calls.isSlow,
    list: async ({ principal, after = "", most = 1_000 } = {}) => {
      const listed: StoredSession[] = [];
      while (listed.length < most) {
        const size = Math.min(callSize, most - listed.length);
        const from = listed.at(-1)?.claim.sessionId ?? after;
        const part = (await calls.call("list", [
          ...optionalArguments(principal),
          from,
          size,
        ])) as ListedSession[];
        listed.push(...part.map(storedSession));
        if (part.length < size) break;
      }
      return listed;
    },
  };
}

function sessionArguments(session: NewSession): readonly (string | number)[] {
  const { sessionId, secretHash, keyHash, service, attempt, principal, lease } = session;
  return [
    sessionId,
    secretHash,
    keyHash,
    service,
    attempt,
    ...optionalArguments(principal),
    lease.node,
    lease.ms,
  ];
}

type CommitReply =
  | readonly ["lost"]
  | readonly ["invalid", problem: string]
  | readonly ["recorded", places: readonly string[]];

type AttachReply =
  | readonly ["refused", known: number]
  | readonly ["stale" | "asked"]
  | readonly ["reset", cause: string]
  | readonly ["resumed", epoch: string, fence: number, ...state: StateReply];

type StateReply = [
  receivedUpTo: string,
  receivedPending: string,
  acknowledgedUpTo: string,
  acknowledgedPending: string,
  lastSequence: string,
  note: string | null,
  messages: readonly string[],
];

function attachResult(sessionId: string, reply: AttachReply): AttachResult {
  switch (reply[0]) {
    case "refused":
      return { type: "refused", known: reply[1] === 1 };
    case "reset":
      return { type: "reset", reason: "lost", cause: reply[1] };
    case "resumed": {
      const [type, epoch, fence, ...state] = reply;
      return { type, claim: { sessionId, epoch, fence }, state: sessionState(state) };
    }
    default:
      return { type: reply[0] };
  }
}

function sessionState(state: StateReply): SessionState {
  const [receivedUpTo, receivedPending, acknowledgedUpTo, acknowledgedPending, last, note, messages] = state;
  const lastSequence = Number(last);
  return {
    received: progressOf(receivedUpTo, receivedPending),
    acknowledged: progressOf(acknowledgedUpTo, acknowledgedPending),
    lastSequence,
    unacknowledged: messages.map((message, index) => ({
      sequence: lastSequence - messages.length + index + 1,
      data: decodeMessage(message.slice(message.indexOf(":") + 1)),
    })),
    note: note === null ? undefined : decodeMessage(note),
  };
}

function commitArguments(record: SessionCommit): readonly (string | number)[] {
  const { outgoing = [], acknowledged, received, roomMessages = [], note } = record;
  return [
    ...optionalArguments(acknowledged?.upTo),
    ...optionalArguments(received?.upTo),
    acknowledged?.pending.join(",") ?? "",
    received?.pending.join(",") ?? "",
    ...optionalArguments(note === undefined ? undefined : encodeMessage(note)),
    outgoing[0]?.sequence ?? 0,
    outgoing.length,
    ...outgoing.flatMap(({ data }) => [data.length, encodeMessage(data)]),
    roomMessages.length,
    ...roomMessages.flatMap(appendArguments),
  ];
}

function parts(claims: readonly Claim[]): readonly (readonly Claim[])[] {
  return Array.from({ length: Math.ceil(claims.length / callSize) }, (_, index) =>
    claims.slice(index * callSize, (index + 1) * callSize),
  );
}

function claimLists(connected: readonly Claim[], detached: readonly Claim[]): readonly (string | number)[] {
  return [connected, detached].flatMap((claims) => [claims.length, ...claims.flatMap(claimArguments)]);
}

type ListedSession = readonly [
  sessionId: string,
  epoch: string,
  fence: string,
  service: string,
  principal: string | null,
  keyHash: string,
  node: string | null,
  endsAt: string | null,
  bytes: string,
];

function storedSession(listed: ListedSession): StoredSession {
  const [sessionId, epoch, fence, service, principal, keyHash, node, endsAt, bytes] = listed;
  return {
    claim: { sessionId, epoch, fence: Number(fence) },
    service,
    principal: principal ?? undefined,
    keyHash,
    owner: endsAt === null ? (node ?? undefined) : undefined,
    endsAt: endsAt === null ? undefined : Number(endsAt),
    bytes: Number(bytes),
  };
}
