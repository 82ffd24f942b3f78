/** The names of the parameters in a path: `"/chat/:room"` has `"room"`, `"/files/*rest"` has `"rest"`. */
export type ParamName<Path extends string> = Path extends `${infer Head}/${infer Tail}`
  ? ParamName<Head> | ParamName<Tail>
  : Path extends `:${infer Name}` | `*${infer Name}`
    ? Name
    : never;

/** The parameters of a path, as strings: `"/chat/:room"` has `{ room: string }`. */
export type PathParams<Path extends string> = { readonly [Name in ParamName<Path>]: string };

/** Knows a path's parameters: matches a request's path, and fills parameters in. */
export interface PathPattern {
  /** The pattern as it was written. */
  readonly pattern: string;
  /** The decoded parameters of `pathname`, or undefined when it does not match. */
  match(pathname: string): Record<string, string> | undefined;
  /** The path with its parameters filled in, percent-encoded. Throws TypeError when one is missing or empty, or means something else in a URL. */
  fill(params: Readonly<Record<string, unknown>>): string;
}

/**
 * Reads a path pattern: literal segments, `:name` for one segment, and a last `*name` for all that follows.
 * @throws TypeError when the pattern has no leading slash, an empty or doubled name, or a `*` before its end.
 */
export function pathPattern(pattern: string): PathPattern {
  const segments = parse(pattern);
  return {
    pattern,
    match: (pathname) => match(segments, pathname.split("/").slice(1)),
    fill: (params) => {
      const path = segments.map((segment) => `/${fillSegment(segment, params, pattern)}`).join("");
      if (path.startsWith("//"))
        throw new TypeError(`a path cannot begin with "//": a URL names a host there`);
      return path;
    },
  };
}

/** Fills the parameters of a path in, percent-encoded: `href("/chat/:room", { room: "a b" })` is `/chat/a%20b`. */
export function href<const Path extends string>(path: Path, params: PathParams<Path>): string {
  return pathPattern(path).fill(params);
}

interface Segment {
  readonly type: "literal" | "one" | "rest";
  readonly text: string;
}

function parse(pattern: string): Segment[] {
  if (!pattern.startsWith("/")) throw new TypeError(`a path begins with "/": ${JSON.stringify(pattern)}`);
  const segments = pattern.slice(1).split("/").map(parseSegment);
  const names = segments.filter(({ type: kind }) => kind !== "literal").map(({ text }) => text);
  if (names.includes("")) throw new TypeError(`a parameter has no name in ${JSON.stringify(pattern)}`);
  if (new Set(names).size < names.length)
    throw new TypeError(`a parameter is named twice in ${JSON.stringify(pattern)}`);
  if (segments.slice(0, -1).some(({ type: kind }) => kind === "rest"))
    throw new TypeError(`"*name" takes all that follows, so it comes last in ${JSON.stringify(pattern)}`);
  return segments;
}

function parseSegment(text: string): Segment {
  if (text.startsWith(":")) return { type: "one", text: text.slice(1) };
  if (text.startsWith("*")) return { type: "rest", text: text.slice(1) };
  return { type: "literal", text };
}

function match(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = Object.create(null);
  for (const [index, { type: kind, text }] of segments.entries()) {
    const part = kind === "rest" ? parts.slice(index).join("/") : parts[index];
    const value = part === undefined ? undefined : decode(part);
    if (value === undefined || value === "") {
      if (kind !== "literal" || value !== text) return undefined;
    } else if (kind === "literal") {
      if (value !== text) return undefined;
    } else params[text] = value;
  }
  const rest = segments.at(-1)?.type === "rest";
  return rest || parts.length === segments.length ? params : undefined;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // "%zz" names nothing
  }
}

function fillSegment(
  { type: kind, text }: Segment,
  params: Readonly<Record<string, unknown>>,
  pattern: string,
): string {
  if (kind === "literal") return encodeURI(text).replace(/[?#]/g, encodeURIComponent);
  const value = Object.hasOwn(params, text) ? params[text] : undefined;
  // oxlint-disable-next-line typescript/no-base-to-string -- a schema may take anything here: a Date, a URL
  const filled = value === undefined || value === null ? "" : String(value);
  if (filled === "") throw new TypeError(`${pattern} needs a value for ${JSON.stringify(text)}`);
  // URLs resolve dot segments even when they are percent-encoded (WHATWG URL, "double-dot URL path segment").
  if (filled.split("/").some((part) => part === "." || part === ".."))
    throw new TypeError(`"." and ".." cannot stand in a path: ${JSON.stringify(text)}`);
  return kind === "one" ? encodeURIComponent(filled) : filled.split("/").map(encodeURIComponent).join("/");
}
