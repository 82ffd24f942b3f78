import type { ServerMessages } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import {
  type App,
  type Call,
  createApp,
  type ContractContext,
  type ContractRoom,
  type Peer,
  type Service,
} from "@symbolon/server";
import type { Store } from "@symbolon/server/store";
import { VirtualClock } from "./clock.ts";
import { talk } from "./contract.ts";
import type { End, Line } from "./line.ts";
import type { Answering, Network } from "./network.ts";
import { type Settings, stranger } from "./settings.ts";
import { giveAll, isOdd, readAll, type Stage } from "./stage.ts";
import type { Kind } from "./trace.ts";
import { isTrouble } from "./trouble.ts";
import { ServerWire } from "./wire.ts";

type Talk = typeof talk;
type Given = Pick<Call<Talk>, "messageKey" | "room">;
type Context = ContractContext<Talk> & { readonly principal: string };

/** What a process begins with. */
interface Beginning {
  readonly stage: Stage;
  readonly network: Network;
  readonly settings: Settings;
  /** Counts the processes from 1. */
  readonly boot: number;
  readonly store?: Store;
}

/** A conversation of the application, from setup to end. */
interface Conversation {
  readonly conv: number;
  readonly life: number;
  /** Whose it is, by its principal; undefined for one that has none. */
  readonly client: number | undefined;
  readonly peer: Peer<ServerMessages<Talk>>;
  /** Whether the client is away, as far as the server knows. */
  detached: boolean;
}

/** A server's process with the application under test; when it crashes nothing of it is left. */
export class ServerProcess implements Answering {
  readonly clock: VirtualClock;
  readonly boot: number;
  /** Conversations that have not ended, the newest last. */
  readonly conversations = new Set<Conversation>();
  readonly #stage: Stage;
  readonly #network: Network;
  readonly #app: App;
  readonly #service: Service<Talk>;
  readonly #knocking = new Map<Line, AbortController>();
  readonly #durable: boolean;
  /** Handlers at work. */
  #working = 0;
  #dead = false;

  constructor({ stage, network, settings, boot, store }: Beginning) {
    this.#stage = stage;
    this.#network = network;
    this.boot = boot;
    this.#durable = store !== undefined;
    this.clock = new VirtualClock(stage.agenda, settings.sweep);
    const app = createApp({
      clock: this.clock,
      heartbeat: settings.heartbeat,
      ...settings.app,
      ...(store && { store }),
      onError: (error, { request }) => this.#complain(error, lineOf(request)),
    });
    const signedIn = app.use(({ token }) => ({ principal: token ?? "nobody" }));
    this.#service = signedIn.implement(talk, (peer, context) => this.#converse(peer, context));
    this.#app = app;
  }

