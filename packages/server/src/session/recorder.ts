import type { Message } from "@symbolon/protocol";
import type { MessageSink, Received, Wire } from "@symbolon/protocol/internal";
import type {
  AttachRequest,
  AttachResult,
  Awaitable,
  Claim,
  SessionCommit,
  StoredMessage,
  Progress,
  RoomAppend,
  SessionStore,
} from "../store/store.ts";

/** What a recorder needs of its session. */
export interface RecordedSession {
  /** What has come from the client. */
  readonly received: () => Received;
  /** What is to be known again after a restart. */
  readonly note: () => Message;
  /** The store has given the session to somebody else, or has failed with an error: it ends here. */
  readonly onLost: (error?: unknown) => void;
}

/** Has a session's steps recorded before anybody hears of them: what a wire was told survives what the store survives. */
export class Recorder implements MessageSink {
  readonly #store: SessionStore;
  readonly #session: RecordedSession;
  #claim: Claim;
  #wire: Wire | undefined;
  #out: StoredMessage[] = [];
  #said: RoomAppend[] = [];
  #acked: Progress | undefined;
  #upTo = 0;
  #noted: Message | undefined;
  /** What the wire is to be told, once it is recorded. */
  #unsaid: Message[] = [];
  #touched = false;
  /** What the store was asked before. */
  #before: Promise<unknown> = Promise.resolve();
  /** How often the client is just coming back. */
  #returning = 0;
  #over = false;

  constructor(store: SessionStore, claim: Claim, session: RecordedSession) {
    this.#store = store;
    this.#claim = claim;
    this.#session = session;
  }

  /** The wire that is told from now on; what was meant for the one before is not. */
  set wire(wire: Wire | undefined) {
    this.#wire = wire;
    this.#unsaid = [];
  }

  readonly onSequence = (s: number, data: Message): void => {
    this.#out.push({ sequence: s, data });
    this.schedule();
  };

  send(message: Message): void {
    if (this.#wire !== undefined) this.#unsaid.push(message);
    this.schedule();
  }

  // What is on its way is bounded by what the client has granted.
  drained(): undefined {}

  /** A handler has said this in rooms, and its message is finished in this tick. */
  recordRoomMessages(said: readonly RoomAppend[]): true {
    this.#said.push(...said);
    this.schedule();
    return true;
  }

  /** The client has acknowledged this. */
  acknowledged(upTo: number, but: readonly number[] = []): void {
    if (upTo < this.#upTo) return; // said again, or late
    this.#upTo = upTo;
    this.#acked = { upTo, pending: but };
    this.schedule();
  }

  /** Something has changed: it is recorded at the end of the tick. */
  schedule(): void {
    if (this.#over || this.#touched) return;
    this.#touched = true;
    // Not in a microtask: what a handler has said, its answer and its end belong together.
    setImmediate(() => {
      this.#inTurn(() => this.#record()).catch((error: unknown) => this.#lose(error));
    });
  }

  /** The client is back, or says so: asks the store whether the session may go on. */
  async attach(request: AttachRequest): Promise<AttachResult> {
    this.#returning += 1;
    try {
      return await this.#inTurn(async () => {
        const attached = await this.#store.attach(request);
        if (attached.type !== "resumed") return attached;
        const { fence } = this.#claim;
        this.#claim = attached.claim;
        if (attached.claim.fence > fence + 1) this.#lose(); // somebody else had it: what is known here is old
        return attached;
      });
    } finally {
      this.#returning -= 1;
    }
  }

  /** The client is away since `at`, in ms since 1970. Never rejects. */
  async detach(at: number): Promise<void> {
    // The wire that was lost is not the one by which the client comes back: that would be parked though it is here.
    if (this.#returning > 0) return;
    try {
      await this.#inTurn(() => this.#store.detach(this.#claim, at));
    } catch (error) {
      this.#lose(error); // it stays in the store, where its client may find it
    }
  }

  /** The session has ended. */
  async remove(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#inTurn(() => this.#store.remove(this.#claim));
  }

  /** Nothing is recorded any more. */
  stop(): void {
    this.#over = true;
  }

  /** This process leaves, and the session stays in the store as it is now; nothing is recorded any more. */
  async leave(at: number): Promise<void> {
    if (this.#over) return;
    const last = this.#take();
    this.#over = true;
    await this.#inTurn(async () => {
      await this.#store.commit(this.#claim, last.record);
      await this.#store.detach(this.#claim, at);
    });
  }

  async #record(): Promise<void> {
    if (this.#over) return;
    const { record, wire, unsaid } = this.#take();
    const recorded = this.#store.commit(this.#claim, record);
    if ((recorded instanceof Promise ? await recorded : recorded) === false) this.#lose();
    else if (wire === this.#wire) for (const message of unsaid) wire?.send(message);
  }

  /** What is to be recorded now, and what is to be said then. */
  #take(): { record: SessionCommit; wire: Wire | undefined; unsaid: readonly Message[] } {
    const note = this.#session.note();
    const { upTo: rx, pending: but } = this.#session.received();
    const record = {
      outgoing: this.#out,
      acknowledged: this.#acked,
      received: { upTo: rx, pending: [...but].sort((a, b) => a - b) },
      roomMessages: this.#said,
      note: note === this.#noted ? undefined : note,
    };
    const unsaid = this.#unsaid;
    this.#touched = false;
    this.#unsaid = [];
    this.#out = [];
    this.#said = [];
    this.#acked = undefined;
    this.#noted = note;
    return { record, wire: this.#wire, unsaid };
  }

  /** Does what the store is asked for one after another: a claim is good until it is taken anew. */
  #inTurn<Value>(ask: () => Awaitable<Value>): Promise<Value> {
    const answer = this.#before.then(ask);
    this.#before = answer.catch(() => {});
    return answer;
  }

  #lose(error?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#session.onLost(error);
  }
}
