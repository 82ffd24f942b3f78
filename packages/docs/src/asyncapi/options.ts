import type { AnyHook, RouteDescription } from "@symbolon/server/describe";
import type { ConvertSchema } from "../schemas/schema-writer.ts";

/** How callers of some routes prove who they are. */
export interface SecurityDeclaration {
  /** A Security Scheme Object of AsyncAPI: `{ type: "http", scheme: "bearer" }`. */
  readonly scheme: object;
  /**
   * The hooks that check it, the same functions that `use` and `group` got: it belongs to the routes that run one of them.
   * @default it belongs to every route
   */
  readonly hooks?: readonly AnyHook[];
}

/** What `asyncapi` cannot read from the app. */
export interface AsyncApiOptions {
  /** The title of the document: the app's name. */
  readonly title: string;
  /** The version of the app, not of AsyncAPI. */
  readonly version: string;
  /**
   * What the app is for, in CommonMark.
   * @default no description
   */
  readonly description?: string;
  /**
   * Server Objects of AsyncAPI by name: `{ production: { host: "chat.example", protocol: "wss" } }`.
   * @default the document names no server
   */
  readonly servers?: Readonly<Record<string, object>>;
  /**
   * How callers prove who they are, by name. Hooks are functions, so the app does not know it. AsyncAPI takes several for one
   * route as alternatives.
   * @default the document says nothing about it
   */
  readonly security?: Readonly<Record<string, SecurityDeclaration>>;
  /**
   * Writes the schemas that the schema's own library cannot write by Standard JSON Schema.
   * @default these values are marked with `x-symbolon-unknown`
   * @example
   *   convert: (schema, io) => z.toJSONSchema(schema as z.ZodType, { io, target: "draft-7" }) // for zod/mini
   */
  readonly convert?: ConvertSchema;
}

const known = ["title", "version", "description", "servers", "security", "convert"];

/**
 * Checks the options, as a program in JavaScript may get them wrong.
 * @throws TypeError that names what is wrong.
 */
export function checkAsyncApiOptions(options: AsyncApiOptions, routes: readonly RouteDescription[]): void {
  checkOptionNames("asyncapi", options, known);
  for (const name of ["title", "version"] as const)
    if (typeof options[name] !== "string" || options[name] === "")
      throw new TypeError(`asyncapi needs \`${name}\`, a text that is not empty`);
  checkKeys(options.servers);
  checkSecurity(options.security, routes);
}

/**
 * Checks that options have known names.
 * @throws TypeError that names the first unknown one.
 */
export function checkOptionNames(caller: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`${caller} has no option ${JSON.stringify(unknown)}: there are ${known.join(", ")}`);
}

/**
 * Checks the security schemes.
 * @throws TypeError for a name that a document cannot have, and for a hook that no route runs.
 */
export function checkSecurity(
  security: AsyncApiOptions["security"] = {},
  routes: readonly RouteDescription[],
): void {
  checkKeys(security);
  for (const [name, { hooks }] of Object.entries(security))
    if (hooks?.some((hook) => !routes.some((route) => route.hooks.includes(hook))))
      throw new TypeError(
        `\`security.${name}\` names a hook that no route runs: name the function that \`use\` or \`group\` got`,
      );
}

/** The names of the security schemes of a route. */
export function securityOf(
  route: Pick<RouteDescription, "hooks">,
  security: AsyncApiOptions["security"] = {},
): readonly string[] {
  return Object.entries(security)
    .filter(([, { hooks }]) => hooks === undefined || hooks.some((hook) => route.hooks.includes(hook)))
    .map(([name]) => name);
}

function checkKeys(named: object = {}): void {
  for (const name of Object.keys(named))
    if (!/^[A-Za-z0-9._-]+$/.test(name))
      throw new TypeError(
        `the name of a server or a security scheme may have A-Z, a-z, 0-9, ".", "-" and "_": ${JSON.stringify(name)}`,
      );
}
