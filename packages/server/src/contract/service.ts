import { type AnyContract, CloseCode, type FrameCodec } from "@symbolon/protocol";
import type { Hello, Resume, Wire } from "@symbolon/protocol/internal";
import type { Exchange } from "../request/exchange.ts";
import { ContractRooms, type RoomClient } from "./contract-rooms.ts";
import { Conversation } from "./conversation.ts";
import { CloseResponse } from "../request/errors.ts";
import type { ClientLink, LinkOptions, RecordRoomMessages } from "../session/link.ts";
import type { SessionOwner, Sessions } from "../session/sessions.ts";
import { PlainLink } from "../session/plain-link.ts";
import type { RoomScope } from "./handlers.ts";
import type { IdentifiedWire } from "../session/hello.ts";
import {
  canResume,
  restoredState,
  type SessionNote,
  readNote,
  resetReason,
  sendLostCalls,
} from "../session/restore.ts";
import { SessionLink } from "../session/session-link.ts";
import { hashSecret, SessionSecret } from "../session/session-secret.ts";
import type { AttachResult, AttachRequest, Awaitable, Claim, Store } from "../store/store.ts";
import type { ContractRoom, ImplementOptions, Setup } from "./setup.ts";
import type { Connections } from "../access/connections.ts";

/** A contract being served. */
export interface Service<C extends AnyContract> {
  /** Finds a room of the contract, from anywhere. */
  readonly room: (name: string) => ContractRoom<C>;
}

/** What a service needs of the app. */
export interface ServiceOptions extends LinkOptions {
  readonly codecs?: readonly FrameCodec[];
  readonly sessions: Sessions<SessionLink>;
  readonly connections: Connections;
  /** Told that the store has failed where nobody waits for it. */
  readonly onStoreError: (error: unknown) => void;
  /** Where sessions survive this process. Default: they do not. */
  readonly store?: Store;
}

/** How an older dial of a client ends. */
const superseded = { code: CloseCode.Superseded, reason: "a newer connection took over" };

/** Serves a contract: its rooms, and the newest conversation of each client. */
export class ContractService<C extends AnyContract> implements Service<C> {
  readonly contract: C;
  readonly room: (name: string) => ContractRoom<C>;
  readonly #rooms: ContractRooms<C>;
  readonly #setup: Setup<C, never>;
  readonly #options: ServiceOptions;
  /** The newest conversation of each client instance, by `cid` and principal, from before its setup to its end. */
  readonly #newest = new Map<string, Conversation<C, SessionLink>>();
  /** Conversations of stored sessions whose handlers may be at work, though the session may have gone on elsewhere. */
  readonly #working = new Map<string, Conversation<C, SessionLink>>();
  readonly #conversations = new WeakMap<object, { readonly line: ClientLink; readonly attempt: Exchange }>();

  constructor(contract: C, setup: Setup<C, never>, options: ServiceOptions, own: ImplementOptions<C> = {}) {
    this.contract = contract;
    this.#setup = setup;
    this.#options = options;
    this.#rooms = new ContractRooms(
      contract,
      { ...options, findClient: (peer) => this.#guest(peer) },
      own.rooms,
    );
    this.room = (name) => this.#rooms.room(name);
  }

  /** Rooms for the handler of one message: what it sends in them is sent when it has settled. */
  readonly scope = (record: RecordRoomMessages): RoomScope<C> => this.#rooms.scope(record);

  /** What its rooms remember is gone, and nobody waits for its handlers, as when a process dies. */
  crash(): void {
    this.#rooms.crash();
    this.#working.clear();
  }

