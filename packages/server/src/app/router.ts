import { pathPattern } from "@symbolon/protocol/internal";

/** What may be found at a path. */
export interface RouteMatch<Route> {
  readonly route: Route;
  /** The path as the route declared it. */
  readonly pattern: string;
  /** The decoded path parameters. */
  readonly params: Readonly<Record<string, string>>;
}

interface Entry<Route> {
  readonly rank: string;
  readonly pattern: string;
  readonly match: (pathname: string) => Record<string, string> | undefined;
  readonly route: Route;
}

/** Finds the route for a path: literal segments win over `:one`, and `:one` over `*rest`, whatever was declared first. */
export class Router<Route> {
  #entries: Entry<Route>[] = [];
  readonly #ranks = new Set<string>();

  /** Adds a route. Throws TypeError when the pattern is no path, or matches the same paths as an earlier one. */
  add(pattern: string, route: Route): void {
    const known = pathPattern(pattern);
    const shape = pattern.replaceAll(/\/([:*])[^/]*/g, "/$1");
    if (this.#ranks.has(shape)) throw new TypeError(`there is a route at ${JSON.stringify(pattern)} already`);
    this.#ranks.add(shape);
    const rank = pattern
      .split("/")
      .map((segment) => (segment.startsWith("*") ? "2" : segment.startsWith(":") ? "1" : "0"))
      .join("");
    this.#entries = [
      ...this.#entries,
      { rank, pattern, match: (pathname: string) => known.match(pathname), route },
    ].toSorted((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  }

  /** The route of `pathname` with its parameters, or undefined. */
  find(pathname: string): RouteMatch<Route> | undefined {
    for (const { match, route, pattern } of this.#entries) {
      const params = match(pathname);
      if (params !== undefined) return { route, pattern, params };
    }
    return undefined;
  }
}
