import type { Closed, FrameCodec, Message } from "@symbolon/protocol";
import { byteLength, callFrames, jsonFrames, type Wire } from "@symbolon/protocol/internal";
import { msgpack } from "@symbolon/protocol/msgpack";
import type { App } from "@symbolon/server";
import { CreditCheck } from "../oracle/credit-check.ts";
import type { Findings } from "../oracle/findings.ts";
import { turns } from "../oracle/turn-meter.ts";
import { dial, type DialOptions } from "./dial.ts";

/** A frame that is written by hand: it may be invalid. */
export type AnyFrame = { readonly t: string; readonly [field: string]: unknown };

/** How a client behaves. */
export interface Manners {
  /** Whether it acknowledges what it has received. */
  readonly acknowledges: boolean;
  /** Whether it answers calls and pings. */
  readonly answers: boolean;
  /** Its credit. */
  readonly credit: { readonly w: number; readonly wb: number };
}

/** The manners of an honest client. */
export const honest: Manners = { acknowledges: true, answers: true, credit: { w: 256, wb: 2 ** 20 } };

type Welcome = { readonly sid: string; readonly rt: string; readonly ep: string } & Record<string, never>;

let instances = 0;

/** A client that speaks the protocol, by hand: it does what a correct client does, unless a step has it send something else. */
export class FuzzClient {
  readonly key: string;
  readonly findings: Findings;
  readonly options: DialOptions;
  readonly manners: Manners;
  readonly codec: FrameCodec;
  /** Whether it is a session: a plain client's frames have no numbers. */
  readonly isSession: boolean;
  attempt = 0;
  wire: Wire | undefined;
  closed: Closed | undefined;
  refused: number | undefined;
  welcome: Welcome | undefined;
  /** Why the newest session began or goes on: `new`, `resumed` or `reset`. */
  state: string | undefined;
  /** The last sequence that it gave. */
  sequence = 0;
  /** The last number of an event or a call. */
  lastId = 0;
  /** Frames that the server has not acknowledged, by sequence. */
  readonly held = new Map<number, AnyFrame>();
  received = 0;
  readonly rooms = new Map<string, readonly unknown[]>();
  /** Numbers of its streams that may still be open. */
  readonly streams: number[] = [];
  /** Replies and errors by number. */
  readonly answers = new Map<number, AnyFrame>();
  readonly check: CreditCheck;
  readonly #app: App;
  #unacknowledged = false;
  /** The position in the last `hello`, true or not: the server sends what is above it. */
  #claimed = 0;

  constructor(
    app: App,
    findings: Findings,
    options: Omit<DialOptions, "protocols">,
    mode: "json" | "msgpack" | "plain" = "json",
    manners: Manners = honest,
  ) {
    this.#app = app;
    this.findings = findings;
    this.manners = manners;
    this.isSession = mode !== "plain";
    this.codec = mode === "msgpack" ? msgpack : jsonFrames;
    this.options = {
      ...options,
      protocols: this.isSession ? [...new Set([this.codec.protocol, jsonFrames.protocol])] : [],
    };
    this.key = `${(instances += 1)}-`.padEnd(43, "k");
    this.check = new CreditCheck(findings, manners.credit);
  }

  /** Whether frames may be sent. */
  get isOpen(): boolean {
    return this.wire !== undefined && this.closed === undefined;
  }

  /** Whether the conversation has begun on this wire. */
  get isLive(): boolean {
    return this.isOpen && (!this.isSession || this.state !== undefined);
  }

