/** The names in the order in which the page lists them: the user's own name first, then the others by the alphabet. */
export function sortPeople(names: Iterable<string>, me: string): string[] {
  const all = [...names];
  const others = all.filter((name) => name !== me).sort((a, b) => a.localeCompare(b));
  return all.includes(me) ? [me, ...others] : others;
}
