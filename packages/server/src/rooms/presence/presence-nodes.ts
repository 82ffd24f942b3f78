import type { AnnouncementsOptions } from "../../store/announcements.ts";
import { PresenceChannel, type PresenceChannelListener } from "./presence-channel.ts";

/** What happens to the processes of a store. */
export interface NodesListener {
  /** A process has been silent for too long: its connections are gone. Returns whether it had any. */
  expire(node: string): boolean;
  /** A process that had expired is there again, and others do not know its connections. */
  onReturn(): void;
  /** Time for what has failed to be tried again. */
  retry(): void;
}

/** How often a process announces that it lives, in ms. */
const beatInterval = 5_000;
/** After how many ms without a sign of life a process has expired: three beats may be lost. */
const leaseTime = 15_000;
/** How many expired processes it remembers. */
const maxExpired = 1_000;

/** Which processes of the store live, as far as they announce it. */
export class PresenceNodes implements PresenceChannelListener {
  /** Names this process. */
  readonly id: string = crypto.randomUUID();
  readonly #options: AnnouncementsOptions;
  readonly #listener: NodesListener;
  /** When each other process was seen last, by the clock of this one. */
  readonly #seen = new Map<string, number>();
  /** Processes that have expired with connections, and may only have stood still; the first one first. */
  readonly #expired = new Set<string>();
  #channel: PresenceChannel | undefined;

  constructor(options: AnnouncementsOptions, listener: NodesListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Beats from now on, until `stop`. */
  start(): void {
    if (this.#channel !== undefined) return;
    this.#channel = new PresenceChannel(this.#options, this);
    this.#beat(this.#channel);
  }

  /** Beats no more, and forgets the other processes. */
  stop(): void {
    this.#channel?.stop();
    this.#channel = undefined;
    this.#seen.clear();
    this.#expired.clear();
  }

  /** A process has given a sign of life. */
  see(node: string): void {
    if (node === this.id) return;
    this.#seen.set(node, this.#options.clock.now);
    if (this.#expired.delete(node)) this.#listener.onReturn();
  }

  receive({ node }: { readonly node: string }): void {
    this.see(node);
  }

  missed(): void {} // the next beat comes soon

  #beat(channel: PresenceChannel): void {
    if (this.#channel !== channel) return;
    const { clock, onError } = this.#options;
    channel.watch();
    channel.announce({ node: this.id }).catch(onError);
    for (const [node, at] of Array.from(this.#seen)) if (clock.now - at > leaseTime) this.#expire(node);
    this.#listener.retry();
    clock.after(beatInterval, () => this.#beat(channel));
  }

  #expire(node: string): void {
    this.#seen.delete(node);
    if (!this.#listener.expire(node)) return; // it had no rooms: nothing is to be asked when it has some
    this.#expired.add(node);
    const [first] = this.#expired;
    if (first !== undefined && this.#expired.size > maxExpired) this.#expired.delete(first);
  }
}
