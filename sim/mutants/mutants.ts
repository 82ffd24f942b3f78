import { storeRecoveryMutants } from "./store-recovery.ts";
import type { Mutant, Patch } from "./mutant.ts";
import { storeCheckMutants } from "./store-checks.ts";

const session = "protocol/src/session/session.ts";
const receiver = "protocol/src/session/receiver.ts";
const link = "server/src/session/session-link.ts";
const sessionDial = "server/src/contract/session-dial.ts";
const sessions = "server/src/session/sessions.ts";
const connect = "client/src/connect.ts";
const recorder = "server/src/session/recorder.ts";

/** The receiver handles a message that it has received before. */
const acceptDuplicates: Patch = { file: receiver, find: "    return next;\n", replace: "    return true;\n" };

/** All mutants. The simulator must kill each of them. */
export const mutants: readonly Mutant[] = [
  {
    name: "the sender drops an event from its outbox when it sends it",
    mode: "cuts",
    file: session,
    find: "    this.#unacked.add(letter);\n",
    replace: '    if (letter.lane === "event") return letter.resolve();\n    this.#unacked.add(letter);\n',
  },
  {
    name: "a send settles before the acknowledgement",
    mode: "cuts",
    file: session,
    find: 'if (letter.lane !== "event") letter.resolve();',
    replace: "letter.resolve();",
  },
  {
    name: "the client resends acknowledged messages and the server handles duplicates",
    mode: "cuts",
    file: connect,
    find: "session.attach(connection.wire, welcome)",
    replace: "session.attach(connection.wire, { ...welcome, rx: 0 })",
    also: [acceptDuplicates],
  },
  {
    name: "the server resends acknowledged messages and the client handles duplicates",
    mode: "cuts",
    file: link,
    find: "rx: hello.resume?.rx ?? 0,",
    replace: "rx: 0,",
    also: [acceptDuplicates],
  },
  {
    name: "the sender resends one message too few",
    mode: "cuts",
    file: session,
    find: "filter(({ sequence: s }) => s > rx ||",
    replace: "filter(({ sequence: s }) => s > rx + 1 ||",
  },
  {
    name: "the receiver acknowledges a message on receipt",
    mode: "cuts",
    file: receiver,
    find: "    held.set(s, size);\n",
    replace: "",
  },
  {
    name: "an acknowledgement on another frame is one too high",
    mode: "cuts",
    file: receiver,
    find: "    this.#owed = 0;\n    return this.receivedUpTo;",
    replace: "    this.#owed = 0;\n    return this.receivedUpTo + 1;",
  },
  {
    name: "an acknowledgement overtakes the error that is resent",
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
    name: "the sender ignores credit",
    mode: "overload",
    file: session,
    find: '(lane === "event" || lane === "volatile") && this.#crowded',
    replace: "false && this.#crowded",
  },
  {
    name: "each welcome carries a new resume token",
    mode: "cuts",
    file: link,
    find: "const { outbox, secret } = this;",
    replace:
      "const { outbox } = this; const secret = new this.secret.constructor({ ...this.secret, resumeToken: `${this.secret.resumeToken}x` }); this.secret = secret;",
  },
  {
    name: "a resume does not check the attempt",
    mode: "attacks",
    file: sessionDial,
    find: 'if (attempt <= found.attempt) return { type: "stale" };',
    replace: "",
  },
  {
    name: "a new session does not check the attempt",
    mode: "attacks",
    file: sessionDial,
    find: 'if (attempt <= link.attempt) return { type: "stale" };',
    replace: "",
  },
  {
    name: "the server does not compare the resume token",
    mode: "attacks",
    file: sessions,
    find: "if (session === undefined || !session.secret.matches(credential)) return undefined;",
    replace: "if (session === undefined) return undefined;",
  },
  {
    name: "the server does not compare the principal",
    mode: "attacks",
    file: sessions,
    find: "if (session.owner.pathname !== pathname || session.owner.principal !== principal) return undefined;",
    replace: "",
  },
  {
    name: "the server still reads a replaced wire",
    mode: "black-holes",
    file: link,
    find: "if (wire !== this.#wire || this.#finished ||",
    replace: "if (this.#finished ||",
    also: [
      {
        file: link,
        find: '    ghost?.close(CloseCode.Superseded, "a newer connection took over");\n    ghost?.terminate();\n',
        replace: "",
      },
    ],
  },
  {
    name: "the server ignores an overflow",
    mode: "overload",
    file: link,
    find: "  overflow(): void {\n",
    replace: "  overflow(): void {\n    return;\n",
  },
  {
    name: "the client emits no reset",
    mode: "restarts",
    file: connect,
    find: 'told("reset", { reason: why })',
    replace: "undefined",
  },
  {
    name: "the client emits reset too late",
    mode: "restarts",
    file: connect,
    find: 'told("reset", { reason: why })',
    replace: 'void after(2_000, () => void told("reset", { reason: why }))',
  },
  {
    name: "the client resends sent events after a reset",
    mode: "restarts",
    file: session,
    find: "if (letter.sequence || letter.lane",
    replace:
      'if (letter.sequence && letter.lane === "event") { this.#forget(letter); this.#pending.add(letter); } else if (letter.sequence || letter.lane',
  },
  {
    name: "sent events never settle after a reset",
    mode: "restarts",
    file: session,
    find: "if (letter.sequence || letter.lane",
    replace: "if (letter.sequence) this.#forget(letter); else if (letter.lane",
  },
  {
    name: "calls fail when their wire closes",
    mode: "cuts",
    file: connect,
    find: "lost: () => session.detach(),",
    replace: "lost: () => (session.detach(), peer.sessionLost()),",
  },
  {
    name: "a detached session never expires",
    mode: "storm",
    file: sessions,
    find: "const cancel = this.#clock.after(this.options.grace, () => expire(session));",
    replace: "const cancel = () => {};",
  },
  {
    name: "a detached session expires too early",
    mode: "cuts",
    file: sessions,
    find: "const cancel = this.#clock.after(this.options.grace, () => expire(session));",
    replace: "const cancel = this.#clock.after(this.options.grace / 20, () => expire(session));",
  },
  {
    name: "handlers of events run concurrently",
    mode: "cuts",
    file: "server/src/contract/handler-queue.ts",
    find: "await turn();",
    replace: "void turn();",
  },
  {
    name: "the client ignores a silent server",
    mode: "black-holes",
    file: "client/src/connection/connection.ts",
    find: "onTimeout: (reason) => this.drop(reason),",
    replace: "onTimeout: () => {},",
  },
  {
    name: "the server never terminates a silent client",
    mode: "black-holes",
    file: "server/src/timing/heartbeat.ts",
    find: "if (silence >= interval + timeout) return this.#wire.terminate();",
    replace: "",
  },
  {
    name: "the client dials without waiting",
    mode: "black-holes",
    file: "client/src/connection/backoff.ts",
    find: "Math.min(longestWindow, shortestWindow * 2 ** retry)",
    replace: "0",
  },
  {
    name: "a session is removed when the store cannot detach it",
    mode: "store-failures",
    file: recorder,
    find: "this.#lose(error); // it stays",
    replace: "this.#session.onLost(error); // it stays",
  },
  {
    name: "an event in plain mode is handled twice",
    mode: "plain",
    file: "server/src/session/plain-link.ts",
    find: "      if (listener.receive(frame, message.length) ||",
    replace:
      '      if (frame.t === "event") listener.receive(frame, message.length);\n      if (listener.receive(frame, message.length) ||',
  },
  ...storeRecoveryMutants,
  ...storeCheckMutants,
];
