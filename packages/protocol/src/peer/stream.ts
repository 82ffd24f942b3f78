import { Asked } from "./outgoing-call.ts";
import { CallingPeer } from "./rpc-peer.ts";
import { RequestError } from "../errors.ts";
import { Intake } from "./stream-reader.ts";
import type {
  Asker,
  AskOptions,
  Call,
  Handle,
  ServedCall,
  StreamDefinition,
  StreamKind,
} from "../contract/message-kind.ts";
import { Pump } from "./stream-writer.ts";
import { validate } from "../contract/schema.ts";

/** Declares a message that is answered many times, and may be fed as well. Each half carries the code only when it is used. */
export function stream<const D extends StreamDefinition>(definition: D): StreamKind<D> {
  return {
    t: "stream",
    definition,
    peer: (options) => new CallingPeer(options),
    ask: (asker, data, options) => ask(definition, asker, data, options),
    serve: (call) => new Served(definition, call),
  };
}

async function* ask(
  { output, errors = {} }: StreamDefinition,
  asker: Asker,
  data: unknown,
  options: AskOptions,
): AsyncGenerator<unknown, void, undefined> {
  const asked = new Asked(asker, data, options, errors, {
    heard(frame, size) {
      if (frame.t === "next") items.put(frame.data, size);
      else if (frame.t === "end") {
        asked.close();
        over();
      } else if (frame.t === "credit") pump.credit(frame.n, frame.b);
      else if (frame.t === "cancel") pump.stop(); // it reads no more of what is sent along
    },
    failed: over,
  });
  const items = new Intake(asked.call, output);
  const pump = new Pump(asked.call);
  if (options.upload !== undefined) feed(options.upload).catch((error: unknown) => asked.giveUp(error));
  try {
    for await (const item of items.read()) {
      options.signal?.throwIfAborted(); // though there may be more
      yield item;
    }
  } finally {
    asked.giveUp(undefined);
  }

  async function feed(upload: NonNullable<AskOptions["upload"]>): Promise<void> {
    await asked.call.sent;
    await pump.run(upload);
    asked.say({ t: "end" });
  }

  function over(reason?: unknown): void {
    pump.stop();
    items.end(reason);
  }
}

/** A stream that this half serves. */
class Served implements ServedCall {
  readonly #definition: StreamDefinition;
  readonly #call: Call;
  readonly #gone = new AbortController();
  readonly #pump: Pump;
  readonly #upload: Intake | undefined;

  constructor(definition: StreamDefinition, call: Call) {
    this.#definition = definition;
    this.#call = call;
    this.#pump = new Pump(call);
    this.#upload = definition.upload && new Intake(call, definition.upload);
  }

  readonly hear: ServedCall["hear"] = (frame, size) => {
    if (frame === undefined || frame.t === "cancel") this.#end();
    else if (frame.t === "credit") this.#pump.credit(frame.n, frame.b);
    else if (frame.t === "next") this.#upload?.put(frame.data, size);
    else if (frame.t === "end") this.#upload?.end();
  };

  async run(data: unknown, deadline: number | undefined, handle: Handle): Promise<void> {
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

  async *#read(upload: Intake): AsyncGenerator<unknown, void, undefined> {
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