  /** What the server says now: to the newest conversation of `client`, or to everybody in the room. */
  say(kind: Kind, client: number): void {
    if (kind === "room") return this.#speak();
    const talking = this.current(client);
    if (talking === undefined) return;
    const { conv, life, peer, detached } = talking;
    const { boot } = this;
    const said = { ...this.#stage.next(), conv };
    const { n } = said;
    const mine = { n, conv, boot };
    this.#stage.trace.add({ is: "said", by: "server", n, kind, client, conv, life });
    if (kind === "event") {
      const sent = peer.send("news", said);
      // While the client is away nobody awaits: what is too much then must end in a reset.
      if (!detached) this.#stage.watch(mine, sent);
    }
    if (kind === "ask") this.#stage.watch(mine, peer.request("ask", said), 2 * n);
    if (kind === "stream")
      this.#stage.watch(mine, readAll(this.#stage, "server", n, peer.stream("list", said)));
  }

  /** The conversation in which a client is spoken to. */
  current(client: number): Conversation | undefined {
    const mine = [...this.conversations].filter((one) => one.client === client);
    return mine.find(({ peer }) => peer.id === this.#network.sids.get(client)) ?? mine.at(-1);
  }

  /** The process is gone at once. */
  die(): void {
    this.#dead = true;
    this.clock.die();
    this.#stage.working.server -= this.#working;
    this.#stage.died(this.boot);
  }

  knock(line: Line, protocols: readonly string[], open: (protocol: string, end: End) => void): void {
    const gone = new AbortController();
    this.#knocking.set(line, gone);
    const request = new Request("http://sim/talk", {
      headers: {
        "x-line": String(line.id),
        ...(protocols.length > 0
          ? { "sec-websocket-protocol": protocols.join(", ") }
          : { authorization: `Bearer user-${line.client}` }),
      },
      signal: gone.signal,
    });
    const accept = ({ subprotocol = "" } = {}): Promise<Wire> => {
      if (gone.signal.aborted) return Promise.reject(new Error("the client has left"));
      const wire = new ServerWire(this.#network, line, subprotocol);
      open(subprotocol, wire);
      return Promise.resolve(wire);
    };
    void this.#app.handshake(request, accept).then((refusal) => {
      if (refusal !== undefined && !this.#dead) line.down.break(0, 0);
    });
  }

  left(line: Line): void {
    this.#knocking.get(line)?.abort();
    this.#knocking.delete(line);
  }

  *#converse(peer: Peer<ServerMessages<Talk>>, { request, principal }: Context) {
    const { trace } = this.#stage;
    const conv = this.#stage.conversation(peer.id);
    const life = (this.#stage.lives += 1);
    const { boot } = this;
    const client = clientOf(principal);
    const conversation = { conv, life, client, peer, detached: false };
    this.conversations.add(conversation);
    trace.add({ is: "setup", conv, life, boot, sid: peer.id, line: lineOf(request), client });
    if (client !== undefined) this.#service.room("all").join(peer);
    peer.subscribe((change) => {
      conversation.detached = change.type === "detached";
      const undelivered = change.type === "ended" ? { undelivered: change.undelivered } : {};
      trace.add({ is: change.type, conv, life, clock: this.clock.now, ...undelivered });
    });
    try {
      yield this.#handlers({ conv, life, client: client ?? 0 });
    } finally {
      this.conversations.delete(conversation);
      trace.add({ is: "over", conv, life, clock: this.clock.now });
    }
  }

  #handlers(talking: { readonly conv: number; readonly life: number; readonly client: number }) {
    const stage = this.#stage;
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void this.clock.after(ms, resolve));
    const handle = async ({ n }: { n: number }, { messageKey: key }: Given): Promise<void> => {
      this.#working += 1;
      await stage.handle("server", { n, ...talking, key }, sleep).finally(() => (this.#working -= 1));
    };
    const recorded: typeof handle = (said, call) => {
      if (this.#durable && echoes(said.n)) this.#echo(call.room("all"), said.n);
      return handle(said, call);
    };
    return {
      note: recorded,
      ask: async (said: { n: number }, call: Given) => {
        await recorded(said, call);
        return 2 * said.n;
      },
      list: async function* (said: { n: number }, call: Given) {
        await handle(said, call);
        yield* giveAll(said.n);
      },
      feed: async function* (
        said: { n: number },
        call: Given & { upload: AsyncIterable<{ n: number; i: number }> },
      ) {
        await handle(said, call);
        for await (const { n, i } of call.upload)
          stage.trace.add({ is: "item", by: "server", n, i, upload: true, life: talking.life });
        yield { n: said.n, i: 0 };
      },
    };
  }

  #speak(): void {
    const said = { ...this.#stage.next(), conv: 0 };
    this.#stage.trace.add({ is: "said", by: "server", n: said.n, kind: "room", room: "all" });
    const sent = this.#service.room("all").send("spoken", said);
    if (this.#durable) this.#stage.watch({ n: said.n, boot: this.boot }, sent);
  }

  /** What a handler says in a room is said when its message is done. */
  #echo(room: ContractRoom<Talk>, because: number): void {
    const said = { ...this.#stage.next(), conv: 0 };
    this.#stage.trace.add({ is: "said", by: "server", n: said.n, kind: "room", room: "all", because });
    void room.send("spoken", said);
  }

  #complain(error: unknown, line: number): void {
    if (isOdd(Object(error).cause) || isTrouble(error)) return; // the app is told of events that the client refused
    if (this.#network.lines[line - 1]?.client === undefined) return; // an attacker's errors are its own
    this.#stage.crashed("server", error);
  }
}

/** Whether what is said with this number is told to a room by its handler. */
function echoes(n: number): boolean {
  return n % 4 === 1;
}

function lineOf(request: Request): number {
  return Number(request.headers.get("x-line"));
}

/** The client of a principal; an attacker may know how one greets, but has none of its own. */
function clientOf(principal: string): number | undefined {
  const client = Number(principal.slice("user ".length));
  return client === stranger ? undefined : client;
}
