/** Random calls, made to a store and to the model that keeps everything. */
import * as fc from "fast-check";
import type { AttachResult, SessionCommit, Store } from "../../src/store/store.ts";
import { Model } from "./store-model.ts";

const index = fc.nat(2);
const data = fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array({ maxLength: 20 }));
const step = fc.integer({ min: -1, max: 3 });
const keep = fc.record({ messages: fc.nat(4), ms: fc.nat(4).map((seconds) => seconds * 1_000) });
const said = fc.record({ room: index, data, keep, except: fc.option(fc.string(), { nil: undefined }) });

/** Any call; its numbers count from where the model is, so that most of them fit. */
export const operation = fc.oneof(
  fc.record({ op: fc.constant("create" as const), sessionId: index, attempt: fc.nat(3) }),
  fc.record({
    op: fc.constant("attach" as const),
    sessionId: index,
    attempt: step,
    receivedUpTo: step,
    firstHeld: step,
    wrong: fc.constantFrom("", "", "", "", "secret", "principal", "ep"),
  }),
  fc.record({
    op: fc.constant("commit" as const),
    sessionId: index,
    old: fc.constantFrom(0, 0, 0, 1),
    outgoing: fc.array(data, { maxLength: 3 }),
    acknowledged: fc.option(fc.nat(3), { nil: undefined }),
    received: fc.option(fc.nat(3), { nil: undefined }),
    pending: fc.boolean(),
    roomMessages: fc.array(said, { maxLength: 2 }),
    note: fc.option(data, { nil: undefined }),
    broken: fc.constantFrom(undefined, undefined, undefined, undefined, true as const),
  }),
  fc.record({ op: fc.constantFrom("park" as const, "remove" as const), sessionId: index, old: fc.nat(1) }),
  fc.record({ op: fc.constant("say" as const), said }),
  fc.record({ op: fc.constant("read" as const), room: index, after: fc.nat(12) }),
  fc.record({ op: fc.constant("sweep" as const) }),
);
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

/** Where a session stands that is not there. */
const unknown = { outgoing: [] as readonly unknown[], acknowledged: { upTo: 0 }, received: { upTo: 0 } };

/** What the two say, which must be the same. */
export interface Said {
  readonly store: unknown;
  readonly model: unknown;
}

/** A store and its model, side by side. */
export class Pair {
  store: Store;
  model = new Model();
  #now = 0;

  constructor(store: Store) {
    this.store = store;
  }

