/** What has changed since an earlier run. */
import { readFileSync } from "node:fs";
import { figureOf, ratioOf, type Results, valueOf } from "../run/results.ts";
import { alignRows, ratio } from "./table.ts";

/** Differences below this share are noise. */
const noise = 0.15;

/** Prints how each ratio has changed, by how much, where it is more than noise. */
export function comparisonOf(results: Results, file: string): string {
  const earlier = JSON.parse(readFileSync(file, "utf8")) as Results;
  const rows = results.figures.flatMap((figure) => {
    const { work, subject, base } = figure;
    const before = figureOf(earlier, work, subject);
    const [baseBefore, baseNow] = [figureOf(earlier, work, base), figureOf(results, work, base)];
    if (!before || !baseBefore || !baseNow) return [];
    const [then, now] =
      subject === base
        ? [valueOf(before), valueOf(figure)]
        : [ratioOf(before, baseBefore), ratioOf(figure, baseNow)];
    const change = now / then - 1;
    if (!(Math.abs(change) > noise)) return [];
    const percent = `${change > 0 ? "+" : "−"}${Math.round(Math.abs(change) * 100)} %`;
    return [[work, subject, subject === base ? "itself" : base, ratio(then), ratio(now), percent]];
  });
  if (rows.length === 0) return `Nothing has changed by more than ${noise * 100} % since ${file}.`;
  return alignRows([["work", "server", "against", "before", "now", "change"], ...rows]).join("\n");
}
