/** Random calls to a store and to its model. */
import * as fc from "fast-check";
import type { AttachResult, SessionCommit, StoredSession } from "../../src/store/session-store.ts";
import type { Store } from "../../src/store/store.ts";
import { attempted, lease } from "./store-fixtures.ts";
import { StoreModel } from "./store-model.ts";

const index = fc.nat(2);
const data = fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array({ maxLength: 20 }));
/** What is added to the present value of the model; most results are valid. */
const step = fc.integer({ min: -1, max: 3 });
const retention = fc.record({ messages: fc.nat(4), ms: fc.nat(4).map((seconds) => seconds * 1_000) });
const roomAppend = fc.record({
  room: index,
  data,
  retention,
  except: fc.option(fc.string(), { nil: undefined }),
});

/** Any call of a store. */
export const storeCall = fc.oneof(
  fc.record({ method: fc.constant("create" as const), session: index, attempt: fc.nat(3) }),
  fc.record({
    method: fc.constant("attach" as const),
    session: index,
    attempt: step,
    receivedUpTo: step,
    firstHeld: step,
    wrongField: fc.constantFrom("", "", "", "", "secretHash", "keyHash", "principal", "epoch"),
  }),
  fc.record({
    method: fc.constant("commit" as const),
    session: index,
    fencesBehind: fc.constantFrom(0, 0, 0, 1),
    outgoing: fc.array(data, { maxLength: 3 }),
    acknowledged: fc.option(fc.nat(3), { nil: undefined }),
    received: fc.option(fc.nat(3), { nil: undefined }),
    hasPending: fc.boolean(),
    roomAppends: fc.array(roomAppend, { maxLength: 2 }),
    note: fc.option(data, { nil: undefined }),
  }),
  fc.record({
    method: fc.constantFrom("detach" as const, "remove" as const),
    session: index,
    fencesBehind: fc.nat(1),
  }),
  fc.record({ method: fc.constant("append" as const), roomAppend }),
  fc.record({ method: fc.constant("read" as const), room: index, after: fc.nat(12) }),
  fc.record({ method: fc.constant("sweep" as const) }),
);
type StoreCall = typeof storeCall extends fc.Arbitrary<infer Value> ? Value : never;
type CallOf<Method> = Extract<StoreCall, { readonly method: Method }>;

/** The progress of a session that does not exist. */
const noSession = { messages: [] as readonly unknown[], acknowledged: { upTo: 0 }, received: { upTo: 0 } };

/** The results of a store and of its model. They must be equal. */
export interface ResultPair {
  readonly store: unknown;
  readonly model: unknown;
}

/** A store and its model. */
export class ModelledStore {
  store: Store;
  model = new StoreModel();
  /** The epoch in which all sessions have begun. */
  epoch: string | undefined;
  /** In ms since 1970. */
  #now = 0;

  constructor(store: Store) {
    this.store = store;
  }

