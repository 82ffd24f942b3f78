import type { Mutant, Patch } from "./mutant.ts";

const recorder = "server/src/session/recorder.ts";
const dial = "server/src/contract/session-dial.ts";
const table = "server/src/store/session-table.ts";

/** The store takes a session for one that fits what the client has. */
const noPositions: Patch = {
  file: table,
  find: "  if (rx > out) return",
  replace: "  if (rx >= 0) return undefined;\n  if (rx > out) return",
};
/** So does a process that has one. */
const allFits: Patch = {
  file: "server/src/session/session-link.ts",
  find: "    const { first, last } = this.outbox.sentRange;\n",
  replace: "    if (epoch) return true;\n    const { first, last } = this.outbox.sentRange;\n",
};
const unreplaced: Omit<Mutant, "name"> = {
  mode: "stored",
  file: recorder,
  find: "if (attached.claim.fence > fence + 1) this.#lose();",
  replace: "void fence;",
};

/** Mutants of a server that does not check who has a session, and where it stands. */
export const unchecked: readonly Mutant[] = [
  {
    name: "identity and positions are not checked",
    mode: "filed",
    file: table,
    find: '  if (identity.epoch !== epoch) return "the store lost part of its history";\n  if (ep !== identity.epoch) return "the client knows another history";\n',
    replace: "",
    also: [noPositions, allFits],
  },
  {
    name: "acked on receipt, and positions are not checked",
    mode: "stored",
    file: "protocol/src/session/receiver.ts",
    find: "    held.set(s, size);\n",
    replace: "",
    also: [noPositions, allFits],
  },
  {
    name: "a claim is its owner's, whoever holds it",
    mode: "stored",
    file: table,
    find: "      fence: standing.fence + 1,\n",
    replace: "",
  },
  {
    name: "a process that was replaced does not ask the store",
    mode: "stored",
    file: dial,
    find: 'return { type: "takeOver", resume, resetReason: "lost", previousConversation };',
    replace: 'return { type: "begin", resetReason: "lost", previousConversation };',
  },
  { name: "a process that was replaced goes on as it was", ...unreplaced },
  { name: "it does, and takes anything for fitting", ...unreplaced, also: [allFits] },
  {
    name: "it does, and the store takes any record",
    ...unreplaced,
    also: [
      { file: table, find: "if (s !== last + index + 1) throw", replace: "if (s < 0) throw" },
      { file: table, find: "upTo < before.upTo || upTo > most", replace: "upTo < 0" },
    ],
  },
  {
    name: "the store does not count attempts",
    mode: "attacks",
    file: table,
    find: 'if (att <= standing.att) return { result: () => ({ type: "stale" }) };',
    replace: "",
  },
  {
    name: "the store does not compare the secret",
    mode: "attacks",
    file: table,
    find: 'const known = sameText(head?.identity.secret ?? "", request.secret);',
    replace: "const known = true;",
  },
  {
    name: "the store does not compare the principal",
    mode: "attacks",
    file: table,
    find: "identity.principal === principal && identity.service === service",
    replace: "identity.service === service",
  },
];