  /** Holds the conversation of a plain client. Resolves with a refusing response, or with undefined once it is accepted. */
  async plain(attempt: Exchange, accept: () => Promise<Wire>): Promise<Response | undefined> {
    const line = new PlainLink(this.#options);
    return this.#begin(attempt, line, undefined, async (conversation) => {
      line.attach(await accept());
      conversation.run();
    });
  }

  /**
   * Goes on with the session of a client, or begins one. Resolves as `plain` does; `rest` is told what resolves when the
   * wire is of no account any more.
   */
  async session(
    attempt: Exchange,
    caller: IdentifiedWire,
    accept: () => Promise<Wire>,
    rest: (until: Promise<void>) => void,
  ): Promise<Response | undefined> {
    const { hello, codec, principal } = caller;
    const { pathname } = new URL(attempt.context.request.url);
    const owner = { clientId: hello.clientId, pathname, principal };
    const key = JSON.stringify([owner.clientId, owner.principal]);
    const service = `${codec.protocol} ${pathname}`;
    const known = this.#known(hello, owner, key);
    // Who has missed its welcome comes back without a word of it: the store is to know that it is here all the same.
    const brought = hello.resume ?? (known.is === "here" ? unsaid(known.line) : undefined);
    const request = brought && {
      sessionId: brought.id,
      epoch: brought.epoch,
      receivedUpTo: brought.receivedUpTo,
      firstHeld: brought.firstHeld,
      secret: hashSecret(brought),
      principal,
      service,
      attempt: hello.attempt,
    };
    // Where what is known here does not fit, the session may have gone on at another server since.
    const asks = known.is === "gone" || (known.is === "new" && known.why === "lost");
    const { connections: visitors } = this.#options;
    const stored =
      asks && request !== undefined ? await visitors.reserve(principal, this.#find(request)) : undefined;
    if (known.is === "stale" || stored?.type === "stale") return new CloseResponse(superseded);
    if (known.is === "here") {
      if (!known.line.resumeRate.allow())
        return new CloseResponse({ code: CloseCode.TooMany, reason: "back too often" });
      await attempt.end(); // the hooks have let it pass, and the session has what they provided at first
      await accept();
      const goesOn = request !== undefined && (await known.line.resume(request));
      // While something was awaited, the session may have gone on without it.
      const again = this.#known(hello, owner, key);
      if (again.is === "stale") return new CloseResponse(superseded);
      if (!goesOn || again.is !== "here")
        return new CloseResponse({ code: CloseCode.SessionLost, reason: "the session has ended" });
      rest(again.line.attach(caller, hello.resume ? "resumed" : "new"));
      return undefined;
    }
    const restored = stored?.type === "resumed" ? stored : undefined;
    const why = known.is === "new" ? known.why : (resetReason(stored) ?? "unknown");
    const newest = this.#newest.get(key);
    const ghost = restored && newest?.link.id === hello.resume?.id ? newest : known.ghost;
    const secret = new SessionSecret(restored === undefined ? this.#options.store?.epoch : hello.resume);
    const left = restored && restoredState(restored.state, codec);
    const { sessions: parking } = this.#options;
    const line = new SessionLink({
      ...this.#options,
      owner,
      sessions: parking,
      secret,
      ended: attempt.ended,
      restored: left,
    });
    line.attempt = hello.attempt;
    line.memberships.restore(hello.rooms);
    if (restored !== undefined) attempt.context["resumed"] = true;
    const from = (restored?.claim.fence ?? 0) * 2 ** 32; // no number of a process that is gone comes again
    const elder = this.#working.get(line.id);
    return this.#begin(attempt, line, { key, ghost, elder, from }, async (conversation) => {
      await accept();
      const claim = restored?.claim ?? (await this.#create(line, service, hello.attempt));
      const { sessions } = this.#options.store ?? {};
      if (claim !== undefined && sessions !== undefined)
        line.record(sessions, claim, () =>
          JSON.stringify({
            ...conversation.peer.openCalls,
            hasUnsent: line.outbox.unsent > 0,
          } satisfies SessionNote),
        );
      conversation.run();
      if (claim !== undefined) this.#watch(line.id, conversation);
      if (restored !== undefined) sendLostCalls(line, readNote(restored.state));
      if (restored !== undefined) rest(line.attach(caller, "resumed"));
      else rest(line.attach(caller, why === undefined ? "new" : "reset", why));
    });
  }

  #guest(peer: object): RoomClient {
    const talk = this.#conversations.get(peer);
    if (talk === undefined) throw new TypeError("only the peers of this contract can join its rooms");
    return {
      memberships: talk.line.memberships,
      onError: (error) => void talk.attempt.report(error, "open"),
    };
  }

  /** Takes over a session from a process that is gone. Of what it said beyond what the client had granted there is no record. */
  async #find(request: AttachRequest): Promise<AttachResult | undefined> {
    const { sessions } = this.#options.store ?? {};
    const found = await sessions?.attach(request);
    if (found?.type !== "resumed" || !readNote(found.state).hasUnsent) return found;
    await sessions?.remove(found.claim);
    return { type: "reset", reason: "overflow", cause: "more was said than the client had granted" };
  }

  #create({ owner, secret }: SessionLink, service: string, att: number): Awaitable<Claim> | undefined {
    const { principal, clientId: cid } = owner;
    const { id: sid } = secret.key;
    return this.#options.store?.sessions.create({
      sessionId: sid,
      secret: secret.hash,
      principal,
      service,
      clientId: cid,
      attempt: att,
    });
  }

  /** What is to be done with a client that has said `hello`. */
  #known(hello: Hello, owner: SessionOwner, key: string): Known<C> {
    const { resume, attempt: att } = hello;
    const newest = this.#newest.get(key);
    if (resume === undefined) {
      if (newest === undefined) return { is: "new" };
      if (att <= newest.link.attempt) return { is: "stale" };
      const { link: line, live } = newest;
      if (live && !line.confirmed && line.owner.pathname === owner.pathname) return { is: "here", line };
      return { is: "new", ghost: newest };
    }
    const found = this.#options.sessions.find(resume, owner);
    const ending = newest?.link.ended === true ? { ghost: newest } : {}; // setup is not to meet what is left of it
    if (found === undefined) return { is: "gone", ...ending };
    if ("why" in found) return { is: "new", why: found.why, ...ending };
    if (att <= found.attempt) return { is: "stale" };
    return canResume(found, resume)
      ? { is: "here", line: found }
      : { is: "new", why: "lost", ...(newest?.link === found && { ghost: newest }) };
  }

  async #begin<L extends ClientLink>(
    attempt: Exchange,
    line: L,
    place: Place<C> | undefined,
    accepted: (conversation: Conversation<C, L>) => Promise<void>,
  ): Promise<Response | undefined> {
    const refusal = this.#options.connections.checkLimit(attempt);
    if (refusal !== undefined) return refusal;
    attempt.context["room"] = this.room;
    const conversation = new Conversation(this, attempt, line, { ...this.#options, lastId: place?.from });
    this.#conversations.set(conversation.peer, { line, attempt });
    this.#options.connections.add(attempt, conversation);
    try {
      if (place !== undefined) await this.#follow(place, conversation as never);
      await conversation.setup(this.#setup);
      await accepted(conversation);
      return undefined;
    } catch (error) {
      await conversation.abort();
      return attempt.errorResponse(error);
    }
  }

  /** Keeps a conversation until its last handler has settled. */
  #watch(sid: string, conversation: Conversation<C, SessionLink>): void {
    this.#working.set(sid, conversation);
    void conversation.handled.then(() => {
      if (this.#working.get(sid) === conversation) this.#working.delete(sid);
    });
  }

  /** A client that comes back ends its own ghost first, so that setup never meets it. */
  async #follow({ key, ghost, elder }: Place<C>, conversation: Conversation<C, SessionLink>): Promise<void> {
    this.#newest.set(key, conversation);
    void conversation.ended.then(() => {
      if (this.#newest.get(key) === conversation) this.#newest.delete(key);
    });
    await ghost?.supersede();
    await elder?.waitForHandlers();
  }
}

/** What the client of a session would say of it that has heard nothing yet, and said nothing. */
function unsaid({ secret }: SessionLink): Resume {
  return { ...secret.key, receivedUpTo: 0, firstHeld: 1 };
}

/** Where a session stands among those of its client. */
interface Place<C extends AnyContract> {
  readonly key: string;
  readonly ghost: Conversation<C, SessionLink> | undefined;
  /** The one that had the session here before it went on elsewhere. */
  readonly elder: Conversation<C, SessionLink> | undefined;
  /** The number after which its events and calls are numbered. */
  readonly from: number;
}

/** What a client that says `hello` is to us. */
type Known<C extends AnyContract> =
  /** An older dial of a client that is here by a newer one. */
  | { readonly is: "stale" }
  /** One whose session goes on. */
  | { readonly is: "here"; readonly line: SessionLink }
  /** One whose session is not here: perhaps it is in the store. */
  | { readonly is: "gone"; readonly ghost?: Conversation<C, SessionLink> }
  /** One that begins: `why` the session it asked for is gone, and what is left of it. */
  | {
      readonly is: "new";
      readonly why?: string;
      readonly ghost?: Conversation<C, SessionLink>;
    };
