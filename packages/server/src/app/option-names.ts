/**
 * The error for an option that a function does not have. It names the option whose name is most like that.
 * @param paths All options, those of a group as `limits.perAddress`.
 */
export function unknownOption(caller: string, path: string, paths: readonly string[]): TypeError {
  const near = nearestOption(path, paths);
  const topLevel = paths.filter((each) => !each.includes("."));
  const advice = near === undefined ? `the options are ${topLevel.join(", ")}` : `did you mean ${near}?`;
  return new TypeError(`${caller} has no option ${JSON.stringify(path)}: ${advice}`);
}

/** The option of `paths` whose name is most like that of `path`, rather one of the same group; undefined when none is like it. */
function nearestOption(path: string, paths: readonly string[]): string | undefined {
  const [group] = path.split(".", 1);
  const name = lastPart(path);
  const ranked = paths
    .map((candidate) => {
      const otherGroup = candidate.startsWith(`${group}.`) ? 0 : 1.5;
      return { candidate, distance: difference(name, lastPart(candidate)) + otherGroup };
    })
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= name.length / 2 + 1.5 ? best.candidate : undefined;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1).toLowerCase();
}

/** How many characters must change to make one name of another; 1 when a name is a part of the other. */
function difference(name: string, other: string): number {
  if (name !== other && (name.includes(other) || other.includes(name))) return 1;
  // Levenshtein distance, row by row.
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let at = 0; at < name.length; at += 1) {
    const next = [at + 1];
    for (let column = 0; column < other.length; column += 1) {
      const replaced = (row[column] ?? 0) + (name[at] === other[column] ? 0 : 1);
      next.push(Math.min((row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
