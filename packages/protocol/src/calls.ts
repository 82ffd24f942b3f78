import { ProtocolError, RequestError } from "./errors.ts";
import type { CallFrame, Frame, RequestFrame, StreamFrame } from "./frame.ts";
import type { AnyCalls, Asker, AskOptions, Call, CallHandler, Hear, Kind, Line, ServedCall } from "./kind.ts";
import { Sent } from "./sent.ts";

/** How many calls of the other half are served at once; more wait. */
const atOnce = 16;

/** The requests and streams of a conversation: those this half asks, and those it serves. */
export class Calls implements AnyCalls {
  readonly #line: Line;
  readonly #handlers = new Map<string, CallHandler>();
  readonly #asked = new Map<number | undefined, { readonly hear: Hear; readonly sent: Sent }>();
  readonly #served = new Map<number | undefined, ServedCall>();
  readonly #running = new Set<Promise<void>>();

  constructor(line: Line) {
    this.#line = line;
  }

  handle(name: string, handler: CallHandler): () => void {
    if (this.#handlers.has(name)) throw new TypeError(`${JSON.stringify(name)} is handled already`);
    this.#handlers.set(name, handler);
    return () => void this.#handlers.delete(name);
  }

  ask(t: Kind["t"], name: string, data: unknown, options: AskOptions): unknown {
    const { session, after, says } = this.#line;
    const kind = says(name);
    if (!isKind(kind, t)) throw new TypeError(`${JSON.stringify(name)} is no ${t} of the contract`);
    const open: Asker["open"] = (input, deadline, hear) => {
      const q = this.#line.number();
      const sent = session.send(session.codec.write({ t, q, name, data: input, deadline }));
      this.#asked.set(q, { hear, sent });
      return {
        sent,
        withdraw: () => session.withdraw(sent),
        ...this.#call({ q }, () => this.#asked.delete(q)),
      };
    };
    return kind.ask({ open, after }, data, options);
  }

  receive(frame: RequestFrame | StreamFrame | CallFrame, size: number): void {
    if (frame.t === "request" || frame.t === "stream") this.#begin(frame);
    else if (frame.re !== undefined) this.#asked.get(frame.re)?.hear(frame, size);
    else if ("q" in frame) this.#served.get(frame.q)?.hear(frame, size);
  }

  lost(): void {
    for (const { hear, sent } of [...this.#asked.values()])
      if (!this.#line.session.waits(sent)) hear(undefined, 0);
    for (const { hear } of [...this.#served.values()]) hear(undefined, 0);
  }

  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** The other half asks: what it says in the call is heard from now on, though the handler's turn comes later. */
  #begin(frame: RequestFrame | StreamFrame): void {
    const { q, name, t } = frame;
    if (this.#served.has(q)) throw new ProtocolError(`there is a call ${q} already`);
    const kind = this.#line.hears(name);
    const served = isKind(kind, t)
      ? kind.serve(this.#call({ re: q }, () => this.#served.delete(q)))
      : undefined;
    if (served) this.#served.set(q, served);
    this.#line.queue({ frame, run: () => this.#start(frame, served) });
  }

  /** Starts a handler. Waits for it only when too many run. */
  async #start(frame: RequestFrame | StreamFrame, served: ServedCall | undefined): Promise<void> {
    const { q, t, name, data, deadline } = frame;
    const handler = this.#handlers.get(name);
    if (!served || !handler) throw new RequestError("NOT_FOUND", `there is no ${t} ${JSON.stringify(name)}`);
    const run = served
      .run(data, deadline, (input, call) => handler(input as never, call as never))
      .catch((error: unknown) => {
        if (this.#served.has(q)) this.#line.failed(frame, error); // else it was given up, and nobody waits
      })
      .then(() => {
        this.#served.delete(q);
        this.#running.delete(run);
      });
    this.#running.add(run);
    if (this.#running.size >= atOnce) await Promise.race(this.#running);
  }

  #call(number: { readonly q: number } | { readonly re: number }, remove: () => void): Call {
    let over = false;
    return {
      write: (said) => this.#line.session.codec.write({ ...said, ...number } as Frame),
      send: (message) => (over ? new Sent() : this.#line.session.send(message)),
      close() {
        over = true;
        remove();
      },
    };
  }
}

function isKind(message: object | undefined, t: Kind["t"]): message is Kind {
  return message !== undefined && "t" in message && message.t === t;
}
