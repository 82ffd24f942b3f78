import type { Mutant } from "./mutant.ts";

const line = "server/src/session/session-link.ts";
const service = "server/src/contract/service.ts";
const restored = "server/src/session/restore.ts";
const recorder = "server/src/session/recorder.ts";
const rooms = "server/src/contract/contract-rooms.ts";

/** Mutants of a server that has a store, and forgets what it should have kept. */
export const forgetful: readonly Mutant[] = [
  {
    name: "told before it is recorded",
    mode: "stored",
    file: recorder,
    find: "if (this.#wire !== undefined) this.#unsent.push(message);",
    replace: "this.#wire?.send(message);",
  },
  {
    name: "what was in progress is not restored",
    mode: "stored",
    file: restored,
    find: "missing: new Set(received.pending),",
    replace: "missing: new Set(),",
  },
  {
    name: "what was in progress is recorded as finished",
    mode: "filed",
    file: recorder,
    find: "pending: [...pending].sort((a, b) => a - b) }",
    replace: "pending: [] }",
  },
  {
    name: "what was lost with a process is not asked for",
    mode: "stored",
    file: line,
    find: "const missing = restored?.missing ?? [];",
    replace: "const missing: number[] = [];",
  },
  {
    name: "what was not acknowledged is not restored",
    mode: "stored",
    file: restored,
    find: "unacknowledged: unacknowledged.map(",
    replace: "unacknowledged: unacknowledged.slice(unacknowledged.length).map(",
  },
  {
    name: "nobody is told of streams that a process had",
    mode: "stored",
    file: restored,
    find: '  for (const re of streams)\n    send({ t: "error", re, code: "INTERRUPTED", message: "the server has restarted" });\n',
    replace: "",
  },
  {
    name: "numbers of a process that is gone come again",
    mode: "stored",
    file: service,
    find: "const lastCallId = (stored?.claim.fence ?? 0) * 2 ** 32;",
    replace: "const lastCallId = 0;",
  },
  {
    name: "what a handler says in a room is not recorded with its message",
    mode: "stored",
    file: rooms,
    find: "if (appends.length === 0 || record(appends)) return undefined;",
    replace: "if (appends.length === 0) return undefined;",
  },
  {
    name: "what a handler says in a room is said before it has settled",
    mode: "stored",
    file: rooms,
    find: "held === undefined ? this.#send(append) : (held.push(append), settled());",
    replace: "this.#send(append);",
  },
  {
    name: "a torn record is read as a whole one",
    mode: "filed",
    file: "server/src/store/file/journal-records.ts",
    find: "if (payload.length < length) return { payloads, droppedBytes: rest.length, damaged: false };",
    replace:
      "if (payload.length < length) return { payloads: [...payloads, payload], droppedBytes: 0, damaged: false };",
  },
  {
    name: "the store does not notice a loss of power",
    mode: "filed",
    file: "server/src/store/file/journal-entries.ts",
    find: 'return sync === "disk" || (bootId !== undefined && bootId === currentBootId());',
    replace: "return true;",
  },
  {
    name: "a stream is served again in part",
    mode: "stored",
    file: "protocol/src/peer/calls.ts",
    find: 'const finished = t === "request" ? receiver?.hold(s) : undefined;',
    replace: "const finished = receiver?.hold(s);",
    also: [
      {
        file: "protocol/src/peer/calls.ts",
        find: "    queue(() => {\n",
        replace: '    queue(() => {\n      if (t === "stream") finished?.();\n',
      },
    ],
  },
  {
    name: "the previous owner of a session may still commit",
    mode: "stored",
    file: "server/src/store/session-table.ts",
    find: "return session?.identity.epoch === epoch && session.progress.fence === fence;",
    replace: "return session?.identity.epoch === epoch;",
  },
  {
    name: "a log that has failed once is not asked again",
    mode: "doubts",
    file: "server/src/rooms/room-reader.ts",
    find: "start.catch(() => (this.#start = undefined));",
    replace: "start.catch(() => {});",
  },
];
