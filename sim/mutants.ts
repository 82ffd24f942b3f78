import { forgetful } from "./forgetful.ts";
import type { Mutant, Patch } from "./mutant.ts";
import { unchecked } from "./unchecked.ts";

const session = "protocol/src/session/session.ts";
const arrivals = "protocol/src/session/receiver.ts";
const line = "server/src/session/session-link.ts";
const dial = "server/src/contract/session-dial.ts";
const sessions = "server/src/session/sessions.ts";
const connect = "client/src/connect.ts";
const recorder = "server/src/session/recorder.ts";

const noDedup: Patch = { file: arrivals, find: "    return next;\n", replace: "    return true;\n" };

/** Every mutant. None may survive. */
export const mutants: readonly Mutant[] = [
  {
    name: "the journal is trimmed on send",
    mode: "cuts",
    file: session,
    find: "    this.#unacked.add(letter);\n",
    replace: '    if (letter.lane === "event") return letter.resolve();\n    this.#unacked.add(letter);\n',
  },
  {
    name: "a send settles when it leaves",
    mode: "cuts",
    file: session,
    find: 'if (letter.lane !== "event") letter.resolve();',
    replace: "letter.resolve();",
  },
  {
    name: "the client replays all, the server does not dedup",
    mode: "cuts",
    file: connect,
    find: "session.attach(connection.wire, welcome)",
    replace: "session.attach(connection.wire, { ...welcome, rx: 0 })",
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
    find: "filter(({ sequence: s }) => s > rx ||",
    replace: "filter(({ sequence: s }) => s > rx + 1 ||",
  },
  {
    name: "acked on receipt",
    mode: "cuts",
    file: arrivals,
    find: "    held.set(s, size);\n",
    replace: "",
  },
  {
    name: "an ack in passing is one too high",
    mode: "cuts",
    file: arrivals,
    find: "    this.#owed = 0;\n    return this.receivedUpTo;",
    replace: "    this.#owed = 0;\n    return this.receivedUpTo + 1;",
  },
  {
    name: "the ack overtakes the error that is sent again",
    mode: "cuts",
    file: session,
    find: "    if (!this.#again)\n      this.#outlet?.send(jsonFrames",
    replace: "      this.#outlet?.send(jsonFrames",
    also: [
      {
        file: session,
        find: "    this.#credit = position;\n",
        replace: "    this.#credit = position;\n    this.flush(true);\n",
      },
    ],
  },
  {
    name: "credit is ignored",
    mode: "floods",
    file: session,
    find: '(lane === "event" || lane === "volatile") && this.#crowded',
    replace: "false && this.#crowded",
  },
  {
    name: "the secret is rotated with each welcome",
    mode: "cuts",
    file: line,
    find: "const { outbox, secret } = this;",
    replace:
      "const { outbox } = this; const secret = new this.secret.constructor({ ...this.secret, resumeToken: `${this.secret.resumeToken}x` }); this.secret = secret;",
  },
  {
    name: "no attempt counter on resume",
    mode: "attacks",
    file: dial,
    find: 'if (attempt <= found.attempt) return { type: "stale" };',
    replace: "",
  },
  {
    name: "no attempt counter without a session",
    mode: "attacks",
    file: dial,
    find: 'if (attempt <= link.attempt) return { type: "stale" };',
    replace: "",
  },
  {
    name: "the secret is not compared",
    mode: "attacks",
    file: sessions,
    find: "if (session === undefined || !session.secret.matches(credential)) return undefined;",
    replace: "if (session === undefined) return undefined;",
  },
  {
    name: "the principal is not compared",
    mode: "attacks",
    file: sessions,
    find: "if (session.owner.pathname !== pathname || session.owner.principal !== principal) return undefined;",
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
    find: 'told("reset", { reason: why })',
    replace: "undefined",
  },
  {
    name: "a reset is told late",
    mode: "restarts",
    file: connect,
    find: 'told("reset", { reason: why })',
    replace: 'void after(2_000, () => void told("reset", { reason: why }))',
  },
  {
    name: "what was sent is sent again after a reset",
    mode: "restarts",
    file: session,
    find: "if (letter.sequence || letter.lane",
    replace:
      'if (letter.sequence && letter.lane === "event") { this.#forget(letter); this.#pending.add(letter); } else if (letter.sequence || letter.lane',
  },
  {
    name: "what was sent before a reset never settles",
    mode: "restarts",
    file: session,
    find: "if (letter.sequence || letter.lane",
    replace: "if (letter.sequence) this.#forget(letter); else if (letter.lane",
  },
  {
    name: "calls end with their wire",
    mode: "cuts",
    file: connect,
    find: "lost: () => session.detach(),",
    replace: "lost: () => (session.detach(), peer.sessionLost()),",
  },
  {
    name: "a detached session never ends",
    mode: "storm",
    file: sessions,
    find: "const cancel = this.#clock.after(this.options.grace, () => expire(session));",
    replace: "const cancel = () => {};",
  },
  {
    name: "a detached session ends too soon",
    mode: "cuts",
    file: sessions,
    find: "const cancel = this.#clock.after(this.options.grace, () => expire(session));",
    replace: "const cancel = this.#clock.after(this.options.grace / 20, () => expire(session));",
  },
  {
    name: "events are handled side by side",
    mode: "cuts",
    file: "server/src/contract/handler-queue.ts",
    find: "await turn();",
    replace: "void turn();",
  },
  {
    name: "the watchdog does not bite",
    mode: "holes",
    file: "client/src/connection/connection.ts",
    find: "createWatchdog({ sendProbe: listener.probe, onDead: drop })",
    replace: "createWatchdog({ sendProbe: listener.probe, onDead: () => {} })",
  },
  {
    name: "the server never gives a silent client up",
    mode: "holes",
    file: "server/src/timing/heartbeat.ts",
    find: "if (silence >= interval + timeout) return this.#wire.terminate();",
    replace: "",
  },
  {
    name: "no wait between dials",
    mode: "holes",
    file: "client/src/connection/backoff.ts",
    find: "Math.min(longest, first * 2 ** retry)",
    replace: "0",
  },
  {
    name: "a session that cannot be detached is removed",
    mode: "doubts",
    file: recorder,
    find: "this.#lose(error); // it stays",
    replace: "this.#session.onLost(error); // it stays",
  },
  {
    name: "what is said by hand is handled twice",
    mode: "plain",
    file: "server/src/session/plain-link.ts",
    find: "      if (listener.receive(frame, message.length) ||",
    replace:
      '      if (frame.t === "event") listener.receive(frame, message.length);\n      if (listener.receive(frame, message.length) ||',
  },
  ...forgetful,
  ...unchecked,
];
