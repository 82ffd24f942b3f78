import { isThenable } from "../async/thenable.ts";
import type { CallChannel, CallStarter, IncomingCall, StreamOptions } from "../contract/call.ts";
import type { StreamDefinition, StreamKind } from "../contract/message-kind.ts";
import { validate } from "../contract/schema.ts";
import { RequestError } from "../errors.ts";
import { OutgoingCall } from "./outgoing-call.ts";
import { RpcPeer } from "./rpc-peer.ts";
import { StreamReader } from "./stream-reader.ts";
import { StreamWriter } from "./stream-writer.ts";

/**
 * Declares a message that has many replies, its items, and may take an upload.
 * @example
 * const typing = stream({ input: z.object({}), output: z.string() });
 */
export function stream<const D extends StreamDefinition>(definition: D): StreamKind<D> {
  return {
    t: "stream",
    definition,
    createPeer: (options) => new RpcPeer(options),
    start: (starter, data, options) => start(definition, starter, data, options),
    serve: (channel) => new IncomingStream(definition, channel),
  };
}

/** How a stream fails that the server has lost. */
const lost = ["OUTCOME_UNKNOWN", "INTERRUPTED"];

/** Calls a stream when it is iterated, and again when it is lost and may be restarted. */
async function* start(
  definition: StreamDefinition,
  starter: CallStarter,
  data: unknown,
  options: StreamOptions,
): AsyncGenerator<unknown, void, undefined> {
  for (;;) {
    try {
      return yield* iterate(definition, starter, data, options);
    } catch (error) {
      const { code } = Object(error) as { readonly code?: string };
      // What aborts a call may be the failure of another one.
      const isAborted = options.signal?.aborted;
      if (isAborted || options.onLost !== "restart" || options.upload || !lost.includes(String(code)))
        throw error;
    }
  }
}

/** Calls a stream when it is iterated. */
async function* iterate(
  { output, errors = {} }: StreamDefinition,
  starter: CallStarter,
  data: unknown,
  options: StreamOptions,
): AsyncGenerator<unknown, void, undefined> {
  const call = new OutgoingCall(starter, data, options, errors, {
    received(frame, bytes) {
      if (frame.t === "next") items.push(frame.data, bytes);
      else if (frame.t === "end") {
        call.close();
        end();
      } else if (frame.t === "credit") writer.grant(frame.n, frame.b);
      else if (frame.t === "cancel") writer.stop(); // the callee reads no more of the upload
    },
    failed: end,
  });
  const items = new StreamReader(call.channel, output);
  const writer = new StreamWriter(call.channel);
  if (options.upload !== undefined) send(options.upload).catch((error: unknown) => call.cancel(error));
  try {
    for await (const item of items.read()) {
      options.signal?.throwIfAborted(); // items that have arrived are not read any more
      yield item;
    }
  } finally {
    call.cancel(undefined);
  }

  async function send(upload: NonNullable<StreamOptions["upload"]>): Promise<void> {
    await call.channel.sent;
    await writer.run(upload);
    call.send({ t: "end" });
  }

  function end(reason?: unknown): void {
    writer.stop();
    items.end(reason);
  }
}

/** A stream that this peer serves. */
class IncomingStream implements IncomingCall {
  readonly #definition: StreamDefinition;
  readonly #channel: CallChannel;
  readonly #cancelled = new AbortController();
  readonly #writer: StreamWriter;
  readonly #upload: StreamReader | undefined;

  constructor(definition: StreamDefinition, channel: CallChannel) {
    this.#definition = definition;
    this.#channel = channel;
    this.#writer = new StreamWriter(channel);
    this.#upload = definition.upload && new StreamReader(channel, definition.upload);
  }

  get unreadBytes(): number {
    return this.#upload?.unreadBytes ?? 0;
  }

  readonly receive: IncomingCall["receive"] = (frame, bytes) => {
    if (frame === undefined || frame.t === "cancel") this.#cancel();
    else if (frame.t === "credit") this.#writer.grant(frame.n, frame.b);
    else if (frame.t === "next") this.#upload?.push(frame.data, bytes);
    else if (frame.t === "end") this.#upload?.end();
  };

  readonly run: IncomingCall["run"] = async ({ data, deadline, s }, handler) => {
    const { signal } = this.#cancelled;
    if (signal.aborted) return;
    const input = validate(this.#definition.input, data);
    const upload = this.#upload && { upload: this.#read(this.#upload) };
    const result = handler(isThenable(input) ? await input : input, { signal, deadline, s, ...upload });
    const values = isThenable(result) ? await result : result;
    if (!isIterable(values))
      throw new TypeError("the handler of a stream returns an iterable: make it a generator function");
    await this.#writer.run(values);
    this.#channel.send(this.#channel.write({ t: "end" }));
    this.#channel.close();
  };

  async *#read(upload: StreamReader): AsyncGenerator<unknown, void, undefined> {
    try {
      yield* upload.read();
    } finally {
      if (upload.drop()) this.#channel.send(this.#channel.write({ t: "cancel" }));
    }
  }

  #cancel(): void {
    this.#channel.close();
    this.#cancelled.abort();
    this.#writer.stop();
    this.#upload?.end(new RequestError("CANCELLED", "the caller cancelled the stream"));
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return (
    typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}
