import {
  type AnyContract,
  CloseCode,
  type Frame,
  type FrameCodec,
  type Hello,
  jsonFrames,
  type Message,
  type ServerMessages,
  type Wire,
} from "@symbolon/protocol";
import type { Attempt } from "./attempt.ts";
import { Conversation } from "./conversation.ts";
import type { Line, LineOptions } from "./line.ts";
import type { Owner, Parking } from "./parking.ts";
import type { Peer } from "./peer.ts";
import { PlainLine } from "./plain-line.ts";
import { type Caller, SessionLine } from "./session-line.ts";
import { Rooms } from "./room.ts";
import type { ContractRoom, Setup } from "./setup.ts";

/** A contract being served. */
export interface Service<C extends AnyContract> {
  /** Finds a room of the contract, from anywhere. */
  readonly room: (name: string) => ContractRoom<C>;
}

/** What a service needs of the app. */
export interface ServiceOptions extends LineOptions {
  readonly codecs?: readonly FrameCodec[];
  readonly parking: Parking<SessionLine>;
}

/** Serves a contract: its rooms, and the newest conversation of each client. */
export class ContractService<C extends AnyContract> implements Service<C> {
  readonly contract: C;
  readonly room: (name: string) => ContractRoom<C>;
  readonly #setup: Setup<C, never>;
  readonly #options: ServiceOptions;
  /** The newest conversation of each client instance, by `cid` and principal, from before its setup to its end. */
  readonly #newest = new Map<string, Conversation<C, SessionLine>>();
  readonly #conversations = new WeakMap<object, { readonly line: Line; readonly attempt: Attempt }>();

  constructor(contract: C, setup: Setup<C, never>, options: ServiceOptions) {
    this.contract = contract;
    this.#setup = setup;
    this.#options = options;
    const rooms = new Rooms<Peer<ServerMessages<C>>, Written>((peer) => {
      const talk = this.#conversations.get(peer);
      if (talk === undefined) throw new TypeError("only the peers of this contract can join its rooms");
      const { line, attempt } = talk;
      return {
        deliver: (written) => {
          try {
            line.outbox.send(written(line.outbox.codec), { unheard: () => line.overflow() });
          } catch (error) {
            void attempt.report(error, "open"); // its codec cannot carry what that of others can
          }
        },
        gone: peer.closed,
        failed: (error) => void attempt.report(error, "open"),
      };
    });
    this.room = (name) =>
      rooms.room<ContractRoom<C>["send"]>(
        name,
        (broadcast) => (event, data, said) =>
          broadcast(writtenOnce({ t: "event", name: event, data }, options.codecs?.[0] ?? jsonFrames), said),
      );
  }

  /** Holds the conversation of a plain client. Resolves with a refusing response, or with undefined once it is accepted. */
  async plain(attempt: Attempt, accept: () => Promise<Wire>): Promise<Response | undefined> {
    const line = new PlainLine(this.#options);
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
    attempt: Attempt,
    caller: Caller,
    accept: () => Promise<Wire>,
    rest: (until: Promise<void>) => void,
  ): Promise<Response | undefined> {
    const { hello } = caller;
    const { pathname } = new URL(attempt.context.request.url);
    const owner = { cid: hello.cid, pathname, principal: attempt.context["principal"] };
    const key = JSON.stringify([owner.cid, owner.principal]);
    const known = this.#known(hello, owner, key);
    if (known.is === "stale") {
      caller.wire.close(CloseCode.Superseded, "a newer connection took over");
      await attempt.end();
      return undefined;
    }
    if (known.is === "here") {
      await attempt.end(); // the hooks have let it pass, and the session has what they provided at first
      await accept();
      // While their endings ran, the session may have gone on without it.
      const again = this.#known(hello, owner, key);
      if (again.is === "here") rest(again.line.attach(caller, hello.resume ? "resumed" : "new"));
      else caller.wire.close(CloseCode.SessionLost, "the session has ended");
      return undefined;
    }
    const line = new SessionLine(owner, this.#options.parking, this.#options, attempt.ended);
    line.att = hello.att;
    const { ghost, why } = known;
    return this.#begin(attempt, line, { key, ghost }, async (conversation) => {
      await accept();
      conversation.run();
      rest(line.attach(caller, why === undefined ? "new" : "reset", why));
    });
  }

  /** What is to be done with a client that has said `hello`. */
  #known(hello: Hello, owner: Owner, key: string): Known<C> {
    const { resume, att } = hello;
    const newest = this.#newest.get(key);
    if (resume === undefined) {
      if (newest === undefined) return { is: "new" };
      if (att <= newest.line.att) return { is: "stale" };
      if (newest.live && !newest.line.confirmed) return { is: "here", line: newest.line };
      return { is: "new", ghost: newest };
    }
    const found = this.#options.parking.find(resume, owner);
    if (found === undefined || "why" in found) return { is: "new", why: found?.why ?? "unknown" };
    if (att <= found.att) return { is: "stale" };
    return found.fits(resume)
      ? { is: "here", line: found }
      : { is: "new", why: "lost", ...(newest?.line === found && { ghost: newest }) };
  }

  async #begin<L extends Line>(
    attempt: Attempt,
    line: L,
    place: { readonly key: string; readonly ghost: Conversation<C, SessionLine> | undefined } | undefined,
    accepted: (conversation: Conversation<C, L>) => Promise<void>,
  ): Promise<Response | undefined> {
    attempt.context["room"] = this.room;
    const conversation = new Conversation(this, attempt, line, this.#options);
    this.#conversations.set(conversation.peer, { line, attempt });
    try {
      if (place !== undefined) await this.#follow(place.key, place.ghost, conversation as never);
      await conversation.setup(this.#setup);
      await accepted(conversation);
      return undefined;
    } catch (error) {
      await conversation.fail();
      return attempt.refusal(error);
    }
  }

  /** A client that comes back ends its own ghost first, so that setup never meets it. */
  async #follow(
    key: string,
    ghost: Conversation<C, SessionLine> | undefined,
    conversation: Conversation<C, SessionLine>,
  ): Promise<void> {
    this.#newest.set(key, conversation);
    void conversation.ended.then(() => {
      if (this.#newest.get(key) === conversation) this.#newest.delete(key);
    });
    await ghost?.supersede();
  }
}

/** What a client that says `hello` is to us. */
type Known<C extends AnyContract> =
  /** An older dial of a client that is here by a newer one. */
  | { readonly is: "stale" }
  /** One whose session goes on. */
  | { readonly is: "here"; readonly line: SessionLine }
  /** One that begins: `why` the session it asked for is gone, and what is left of it. */
  | {
      readonly is: "new";
      readonly why?: string;
      readonly ghost?: Conversation<C, SessionLine>;
    };

/** What is said to many, as one codec and another writes it. */
type Written = (codec: FrameCodec) => Message;

/** A frame written once for each codec that is asked for, and at once in `first`: it throws what that throws. */
function writtenOnce(frame: Frame, first: FrameCodec): Written {
  const messages = new Map([[first, first.write(frame)]]);
  return (codec) => {
    const message = messages.get(codec) ?? codec.write(frame);
    messages.set(codec, message);
    return message;
  };
}
