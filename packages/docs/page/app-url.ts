/**
 * Where the app is served whose page this is: the address of the page without the path at which the app declares the page. A
 * prefix, of a mount or of a proxy, stays.
 */
export function appUrl(
  { origin, pathname }: Pick<Location, "origin" | "pathname">,
  httpPaths: readonly string[],
): string {
  const own = httpPaths
    .filter((path) => pathname.endsWith(path))
    .sort((a, b) => b.length - a.length)
    .at(0);
  return origin + pathname.slice(0, pathname.length - (own ?? pathname).length);
}
