import type { CallOptions } from "../contract/call.ts";
import type { CallArguments, CallOutput, Messages, RequestName, StreamName } from "../contract/contract.ts";
import { ProtocolError } from "../errors.ts";
import type { Stamp } from "../frames/frame.ts";
import type { ReadOptions } from "../frames/frame-codec.ts";
import { callFrames } from "../frames/call-frames.ts";
import { CallPeer } from "./calls.ts";
import type { EventFailure, PeerOptions } from "./peer.ts";
import { Reply } from "./reply.ts";

/** How many messages may wait for their handlers. */
export interface QueueLimits {
  /** Messages with which the peer asks its link to stop reading, until half of them are handled. */
  readonly pause: number;
  /** Messages with which a volatile event that arrives is dropped. */
  readonly volatile: number;
  /** Messages with which a frame that arrives is refused with 4429. */
  readonly max: number;
}

/** What a peer with calls needs. */
export interface RpcPeerOptions extends PeerOptions {
  /** How many messages may wait for their handlers. @default any number */
  readonly limits?: QueueLimits;
  /** Stop reading, or read again. While this peer waits for a reply it has its link read, however many messages wait. */
  readonly onPause?: (paused: boolean) => void;
}

const readOptions: ReadOptions = { shapes: callFrames };
const unlimited: QueueLimits = { pause: Infinity, volatile: Infinity, max: Infinity };

/**
 * A peer that has calls as well: it starts requests and streams, and serves those of the remote peer. A call starts after
 * the events before it, and calls overlap.
 */
export class RpcPeer<Sends extends Messages = Messages> extends CallPeer<Sends> {
  override readonly readOptions: ReadOptions = readOptions;
  readonly #options: RpcPeerOptions;
  readonly #limits: QueueLimits;
  /** Whether the queue was full and is not half empty yet. */
  #full = false;
  #paused = false;

  constructor(options: RpcPeerOptions) {
    super(options);
    this.#options = options;
    this.#limits = options.limits ?? unlimited;
  }

  /**
   * Sends a request. Rejects with `RequestError` or `ValidationError` when the remote peer rejects it, with
   * `OutcomeUnknown` when the session was lost before the reply, and with the signal's reason when it is cancelled. If no code
   * awaits it, a failure is handled as that of an event.
   */
  request<Name extends RequestName<Sends>>(
    name: Name,
    ...call: CallArguments<Sends, Name>
  ): Promise<CallOutput<Sends, Name>>;
  request(name: string, data?: unknown, options?: CallOptions): Promise<unknown> {
    return new Reply(
      (resolve) => resolve(this.start("request", name, data, options)),
      (error) => {
        if (error !== options?.signal?.reason)
          this.#options.onEventFailed?.({ name, data, error: error as EventFailure["error"] });
      },
    );
  }

  /** Starts a stream when it is iterated; leaving the loop cancels it. Fails as `request` does. */
  stream<Name extends StreamName<Sends>>(
    name: Name,
    ...call: CallArguments<Sends, Name>
  ): AsyncGenerator<CallOutput<Sends, Name>, void, undefined>;
  stream(name: string, data?: unknown, options?: CallOptions): AsyncGenerator<unknown, void, undefined> {
    return this.start("stream", name, data, options) as AsyncGenerator<unknown, void, undefined>;
  }

  /** Receives nothing more. Resolves when every event that was received is handled, and every call has been started. */
  stop(): Promise<void> {
    this.stopped = true;
    return new Promise((resolve) => this.queue(resolve));
  }

  /** Receives nothing more, and drops what waits for its handler. */
  discard(): void {
    this.stopped = true;
    this.tasks.length = 0;
    this.onQueueChange();
  }

  /** Receives nothing more. Resolves when everything that was received has been handled, calls included. */
  async idle(): Promise<void> {
    await this.stop();
    await this.callsServed();
  }

  /**
   * Whether a message is received; a volatile event is dropped while too many messages wait.
   * @throws ProtocolError with 4429 when even more messages wait.
   */
  protected override accepts({ s }: Stamp): boolean {
    const { volatile, max } = this.#limits;
    const waiting = this.#waitingTasks;
    if (!super.accepts({ s }) || (!s && waiting >= volatile)) return false;
    if (waiting >= max) throw new ProtocolError("too many messages wait for their handlers", 4429);
    return true;
  }

  /** Asks the link to stop reading while too many messages wait, unless the reply that a handler waits for is still unread. */
  protected override onQueueChange(): void {
    const { pause } = this.#limits;
    const waiting = this.#waitingTasks;
    this.#full = this.#full ? waiting > pause / 2 : waiting >= pause;
    const paused = this.#full && !this.waitsForReply;
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#options.onPause?.(paused);
  }

  get #waitingTasks(): number {
    return this.tasks.length - this.starting;
  }
}
