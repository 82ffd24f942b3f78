import type { Mutant, Patch } from "./mutant.ts";

const recorder = "server/src/session/recorder.ts";
const sessionDial = "server/src/contract/session-dial.ts";
const checks = "server/src/store/memory/session-checks.ts";
const table = "server/src/store/memory/session-table.ts";

/** The store resumes a session whatever positions the client names. */
const storeSkipsPositions: Patch = {
  file: checks,
  find: "  if (receivedUpTo > lastSequence)\n",
  replace: "  if (receivedUpTo >= 0) return undefined;\n  if (receivedUpTo > lastSequence)\n",
};
/** A process that has the session in memory resumes it whatever positions the client names. */
const processSkipsPositions: Patch = {
  file: "server/src/session/restore.ts",
  find: "  const { sender, receiver } = session;\n",
  replace: "  if (epoch) return true;\n  const { sender, receiver } = session;\n",
};
/** A process that another process replaced does not notice it when the client is back. */
const keepsSession: Omit<Mutant, "name"> = {
  mode: "memory-store",
  file: recorder,
  find: 'if (attached.claim.fence > before.fence + 1) this.lose({ type: "taken", claim: before });',
  replace: "void before;",
};
/** A process does not listen to what the store tells of its sessions. */
const ignoresLosses: Patch = {
  file: "server/src/session/stored-sessions.ts",
  find: "    else session.lose(notice);\n",
  replace: "",
};

/** Mutants that skip a check of the owner or the positions of a session. */
export const storeCheckMutants: readonly Mutant[] = [
  {
    name: "the store does not check epochs and positions",
    mode: "file-store",
    file: checks,
    find: '  if (identity.epoch !== epoch) return "the store lost part of the history of this session";\n  if (request.epoch !== identity.epoch) return "the client has another epoch than the session";\n',
    replace: "",
    also: [storeSkipsPositions, processSkipsPositions],
  },
  {
    name: "messages are acknowledged on receipt and positions are not checked",
    mode: "memory-store",
    file: "protocol/src/session/receiver.ts",
    find: "    pending.set(sequence, bytes);\n",
    replace: "",
    also: [storeSkipsPositions, processSkipsPositions],
  },
  {
    name: "an attach does not raise the fence",
    mode: "memory-store",
    file: table,
    find: "      fence: before.fence + 1,\n",
    replace: "",
  },
  {
    name: "a replaced process begins a session without asking the store",
    mode: "memory-store",
    file: sessionDial,
    find: 'return { type: "takeOver", resume, resetReason: "lost", previousConversation };',
    replace: 'return { type: "begin", resetReason: "lost", previousConversation };',
  },
  { name: "a replaced process keeps its session", ...keepsSession, also: [ignoresLosses] },
  {
    name: "a replaced process keeps its session and accepts every position",
    ...keepsSession,
    also: [ignoresLosses, processSkipsPositions],
  },
  {
    name: "a replaced process keeps its session and the store accepts every record",
    ...keepsSession,
    also: [
      ignoresLosses,
      { file: checks, find: "if (sequence !== last + index + 1)\n", replace: "if (sequence < 0)\n" },
      { file: checks, find: "upTo < before.upTo || upTo > max", replace: "upTo < 0" },
    ],
  },
  {
    name: "the store does not check the attempt",
    mode: "attacks",
    file: table,
    find: 'if (attempt <= before.attempt) return { result: () => ({ type: "stale" }) };',
    replace: "",
  },
  {
    name: "the store does not compare the resume token",
    mode: "attacks",
    file: checks,
    find: "equalInConstantTime(`${identity?.secretHash} ${identity?.keyHash}`, `${secretHash} ${keyHash}`)",
    replace: "equalInConstantTime(`${identity?.keyHash}`, keyHash ?? secretHash)",
  },
  {
    name: "the store does not compare the key of the client instance",
    mode: "attacks",
    file: checks,
    find: "equalInConstantTime(`${identity?.secretHash} ${identity?.keyHash}`, `${secretHash} ${keyHash}`)",
    replace: "equalInConstantTime(`${identity?.secretHash}`, secretHash ?? keyHash)",
  },
  {
    name: "the store does not compare the principal",
    mode: "attacks",
    file: checks,
    find: "identity.principal === principal && identity.service === service",
    replace: "identity.service === service",
  },
];
