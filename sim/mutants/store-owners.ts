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
    find: "      await this.#renew();\n",
    replace: "",
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
];
