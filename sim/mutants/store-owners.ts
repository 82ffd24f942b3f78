import type { Mutant } from "./mutant.ts";

const stored = "server/src/session/stored-sessions.ts";
const table = "server/src/store/memory/session-table.ts";

/** Mutants that end sessions of processes that live, or keep those of processes that have died. */
export const storeOwnerMutants: readonly Mutant[] = [
  {
    name: "no process ends the sessions of one that has died",
    mode: "memory-store",
    file: stored,
    find: "      while (!this.#stopped && (await this.#sessions.sweep(this.#grace))) await nextTurn();\n",
    replace: "",
  },
  {
    name: "a process does not renew its leases",
    mode: "memory-store",
    file: stored,
    find: "      await this.#renew();\n      while",
    replace: "      while",
  },
  {
    name: "a session ends with its lease, and does not wait for its client",
    mode: "memory-store",
    file: table,
    find: "endsAt: leasedUntil + grace",
    replace: "endsAt: leasedUntil",
  },
  {
    name: "a detached session stays in the store for ever",
    mode: "memory-store",
    file: table,
    find: "          : this.remove(claim),\n",
    replace: "          : this.#change(claim, (before) => before),\n",
  },
  {
    name: "a process does not close the clients that another one has revoked",
    mode: "nodes",
    file: stored,
    find: "    else session.lose(notice);",
    replace: '    else if (notice.type !== "removed") session.lose(notice);',
  },
  {
    name: "a process takes a session without asking the one that has it",
    mode: "nodes",
    file: stored,
    find: "{ ...leased, asksFirst }",
    replace: "leased",
  },
  {
    name: "a process that is asked for a session finishes nothing",
    mode: "nodes",
    file: "server/src/session/recorder.ts",
    find: "    if (isIdle) return this.#session.onReleasable();\n    void",
    replace: "    return this.#session.onReleasable();\n    void",
    also: [
      {
        file: "server/src/session/recorder.ts",
        find: "    if (!this.#session.isIdle())\n      await this.#store.settled(new Promise<void>((resolve) => (this.#onIdle = resolve)));\n",
        replace: "",
      },
    ],
  },
  {
    name: "a process does not wait for the one that has a session",
    mode: "nodes",
    file: "server/src/session/session-releases.ts",
    find: "if (await release.mayTake(asks)) return",
    replace: "return",
  },
];
