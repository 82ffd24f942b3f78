import { definedOptions } from "../socket/socket-options.ts";
import { unknownOption } from "./option-names.ts";

/** What the value of an option has to be. */
export interface OptionKind {
  /** Ends the sentence "limits.perAddress has to be …". */
  readonly description: string;
  readonly accepts: (value: unknown) => boolean;
}

/** The options of a function, or of a group of them, by their names. */
export type OptionKinds<Options> = { readonly [Name in keyof Required<Options>]: OptionKind };

/** A value that the types check, or the code that takes it. */
export const anythingKind: OptionKind = { description: "given", accepts: () => true };

/** A number of things, or of bytes. */
export const amountKind: OptionKind = {
  description: "a number from 0, or Infinity",
  accepts: (value) => typeof value === "number" && value >= 0,
};

/** A length of time. */
export const timeKind: OptionKind = {
  description: "a time in ms above 0, or Infinity",
  accepts: (value) => typeof value === "number" && value > 0,
};

/** A length of time that may be 0. */
export const timeOrNoneKind: OptionKind = { ...amountKind, description: "a time in ms from 0, or Infinity" };

/** True or false. A text such as "false", as environment variables have it, is refused. */
export const flagKind: OptionKind = {
  description: "true or false",
  accepts: (value) => typeof value === "boolean",
};

/** A name or a path. */
export const textKind: OptionKind = {
  description: "a text, and not empty",
  accepts: (value) => typeof value === "string" && value !== "",
};

/** Whether messages are compressed. */
export const compressionKind: OptionKind = {
  description: "true, false, or an object with `threshold`",
  accepts: (value) => typeof value === "boolean" || (typeof value === "object" && value !== null),
};

/** The origins of pages that may connect. Each has to be written as browsers write it (RFC 6454 §6.2). */
export const originsKind: OptionKind = {
  description:
    'a list of origins as the address bar of a browser has them, such as "https://app.example.com" or "http://localhost:5173": without a path, a port that is the default one, or "*"',
  accepts: (value) => Array.isArray(value) && value.every(isOrigin),
};

/** The names by which requests may reach a server. */
export const hostsKind: OptionKind = {
  description:
    'a list of host names without a port, such as "app.example.com"; leave it out to accept each host',
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isHost),
};

function isOrigin(origin: unknown): boolean {
  if (typeof origin !== "string") return false;
  // Pages of programs have schemes of their own, such as capacitor://localhost, or no origin.
  if (!/^https?:/i.test(origin)) return origin === "null" || /^[a-z][a-z\d+.-]*:\/\/[^/?#\s]*$/.test(origin);
  return URL.canParse(origin) && new URL(origin).origin === origin;
}

function isHost(host: unknown): boolean {
  const url = `http://${String(host)}`;
  return typeof host === "string" && URL.canParse(url) && new URL(url).hostname === host;
}

/** The function that has options, for the errors. */
interface OptionOwner {
  /** Its name: `createApp`. */
  readonly caller: string;
  /** The option whose parts are checked: `limits`. @default the options are no parts of another */
  readonly group?: string;
  /** All options of the function, by which an error finds the nearest one. @default the names of the kinds */
  readonly paths?: readonly string[];
}

/**
 * Checks options by their kinds. What is not understood must not become a limit that is not there, or a permission.
 * @returns the options that are not undefined.
 * @throws TypeError for an unknown option, and for a value of another kind.
 */
export function checkValues(
  kinds: Readonly<Record<string, OptionKind>>,
  options: unknown,
  { caller, group, paths = Object.keys(kinds) }: OptionOwner,
): object {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new TypeError(
      `${group ?? `what ${caller} is given as options`} has to be an object of options, not ${show(options)}`,
    );
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const path = group === undefined ? name : `${group}.${name}`;
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw unknownOption(caller, path, paths);
    if (value !== undefined && !kind.accepts(value))
      throw new TypeError(`${path} has to be ${kind.description}, not ${show(value)}`);
  }
  return definedOptions(options);
}

function show(value: unknown): string {
  return typeof value === "string" || Array.isArray(value) ? JSON.stringify(value) : String(value);
}
