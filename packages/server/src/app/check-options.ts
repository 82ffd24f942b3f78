import {
  amountKind,
  anythingKind,
  checkValues,
  flagKind,
  hostsKind,
  type OptionKinds,
  originsKind,
  timeKind,
  timeOrNoneKind,
} from "./option-values.ts";
import { checkFunction } from "../request/response.ts";
import { definedOptions } from "../socket/socket-options.ts";
import { unknownOption } from "./option-names.ts";
import type { AppOptions } from "./types.ts";

type GroupName = "security" | "socket" | "sessions" | "limits" | "handshake" | "heartbeat";

/** The groups of options, and what is in each. The options of raw routes are checked where views merge them. */
const groups: { readonly [Name in GroupName]: OptionKinds<NonNullable<AppOptions[Name]>> } = {
  security: { origins: originsKind, hosts: hostsKind, allowCookieWithoutOrigin: flagKind },
  socket: {
    receive: anythingKind,
    send: anythingKind,
    Socket: anythingKind,
    idleTimeout: anythingKind,
    unread: anythingKind,
    maxPayload: anythingKind,
  },
  sessions: {
    grace: timeOrNoneKind,
    messages: amountKind,
    bytes: amountKind,
    detachedPerPrincipal: amountKind,
    maxDetached: amountKind,
    maxDetachedBytes: amountKind,
    balance: flagKind,
  },
  limits: {
    connections: amountKind,
    perAddress: amountKind,
    httpPerAddress: amountKind,
    perPrincipal: amountKind,
    messagesPerSecond: amountKind,
    bytesPerSecond: amountKind,
    handlers: amountKind,
    failedResumes: amountKind,
    outboundBytes: amountKind,
    historyBytes: amountKind,
    trustProxy: flagKind,
    messageTimeout: timeKind,
  },
  handshake: { timeout: timeKind, pending: amountKind },
  heartbeat: { interval: timeKind, timeout: timeKind },
};

/** The options outside of a group. */
const single: OptionKinds<Omit<AppOptions, GroupName>> = {
  state: anythingKind,
  maxPayload: anythingKind,
  codecs: anythingKind,
  store: anythingKind,
  fetch: anythingKind,
  onError: anythingKind,
  clock: anythingKind,
};

const topLevel = [...Object.keys(groups), ...Object.keys(single)];
const paths = [
  ...topLevel,
  ...Object.entries(groups).flatMap(([group, options]) =>
    Object.keys(options).map((name) => `${group}.${name}`),
  ),
];

/**
 * Checks the options of an app.
 * @returns those that are not undefined, in each group too.
 * @throws TypeError for an unknown option; it names the nearest one. TypeError for a value that the option cannot have: what
 *   is not understood must not become a limit that is not there, or a permission.
 */
export function checkOptions<Options extends object>(options: Options): Options {
  const unknown = Object.keys(options).find((name) => !topLevel.includes(name));
  if (unknown !== undefined) throw unknownOption("createApp", unknown, paths);
  const given = definedOptions(options);
  const { onError, fetch } = given as { readonly onError?: unknown; readonly fetch?: unknown };
  if (onError !== undefined) checkFunction(onError, "onError of createApp");
  if (fetch !== undefined) checkFunction(fetch, "fetch of createApp");
  return Object.fromEntries(
    Object.entries(given).map(([name, value]: [string, unknown]) => {
      if (!isGroup(name)) return [name, value];
      return [name, checkValues(groups[name], value, { caller: "createApp", group: name, paths })];
    }),
  ) as Options;
}

function isGroup(name: string): name is GroupName {
  return Object.hasOwn(groups, name);
}
