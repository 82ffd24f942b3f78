import { forgetful } from "./forgetful.ts";
import type { Mutant, Patch } from "./mutant.ts";
import { unchecked } from "./unchecked.ts";

const sender = "protocol/src/session/sender.ts";
const receiver = "protocol/src/session/receiver.ts";
const line = "server/src/session/session-link.ts";
const dial = "server/src/contract/session-dial.ts";
const sessions = "server/src/session/sessions.ts";
const connect = "client/src/connect.ts";
const recorder = "server/src/session/recorder.ts";

const noDedup: Patch = {
  file: receiver,
  find: "return isNext || this.#missing.delete(sequence);",
  replace: "return true;",
};

/** Every mutant. None may survive. */
export const mutants: readonly Mutant[] = [
  {
    name: "the journal is trimmed on send",
    mode: "cuts",
    file: sender,
    find: "    this.#unacknowledged.add(message);\n",
    replace:
      '    if (message.lane === "event") return message.resolve();\n    this.#unacknowledged.add(message);\n',
  },
  {
    name: "a send settles when it leaves",
    mode: "cuts",
    file: sender,
    find: 'if (message.lane !== "event") message.resolve();',
    replace: "message.resolve();",
  },
  {
    name: "the client replays all, the server does not dedup",
    mode: "cuts",
    file: connect,
    find: "sender.attach(connection.wire, welcome)",
    replace: "sender.attach(connection.wire, { ...welcome, upTo: 0 })",
    also: [noDedup],
  },
  {
    name: "the server replays all, the client does not dedup",
    mode: "cuts",
    file: line,
    find: "const upTo = hello.resume?.receivedUpTo ?? 0;",
    replace: "const upTo = 0;",
    also: [noDedup],
  },
  {
    name: "replay begins one too late",
    mode: "cuts",
    file: sender,
    find: "({ sequence }) => sequence > upTo ||",
    replace: "({ sequence }) => sequence > upTo + 1 ||",
  },
  {
    name: "acked on receipt",
    mode: "cuts",
    file: receiver,
    find: "    pending.set(sequence, bytes);\n",
    replace: "",
  },
  {
    name: "an ack in passing is one too high",
    mode: "cuts",
    file: receiver,
    find: "    return this.#upTo;\n",
    replace: "    return this.#upTo + 1;\n",
  },
  {
    name: "the ack overtakes the error that is sent again",
    mode: "cuts",
    file: sender,
    find: "    this.#credit = credit;\n",
    replace: "    this.#credit = credit;\n    this.#receiver.attach(sink);\n",
  },
  {
    name: "credit is ignored",
    mode: "floods",
    file: sender,
    find: '(lane === "event" || lane === "volatile") && isExhausted',
    replace: "false && isExhausted",
  },
  {
    name: "the secret is rotated with each welcome",
    mode: "cuts",
    file: line,
    find: "const { session, secret } = this;",
    replace:
      "const { session } = this; const secret = new this.secret.constructor({ ...this.secret, resumeToken: `${this.secret.resumeToken}x` }); this.secret = secret;",
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
    find: '      before.wire.stop();\n      before.wire.close(new CloseError(CloseCode.Superseded, "a newer connection took over"));\n      before.wire.terminate();\n',
    replace: "",
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
    find: 'emit(reset, { reason: welcome.reason ?? "" })',
    replace: "undefined",
  },
  {
    name: "a reset is told late",
    mode: "restarts",
    file: connect,
    find: 'emit(reset, { reason: welcome.reason ?? "" })',
    replace: 'void after(2_000, () => void emit(reset, { reason: welcome.reason ?? "" }))',
  },
  {
    name: "what was sent is sent again after a reset",
    mode: "restarts",
    file: sender,
    find: "if (message.sequence || message.lane",
    replace:
      'if (message.sequence && message.lane === "event") { this.#forget(message); this.#unsent.add(message); } else if (message.sequence || message.lane',
  },
  {
    name: "what was sent before a reset never settles",
    mode: "restarts",
    file: sender,
    find: "if (message.sequence || message.lane",
    replace: "if (message.sequence) this.#forget(message); else if (message.lane",
  },
  {
    name: "calls end with their wire",
    mode: "cuts",
    file: connect,
    find: "lost: () => sender.detach(),",
    replace: "lost: () => (sender.detach(), peer.sessionLost()),",
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
    file: "protocol/src/peer/peer.ts",
    find: "if (isThenable(result)) await result;",
    replace: "void result;",
  },
  {
    name: "the watchdog does not bite",
    mode: "holes",
    file: "client/src/connection/connection.ts",
    find: "onTimeout: (reason) => this.drop(reason),",
    replace: "onTimeout: () => {},",
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
    find: "Math.min(longestWindow, shortestWindow * 2 ** retry)",
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
    find: "        receiverOf(frames, frame)(frame, byteLength(received));\n",
    replace:
      '        if (frame.t === "event") receiverOf(frames, frame)(frame, byteLength(received));\n        receiverOf(frames, frame)(frame, byteLength(received));\n',
  },
  ...forgetful,
  ...unchecked,
];
