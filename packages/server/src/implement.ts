import {
  type AnyContract,
  type Frame,
  type FrameCodec,
  jsonFrames,
  type Message,
  type ServerMessages,
  type Session,
} from "@symbolon/protocol";
import type { Attempt } from "./attempt.ts";
import { Conversation, type Opening, type ServiceOptions } from "./conversation.ts";
import type { Peer } from "./peer.ts";
import { Rooms } from "./room.ts";
import type { ContractRoom, Setup } from "./setup.ts";

/** A contract being served. */
export interface Service<C extends AnyContract> {
  /** Finds a room of the contract, from anywhere. */
  readonly room: (name: string) => ContractRoom<C>;
}

/** Serves a contract: its rooms, and the newest conversation of each client. */
export class ContractService<C extends AnyContract> implements Service<C> {
  readonly contract: C;
  readonly room: (name: string) => ContractRoom<C>;
  readonly #setup: Setup<C, never>;
  readonly #options: ServiceOptions;
  /** The newest conversation of each client instance, by `cid` and principal, from before its setup to its end. */
  readonly #newest = new Map<string, Conversation<C>>();
  readonly #conversations = new WeakMap<object, { readonly session: Session; readonly attempt: Attempt }>();

  constructor(contract: C, setup: Setup<C, never>, options: ServiceOptions) {
    this.contract = contract;
    this.#setup = setup;
    this.#options = options;
    const rooms = new Rooms<Peer<ServerMessages<C>>, Written>((peer) => {
      const talk = this.#conversations.get(peer);
      if (talk === undefined) throw new TypeError("only the peers of this contract can join its rooms");
      return {
        deliver: (written) => {
          try {
            talk.session.send(written(talk.session.codec));
          } catch (error) {
            void talk.attempt.report(error, "open"); // its codec cannot carry what that of others can
          }
        },
        gone: peer.closed,
        failed: (error) => void talk.attempt.report(error, "open"),
      };
    });
    this.room = (name) =>
      rooms.room<ContractRoom<C>["send"]>(
        name,
        (broadcast) => (event, data, said) =>
          broadcast(writtenOnce({ t: "event", name: event, data }, options.codecs?.[0] ?? jsonFrames), said),
      );
  }

  /** Holds one conversation. Resolves with a refusing response, or with undefined once it is accepted. */
  async open(attempt: Attempt, opening: Opening): Promise<Response | undefined> {
    attempt.context["room"] = this.room;
    const conversation = new Conversation(this, attempt, opening, this.#options);
    this.#conversations.set(conversation.peer, { session: conversation.session, attempt });
    try {
      if (opening.cid !== undefined)
        await this.#follow(opening.cid, attempt.context["principal"], conversation);
      await conversation.setup(this.#setup);
      conversation.run(await opening.accept());
      return undefined;
    } catch (error) {
      await conversation.fail();
      return attempt.refusal(error);
    }
  }

  /** A client that comes back ends its own ghost first, so that setup never meets it. */
  async #follow(cid: string, principal: unknown, conversation: Conversation<C>): Promise<void> {
    const key = JSON.stringify([cid, principal]);
    const ghost = this.#newest.get(key);
    this.#newest.set(key, conversation);
    void conversation.ended.then(() => {
      if (this.#newest.get(key) === conversation) this.#newest.delete(key);
    });
    await ghost?.supersede();
  }
}

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
