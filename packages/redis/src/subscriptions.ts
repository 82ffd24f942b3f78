import type { RedisConnection } from "./connection/connection.ts";

/** Receives what is published in a channel. */
export interface ChannelListener {
  /** A message has arrived. @throws Error for one that it cannot read. */
  receive(message: string): void;
  /** Messages may have been missed. */
  missed(): void;
}

/** A subscription to a channel. */
export interface Subscription {
  /** Resolves when every message that is published from then on arrives. */
  readonly ready: Promise<void>;
  /** Ends the subscription. A second call does nothing. */
  stop(): void;
}

interface Channel {
  readonly listeners: Set<{ readonly listener: ChannelListener }>;
  ready: Promise<void>;
}

/** The channels of Redis that a store receives from: each once, for all that listen. */
export class Subscriptions {
  readonly #connection: RedisConnection;
  readonly #onError: (error: unknown) => void;
  readonly #channels = new Map<string, Channel>();
  /** Channels that are being left: a client library mixes up what it is asked meanwhile. */
  readonly #leaving = new Map<string, Promise<unknown>>();

  /** Calls `onError` with what cannot be read. */
  constructor(connection: RedisConnection, onError: (error: unknown) => void) {
    this.#connection = connection;
    this.#onError = onError;
  }

  /** Calls the listener with what is published in a channel, until the subscription is stopped. */
  add(name: string, listener: ChannelListener): Subscription {
    const channel = this.#channels.get(name) ?? this.#open(name);
    const entry = { listener }; // unique, unlike the listener
    channel.listeners.add(entry);
    const stop = (): void => {
      if (!channel.listeners.delete(entry) || channel.listeners.size > 0) return;
      if (this.#channels.get(name) !== channel) return;
      this.#channels.delete(name);
      this.#leave(name, channel);
    };
    return { ready: channel.ready, stop };
  }

  /**
   * Passes a message to the listeners of its channel. Another program may publish there too: what a listener cannot read is
   * reported, and counts as missed.
   */
  receive(name: string, message: string): void {
    for (const { listener } of this.#channels.get(name)?.listeners ?? [])
      try {
        listener.receive(message);
      } catch (cause) {
        this.#onError(new Error(`a message in the channel ${name} of Redis cannot be read`, { cause }));
        listener.missed();
      }
  }

  /** Informs the listeners of a channel that messages may have been missed. */
  missed(name: string): void {
    for (const { listener } of this.#channels.get(name)?.listeners ?? []) listener.missed();
  }

  /** The connection was lost: subscribes again, and informs the listeners. */
  restore(): void {
    for (const name of this.#channels.keys()) {
      const subscribed = this.#subscribe(name);
      subscribed.then(
        () => this.missed(name),
        () => {}, // the connection is lost again
      );
    }
  }

  #open(name: string): Channel {
    const channel = {
      listeners: new Set<{ readonly listener: ChannelListener }>(),
      ready: this.#subscribe(name),
    };
    this.#channels.set(name, channel);
    channel.ready.catch(() => {
      if (this.#channels.get(name) === channel) this.#channels.delete(name);
    });
    return channel;
  }

  /** What still arrives in a channel that cannot be left is ignored. */
  #leave(name: string, { ready }: Channel): void {
    const leaving = ready
      .then(() => this.#connection.unsubscribe(name))
      .catch(() => {})
      .finally(() => {
        if (this.#leaving.get(name) === leaving) this.#leaving.delete(name);
      });
    this.#leaving.set(name, leaving);
  }

  async #subscribe(name: string): Promise<void> {
    await this.#leaving.get(name);
    await this.#connection.subscribe(name);
  }
}
