import type { ServerMessages } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import {
  type App,
  type ContractContext,
  createApp,
  identity,
  type Peer,
  type Service,
} from "@symbolon/server";
import type { Store } from "@symbolon/server/store";
import type { WorldSettings } from "../modes/settings.ts";
import type { Network } from "../network/network.ts";
import { ServerWire } from "../network/server-wire.ts";
import type { NetworkServer, VirtualWire, WireEnd } from "../network/virtual-wire.ts";
import { isStoreFailure } from "../store/store-faults.ts";
import type { MessageKind } from "../trace/trace.ts";
import { ServerClock } from "../virtual/server-clock.ts";
import type { Application } from "./application.ts";
import { chat } from "./contract.ts";
import { answerTo, isIntendedError } from "./message-rules.ts";
import { ServerHandlers } from "./server-handlers.ts";

type ChatPeer = Peer<ServerMessages<typeof chat>>;
type ChatContext = ContractContext<typeof chat> & { readonly principal?: string };

/** The principal of an attacker who has no client of its own is `user 99`. */
export const attackerId = 99;

/** What a server process needs. */
export interface ServerProcessOptions {
  /** What both machines of the application share. */
  readonly application: Application;
  /** The network that brings handshakes. */
  readonly network: Network;
  /** The options of the app. */
  readonly settings: WorldSettings;
  /** The number of the process; the first one of a world is 1. */
  readonly id: number;
  /** The store, if the world has one. */
  readonly store?: Store;
}

/** A conversation of the application, from its setup to its end. */
interface Conversation {
  /** The number of the session. */
  readonly conversation: number;
  /** The number of the setup. */
  readonly setup: number;
  /** The client that its principal names; undefined for an attacker. */
  readonly client: number | undefined;
  readonly peer: ChatPeer;
  /** Whether the server knows that the client is disconnected. */
  detached: boolean;
}

/** One server process with the application under test. After its end nothing of it is left. */
export class ServerProcess implements NetworkServer {
  /** The number of the process. */
  readonly id: number;
  /** The clock of the app. */
  readonly clock: ServerClock;
  /** The conversations that have not ended, the newest last. */
  readonly conversations = new Set<Conversation>();
  readonly #application: Application;
  readonly #network: Network;
  readonly #app: App;
  readonly #service: Service<typeof chat>;
  readonly #handlers: ServerHandlers;
  readonly #handshakes = new Map<VirtualWire, AbortController>();
  /** Whether its sessions are in a store. */
  readonly hasStore: boolean;
  #ended = false;

  constructor({ application, network, settings, id, store }: ServerProcessOptions) {
    this.#application = application;
    this.#network = network;
    this.id = id;
    this.hasStore = store !== undefined;
    this.clock = new ServerClock(application.scheduler, settings.sweepInterval);
    this.#handlers = new ServerHandlers(application, this.clock, this.hasStore);
    const app = createApp({
      clock: this.clock,
      heartbeat: settings.heartbeat,
      ...settings.app,
      ...(store && { store }),
      onError: (error, { request }) => this.#recordError(error, wireOf(request)),
    });
    const authenticated = app.group(({ token }) =>
      token === undefined ? {} : identity({ principal: token }),
    );
    this.#service = authenticated.implement(chat, (peer, context) => this.#setUp(peer, context));
    this.#app = app;
  }

