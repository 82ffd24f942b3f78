import type { Stamp } from "../../src/frames/frame.ts";
import type { DeliveryOptions, RemoteState } from "../../src/session/session-options.ts";
import { Session } from "../../src/session/session.ts";

/** A remote peer that has received nothing, and grants much. */
export const ample: RemoteState = { upTo: 0, pending: [], credit: { messages: 256, bytes: 2 ** 20 } };

/** Lets everything happen that waits for nothing but its turn. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A wire without another end, which can be full. */
export class TestSink {
  /** How often `drained` was called. */
  drainedCalls = 0;
  readonly #sent: string[] = [];
  #full: Promise<void> | undefined;
  #drain: (() => void) | undefined;

  send(message: unknown): void {
    this.#sent.push(String(message));
  }

  drained(): Promise<void> | undefined {
    this.drainedCalls += 1;
    return this.#full;
  }

  /** It takes no more. */
  fill(): void {
    this.#full ??= new Promise((resolve) => (this.#drain = resolve));
  }

  /** It takes more again. */
  async drain(): Promise<void> {
    this.#full = undefined;
    this.#drain?.();
    await settled();
  }

  /** The messages that were sent since the last call. */
  sent(): string[] {
    return this.#sent.splice(0);
  }
}

/** A session of few messages, attached to a sink unless `detached`. */
export function startSession({
  detached = false,
  remote = {},
  ...options
}: Partial<DeliveryOptions> & { detached?: boolean; remote?: Partial<RemoteState> } = {}) {
  const { sender, receiver } = new Session({ window: { messages: 64, bytes: 1_000 }, ...options });
  const sink = new TestSink();
  const attach = (state: Partial<RemoteState> = {}, to = sink): TestSink => {
    sender.attach(to, { ...ample, ...remote, ...state });
    return to;
  };
  /** Attaches another sink after the last one was lost. */
  const reattach = (state: Partial<RemoteState> = {}): TestSink => {
    sender.detach();
    return attach(state, new TestSink());
  };
  /** The remote peer acknowledges. */
  const acknowledge = (upTo: number, pending: readonly number[] = []): void =>
    sender.acknowledge({ upTo, pending });
  /** A message with these numbers arrives. @returns whether it is new. */
  const receive = ({ s, a }: Stamp): boolean => {
    if (a !== undefined) acknowledge(a);
    return s === undefined || receiver.accept(s);
  };
  /** @returns a function that finishes the message. */
  const hold = (s: number, bytes?: number): (() => void) => {
    const finish = receiver.hold(s, bytes);
    if (finish === undefined) throw new Error(`${s} is not held`);
    return finish;
  };
  if (!detached) attach();
  return { sender, receiver, sink, attach, reattach, acknowledge, receive, hold };
}

/** A frame of so many characters, of a kind. */
export const message = (name: string | number, length = 0): string => `{"t":"${name}"}`.padEnd(length);

/** The frame with its numbers. */
export const stamped = (s: number, name: string | number, a?: number): string =>
  `{"s":${s},${a === undefined ? "" : `"a":${a},`}"t":"${name}"}`;

/** A frame as it was before a session numbered it. */
export function unnumbered(written: unknown): string {
  return String(written).replace(/^\{"s":\d+,/, "{");
}

/** Whether a message has settled, or its error; undefined while it is pending. */
export async function outcome(sent: PromiseLike<void>): Promise<unknown> {
  const waiting = settled().then(() => undefined);
  return Promise.race([sent.then(() => "settled"), waiting]).catch((error: unknown) => error);
}
