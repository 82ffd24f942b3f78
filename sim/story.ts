import type { Entry, SeenFrame } from "./trace.ts";

/** Tells a schedule line by line: when, what. */
export function story(entries: readonly Entry[]): string[] {
  return entries.map((entry) => `${seconds(entry.at)}  ${tell(entry)}`);
}

function seconds(at: number): string {
  return `${(at / 1_000).toFixed(3).padStart(8)} s`;
}

function tell(entry: Entry): string {
  switch (entry.is) {
    case "world":
      return `a world with ${JSON.stringify(entry.settings)}`;
    case "boot":
      return `the server begins (${entry.boot}), its history: ${entry.history}`;
    case "died":
      return `the server is gone (${entry.boot})`;
    case "trouble":
      return `** the store: ${entry.what}`;
    case "placed":
      return `    ${entry.n} has its place in the room: ${entry.off} of ${entry.ep.slice(0, 4)}`;
    case "dial":
      return `${entry.client === undefined ? "an attacker" : `client ${entry.client}`} dials line ${entry.line}`;
    case "hangup":
      return `line ${entry.line} is over for the ${entry.by}: ${entry.code}`;
    case "put":
      return `line ${entry.line}  ${arrow(entry.by, "put")} ${frame(entry.frame)}`;
    case "got":
      return `line ${entry.line}  ${arrow(entry.by, "got")} ${frame(entry.frame)}`;
    case "said":
      return `the ${entry.by} says ${entry.kind} ${entry.n}${about(entry)}`;
    case "outcome":
      return `    ${entry.n} ends: ${entry.how}${entry.sentBefore === undefined ? "" : `, sent before: ${entry.sentBefore}`}`;
    case "handling":
      return `    the ${entry.by} is given ${entry.n}${about(entry)}`;
    case "handled":
      return `    the ${entry.by} has handled ${entry.n}: ${entry.how}`;
    case "item":
      return `    the ${entry.by} reads item ${entry.i} of ${entry.upload ? "the upload of " : ""}stream ${entry.n}`;
    case "reset":
      return `client ${entry.client} is told of a reset: ${entry.why}`;
    case "gap":
      return `client ${entry.client} is told of a gap: ${entry.from} to ${entry.to}, ${entry.why}`;
    case "status":
      return `client ${entry.client} is ${entry.status}${entry.resumed ? ", resumed" : ""}`;
    case "setup":
      return `conversation ${entry.conv} is set up on line ${entry.line} as session ${entry.sid.slice(0, 8)}`;
    case "detached":
    case "resumed":
    case "ended":
    case "over":
      return `conversation ${entry.conv} is ${entry.is}, at ${entry.clock.toFixed()} of the server's clock`;
    case "fault":
      return `** ${entry.fault}: ${entry.what}`;
    case "jump":
      return `** the wall clock of the ${entry.half} is another`;
    case "quiet":
      return "** nothing goes wrong any more";
    case "rest":
      return `** ${entry.unrest.map(({ what }) => what).join("; ") || "everything has come to rest"}`;
    case "closing":
      return `client ${entry.client} is closed by its application`;
    case "end":
      return `** left: ${JSON.stringify(entry)}`;
    default:
      return `!! ${entry.by ?? "somebody"} failed: ${entry.error}`;
  }
}

function arrow(by: "client" | "server", is: "put" | "got"): string {
  const to = (by === "client") === (is === "put") ? "server" : "client";
  return is === "put" ? `· to the ${to}:` : `▶ at the ${to}:`;
}

function frame(seen: SeenFrame): string {
  const text = JSON.stringify(seen).replaceAll(/x{20,}/g, "xx…");
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}

function about({ client, conv }: { client?: number; conv?: number }): string {
  return `${client === undefined ? "" : ` (client ${client})`}${conv ? ` in conversation ${conv}` : ""}`;
}
