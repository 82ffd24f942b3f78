import { checkFunction } from "../request/response.ts";
import type { AppOptions } from "./types.ts";

type GroupName = "security" | "socket" | "sessions" | "limits" | "handshake" | "heartbeat";

/** The groups of options, and what is in each. */
const groups: {
  readonly [Name in GroupName]: { readonly [Option in keyof Required<NonNullable<AppOptions[Name]>>]: true };
} = {
  security: { origins: true, hosts: true, allowCookieWithoutOrigin: true },
  socket: { receive: true, send: true, Socket: true, idleTimeout: true, unread: true, maxPayload: true },
  sessions: {
    grace: true,
    messages: true,
    bytes: true,
    detachedPerPrincipal: true,
    maxDetached: true,
    maxDetachedBytes: true,
  },
  limits: {
    connections: true,
    perAddress: true,
    httpPerAddress: true,
    perPrincipal: true,
    messagesPerSecond: true,
    bytesPerSecond: true,
    handlers: true,
    failedResumes: true,
    outboundBytes: true,
    historyBytes: true,
    trustProxy: true,
    messageTimeout: true,
  },
  handshake: { timeout: true, pending: true },
  heartbeat: { interval: true, timeout: true },
};

/** The options outside of a group. */
const single: { readonly [Name in Exclude<keyof AppOptions, GroupName>]: true } = {
  state: true,
  maxPayload: true,
  codecs: true,
  store: true,
  fetch: true,
  onError: true,
  clock: true,
};

const topLevel = [...Object.keys(groups), ...Object.keys(single)];
const paths = [
  ...topLevel,
  ...Object.entries(groups).flatMap(([group, options]) =>
    Object.keys(options).map((name) => `${group}.${name}`),
  ),
];

/**
 * Checks the names of an app's options.
 * @throws TypeError for an unknown one; it names the nearest option. TypeError for a callback that is not a function.
 */
export function checkOptions(options: object): void {
  const { onError, fetch } = options as { readonly onError?: unknown; readonly fetch?: unknown };
  if (onError !== undefined) checkFunction(onError, "onError of createApp");
  if (fetch !== undefined) checkFunction(fetch, "fetch of createApp");
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!topLevel.includes(name)) throw unknownOption(name);
    if (!(name in groups)) continue;
    for (const option of Object.keys(Object(value) as object))
      if (!paths.includes(`${name}.${option}`)) throw unknownOption(`${name}.${option}`);
  }
}

function unknownOption(path: string): TypeError {
  const near = nearest(path);
  const advice = near === undefined ? `the options are ${topLevel.join(", ")}` : `did you mean ${near}?`;
  return new TypeError(`createApp has no option ${JSON.stringify(path)}: ${advice}`);
}

/** The option whose name is most like that of `path`, rather one of the same group; undefined when none is like it. */
function nearest(path: string): string | undefined {
  const [group] = path.split(".", 1);
  const name = lastPart(path);
  const ranked = paths
    .map((candidate) => {
      const otherGroup = candidate.startsWith(`${group}.`) ? 0 : 1.5;
      return { candidate, distance: difference(name, lastPart(candidate)) + otherGroup };
    })
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= name.length / 2 + 1.5 ? best.candidate : undefined;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1).toLowerCase();
}

/** How many characters must change to make one name of another; 1 when a name is a part of the other. */
function difference(name: string, other: string): number {
  if (name !== other && (name.includes(other) || other.includes(name))) return 1;
  // Levenshtein distance, row by row.
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let at = 0; at < name.length; at += 1) {
    const next = [at + 1];
    for (let column = 0; column < other.length; column += 1) {
      const replaced = (row[column] ?? 0) + (name[at] === other[column] ? 0 : 1);
      next.push(Math.min((row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
