/** One change to a source. */
interface Patch {
  /** The module, from `packages/`. */
  readonly file: string;
  /** What stands there exactly once, */
  readonly find: string;
  /** and what stands there instead. */
  readonly replace: string;
}

/** A product that is broken in one place, which the simulator must notice. */
export interface Mutant extends Patch {
  readonly name: string;
  /** The mode in which it shows. */
  readonly mode: string;
  /** Where a second line of defence would hide it: what that is broken by. */
  readonly also?: readonly Patch[];
}

const session = "protocol/src/session.ts";
const arrivals = "protocol/src/arrivals.ts";
const line = "server/src/session-line.ts";
const service = "server/src/implement.ts";
const parking = "server/src/parking.ts";
const connect = "client/src/connect.ts";
const recorder = "server/src/recorder.ts";
const rooms = "server/src/contract-rooms.ts";

const noDedup: Patch = { file: arrivals, find: "    return next;\n", replace: "    return true;\n" };

/** Every mutant. None may survive. */
export const mutants: readonly Mutant[] = [
  {
    name: "the journal is trimmed on send",
    mode: "cuts",
    file: session,
    find: "this.#keep((this.#last += 1), message, sent, lane);",
    replace: 'this.#last += 1; if (lane === "event") sent.settle();',
  },
  {
    name: "a send settles when it leaves",
    mode: "cuts",
    file: session,
    find: 'if (lane !== "event") sent.settle();',
    replace: "sent.settle();",
  },
  {
    name: "the client replays all, the server does not dedup",
    mode: "cuts",
    file: connect,
    find: "session.live(connection.wire, { rx,",
    replace: "session.live(connection.wire, { rx: 0,",
    also: [noDedup],
  },
  {
    name: "the server replays all, the client does not dedup",
    mode: "cuts",
    file: line,
    find: "rx: hello.resume?.rx ?? 0,",
    replace: "rx: 0,",
    also: [noDedup],
  },
  {
    name: "replay begins one too late",
    mode: "cuts",
    file: session,
    find: "filter(([s]) => s > rx ||",
    replace: "filter(([s]) => s > rx + 1 ||",
  },
  {
    name: "acked on receipt",
    mode: "cuts",
    file: arrivals,
    find: "    held.add(s);\n",
    replace: "",
  },
  {
    name: "an ack in passing is one too high",
    mode: "cuts",
    file: arrivals,
    find: "    this.#owed = 0;\n    return this.#rx;",
    replace: "    this.#owed = 0;\n    return this.#rx + 1;",
  },
  {
    name: "the ack overtakes the error that is sent again",
    mode: "cuts",
    file: session,
    find: "    this.#credit = window;\n",
    replace: "    this.#credit = window;\n    this.#arrivals.flush(true);\n",
  },
  {
    name: "credit is ignored",
    mode: "floods",
    file: session,
    find: "return this.#flying.w >= this.#credit.w || this.#flying.wb >= this.#credit.wb;",
    replace: "return false;",
  },
  {
    name: "the secret is rotated with each welcome",
    mode: "cuts",
    file: line,
    find: "const { outbox, secret } = this;",
    replace:
      "const { outbox } = this; const { key } = this.secret; const secret = new this.secret.constructor({ ...key, rt: `${key.rt}x` }); this.secret = secret;",
  },
  {
    name: "no attempt counter on resume",
    mode: "attacks",
    file: service,
    find: 'if (att <= found.att) return { is: "stale" };',
    replace: "",
  },
  {
    name: "no attempt counter without a session",
    mode: "attacks",
    file: service,
    find: 'if (att <= newest.line.att) return { is: "stale" };',
    replace: "",
  },
  {
    name: "the secret is not compared",
    mode: "attacks",
    file: parking,
    find: "if (line === undefined || !line.secret.fits(resume)) return undefined;",
    replace: "if (line === undefined) return undefined;",
  },
  {
    name: "the principal is not compared",
    mode: "attacks",
    file: parking,
    find: "if (line.owner.pathname !== pathname || line.owner.principal !== principal) return undefined;",
    replace: "",
  },
  {
    name: "a replaced socket is still heard",
    mode: "holes",
    file: line,
    find: "if (wire !== this.#wire || this.#finished ||",
    replace: "if (this.#finished ||",
    also: [
      {
        file: line,
        find: '    ghost?.close(CloseCode.Superseded, "a newer connection took over");\n    ghost?.terminate();\n',
        replace: "",
      },
    ],
  },
  {
    name: "the server's overflow is silent",
    mode: "floods",
    file: line,
    find: "  overflow(): void {\n",
    replace: "  overflow(): void {\n    return;\n",
  },
  {
    name: "a reset is not told",
    mode: "restarts",
    file: connect,
    find: 'tell("reset", { why }).catch(console.error)',
    replace: "undefined",
  },
  {
    name: "a reset is told late",
    mode: "restarts",
    file: connect,
    find: 'tell("reset", { why }).catch(console.error)',
    replace: 'void later(2_000, () => void tell("reset", { why }))',
  },
  {
    name: "what was sent is sent again after a reset",
    mode: "restarts",
    file: session,
    find: "for (const { sent } of this.#unacked.values()) sent.fail(new OutcomeUnknown(true));",
    replace:
      "for (const { sent, message, lane } of this.#unacked.values()) this.#pending.set(sent, { message, lane, size: 0 });",
  },
  {
    name: "what was sent before a reset never settles",
    mode: "restarts",
    file: session,
    find: "for (const { sent } of this.#unacked.values()) sent.fail(new OutcomeUnknown(true));",
    replace: "",
  },
  {
    name: "calls end with their wire",
    mode: "cuts",
    file: connect,
    find: "lost: () => session.parked(),",
    replace: "lost: () => (session.parked(), peer.lost()),",
  },
  {
    name: "a parked session never ends",
    mode: "storm",
    file: parking,
    find: "const stop = this.#clock.after(this.options.grace, () => expire(line));",
    replace: "const stop = () => {};",
  },
  {
    name: "a parked session ends too soon",
    mode: "cuts",
    file: parking,
    find: "const stop = this.#clock.after(this.options.grace, () => expire(line));",
    replace: "const stop = this.#clock.after(this.options.grace / 20, () => expire(line));",
  },
  {
    name: "events are handled side by side",
    mode: "cuts",
    file: "server/src/inbox.ts",
    find: "await turn();",
    replace: "void turn();",
  },
  {
    name: "the watchdog does not bite",
    mode: "holes",
    file: "client/src/connection.ts",
    find: "createWatchdog({ ask: listener.probe, dead: drop })",
    replace: "createWatchdog({ ask: listener.probe, dead: () => {} })",
  },
  {
    name: "the server never gives a silent client up",
    mode: "holes",
    file: "server/src/heartbeat.ts",
    find: "if (silence >= interval + timeout) return this.#wire.terminate();",
    replace: "",
  },
  {
    name: "no wait between dials",
    mode: "holes",
    file: "client/src/backoff.ts",
    find: "Math.min(longest, first * 2 ** retry)",
    replace: "0",
  },
  {
    name: "told before it is recorded",
    mode: "stored",
    file: recorder,
    find: "if (this.#wire !== undefined) this.#unsaid.push(message);",
    replace: "this.#wire?.send(message);",
  },
  {
    name: "what was in progress is not restored",
    mode: "stored",
    file: service,
    find: "but: received.but }",
    replace: "but: [] }",
  },
  {
    name: "what was in progress is recorded as finished",
    mode: "filed",
    file: recorder,
    find: "but: [...but].sort((a, b) => a - b) }",
    replace: "but: [] }",
  },
  {
    name: "what was lost with a process is not asked for",
    mode: "stored",
    file: line,
    find: "but: missing.length > 0 ? missing : undefined,",
    replace: "",
  },
  {
    name: "what was not acknowledged is not restored",
    mode: "stored",
    file: service,
    find: "unacked: outgoing.map(",
    replace: "unacked: outgoing.slice(outgoing.length).map(",
  },
  {
    name: "nobody is told of streams that a process had",
    mode: "stored",
    file: service,
    find: 'for (const re of served) say({ t: "error", re, code: "INTERRUPTED", message: "the server has restarted" });',
    replace: "",
  },
  {
    name: "numbers of a process that is gone come again",
    mode: "stored",
    file: service,
    find: "const from = (restored?.claim.fence ?? 0) * 2 ** 32;",
    replace: "const from = 0;",
  },
  {
    name: "what a handler says in a room is not recorded with its message",
    mode: "stored",
    file: rooms,
    find: "if (said.length > 0 && !record(said))",
    replace: "if (said.length > 0)",
  },
  {
    name: "what a handler says in a room is said before it has settled",
    mode: "stored",
    file: rooms,
    find: "(held === undefined ? this.#say(said) : (held.push(said), settled()));",
    replace: "this.#say(said);",
  },
  {
    name: "whoever had the session before may still record",
    mode: "stored",
    file: "server/src/session-table.ts",
    find: "return head?.identity.ep === ep && head.standing.fence === fence;",
    replace: "return head?.identity.ep === ep;",
  },
  {
    name: "what is said by hand is handled twice",
    mode: "plain",
    file: "server/src/plain-line.ts",
    find: "      if (listener.take(frame, message.length) ||",
    replace:
      '      if (frame.t === "event") listener.take(frame, message.length);\n      if (listener.take(frame, message.length) ||',
  },
  {
    name: "a tail that was torn is believed",
    mode: "filed",
    file: "server/src/journal-records.ts",
    find: "if (payload.length < length) return { payloads, cut: rest, damaged: false };",
    replace:
      "if (payload.length < length) return { payloads: [...payloads, payload], cut: 0, damaged: false };",
  },
  {
    name: "a loss of power is not noticed",
    mode: "filed",
    file: "server/src/history.ts",
    find: 'return sync === "disk" || (boot !== undefined && boot === bootId());',
    replace: "return true;",
  },
  {
    name: "a stream is served again in part",
    mode: "filed",
    file: "protocol/src/calls.ts",
    find: 'const finished = t === "request" ? this.#line.session.hold(frame.s) : () => {};',
    replace: "const finished = this.#line.session.hold(frame.s);",
    also: [
      {
        file: "protocol/src/calls.ts",
        find: "    this.#line.queue(() => {\n",
        replace: '    this.#line.queue(() => {\n      if (t === "stream") finished();\n',
      },
    ],
  },
  {
    name: "a new history of a room is told before the gap",
    mode: "filed",
    file: "server/src/reading.ts",
    find: '    this.#lose(run, { from: 0, to: off, why: "epoch" });\n    this.#at = { ep, off };\n    this.#say(run, { t: "room", ...this.#here });\n',
    replace:
      '    this.#at = { ep, off: 0 };\n    this.#say(run, { t: "room", ...this.#here });\n    this.#lose(run, { from: 0, to: off, why: "epoch" });\n',
  },
  {
    name: "a session that cannot be parked is removed",
    mode: "doubts",
    file: recorder,
    find: "this.#lose(error); // it stays",
    replace: "this.#session.lost(error); // it stays",
  },
];
