import { storeRecoveryMutants } from "./store-recovery.ts";
import type { Mutant, Patch } from "./mutant.ts";
import { storeCheckMutants } from "./store-checks.ts";
import { storeOwnerMutants } from "./store-owners.ts";

const sender = "protocol/src/session/sender.ts";
const receiver = "protocol/src/session/receiver.ts";
const link = "server/src/session/session-link.ts";
const sessionDial = "server/src/contract/session-dial.ts";
const sessions = "server/src/session/sessions.ts";
const connect = "client/src/connect.ts";
const recorder = "server/src/session/recorder.ts";

/** The receiver handles a message that it has received before. */
const acceptDuplicates: Patch = {
  file: receiver,
  find: "return isNext;",
  replace: "return true;",
};

/** All mutants. The simulator must kill each of them. */
export const mutants: readonly Mutant[] = [
  {
    name: "the sender drops an event from its outbox when it sends it",
    mode: "cuts",
    file: sender,
    find: "    (this.#unacknowledged ??= new Set()).add(message);\n",
    replace:
      '    if (message.lane === "event") return message.resolve();\n    (this.#unacknowledged ??= new Set()).add(message);\n',
  },
  {
    name: "a send settles before the acknowledgement",
    mode: "cuts",
    file: sender,
    find: 'if (message.lane !== "event") message.resolve();',
    replace: "message.resolve();",
  },
  {
    name: "the client resends acknowledged messages and the server handles duplicates",
    mode: "cuts",
    file: connect,
    find: "sender.attach(connection.wire, welcome)",
    replace: "sender.attach(connection.wire, { ...welcome, upTo: 0 })",
    also: [acceptDuplicates],
  },
  {
    name: "the server resends acknowledged messages and the client handles duplicates",
    mode: "cuts",
    file: link,
    find: "const upTo = hello.resume?.receivedUpTo ?? 0;",
    replace: "const upTo = 0;",
    also: [acceptDuplicates],
  },
  {
    name: "the sender resends one message too few",
    mode: "cuts",
    file: sender,
    find: "({ sequence }) => sequence > upTo ||",
    replace: "({ sequence }) => sequence > upTo + 1 ||",
  },
  {
    name: "the receiver acknowledges a message on receipt",
    mode: "cuts",
    file: receiver,
    find: "    pending.set(sequence, bytes);\n",
    replace: "",
  },
  {
    name: "an acknowledgement on another frame is one too high",
    mode: "cuts",
    file: receiver,
    find: "    this.#unreported = { messages: 0, bytes: 0 };\n    return this.#upTo;\n",
    replace: "    this.#unreported = { messages: 0, bytes: 0 };\n    return this.#upTo + 1;\n",
  },
  {
    name: "an acknowledgement overtakes the error that is resent",
    mode: "cuts",
    file: sender,
    find: "    this.#credit = credit;\n",
    replace: "    this.#credit = credit;\n    this.#receiver.attach(sink);\n",
  },
  {
    name: "the sender ignores credit",
    mode: "overload",
    file: sender,
    find: '(lane === "event" || lane === "volatile") && isExhausted',
    replace: "false && isExhausted",
  },
  {
    name: "each welcome carries a new resume token",
    mode: "cuts",
    file: link,
    find: "const { session, secret } = this;",
    replace:
      "const { session } = this; const secret = new this.secret.constructor({ ...this.secret, resumeToken: `${this.secret.resumeToken}x` }); this.secret = secret;",
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
    find: "if (session === undefined || !session.secret.matches(key)) return undefined;",
    replace: "if (session === undefined) return undefined;",
  },
  {
    name: "the server does not compare the principal",
    mode: "attacks",
    file: sessions,
    find: "owner.pathname !== pathname || owner.principal !== principal",
    replace: "owner.pathname !== pathname",
  },
  {
    name: "the server does not compare the key of the client instance",
    mode: "attacks",
    file: sessions,
    find: "owner.keyHash !== keyHash || owner.pathname",
    replace: "owner.pathname",
  },
  {
    name: "the server finds the newest session of a client without its key",
    mode: "attacks",
    file: sessionDial,
    find: "JSON.stringify([keyHash, pathname, principal])",
    replace: "JSON.stringify([pathname, principal])",
  },
  {
    name: "the server believes every position in a room",
    mode: "attacks",
    file: "server/src/rooms/member-start.ts",
    find: "if (isProven && offset >= from)",
    replace: "if (isProven || true)",
  },
  {
    name: "the server ignores the token of a session without a principal",
    mode: "attacks",
    file: "server/src/session/credential-renewal.ts",
    find: "if (renew !== undefined && this.#session.owner.principal === undefined)",
    replace: "if (renew === undefined)",
  },
  {
    name: "the id of a peer is that of its session",
    mode: "attacks",
    file: "server/src/session/session-secret.ts",
    find: 'sha256(`peer${this.sessionId}`).subarray(0, 16).toString("base64url")',
    replace: "this.sessionId",
  },
  {
    name: "the server still reads a replaced wire",
    mode: "black-holes",
    file: link,
    find: '      before.wire.stop();\n      before.wire.close(new CloseError(CloseCode.Superseded, "a newer connection took over"));\n      before.wire.terminate();\n',
    replace: "",
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
    find: 'emit(reset, { reason: welcome.reason ?? "" })',
    replace: "undefined",
  },
  {
    name: "the client emits reset too late",
    mode: "restarts",
    file: connect,
    find: 'emit(reset, { reason: welcome.reason ?? "" })',
    replace: 'void after(2_000, () => void emit(reset, { reason: welcome.reason ?? "" }))',
  },
  {
    name: "the client resends sent events after a reset",
    mode: "restarts",
    file: sender,
    find: "if (message.sequence || message.lane",
    replace:
      'if (message.sequence && message.lane === "event") { this.#forget(message); this.#unsent.add(message); } else if (message.sequence || message.lane',
  },
  {
    name: "sent events never settle after a reset",
    mode: "restarts",
    file: sender,
    find: "if (message.sequence || message.lane",
    replace: "if (message.sequence) this.#forget(message); else if (message.lane",
  },
  {
    name: "calls fail when their wire closes",
    mode: "cuts",
    file: connect,
    find: "lost: () => sender.detach(),",
    replace: "lost: () => (sender.detach(), peer.sessionLost()),",
  },
  {
    name: "a detached session never expires",
    mode: "storm",
    file: sessions,
    find: "this.#detached.set(session, this.#clock.now + this.options.grace);",
    replace: "this.#detached.set(session, Infinity);",
  },
  {
    name: "a detached session expires too early",
    mode: "cuts",
    file: sessions,
    find: "this.#detached.set(session, this.#clock.now + this.options.grace);",
    replace: "this.#detached.set(session, this.#clock.now + this.options.grace / 20);",
  },
  {
    name: "handlers of events run concurrently",
    mode: "cuts",
    file: "protocol/src/peer/peer.ts",
    find: "if (isThenable(result)) await result;",
    replace: "void result;",
  },
  {
    name: "the client ignores a silent server",
    mode: "black-holes",
    file: "client/src/connection/connection.ts",
    find: "onTimeout: drop }",
    replace: "onTimeout: () => {} }",
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
    find: "Math.min(hidden ? max * 6 : max, min * factor ** retry)",
    replace: "0",
  },
  {
    name: "a session is removed when the store cannot detach it",
    mode: "store-failures",
    file: recorder,
    find: 'this.lose({ type: "failed", error }); // it stays',
    replace: 'this.#session.onLost({ type: "failed", error }); // it stays',
  },
  {
    name: "an event in plain mode is handled twice",
    mode: "plain",
    file: "server/src/session/plain-link.ts",
    find: '        else if (frame.t !== "pong") listener.receive(frame, bytes);\n',
    replace:
      '        else if (frame.t !== "pong") listener.receive(frame, bytes);\n        if (frame.t === "event") listener.receive(frame, bytes);\n',
  },
  ...storeRecoveryMutants,
  ...storeCheckMutants,
  ...storeOwnerMutants,
];
