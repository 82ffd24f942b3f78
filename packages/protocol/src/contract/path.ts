/** The names of the parameters in a path: `"/chat/:room"` has `"room"`, `"/files/*rest?"` has `"rest"`. */
export type ParamName<Path extends string> = WithoutMark<WrittenName<Path>>;

/** The names as they are written: an optional one ends in `?`. */
type WrittenName<Path extends string> = Path extends `${infer Head}/${infer Tail}`
  ? WrittenName<Head> | WrittenName<Tail>
  : Path extends `:${infer Name}` | `*${infer Name}`
    ? Name
    : never;
type WithoutMark<Name> = Name extends `${infer Bare}?` ? Bare : Name;
type OptionalName<Name> = Name extends `${infer Bare}?` ? Bare : never;

/** The parameters of a path, as strings: `"/chat/:room"` has `{ room: string }`, `"/:id?"` has `{ id?: string }`. */
export type PathParams<Path extends string> = [OptionalName<WrittenName<Path>>] extends [never]
  ? { readonly [Name in ParamName<Path>]: string }
  : {
      readonly [Name in keyof AllParams<WrittenName<Path>>]: AllParams<WrittenName<Path>>[Name];
    };
type AllParams<Written> = {
  readonly [Name in Exclude<Written, `${string}?`> & string]: string;
} & {
  readonly [Name in OptionalName<Written> & string]?: string | undefined;
};

/**
 * Literal segments, `:name` for one segment, `*name` at the end for all that follows. The last parameter may be optional.
 * Other characters have a meaning in patterns of other libraries, or end the path of a URL.
 */
const grammar = /^(?=\/)(\/(:[\p{L}\p{N}_]+|[^:*?#(){}[\]<>|\\/]*))*(\/[:*][\p{L}\p{N}_]+\??)?$/u;

/** A segment: `:` or `*` of a parameter, its name or the literal text, and `?` when it is optional. */
const segment = /\/([:*]?)([^/?]*)(\??)/g;

/**
 * Checks a path pattern: literal segments, `:name` for one segment, and at the end `:name?` for one that may be missing,
 * `*name` for all that follows, or `*name?`.
 * @throws TypeError that says how to write it, for the pattern of another library too, and when a name is doubled.
 */
export function checkPath(pattern: string): void {
  if (!grammar.test(pattern))
    throw new TypeError(
      `${JSON.stringify(pattern)} is not a path: write "/text", "/:name", and last "/:name?" or "/*name"; "query" is a schema`,
    );
  const names = pattern.match(/[:*][^/?]+/g) ?? [];
  if (new Set(names.map((name) => name.slice(1))).size < names.length)
    throw new TypeError(`${JSON.stringify(pattern)} names a parameter twice`);
}

/** Fills the parameters of a path in, percent-encoded: `href("/chat/:room", { room: "a b" })` is `/chat/a%20b`. */
export function href<const Path extends string>(path: Path, params: PathParams<Path>): string {
  checkPath(path);
  return fillPath(path, params);
}

/**
 * The path with its parameters filled in, percent-encoded.
 * @throws TypeError when a parameter is missing or empty, or means something else in a URL.
 */
export function fillPath(pattern: string, params: Readonly<Record<string, unknown>>): string {
  const path = pattern.replace(segment, (_, kind: string, text: string, optional: string) => {
    if (!kind) return `/${encodeURI(text)}`;
    const filled = toText((Object.hasOwn(params, text) ? params[text] : undefined) ?? "");
    if (!filled && optional) return "";
    if (!filled) throw new TypeError(`${pattern} needs a value for ${JSON.stringify(text)}`);
    // URLs resolve dot segments even when they are percent-encoded (WHATWG URL, "double-dot URL path segment").
    if (/(^|\/)\.\.?(\/|$)/.test(filled))
      throw new TypeError(`"." and ".." cannot stand in a path: ${JSON.stringify(text)}`);
    const encoded = encodeURIComponent(filled);
    return `/${kind === ":" ? encoded : encoded.replaceAll("%2F", "/")}`;
  });
  if (path.startsWith("//")) throw new TypeError(`"//" begins a host in a URL: ${path}`);
  return path || "/";
}

/** The text of a value in a URL: that of a Date is its time in ISO 8601. */
export function toText(value: unknown): string {
  const { toJSON } = Object(value) as { readonly toJSON?: () => unknown };
  return String(toJSON ? toJSON.call(value) : value);
}
