import type { FuzzMutantPatches } from "../runner/process-pool.ts";

/** A version of the product with one missing bound. */
export interface FuzzMutant extends FuzzMutantPatches {
  /** The finding of the audit that it brings back. */
  readonly finding: string;
  /** The world whose cases show it. */
  readonly world: "memory" | "server" | "tcp";
  /** The scenario that shows it. */
  readonly scenario: string;
}

/** All mutants. The fuzzer must find each of them. */
export const mutants: readonly FuzzMutant[] = [
  {
    finding: "V1",
    name: "a stream never lets the event loop turn",
    world: "memory",
    scenario: "huge credit",
    file: "protocol/src/peer/stream-writer.ts",
    find: "budget.step(size) ?? this.#channel.capacity()",
    replace: "this.#channel.capacity()",
  },
  {
    finding: "V2",
    name: "answers that the client does not acknowledge have no bound",
    world: "memory",
    scenario: "unacknowledged replies",
    file: "protocol/src/session/sender.ts",
    find: "return isExhausted(this.#answerLimit, this.#answers)\n      ?",
    replace: "return this.#bytes < 0\n      ?",
  },
  {
    finding: "V5",
    name: "the oldest detached session of all accounts is evicted",
    world: "memory",
    scenario: "hello and drop",
    file: "server/src/access/shared-bounds.ts",
    find: "this.#evictOldest(this.#largest(({ items }) => items.size));",
    replace: "this.#evictOldest({ items: new Set(this.#items.keys()), bytes: 0 });",
  },
  {
    finding: "V6",
    name: "what waits on all connections has no bound",
    world: "tcp",
    scenario: "stalled readers",
    file: "server/src/node/outbound-buffers.ts",
    find: "if (this.#unmeasured < 0) this.#measure();",
    replace: "",
  },
  {
    finding: "V7",
    name: "an acknowledgement is compared with every message",
    world: "memory",
    scenario: "long acknowledgements",
    file: "protocol/src/session/sender.ts",
    find: "if (unfinished?.has(message.sequence)) continue;",
    replace: "if (pending.includes(message.sequence)) continue;",
  },
  {
    finding: "V8",
    name: "a client that is asked to move dials at once, however often",
    world: "server",
    scenario: "endless moves",
    file: "client/src/connection/connection.ts",
    find: "function move(within: number, floor = shortestWait(youngNow())): void {",
    replace: "function move(within: number, floor = 0): void {",
  },
  {
    finding: "V8",
    name: "a timer with a delay that is too long starts at once, and a move waits for no other",
    world: "server",
    scenario: "endless moves",
    file: "client/src/connection/timer.ts",
    find: "setTimeout(act, Math.min(ms, longestDelay))",
    replace: "setTimeout(act, ms)",
    also: [
      {
        file: "client/src/connection/connection.ts",
        find: "function move(within: number, floor = shortestWait(youngNow())): void {",
        replace:
          "function move(within: number, floor = within > 2 ** 31 ? 0 : shortestWait(youngNow())): void {",
      },
    ],
  },
  {
    finding: "V9",
    name: "a client keeps any number of rooms",
    world: "server",
    scenario: "endless rooms, messages and gaps",
    file: "client/src/rooms/rooms.ts",
    find: "else if (!known && positions.size >= rooms) throw inboxFull(",
    replace: "else if (!known && positions.size >= rooms * 1_000) throw inboxFull(",
  },
  {
    finding: "V9",
    name: "what waits for a client's listeners has no bound",
    world: "server",
    scenario: "endless rooms, messages and gaps",
    file: "client/src/connection/inbox.ts",
    find: 'if (waiting > messages) throw inboxFull("messages");\n    if (used >= bytes) throw inboxFull("bytes");\n',
    replace: "",
  },
  {
    finding: "V11",
    name: "a plain client is not paced, and its burst is refused",
    world: "tcp",
    scenario: "a burst of valid events in one write",
    file: "server/src/timing/paced-reader.ts",
    find: "if (!this.#limited && !this.#rate.allows) this.#limit();\n    if (this.#limited)",
    replace: "if (this.#limited)",
    also: [
      {
        file: "server/src/contract/conversation-peer-options.ts",
        find: "return this.plain ? plainLimits : limits;",
        replace: "return limits;",
      },
    ],
  },
  {
    finding: "O1",
    name: "messages of a client that waits for its server have no bound in bytes",
    world: "server",
    scenario: "an application that does not wait",
    file: "protocol/src/session/sender.ts",
    find: "const isTooMuch = this.#bytes > bytes;",
    replace: "const isTooMuch = this.#bytes > bytes * 1_000;",
  },
  {
    finding: "O2",
    name: "each event that a full queue refuses is reported",
    world: "memory",
    scenario: "a loop of sends",
    file: "server/src/contract/conversation.ts",
    find: "if (this.#refused === 1) setImmediate(() => this.#reportRefused(error));",
    replace: "this.#reportRefused(error);",
  },
  {
    finding: "O3",
    name: "each send goes through all messages that wait",
    world: "server",
    scenario: "an application that does not wait",
    file: "protocol/src/session/sender.ts",
    find: 'if (message.lane === "answer") this.#flush();\n      else void this.#checkLimit(message);',
    replace: 'this.#flush();\n      if (message.lane !== "answer") void this.#checkLimit(message);',
  },
  {
    finding: "L1",
    name: "a client that the server does not read counts as silent",
    world: "tcp",
    scenario: "messages that wait for a slow handler",
    file: "server/src/timing/heartbeat.ts",
    find: "if (arrivals !== this.#arrivals || this.#wire.paused || reads) {",
    replace: "if (arrivals !== this.#arrivals || reads) {",
  },
  {
    finding: "L7",
    name: "a pong counts as progress of a message",
    world: "tcp",
    scenario: "a message without an end",
    file: "server/src/node/message-timer.ts",
    find: "if (!this.#fragmented) this.completed += 1;",
    replace: "this.completed += 1;",
  },
];