  /** Sends a message in the newest conversation of a client; a message of kind `room` goes to all members of the room. */
  send(kind: MessageKind, client: number): void {
    if (kind === "room") return this.#sendInRoom();
    const current = this.conversationOf(client);
    if (current === undefined) return;
    const { conversation, setup, peer, detached } = current;
    const message = { ...this.#application.nextMessage(), conv: conversation };
    const { n } = message;
    const sender = { n, conversation, process: this.id };
    this.#application.trace.add({ type: "sent", by: "server", n, kind, client, conversation, setup });
    if (kind === "event") {
      const sent = peer.send("news", message);
      // Without an awaiting sender a full outbox must end in a reset, so nothing awaits while the client is disconnected.
      if (!detached) this.#application.recordOutcome(sender, sent);
    }
    if (kind === "request")
      this.#application.recordOutcome(sender, peer.request("ask", message), answerTo(n));
    if (kind === "stream") {
      const items = peer.stream("list", message);
      this.#application.recordOutcome(sender, this.#application.readStream("server", n, items));
    }
  }

  /** The conversation in which the server sends to a client: that of the client's session, else the newest one. */
  conversationOf(client: number): Conversation | undefined {
    const own = [...this.conversations].filter((one) => one.client === client);
    return own.find(({ peer }) => peer.id === this.#network.peerIds.get(client)) ?? own.at(-1);
  }

  /** Whether it has the session that a client has joined, or one of a client that has joined none. */
  hasSessionOf(client: number): boolean {
    const peerId = this.#network.peerIds.get(client);
    const own = this.conversationOf(client);
    return own !== undefined && !own.detached && (peerId === undefined || own.peer.id === peerId);
  }

  /** Ends all sessions of the principal of a client, at every process. The client asks for its token and connects again. */
  revoke(client: number): void {
    this.#application.trace.add({ type: "revoked", client, process: this.id });
    this.#app.revoke(`user ${client}`, { code: 4401, reason: "revoked" });
  }

  /** Ends the process at once, as SIGKILL does. */
  end(): void {
    this.#ended = true;
    this.clock.stop();
    this.#application.runningHandlers.server -= this.#handlers.running;
    this.#application.forgetSendsOf(this.id);
  }

  /** Passes a handshake to the app. */
  handshake(
    wire: VirtualWire,
    protocols: readonly string[],
    accept: (protocol: string, end: WireEnd) => void,
  ): void {
    const abort = new AbortController();
    this.#handshakes.set(wire, abort);
    const request = new Request("http://sim/chat", {
      headers: {
        "x-wire": String(wire.id),
        ...(protocols.length > 0
          ? { "sec-websocket-protocol": protocols.join(", ") }
          : { authorization: `Bearer user-${wire.client}` }),
      },
      signal: abort.signal,
    });
    const acceptOnce = ({ subprotocol = "" } = {}): Promise<Wire> => {
      if (abort.signal.aborted) return Promise.reject(new Error("the client has disconnected"));
      const end = new ServerWire(this.#network, wire, subprotocol);
      accept(subprotocol, end);
      return Promise.resolve(end);
    };
    void this.#app.handshake(request, acceptOnce).then((refusal) => {
      if (refusal !== undefined && !this.#ended) wire.down.break(0, 0);
    });
  }

  /** Aborts the handshake of a wire, if the app still handles it. */
  wireClosed(wire: VirtualWire): void {
    this.#handshakes.get(wire)?.abort();
    this.#handshakes.delete(wire);
  }

  *#setUp(peer: ChatPeer, { request, principal }: ChatContext) {
    const { trace } = this.#application;
    const conversation = this.#application.conversationOf(peer.id);
    const setup = (this.#application.setups += 1);
    const client = clientOf(principal);
    const state: Conversation = { conversation, setup, client, peer, detached: false };
    this.conversations.add(state);
    trace.add({
      type: "setup",
      conversation,
      setup,
      process: this.id,
      peerId: peer.id,
      wire: wireOf(request),
      client,
    });
    this.#service.room("all").join(peer);
    peer.subscribe((change) => {
      if (change.type === "renewed") return; // no credential of the simulator expires
      state.detached = change.type === "detached";
      const undelivered = change.type === "ended" ? { undelivered: change.undelivered } : {};
      trace.add({ type: change.type, conversation, setup, clock: this.clock.now, ...undelivered });
    });
    try {
      yield this.#handlers.of({ conversation, setup, client: client ?? 0 });
    } finally {
      this.conversations.delete(state);
      trace.add({ type: "tornDown", conversation, setup, clock: this.clock.now });
    }
  }

  #sendInRoom(): void {
    const message = { ...this.#application.nextMessage(), conv: 0 };
    const { n } = message;
    this.#application.trace.add({
      type: "sent",
      by: "server",
      n,
      kind: "room",
      room: "all",
      process: this.id,
    });
    const sent = this.#service.room("all").send("posted", message);
    if (this.hasStore) this.#application.recordOutcome({ n, process: this.id }, sent);
  }

  #recordError(error: unknown, wire: number): void {
    // `onError` receives events that the client's handler rejected, and store calls that failed on purpose.
    if (isIntendedError(Object(error).cause) || isStoreFailure(error)) return;
    if (this.#network.wires[wire - 1]?.client === undefined) return; // an attacker causes errors
    // A process that does not reach its store answers no handshake.
    if (error instanceof Error && error.name === "HandshakeTimeout" && this.hasStore) return;
    this.#application.recordError("server", error);
  }
}

function wireOf(request: Request): number {
  return Number(request.headers.get("x-wire"));
}

/** The client that a principal names. An attacker may have an account, but has no client in the world. */
function clientOf(principal: string | undefined): number | undefined {
  const client = Number(principal?.slice("user ".length) ?? attackerId);
  return client === attackerId ? undefined : client;
}
