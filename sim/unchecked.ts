import type { Mutant, Patch } from "./mutant.ts";

const recorder = "server/src/session/recorder.ts";
const dial = "server/src/contract/session-dial.ts";
const table = "server/src/store/session-table.ts";

/** The store resumes a session whatever the client has received. */
const noPositions: Patch = {
  file: table,
  find: "  if (receivedUpTo > lastSequence)\n",
  replace: "  if (receivedUpTo >= 0) return undefined;\n  if (receivedUpTo > lastSequence)\n",
};
/** A process that has the session does so too. */
const allFits: Patch = {
  file: "server/src/session/restore.ts",
  find: "  const { sender, receiver } = session;\n",
  replace: "  if (epoch) return true;\n  const { sender, receiver } = session;\n",
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
    name: "the store does not check epochs and positions",
    mode: "filed",
    file: table,
    find: '  if (identity.epoch !== epoch) return "the store lost part of the history of this session";\n  if (request.epoch !== identity.epoch) return "the client has another epoch than the session";\n',
    replace: "",
    also: [noPositions, allFits],
  },
  {
    name: "acked on receipt, and positions are not checked",
    mode: "stored",
    file: "protocol/src/session/receiver.ts",
    find: "    pending.set(sequence, bytes);\n",
    replace: "",
    also: [noPositions, allFits],
  },
  {
    name: "attach does not raise the fence",
    mode: "stored",
    file: table,
    find: "      fence: before.fence + 1,\n",
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
    name: "it does, and the store accepts any record",
    ...unreplaced,
    also: [
      { file: table, find: "if (sequence !== last + index + 1)\n", replace: "if (sequence < 0)\n" },
      { file: table, find: "upTo < before.upTo || upTo > max", replace: "upTo < 0" },
    ],
  },
  {
    name: "the store does not count attempts",
    mode: "attacks",
    file: table,
    find: 'if (attempt <= before.attempt) return { result: () => ({ type: "stale" }) };',
    replace: "",
  },
  {
    name: "the store does not compare the secret",
    mode: "attacks",
    file: table,
    find: 'const secretMatches = equalInConstantTime(session?.identity.secretHash ?? "", request.secretHash);',
    replace: "const secretMatches = true;",
  },
  {
    name: "the store does not compare the principal",
    mode: "attacks",
    file: table,
    find: "identity.principal === principal && identity.service === service",
    replace: "identity.service === service",
  },
];
