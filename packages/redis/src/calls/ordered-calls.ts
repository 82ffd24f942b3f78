import { freeingScript, growingScript, type Script } from "../script/script.ts";
import { Confirmations, type ConfirmScript, type ReplicaWait } from "./confirmations.ts";
import { explain, isTemporary } from "./failure.ts";

/** Runs a script. @throws the error of the client library, as a rejection. */
export type RunScript = (script: Script, args: readonly string[]) => Promise<unknown>;

/** What a call is. */
export interface CallKind {
  /** Whether it changes more when it is made twice than when it is made once. */
  readonly isNumbered?: boolean;
  /** Whether a Redis that is full, or too slow, refuses it. */
  readonly grows?: boolean;
}

/** Options of `OrderedCalls`. */
export interface OrderedCallsOptions {
  /** How long a call waits for its answer, in ms. */
  readonly timeout: number;
  /** How much may wait for Redis, in bytes. Calls that need no memory may exceed it. */
  readonly bufferBytes: number;
  /** The clock of the store; undefined for that of Redis. */
  readonly now?: (() => number) | undefined;
  /** The secret of the rooms, once it is known. */
  readonly proofKey: () => string;
  /** What has to be confirmed by replicas before a call has its answer; undefined for nothing. */
  readonly wait?: (ReplicaWait & { readonly run: ConfirmScript }) | undefined;
}

/** A call whose answer has not been given to its caller. */
interface PendingCall {
  readonly operation: string;
  readonly args: readonly string[];
  readonly kind: CallKind;
  /** Empty unless the call is numbered. */
  readonly number: string;
  readonly bytes: number;
  readonly deadline: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** What its caller gets, when the calls before have settled. */
  settle?: () => void;
  /** Whether the client library has it. */
  isSent: boolean;
  /** Whether its caller has its answer. */
  hasSettled: boolean;
}

/** What a call needs besides its arguments, in bytes, estimated. */
const callOverhead = 500;
/** The first and the longest wait before Redis is asked again, in ms. */
const [firstDelay, longestDelay] = [25, 100];

/**
 * Calls to Redis, each of which runs once, in the order in which they are made, although connections break: a numbered call
 * that is sent again returns the answer of the first time. Answers are given in that order too.
 */
export class OrderedCalls {
  readonly #run: RunScript;
  readonly #options: OrderedCallsOptions;
  readonly #confirmations: Confirmations | undefined;
  readonly #process: string = crypto.randomUUID();
  #pending: PendingCall[] = [];
  #bytes = 0;
  #lastNumber = 0;
  /** Every numbered call up to here has settled. */
  #answered = 0;
  /** The run of the Redis server that answered last, and how many calls it had recorded. */
  #history: readonly [run: string, writes: string] = ["", "0"];
  #inFlight = 0;
  /** The wait before the next attempt; 0 while calls are sent at once. */
  #delay = 0;
  /** How many promises have to settle before calls are sent. */
  #holds = 0;
  /** The call that is sent alone, to find out whether Redis answers again. */
  #probe: PendingCall | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #onDrained: (() => void) | undefined;
  #closed = false;

