import { OutgoingCall } from "./outgoing-call.ts";
import { RpcPeer } from "./rpc-peer.ts";
import { RequestError } from "../errors.ts";
import { StreamReader } from "./stream-reader.ts";
import type {
  CallStarter,
  CallOptions,
  CallChannel,
  RunHandler,
  IncomingCall,
  StreamDefinition,
  StreamKind,
} from "../contract/message-kind.ts";
import { StreamWriter } from "./stream-writer.ts";
import { validate } from "../contract/schema.ts";

/** Declares a message that is answered many times, and may be fed as well. Each half carries the code only when it is used. */
export function stream<const D extends StreamDefinition>(definition: D): StreamKind<D> {
  return {
    t: "stream",
    definition,
    createPeer: (options) => new RpcPeer(options),
    start: (asker, data, options) => ask(definition, asker, data, options),
    serve: (call) => new IncomingStream(definition, call),
  };
}

async function* ask(
  { output, errors = {} }: StreamDefinition,
  asker: CallStarter,
  data: unknown,
  options: CallOptions,
): AsyncGenerator<unknown, void, undefined> {
  const asked = new OutgoingCall(asker, data, options, errors, {
    received(frame, size) {
      if (frame.t === "next") items.push(frame.data, size);
      else if (frame.t === "end") {
        asked.close();
        over();
      } else if (frame.t === "credit") pump.credit(frame.n, frame.b);
      else if (frame.t === "cancel") pump.stop(); // it reads no more of what is sent along
    },
    failed: over,
  });
  const items = new StreamReader(asked.channel, output);
  const pump = new StreamWriter(asked.channel);
  if (options.upload !== undefined) feed(options.upload).catch((error: unknown) => asked.cancel(error));
  try {
    for await (const item of items.read()) {
      options.signal?.throwIfAborted(); // though there may be more
      yield item;
    }
  } finally {
    asked.cancel(undefined);
  }

  async function feed(upload: NonNullable<CallOptions["upload"]>): Promise<void> {
    await asked.channel.sent;
    await pump.run(upload);
    asked.send({ t: "end" });
  }

  function over(reason?: unknown): void {
    pump.stop();
    items.end(reason);
  }
}

/** A stream that this half serves. */
class IncomingStream implements IncomingCall {
  readonly #definition: StreamDefinition;
  readonly #call: CallChannel;
  readonly #gone = new AbortController();
  readonly #pump: StreamWriter;
  readonly #upload: StreamReader | undefined;

  constructor(definition: StreamDefinition, call: CallChannel) {
    this.#definition = definition;
    this.#call = call;
    this.#pump = new StreamWriter(call);
    this.#upload = definition.upload && new StreamReader(call, definition.upload);
  }

  readonly receive: IncomingCall["receive"] = (frame, size) => {
    if (frame === undefined || frame.t === "cancel") this.#end();
    else if (frame.t === "credit") this.#pump.credit(frame.n, frame.b);
    else if (frame.t === "next") this.#upload?.push(frame.data, size);
    else if (frame.t === "end") this.#upload?.end();
  };

  async run(data: unknown, deadline: number | undefined, handle: RunHandler): Promise<void> {
    const { signal } = this.#gone;
    if (signal.aborted) return;
    const input = await validate(this.#definition.input, data);
    const upload = this.#upload && { upload: this.#read(this.#upload) };
    const values = await handle(input, { signal, deadline, ...upload });
    if (!isIterable(values))
      throw new TypeError("a stream's handler gives an iterable: make it a generator function");
    await this.#pump.run(values);
    this.#call.send(this.#call.write({ t: "end" }));
    this.#call.close();
  }

  async *#read(upload: StreamReader): AsyncGenerator<unknown, void, undefined> {
    try {
      yield* upload.read();
    } finally {
      if (upload.drop()) this.#call.send(this.#call.write({ t: "cancel" }));
    }
  }

  #end(): void {
    this.#call.close();
    this.#gone.abort();
    this.#pump.stop();
    this.#upload?.end(new RequestError("CANCELLED", "the other half gave the stream up"));
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return (
    typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}