  /** Makes the same call to both. */
  async call(call: StoreCall): Promise<ResultPair> {
    const { rooms } = this.store;
    this.#now += 700;
    switch (call.method) {
      case "create":
        return this.#create(call);
      case "attach":
        return this.#attach(call);
      case "append": {
        const { room, message, keep } = this.#roomAppend(call.roomAppend);
        const place = await rooms.append(room, message, keep);
        return { store: place, model: this.model.append(room, message, keep) };
      }
      case "read":
        return this.#read(`r${call.room}`, call.after);
      case "sweep":
        for (const name of this.model.rooms.keys()) this.model.dropExpired(name, this.#now);
        return { store: await rooms.sweep(this.#now, Infinity), model: undefined };
      default:
        return this.#change(call);
    }
  }

  /** Reads everything that both have. It attaches every session. */
  async readAll(): Promise<readonly ResultPair[]> {
    const listed = sortById(await this.store.sessions.list());
    const pairs: ResultPair[] = [{ store: listed, model: sortById(this.model.list()) }];
    for (const name of this.model.rooms.keys()) pairs.push(await this.#read(name, 0));
    for (const { sessionId, epoch, attempt, acknowledged, received } of this.model.copy().sessions.values()) {
      const request = {
        ...this.#credentials(sessionId),
        epoch,
        attempt: attempt + 1,
        receivedUpTo: acknowledged.upTo,
        firstHeld: received.upTo + 1,
      };
      const result = withoutCause(await this.store.sessions.attach(request));
      pairs.push({ store: result, model: this.model.attach(request) });
    }
    return pairs;
  }

  #credentials(sessionId: string) {
    return {
      sessionId,
      secretHash: `secret of ${sessionId}`,
      keyHash: `key of ${sessionId}`,
      principal: sessionId === "s0" ? undefined : "ada",
      service: "/",
      lease,
    };
  }

  #roomAppend({ room, retention, data, except }: CallOf<"append">["roomAppend"]) {
    const message = { name: "n", data, at: this.#now, ...(except === undefined ? {} : { except }) };
    return { room: `r${room}`, message, keep: retention };
  }

  async #create({ session, attempt }: CallOf<"create">): Promise<ResultPair> {
    const { sessions } = this.store;
    const begins = { ...this.#credentials(`s${session}`), attempt };
    const exists = this.model.sessions.has(begins.sessionId);
    const created = attempted(() => sessions.create(begins));
    if (exists) return { store: await created.catch(() => "exists"), model: "exists" };
    const claim = await created;
    this.epoch ??= claim.epoch;
    this.model.create(begins, this.epoch);
    return { store: claim, model: { sessionId: begins.sessionId, epoch: this.epoch, fence: 1 } };
  }

  async #read(name: string, after: number): Promise<ResultPair> {
    const { epoch, offset } = await this.store.rooms.position(name);
    const firstEpoch = this.model.epochs.get(name) ?? epoch;
    this.model.epochs.set(name, firstEpoch);
    const from = Math.min(after, offset);
    const part = await this.store.rooms.read(name, { epoch, offset: from }, 10_000);
    return { store: part, model: { epoch: firstEpoch, ...(this.model.read(name, from) as object) } };
  }

  async #attach(call: CallOf<"attach">): Promise<ResultPair> {
    const { attempt, receivedUpTo, firstHeld, wrongField } = call;
    const credentials = this.#credentials(`s${call.session}`);
    const session = this.model.sessions.get(credentials.sessionId);
    const request = {
      ...credentials,
      epoch: this.epoch ?? "",
      ...(wrongField === "" ? {} : { [wrongField]: "wrong" }),
      attempt: (session?.attempt ?? 0) + attempt,
      receivedUpTo: (session?.acknowledged.upTo ?? 0) + receivedUpTo,
      firstHeld: (session?.received.upTo ?? 0) + firstHeld,
    };
    const result = withoutCause(await this.store.sessions.attach(request));
    return { store: result, model: this.model.attach(request) };
  }

  async #change(call: CallOf<"commit"> | CallOf<"detach" | "remove">): Promise<ResultPair> {
    const { sessions } = this.store;
    const { epoch = "" } = this;
    const sessionId = `s${call.session}`;
    const session = this.model.sessions.get(sessionId);
    const claim = { sessionId, epoch, fence: (session?.fence ?? 1) - call.fencesBehind };
    if (call.method === "commit") {
      const record = this.#validRecord(call, session);
      return { store: await sessions.commit(claim, record), model: this.model.commit(claim, record) };
    }
    const owned = this.model.owned(claim);
    const detaches = call.method === "detach";
    if (owned !== undefined && detaches) Object.assign(owned, { owner: undefined, endsAt: 60_000 });
    if (owned !== undefined && !detaches) this.model.sessions.delete(sessionId);
    const result = detaches ? sessions.detach(claim, 60_000) : sessions.remove(claim);
    return { store: await result, model: owned !== undefined };
  }

  /** A record that continues from the progress of a session. */
  #validRecord(call: CallOf<"commit">, session = noSession): SessionCommit {
    const { outgoing, acknowledged, received, hasPending, roomAppends, note } = call;
    const progress = (upTo: number) => ({ upTo, pending: hasPending && upTo > 0 ? [upTo] : [] });
    const last = session.messages.length;
    return {
      outgoing: outgoing.map((data, index) => ({ sequence: last + index + 1, data })),
      acknowledged:
        acknowledged === undefined
          ? undefined
          : progress(Math.min(session.acknowledged.upTo + acknowledged, last + outgoing.length)),
      received: received === undefined ? undefined : progress(session.received.upTo + received),
      roomMessages: roomAppends.map((append) => this.#roomAppend(append)),
      note,
    };
  }
}

/** Sorts a list of sessions by their ids: a store may list them in any order. The model has no clock. */
function sortById(list: readonly StoredSession[]): unknown {
  return list
    .map(({ endsAt, ...session }) => ({ ...session, isDetached: endsAt !== undefined }))
    .sort((one, other) => (one.claim.sessionId < other.claim.sessionId ? -1 : 1));
}

/** A result without its sentence for logs, which the model does not have. */
function withoutCause(result: AttachResult): unknown {
  if (result.type !== "reset") return result;
  const { cause: _, ...rest } = result;
  return rest;
}