  constructor(run: RunScript, options: OrderedCallsOptions) {
    this.#run = run;
    this.#options = options;
    const { wait } = options;
    if (wait === undefined) return;
    const confirm = () => wait.run(freeingScript, this.#header("confirm", ""), wait);
    this.#confirmations = new Confirmations(confirm, wait);
  }

  /** Whether half of what may wait for Redis does already. */
  get isSlow(): boolean {
    return 2 * this.#bytes > this.#options.bufferBytes;
  }

  /**
   * Makes a call.
   *
   * @throws Error, as a rejection, when Redis refuses the call or does not answer in time, or too much waits for it already.
   */
  call(operation: string, args: readonly (string | number)[], kind: CallKind = {}): Promise<unknown> {
    if (this.#closed) return Promise.reject(new Error("the store is closed"));
    const texts = args.map(String);
    const bytes = texts.reduce((sum, { length }) => sum + length, callOverhead);
    if (kind.grows && this.#bytes + bytes > this.#options.bufferBytes)
      return Promise.reject(
        new Error(
          `${this.#bytes} bytes wait for Redis, which is too slow: try later, or raise \`bufferBytes\``,
        ),
      );
    return new Promise((resolve, reject) => {
      const number = kind.isNumbered ? String((this.#lastNumber += 1)) : "";
      const deadline = performance.now() + this.#options.timeout;
      const call = {
        operation,
        args: texts,
        kind,
        number,
        bytes,
        deadline,
        resolve,
        reject,
        isSent: false,
        hasSettled: false,
      };
      this.#bytes += bytes;
      this.#pending.push(call);
      this.#expiry ??= this.#expireAt(deadline);
      if (this.#delay === 0 && this.#holds === 0) this.#send(call);
    });
  }

  /** Sends no more calls until `settled` has settled. */
  async holdUntil(settled: Promise<unknown>): Promise<void> {
    this.#holds += 1;
    await settled.catch(() => {});
    this.#holds -= 1;
    if (this.#holds === 0 && this.#delay === 0) this.#sendWaiting();
  }

  /** Waits for the calls in progress. Every later one rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#pending.length > 0) await new Promise<void>((resolve) => (this.#onDrained = resolve));
    clearTimeout(this.#expiry);
  }

  #send(call: PendingCall): void {
    const { operation, args, kind, number } = call;
    call.isSent = true;
    this.#inFlight += 1;
    const script = kind.grows ? growingScript : freeingScript;
    const answer = this.#run(script, [...this.#header(operation, number), ...args]);
    (this.#confirmations?.confirm(answer) ?? answer).then(
      (reply) => {
        this.#onReturn(call);
        const [run, writes, value] = reply as [string, string, unknown];
        this.#history = [run, writes];
        call.settle ??= () => call.resolve(value);
        if (this.#probe === call) this.#delay = 0;
        this.#settle();
        this.#goOn();
      },
      (error: unknown) => {
        this.#onReturn(call);
        this.#onFailure(call, error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  /** What every call begins with. */
  #header(operation: string, number: string): readonly string[] {
    const { now, proofKey, wait } = this.#options;
    return [
      operation,
      this.#process,
      number,
      String(this.#answered),
      ...this.#history,
      now === undefined ? "" : String(now()),
      crypto.randomUUID(),
      proofKey(),
      wait === undefined ? "" : "1",
    ];
  }

  #onReturn(call: PendingCall): void {
    this.#inFlight -= 1;
    call.isSent = false;
    if (call.hasSettled) this.#bytes -= call.bytes; // the client library had it for longer than its caller waited
  }

  #onFailure(call: PendingCall, error: Error): void {
    if (!isTemporary(error)) {
      call.settle ??= () => call.reject(explain(error));
      if (this.#probe === call) this.#delay = 0;
      this.#settle();
    } else if (this.#delay === 0) this.#delay = firstDelay;
    this.#goOn();
  }

  /** When all calls have answers: asks again later, with the oldest call alone; or sends all, when Redis answers again. */
  #goOn(): void {
    if (this.#inFlight > 0) return;
    if (this.#delay === 0) {
      if (this.#probe === undefined) return;
      this.#probe = undefined;
      return this.#sendWaiting();
    }
    setTimeout(() => {
      this.#probe = this.#pending.find(({ settle }) => settle === undefined);
      if (this.#probe === undefined) this.#delay = 0;
      else this.#send(this.#probe);
    }, this.#delay);
    this.#delay = Math.min(2 * this.#delay, longestDelay);
  }

  /** Sends the calls that are not on their way, in their order. */
  #sendWaiting(): void {
    for (const call of this.#pending) if (call.settle === undefined && !call.isSent) this.#send(call);
  }

  /** Gives the answers to the callers, in order, as far as there are any. */
  #settle(): void {
    let settled = 0;
    for (const call of this.#pending) {
      if (call.settle === undefined) break;
      settled += 1;
      call.hasSettled = true;
      if (!call.isSent) this.#bytes -= call.bytes;
      if (call.number !== "") this.#answered = Number(call.number);
      call.settle();
    }
    this.#pending.splice(0, settled);
    if (this.#pending.length === 0) this.#onDrained?.();
  }

  /** Fails the calls that are due. A process that stood still reads first what Redis has answered meanwhile. */
  #expireAt(deadline: number): NodeJS.Timeout {
    const wait = Math.max(1, Math.ceil(deadline - performance.now()));
    return setTimeout(() => setImmediate(() => this.#expire()), wait).unref();
  }

  #expire(): void {
    const now = performance.now();
    const { timeout } = this.#options;
    for (const call of this.#pending) {
      if (call.deadline > now) break;
      call.settle ??= () =>
        call.reject(
          new Error(
            `Redis did not answer within ${timeout} ms: check its address and its load, or raise \`timeout\``,
          ),
        );
    }
    this.#settle();
    const next = this.#pending[0];
    this.#expiry = next && this.#expireAt(next.deadline);
  }
}
