import type { Heard, Message, Outlet, Wire } from "@symbolon/protocol";
import type { AttachRequest, Attached, Claim, Outgoing, Progress, SessionStore } from "./store.ts";

/** What a recorder needs of its session. */
export interface Recorded {
  /** What has come from the client. */
  readonly heard: () => Heard;
  /** What is to be known again after a restart. */
  readonly note: () => Message;
  /** The store has given the session to somebody else, or has failed with an error: it ends here. */
  readonly lost: (error?: unknown) => void;
}

/** Has a session's steps recorded before anybody hears of them: what a wire was told survives what the store survives. */
export class Recorder implements Outlet {
  readonly #store: SessionStore;
  readonly #session: Recorded;
  #claim: Claim;
  #wire: Wire | undefined;
  #out: Outgoing[] = [];
  #acked: Progress | undefined;
  #noted: Message | undefined;
  /** What the wire is to be told, once it is recorded. */
  #unsaid: Message[] = [];
  #work: Promise<void> | undefined;
  #over = false;

  constructor(store: SessionStore, claim: Claim, session: Recorded) {
    this.#store = store;
    this.#claim = claim;
    this.#session = session;
  }

  /** The wire that is told from now on; what was meant for the one before is not. */
  set wire(wire: Wire | undefined) {
    this.#wire = wire;
    this.#unsaid = [];
  }

  readonly numbered = (s: number, data: Message): void => {
    this.#out.push({ s, data });
    this.touch();
  };

  send(message: Message): void {
    if (this.#wire !== undefined) this.#unsaid.push(message);
    this.touch();
  }

  // What is on its way is bounded by what the client has granted.
  drained(): undefined {}

  /** The client has acknowledged this. */
  acked(upTo: number, but: readonly number[] = []): void {
    this.#acked = { upTo, but };
    this.touch();
  }

  /** Something has changed: it is recorded at the end of the tick. */
  touch(): void {
    if (this.#over) return;
    this.#work ??= Promise.resolve().then(async () => {
      try {
        await this.#record();
      } catch (error) {
        this.#lose(error);
      } finally {
        this.#work = undefined;
      }
    });
  }

  /** The client is back, or says so: asks the store whether the session may go on. */
  async attach(request: AttachRequest): Promise<Attached> {
    await this.#work;
    const attached = await this.#store.attach(request);
    if (attached.is === "resumed") this.#claim = attached.claim;
    return attached;
  }

  /** The client is away since `at`, in ms since 1970. */
  async park(at: number): Promise<void> {
    await this.#work;
    if (!this.#over) await this.#store.park(this.#claim, at);
  }

  /** The session has ended. */
  async remove(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#work;
    await this.#store.remove(this.#claim);
  }

  /** Nothing is recorded any more. */
  stop(): void {
    this.#over = true;
  }

  /** This process leaves, and the session stays in the store as it is now; nothing is recorded any more. */
  async leave(at: number): Promise<void> {
    if (this.#over) return;
    const last = this.#record();
    this.#over = true;
    await last;
    await this.#store.park(this.#claim, at);
  }

  async #record(): Promise<void> {
    for (;;) {
      const wire = this.#wire;
      const unsaid = this.#unsaid;
      const note = this.#session.note();
      const { rx, but } = this.#session.heard();
      const record = {
        out: this.#out,
        acked: this.#acked,
        received: { upTo: rx, but: [...but].sort((a, b) => a - b) },
        note: note === this.#noted ? undefined : note,
      };
      this.#unsaid = [];
      this.#out = [];
      this.#acked = undefined;
      this.#noted = note;
      const recorded = this.#store.commit(this.#claim, record);
      if ((recorded instanceof Promise ? await recorded : recorded) === false) return this.#lose();
      if (wire === this.#wire) for (const message of unsaid) wire?.send(message);
      if (this.#unsaid.length + this.#out.length === 0 && this.#acked === undefined) return;
    }
  }

  #lose(error?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#session.lost(error);
  }
}
