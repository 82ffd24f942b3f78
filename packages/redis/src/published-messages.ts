import type { OrderedCalls } from "./calls/ordered-calls.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** A message that was published as `<run> <message>`, by that run of the Redis server. */
interface PublishedMessage {
  readonly channel: string;
  readonly run: string;
  readonly message: string;
}

/** What passes the published messages on. */
export interface PublishedMessagesOptions {
  readonly calls: OrderedCalls;
  readonly subscriptions: Subscriptions;
  /** Whether messages are held back until replicas have them. */
  readonly waits: boolean;
  /** How much is held back, in characters. What exceeds it counts as missed. */
  readonly bufferBytes: number;
}

/** Passes on what is published, at once, or when replicas have what caused it: no client learns what a failover takes back. */
export class PublishedMessages {
  readonly #options: PublishedMessagesOptions;
  #held: PublishedMessage[] = [];
  #missed = new Set<string>();
  #size = 0;
  #isAsking = false;

  constructor(options: PublishedMessagesOptions) {
    this.#options = options;
  }

  /** Passes a message on that was published in a channel. */
  receive(channel: string, text: string): void {
    const { subscriptions, waits, bufferBytes } = this.#options;
    const runEnd = text.indexOf(" ");
    const [run, message] = [text.slice(0, runEnd), text.slice(runEnd + 1)];
    if (!waits) return subscriptions.receive(channel, message);
    if (this.#size + message.length > bufferBytes) this.#missed.add(channel);
    else {
      this.#size += message.length;
      this.#held.push({ channel, run, message });
    }
    if (!this.#isAsking) void this.#release();
  }

  async #release(): Promise<void> {
    const { calls, subscriptions } = this.#options;
    this.#isAsking = true;
    while (this.#held.length + this.#missed.size > 0) {
      const [held, missed] = [this.#held, this.#missed];
      [this.#held, this.#missed] = [[], new Set()];
      const confirmedRun = await calls.call("confirm", []).catch(() => undefined);
      for (const { channel, run, message } of held) {
        this.#size -= message.length;
        if (run === confirmedRun) subscriptions.receive(channel, message);
        else missed.add(channel);
      }
      for (const channel of missed) subscriptions.missed(channel);
    }
    this.#isAsking = false;
  }
}
