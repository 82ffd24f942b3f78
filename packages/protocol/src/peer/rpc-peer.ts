import { callFrames } from "../frames/call-frames.ts";
import { Calls, type OpenCalls } from "./calls.ts";
import type { CallOutput, CallArguments, Messages, RequestName, StreamName } from "../contract/contract.ts";
import type { Frame } from "../frames/frame.ts";
import type { CallHandler } from "../contract/message-kind.ts";
import { own, EventPeer, type PeerOptions } from "./peer.ts";
import type { FrameShapes } from "../frames/frame-shapes.ts";
import type { Task } from "../async/queue.ts";

/**
 * A peer that also asks requests and streams, and serves those of the other half: a call starts after the events before
 * it, and calls overlap.
 */
export class RpcPeer<Says extends Messages = Messages> extends EventPeer<Says> {
  override readonly frames: FrameShapes = callFrames;
  readonly #calls: Calls;

  constructor(options: PeerOptions) {
    super(options);
    const { sends: says, receives: hears, session, after, onWaitingChange: asking } = options;
    this.#calls = new Calls({
      session,
      after,
      onWaitingChange: asking,
      sends: (name) => own(says, name),
      receives: (name) => own(hears, name),
      nextId: () => this.nextId(),
      queue: (turn) => this.queue(turn),
      onHandlerError: (frame, error) => void this.reportFailure(frame, error),
    });
  }

  /**
   * Asks for one answer. Rejects with `RequestError` or `ValidationError` when the other half refuses, with
   * `OutcomeUnknown` when the connection was lost meanwhile, and with the signal's reason when it is given up.
   */
  async request<Name extends RequestName<Says>>(
    name: Name,
    ...[data, options]: CallArguments<Says, Name>
  ): Promise<CallOutput<Says, Name>> {
    return this.#calls.start("request", name, data, options);
  }

  /** Asks for many answers, when it is iterated; leaving the loop ends the stream at the other half. Fails as `request` does. */
  stream<Name extends StreamName<Says>>(
    name: Name,
    ...[data, options]: CallArguments<Says, Name>
  ): AsyncGenerator<CallOutput<Says, Name>, void, undefined> {
    return this.#calls.start("stream", name, data, options) as AsyncGenerator<
      CallOutput<Says, Name>,
      void,
      undefined
    >;
  }

  /** Names who handles a request or a stream of the other half; returns its own undo. Throws TypeError when somebody does already. */
  handle(name: string, handler: CallHandler): () => void {
    return this.#calls.handle(name, handler);
  }

  override receive(frame: Frame, size: number): boolean {
    const ofCall = frame.t !== "event" && ("q" in frame || "re" in frame);
    if (!ofCall || (frame.t === "error" && this.rejectSent(frame)))
      return ofCall || super.receive(frame, size);
    this.#calls.receive(frame, size);
    return true;
  }

  /** The calls that are open, by number: what the other half has to be told if this process is lost. */
  get openCalls(): OpenCalls {
    return this.#calls.open;
  }

  /** Resolves when no call of the other half is being served. */
  idle(): Promise<void> {
    return this.#calls.idle();
  }

  override sessionLost(then?: Task): void {
    super.sessionLost(then);
    this.#calls.sessionLost();
  }
}
