import type { Mutant } from "./mutant.ts";

const link = "server/src/session/session-link.ts";
const service = "server/src/contract/service.ts";
const restore = "server/src/session/restore.ts";
const recorder = "server/src/session/recorder.ts";
const rooms = "server/src/contract/contract-rooms.ts";
const roomSource = "server/src/rooms/room-source.ts";

/** Mutants that lose or repeat something when a server process restores its sessions and rooms from a store. */
export const storeRecoveryMutants: readonly Mutant[] = [
  {
    name: "the server sends a message before the store has recorded it",
    mode: "memory-store",
    file: recorder,
    find: "if (this.#wire !== undefined) this.#unsent.push(message);",
    replace: "this.#wire?.send(message);",
  },
  {
    name: "a restored session forgets its pending messages",
    mode: "memory-store",
    file: restore,
    find: "missing: new Set(received.pending),",
    replace: "missing: new Set(),",
  },
  {
    name: "the store records pending messages as handled",
    mode: "file-store",
    file: recorder,
    find: "pending: [...pending].sort((a, b) => a - b) }",
    replace: "pending: [] }",
  },
  {
    name: "the server does not ask for messages that its process lost",
    mode: "memory-store",
    file: link,
    find: "const missing = this.#parts.restored?.missing ?? [];",
    replace: "const missing: number[] = [];",
  },
  {
    name: "a restored session forgets its unacknowledged messages",
    mode: "memory-store",
    file: restore,
    find: "unacknowledged: unacknowledged.map(",
    replace: "unacknowledged: unacknowledged.slice(unacknowledged.length).map(",
  },
  {
    name: "the client gets no error for streams of a process that ended",
    mode: "memory-store",
    file: restore,
    find: '  for (const re of streams)\n    send({ t: "error", re, code: "INTERRUPTED", message: "the server has restarted" });\n',
    replace: "",
  },
  {
    name: "a new process reuses the call ids of the one before",
    mode: "memory-store",
    file: service,
    find: "const lastCallId = (stored?.claim.fence ?? 0) * 2 ** 32;",
    replace: "const lastCallId = 0;",
  },
  {
    name: "a handler's room message is not recorded with its cause",
    mode: "memory-store",
    file: "server/src/rooms/held-room-messages.ts",
    find: "appends.length === 0 || record(appends) ?",
    replace: "appends.length === 0 ?",
  },
  {
    name: "a handler's room message is sent before the handler settles",
    mode: "memory-store",
    file: rooms,
    find: "return held.hold(append, bytes) ? settledSend() : this.#writer.append(this.#log, append);",
    replace: "return this.#writer.append(this.#log, append);",
  },
  {
    name: "the file store reads a torn record as complete",
    mode: "file-store",
    file: "server/src/store/file/journal-records.ts",
    find: "  const record = file.subarray(at, end);\n  if (recordChecksum(record) !== record.readUInt32LE(markerBytes + 4)) return undefined;\n",
    replace: "  const record = file.subarray(at, end);\n",
    also: [
      {
        file: "server/src/store/file/journal-records.ts",
        find: "if (end > file.length || bodyBytes < 9) return undefined;",
        replace: "if (file.length - at < recordHeaderBytes + 9) return undefined;",
      },
    ],
  },
  {
    name: "the file store does not detect a loss of power",
    mode: "file-store",
    file: "server/src/store/file/journal-entries.ts",
    find: 'return sync === "disk" || (bootId !== undefined && bootId === currentBootId());',
    replace: "return true;",
  },
  {
    name: "a restored session serves part of a stream again",
    mode: "memory-store",
    file: "protocol/src/peer/calls.ts",
    find: 'const finished = t === "request" ? receiver?.hold(s) : undefined;',
    replace: "const finished = receiver?.hold(s);",
  },
  {
    name: "the previous owner of a session can still commit",
    mode: "memory-store",
    file: "server/src/store/memory/session-table.ts",
    find: "return session?.identity.epoch === epoch && session.progress.fence === fence;",
    replace: "return session?.identity.epoch === epoch;",
  },
  {
    name: "a room reader does not retry after a failed start",
    mode: "store-failures",
    file: "server/src/rooms/room-reader.ts",
    find: "start.catch(() => (this.#start = undefined));",
    replace: "start.catch(() => {});",
  },
  {
    name: "a member does not read what the watch of its room has missed",
    mode: "memory-store",
    file: roomSource,
    find: "for (const listener of this.#listeners) listener.readMissed();",
    replace: "",
  },
  {
    name: "a watch of a room that has failed is not begun again",
    mode: "store-failures",
    file: roomSource,
    find: "if (this.#watch === watch) this.#watch = undefined;",
    replace: "",
  },
  {
    name: "a member of a room begins where the room is some time after the join",
    mode: "memory-store",
    file: "server/src/rooms/member-start.ts",
    find: "      findNewMemberStart(joining, attempts > 1, arrivals),",
    replace:
      "      Promise.resolve(log.membership(room, member ?? '')).then(() => findNewMemberStart(joining, attempts > 1, arrivals)),",
  },
];