  /** Connects; a session says `hello`, with `change` over the fields that a correct client sends. */
  async connect(change: object = {}): Promise<void> {
    this.closed = undefined;
    this.state = undefined;
    const answer = await dial(this.#app, this.options);
    if (answer instanceof Response) {
      this.refused = answer.status;
      this.findings.count(`handshakes refused with ${answer.status}`);
      return;
    }
    this.wire = answer;
    answer.listen({
      message: (message) => wireOf(this, answer) && this.#receive(message),
      closed: (closed) => wireOf(this, answer) && this.#onClosed(closed),
    });
    if (!this.isSession) return this.findings.count("handshakes accepted, plain");
    const hello: AnyFrame = { ...this.hello, ...change };
    const { rx } = Object(hello["resume"]) as { readonly rx?: unknown };
    this.#claimed = typeof rx === "number" ? rx : 0;
    this.sendRaw(JSON.stringify(hello));
    for (let turn = 0; turn < 20 && this.state === undefined && this.closed === undefined; turn += 1)
      await turns();
  }

  /** The `hello` that a correct client sends now. */
  get hello(): AnyFrame {
    const { welcome } = this;
    this.attempt += 1;
    const [firstHeld] = this.held.keys();
    return {
      t: "hello",
      v: 1,
      cid: this.key.slice(0, 8),
      key: this.key,
      att: this.attempt,
      ...this.manners.credit,
      ...(welcome !== undefined && {
        resume: {
          sid: welcome.sid,
          rt: welcome.rt,
          ep: welcome.ep,
          rx: this.received,
          tx0: firstHeld ?? this.sequence + 1,
        },
        rooms: [...this.rooms.values()].slice(0, 100),
      }),
    };
  }

  /** Sends a frame of the conversation; a session numbers and holds it. */
  send(frame: AnyFrame): void {
    if (!this.isLive) return;
    this.#beforeSending(frame);
    if (!this.isSession) return this.sendRaw(jsonFrames.write(frame as never));
    const s = (this.sequence += 1);
    this.held.set(s, frame);
    this.sendRaw(this.codec.stamp(this.codec.write(frame as never), { s }));
  }

  /** Sends a frame of the connection, or one that is invalid. */
  sendFrame(frame: AnyFrame): void {
    this.#beforeSending(frame);
    this.sendRaw(JSON.stringify(frame));
  }

  /** Sends a message as it is. */
  sendRaw(message: Message): void {
    if (this.isOpen) this.wire?.send(message);
  }

  /** The next number of an event or a call. */
  nextId(): number {
    return (this.lastId += 1);
  }

  /** Acknowledges what has arrived, if it does that. */
  acknowledge(): void {
    if (!this.#unacknowledged || !this.manners.acknowledges || !this.isSession || !this.isLive) return;
    this.#unacknowledged = false;
    this.sendFrame({ t: "ack", a: this.received });
  }

  /** Breaks the wire. */
  drop(): void {
    this.wire?.terminate();
  }

  /** Ends the session, if there is one, and the wire. */
  leave(): void {
    if (this.isLive) this.sendFrame({ t: "bye" });
    this.wire?.close(1000, "");
  }

  #beforeSending(frame: AnyFrame): void {
    this.findings.count(`frames sent: ${kindOf(frame)}`);
    if (typeof frame["a"] === "number") this.check.acknowledged(frame["a"]);
    if (typeof frame["re"] === "number") this.check.answered(frame["re"]); // true or not, it may end a call
  }

  #onClosed(closed: Closed): void {
    this.closed = closed;
    this.findings.count(`closes with ${closed.code}`);
  }

  #receive(message: Message): void {
    const frame = (
      typeof message === "string" ? JSON.parse(message) : this.codec.read(message, { shapes: callFrames })
    ) as AnyFrame;
    const size = byteLength(message);
    const { t, s } = frame as { readonly t: string; readonly s?: number };
    this.findings.count(`frames received: ${t}`);
    if (typeof frame["a"] === "number") this.#acknowledged(frame["a"], frame["but"] as number[] | undefined);
    if (s !== undefined && s <= this.received) return;
    if (s !== undefined) {
      if (s !== this.received + 1)
        this.findings.report("credit", `the server sent ${s} after ${this.received}`);
      this.received = s;
      this.#unacknowledged = true;
    }
    this.check.receive(frame, s, size);
    if (t === "welcome") this.#welcomed(frame);
    else if (t === "room") this.#place(frame);
    else if (t === "said" || t === "skip" || t === "gap") this.#advance(frame);
    else if (t === "error") this.findings.count(`errors: ${String(frame["code"])}`);
    if (t === "reply" || t === "error" || t === "end") this.answers.set(Number(frame["re"]), frame);
    if (this.manners.answers) this.#answer(frame);
  }

  #welcomed(frame: AnyFrame): void {
    this.state = String(frame["state"]);
    this.findings.count(`welcomes: ${this.state}`);
    this.welcome = frame as unknown as Welcome;
    const resumed = this.state === "resumed";
    this.received = Math.max(this.received, this.#claimed);
    if (!resumed) {
      this.sequence = 0;
      this.received = 0;
      this.held.clear();
      this.streams.length = 0;
      this.check.reset();
    }
    const { rx = 0, but = [] } = frame as { readonly rx?: number; readonly but?: readonly number[] };
    for (const [s, held] of this.held)
      if (s > rx || but.includes(s)) this.sendRaw(this.codec.stamp(this.codec.write(held as never), { s }));
  }

  #acknowledged(upTo: number, but: readonly number[] = []): void {
    for (const s of this.held.keys()) if (s <= upTo && !but.includes(s)) this.held.delete(s);
  }

  #place({ room, ep, off, from, proof }: AnyFrame): void {
    if (ep === undefined) this.rooms.delete(String(room));
    else this.rooms.set(String(room), [room, ep, off, from, proof]);
  }

  #advance({ room, o, to }: AnyFrame): void {
    const position = this.rooms.get(String(room));
    if (position === undefined) return;
    const [name, ep, , from, proof] = position;
    this.rooms.set(String(room), [name, ep, o ?? to, from, proof]);
  }

  #answer({ t, q, n }: AnyFrame): void {
    if (t === "ping") this.sendFrame({ t: "pong", n });
    if (!this.isSession || (t !== "request" && t !== "stream")) return;
    this.send(t === "request" ? { t: "reply", re: q, data: n } : { t: "end", re: q });
  }
}

/** The kind of a frame, for statistics: what is no kind of the protocol is `odd`. */
export function kindOf({ t }: AnyFrame): string {
  return /^[a-z]{3,7}$/.test(t) ? t : "odd";
}

/** Whether a wire is the client's newest: what arrives on an older one changes nothing. */
function wireOf({ wire }: FuzzClient, candidate: Wire): boolean {
  return wire === candidate;
}
