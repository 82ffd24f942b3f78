/** The names in the order they are shown: mine first, then by the alphabet. */
export function inOrder(names: Iterable<string>, me: string): string[] {
  const all = [...names];
  const others = all.filter((name) => name !== me).sort((a, b) => a.localeCompare(b));
  return all.includes(me) ? [me, ...others] : others;
}