  /** Does the same to both. */
  async do(operation: Operation): Promise<Said> {
    const { rooms } = this.store;
    this.#now += 700;
    switch (operation.op) {
      case "create":
        return this.#create(operation);
      case "attach":
        return this.#attach(operation);
      case "say": {
        const { room, message, keep } = this.#said(operation.said);
        const placed = await rooms.append(room, message, keep);
        return { store: placed, model: this.model.say(room, message, keep) };
      }
      case "read":
        return this.#read(`r${operation.room}`, operation.after);
      case "sweep":
        for (const name of this.model.rooms.keys()) this.model.age(name, this.#now);
        return { store: await rooms.sweep(this.#now, Infinity), model: undefined };
      default:
        return this.#change(operation);
    }
  }

  /** Everything that is in both. */
  async all(): Promise<readonly Said[]> {
    const sessions = sorted(await this.store.sessions.list());
    const compared: Said[] = [{ store: sessions, model: sorted(this.model.list()) }];
    for (const name of this.model.rooms.keys()) compared.push(await this.#read(name, 0));
    for (const { sessionId, epoch, attempt, acknowledged, received } of this.model.copy().sessions.values()) {
      const request = {
        ...this.#known(sessionId),
        epoch,
        attempt: attempt + 1,
        receivedUpTo: acknowledged.upTo,
        firstHeld: received.upTo + 1,
      };
      const attached = withoutCause(await this.store.sessions.attach(request));
      compared.push({ store: attached, model: this.model.attach(request) });
    }
    return compared;
  }

  #known(sessionId: string) {
    return {
      sessionId,
      secret: `secret of ${sessionId}`,
      principal: sessionId === "s0" ? undefined : "ada",
      service: "/",
    };
  }

  #said({ room, keep, data, except }: Extract<Operation, { op: "say" }>["said"]) {
    const message = { name: "n", data, at: this.#now, ...(except === undefined ? {} : { except }) };
    return { room: `r${room}`, message, keep };
  }

  async #create({ sessionId, attempt }: Extract<Operation, { op: "create" }>): Promise<Said> {
    const { sessions, epoch } = this.store;
    const session = { ...this.#known(`s${sessionId}`), clientId: `c${attempt}`, attempt };
    const there = this.model.sessions.has(session.sessionId);
    const created = (async () => sessions.create(session))();
    if (there) return { store: await created.catch(() => "there already"), model: "there already" };
    this.model.create(session, epoch);
    return { store: await created, model: { sessionId: session.sessionId, epoch, fence: 1 } };
  }

  async #read(name: string, after: number): Promise<Said> {
    const { epoch, offset } = await this.store.rooms.position(name);
    const known = this.model.epochs.get(name) ?? epoch;
    this.model.epochs.set(name, known);
    const from = Math.min(after, offset);
    const part = await this.store.rooms.read(name, { epoch, offset: from }, Infinity);
    return { store: part, model: { epoch: known, ...(this.model.read(name, from) as object) } };
  }

  async #attach({
    sessionId,
    attempt,
    receivedUpTo,
    firstHeld,
    wrong,
  }: Extract<Operation, { op: "attach" }>): Promise<Said> {
    const known = this.#known(`s${sessionId}`);
    const session = this.model.sessions.get(known.sessionId);
    const request = {
      ...known,
      epoch: this.store.epoch,
      ...(wrong === "" ? {} : { [wrong]: "wrong" }),
      attempt: (session?.attempt ?? 0) + attempt,
      receivedUpTo: (session?.acknowledged.upTo ?? 0) + receivedUpTo,
      firstHeld: (session?.received.upTo ?? 0) + firstHeld,
    };
    const attached = withoutCause(await this.store.sessions.attach(request));
    return { store: attached, model: this.model.attach(request) };
  }

  async #change(operation: Extract<Operation, { op: "commit" | "park" | "remove" }>): Promise<Said> {
    const { sessions, epoch } = this.store;
    const sessionId = `s${operation.sessionId}`;
    const session = this.model.sessions.get(sessionId);
    const claim = { sessionId, epoch, fence: (session?.fence ?? 1) - operation.old };
    if (operation.op === "commit") {
      const record = this.#record(operation, session);
      return { store: await sessions.commit(claim, record), model: this.model.commit(claim, record) };
    }
    const owned = this.model.owned(claim);
    const parks = operation.op === "park";
    if (owned !== undefined && parks) owned.detachedAt = this.#now;
    if (owned !== undefined && !parks) this.model.sessions.delete(sessionId);
    const done = parks ? sessions.detach(claim, this.#now) : sessions.remove(claim);
    return { store: await done, model: owned !== undefined };
  }

  /** A record that can follow what is there. */
  #record(
    {
      outgoing: out,
      acknowledged,
      received,
      pending,
      roomMessages: said,
      note,
      broken,
    }: Extract<Operation, { op: "commit" }>,
    session = unknown,
  ): SessionCommit {
    const progress = (upTo: number) => ({ upTo, pending: pending && upTo > 0 ? [upTo] : [] });
    const last = session.outgoing.length;
    return {
      outgoing: out.map((data, index) => ({ sequence: last + index + 1, data })),
      acknowledged:
        acknowledged === undefined
          ? undefined
          : progress(Math.min(session.acknowledged.upTo + acknowledged, last + out.length)),
      received: received === undefined ? undefined : progress(session.received.upTo + received),
      roomMessages: said.map((one) => this.#said(one)),
      note,
      broken,
    };
  }
}

/** A list of sessions in the order of their names: a store may have another. */
function sorted(list: readonly { readonly claim: { readonly sessionId: string } }[]): unknown {
  return [...list].sort((one, other) => (one.claim.sessionId < other.claim.sessionId ? -1 : 1));
}

/** An answer without the sentence for the log, which is nobody's promise. */
function withoutCause(attached: AttachResult): unknown {
  if (attached.type !== "reset") return attached;
  const { cause: _, ...rest } = attached;
  return rest;
}
