import type { TracedFrame, TraceEntry } from "../trace/trace.ts";
import type { Machine } from "../virtual/scheduler.ts";

/** Describes each entry of a trace in a line: the virtual time, and what happened. */
export function describeTrace(entries: readonly TraceEntry[]): string[] {
  return entries.map((entry) => `${formatTime(entry.at)}  ${describe(entry)}`);
}

function formatTime(at: number): string {
  return `${(at / 1_000).toFixed(3).padStart(8)} s`;
}

function describe(entry: TraceEntry): string {
  switch (entry.type) {
    case "world":
      return `the world begins with ${JSON.stringify(entry.settings)}`;
    case "processStarted":
      return `server process ${entry.process} starts; history of the store: ${entry.history}`;
    case "processEnded":
      return `server process ${entry.process} ends`;
    case "storeFailed":
      return `** a call of the store fails: ${entry.call}`;
    case "appended":
      return `    the store appends message ${entry.n} to the room, at offset ${entry.offset} of epoch ${entry.epoch.slice(0, 4)}`;
    case "dial":
      return `${entry.client === undefined ? "an attacker" : `client ${entry.client}`} dials wire ${entry.wire}`;
    case "closing":
      return `wire ${entry.wire}  · to the client: close ${entry.code}`;
    case "closed":
      return `wire ${entry.wire} is closed at the ${entry.by}: ${entry.code}`;
    case "frameSent":
      return `wire ${entry.wire}  · to the ${remote[entry.by]}: ${formatFrame(entry.frame)}`;
    case "frameReceived":
      return `wire ${entry.wire}  ▶ at the ${entry.by}: ${formatFrame(entry.frame)}`;
    case "sent":
      return `the ${entry.by} sends ${entry.kind} ${entry.n}${formatContext(entry)}`;
    case "outcome":
      return `    message ${entry.n} settles: ${entry.result}${entry.sentBefore === undefined ? "" : `, sentBefore: ${entry.sentBefore}`}`;
    case "handlerStarted":
      return `    the ${entry.by} calls the handler of ${entry.n}${formatContext(entry)}`;
    case "handlerSettled":
      return `    the handler of ${entry.n} settles at the ${entry.by}: ${entry.result}`;
    case "itemRead":
      return `    the ${entry.by} reads item ${entry.i} of ${entry.upload ? "the upload of " : ""}stream ${entry.n}`;
    case "reset":
      return `client ${entry.client} emits reset: ${entry.reason}`;
    case "gap":
      return `client ${entry.client} emits gap: ${entry.from} to ${entry.to}, ${entry.reason}`;
    case "status":
      return `client ${entry.client} is ${entry.status}${entry.resumed ? ", resumed" : ""}`;
    case "setup":
      return `setup ${entry.setup} of conversation ${entry.conversation} runs for wire ${entry.wire}, peer ${entry.peerId.slice(0, 8)}`;
    case "detached":
    case "resumed":
    case "ended":
      return `conversation ${entry.conversation} is ${entry.type}, at ${entry.clock.toFixed()} ms of the server's clock`;
    case "tornDown":
      return `setup ${entry.setup} of conversation ${entry.conversation} is torn down, at ${entry.clock.toFixed()} ms of the server's clock`;
    case "fault":
      return `** ${entry.fault}: ${entry.description}`;
    case "clockJump":
      return `** the wall clock of the ${entry.machine} jumps by ${entry.ms.toFixed()} ms`;
    case "faultsStopped":
      return "** the faults stop";
    case "settled":
      return `** ${entry.unfinished.map(({ description }) => description).join("; ") || "all work has ended"}`;
    case "revoked":
      return `process ${entry.process} revokes the principal of client ${entry.client}`;
    case "clientClosed":
      return `the application closes client ${entry.client}`;
    case "end":
      return `** left at the end: ${JSON.stringify(entry)}`;
    default:
      return `!! unexpected error${entry.by === undefined ? "" : ` at the ${entry.by}`}: ${entry.error}`;
  }
}

const remote: Record<Machine, Machine> = { client: "server", server: "client" };

function formatFrame(frame: TracedFrame): string {
  const text = JSON.stringify(frame).replaceAll(/x{20,}/g, "xx…");
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}

function formatContext({ client, conversation }: { client?: number; conversation?: number }): string {
  return `${client === undefined ? "" : ` (client ${client})`}${conversation ? ` in conversation ${conversation}` : ""}`;
}
