import { pathPattern } from "./path-pattern.ts";

/** A route that was found for a path. */
export interface RouteMatch<Route> {
  /** The route itself. */
  readonly route: Route;
  /** The path as the route declared it. */
  readonly pattern: string;
  /** The decoded path parameters. */
  readonly params: Readonly<Record<string, string>>;
}

interface Entry<Route> {
  /** Sorts literal segments before `:one`, and `:one` before `*rest`. */
  readonly rank: string;
  readonly pattern: string;
  readonly match: (pathname: string) => Record<string, string> | undefined;
  readonly route: Route;
}

const noParams: Readonly<Record<string, string>> = Object.freeze(
  Object.create(null) as Record<string, string>,
);

/** Finds the route for a path: literal segments win over `:one`, and `:one` over `*rest`, in any order of declaration. */
export class Router<Route> {
  #entries: Entry<Route>[] = [];
  /** The routes without parameters, by their paths: they win over all others. */
  readonly #literals = new Map<string, RouteMatch<Route>>();
  /** What the patterns match, without the names of their parameters. */
  readonly #shapes = new Set<string>();

  /**
   * Adds a route.
   * @throws TypeError when the pattern is not a path, or matches the same paths as an earlier one.
   */
  add(pattern: string, route: Route): void {
    const compiled = pathPattern(pattern);
    const shapes = shapesOf(pattern);
    if (shapes.some((shape) => this.#shapes.has(shape)))
      throw new TypeError(`there is a route at ${JSON.stringify(pattern)} already`);
    for (const shape of shapes) this.#shapes.add(shape);
    this.patterns.push(pattern);
    if (!/[:*%]/.test(pattern)) this.#literals.set(pattern, { route, pattern, params: noParams });
    const rank = pattern
      .split("/")
      .map((segment) => (segment.startsWith("*") ? "2" : segment.startsWith(":") ? "1" : "0"))
      .join("");
    this.#entries = [
      ...this.#entries,
      { rank, pattern, match: (pathname: string) => compiled.match(pathname), route },
    ].toSorted((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  }

  /** The paths of the routes as they were declared, in that order. */
  readonly patterns: string[] = [];

  /** The route of `pathname` with its parameters, or undefined. */
  find(pathname: string): RouteMatch<Route> | undefined {
    const literal = this.#literals.get(pathname);
    if (literal !== undefined) return literal;
    for (const { match, route, pattern } of this.#entries) {
      const params = match(pathname);
      if (params !== undefined) return { route, pattern, params };
    }
    return undefined;
  }
}

/** An optional parameter gives a second shape: the path without it. */
function shapesOf(pattern: string): readonly string[] {
  const shape = pattern.replaceAll(/\/([:*])[^/]*/g, "/$1");
  return pattern.endsWith("?") ? [shape, shape.slice(0, -2) || "/"] : [shape];
}
