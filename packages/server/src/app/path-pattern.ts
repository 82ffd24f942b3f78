import { checkPath } from "@symbolon/protocol/internal";

/** Knows a path's parameters, and matches a request's path. */
export interface PathPattern {
  /** The pattern as it was written. */
  readonly pattern: string;
  /** The decoded parameters of `pathname`, or undefined when it does not match. */
  match(pathname: string): Record<string, string> | undefined;
}

interface Segment {
  /** `one` and `rest` are parameters: of one segment, and of all that follow. */
  readonly type: "literal" | "one" | "rest";
  /** The text of a literal segment, or the name of the parameter. */
  readonly text: string;
  /** Whether the path may end before it. */
  readonly optional: boolean;
}

/** A parameter of a path. */
export interface PathParameter {
  /** Its name, without `:`, `*` and `?`. */
  readonly name: string;
  /** Whether the path may end before it. */
  readonly optional: boolean;
  /** Whether it is all that follows, with slashes: `*name`. */
  readonly rest: boolean;
}

/** The parameters of a path pattern, in order. */
export function pathParameters(pattern: string): readonly PathParameter[] {
  return segmentsOf(pattern)
    .filter(({ type }) => type !== "literal")
    .map(({ type, text, optional }) => ({ name: text, optional, rest: type === "rest" }));
}

/** A path that matches the pattern, and no pattern with a literal segment in the place of a parameter. */
export function samplePath(pattern: string): string {
  const segments = segmentsOf(pattern).map(({ type, text }) =>
    type === "literal" ? encodeURIComponent(text) : "%00",
  );
  return `/${segments.join("/")}`;
}

/**
 * Reads a path pattern.
 * @throws TypeError when it is not one, as `contract` does.
 */
export function pathPattern(pattern: string): PathPattern {
  checkPath(pattern);
  const segments = segmentsOf(pattern);
  return { pattern, match: (pathname) => match(segments, pathname.slice(1).split("/")) };
}

function segmentsOf(pattern: string): readonly Segment[] {
  return pattern.slice(1).split("/").map(parseSegment);
}

function parseSegment(written: string): Segment {
  const types = { ":": "one", "*": "rest" } as const;
  const [, mark = "", text = "", optional] = /^([:*]?)([^?]*)(\??)$/.exec(written) ?? [];
  return { type: types[mark as keyof typeof types] ?? "literal", text, optional: optional !== "" };
}

function match(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const params = { __proto__: null } as unknown as Record<string, string>; // smaller than by Object.create(null)
  const root = parts.length === 1 && parts[0] === "";
  for (const [index, { type, text, optional }] of segments.entries()) {
    if (optional && (parts.length === index || root)) return params;
    const part = type === "rest" ? parts.slice(index).join("/") : parts[index];
    const value = part === undefined ? undefined : decode(part);
    if (type === "literal") {
      if (value !== text) return undefined;
    } else if (value === undefined || value === "") return undefined;
    else params[text] = value;
  }
  return segments.at(-1)?.type === "rest" || parts.length === segments.length ? params : undefined;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // "%zz" names nothing
  }
}
