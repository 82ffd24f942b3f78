import { isThenable } from "../async/thenable.ts";
import type { CallChannel, CallContext, IncomingCall, RunHandler } from "../contract/call.ts";
import type { RequestDefinition, RequestKind } from "../contract/message-kind.ts";
import { type Schema, validate } from "../contract/schema.ts";
import type { CallFrame, RequestFrame, StreamFrame } from "../frames/frame.ts";
import { OutgoingCall } from "./outgoing-call.ts";
import { RpcPeer } from "./rpc-peer.ts";

/**
 * Declares a message that has one reply: `output`, or an error.
 * @example
 * const history = request({ input: z.object({ limit: z.number() }), output: z.array(z.string()) });
 */
export function request<const D extends RequestDefinition>(definition: D): RequestKind<D> {
  const { input, output, errors = {} } = definition;
  return {
    t: "request",
    definition,
    createPeer: (options) => new RpcPeer(options),
    start: (starter, data, options) =>
      new Promise((resolve, reject) => {
        const call = new OutgoingCall(starter, data, options, errors, {
          received(frame) {
            if (frame.t !== "reply") return;
            call.close();
            resolve(new Promise((checked) => checked(validate(output, frame.data))));
          },
          failed: reject,
        });
      }),
    serve: (channel) => new IncomingRequest(input, channel),
  };
}

/** A request that this peer serves, and what its handler receives besides the input. */
class IncomingRequest implements IncomingCall, CallContext {
  deadline: number | undefined;
  s: number | undefined;
  readonly #input: Schema;
  readonly #channel: CallChannel;
  /** Made when the call is cancelled, or its signal is read: few handlers read it. */
  #made: AbortController | undefined;

  constructor(input: Schema, channel: CallChannel) {
    this.#input = input;
    this.#channel = channel;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  receive(frame?: CallFrame): void {
    if (frame && frame.t !== "cancel") return;
    this.#channel.close();
    this.#abort.abort();
  }

  run({ data, deadline, s }: RequestFrame | StreamFrame, handler: RunHandler): unknown {
    if (this.#made) return undefined; // cancelled
    this.deadline = deadline;
    this.s = s;
    const valid = validate(this.#input, data);
    const result = isThenable(valid) ? valid.then((input) => handler(input, this)) : handler(valid, this);
    return isThenable(result) ? result.then((value) => this.#reply(value)) : this.#reply(result);
  }

  get #abort(): AbortController {
    return (this.#made ??= new AbortController());
  }

  #reply(data: unknown): void {
    const channel = this.#channel;
    const written = channel.write({ t: "reply", data });
    if (channel.close())
      channel.answer(written, ({ code, message }) => channel.write({ t: "error", code, message }));
  }
}
