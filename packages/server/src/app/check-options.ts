import {
  amount,
  anything,
  checkValues,
  definedOptions,
  flag,
  hosts,
  type OptionKinds,
  origins,
  time,
  timeOrNone,
} from "../access/option-values.ts";
import { unknownOption } from "../access/option-names.ts";
import { checkFunction } from "../request/response.ts";
import type { AppOptions } from "./types.ts";

type GroupName = "security" | "socket" | "sessions" | "limits" | "handshake" | "heartbeat";

/** The groups of options, and what is in each. The options of raw routes are checked where views merge them. */
const groups: { readonly [Name in GroupName]: OptionKinds<NonNullable<AppOptions[Name]>> } = {
  security: { origins, hosts, allowCookieWithoutOrigin: flag },
  socket: {
    receive: anything,
    send: anything,
    Socket: anything,
    idleTimeout: anything,
    unread: anything,
    maxPayload: anything,
  },
  sessions: {
    grace: timeOrNone,
    messages: amount,
    bytes: amount,
    detachedPerPrincipal: amount,
    maxDetached: amount,
    maxDetachedBytes: amount,
  },
  limits: {
    connections: amount,
    perAddress: amount,
    httpPerAddress: amount,
    perPrincipal: amount,
    messagesPerSecond: amount,
    bytesPerSecond: amount,
    handlers: amount,
    failedResumes: amount,
    outboundBytes: amount,
    historyBytes: amount,
    trustProxy: flag,
    messageTimeout: time,
  },
  handshake: { timeout: time, pending: amount },
  heartbeat: { interval: time, timeout: time },
};

/** The options outside of a group. */
const single: OptionKinds<Omit<AppOptions, GroupName>> = {
  state: anything,
  maxPayload: anything,
  codecs: anything,
  store: anything,
  fetch: anything,
  onError: anything,
  clock: anything,
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
  if (unknown !== undefined) throw unknownError(unknown);
  const given = definedOptions(options);
  const { onError, fetch } = given as { readonly onError?: unknown; readonly fetch?: unknown };
  if (onError !== undefined) checkFunction(onError, "onError of createApp");
  if (fetch !== undefined) checkFunction(fetch, "fetch of createApp");
  return Object.fromEntries(
    Object.entries(given).map(([name, value]: [string, unknown]) => {
      if (!isGroup(name)) return [name, value];
      const path = (option: string): string => `${name}.${option}`;
      return [name, checkValues(groups[name], value, { all: name, path, unknown: unknownError })];
    }),
  ) as Options;
}

const unknownError = (path: string): TypeError => unknownOption("createApp", path, paths);

function isGroup(name: string): name is GroupName {
  return Object.hasOwn(groups, name);
}
